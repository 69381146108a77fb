//! Options of the settings that are lists: stored numbers and LCD texts.
//!
//! The numbers are the stored, published ones and never change (menu
//! specification §2.2).

macro_rules! options {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $raw:literal, $text:literal;)+ }) => {
        $(#[$doc])*
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$vdoc])* $variant = $raw,)+
        }

        impl $name {
            /// All options in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The option with this stored number, if there is one.
            #[must_use]
            pub const fn from_raw(raw: u16) -> Option<Self> {
                match raw {
                    $($raw => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The stored number.
            #[must_use]
            pub const fn raw(self) -> u16 {
                self as u16
            }

            /// Text on the LCD.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The option with this LCD text; upper and lower case are equal.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|o| o.text().eq_ignore_ascii_case(text))
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.text())
            }
        }
    };
}

options! {
    /// How the vehicle is connected (configuration guide: CONFIG).
    CableKind {
        /// Type 2 socket: the cable's coding resistor limits the current.
        Socket = 0, "Socket";
        /// Fixed cable: its rating equals MAX.
        Fixed = 1, "Fixed";
    }
}

options! {
    /// Type of the cable lock (configuration guide: LOCK).
    LockKind {
        /// No lock.
        Disabled = 0, "Disabled";
        /// Solenoid; the feedback reads high while unlocked.
        Solenoid = 1, "Solenoid";
        /// Motor; the feedback reads low while unlocked.
        Motor = 2, "Motor";
    }
}

options! {
    /// Role in a power-share group (configuration guide: PWR SHARE).
    Role {
        /// Stand-alone.
        Disabled = 0, "Disabled";
        /// Leads the group.
        Master = 1, "Master";
        /// First node.
        Node1 = 2, "Node 1";
        /// Second node.
        Node2 = 3, "Node 2";
        /// Third node.
        Node3 = 4, "Node 3";
        /// Fourth node.
        Node4 = 5, "Node 4";
        /// Fifth node.
        Node5 = 6, "Node 5";
        /// Sixth node.
        Node6 = 7, "Node 6";
        /// Seventh node.
        Node7 = 8, "Node 7";
    }
}

options! {
    /// Use of the second contactor (configuration guide: CONTACT 2).
    Contact2 {
        /// Not fitted: calculations with three phases, output off.
        NotPresent = 0, "Not present";
        /// Single-phase charging.
        AlwaysOff = 1, "Always Off";
        /// Single-phase in Solar, three-phase otherwise.
        SolarOff = 2, "Solar Off";
        /// Three-phase charging.
        AlwaysOn = 3, "Always On";
        /// Chosen from the surplus in Solar, three-phase otherwise.
        Auto = 4, "Auto";
    }
}

options! {
    /// Function of the external switch input (configuration guide: SWITCH).
    SwitchKind {
        /// A push button stops charging.
        Disabled = 0, "Disabled";
        /// A push button toggles access.
        AccessButton = 1, "Access B";
        /// A toggle switch gives access.
        AccessSwitch = 2, "Access S";
        /// A push button toggles Smart and Solar.
        SmartSolarButton = 3, "Sma-Sol B";
        /// A toggle switch selects Smart or Solar.
        SmartSolarSwitch = 4, "Sma-Sol S";
        /// An open contact limits the power of all EVSEs.
        GridRelay = 5, "Grid Relay";
        /// A push button toggles the custom flag.
        CustomButton = 6, "Custom B";
        /// A toggle switch sets the custom flag.
        CustomSwitch = 7, "Custom S";
    }
}

options! {
    /// Mode of the card reader (configuration guide: RFID).
    RfidMode {
        /// No reader.
        Disabled = 0, "Disabled";
        /// Every known card toggles access.
        EnableAll = 1, "EnableAll";
        /// The card that started is the one that stops.
        EnableOne = 2, "EnableOne";
        /// Cards shown are stored.
        Learn = 3, "Learn";
        /// Cards shown are erased.
        Delete = 4, "Delete";
        /// All cards are erased.
        DeleteAll = 5, "DeleteAll";
        /// Cards are judged by the OCPP central system.
        Remote = 6, "Rmt/OCPP";
    }
}

options! {
    /// Order of the EVSEs of a group (configuration guide: PRIORITY).
    Priority {
        /// By Modbus address.
        ModbusAddress = 0, "Modbus Adr";
        /// The first one connected comes first.
        FirstConnected = 1, "First Conn";
        /// The last one connected comes first.
        LastConnected = 2, "Last Conn";
    }
}

options! {
    /// A setting that is on or off.
    Toggle {
        /// Off.
        Disabled = 0, "Disabled";
        /// On.
        Enabled = 1, "Enabled";
    }
}

options! {
    /// Wiring of the mains (configuration guide: GRID).
    Grid {
        /// Three phases and neutral.
        FourWire = 0, "4Wire";
        /// Three phases without neutral.
        ThreeWire = 1, "3Wire";
    }
}

options! {
    /// Wireless network of a Sensorbox 2 (configuration guide: SB2 WIFI).
    SensorboxWifi {
        /// Off.
        Disabled = 0, "Disabled";
        /// On.
        Enabled = 1, "Enabled";
        /// Set-up portal.
        Portal = 2, "Portal";
    }
}

options! {
    /// Wireless network (configuration guide: WIFI).
    Wifi {
        /// Off.
        Disabled = 0, "Disabled";
        /// On.
        Enabled = 1, "Enabled";
        /// Set-up portal.
        Setup = 2, "SetupWifi";
    }
}

options! {
    /// Order of bytes and words of a custom meter (BYTE ORD).
    ByteOrder {
        /// Low byte first, low word first.
        LowByteLowWord = 0, "LBF & LWF";
        /// Low byte first, high word first.
        LowByteHighWord = 1, "LBF & HWF";
        /// High byte first, low word first.
        HighByteLowWord = 2, "HBF & LWF";
        /// High byte first, high word first.
        HighByteHighWord = 3, "HBF & HWF";
    }
}

options! {
    /// Data type of a custom meter (DATA TYPE, decision 17).
    DataType {
        /// Signed 32 bit.
        Int32 = 0, "INT32";
        /// IEEE 754 single.
        Float32 = 1, "FLOAT32";
        /// Signed 16 bit.
        Int16 = 2, "INT16";
        /// Unsigned 16 bit.
        Uint16 = 3, "UINT16";
        /// Unsigned 32 bit.
        Uint32 = 4, "UINT32";
    }
}

options! {
    /// Modbus function of a custom meter (FUNCTION).
    ReadFunction {
        /// Holding registers.
        Holding = 3, "3:Hold. Reg";
        /// Input registers.
        Input = 4, "4:Input Reg";
    }
}

impl Role {
    /// Whether this EVSE is a node of a group.
    #[must_use]
    pub const fn is_node(self) -> bool {
        self as u8 >= 2
    }
}

impl Contact2 {
    /// Whether the option lets the second contactor close at all.
    #[must_use]
    pub const fn may_close(self) -> bool {
        matches!(self, Self::SolarOff | Self::AlwaysOn | Self::Auto)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_number_has_no_option_then_none() {
        assert_eq!(Contact2::from_raw(5), None);
        assert_eq!(ReadFunction::from_raw(2), None);
        assert_eq!(Contact2::from_raw(2), Some(Contact2::SolarOff));
    }

    #[test]
    fn when_the_text_differs_in_case_then_it_is_still_found() {
        assert_eq!(
            SwitchKind::from_text("grid relay"),
            Some(SwitchKind::GridRelay)
        );
        assert_eq!(RfidMode::from_text("nothing"), None);
    }

    #[test]
    fn when_the_role_is_a_node_then_it_says_so() {
        assert!(!Role::Master.is_node());
        assert!(Role::Node1.is_node());
    }
}
