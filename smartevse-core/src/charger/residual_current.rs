//! Residual-current monitor: trip, latch, local reset, self-test (charging
//! specification §8).

use smartevse_types::Instant;

use super::agenda::{Agenda, Hold};
use super::recent::Recent;
use super::timing::{
    RESIDUAL_CONFIRM, RESIDUAL_NORMAL, RESIDUAL_RESET_WINDOW, RESIDUAL_TEST, RESIDUAL_TEST_VALID,
    RETRY_AFTER,
};
use crate::faults::Faults;
use crate::io::{HardwareFaults, Inputs, ResidualCurrentInput};

/// Self-test of the monitor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Test {
    /// Not done for this vehicle.
    #[default]
    Due,
    /// The test output is active since.
    Asserted(Instant),
    /// The monitor reacted; the output is off since.
    Released(Instant),
    /// Passed; the monitor reacted at.
    Passed(Instant),
    /// Failed at; one retry.
    Failed(Instant),
    /// Failed twice.
    Dead,
}

/// What the monitor shows of its test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reaction {
    Calm,
    Active,
    /// Nothing is connected.
    Unknown,
}

/// What the monitor depends on.
#[derive(Clone, Copy, Debug)]
pub struct TestContext {
    /// RCMON is enabled.
    pub enabled: bool,
    /// The board has a test output.
    pub fitted: bool,
    /// A vehicle is connected.
    pub vehicle: bool,
    /// Both contactors are open for certain.
    pub open: bool,
    /// Somebody at the device resets the latch in this poll.
    pub reset: bool,
    /// Service acts in this poll.
    pub service: bool,
    /// Only so many resets in one hour.
    pub limited: bool,
}

/// Resets that the window may hold.
const RESETS: usize = 3;

/// Local resets, and whether there were too many.
#[derive(Clone, Copy, Debug)]
struct Resets {
    recent: Recent<RESETS>,
    /// One was refused: service has to look at it first.
    locked_out: bool,
}

impl Default for Resets {
    fn default() -> Self {
        Self {
            recent: Recent::NEVER,
            locked_out: false,
        }
    }
}

impl Resets {
    /// Whether one more reset is in order; notes it either way.
    fn allow(&mut self, now: Instant) -> bool {
        let oldest = self.recent.oldest();
        self.locked_out |= oldest.is_some_and(|at| now < at + RESIDUAL_RESET_WINDOW);
        if !self.locked_out {
            self.recent.note(now);
        }
        !self.locked_out
    }
}

/// Watches the residual-current monitor.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResidualWatch {
    tripped: bool,
    test: Test,
    retried: bool,
    active: bool,
    enabled: bool,
    fault: Hold,
    normal: Hold,
    resets: Resets,
}

impl ResidualWatch {
    pub fn new(tripped: bool) -> Self {
        Self {
            tripped,
            ..Self::default()
        }
    }

    /// Takes the level of this poll. With the monitor disabled its input is
    /// ignored, but a latched trip stays.
    pub fn update(&mut self, inputs: &Inputs, context: TestContext, agenda: &mut Agenda) {
        let level = inputs.residual_current != ResidualCurrentInput::Normal;
        let edge = inputs.residual_current_edge;
        self.active = context.enabled && (level || edge);
        self.enabled = context.enabled;
        self.normal.update(!level, agenda.now());
        self.reset(context, agenda);
        let before = self.test;
        if context.enabled && context.fitted {
            let refused = inputs.hardware.contains(HardwareFaults::RESIDUAL_CURRENT);
            let reacts = inputs.residual_current == ResidualCurrentInput::Fault || edge;
            let shown = match (reacts, level) {
                (true, _) => Reaction::Active,
                (false, true) => Reaction::Unknown,
                (false, false) => Reaction::Calm,
            };
            self.step_test(context, shown, refused, agenda);
        } else if self.test != Test::Dead {
            self.test = Test::Due;
        }
        if self.test != before {
            agenda.again();
        }
        self.judge(edge, agenda);
    }

    fn judge(&mut self, edge: bool, agenda: &mut Agenda) {
        let watched = self.active && !self.is_testing();
        let confirmed = self.fault.holds_for(watched, RESIDUAL_CONFIRM, agenda);
        self.tripped |= confirmed || (watched && edge);
    }

    fn step_test(
        &mut self,
        context: TestContext,
        shown: Reaction,
        refused: bool,
        agenda: &mut Agenda,
    ) {
        let now = agenda.now();
        self.test = match self.test {
            Test::Asserted(_) | Test::Released(_) if !context.open => Test::Due,
            Test::Asserted(_) if shown == Reaction::Active => Test::Released(now),
            Test::Asserted(since)
                if (refused && now > since) || agenda.reached(since + RESIDUAL_TEST) =>
            {
                self.failed(now)
            }
            Test::Released(since) if shown == Reaction::Calm => passed(since, agenda),
            Test::Released(since) if agenda.reached(since + RESIDUAL_TEST) => {
                // Still active without the test output: a real residual current.
                self.tripped = true;
                Test::Due
            }
            Test::Passed(at) if agenda.reached(at + RESIDUAL_TEST_VALID) => Test::Due,
            Test::Failed(at) if agenda.reached(at + RETRY_AFTER) => Test::Due,
            Test::Due
            | Test::Asserted(_)
            | Test::Released(_)
            | Test::Passed(_)
            | Test::Failed(_)
            | Test::Dead => self.test,
        };
        if matches!(self.test, Test::Passed(_)) {
            self.retried = false;
        } else if self.test == Test::Due && self.may_test(context) {
            self.test = Test::Asserted(now);
        }
    }

    fn may_test(&self, context: TestContext) -> bool {
        context.vehicle && context.open && !self.active && !self.tripped
    }

    fn failed(&mut self, now: Instant) -> Test {
        let again = !self.retried;
        self.retried = true;
        if again { Test::Failed(now) } else { Test::Dead }
    }

    /// The vehicle was unplugged: the next one gets its own test.
    pub fn unplugged(&mut self) {
        if !matches!(self.test, Test::Failed(_) | Test::Dead) {
            self.test = Test::Due;
        }
    }

    /// A reset counts only after the input has been normal for a second, and
    /// with the limit only three times in an hour. Service ends the lock-out;
    /// the trip itself still needs a press.
    fn reset(&mut self, context: TestContext, agenda: &mut Agenda) {
        if context.service || !context.limited {
            self.resets = Resets::default();
        }
        let normal = self.normal.lasted(RESIDUAL_NORMAL, agenda);
        let asked = context.reset && self.tripped && (normal || !self.enabled);
        if asked && (!context.limited || self.resets.allow(agenda.now())) {
            self.tripped = false;
        }
    }

    /// Whether closing may go on: nothing active, nothing latched.
    pub const fn is_quiet(&self) -> bool {
        !self.active && !self.tripped
    }

    /// The test of this vehicle is still to be passed.
    pub fn awaits_test(&self, context: TestContext) -> bool {
        context.enabled && context.fitted && !matches!(self.test, Test::Passed(_))
    }

    pub const fn is_testing(&self) -> bool {
        matches!(self.test, Test::Asserted(_) | Test::Released(_))
    }

    /// Level of the test output.
    pub const fn test_output(&self) -> bool {
        matches!(self.test, Test::Asserted(_))
    }

    pub fn faults(&self) -> Faults {
        let mut faults = Faults::empty();
        faults.set(Faults::RCM_TRIPPED, self.tripped);
        let failed = matches!(self.test, Test::Failed(_) | Test::Dead)
            || (self.retried && !matches!(self.test, Test::Passed(_)));
        faults.set(Faults::RCM_TEST, failed);
        faults
    }

    /// The fault that outlives a restart.
    pub fn latched(&self) -> Faults {
        let mut faults = Faults::empty();
        faults.set(Faults::RCM_TRIPPED, self.tripped);
        faults
    }
}

/// A pass counts from the reaction of the monitor.
fn passed(since: Instant, agenda: &mut Agenda) -> Test {
    if agenda.reached(since + RESIDUAL_TEST_VALID) {
        Test::Due
    } else {
        Test::Passed(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ResidualCurrentInput::{Fault, Normal};

    struct Bench {
        watch: ResidualWatch,
        context: TestContext,
    }

    impl Bench {
        fn new(fitted: bool) -> Self {
            let context = TestContext {
                enabled: true,
                fitted,
                vehicle: true,
                open: true,
                reset: false,
                service: false,
                limited: false,
            };
            Self {
                watch: ResidualWatch::default(),
                context,
            }
        }

        fn at(&mut self, millis: u64, level: ResidualCurrentInput) -> Faults {
            let inputs = Inputs {
                residual_current: level,
                ..Inputs::default()
            };
            let mut agenda = Agenda::new(Instant::from_millis(millis));
            self.watch.update(&inputs, self.context, &mut agenda);
            self.watch.faults()
        }

        fn reset(&mut self, millis: u64, level: ResidualCurrentInput) -> Faults {
            self.context.reset = true;
            let faults = self.at(millis, level);
            self.context.reset = false;
            faults
        }
    }

    /// I-08
    #[test]
    fn when_two_samples_are_active_then_tripped_until_a_local_reset() {
        let mut bench = Bench::new(false);
        assert_eq!(bench.at(0, Fault), Faults::empty());
        assert!(!bench.watch.is_quiet());
        assert_eq!(bench.at(10, Fault), Faults::RCM_TRIPPED);
        assert_eq!(bench.reset(20, Fault), Faults::RCM_TRIPPED);
        assert_eq!(bench.at(30, Normal), Faults::RCM_TRIPPED);
        assert_eq!(bench.reset(1_020, Normal), Faults::RCM_TRIPPED);
        assert_eq!(bench.at(1_030, Normal), Faults::RCM_TRIPPED);
        assert_eq!(bench.reset(1_040, Normal), Faults::empty());
    }

    /// charging 8: three resets in an hour, then service and a press.
    #[test]
    fn when_it_trips_a_fourth_time_in_an_hour_then_only_service_helps() {
        let mut bench = Bench::new(false);
        bench.context.limited = true;
        let mut press = |minute: u64, service: bool| {
            let millis = minute * 60_000;
            bench.at(millis, Fault);
            bench.at(millis + 10, Fault);
            bench.at(millis + 20, Normal);
            bench.context.service = service;
            bench.at(millis + 30, Normal);
            bench.context.service = false;
            bench.reset(millis + 2_000, Normal)
        };
        for minute in [0, 10, 50, 60] {
            assert_eq!(press(minute, false), Faults::empty(), "{minute}");
        }
        assert_eq!(press(69, false), Faults::RCM_TRIPPED);
        assert_eq!(press(300, false), Faults::RCM_TRIPPED);
        assert_eq!(press(301, true), Faults::empty());
    }

    /// charging 8: a single sample may be noise, an edge from an interrupt not.
    #[test]
    fn when_an_edge_was_latched_then_tripped_at_once() {
        let mut bench = Bench::new(false);
        bench.at(0, Fault);
        assert_eq!(bench.at(10, Normal), Faults::empty());
        let inputs = Inputs {
            residual_current: Normal,
            residual_current_edge: true,
            ..Inputs::default()
        };
        let mut agenda = Agenda::new(Instant::from_millis(20));
        bench.watch.update(&inputs, bench.context, &mut agenda);
        assert_eq!(bench.watch.faults(), Faults::RCM_TRIPPED);
    }

    /// I-23: disabling the monitor does not clear the latch.
    #[test]
    fn when_the_monitor_is_disabled_then_the_latch_stays() {
        let mut bench = Bench::new(false);
        bench.at(0, Fault);
        bench.at(10, Fault);
        bench.context.enabled = false;
        assert_eq!(bench.at(20, Fault), Faults::RCM_TRIPPED);
        assert_eq!(bench.at(9_020, Fault), Faults::RCM_TRIPPED);
        assert_eq!(bench.reset(9_030, Fault), Faults::empty());
    }

    /// charging 8: no sensor at all is a fault.
    #[test]
    fn when_no_monitor_is_connected_then_tripped() {
        let mut bench = Bench::new(false);
        bench.at(0, ResidualCurrentInput::NotFitted);
        assert_eq!(
            bench.at(10, ResidualCurrentInput::NotFitted),
            Faults::RCM_TRIPPED
        );
    }

    /// charging 8
    #[test]
    fn when_the_monitor_reacts_to_its_test_then_passed_without_a_trip() {
        let mut bench = Bench::new(true);
        bench.at(0, Normal);
        assert!(bench.watch.test_output());
        bench.at(50, Fault);
        assert!(!bench.watch.test_output() && bench.watch.is_testing());
        assert_eq!(bench.at(100, Normal), Faults::empty());
        assert!(!bench.watch.awaits_test(bench.context));
        bench.watch.unplugged();
        assert!(bench.watch.awaits_test(bench.context));
    }

    /// charging 8: a monitor that is not there does not pass its test.
    #[test]
    fn when_the_monitor_disappears_in_its_test_then_it_is_not_passed() {
        let missing = ResidualCurrentInput::NotFitted;
        let mut bench = Bench::new(true);
        bench.at(0, Normal);
        bench.at(50, missing);
        bench.at(100, Normal);
        assert!(bench.watch.awaits_test(bench.context) && bench.watch.test_output());
        bench.at(150, Fault);
        bench.at(200, missing);
        assert!(bench.watch.awaits_test(bench.context));
    }

    /// charging 8: the 24 h count from the reaction of the monitor.
    #[test]
    fn when_nobody_looks_for_a_day_in_the_middle_of_a_test_then_it_is_not_passed() {
        let day = 24 * 3_600_000;
        let mut bench = Bench::new(true);
        bench.at(0, Normal);
        bench.at(50, Fault);
        bench.at(50 + day, Normal);
        assert!(bench.watch.awaits_test(bench.context));
    }

    /// charging 8: one retry after 60 s, then dead.
    #[test]
    fn when_the_monitor_never_reacts_then_failed_for_good() {
        let mut bench = Bench::new(true);
        bench.at(0, Normal);
        assert_eq!(bench.at(1_000, Normal), Faults::RCM_TEST);
        bench.at(61_000, Normal);
        bench.at(61_010, Normal);
        assert!(bench.watch.test_output());
        assert_eq!(bench.at(62_010, Normal), Faults::RCM_TEST);
        bench.at(200_000, Normal);
        assert!(!bench.watch.test_output());
        assert_eq!(bench.at(200_010, Normal), Faults::RCM_TEST);
    }

    /// charging 8: a current that outlasts the test is real.
    #[test]
    fn when_the_input_does_not_calm_down_then_tripped() {
        let mut bench = Bench::new(true);
        bench.at(0, Normal);
        bench.at(50, Fault);
        assert_eq!(bench.at(1_050, Fault), Faults::RCM_TRIPPED);
    }

    /// charging 8: switching the monitor off and on does not excuse a monitor
    /// that failed for good, and a passed test does not outlive it.
    #[test]
    fn when_the_monitor_is_disabled_for_a_while_then_tested_again() {
        let mut bench = Bench::new(true);
        for millis in [0, 1_000, 61_000, 61_010, 62_010] {
            bench.at(millis, Normal);
        }
        bench.context.enabled = false;
        bench.at(70_000, Normal);
        bench.context.enabled = true;
        assert_eq!(bench.at(80_000, Normal), Faults::RCM_TEST);
        assert!(!bench.watch.test_output());

        let mut bench = Bench::new(true);
        bench.at(0, Normal);
        bench.at(50, Fault);
        bench.at(100, Normal);
        assert!(!bench.watch.awaits_test(bench.context));
        bench.context.enabled = false;
        bench.at(200, Normal);
        bench.context.enabled = true;
        assert!(bench.watch.awaits_test(bench.context));
    }

    /// charging 8: the test needs open contactors to its end.
    #[test]
    fn when_a_contactor_closes_then_the_test_is_withdrawn() {
        let mut bench = Bench::new(true);
        bench.at(0, Normal);
        assert!(bench.watch.test_output());
        bench.context.open = false;
        assert_eq!(bench.at(10, Normal), Faults::empty());
        assert!(!bench.watch.is_testing());
        assert_eq!(bench.at(5_000, Normal), Faults::empty());
        bench.context.open = true;
        bench.at(5_010, Normal);
        assert!(bench.watch.test_output());
    }

    /// charging 8: the input may take a second to calm down.
    #[test]
    fn when_the_input_calms_down_within_a_second_then_no_trip() {
        let mut bench = Bench::new(true);
        bench.at(0, Normal);
        for millis in [50, 60, 500, 1_040] {
            assert_eq!(bench.at(millis, Fault), Faults::empty());
        }
        assert_eq!(bench.at(1_049, Normal), Faults::empty());
        assert!(!bench.watch.awaits_test(bench.context));
    }

    /// charging 8: at least every 24 h, from the reaction of the monitor.
    #[test]
    fn when_a_day_has_passed_then_tested_again() {
        const DAY: u64 = 24 * 3_600 * 1_000;
        let mut bench = Bench::new(true);
        bench.at(0, Normal);
        bench.at(50, Fault);
        bench.at(100, Normal);
        bench.at(50 + DAY - 10, Normal);
        assert!(!bench.watch.is_testing());
        bench.at(50 + DAY, Normal);
        assert!(bench.watch.test_output());
    }

    /// charging 8: the retry waits for 60 s, and until it is passed the fault
    /// stays.
    #[test]
    fn when_the_test_failed_then_the_fault_stays_until_the_retry_is_passed() {
        let mut bench = Bench::new(true);
        bench.at(0, Normal);
        bench.at(1_000, Normal);
        for millis in [1_010, 2_000, 30_000, 60_990] {
            assert_eq!(bench.at(millis, Normal), Faults::RCM_TEST);
            assert!(!bench.watch.test_output(), "{millis}");
        }
        assert_eq!(bench.at(61_000, Normal), Faults::RCM_TEST);
        assert!(bench.watch.test_output());
        assert_eq!(bench.at(61_100, Fault), Faults::RCM_TEST);
        assert_eq!(bench.at(61_200, Normal), Faults::empty());
        assert_eq!(bench.at(61_210, Normal), Faults::empty());
    }
}
