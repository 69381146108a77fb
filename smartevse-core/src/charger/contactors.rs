//! The two contactors: order, minimum open times, rate of closing (charging
//! specification §2.5 rule 10, §4.2).

use smartevse_types::{Duration, Instant};

use super::agenda::Agenda;
use super::recent::Recent;
use super::timing::{CONTACTOR_GAP, FLAPPING_WINDOW, MIN_OPEN_EV, MIN_OPEN_EVSE};
use crate::io::Contactor;

/// Closings that one window may hold.
const CLOSINGS: usize = 6;

/// What the state asks of the contactors in this poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Main contactor first, the second one 100 ms later.
    Open,
    /// Both at once.
    AllOff,
    /// As they are.
    Keep,
    /// Second contactor first if three phases are wanted, the main one 100 ms
    /// later.
    Close {
        /// Three phases.
        three_phase: bool,
    },
}

/// Who opened the main contactor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenedBy {
    Vehicle,
    Charger,
}

/// Commands both contactors.
#[derive(Clone, Copy, Debug)]
pub struct Contactors {
    main: Contactor,
    second: Contactor,
    main_changed: Instant,
    second_changed: Instant,
    opened_by: OpenedBy,
    recent: Recent<CLOSINGS>,
    closings: u32,
    /// Phases of the latest closing for the vehicle that is connected.
    last_three_phase: Option<bool>,
}

impl Contactors {
    /// Starts open; a reset counts as an opening by the charger.
    pub const fn new(now: Instant) -> Self {
        Self {
            main: Contactor::Open,
            second: Contactor::Open,
            main_changed: now,
            second_changed: now,
            opened_by: OpenedBy::Charger,
            recent: Recent::NEVER,
            closings: 0,
            last_three_phase: None,
        }
    }

    /// Carries out the order as far as the sequence allows in this poll.
    pub fn step(&mut self, order: Order, agenda: &mut Agenda) {
        match order {
            Order::Keep => {}
            Order::AllOff => {
                self.set_main(Contactor::Open, agenda.now());
                self.set_second(Contactor::Open, agenda.now());
            }
            Order::Open => {
                self.set_main(Contactor::Open, agenda.now());
                if self.second.is_closed() && agenda.reached(self.main_changed + CONTACTOR_GAP) {
                    self.set_second(Contactor::Open, agenda.now());
                }
            }
            Order::Close { three_phase } => self.close(three_phase, agenda),
        }
    }

    fn close(&mut self, three_phase: bool, agenda: &mut Agenda) {
        if self.main.is_closed() || !agenda.reached(self.main_changed + CONTACTOR_GAP) {
            return;
        }
        let wanted = if three_phase {
            Contactor::Closed
        } else {
            Contactor::Open
        };
        if self.second != wanted {
            self.set_second(wanted, agenda.now());
        }
        if agenda.reached(self.second_changed + CONTACTOR_GAP) {
            self.set_main(Contactor::Closed, agenda.now());
            self.last_three_phase = Some(three_phase);
        }
    }

    fn set_main(&mut self, to: Contactor, now: Instant) {
        if self.main == to {
            return;
        }
        self.main = to;
        self.main_changed = now;
        if to.is_closed() {
            self.closings = self.closings.saturating_add(1);
            self.recent.note(now);
        }
    }

    fn set_second(&mut self, to: Contactor, now: Instant) {
        if self.second != to {
            self.second = to;
            self.second_changed = now;
        }
    }

    /// Notes who opens the main contactor in this poll.
    pub fn opened_by(&mut self, who: OpenedBy) {
        if self.main.is_closed() {
            self.opened_by = who;
        }
    }

    /// The vehicle was unplugged: the next one may load other phases.
    pub fn forget_phases(&mut self) {
        self.last_three_phase = None;
    }

    /// Phases of the latest closing for this vehicle.
    pub const fn last_three_phase(&self) -> Option<bool> {
        self.last_three_phase
    }

    /// Time that the main contactor must still stay open. `of_any` counts an
    /// opening by the vehicle like one by the charger.
    pub fn cooldown(&self, of_any: bool, agenda: &mut Agenda) -> Option<Duration> {
        let span = match self.opened_by {
            OpenedBy::Vehicle if !of_any => MIN_OPEN_EV,
            OpenedBy::Vehicle | OpenedBy::Charger => MIN_OPEN_EVSE,
        };
        if self.main.is_closed() {
            return None;
        }
        agenda.left(self.main_changed + span)
    }

    /// The vehicle opened it last, or it is closed.
    pub fn was_opened_by_vehicle(&self) -> bool {
        self.opened_by == OpenedBy::Vehicle
    }

    /// One more closing would be one too many in the window (I-14).
    pub fn would_flap(&self, agenda: &mut Agenda) -> bool {
        let oldest = self.recent.oldest();
        oldest.is_some_and(|at| !agenda.reached(at + FLAPPING_WINDOW))
    }

    /// The main contactor was open before this moment (I-25).
    pub fn main_rests(&self, now: Instant) -> bool {
        !self.main.is_closed() && self.main_changed < now
    }

    pub const fn main(&self) -> Contactor {
        self.main
    }

    pub const fn second(&self) -> Contactor {
        self.second
    }

    pub const fn closings(&self) -> u32 {
        self.closings
    }

    /// Both have been commanded open for at least this long.
    pub fn open_for(&self, span: Duration, agenda: &mut Agenda) -> bool {
        let latest = self.main_changed.latest(self.second_changed);
        !self.main.is_closed() && !self.second.is_closed() && agenda.reached(latest + span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench(Contactors);

    impl Bench {
        fn new() -> Self {
            Self(Contactors::new(Instant::ZERO))
        }

        fn at(&mut self, millis: u64, order: Order) -> (bool, bool) {
            let mut agenda = Agenda::new(Instant::from_millis(millis));
            self.0.step(order, &mut agenda);
            (self.0.main().is_closed(), self.0.second().is_closed())
        }
    }

    const THREE: Order = Order::Close { three_phase: true };
    const ONE: Order = Order::Close { three_phase: false };

    /// charging 4.2: second contactor first, 100 ms apart, both ways.
    #[test]
    fn when_three_phases_are_wanted_then_the_second_contactor_never_makes_current() {
        let mut bench = Bench::new();
        assert_eq!(bench.at(1_000, THREE), (false, true));
        assert_eq!(bench.at(1_090, THREE), (false, true));
        assert_eq!(bench.at(1_100, THREE), (true, true));
        assert_eq!(bench.at(2_000, Order::Keep), (true, true));
        assert_eq!(bench.at(3_000, Order::Open), (false, true));
        assert_eq!(bench.at(3_090, Order::Open), (false, true));
        assert_eq!(bench.at(3_100, Order::Open), (false, false));
    }

    #[test]
    fn when_one_phase_is_wanted_then_the_main_contactor_closes_at_once() {
        let mut bench = Bench::new();
        assert_eq!(bench.at(1_000, ONE), (true, false));
        assert_eq!(bench.at(2_000, Order::AllOff), (false, false));
    }

    #[test]
    fn when_everything_goes_off_then_in_the_same_poll() {
        let mut bench = Bench::new();
        bench.at(1_000, THREE);
        bench.at(1_100, THREE);
        assert_eq!(bench.at(1_110, Order::AllOff), (false, false));
    }

    /// I-14
    #[test]
    fn when_six_closings_lie_in_five_minutes_then_the_next_would_flap() {
        let mut bench = Bench::new();
        for closing in 1..=6 {
            let mut agenda = Agenda::new(Instant::from_secs(closing * 10));
            assert!(!bench.0.would_flap(&mut agenda));
            bench.at(closing * 10_000, ONE);
            bench.at(closing * 10_000 + 5_000, Order::Open);
        }
        assert!(
            bench
                .0
                .would_flap(&mut Agenda::new(Instant::from_secs(309)))
        );
        assert!(
            !bench
                .0
                .would_flap(&mut Agenda::new(Instant::from_secs(310)))
        );
    }

    /// I-13
    #[test]
    fn when_the_vehicle_opened_then_two_seconds_else_ten() {
        let mut bench = Bench::new();
        bench.at(20_000, ONE);
        bench.0.opened_by(OpenedBy::Vehicle);
        bench.at(30_000, Order::Open);
        let cooldown = |bench: &Bench, any, millis| {
            bench
                .0
                .cooldown(any, &mut Agenda::new(Instant::from_millis(millis)))
                .is_some()
        };
        assert!(cooldown(&bench, false, 31_990));
        assert!(!cooldown(&bench, false, 32_000));
        assert!(cooldown(&bench, true, 39_990));
        bench.at(40_000, ONE);
        bench.0.opened_by(OpenedBy::Charger);
        bench.at(50_000, Order::Open);
        assert!(cooldown(&bench, false, 59_990));
        assert!(!cooldown(&bench, false, 60_000));
    }

    /// I-03: under load the second contactor never moves.
    #[test]
    fn when_the_main_contactor_is_closed_then_the_second_one_stays() {
        let mut bench = Bench::new();
        bench.at(1_000, ONE);
        assert_eq!(bench.at(2_000, THREE), (true, false));
        let mut bench = Bench::new();
        bench.at(1_000, THREE);
        bench.at(1_100, THREE);
        assert_eq!(bench.at(2_000, ONE), (true, true));
    }

    /// I-03: the second contactor waits 100 ms after the main one opened.
    #[test]
    fn when_the_main_contactor_has_just_opened_then_the_second_one_waits() {
        let mut bench = Bench::new();
        bench.at(1_000, ONE);
        bench.at(2_000, Order::AllOff);
        assert_eq!(bench.at(2_090, THREE), (false, false));
        assert_eq!(bench.at(2_100, THREE), (false, true));
    }
}
