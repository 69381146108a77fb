//! Surplus: when it starts a charge, how it moves the set-point, and when its
//! lack ends the charge.

use smartevse_types::{DeciAmps, Duration, Instant};

use crate::config::{Config, RegulationTuning};
use crate::constraint::per_phase;
use crate::shortage::Countdown;

/// A charge begins with exactly MIN for so long (regulation 6.4).
pub(crate) const WARM_UP: Duration = Duration::from_secs(40);
/// Enough surplus for so long cancels the stop timer (regulation 6.5).
const RECOVERED: Duration = Duration::from_secs(10);
/// A change of the phases takes no longer than this.
const INTERRUPTION: Duration = Duration::from_secs(60);
/// Time in which the vehicle stops and the measurement shows it.
const OPENING: Duration = Duration::from_secs(6);
/// Largest raise in one cycle (regulation 6.4).
const LARGEST_STEP: DeciAmps = DeciAmps::from_deci(30);

/// Watches the surplus for starts and stops (regulation 6.5).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sun {
    last: Option<Instant>,
    plenty_since: Option<Instant>,
    enough_since: Option<Instant>,
    ready: bool,
    /// A change of the phases interrupts the charge until then.
    interrupted: Option<Instant>,
    fading: Countdown,
}

impl Sun {
    /// Takes the net grid current of a new sample into account while nobody
    /// charges: more export than START must last for the charge delay.
    pub(crate) fn watch_start(&mut self, config: &Config, at: Instant, net: DeciAmps) {
        let tuning = &config.tuning;
        let gap = self
            .last
            .is_some_and(|last| at.since(last) > tuning.mains_timeout);
        self.last = Some(at);
        let plenty = DeciAmps::ZERO - net > config.start.to_deci();
        let before = self.plenty_since.filter(|_| !gap);
        self.plenty_since = plenty.then(|| before.unwrap_or(at));
        let dwell = self.plenty_since.map(|since| at.since(since));
        self.ready = dwell.is_some_and(|dwell| dwell >= tuning.solar_charge_delay);
        if let Some(until) = self.interrupted {
            let settling = at + INTERRUPTION < until + OPENING;
            self.ready |= plenty || settling;
            self.interrupted = self.interrupted.filter(|until| self.ready && at < *until);
        }
    }

    /// The charge goes on with other phases: `plenty` of surplus needs no new
    /// dwell. Samples of the first seconds still show the vehicle.
    pub(crate) fn interrupt(&mut self, now: Instant, plenty: bool) {
        self.forget_start();
        self.ready = plenty;
        self.interrupted = plenty.then(|| now + INTERRUPTION);
    }

    /// Whether there has been enough surplus to start.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready
    }

    /// Runs the stop timer: `short` = not even MIN is covered.
    pub(crate) fn watch_stop(&mut self, at: Instant, short: bool) {
        if short {
            self.fading.run(at);
            self.enough_since = None;
            return;
        }
        let since = *self.enough_since.get_or_insert(at);
        if at.since(since) >= RECOVERED {
            self.fading.cancel();
        }
    }

    /// The set-point left MIN, or the charge ended.
    pub(crate) fn cancel_stop(&mut self) {
        self.fading.cancel();
        self.enough_since = None;
    }

    /// When the stop timer ends the charge; STOP = 0 never does.
    pub(crate) fn due(&self, config: &Config, charging_since: Option<Instant>) -> Option<Instant> {
        let minutes = u64::from(config.stop.as_minutes());
        let due = self.fading.due(Duration::from_minutes(minutes));
        let earliest = charging_since.map(|since| since + least_run(&config.tuning));
        let due = due.filter(|_| minutes > 0)?;
        Some(earliest.map_or(due, |earliest| due.latest(earliest)))
    }

    /// Forgets everything about starting.
    pub(crate) fn forget_start(&mut self) {
        self.plenty_since = None;
        self.ready = false;
        self.interrupted = None;
    }
}

/// Charging time before lack of surplus can end a charge.
pub(crate) fn least_run(tuning: &RegulationTuning) -> Duration {
    tuning.solar_min_run.max(WARM_UP)
}

/// What the surplus says about the set-point (regulation 6.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Move {
    /// Up by so much per phase.
    Up(DeciAmps),
    /// Inside the hold band.
    Hold,
    /// Down by so much per phase, in one step.
    Down(DeciAmps),
}

/// Surplus that is worth a move up: 0.1 A for each phase, 0.3 A at least.
pub(crate) fn least_surplus(tenths: u16) -> i32 {
    i32::from(tenths).div_euclid(10).max(3)
}

/// Chooses the move for a surplus `e` (sum of phases, + = to spare) on so many
/// tenths of phases (regulation 6.4).
pub(crate) fn choose(tuning: &RegulationTuning, e: DeciAmps, tenths: u16) -> Move {
    let smallest = DeciAmps::from_deci(1);
    if e >= DeciAmps::from_deci(least_surplus(tenths)) {
        let half = per_phase(e.divided_by(2), tenths);
        return Move::Up(half.min(LARGEST_STEP).max(smallest));
    }
    if e < DeciAmps::ZERO - tuning.solar_deadband {
        return Move::Down(DeciAmps::ZERO - per_phase(e, tenths));
    }
    Move::Hold
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::{Amps, Minutes};

    fn at(secs: u64) -> Instant {
        Instant::from_secs(secs)
    }

    fn deci(value: i32) -> DeciAmps {
        DeciAmps::from_deci(value)
    }

    /// Regulation 15, Solar step.
    #[test]
    fn when_surplus_is_given_then_the_worked_steps_result() {
        let tuning = RegulationTuning::default();
        let cases = [
            (40, 30, Move::Up(deci(6))),
            (40, 10, Move::Up(deci(20))),
            (-30, 30, Move::Down(deci(10))),
            (-30, 10, Move::Down(deci(30))),
            (-31, 30, Move::Down(deci(11))),
            (-4, 10, Move::Hold),
            (-5, 30, Move::Hold),
            (2, 30, Move::Hold),
            (3, 30, Move::Up(deci(1))),
            (900, 10, Move::Up(deci(30))),
        ];
        for (e, tenths, expected) in cases {
            assert_eq!(choose(&tuning, deci(e), tenths), expected, "{e} {tenths}");
        }
    }

    /// Regulation 15, 11 to 14, with the dwell of 6.5; strict inequality.
    #[test]
    fn when_export_exceeds_start_for_the_dwell_then_a_charge_may_begin() {
        for (start, net, expected) in [
            (6, 0, false),
            (6, -80, true),
            (6, -60, false),
            (10, -80, false),
        ] {
            let config = Config {
                start: Amps::from_amps(start),
                ..Config::default()
            };
            let mut sun = Sun::default();
            for secs in 0..=14 {
                sun.watch_start(&config, at(secs), deci(net));
                assert!(!sun.is_ready());
            }
            sun.watch_start(&config, at(15), deci(net));
            assert_eq!(sun.is_ready(), expected, "START {start}, net {net}");
        }
    }

    /// Regulation 6.5: a lost condition or lost data restarts the dwell.
    #[test]
    fn when_the_export_breaks_off_then_the_dwell_begins_anew() {
        let config = Config::default();
        let mut sun = Sun::default();
        for (secs, net) in [(0, -50), (8, -40), (10, -50), (16, -50), (24, -50)] {
            sun.watch_start(&config, at(secs), deci(net));
            assert!(!sun.is_ready());
        }
        sun.watch_start(&config, at(25), deci(-50));
        assert!(sun.is_ready());
        sun.watch_start(&config, at(37), deci(-50));
        assert!(!sun.is_ready(), "12 s without data");
    }

    /// Regulation 6.5, R-11, R-12.
    #[test]
    fn when_the_sun_fades_then_the_stop_timer_runs_until_it_recovers() {
        let mut config = Config {
            stop: Minutes::from_minutes(1),
            ..Config::default()
        };
        let mut sun = Sun::default();
        sun.watch_stop(at(100), true);
        assert_eq!(sun.due(&config, Some(at(90))), Some(at(160)));
        assert_eq!(sun.due(&config, Some(at(105))), Some(at(165)));
        sun.watch_stop(at(110), false);
        sun.watch_stop(at(119), false);
        assert!(sun.due(&config, None).is_some());
        sun.watch_stop(at(120), false);
        assert_eq!(sun.due(&config, None), None);
        sun.watch_stop(at(121), true);
        config.stop = Minutes::ZERO;
        assert_eq!(sun.due(&config, None), None);
    }
}
