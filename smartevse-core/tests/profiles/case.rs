//! One case: made from its number alone, played, and made smaller if it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use smartevse_core::oracle::Violation;
use smartevse_core::pilot::PilotClass;
use smartevse_types::Instant;

use crate::cards::Wallet;
use crate::change::{Change, Step, Time};
use crate::moves::expand;
use crate::rng::Rng;
use crate::site::Site;
use crate::stage::{Played, Stage};
use crate::table::{Draw, Profile};

/// Inputs of a case: what the board and planning tell in one poll is one input.
pub const INPUTS: u32 = 200;

/// A case that can be played again.
pub struct Case {
    profile: Profile,
    rng: Rng,
    pub site: Site,
    pub steps: Vec<Step>,
    /// Every poll is printed.
    pub shown: bool,
}

/// What playing a case showed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    pub played: Played,
    /// Polls or actions in which the invariant of the profile was at stake.
    pub hits: u32,
    pub broken: Option<Violation>,
}

impl Case {
    pub fn new(profile: &Profile) -> Self {
        Self {
            profile: *profile,
            rng: Rng::new(0),
            site: Site::random(&mut Rng::new(0), profile.needs),
            steps: Vec::with_capacity(2 * INPUTS as usize),
            shown: false,
        }
    }

    /// Makes the case of a number.
    pub fn fill(&mut self, draw: &Draw, seed: u64, index: u64) {
        let mut rng = Rng::of_case(seed, self.profile.number, index);
        self.site = Site::random(&mut rng, self.profile.needs);
        self.steps.clear();
        self.begin(&mut rng);
        let mut inputs = 0;
        let mut counted = 0;
        while inputs < INPUTS {
            expand(draw.pick(rng.next()), &mut rng, &mut self.steps);
            let new = &self.steps[counted..];
            inputs += new.iter().filter(|step| step.time != Time::With).count() as u32;
            counted = self.steps.len();
        }
        self.rng = rng;
    }

    /// From the start to the first closing, unless something comes between.
    fn begin(&mut self, rng: &mut Rng) {
        let mut push = |change, time| self.steps.push(Step { change, time });
        push(Change::ThreePhase(rng.chance(50)), Time::Beats(1));
        match rng.below(8) {
            0 => {}
            1 => {
                push(Change::Nothing, Time::Span(520));
                push(Change::Level(PilotClass::B9), Time::Span(60));
                push(Change::Heal, Time::Serve(20));
            }
            _ => {
                push(Change::Nothing, Time::Late(510));
                push(Change::Heal, Time::Serve(12));
            }
        }
    }

    /// Plays some of its steps.
    pub fn play(&self, steps: &[Step]) -> Outcome {
        let stage = || {
            let cards = matches!(self.profile.number, 27 | 28);
            let wallet = if cards {
                Wallet::random(&mut self.rng.clone())
            } else {
                Wallet::default()
            };
            let stage = Stage::new(self.site, wallet);
            self.run(if self.shown { stage.show() } else { stage }, steps)
        };
        catch_unwind(AssertUnwindSafe(stage)).unwrap_or_else(|_| Outcome {
            broken: Some(Violation {
                number: 20,
                text: "panics",
                at: Instant::ZERO,
            }),
            ..Outcome::default()
        })
    }

    fn run(&self, mut stage: Stage, steps: &[Step]) -> Outcome {
        let mut steps = steps.iter();
        let mut broken = None;
        while broken.is_none() && (self.profile.whole || stage.played().polls < INPUTS) {
            let Some(step) = steps.next() else { break };
            broken = stage.step(*step).err();
        }
        let hits = match self.profile.number {
            27 => stage.wallet.hits()[0],
            28 => stage.wallet.hits()[1],
            number => stage.watch.hits()[usize::from(number)],
        };
        Outcome {
            played: stage.played(),
            hits,
            broken,
        }
    }

    /// Leaves out steps as long as the same row still breaks.
    pub fn shrink(&self, broken: Violation) -> Vec<Step> {
        let same = |steps: &[Step]| {
            let found = self.play(steps).broken;
            found.is_some_and(|found| (found.number, found.text) == (broken.number, broken.text))
        };
        let mut steps = self.steps.clone();
        let mut chunk = steps.len().div_ceil(2);
        loop {
            let before = steps.len();
            let mut at = 0;
            while at < steps.len() {
                let end = (at + chunk).min(steps.len());
                let fewer = [&steps[..at], &steps[end..]].concat();
                if same(&fewer) {
                    steps = fewer;
                } else {
                    at = end;
                }
            }
            if chunk == 1 && steps.len() == before {
                return steps;
            }
            chunk = chunk.div_ceil(2).max(1);
        }
    }
}
