//! What vehicle and charger see of each other at the connector.

use smartevse_core::io::{MilliVoltRange, Outputs, PilotSwitch};

/// Resistance that a vehicle puts on the control pilot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PilotLoad {
    /// Nothing is connected: 12 V.
    #[default]
    Nothing,
    /// Connected, not ready: 9 V.
    Connected,
    /// Ready: 6 V.
    Ready,
    /// Ready, asks for ventilation: 3 V.
    Ventilated,
    /// Short circuit to protective earth: 0 V.
    Shorted,
}

impl PilotLoad {
    /// Voltage of the high phase in millivolts (IEC 61851-1, nominal).
    #[must_use]
    pub const fn level_mv(self) -> i32 {
        match self {
            Self::Nothing => 12_000,
            Self::Connected => 9_000,
            Self::Ready => 6_000,
            Self::Ventilated => 3_000,
            Self::Shorted => 0,
        }
    }
}

/// The vehicle's half of the connector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct VehicleSide {
    /// Resistance on the pilot.
    pub load: PilotLoad,
    /// The diode is in its place. Without it the low phase mirrors the
    /// resistance.
    pub diode: bool,
}

impl Default for VehicleSide {
    fn default() -> Self {
        Self {
            load: PilotLoad::Nothing,
            diode: true,
        }
    }
}

impl VehicleSide {
    /// Voltage of the low phase in millivolts.
    #[must_use]
    pub const fn low_mv(self) -> i32 {
        if self.diode && !matches!(self.load, PilotLoad::Shorted) {
            -12_000
        } else {
            -self.load.level_mv()
        }
    }
}

/// What the vehicle sees on the pilot.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum PilotSeen {
    /// Nothing: isolated, or unplugged.
    #[default]
    Isolated,
    /// Steady +12 V.
    SteadyHigh,
    /// Steady −12 V, the wake-up pulse.
    SteadyLow,
    /// Pulse width in permille.
    Pulse(u16),
}

impl PilotSeen {
    /// What these outputs show to a vehicle.
    #[must_use]
    pub const fn of(outputs: &Outputs) -> Self {
        match (outputs.pilot_switch, outputs.duty.as_permille()) {
            (PilotSwitch::Isolated, _) => Self::Isolated,
            (PilotSwitch::Closed, 0) => Self::SteadyLow,
            (PilotSwitch::Closed, duty @ 1..=999) => Self::Pulse(duty),
            (PilotSwitch::Closed, _) => Self::SteadyHigh,
        }
    }

    /// Current in amperes that a vehicle takes from this pulse width
    /// (IEC 61851-1, charging specification §1.1); 0 = no charging.
    #[must_use]
    pub fn offer_a(self) -> f64 {
        let Self::Pulse(permille) = self else {
            return 0.0;
        };
        let duty = f64::from(permille) / 10.0;
        match permille {
            80..=99 => 6.0,
            100..=850 => duty * 0.6,
            851..=960 => (duty - 64.0) * 2.5,
            961..=970 => 80.0,
            _ => 0.0,
        }
    }

    /// Voltages that the charger measures with this vehicle: the high phase or
    /// steady level, and the low phase while there is a pulse width.
    #[must_use]
    pub const fn measured(self, vehicle: VehicleSide) -> (MilliVoltRange, Option<MilliVoltRange>) {
        let high = vehicle.load.level_mv();
        let low = vehicle.low_mv();
        match self {
            Self::Isolated => (MilliVoltRange::from_milli(0, 0), None),
            Self::SteadyHigh => (MilliVoltRange::from_milli(high, high), None),
            Self::SteadyLow => (MilliVoltRange::from_milli(low, low), None),
            Self::Pulse(_) => (
                MilliVoltRange::from_milli(high, high),
                Some(MilliVoltRange::from_milli(low, low)),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::DutyPermille;

    fn outputs(duty: u16) -> Outputs {
        Outputs {
            duty: DutyPermille::from_permille(duty),
            pilot_switch: PilotSwitch::Closed,
            ..Outputs::SAFE
        }
    }

    /// Charging 1.1: duty as the vehicle reads it.
    #[test]
    fn when_the_duty_is_read_then_the_norm_holds() {
        for (duty, amps) in [
            (1000, 0.0),
            (0, 0.0),
            (50, 0.0),
            (75, 0.0),
            (90, 6.0),
            (100, 6.0),
            (266, 15.96),
            (850, 51.0),
            (960, 80.0),
            (965, 80.0),
            (980, 0.0),
        ] {
            let seen = PilotSeen::of(&outputs(duty)).offer_a();
            assert!((seen - amps).abs() < 1e-9, "{duty}: {seen}");
        }
        assert_eq!(PilotSeen::of(&Outputs::SAFE), PilotSeen::Isolated);
    }

    /// Charging 1.3: a resistor without a diode gives −9 V or −6 V.
    #[test]
    fn when_the_diode_is_missing_then_the_low_phase_mirrors() {
        let vehicle = VehicleSide {
            load: PilotLoad::Ready,
            diode: false,
        };
        let (high, low) = PilotSeen::Pulse(266).measured(vehicle);
        assert_eq!(high, MilliVoltRange::from_milli(6_000, 6_000));
        assert_eq!(low, Some(MilliVoltRange::from_milli(-6_000, -6_000)));
        let good = VehicleSide {
            diode: true,
            ..vehicle
        };
        assert_eq!(good.low_mv(), -12_000);
        assert_eq!(PilotSeen::SteadyHigh.measured(good).1, None);
    }
}
