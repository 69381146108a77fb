//! A vehicle at the end of the cable, and what it makes of the registers.

use crate::board::{FULL_SCALE, PILOT_SENSE, REFERENCE};
use crate::registers::{CONVERSIONS, PWM_STEPS, Registers, input, output};

/// What the vehicle does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Vehicle {
    /// Not plugged in.
    #[default]
    Absent,
    /// Plugged in, does not ask for energy (2.74 kΩ).
    Connected,
    /// Asks for energy (1.3 kΩ in parallel).
    Asks,
}

impl Vehicle {
    /// Level of the high phase at the connector, mV.
    const fn level(self) -> i32 {
        match self {
            Self::Absent => 12_000,
            Self::Connected => 9_000,
            Self::Asks => 6_000,
        }
    }
}

/// Level of the low phase, mV.
const LOW: i32 = -12_000;

/// 25 °C at the sensor, mV.
const ROOM: i32 = 750;

/// Time of one step, ms.
pub const STEP_MS: u32 = 10;

/// Gives the count that the converter shows for a voltage at its input, mV.
fn count(milli_volts: i32) -> u32 {
    let count = milli_volts.saturating_mul(FULL_SCALE) / REFERENCE;
    u32::try_from(count.clamp(0, FULL_SCALE)).unwrap_or(0)
}

/// Gives the voltage at the converter for one at the connector, mV.
fn sensed(milli_volts: i32) -> i32 {
    let [(low, from), (high, to)] = PILOT_SENSE;
    let run = to.as_milli().saturating_sub(from.as_milli());
    let rise = high.as_milli().saturating_sub(low.as_milli());
    let above = milli_volts.saturating_sub(from.as_milli());
    let above = above.saturating_mul(rise).checked_div(run).unwrap_or(0);
    low.as_milli().saturating_add(above)
}

/// The world around the registers.
#[derive(Clone, Copy, Debug, Default)]
pub struct World {
    /// What the vehicle does.
    pub vehicle: Vehicle,
    /// The converter does not convert any more.
    pub converter_stopped: bool,
}

impl World {
    /// Lets 10 ms pass; gives whether the watchdog resets the chip.
    pub fn step(&self, registers: &Registers) -> bool {
        let clock = registers.clock.read().saturating_add(STEP_MS);
        registers.clock.write(clock);
        if !self.converter_stopped {
            self.convert(registers, clock);
        }
        for (coil, contact) in [
            (output::CONTACTOR1, input::AUXILIARY1),
            (output::CONTACTOR2, input::AUXILIARY2),
        ] {
            let closed = registers.output.is_high(coil);
            registers.input.write_bits(contact, closed);
        }
        registers.input.write_bits(input::RESIDUAL_CURRENT, false);
        let left = registers.watchdog.read();
        registers.watchdog.write(left.saturating_sub(STEP_MS));
        (1..=STEP_MS).contains(&left)
    }

    fn convert(&self, registers: &Registers, clock: u32) {
        let isolated = registers.output.is_high(output::ISOLATION);
        let compare = registers.compare.read();
        let high = match compare {
            _ if isolated => 0,
            0 => LOW,
            _ => self.vehicle.level(),
        };
        let pulses = (1..u32::from(PWM_STEPS)).contains(&compare);
        let low = if pulses && !isolated { LOW } else { 0 };
        let next = registers.next.read();
        let place = usize::try_from(next).unwrap_or(0);
        if let Some(conversion) = registers.conversions.get(place) {
            conversion.at.write(clock);
            conversion.high.write(count(sensed(high)));
            conversion.low.write(count(sensed(low)));
            conversion.compare.write(compare);
        }
        let after = place.saturating_add(1);
        let wraps = after >= CONVERSIONS;
        registers
            .next
            .write(if wraps { 0 } else { next.saturating_add(1) });
        registers.temperature.write(count(ROOM));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Boards 1.2: what the sense network makes of the levels.
    #[test]
    fn when_a_level_is_sensed_then_it_is_that_of_the_network() {
        for (level, at_converter) in [(12_000, 3_281), (9_000, 2_892), (0, 1_723), (-12_000, 164)] {
            assert!((sensed(level) - at_converter).abs() <= 2, "{level}");
        }
    }
}
