//! Conditions of the installation that prevent or end charging
//! (charging specification §3).

bitflags::bitflags! {
    /// Faults of one charger. Bits 0 to 8 are published; the upper byte never
    /// goes into the 8-bit Modbus field (decision 5).
    #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct Faults: u16 {
        /// Not enough current for MIN.
        const LESS_6A = 1;
        /// No data from the mains meter, or on a node no broadcast.
        const CT_NOCOMM = 2;
        /// Module temperature at or above MAX TEMP.
        const TEMP_HIGH = 4;
        /// No data from the EV meter.
        const EV_NOCOMM = 8;
        /// Residual current detected.
        const RCM_TRIPPED = 16;
        /// Self-test of the residual-current monitor running or failed.
        const RCM_TEST = 32;
        /// Factory test.
        const TEST_IO = 64;
        /// A co-processor could not be updated.
        const BL_FLASH = 128;
        /// Not enough surplus in Solar.
        const NO_SUN = 256;
        /// The control pilot has an invalid or missing level.
        const PILOT_FAULT = 512;
        /// The proximity pilot is shorted or has no valid coding.
        const CABLE_FAULT = 1024;
        /// The cable lock does not reach its position.
        const LOCK_FAULT = 2048;
        /// A contactor does not follow its command.
        const CONTACTOR_FAULT = 4096;
        /// The temperature sensor is implausible.
        const SENSOR_FAULT = 8192;
        /// Stored data is damaged.
        const STORAGE_FAULT = 16384;
    }
}

/// How a fault ends.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FaultClass {
    /// Needs somebody: a press at the device, a service action, a new start.
    Latched,
    /// Ends by itself when its cause is gone.
    SelfClearing,
    /// Shown, but does not prevent charging.
    Warning,
}

/// How fast the contactors open because of a fault.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Opening {
    /// In the very poll in which the fault is known.
    Immediate,
    /// PWM off first; open when the vehicle has stopped, at most 6 s later.
    Graceful,
}

/// One row of the fault table.
#[derive(Clone, Copy, Debug)]
pub struct FaultInfo {
    /// The flag.
    pub fault: Faults,
    /// Name in logs, vectors and documentation.
    pub name: &'static str,
    /// Text of the web page and of MQTT.
    pub text: &'static str,
    /// How it ends.
    pub class: FaultClass,
    /// How it opens the contactors.
    pub opening: Opening,
    /// What brings it about.
    pub cause: &'static str,
    /// What an owner can do.
    pub action: &'static str,
}

/// The fault table, lowest bit first.
pub const FAULT_TABLE: &[FaultInfo] = &[
    FaultInfo {
        fault: Faults::LESS_6A,
        name: "LESS_6A",
        text: "No Power Available",
        class: FaultClass::SelfClearing,
        opening: Opening::Graceful,
        cause: "The limits of the installation leave less than MIN for this vehicle.",
        action: "Wait, or switch off other loads; charging resumes by itself.",
    },
    FaultInfo {
        fault: Faults::CT_NOCOMM,
        name: "CT_NOCOMM",
        text: "Communication Error",
        class: FaultClass::SelfClearing,
        opening: Opening::Graceful,
        cause: "No data from the mains meter, or from the master on a node, for 11 s.",
        action: "Check MAINS MET, its address and the wiring of the bus.",
    },
    FaultInfo {
        fault: Faults::TEMP_HIGH,
        name: "TEMP_HIGH",
        text: "Temperature High",
        class: FaultClass::SelfClearing,
        opening: Opening::Graceful,
        cause: "The module reached MAX TEMP.",
        action: "Let it cool down and improve the ventilation of the enclosure.",
    },
    FaultInfo {
        fault: Faults::EV_NOCOMM,
        name: "EV_NOCOMM",
        text: "EV Meter Comm Error",
        class: FaultClass::SelfClearing,
        opening: Opening::Graceful,
        cause: "No data from the EV meter.",
        action: "Check EV METER, its address and the wiring of the bus.",
    },
    FaultInfo {
        fault: Faults::RCM_TRIPPED,
        name: "RCM_TRIPPED",
        text: "RCM Tripped",
        class: FaultClass::Latched,
        opening: Opening::Immediate,
        cause: "The residual-current monitor saw more than 6 mA DC, or it is not connected.",
        action: "Unplug the vehicle and press a button at the charger; call an electrician if it trips again.",
    },
    FaultInfo {
        fault: Faults::RCM_TEST,
        name: "RCM_TEST",
        text: "RCM Test",
        class: FaultClass::Latched,
        opening: Opening::Immediate,
        cause: "The residual-current monitor did not react to its test.",
        action: "Check the sensor and its wiring, then restart the charger.",
    },
    FaultInfo {
        fault: Faults::TEST_IO,
        name: "TEST_IO",
        text: "Test IO",
        class: FaultClass::Latched,
        opening: Opening::Immediate,
        cause: "The factory test of the inputs and outputs failed.",
        action: "Restart the charger; replace the module if the test fails again.",
    },
    FaultInfo {
        fault: Faults::BL_FLASH,
        name: "BL_FLASH",
        text: "Flash Error",
        class: FaultClass::Latched,
        opening: Opening::Immediate,
        cause: "The update of a co-processor failed.",
        action: "Repeat the update.",
    },
    FaultInfo {
        fault: Faults::NO_SUN,
        name: "NO_SUN",
        text: "No Sun",
        class: FaultClass::SelfClearing,
        opening: Opening::Graceful,
        cause: "The solar surplus is too small.",
        action: "Wait for sun, or choose another mode.",
    },
    FaultInfo {
        fault: Faults::PILOT_FAULT,
        name: "PILOT_FAULT",
        text: "Pilot Fault",
        class: FaultClass::SelfClearing,
        opening: Opening::Immediate,
        cause: "The control pilot had a forbidden level, lost its diode or was not sampled.",
        action: "Wait a minute; unplug the vehicle if it happens three times; check the cable.",
    },
    FaultInfo {
        fault: Faults::CABLE_FAULT,
        name: "CABLE_FAULT",
        text: "Cable Fault",
        class: FaultClass::SelfClearing,
        opening: Opening::Immediate,
        cause: "The coding resistor of the cable is shorted or out of range.",
        action: "Plug the cable in again; use another cable.",
    },
    FaultInfo {
        fault: Faults::LOCK_FAULT,
        name: "LOCK_FAULT",
        text: "Lock Fault",
        class: FaultClass::SelfClearing,
        opening: Opening::Graceful,
        cause: "The cable lock did not reach its position.",
        action: "Plug the cable in completely; check the lock.",
    },
    FaultInfo {
        fault: Faults::CONTACTOR_FAULT,
        name: "CONTACTOR_FAULT",
        text: "Contactor Fault",
        class: FaultClass::Latched,
        opening: Opening::Immediate,
        cause: "A contactor did not follow its command; it may be welded.",
        action: "Switch off the supply and have the contactor checked.",
    },
    FaultInfo {
        fault: Faults::SENSOR_FAULT,
        name: "SENSOR_FAULT",
        text: "Sensor Fault",
        class: FaultClass::SelfClearing,
        opening: Opening::Graceful,
        cause: "The temperature reading was implausible for 10 s.",
        action: "Have the temperature sensor checked.",
    },
    FaultInfo {
        fault: Faults::STORAGE_FAULT,
        name: "STORAGE_FAULT",
        text: "Storage Fault",
        class: FaultClass::Warning,
        opening: Opening::Graceful,
        cause: "Stored settings were damaged; defaults with Access Off are in force.",
        action: "Check and save the settings.",
    },
];

impl Faults {
    /// Rows of the table for the flags that are set, lowest bit first.
    pub fn rows(self) -> impl Iterator<Item = &'static FaultInfo> {
        FAULT_TABLE
            .iter()
            .filter(move |row| self.contains(row.fault))
    }

    /// Row of the highest flag that is set: the one shown to people.
    #[must_use]
    pub fn shown(self) -> Option<&'static FaultInfo> {
        self.rows().last()
    }

    /// The flags of this set that open the contactors at once.
    #[must_use]
    pub fn immediate(self) -> Self {
        self.with(|row| matches!(row.opening, Opening::Immediate))
    }

    /// The flags of this set that prevent charging; warnings do not.
    #[must_use]
    pub fn blocking(self) -> Self {
        self.with(|row| !matches!(row.class, FaultClass::Warning))
    }

    /// The flag with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FAULT_TABLE
            .iter()
            .find(|row| row.name == name)
            .map(|row| row.fault)
    }

    /// The eight bits that an old master understands.
    #[must_use]
    pub const fn published_byte(self) -> u8 {
        let [low, _] = self.bits().to_le_bytes();
        low
    }

    fn with(self, keep: impl Fn(&FaultInfo) -> bool) -> Self {
        self.rows()
            .filter(|row| keep(row))
            .fold(Self::empty(), |set, row| set.union(row.fault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_table_is_walked_then_every_flag_has_one_row() {
        let mut all = Faults::empty();
        for row in FAULT_TABLE {
            assert_eq!(row.fault.bits().count_ones(), 1);
            assert!(!all.intersects(row.fault), "{} twice", row.name);
            all.insert(row.fault);
        }
        assert_eq!(all, Faults::all());
    }

    #[test]
    fn when_several_are_set_then_the_highest_is_shown() {
        let set = Faults::LESS_6A | Faults::RCM_TRIPPED;
        assert_eq!(set.shown().map(|row| row.name), Some("RCM_TRIPPED"));
        assert_eq!(set.immediate(), Faults::RCM_TRIPPED);
    }

    #[test]
    fn when_a_new_flag_is_set_then_the_old_byte_stays_clear() {
        assert_eq!(Faults::PILOT_FAULT.published_byte(), 0);
        assert_eq!(Faults::BL_FLASH.published_byte(), 128);
    }
}
