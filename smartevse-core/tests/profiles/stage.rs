//! Plays the steps of a case on the shipped charger; the oracle judges every
//! poll.

use smartevse_core::charger::{BootRecord, Charger};
use smartevse_core::faults::Faults;
use smartevse_core::io::Outputs;
use smartevse_core::oracle::{Violation, Watch};
use smartevse_types::{Duration, Instant};

use crate::cards::Wallet;
use crate::change::{Change, Step, Time};
use crate::site::Site;
use crate::world::World;

const BEAT: Duration = Duration::from_millis(10);
/// What a board samples in one go.
const RING: Duration = Duration::from_millis(25);
/// Longest wait for a deadline.
const LONGEST: Duration = Duration::from_minutes(10);
/// Most polls of one span.
const SPAN_POLLS: u32 = 12;

/// What a case showed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Played {
    pub polls: u32,
    pub closed: bool,
}

/// A charger in its world with its observer.
pub struct Stage {
    world: World,
    charger: Charger,
    pub watch: Watch,
    pub wallet: Wallet,
    outputs: Outputs,
    now: Instant,
    /// The outputs of the latest poll change what will be read.
    feeds_back: bool,
    /// Nobody watched between the latest poll and this moment.
    blind_until: Option<Instant>,
    played: Played,
    /// Every poll is printed.
    shown: bool,
}

impl Stage {
    pub fn new(site: Site, wallet: Wallet) -> Self {
        let now = Instant::from_secs(500);
        let latched = if site.latched {
            Faults::RCM_TRIPPED
        } else {
            Faults::empty()
        };
        Self {
            world: World::new(site),
            charger: Charger::new(site.facts, BootRecord { latched }, now),
            watch: Watch::new(site.facts).started(now),
            wallet,
            outputs: Outputs::default(),
            now,
            feeds_back: true,
            blind_until: None,
            played: Played::default(),
            shown: false,
        }
    }

    pub const fn played(&self) -> Played {
        self.played
    }

    /// Prints every poll from now on.
    pub fn show(mut self) -> Self {
        self.shown = true;
        self
    }

    /// Plays one step.
    pub fn step(&mut self, step: Step) -> Result<(), Violation> {
        self.apply(step.change)?;
        match step.time {
            Time::With => Ok(()),
            Time::Again => self.poll_at(self.now),
            Time::Odd(micros) => self.poll_at(self.now + Duration::from_micros(micros.into())),
            Time::Beats(beats) => (0..beats).try_for_each(|_| self.beat()),
            Time::Deadlines(polls) => self.deadlines(polls.into()),
            Time::Span(beats) => self.span(beats),
            Time::Late(beats) => self.late(BEAT.times(beats.into())),
            Time::Jump(secs) => self.late(Duration::from_secs(secs.into())),
            Time::Wait(_) if self.outputs.contactor1.is_closed() => self.beat(),
            Time::Wait(beats) => self.late(BEAT.times(beats.into())),
            Time::Serve(polls) => self.serve(polls),
        }
    }

    fn apply(&mut self, change: Change) -> Result<(), Violation> {
        match change {
            Change::Nothing => Ok(()),
            Change::Restart => {
                let latched = self.charger.status().latched;
                self.charger =
                    Charger::new(self.world.site.facts, BootRecord { latched }, self.now);
                self.watch.restart();
                self.watch = self.watch.clone().started(self.now);
                self.outputs = Outputs::default();
                Ok(())
            }
            Change::Card(..) | Change::Upload => {
                let result = self.wallet.apply(change, self.now);
                if let Some(access) = self.wallet.access() {
                    self.world.apply(Change::Access(access));
                    self.world.release_without_access();
                }
                result
            }
            _ => {
                self.world.apply(change);
                Ok(())
            }
        }
    }

    fn beat(&mut self) -> Result<(), Violation> {
        self.poll_at(self.now + BEAT)
    }

    fn deadlines(&mut self, polls: u32) -> Result<(), Violation> {
        self.beat()?;
        (0..polls).try_for_each(|_| self.poll_at(self.due()))
    }

    fn span(&mut self, beats: u16) -> Result<(), Violation> {
        let end = self.now + BEAT.times(beats.into());
        self.beat()?;
        for _ in 0..SPAN_POLLS {
            if self.now >= end {
                break;
            }
            self.poll_at(self.due().earliest(end))?;
        }
        Ok(())
    }

    fn late(&mut self, span: Duration) -> Result<(), Violation> {
        let at = self.now + span;
        self.blind_until = Some(at - RING);
        self.poll_at(at)
    }

    fn serve(&mut self, polls: u8) -> Result<(), Violation> {
        self.beat()?;
        for _ in 0..polls {
            if self.outputs.contactor1.is_closed() {
                break;
            }
            self.poll_at(self.due())?;
        }
        Ok(())
    }

    /// When the next poll has to come while no input changes.
    fn due(&self) -> Instant {
        let next = self.now + BEAT;
        if self.feeds_back {
            return next;
        }
        let deadline = self.charger.deadline();
        let due = if self.world.is_stopped() {
            deadline.earliest()
        } else {
            deadline.state
        };
        let due = due.earliest(self.now + LONGEST).as_micros();
        let beat = BEAT.as_micros();
        Instant::from_micros(due.div_ceil(beat) * beat).latest(next)
    }

    fn poll_at(&mut self, at: Instant) -> Result<(), Violation> {
        let from = self.blind_until.take().unwrap_or(self.now);
        self.now = at;
        let before = self.charger.status().state;
        let inputs = self.world.inputs(&self.outputs, from, at);
        let directive = self.world.directive(before, at);
        let outputs = self.charger.poll(at, &inputs, &directive);
        let status = self.charger.status();
        self.feeds_back = outputs != self.outputs || status.state != before;
        self.outputs = outputs;
        self.played.polls += 1;
        self.played.closed |= outputs.contactor1.is_closed();
        let seen = self
            .watch
            .observe(at, &inputs, &directive, &outputs, &status);
        let deadline = self.charger.deadline();
        self.watch.promise(deadline);
        if self.shown {
            println!(
                "  {at}: {inputs:?} {:?} {outputs:?} {:?} {:?}",
                directive.issued, status.state, status.block
            );
        }
        seen?;
        self.wallet.follow(at, status.vehicle_present);
        if deadline.earliest() <= at {
            return Err(Violation {
                number: 20,
                text: "the deadline does not lie after the poll",
                at,
            });
        }
        Ok(())
    }
}
