//! The oracle's own view of the control pilot: clear levels only.
//!
//! The charging control may use a hysteresis of 300 mV; a voltage within
//! 300 mV of a border is therefore no evidence for or against it.

use smartevse_types::{Duration, Instant, MilliVolts};

use crate::io::{HardwareFaults, Inputs, MilliVoltRange, PilotSample, PilotSwitch};
use crate::state::ChargeState;

use super::limits::is_pulse;
use super::spell::Spell;
use super::step::Seen;

/// A sample older than this says nothing (charging specification §1.3).
pub(super) const STALE: Duration = Duration::from_millis(50);
/// Tolerance for a transition (MIXED_MAX) and for a gap in supervision.
pub(super) const TOLERATED: Duration = Duration::from_millis(100);
/// No level counts for this long after the pilot drive changed (PILOT_BLANK).
const BLANK: Duration = Duration::from_millis(50);

/// Level that all samples clearly have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Level {
    /// Too close to a border to judge.
    #[default]
    Unclear,
    /// No vehicle.
    V12,
    /// Vehicle connected.
    V9,
    /// Vehicle asks.
    V6,
    /// Vehicle asks for ventilation.
    V3,
    /// Shorted.
    V0,
    /// Steadily negative.
    Negative,
    /// Samples of different classes, or of none.
    Mixed,
}

/// Bands of the classes without 300 mV at each inner border, in millivolts.
const BANDS: [(i32, i32, Level); 7] = [
    (10_800, i32::MAX, Level::V12),
    (7_800, 10_200, Level::V9),
    (4_800, 7_200, Level::V6),
    (1_800, 4_200, Level::V3),
    (-1_200, 1_200, Level::V0),
    (-9_700, -1_800, Level::Mixed),
    (i32::MIN, -10_300, Level::Negative),
];

impl Level {
    /// Clear level of a group of samples.
    pub(super) fn of(range: MilliVoltRange) -> Self {
        let (low, high) = (Self::of_voltage(range.min), Self::of_voltage(range.max));
        let unclear = low == Self::Unclear || high == Self::Unclear || range.min > range.max;
        match (unclear, low == high) {
            (true, _) => Self::Unclear,
            (false, true) => low,
            (false, false) => Self::Mixed,
        }
    }

    fn of_voltage(voltage: MilliVolts) -> Self {
        let milli = voltage.as_milli();
        BANDS
            .iter()
            .find(|(low, high, _)| (*low..=*high).contains(&milli))
            .map_or(Self::Unclear, |(_, _, level)| *level)
    }
}

/// What one poll showed of the pilot.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct View {
    /// Clear level; `Unclear` whenever the level is not evidence.
    pub(super) level: Level,
    /// The level is evidence: the vehicle is reachable and the drive settled.
    pub(super) seen: bool,
    /// The sample is at most 50 ms old.
    pub(super) fresh: bool,
    /// Low phase: good, lost, or not known.
    pub(super) diode: Option<bool>,
    /// Some low phase may show a diode, even right after the pulses began.
    pub(super) may_be_diode: bool,
    /// Time since the previous poll that nobody watched.
    pub(super) gap: Duration,
    /// Some sample may be 12 V.
    pub(super) may_be_gone: bool,
    /// Some sample may be 9 V or more.
    pub(super) may_be_released: bool,
}

/// Pilot as seen over time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PilotWatch {
    /// The latest poll.
    pub(super) view: View,
    /// Last moment at which the vehicle clearly did not ask.
    pub(super) not_asking_at: Instant,
    /// The diode was seen since B was entered.
    pub(super) diode_seen: bool,
    /// Forbidden level or lost diode.
    pub(super) forbidden: Spell,
    /// Samples of different classes.
    pub(super) mixed: Spell,
    /// Any of the two.
    pub(super) suspect: Spell,
    /// Clearly 12 V.
    pub(super) gone: Spell,
    driven_at: Instant,
}

impl PilotWatch {
    /// Takes the inputs of a poll in.
    pub(super) fn update(
        &mut self,
        now: Instant,
        inputs: &Inputs,
        previous: Option<&Seen>,
        ventilation: bool,
    ) {
        let reachable = previous.is_some_and(|seen| {
            seen.outputs.pilot_switch == PilotSwitch::Closed && seen.outputs.duty.as_permille() > 0
        });
        let pulse = previous.is_some_and(|seen| is_pulse(seen.outputs.duty));
        let Some(sample) = inputs.pilot else {
            self.forget(now);
            return;
        };
        let polled = previous.map(|seen| seen.now);
        self.view = self.look(now, polled, &sample, (reachable, pulse));
        if !self.view.fresh {
            self.forget(now);
            return;
        }
        self.note_asking(now, &sample, reachable, ventilation);
        self.note_spells(&sample, ventilation);
        let failed = HardwareFaults::PILOT_OUTPUT | HardwareFaults::PILOT_SAMPLE;
        if inputs.hardware.intersects(failed) {
            // A generator that refuses its level proves no absence.
            self.gone = Spell::default();
        }
    }

    fn forget(&mut self, now: Instant) {
        self.view = View {
            gap: self.view.gap,
            ..View::default()
        };
        self.not_asking_at = now;
        self.forbidden = Spell::default();
        self.mixed = Spell::default();
        self.suspect = Spell::default();
        self.gone = Spell::default();
    }

    fn look(
        &self,
        now: Instant,
        polled: Option<Instant>,
        sample: &PilotSample,
        (reachable, pulse): (bool, bool),
    ) -> View {
        let seen = reachable && self.is_settled(sample);
        let level = if seen {
            Level::of(sample.high)
        } else {
            Level::Unclear
        };
        View {
            level,
            seen,
            fresh: now.since(sample.at) <= STALE,
            diode: sample.low.filter(|_| seen && pulse).map(diode_is_good),
            may_be_diode: reachable && pulse && sample.low.is_some_and(diode_is_good),
            gap: sample.from.since(polled.unwrap_or(sample.from)),
            may_be_gone: sample.high.max.as_milli() > 10_200,
            may_be_released: sample.high.max.as_milli() > 7_200,
        }
    }

    fn is_settled(&self, sample: &PilotSample) -> bool {
        sample.from >= self.driven_at + BLANK || sample.at >= self.driven_at + TOLERATED
    }

    fn note_asking(
        &mut self,
        now: Instant,
        sample: &PilotSample,
        reachable: bool,
        ventilation: bool,
    ) {
        let lowest = if ventilation { 1_200 } else { 4_200 };
        let near = |voltage: MilliVolts| (lowest..=7_800).contains(&voltage.as_milli());
        let asking = near(sample.high.min) || near(sample.high.max);
        if !reachable {
            self.not_asking_at = now;
        } else if !asking && self.is_settled(sample) {
            self.not_asking_at = sample.at;
        } else if self.view.gap > TOLERATED {
            self.not_asking_at = self.not_asking_at.latest(sample.from);
        }
    }

    fn note_spells(&mut self, sample: &PilotSample, ventilation: bool) {
        let level = self.view.level;
        let forbidden = matches!(level, Level::V0 | Level::Negative)
            || (level == Level::V3 && !ventilation)
            || self.view.diode == Some(false);
        let mixed = level == Level::Mixed;
        if self.view.gap > TOLERATED {
            self.gone = Spell::default();
        }
        self.forbidden.mark(forbidden, sample.at);
        self.mixed.mark(mixed, sample.at);
        self.suspect.mark(forbidden || mixed, sample.at);
        self.gone.mark(level == Level::V12, sample.at);
        self.diode_seen |= self.view.may_be_diode;
    }

    /// Takes the outputs of a poll in, after they were judged.
    pub(super) fn drive(&mut self, previous: Option<&Seen>, current: &Seen) {
        let kind = |seen: &Seen| {
            let permille = seen.outputs.duty.as_permille();
            (permille == 0, permille < 1_000, seen.outputs.pilot_switch)
        };
        if previous.map(kind) != Some(kind(current)) {
            self.driven_at = current.now;
        }
        let before = previous.map(|seen| seen.status.state);
        let stayed = matches!(
            before,
            Some(ChargeState::B | ChargeState::CommC | ChargeState::CommCOk)
        );
        if current.status.state == ChargeState::B && !stayed {
            self.diode_seen = false;
        }
    }
}

/// Low phase of a vehicle with a diode, 300 mV generous.
fn diode_is_good(low: MilliVoltRange) -> bool {
    low.max.as_milli() <= -9_700 && low.min.as_milli() >= -13_800
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_all_samples_lie_well_inside_then_the_level_is_clear() {
        let level = |min, max| Level::of(MilliVoltRange::from_milli(min, max));
        assert_eq!(level(11_800, 12_100), Level::V12);
        assert_eq!(level(8_900, 9_100), Level::V9);
        assert_eq!(level(5_900, 6_100), Level::V6);
        assert_eq!(level(2_900, 3_100), Level::V3);
        assert_eq!(level(-100, 100), Level::V0);
        assert_eq!(level(-12_100, -11_900), Level::Negative);
    }

    #[test]
    fn when_samples_straddle_then_mixed_and_near_a_border_unclear() {
        let level = |min, max| Level::of(MilliVoltRange::from_milli(min, max));
        assert_eq!(level(5_900, 9_100), Level::Mixed);
        assert_eq!(level(-5_000, -5_000), Level::Mixed);
        assert_eq!(level(7_300, 7_400), Level::Unclear);
        assert_eq!(level(6_000, 7_600), Level::Unclear);
        assert_eq!(level(6_100, 5_900), Level::Unclear);
    }

    #[test]
    fn when_a_resistor_pulls_the_low_phase_up_then_no_diode() {
        assert!(diode_is_good(MilliVoltRange::from_milli(-12_100, -11_900)));
        assert!(!diode_is_good(MilliVoltRange::from_milli(-9_100, -8_900)));
    }
}
