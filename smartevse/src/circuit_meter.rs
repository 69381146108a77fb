//! A separate meter of the circuit that feeds the chargers.

use smartevse_core::registry::{METER_DISABLED, SENSORBOX, SettingId};

/// A meter on the circuit that CIRCUIT limits: all chargers hang on it, and
/// other loads may.
///
/// It takes over the guard of CIRCUIT from the EV meter, which then measures
/// the charger alone. It is no setting of the menu but a property of the
/// installation; default none (meters specification §10, D-197).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "log", derive(serde::Serialize, serde::Deserialize))]
pub struct CircuitMeter {
    kind: u8,
    address: u8,
}

impl CircuitMeter {
    /// Address without another one (meters specification §2.3).
    pub const DEFAULT_ADDRESS: u8 = 14;

    /// Makes it from the number of its type and its address, 10–247.
    ///
    /// `None` for a type that cannot guard a circuit, which are those that
    /// cannot guard the mains, and the Sensorbox (meters specification §5).
    #[must_use]
    pub fn new(kind: u8, address: u8) -> Option<Self> {
        let guards = SettingId::MainsMet.facts().kind.accepts(kind.into());
        let fits = SettingId::EvAdr.facts().kind.accepts(address.into());
        let excluded = kind == METER_DISABLED || kind == SENSORBOX;
        (guards && fits && !excluded).then_some(Self { kind, address })
    }

    /// Number of its type (meters specification §5).
    #[must_use]
    pub const fn kind(self) -> u8 {
        self.kind
    }

    /// Its address on the bus.
    #[must_use]
    pub const fn address(self) -> u8 {
        self.address
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_meters::Meter;

    /// Meters 5: Sensorbox and one phase of an Acrel guard no circuit.
    #[test]
    fn when_a_meter_cannot_guard_a_circuit_then_it_is_refused() {
        for (meter, address, possible) in [
            (Meter::Eastron3P, 14, true),
            (Meter::Api, 14, true),
            (Meter::HomeWizard, 14, true),
            (Meter::Custom, 247, true),
            (Meter::Eastron3P, 9, false),
            (Meter::Eastron3P, 248, false),
            (Meter::Disabled, 14, false),
            (Meter::Sensorbox, 14, false),
            (Meter::AcrelSingle, 14, false),
        ] {
            let made = CircuitMeter::new(meter.id(), address);
            assert_eq!(made.is_some(), possible, "{meter:?} {address}");
        }
        assert_eq!(CircuitMeter::new(255, 14), None);
    }
}
