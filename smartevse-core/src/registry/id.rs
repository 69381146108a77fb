//! Identity of the settings.

use super::{SETTINGS, SettingFacts};

macro_rules! ids {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)+) => {
        /// Identity of a setting, in the order of the menu.
        ///
        /// Source: menu specification §2.1 (rows 1 to 33; the custom meter has
        /// eleven of its own).
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum SettingId {
            $($(#[$doc])* $variant,)+
        }

        impl SettingId {
            /// All settings in the order of the menu.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Number of settings.
            pub const COUNT: usize = Self::ALL.len();

            /// Stable name for code, JSON and logs, such as `mains`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

ids! {
    /// MODE.
    Mode = "mode";
    /// CONFIG.
    Config = "config";
    /// LOCK.
    Lock = "lock";
    /// PWR SHARE.
    PwrShare = "pwr_share";
    /// MAINS MET.
    MainsMet = "mains_met";
    /// GRID.
    Grid = "grid";
    /// SB2 WIFI.
    Sb2Wifi = "sb2_wifi";
    /// MAINS ADR.
    MainsAdr = "mains_adr";
    /// EV METER.
    EvMeter = "ev_meter";
    /// EV ADR.
    EvAdr = "ev_adr";
    /// BYTE ORD of the custom meter.
    EmByteOrder = "em_byte_order";
    /// DATA TYPE of the custom meter.
    EmDataType = "em_data_type";
    /// FUNCTION of the custom meter.
    EmFunction = "em_function";
    /// VOL REGI of the custom meter.
    EmVolReg = "em_vol_reg";
    /// VOL DIVI of the custom meter.
    EmVolDiv = "em_vol_div";
    /// CUR REGI of the custom meter.
    EmCurReg = "em_cur_reg";
    /// CUR DIVI of the custom meter.
    EmCurDiv = "em_cur_div";
    /// POW REGI of the custom meter.
    EmPowReg = "em_pow_reg";
    /// POW DIVI of the custom meter.
    EmPowDiv = "em_pow_div";
    /// ENE REGI of the custom meter.
    EmEneReg = "em_ene_reg";
    /// ENE DIVI of the custom meter.
    EmEneDiv = "em_ene_div";
    /// MAINS.
    Mains = "mains";
    /// MIN.
    Min = "min";
    /// MAX.
    Max = "max";
    /// CIRCUIT.
    Circuit = "circuit";
    /// START.
    Start = "start";
    /// STOP.
    Stop = "stop";
    /// IMPORT.
    Import = "import";
    /// CONTACT 2.
    Contact2 = "contact2";
    /// SWITCH.
    Switch = "switch";
    /// RCMON.
    Rcmon = "rcmon";
    /// RFID.
    Rfid = "rfid";
    /// WIFI.
    Wifi = "wifi";
    /// AUTOUPDAT.
    Autoupdate = "autoupdate";
    /// APP PIN: an action without a value.
    AppPin = "app_pin";
    /// APP SERVR.
    AppServer = "app_server";
    /// MAX TEMP.
    MaxTemp = "max_temp";
    /// CAPACITY.
    Capacity = "capacity";
    /// CAP STOP.
    CapStop = "cap_stop";
    /// LCD PIN.
    LcdPin = "lcd_pin";
    /// PRIORITY.
    Priority = "priority";
    /// ROTATION.
    Rotation = "rotation";
    /// IDLE TMO.
    IdleTmo = "idle_tmo";
}

impl SettingId {
    /// Position in the menu, 0..[`Self::COUNT`]; the index of every column.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Finds the setting with this [`name`](Self::name).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|id| id.name() == name)
    }

    /// Finds the setting at this Modbus holding register.
    #[must_use]
    pub fn at_register(register: u16) -> Option<Self> {
        SETTINGS
            .iter()
            .find(|row| row.register == Some(register))
            .map(|row| row.id)
    }

    /// Finds the setting with this storage key.
    #[must_use]
    pub fn with_key(key: &str) -> Option<Self> {
        SETTINGS
            .iter()
            .find(|row| row.key.is_some_and(|k| k.name == key))
            .map(|row| row.id)
    }

    /// Facts of the setting.
    #[must_use]
    pub fn facts(self) -> &'static SettingFacts {
        let [first, ..] = &SETTINGS;
        SETTINGS.get(self.index()).unwrap_or(first)
    }
}

impl core::fmt::Display for SettingId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}
