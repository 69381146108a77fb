//! Supervision of the contactors by their feedback: weld, no closing
//! (charging specification §4.3).

use smartevse_types::Instant;

use super::agenda::{Agenda, Hold};
use super::contactors::Contactors;
use super::timing::{CONTACTOR_FEEDBACK, RETRY_AFTER};
use crate::faults::Faults;
use crate::io::{Contactor, ContactorFeedback, HardwareFaults, Inputs};

/// What is wrong with the contactors.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Trouble {
    #[default]
    None,
    /// Did not close; one retry after this moment.
    Retry(Instant),
    /// Needs service.
    Latched,
}

/// Compares commands and feedback.
#[derive(Clone, Copy, Debug, Default)]
pub struct FeedbackWatch {
    trouble: Trouble,
    /// The one retry has been used up.
    retried: bool,
    reads_closed: bool,
    /// It has read closed for too long.
    welded: bool,
    main_welded: Hold,
    second_welded: Hold,
    main_missing: Hold,
    second_missing: Hold,
    sound: Hold,
}

impl FeedbackWatch {
    pub fn new(latched: bool) -> Self {
        let trouble = if latched {
            Trouble::Latched
        } else {
            Trouble::None
        };
        Self {
            trouble,
            ..Self::default()
        }
    }

    /// Judges the feedback of this poll against the commands until now.
    pub fn update(&mut self, inputs: &Inputs, contactors: &Contactors, agenda: &mut Agenda) {
        let (main, second) = (inputs.contactor1, inputs.contactor2);
        self.reads_closed = contradicts_open(contactors.main(), main)
            || contradicts_open(contactors.second(), second);
        let weld = welded(&mut self.main_welded, contactors.main(), main, agenda)
            | welded(&mut self.second_welded, contactors.second(), second, agenda);
        self.welded = weld;
        // An output that refuses its level leaves the position unknown.
        let refused = inputs.hardware.contains(HardwareFaults::CONTACTOR);
        if refused || (weld && contactors.main_rests(agenda.now())) {
            self.trouble = Trouble::Latched;
        }
        let missing = missing(&mut self.main_missing, contactors.main(), main, agenda)
            | missing(
                &mut self.second_missing,
                contactors.second(),
                second,
                agenda,
            );
        let closed = contactors.main().is_closed() && reads_sound(inputs, contactors);
        if self.sound.holds_for(closed, CONTACTOR_FEEDBACK, agenda) {
            self.retried = false;
        }
        self.note_missing(missing, agenda);
    }

    fn note_missing(&mut self, missing: bool, agenda: &mut Agenda) {
        if let Trouble::Retry(at) = self.trouble {
            if !missing && agenda.reached(at) {
                self.trouble = Trouble::None;
            }
        } else if missing && self.trouble == Trouble::None {
            self.fail(agenda.now());
        }
    }

    fn fail(&mut self, now: Instant) {
        self.trouble = if self.retried {
            Trouble::Latched
        } else {
            Trouble::Retry(now + RETRY_AFTER)
        };
        self.retried = true;
    }

    /// Service action: counts only while everything reads open.
    pub fn reset(&mut self) {
        if !self.reads_closed {
            *self = Self::default();
        }
    }

    /// A contactor is known to be welded, and still reads closed.
    pub fn is_welded(&self) -> bool {
        self.welded && self.trouble == Trouble::Latched
    }

    /// A contactor reads closed although it is commanded open; for a moment
    /// after each opening that is normal.
    pub const fn reads_closed(&self) -> bool {
        self.reads_closed
    }

    /// The second contactor stays closed although one phase is in use; stops
    /// in the orderly way.
    pub fn second_is_stuck(&self, agenda: &mut Agenda) -> bool {
        self.second_welded.lasted(CONTACTOR_FEEDBACK, agenda)
    }

    pub fn faults(&self) -> Faults {
        let mut faults = Faults::empty();
        faults.set(Faults::CONTACTOR_FAULT, self.trouble != Trouble::None);
        faults
    }

    /// The fault that outlives a restart.
    pub fn latched(&self) -> Faults {
        let mut faults = Faults::empty();
        faults.set(Faults::CONTACTOR_FAULT, self.trouble == Trouble::Latched);
        faults
    }
}

/// A contactor that is commanded closed reads closed, and none reads open.
fn reads_sound(inputs: &Inputs, contactors: &Contactors) -> bool {
    let pairs = [
        (contactors.main(), inputs.contactor1),
        (contactors.second(), inputs.contactor2),
    ];
    let reads = |wanted: ContactorFeedback| {
        let one = |(command, feedback): &(Contactor, ContactorFeedback)| {
            command.is_closed() && *feedback == wanted
        };
        pairs.iter().any(one)
    };
    reads(ContactorFeedback::Closed) && !reads(ContactorFeedback::Open)
}

fn contradicts_open(command: Contactor, feedback: ContactorFeedback) -> bool {
    command == Contactor::Open && feedback == ContactorFeedback::Closed
}

fn welded(
    hold: &mut Hold,
    command: Contactor,
    feedback: ContactorFeedback,
    agenda: &mut Agenda,
) -> bool {
    hold.holds_for(
        contradicts_open(command, feedback),
        CONTACTOR_FEEDBACK,
        agenda,
    )
}

fn missing(
    hold: &mut Hold,
    command: Contactor,
    feedback: ContactorFeedback,
    agenda: &mut Agenda,
) -> bool {
    let open = command.is_closed() && feedback == ContactorFeedback::Open;
    hold.holds_for(open, CONTACTOR_FEEDBACK, agenda)
}

#[cfg(test)]
mod tests {
    use super::super::contactors::Order;
    use super::*;

    struct Bench {
        watch: FeedbackWatch,
        contactors: Contactors,
    }

    impl Bench {
        fn new() -> Self {
            let contactors = Contactors::new(Instant::ZERO);
            Self {
                watch: FeedbackWatch::default(),
                contactors,
            }
        }

        fn at(&mut self, millis: u64, close: bool, main: ContactorFeedback) -> Faults {
            let order = if close {
                Order::Close { three_phase: false }
            } else {
                Order::Open
            };
            let mut agenda = Agenda::new(Instant::from_millis(millis));
            let inputs = Inputs {
                contactor1: main,
                ..Inputs::default()
            };
            self.watch.update(&inputs, &self.contactors, &mut agenda);
            self.contactors.step(order, &mut agenda);
            self.watch.faults()
        }
    }

    use ContactorFeedback::{Closed, Open};

    /// charging 4.3, S16
    #[test]
    fn when_it_stays_closed_for_half_a_second_then_latched_until_service() {
        let mut bench = Bench::new();
        bench.at(1_000, true, Open);
        bench.at(1_100, true, Closed);
        bench.at(2_000, false, Closed);
        bench.at(2_010, false, Closed);
        assert_eq!(bench.at(2_500, false, Closed), Faults::empty());
        assert_eq!(bench.at(2_510, false, Closed), Faults::CONTACTOR_FAULT);
        bench.watch.reset();
        assert_eq!(bench.at(2_520, false, Closed), Faults::CONTACTOR_FAULT);
        assert_eq!(bench.at(9_000, false, Open), Faults::CONTACTOR_FAULT);
        assert_eq!(bench.watch.latched(), Faults::CONTACTOR_FAULT);
        bench.watch.reset();
        assert_eq!(bench.at(9_010, false, Open), Faults::empty());
    }

    /// charging 4.3, I-23: only feedback that reads closed earns another retry.
    #[test]
    fn when_the_feedback_is_lost_after_a_retry_then_the_next_failure_latches() {
        let mut bench = Bench::new();
        bench.at(1_000, true, Open);
        bench.at(1_010, true, Open);
        bench.at(1_510, true, Open);
        bench.at(1_520, false, Open);
        assert_eq!(bench.at(61_510, false, Open), Faults::empty());
        bench.at(62_000, true, ContactorFeedback::NotFitted);
        bench.at(63_000, true, ContactorFeedback::NotFitted);
        bench.at(64_000, true, ContactorFeedback::NotFitted);
        bench.at(65_000, true, Open);
        assert_eq!(bench.at(65_500, true, Open), Faults::CONTACTOR_FAULT);
        assert_eq!(bench.watch.latched(), Faults::CONTACTOR_FAULT);
    }

    /// charging 4.3: one retry after 60 s, then latched.
    #[test]
    fn when_it_does_not_close_twice_then_latched() {
        let mut bench = Bench::new();
        bench.at(1_000, true, Open);
        bench.at(1_010, true, Open);
        assert_eq!(bench.at(1_510, true, Open), Faults::CONTACTOR_FAULT);
        assert_eq!(bench.watch.latched(), Faults::empty());
        bench.at(1_520, false, Open);
        assert_eq!(bench.at(61_500, false, Open), Faults::CONTACTOR_FAULT);
        assert_eq!(bench.at(61_510, false, Open), Faults::empty());
        bench.at(62_000, true, Open);
        bench.at(62_010, true, Open);
        assert_eq!(bench.at(62_510, true, Open), Faults::CONTACTOR_FAULT);
        assert_eq!(bench.watch.latched(), Faults::CONTACTOR_FAULT);
    }

    /// Both contactors with their feedback; three phases are in use.
    struct Pair {
        watch: FeedbackWatch,
        contactors: Contactors,
    }

    impl Pair {
        fn new() -> Self {
            Self {
                watch: FeedbackWatch::default(),
                contactors: Contactors::new(Instant::ZERO),
            }
        }

        fn at(
            &mut self,
            millis: u64,
            order: Order,
            main: ContactorFeedback,
            second: ContactorFeedback,
        ) -> Faults {
            let mut agenda = Agenda::new(Instant::from_millis(millis));
            let inputs = Inputs {
                contactor1: main,
                contactor2: second,
                ..Inputs::default()
            };
            self.watch.update(&inputs, &self.contactors, &mut agenda);
            self.contactors.step(order, &mut agenda);
            self.watch.faults()
        }

        /// Closes both from this moment on, without a look at the feedback.
        fn close(&mut self, millis: u64) {
            self.at(millis, THREE, NotFitted, NotFitted);
            self.at(millis.saturating_add(100), THREE, NotFitted, NotFitted);
        }
    }

    use ContactorFeedback::NotFitted;

    const THREE: Order = Order::Close { three_phase: true };

    /// charging 4.3: two welded contactors do not hide each other.
    #[test]
    fn when_both_stay_closed_then_welded() {
        let mut pair = Pair::new();
        pair.at(1_000, Order::Open, Closed, Closed);
        let faults = pair.at(1_500, Order::Open, Closed, Closed);
        assert_eq!(faults, Faults::CONTACTOR_FAULT);
        assert_eq!(pair.watch.latched(), Faults::CONTACTOR_FAULT);
        assert!(pair.watch.is_welded());
    }

    /// charging 4.3: neither do two that do not close.
    #[test]
    fn when_both_stay_open_then_a_fault() {
        let mut pair = Pair::new();
        pair.close(1_000);
        pair.at(1_110, THREE, Open, Open);
        assert_eq!(pair.at(1_610, THREE, Open, Open), Faults::CONTACTOR_FAULT);
        assert_eq!(pair.watch.latched(), Faults::empty());
    }

    /// charging 4.3: a contactor that let go of its own accord within the
    /// first half second has not proved itself, whichever of the two it is.
    #[test]
    fn when_the_retry_holds_only_for_a_moment_then_latched() {
        for (main, second) in [(Open, NotFitted), (NotFitted, Open)] {
            let mut pair = Pair::new();
            pair.close(1_000);
            pair.at(1_110, THREE, main, second);
            assert_eq!(pair.at(1_610, THREE, main, second), Faults::CONTACTOR_FAULT);
            pair.at(1_620, Order::AllOff, NotFitted, NotFitted);
            assert_eq!(
                pair.at(61_610, Order::AllOff, Open, Open),
                Faults::empty(),
                "one retry after 60 s"
            );
            pair.close(62_000);
            pair.at(62_110, THREE, Closed, Closed);
            pair.at(62_300, THREE, main, second);
            pair.at(62_610, THREE, main, second);
            pair.at(62_800, THREE, main, second);
            assert_eq!(pair.watch.latched(), Faults::CONTACTOR_FAULT);
        }
    }

    /// charging 4.3: after a sound closing the next failure is a first one.
    #[test]
    fn when_the_retry_was_sound_then_there_is_another_retry() {
        let mut pair = Pair::new();
        pair.close(1_000);
        pair.at(1_110, THREE, Open, Open);
        pair.at(1_610, THREE, Open, Open);
        pair.at(1_620, Order::AllOff, Open, Open);
        pair.at(61_610, Order::AllOff, Open, Open);
        pair.close(62_000);
        pair.at(62_110, THREE, Closed, Closed);
        pair.at(62_610, THREE, Closed, Closed);
        pair.at(63_000, Order::AllOff, Open, Open);
        pair.close(70_000);
        pair.at(70_110, THREE, Open, Open);
        assert_eq!(pair.at(70_610, THREE, Open, Open), Faults::CONTACTOR_FAULT);
        assert_eq!(pair.watch.latched(), Faults::empty());
    }

    /// charging 4.3: only a contactor that reads closed is welded.
    #[test]
    fn when_it_does_not_close_or_reads_open_then_not_welded() {
        let mut watch = FeedbackWatch::new(true);
        let inputs = Inputs {
            contactor1: Open,
            ..Inputs::default()
        };
        let mut agenda = Agenda::new(Instant::from_secs(1));
        watch.update(&inputs, &Contactors::new(Instant::ZERO), &mut agenda);
        assert_eq!(watch.latched(), Faults::CONTACTOR_FAULT);
        assert!(!watch.is_welded());
    }
}
