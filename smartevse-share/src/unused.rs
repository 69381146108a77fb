//! Current that a vehicle leaves unused: use it or lose it (power share 7, an
//! option).
//!
//! Who measures more than 1 A below its set-point for 20 s is capped 1 A above
//! what it takes, and the others share the rest. The cap rises by 1 A with each
//! measurement that comes close to it, and every 5 minutes as a trial.

use smartevse_types::{DeciAmps, Duration, Instant};

use crate::idle::MEASUREMENT_AGE;
use crate::share_config::{Contactor, ShareView};

/// A vehicle leaves current unused below its set-point less this: 1 A.
const LEFT_OVER: DeciAmps = DeciAmps::from_deci(10);
/// Room above the measured current, and the step of the way back: 1 A.
const STEP: DeciAmps = DeciAmps::from_deci(10);
/// This close to its cap a vehicle wants more: 0.5 A.
const CLOSE: DeciAmps = DeciAmps::from_deci(5);
/// Time below the set-point before the rest is lent.
const SPAN: Duration = Duration::from_secs(20);
/// Time between two trials.
const TRIAL: Duration = Duration::from_secs(300);

/// What one EVSE keeps of its share.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Unused {
    cap: Option<DeciAmps>,
    below_since: Option<Instant>,
    trial_at: Instant,
    /// Running number of the last measurement.
    seen: u32,
}

impl Unused {
    /// Takes a measurement into account, each one once. Without a contactor
    /// that is closed, a set-point and a recent measurement all is forgotten.
    pub(crate) fn observe(&mut self, view: &ShareView, order: DeciAmps, now: Instant) {
        let charges = view.online && view.contactor == Contactor::Closed;
        let recent = view.measured.sample();
        let recent = recent.filter(|sample| now.since(sample.at) < MEASUREMENT_AGE);
        let Some(sample) = recent.filter(|_| charges && order > DeciAmps::ZERO) else {
            *self = Self::default();
            return;
        };
        if self.cap.is_some() && now >= self.trial_at {
            self.raise(view, now);
        }
        if sample.sequence == self.seen {
            return;
        }
        self.seen = sample.sequence;
        if self.cap.is_some_and(|cap| sample.value >= cap - CLOSE) {
            self.raise(view, now);
        }
        if sample.value >= order - LEFT_OVER {
            self.below_since = None;
            return;
        }
        let since = *self.below_since.get_or_insert(sample.at);
        if sample.at.since(since) >= SPAN {
            self.cap = Some((sample.value + STEP).max(view.floor()));
            self.trial_at = now + TRIAL;
            self.below_since = None;
        }
    }

    /// The highest current it is given; `None` without a cap of its own.
    pub(crate) const fn cap(&self) -> Option<DeciAmps> {
        self.cap
    }

    /// When the cap rises by itself, or the measurement is too old.
    pub(crate) fn deadline(&self, view: &ShareView) -> Instant {
        let old = view.measured.sample().map(|one| one.at + MEASUREMENT_AGE);
        match (self.cap, old) {
            (Some(_), Some(old)) => old.earliest(self.trial_at),
            (Some(_), None) | (None, _) => Instant::FAR_FUTURE,
        }
    }

    fn raise(&mut self, view: &ShareView, now: Instant) {
        self.cap = self.cap.map(|cap| cap + STEP);
        self.cap = self.cap.filter(|cap| *cap < view.ceiling());
        self.trial_at = now + TRIAL;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: DeciAmps = DeciAmps::from_deci(160);

    struct Bench {
        unused: Unused,
        view: ShareView,
        now: Instant,
    }

    impl Bench {
        fn new() -> Self {
            let view = ShareView {
                online: true,
                contactor: Contactor::Closed,
                cap: DeciAmps::from_deci(320),
                ..ShareView::UNKNOWN
            };
            Self {
                unused: Unused::default(),
                view,
                now: Instant::from_secs(100),
            }
        }

        /// A measurement every second; gives the cap, 0 = none.
        fn takes(&mut self, deci: i32, seconds: u32, order: DeciAmps) -> i32 {
            for _ in 0..seconds {
                self.now += Duration::from_secs(1);
                self.view
                    .measured
                    .update(DeciAmps::from_deci(deci), self.now);
                self.unused.observe(&self.view, order, self.now);
            }
            self.unused.cap().map_or(0, DeciAmps::as_deci)
        }
    }

    /// Power share 7: more than 1 A below for 20 s, never below MIN.
    #[test]
    fn when_less_is_taken_for_20_s_then_the_rest_is_lent() {
        let mut bench = Bench::new();
        assert_eq!(bench.takes(150, 60, ORDER), 0, "1.0 A below is in use");
        assert_eq!(bench.takes(100, 20, ORDER), 0, "19 s after the first");
        assert_eq!(bench.takes(101, 1, ORDER), 111);
        let mut bench = Bench::new();
        assert_eq!(bench.takes(20, 21, ORDER), 60, "MIN stays");
    }

    #[test]
    fn when_it_was_in_use_for_a_moment_then_the_20_s_begin_again() {
        let mut bench = Bench::new();
        bench.takes(100, 15, ORDER);
        bench.takes(155, 1, ORDER);
        assert_eq!(bench.takes(100, 20, ORDER), 0);
        assert_eq!(bench.takes(100, 1, ORDER), 110);
    }

    /// Power share 7: back up at once within 0.5 A of the cap, until the cap
    /// of the EVSE itself is reached.
    #[test]
    fn when_it_wants_more_then_the_cap_rises_at_once() {
        let mut bench = Bench::new();
        assert_eq!(bench.takes(100, 21, ORDER), 110);
        let own = DeciAmps::from_deci(110);
        assert_eq!(bench.takes(104, 3, own), 110);
        assert_eq!(bench.takes(105, 1, own), 120);
        bench.unused.observe(&bench.view, own, bench.now);
        assert_eq!(
            bench.takes(114, 1, own),
            120,
            "each measurement counts once"
        );
        bench.view.cap = DeciAmps::from_deci(130);
        assert_eq!(bench.takes(115, 1, own), 0, "the EVSE itself limits");
    }

    /// Power share 7: 1 A more every 300 s.
    #[test]
    fn when_300_s_have_passed_then_it_is_tried() {
        let mut bench = Bench::new();
        bench.takes(100, 21, ORDER);
        let (began, own) = (bench.now, DeciAmps::from_deci(110));
        assert_eq!(bench.takes(100, 299, own), 110);
        assert_eq!(
            bench.unused.deadline(&bench.view),
            began + TRIAL,
            "the next trial is earlier than the age"
        );
        assert_eq!(bench.takes(100, 1, own), 120);
        let before = bench.unused.deadline(&bench.view);
        assert_eq!(before, bench.now + MEASUREMENT_AGE);
    }

    /// I-21: without a recent measurement of its own nothing is lent.
    #[test]
    fn when_nothing_is_known_then_there_is_no_cap() {
        let forget: [fn(&mut Bench); 4] = [
            |bench| bench.now += MEASUREMENT_AGE,
            |bench| bench.view.contactor = Contactor::Open,
            |bench| bench.view.online = false,
            |bench| bench.view.measured = ShareView::UNKNOWN.measured,
        ];
        for change in forget {
            let mut bench = Bench::new();
            assert_eq!(bench.takes(100, 21, ORDER), 110);
            change(&mut bench);
            bench.unused.observe(&bench.view, ORDER, bench.now);
            assert_eq!(bench.unused, Unused::default());
            assert_eq!(bench.unused.deadline(&bench.view), Instant::FAR_FUTURE);
        }
        let mut bench = Bench::new();
        bench.takes(100, 21, ORDER);
        bench.unused.observe(&bench.view, DeciAmps::ZERO, bench.now);
        assert_eq!(bench.unused.cap(), None);
    }
}
