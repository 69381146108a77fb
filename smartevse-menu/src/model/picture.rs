//! The picture of Smart and Solar (menu specification §10.6).

use smartevse_core::options::Contact2;
use smartevse_core::state::ChargeState;
use smartevse_types::{Access, BlockReason, DeciAmps, Mode, PerPhase, Seconds, WattHours, Watts};

use super::Scene;
use crate::line::Line;

/// Imports and exports up to this do not move the blob.
const STILL: DeciAmps = DeciAmps::from_deci(3);
/// A phase is in use above this current.
const IN_USE: DeciAmps = DeciAmps::from_deci(20);

/// First column of the blob between grid and house, and number of its places.
const GRID_PLACES: (u8, u64) = (20, 9);
/// The same between house and vehicle.
const EV_PLACES: (u8, u64) = (74, 6);

/// What is in the picture.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Picture {
    /// Currents at the grid: L1, L2, L3; in the alternate view of Solar only
    /// the last one, which is their sum.
    pub currents: [Line; 3],
    /// The alternate view: the sum sign stands above the sum.
    pub sum: bool,
    /// The sun is drawn.
    pub sun: bool,
    /// Remaining time of a stop timer, with a clock; empty = none runs.
    pub timer: Line,
    /// Energy of the session.
    pub energy: Line,
    /// Current or power of the vehicle.
    pub vehicle: Line,
    /// A vehicle is connected: the house is joined with it.
    pub connected: bool,
    /// The line to the grid is dashed: the capacity timer runs.
    pub dashed: bool,
    /// Column of the energy between grid and house.
    pub grid_blob: Option<u8>,
    /// Column of the energy between house and vehicle.
    pub vehicle_blob: Option<u8>,
    /// Large text, at most 14 characters.
    pub text: Line,
    /// Small line below.
    pub below: Line,
}

/// Whole amperes, rounded half away from zero.
fn amps(current: DeciAmps) -> Line {
    let deci = current.as_deci();
    let half = if deci < 0 { -5 } else { 5 };
    let whole = deci.saturating_add(half) / 10;
    Line::of(format_args!("{}A", whole.clamp(-999, 999)))
}

/// `7.4kW` below 9950 W, else `11kW`.
fn power(watts: Watts, space: &str) -> Line {
    let watts = watts.as_watts().clamp(0, 99_000);
    if watts < 9_950 {
        let tenths = watts.saturating_add(50) / 100;
        Line::of(format_args!("{}.{}{space}kW", tenths / 10, tenths % 10))
    } else {
        let whole = watts.saturating_add(500) / 1_000;
        Line::of(format_args!("{whole}{space}kW"))
    }
}

/// `12.3kWh`, from 100 kWh on without the tenths.
fn short_energy(energy: WattHours) -> Line {
    match energy.as_wh().clamp(0, 999_000) {
        wh @ ..100_000 => {
            let tenths = wh / 100;
            Line::of(format_args!("{:2}.{}kWh", tenths / 10, tenths % 10))
        }
        wh => Line::of(format_args!("{}kWh", wh / 1_000)),
    }
}

/// `12.34 kWh`.
fn long_energy(energy: WattHours) -> Line {
    let hundredths = energy.as_wh().clamp(0, 9_999_990) / 10;
    Line::of(format_args!(
        "{}.{:02} kWh",
        hundredths / 100,
        hundredths % 100
    ))
}

/// Place of a blob that moves one step a second.
fn place((first, count): (u8, u64), second: u64, forward: bool) -> u8 {
    let at = second.checked_rem(count).unwrap_or(0);
    let at = if forward {
        at
    } else {
        count.saturating_sub(1).saturating_sub(at)
    };
    let steps = u8::try_from(at).unwrap_or(0);
    first.saturating_add(steps.saturating_mul(3))
}

impl Scene<'_> {
    /// The picture of Smart and Solar.
    pub(super) fn picture(&self) -> Picture {
        let mains = self.mains();
        let solar = self.mode() == Mode::Solar;
        let sum = solar && self.turn() % 2 == 1;
        Picture {
            currents: currents(mains, sum),
            sum,
            sun: solar,
            timer: self.timer(),
            energy: self.charged().map_or(Line::EMPTY, short_energy),
            vehicle: self.vehicle(),
            connected: self.snapshot.charger.state != ChargeState::A,
            dashed: self.snapshot.plan.capacity_stop != Seconds::ZERO,
            grid_blob: mains.and_then(|mains| self.grid_blob(mains.sum())),
            vehicle_blob: self
                .is_charging()
                .then(|| place(EV_PLACES, self.now.as_secs(), true)),
            text: self.text(),
            below: self.below(),
        }
    }

    fn mains(&self) -> Option<PerPhase<DeciAmps>> {
        let sample = self.snapshot.meters.mains.currents.sample();
        sample.map(|sample| sample.value)
    }

    fn grid_blob(&self, sum: DeciAmps) -> Option<u8> {
        let moves = sum > STILL || sum < DeciAmps::ZERO - STILL;
        let import = sum >= DeciAmps::ZERO;
        moves.then(|| place(GRID_PLACES, self.now.as_secs(), import))
    }

    /// The shorter one of the timers that run.
    fn timer(&self) -> Line {
        let plan = self.snapshot.plan;
        let running = [plan.solar_stop, plan.capacity_stop]
            .into_iter()
            .filter(|left| *left != Seconds::ZERO)
            .min();
        running.map_or(Line::EMPTY, |left| {
            let seconds = left.as_secs().min(5_999);
            Line::of(format_args!("{:02}:{:02}", seconds / 60, seconds % 60))
        })
    }

    fn charged(&self) -> Option<WattHours> {
        self.around.charged.filter(|_| self.has_ev_meter())
    }

    fn vehicle_power(&self) -> Option<Watts> {
        let sample = self.snapshot.meters.ev.power.sample();
        sample
            .map(|sample| sample.value)
            .filter(|_| self.has_ev_meter())
    }

    fn vehicle(&self) -> Line {
        if !self.is_charging() {
            return Line::EMPTY;
        }
        match self.vehicle_power() {
            Some(watts) if self.turn() % 2 == 1 => power(watts, ""),
            Some(_) | None => amps(self.snapshot.charger.offered),
        }
    }

    /// The large text.
    fn text(&self) -> Line {
        if self.is_short_of_power() {
            let what = match self.mode() {
                Mode::Solar => "FOR SOLAR",
                Mode::Normal | Mode::Smart => "FOR POWER",
            };
            return Line::from(self.alternate(&["WAITING", what]));
        }
        let state = self.snapshot.charger.state;
        if state.isolates_for_modem() || state == ChargeState::ModemWait {
            return Line::from("MODEM");
        }
        if self.access() == Access::Pause {
            return Line::from("PAUSE");
        }
        if self.is_charging() {
            return self.charging_text();
        }
        self.phase_switch().unwrap_or_else(|| self.counted("READY"))
    }

    /// The coming number of phases while it is being changed.
    fn phase_switch(&self) -> Option<Line> {
        let changes = self.snapshot.charger.block == Some(BlockReason::PhaseSwitch);
        if !changes || self.snapshot.in_force.contact2() != Contact2::Auto {
            return None;
        }
        Some(match self.snapshot.directive.three_phase {
            true => self.counted("1P -> 3P"),
            false => self.counted("3P -> 1P"),
        })
    }

    /// The texts of a charge in turn.
    fn charging_text(&self) -> Line {
        let mode = match self.mode() {
            Mode::Solar => "SOLAR",
            Mode::Normal | Mode::Smart => "SMART",
        };
        let first = match self.phases() {
            Some(count) => Line::of(format_args!("{mode} {count}P")),
            None => Line::from(mode),
        };
        let limited = self.snapshot.plan.grid_limited;
        let texts = [
            Some(first),
            limited.then(|| Line::from("LIMITED")),
            Some(Line::from("CHARGING")),
            self.vehicle_power().map(|watts| power(watts, " ")),
            self.charged().map(long_energy),
            Some(self.own_current(" ")),
        ];
        let count = u64::try_from(texts.iter().flatten().count()).unwrap_or(1);
        let at = self.turn().checked_rem(count).unwrap_or(0);
        let at = usize::try_from(at).unwrap_or(0);
        texts.iter().flatten().nth(at).copied().unwrap_or_default()
    }

    /// Phases in use, if the EV meter or CONTACT 2 tells.
    fn phases(&self) -> Option<usize> {
        let currents = self.snapshot.meters.ev.currents.sample();
        let measured = currents.filter(|_| self.has_ev_meter()).map(|sample| {
            let values = sample.value.as_array();
            values.iter().filter(|current| **current > IN_USE).count()
        });
        let wired = self.snapshot.in_force.contact2() != Contact2::NotPresent;
        let single = wired && !self.snapshot.charger.contactor2.is_closed();
        match measured {
            Some(count @ 1..) => Some(count),
            Some(0) | None => single.then_some(1),
        }
    }
}

fn currents(mains: Option<PerPhase<DeciAmps>>, sum: bool) -> [Line; 3] {
    let Some(mains) = mains else {
        return [Line::EMPTY; 3];
    };
    if sum {
        return [Line::EMPTY, Line::EMPTY, amps(mains.sum())];
    }
    mains.as_array().map(amps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deci(value: i32) -> DeciAmps {
        DeciAmps::from_deci(value)
    }

    /// Menu specification §10.6: half away from zero, sign kept, clamped.
    #[test]
    fn when_currents_are_rounded_then_halves_go_away_from_zero() {
        for (value, text) in [
            (124, "12A"),
            (125, "13A"),
            (-25, "-3A"),
            (-24, "-2A"),
            (0, "0A"),
            (i32::MAX, "999A"),
            (i32::MIN, "-999A"),
        ] {
            assert_eq!(amps(deci(value)).as_str(), text);
        }
    }

    /// Menu specification §10.6: fields keep their width.
    #[test]
    fn when_figures_are_large_then_they_keep_their_width() {
        let kw = |watts| power(Watts::from_watts(watts), "");
        assert_eq!((kw(7_360).as_str(), kw(9_949).as_str()), ("7.4kW", "9.9kW"));
        assert_eq!((kw(9_950).as_str(), kw(10_999).as_str()), ("10kW", "11kW"));
        assert_eq!((kw(-5).as_str(), kw(i32::MAX).as_str()), ("0.0kW", "99kW"));
        let wh = |wh| short_energy(WattHours::from_wh(wh));
        assert_eq!(
            (wh(12_345).as_str(), wh(1_234).as_str()),
            ("12.3kWh", " 1.2kWh")
        );
        assert_eq!(
            (wh(100_000).as_str(), wh(i64::MAX).as_str()),
            ("100kWh", "999kWh")
        );
        let long = |wh| long_energy(WattHours::from_wh(wh));
        assert_eq!(long(12_345).as_str(), "12.34 kWh");
        assert!(long(i64::MAX).chars() <= 11 && long(i64::MIN).as_str() == "0.00 kWh");
    }

    /// Menu specification §9.3: steps of 3 columns, to the house at import.
    #[test]
    fn when_seconds_pass_then_the_blob_moves_within_its_places() {
        assert_eq!(
            (place(GRID_PLACES, 0, true), place(GRID_PLACES, 8, true)),
            (20, 44)
        );
        assert_eq!(
            (place(GRID_PLACES, 0, false), place(GRID_PLACES, 9, false)),
            (44, 44)
        );
        assert_eq!(
            (place(EV_PLACES, 5, true), place(EV_PLACES, 6, true)),
            (89, 74)
        );
    }
}
