//! The pilot output stage: from TIM1 and two pins to what the car sees, and
//! from the car back to the voltage at the converter.

use rigless::device::Level;
use rigless::edge::Pulse;
use rigless::soc::stm32f427::Stm32f427;
use rigless::soc::stm32f427::peripherals::tim::Channel;
use smartevse_sim::connector::{PilotSeen, VehicleSide};

use crate::pins;

/// TIM1 among the advanced timers of the part.
const TIM1: usize = 0;

/// Alternate function of TIM1 on its pins.
const TIM1_FUNCTION: u8 = 1;

/// State of the output stage at one moment.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Stage {
    /// What the vehicle sees over a whole period.
    pub seen: PilotSeen,
    /// The driver is at +12 V at this very moment.
    pub high: bool,
}

/// Reads the output stage. A pin that is neither TIM1's nor an output hangs at
/// the comparator's reference through 15 kΩ; it counts as low.
pub fn stage(mcu: &mut Stm32f427) -> Stage {
    let by_timer = pins::function(mcu, pins::CP_OUT) == Some(TIM1_FUNCTION);
    let isolated = pins::is_high(mcu, pins::CP_OFF);
    let (high, pulse) = if by_timer {
        channel(mcu, 1)
    } else {
        (pins::is_high(mcu, pins::CP_OUT), None)
    };
    let seen = match (isolated, pulse.map(permille), high) {
        (true, _, _) => PilotSeen::Isolated,
        (false, Some(duty @ 1..=999), _) => PilotSeen::Pulse(duty),
        (false, Some(0), _) | (false, None, false) => PilotSeen::SteadyLow,
        (false, _, _) => PilotSeen::SteadyHigh,
    };
    Stage { seen, high }
}

/// Level and pulse of a channel of TIM1.
pub fn channel(mcu: &mut Stm32f427, number: u8) -> (bool, Option<Pulse>) {
    let Some(channel) = Channel::new(number) else {
        return (false, None);
    };
    let (timer, registers) = mcu.advanced_timer(TIM1);
    let high = timer.output(channel, registers) == Some(Level::High);
    (high, timer.pulse(channel, registers))
}

fn permille(pulse: Pulse) -> u16 {
    let period = pulse.period.0.max(1);
    u16::try_from((pulse.width.0 * 1000 + period / 2) / period).unwrap_or(1000)
}

/// Voltage at the connector at this moment, millivolts.
#[must_use]
pub const fn connector_mv(stage: Stage, vehicle: VehicleSide) -> i32 {
    match (stage.seen, stage.high) {
        (PilotSeen::Isolated, _) => 0,
        (_, true) => vehicle.load.level_mv(),
        (_, false) => vehicle.low_mv(),
    }
}

/// Voltage at the converter, millivolts: 40.2 kΩ from the connector, 10 kΩ to
/// 3.3 V, 15 kΩ to ground.
#[must_use]
pub fn converter_mv(connector_mv: i32) -> u32 {
    let node =
        (f64::from(connector_mv) / 40.2 + 3300.0 / 10.0) / (1.0 / 40.2 + 1.0 / 10.0 + 1.0 / 15.0);
    node.clamp(0.0, 3300.0).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_sim::connector::PilotLoad;

    /// The table of the sense network.
    #[test]
    fn when_the_divider_is_computed_then_its_table_holds() {
        for (connector, converter) in [
            (12_000, 3281),
            (9_000, 2892),
            (6_000, 2502),
            (3_000, 2112),
            (0, 1723),
            (-11_000, 294),
            (-12_000, 164),
        ] {
            let got = converter_mv(connector);
            assert!(got.abs_diff(converter) <= 1, "{connector}: {got}");
        }
    }

    #[test]
    fn when_the_switch_is_open_then_the_connector_floats_to_earth() {
        let car = VehicleSide {
            load: PilotLoad::Ready,
            diode: true,
        };
        let pulse = PilotSeen::Pulse(266);
        let at = |seen, high| connector_mv(Stage { seen, high }, car);
        assert_eq!(at(PilotSeen::Isolated, true), 0);
        assert_eq!(at(pulse, true), 6_000);
        assert_eq!(at(pulse, false), -12_000);
    }
}
