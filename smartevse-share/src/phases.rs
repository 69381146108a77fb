//! One phase or three: the choice of CONTACT 2 = Auto.

use smartevse_types::{DeciAmps, Duration, Instant};

use crate::config::Config;
use crate::sun::least_run;

/// Changes of the phases in one hour (regulation 8.3).
const CHANGES: usize = 6;
const HOUR: Duration = Duration::from_minutes(60);
/// A change is carried out within this time, or the choice is made anew.
const CHANGE_TIME: Duration = Duration::from_secs(120);

/// A condition that has to hold on nine of ten samples for a while
/// (regulation 8.3).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Vote {
    since: Option<Instant>,
    yes: u32,
    all: u32,
}

impl Vote {
    /// Takes a sample into account; gives whether the condition has lasted.
    pub(crate) fn cast(&mut self, at: Instant, holds: bool, span: Duration) -> bool {
        if !holds && self.since.is_none() {
            return false;
        }
        let since = *self.since.get_or_insert(at);
        self.all = self.all.saturating_add(1);
        self.yes = self.yes.saturating_add(u32::from(holds));
        if self.yes.saturating_mul(10) < self.all.saturating_mul(9) {
            *self = Self::default();
            return false;
        }
        holds && at.since(since) >= span
    }
}

/// What one sample says about the phases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sight {
    /// Time of the sample.
    pub(crate) at: Instant,
    /// All current that the vehicle could have, sum of phases: what it draws
    /// and the surplus.
    pub(crate) total: DeciAmps,
    /// Since when the vehicle charges; `None` = it does not.
    pub(crate) charging_since: Option<Instant>,
    /// It charges on three phases.
    pub(crate) on_three: bool,
    /// A start is on its way: the choice stands.
    pub(crate) started: bool,
    /// Highest current per phase: MAX, cable, central system.
    pub(crate) highest: DeciAmps,
}

/// Chooses the number of phases in Solar (regulation 8.3).
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhaseChoice {
    three: bool,
    severe: Vote,
    mild: Vote,
    plenty: Vote,
    /// Until when a change is being carried out.
    changing: Option<Instant>,
    single_since: Option<Instant>,
    closed_on: Option<bool>,
    changes: [Option<Instant>; CHANGES],
    /// The latest total that the vehicle could have.
    total: DeciAmps,
}

impl Default for PhaseChoice {
    fn default() -> Self {
        Self {
            three: true,
            severe: Vote::default(),
            mild: Vote::default(),
            plenty: Vote::default(),
            changing: None,
            single_since: None,
            closed_on: None,
            changes: [None; CHANGES],
            total: DeciAmps::ZERO,
        }
    }
}

impl PhaseChoice {
    /// The present wish.
    pub(crate) fn is_three(&self) -> bool {
        self.three
    }

    /// The total that the vehicle could have when its charge was interrupted
    /// for other phases; `None` = it was not.
    pub(crate) fn interrupted_with(&self) -> Option<DeciAmps> {
        self.changing.map(|_| self.total)
    }

    /// Another mode, or nothing left to choose: three phases.
    pub(crate) fn release(&mut self) {
        self.three = true;
        self.changing = None;
        self.forget_votes();
    }

    /// One phase, now: three at MIN are too much for a limit (decision 39,
    /// regulation 6.7).
    pub(crate) fn force_single(&mut self, now: Instant) {
        if self.three {
            self.change(now, false);
        }
    }

    /// The main contactor closed on so many phases.
    pub(crate) fn closed(&mut self, now: Instant, three: bool) {
        let before = self.closed_on.replace(three);
        self.changing = None;
        self.forget_votes();
        if before.is_none_or(|before| before == three) {
            return;
        }
        let mut newer = Some(now);
        for change in &mut self.changes {
            core::mem::swap(change, &mut newer);
        }
        if !three {
            self.single_since = Some(now);
        }
    }

    /// The vehicle left: the next one is no change.
    pub(crate) fn vacated(&mut self) {
        self.closed_on = None;
        self.changing = None;
        self.forget_votes();
    }

    /// Takes a new sample into account.
    pub(crate) fn observe(&mut self, config: &Config, sight: &Sight) {
        self.total = sight.total;
        match sight.charging_since {
            Some(since) if sight.on_three == self.three => self.judge(config, sight, since),
            Some(_) => {}
            None => self.choose_first(config, sight),
        }
    }

    /// Regulation 8.3, initial: 3 · MIN and 3 A more, in sum.
    fn choose_first(&mut self, config: &Config, sight: &Sight) {
        let changing = self.changing.is_some_and(|until| sight.at < until);
        if sight.started || changing {
            return;
        }
        self.changing = None;
        let enough = config.floor().times(3) + DeciAmps::from_deci(30);
        self.three = sight.total >= enough && self.may_go_up(config, sight.at);
    }

    fn judge(&mut self, config: &Config, sight: &Sight, since: Instant) {
        let tuning = &config.tuning;
        if self.three {
            let wanted = self.wants_single(config, sight);
            if wanted && sight.at.since(since) >= least_run(tuning) {
                self.change(sight.at, false);
            }
        } else {
            let enough = sight.total >= enough_for_three(config, sight.highest);
            let lasted = self.plenty.cast(sight.at, enough, tuning.phase_plenty);
            if lasted && self.may_go_up(config, sight.at) {
                self.change(sight.at, true);
            }
        }
    }

    /// Less than three times MIN: soon when a whole MIN is missing, otherwise
    /// after STOP.
    fn wants_single(&mut self, config: &Config, sight: &Sight) -> bool {
        let tuning = &config.tuning;
        let missing = config.floor().times(3) - sight.total;
        let patience = match u64::from(config.stop.as_minutes()) {
            0 => tuning.phase_severe,
            minutes => Duration::from_minutes(minutes),
        };
        let severe = missing >= config.floor();
        let mild = missing > DeciAmps::ZERO;
        let soon = self.severe.cast(sight.at, severe, tuning.phase_severe);
        let later = self.mild.cast(sight.at, mild, patience);
        soon || later
    }

    /// After the hold-down, and with one change of the hour left to return.
    fn may_go_up(&self, config: &Config, at: Instant) -> bool {
        let held = |since| at.since(since) < config.tuning.phase_holddown;
        if self.closed_on.is_none() {
            return true;
        }
        let recent = self.changes.iter().flatten();
        let recent = recent.filter(|change| at.since(**change) < HOUR);
        !self.single_since.is_some_and(held) && recent.count() < CHANGES.saturating_sub(1)
    }

    fn change(&mut self, now: Instant, three: bool) {
        self.three = three;
        self.changing = Some(now + CHANGE_TIME);
        if !three {
            self.single_since = Some(now);
        }
        self.forget_votes();
    }

    fn forget_votes(&mut self) {
        self.severe = Vote::default();
        self.mild = Vote::default();
        self.plenty = Vote::default();
    }
}

/// Enough for three phases, and more than one phase could use
/// (regulation 8.3).
fn enough_for_three(config: &Config, highest: DeciAmps) -> DeciAmps {
    let least = (config.floor() + DeciAmps::from_deci(10)).times(3);
    if highest > least {
        highest + DeciAmps::from_deci(30)
    } else {
        least
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::{Amps, Mode};

    fn deci(value: i32) -> DeciAmps {
        DeciAmps::from_deci(value)
    }

    fn solar() -> Config {
        Config {
            mode: Mode::Solar,
            contact2: crate::config::Contact2::Auto,
            ..Config::default()
        }
    }

    fn sight(secs: u64, total: i32, charging: Option<(u64, bool)>) -> Sight {
        Sight {
            at: Instant::from_secs(secs),
            total: deci(total),
            charging_since: charging.map(|(since, _)| Instant::from_secs(since)),
            on_three: charging.is_some_and(|(_, three)| three),
            started: false,
            highest: deci(160),
        }
    }

    /// Feeds one total every 2 s while charging since 0; gives when the wish
    /// changes.
    fn changes_after(
        choice: &mut PhaseChoice,
        config: &Config,
        from: u64,
        total: i32,
    ) -> Option<u64> {
        let three = choice.is_three();
        (from..).step_by(2).take(2_000).find(|secs| {
            choice.observe(config, &sight(*secs, total, Some((0, three))));
            choice.is_three() != three
        })
    }

    /// Regulation 15, phases.
    #[test]
    fn when_waiting_then_the_surplus_decides_at_once() {
        let mut choice = PhaseChoice::default();
        for (total, expected) in [(209, false), (210, true), (0, false)] {
            choice.observe(&solar(), &sight(0, total, None));
            assert_eq!(choice.is_three(), expected);
        }
    }

    /// Regulation 8.3: severe after 30 s, mild after STOP.
    #[test]
    fn when_three_times_min_is_missing_then_one_phase_follows() {
        for (total, stop, expected) in [
            (120, 10, Some(1_030)),
            (121, 10, Some(1_600)),
            (179, 0, Some(1_030)),
            (180, 10, None),
        ] {
            let config = Config {
                stop: smartevse_types::Minutes::from_minutes(stop),
                ..solar()
            };
            let mut choice = PhaseChoice::default();
            choice.closed(Instant::ZERO, true);
            assert_eq!(changes_after(&mut choice, &config, 1_000, total), expected);
        }
    }

    /// Regulation 8.3, improvement (a): the cable is part of the comparison.
    #[test]
    fn when_there_is_plenty_then_three_phases_follow_after_60_s() {
        for (highest, total, expected) in [
            (160, 210, Some(1_060)),
            (160, 209, None),
            (320, 350, Some(1_060)),
            (320, 349, None),
            (130, 210, Some(1_060)),
        ] {
            let mut choice = PhaseChoice::default();
            choice.force_single(Instant::ZERO);
            choice.closed(Instant::ZERO, false);
            let found = (0..200).map(|n| 1_000 + 2 * n).find(|secs| {
                let seen = sight(*secs, total, Some((0, false)));
                choice.observe(
                    &solar(),
                    &Sight {
                        highest: deci(highest),
                        ..seen
                    },
                );
                choice.is_three()
            });
            assert_eq!(found, expected, "{highest} {total}");
        }
    }

    /// Regulation 8.3, improvement (b): one bad sample does not matter.
    #[test]
    fn when_nine_of_ten_samples_agree_then_the_vote_goes_on() {
        let span = Duration::from_secs(60);
        let lasts = |every: u64| {
            let mut vote = Vote::default();
            (0..=30).any(|n| vote.cast(Instant::from_secs(2 * n), n % every != every - 1, span))
        };
        assert!(lasts(12));
        assert!(!lasts(8));
    }

    /// 300 s between the change to one phase and the next one up.
    #[test]
    fn when_just_on_one_phase_then_three_must_wait() {
        let mut choice = PhaseChoice::default();
        choice.closed(Instant::ZERO, true);
        choice.force_single(Instant::from_secs(1_000));
        choice.closed(Instant::from_secs(1_030), false);
        let found = changes_after(&mut choice, &solar(), 1_032, 400);
        assert_eq!(found, Some(1_330));
    }

    /// Regulation 8.3, improvement (c): six changes in an hour, the last one
    /// to one phase.
    #[test]
    fn when_six_changes_are_used_up_then_it_stays_on_one_phase() {
        let config = Config {
            min: Amps::from_amps(6),
            ..solar()
        };
        let mut choice = PhaseChoice::default();
        choice.closed(Instant::ZERO, true);
        for n in 0..6_u64 {
            let at = Instant::from_secs(1_000 + 400 * n);
            choice.change(at, n % 2 == 1);
            choice.closed(at, n % 2 == 1);
        }
        assert!(choice.is_three(), "the sixth change went up by force");
        choice.force_single(Instant::from_secs(3_100));
        choice.closed(Instant::from_secs(3_100), false);
        let found = changes_after(&mut choice, &config, 3_500, 400);
        // The third oldest of the changes must be an hour old first.
        assert_eq!(found, Some(5_400));
    }
}
