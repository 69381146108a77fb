//! When and how far a set-point may rise.

use smartevse_types::{DeciAmps, Duration, Instant};

use crate::config::RegulationTuning;

/// Two reversals within this span are an oscillation (regulation 6.3).
const OSCILLATION_SPAN: Duration = Duration::from_secs(120);
/// Quiet time that restores one step of the gain.
const RESTORE_SPAN: Duration = Duration::from_secs(60);
/// Halvings of the gain at most. The specification recommends up to three; the
/// third one costs a slow vehicle more energy than it saves overload.
const DEEPEST: u8 = 2;

/// Watches the room swing between plenty and none, for instance under an oven
/// that cycles or a meter with noise.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Oscillation {
    plenty: Option<bool>,
    reversed_at: Option<Instant>,
    restored_at: Instant,
    level: u8,
}

impl Oscillation {
    /// Takes the room of a new sample into account.
    pub(crate) fn observe(&mut self, at: Instant, room: DeciAmps, deadband: DeciAmps) {
        self.restore(at);
        let plenty = match () {
            () if room >= deadband => true,
            () if room < DeciAmps::ZERO => false,
            () => return,
        };
        if self.plenty.replace(plenty).is_some_and(|old| old != plenty) {
            self.reverse(at);
        }
    }

    /// Halvings of the gain, 0–2.
    pub(crate) fn level(&self) -> u8 {
        self.level
    }

    fn reverse(&mut self, at: Instant) {
        let previous = self.reversed_at.replace(at);
        if previous.is_some_and(|before| at.since(before) <= OSCILLATION_SPAN) {
            self.level = self.level.saturating_add(1).min(DEEPEST);
        }
        self.restored_at = at;
    }

    fn restore(&mut self, at: Instant) {
        while self.level > 0 && at.since(self.restored_at) >= RESTORE_SPAN {
            self.level = self.level.saturating_sub(1);
            self.restored_at += RESTORE_SPAN;
        }
    }
}

/// Room that has been there without a break, and its lowest value.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Headroom {
    held: Option<(Instant, DeciAmps)>,
}

impl Headroom {
    /// Takes the room of a new sample into account: it begins with the dead
    /// band and lasts until it is below half of it.
    pub(crate) fn observe(&mut self, at: Instant, room: DeciAmps, deadband: DeciAmps) {
        let (since, lowest) = self.held.unwrap_or((at, room));
        let least = match self.held {
            Some(_) => deadband.divided_by(2),
            None => deadband,
        };
        self.held = (room >= least).then_some((since, lowest.min(room)));
    }

    /// The lowest room, if there has been enough for this long.
    pub(crate) fn lasting(&self, at: Instant, span: Duration) -> Option<DeciAmps> {
        let (since, lowest) = self.held?;
        (at.since(since) >= span).then_some(lowest)
    }

    /// Forgets everything: the set-point changed.
    pub(crate) fn forget(&mut self) {
        self.held = None;
    }
}

/// The last raise of a climb: how much, and the room it was made on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Climb {
    pub(crate) step: DeciAmps,
    pub(crate) room: DeciAmps,
    /// The start of the charge: the pilot was there before, so a vehicle that
    /// draws has settled.
    pub(crate) first: bool,
}

impl Climb {
    /// Whether three quarters of the raise show in the room: the vehicle has
    /// followed.
    pub(crate) fn is_followed(&self, room: DeciAmps) -> bool {
        (self.room - room).times(4) >= self.step.times(3)
    }

    /// Whether the vehicle was seen to draw its first current.
    pub(crate) fn is_seen_start(&self, room: DeciAmps) -> bool {
        self.first && self.is_followed(room)
    }

    /// How long the set-point must have stood before the next raise.
    fn settled(&self, room: DeciAmps, window: Duration) -> Duration {
        match (self.is_followed(room), self.first) {
            (true, true) => Duration::ZERO,
            (true, false) => window,
            (false, _) => window.times(2),
        }
    }
}

/// How carefully the set-point rises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pace {
    /// Span for which the room must have lasted.
    pub(crate) patience: Duration,
    /// Span since the last change of the set-point.
    pub(crate) settled: Duration,
    /// The raise is the lasting room divided by this.
    divisor: i32,
}

/// Chooses the pace (regulation 6.3).
///
/// A climb begins with a part of the room, soon. The rest is taken as a whole
/// when the vehicle was seen to follow, or after twice the settling window,
/// when even a slow vehicle shows in the measurement. While the room swings,
/// parts are halved and small room must last: noise looks like room, but not
/// for long.
pub(crate) fn pace(
    tuning: &RegulationTuning,
    room: DeciAmps,
    level: u8,
    climb: Option<Climb>,
) -> Pace {
    let once = tuning.settling_window;
    let ramp = i32::from(tuning.ramp_divisor.max(1));
    let halvings = 1_i32.checked_shl(u32::from(level)).unwrap_or(1);
    let small = room < tuning.smart_deadband.times(2);
    let doubt = if small { u64::from(level) } else { 0 };
    let patience = once.times(2).times(doubt);
    let rest = room - room.divided_by(ramp);
    match climb {
        Some(climb) => Pace {
            patience,
            settled: climb.settled(room, once),
            divisor: halvings,
        },
        None if rest < tuning.smart_deadband => Pace {
            patience: patience.max(once.times(2)),
            settled: once.times(2),
            divisor: halvings,
        },
        None => Pace {
            patience,
            settled: once,
            divisor: ramp.saturating_mul(halvings),
        },
    }
}

/// The size of one raise (regulation 6.3).
pub(crate) fn step(tuning: &RegulationTuning, room: DeciAmps, pace: &Pace) -> DeciAmps {
    let most = match tuning.max_ramp {
        DeciAmps::ZERO => DeciAmps::MAX,
        limit => limit,
    };
    let smallest = DeciAmps::from_deci(1);
    let part = room.divided_by(pace.divisor);
    // What a limited step leaves must be more than the dead band, or it would
    // stay unused.
    let left = tuning.smart_deadband + tuning.smart_deadband.divided_by(2);
    let raise = if part > most {
        most.min(room - left)
    } else {
        part
    };
    let weight = i32::from(tuning.ema_alpha.clamp(1, 100));
    raise.times(weight).divided_by(100).max(smallest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAND: DeciAmps = DeciAmps::from_deci(10);

    fn swing(oscillation: &mut Oscillation, secs: u64, room: i32) -> u8 {
        let at = Instant::from_secs(secs);
        oscillation.observe(at, DeciAmps::from_deci(room), BAND);
        oscillation.level()
    }

    /// Regulation 6.3: halved after two reversals, restored by quiet.
    #[test]
    fn when_the_room_swings_then_the_gain_halves_and_recovers() {
        let mut seen = Oscillation::default();
        let levels = [(0, 30), (20, -5), (40, 30), (60, -5), (80, 30), (100, -5)]
            .map(|(secs, room)| swing(&mut seen, secs, room));
        assert_eq!(levels, [0, 0, 1, 2, 2, 2]);
        assert_eq!(swing(&mut seen, 159, -5), 2);
        assert_eq!(swing(&mut seen, 160, -5), 1);
        assert_eq!(swing(&mut seen, 280, -5), 0);
    }

    #[test]
    fn when_the_room_stays_inside_the_dead_band_then_nothing_reverses() {
        let mut seen = Oscillation::default();
        for secs in 0..20 {
            let room = if secs % 2 == 0 { 9 } else { -9 };
            assert_eq!(swing(&mut seen, secs, room), 0);
        }
    }

    /// Regulation 6.3: a quarter of the room, at least 0.1 A, at most 3 A.
    #[test]
    fn when_room_is_there_then_the_step_is_a_part_of_it() {
        let tuning = RegulationTuning::default();
        let raise = |room, level, climb| {
            let room = DeciAmps::from_deci(room);
            step(&tuning, room, &pace(&tuning, room, level, climb)).as_deci()
        };
        let begin = [140, 80, 16].map(|room| raise(room, 0, None));
        assert_eq!(begin, [30, 20, 4]);
        assert_eq!([raise(140, 2, None), raise(16, 2, None)], [8, 1]);
    }

    #[test]
    fn when_the_vehicle_followed_then_the_rest_comes_sooner() {
        let tuning = RegulationTuning::default();
        let climb = Climb {
            step: DeciAmps::from_deci(20),
            room: DeciAmps::from_deci(80),
            first: false,
        };
        let settled = |room| {
            let pace = pace(&tuning, DeciAmps::from_deci(room), 0, Some(climb));
            (
                pace.settled.as_secs(),
                step(&tuning, DeciAmps::from_deci(room), &pace).as_deci(),
            )
        };
        assert_eq!(settled(65), (5, 30));
        assert_eq!(settled(66), (10, 30));
    }

    #[test]
    fn when_the_room_breaks_off_then_the_wait_begins_anew() {
        let mut room = Headroom::default();
        let at = Instant::from_secs;
        room.observe(at(1), DeciAmps::from_deci(40), BAND);
        room.observe(at(3), DeciAmps::from_deci(30), BAND);
        let found = room.lasting(at(6), Duration::from_secs(5));
        assert_eq!(found, Some(DeciAmps::from_deci(30)));
        room.observe(at(7), DeciAmps::from_deci(4), BAND);
        assert_eq!(room.lasting(at(7), Duration::ZERO), None);
    }
}
