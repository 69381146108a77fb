//! Values of all settings.

use core::fmt;

use smartevse_types::{Amps, Celsius, Minutes, Mode, Seconds};

use super::rules;
use super::{ConfigWarnings, Notices};
use crate::options::{
    CableKind, Contact2, Grid, LockKind, Priority, RfidMode, Role, SensorboxWifi, SwitchKind, Wifi,
};
use crate::registry::{SETTINGS, SettingId, SettingSet};

/// Values of all settings, indexed by [`SettingId::index`].
pub(super) type Values = [u16; SettingId::COUNT];

/// All settings. Every value and every combination is legal: there is no way
/// to make an illegal one.
///
/// The default holds the defaults of the configuration guide.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        into = "super::serial::RawValues",
        try_from = "super::serial::RawValues"
    )
)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Settings {
    values: Values,
}

/// Why values are not settings.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum InvalidSettings {
    /// This value is not legal.
    Value(SettingId),
    /// The combination would have to be changed in this way.
    Combination(Notices),
}

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(id) => write!(f, "illegal value of {id}"),
            Self::Combination(_) => f.write_str("settings contradict one another"),
        }
    }
}

impl core::error::Error for InvalidSettings {}

impl Default for Settings {
    fn default() -> Self {
        Self { values: defaults() }
    }
}

/// Defaults of all settings.
pub(super) fn defaults() -> Values {
    let mut values = [0; SettingId::COUNT];
    for (slot, row) in values.iter_mut().zip(&SETTINGS) {
        *slot = row.default;
    }
    values
}

/// Value at an id.
pub(super) fn value_of(values: &Values, id: SettingId) -> u16 {
    values.get(id.index()).copied().unwrap_or(0)
}

/// Sets the value at an id.
pub(super) fn set_value(values: &mut Values, id: SettingId, value: u16) {
    if let Some(slot) = values.get_mut(id.index()) {
        *slot = value;
    }
}

impl Settings {
    /// Checks values and makes settings of them. APP PIN has no value: 0.
    ///
    /// # Errors
    ///
    /// The first illegal value, or the contradictions between values.
    pub fn from_values(values: [u16; SettingId::COUNT]) -> Result<Self, InvalidSettings> {
        for (value, row) in values.iter().zip(&SETTINGS) {
            if !row.may_hold(*value) {
                return Err(InvalidSettings::Value(row.id));
            }
        }
        let mut normalised = values;
        let notices = rules::normalise(&mut normalised);
        if notices.is_empty() {
            Ok(Self { values })
        } else {
            Err(InvalidSettings::Combination(notices))
        }
    }

    /// Takes values over that were checked and normalised.
    pub(super) const fn trusted(values: Values) -> Self {
        Self { values }
    }

    /// Values of all settings, indexed by [`SettingId::index`].
    #[must_use]
    pub const fn values(&self) -> &[u16; SettingId::COUNT] {
        &self.values
    }

    /// Stored number of a setting; 0 for APP PIN.
    #[must_use]
    pub fn value(&self, id: SettingId) -> u16 {
        value_of(&self.values, id)
    }

    /// Settings whose values differ.
    #[must_use]
    pub fn differences(&self, other: &Self) -> SettingSet {
        SettingId::ALL
            .iter()
            .copied()
            .filter(|id| self.value(*id) != other.value(*id))
            .collect()
    }

    /// Combinations that are allowed but hardly meant (menu rules X3, X9, X27,
    /// X28).
    #[must_use]
    pub fn warnings(&self) -> ConfigWarnings {
        rules::warnings(self)
    }

    fn amps(&self, id: SettingId) -> Amps {
        Amps::from_amps(self.value(id))
    }

    fn minutes(&self, id: SettingId) -> Minutes {
        Minutes::from_minutes(self.value(id))
    }

    fn byte(&self, id: SettingId) -> u8 {
        u8::try_from(self.value(id)).unwrap_or(u8::MAX)
    }

    fn is_on(&self, id: SettingId) -> bool {
        self.value(id) != 0
    }

    /// MODE. Default: Normal.
    #[must_use]
    pub fn mode(&self) -> Mode {
        rules::mode(&self.values)
    }

    /// CONFIG. Default: Socket.
    #[must_use]
    pub fn config(&self) -> CableKind {
        CableKind::from_raw(self.value(SettingId::Config)).unwrap_or(CableKind::Socket)
    }

    /// LOCK as stored. Default: Disabled.
    #[must_use]
    pub fn lock(&self) -> LockKind {
        LockKind::from_raw(self.value(SettingId::Lock)).unwrap_or(LockKind::Disabled)
    }

    /// Lock in use: Disabled while CONFIG is Fixed (menu rule X21).
    #[must_use]
    pub fn effective_lock(&self) -> LockKind {
        match self.config() {
            CableKind::Socket => self.lock(),
            CableKind::Fixed => LockKind::Disabled,
        }
    }

    /// PWR SHARE. Default: Disabled.
    #[must_use]
    pub fn role(&self) -> Role {
        rules::role(&self.values)
    }

    /// Modbus address in the group: Master 1, Node n is n + 1 (menu rule X7).
    #[must_use]
    pub fn group_address(&self) -> Option<u8> {
        let address = self.byte(SettingId::PwrShare);
        (address != 0).then_some(address)
    }

    /// MAINS MET: number in the meter catalogue. Default: 0 (Disabled).
    #[must_use]
    pub fn mains_met(&self) -> u8 {
        self.byte(SettingId::MainsMet)
    }

    /// GRID. Default: 4Wire.
    #[must_use]
    pub fn grid(&self) -> Grid {
        Grid::from_raw(self.value(SettingId::Grid)).unwrap_or(Grid::FourWire)
    }

    /// SB2 WIFI. Default: Disabled.
    #[must_use]
    pub fn sb2_wifi(&self) -> SensorboxWifi {
        SensorboxWifi::from_raw(self.value(SettingId::Sb2Wifi)).unwrap_or(SensorboxWifi::Disabled)
    }

    /// MAINS ADR: Modbus address, 10..=247, default 10.
    #[must_use]
    pub fn mains_adr(&self) -> u8 {
        self.byte(SettingId::MainsAdr)
    }

    /// EV METER: number in the meter catalogue. Default: 0 (Disabled).
    #[must_use]
    pub fn ev_meter(&self) -> u8 {
        self.byte(SettingId::EvMeter)
    }

    /// EV ADR: Modbus address, 10..=247, default 12.
    #[must_use]
    pub fn ev_adr(&self) -> u8 {
        self.byte(SettingId::EvAdr)
    }

    /// MAINS: per phase, 10..=200 A, default 25 A.
    #[must_use]
    pub fn mains(&self) -> Amps {
        self.amps(SettingId::Mains)
    }

    /// MIN: per phase, 6..=16 A and at most MAX (decision 23), default 6 A.
    #[must_use]
    pub fn min(&self) -> Amps {
        self.amps(SettingId::Min)
    }

    /// MAX: per phase, 6..=80 A, default 16 A.
    #[must_use]
    pub fn max(&self) -> Amps {
        self.amps(SettingId::Max)
    }

    /// CIRCUIT: per phase, 10..=160 A, default 25 A.
    #[must_use]
    pub fn circuit(&self) -> Amps {
        self.amps(SettingId::Circuit)
    }

    /// START: export, sum of the phases, 0..=48 A, default 4 A.
    #[must_use]
    pub fn start(&self) -> Amps {
        self.amps(SettingId::Start)
    }

    /// STOP: 0 = Disabled, ..=60 min, default 10 min.
    #[must_use]
    pub fn stop(&self) -> Minutes {
        self.minutes(SettingId::Stop)
    }

    /// IMPORT: sum of the phases, 0..=48 A, default 0 A.
    #[must_use]
    pub fn import(&self) -> Amps {
        self.amps(SettingId::Import)
    }

    /// CONTACT 2. Default: Always On.
    #[must_use]
    pub fn contact2(&self) -> Contact2 {
        Contact2::from_raw(self.value(SettingId::Contact2)).unwrap_or(Contact2::NotPresent)
    }

    /// SWITCH. Default: Disabled.
    #[must_use]
    pub fn switch(&self) -> SwitchKind {
        SwitchKind::from_raw(self.value(SettingId::Switch)).unwrap_or(SwitchKind::Disabled)
    }

    /// RCMON: a residual-current monitor is connected. Default: no.
    #[must_use]
    pub fn rcmon(&self) -> bool {
        self.is_on(SettingId::Rcmon)
    }

    /// RFID, without the transient modes Learn, Delete and DeleteAll. Default:
    /// Disabled.
    #[must_use]
    pub fn rfid(&self) -> RfidMode {
        RfidMode::from_raw(self.value(SettingId::Rfid)).unwrap_or(RfidMode::Disabled)
    }

    /// WIFI. Default: Disabled.
    #[must_use]
    pub fn wifi(&self) -> Wifi {
        Wifi::from_raw(self.value(SettingId::Wifi)).unwrap_or(Wifi::Disabled)
    }

    /// AUTOUPDAT. Default: off.
    #[must_use]
    pub fn autoupdate(&self) -> bool {
        self.is_on(SettingId::Autoupdate)
    }

    /// APP SERVR. Default: off.
    #[must_use]
    pub fn app_server(&self) -> bool {
        self.is_on(SettingId::AppServer)
    }

    /// MAX TEMP: 40..=75 °C, default 65 °C.
    #[must_use]
    pub fn max_temp(&self) -> Celsius {
        Celsius::from_celsius(i16::try_from(self.value(SettingId::MaxTemp)).unwrap_or(0))
    }

    /// CAPACITY: sum of the phases, 0 = Disabled, 10..=600 A, default 0.
    #[must_use]
    pub fn capacity(&self) -> Amps {
        self.amps(SettingId::Capacity)
    }

    /// CAP STOP: 0 = Disabled, ..=60 min, default 0.
    #[must_use]
    pub fn cap_stop(&self) -> Minutes {
        self.minutes(SettingId::CapStop)
    }

    /// LCD PIN: 0..=9999; `None` = 0, the remote buttons are off (decision 22).
    #[must_use]
    pub fn lcd_pin(&self) -> Option<u16> {
        let pin = self.value(SettingId::LcdPin);
        (pin != 0).then_some(pin)
    }

    /// PRIORITY. Default: Modbus Adr.
    #[must_use]
    pub fn priority(&self) -> Priority {
        Priority::from_raw(self.value(SettingId::Priority)).unwrap_or(Priority::ModbusAddress)
    }

    /// ROTATION: 0 = Disabled, 30..=1440 min, default 0.
    #[must_use]
    pub fn rotation(&self) -> Minutes {
        self.minutes(SettingId::Rotation)
    }

    /// IDLE TMO: 30..=300 s, default 60 s.
    #[must_use]
    pub fn idle_tmo(&self) -> Seconds {
        Seconds::from_secs(u32::from(self.value(SettingId::IdleTmo)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(values: &[(SettingId, u16)]) -> Settings {
        let mut raw = *Settings::default().values();
        for (id, value) in values {
            raw[id.index()] = *value;
        }
        Settings::from_values(raw).unwrap()
    }

    /// Configuration guide: the default of each setting.
    #[test]
    fn when_nothing_was_chosen_then_the_defaults_are_those_of_the_guide() {
        let settings = Settings::default();
        assert_eq!(
            (settings.mode(), settings.config()),
            (Mode::Normal, CableKind::Socket)
        );
        assert_eq!(
            (settings.lock(), settings.effective_lock()),
            (LockKind::Disabled, LockKind::Disabled)
        );
        assert_eq!(
            (settings.role(), settings.group_address()),
            (Role::Disabled, None)
        );
        assert_eq!((settings.mains_met(), settings.mains_adr()), (0, 10));
        assert_eq!((settings.ev_meter(), settings.ev_adr()), (0, 12));
        assert_eq!(
            (settings.grid(), settings.sb2_wifi()),
            (Grid::FourWire, SensorboxWifi::Disabled)
        );
        assert_eq!(
            (settings.contact2(), settings.switch()),
            (Contact2::AlwaysOn, SwitchKind::Disabled)
        );
        assert_eq!(
            (settings.rfid(), settings.wifi()),
            (RfidMode::Disabled, Wifi::Disabled)
        );
        assert_eq!(
            (settings.priority(), settings.lcd_pin()),
            (Priority::ModbusAddress, None)
        );
        let flags = [
            settings.rcmon(),
            settings.autoupdate(),
            settings.app_server(),
        ];
        assert_eq!(flags, [false; 3]);
    }

    /// Configuration guide: the default figures.
    #[test]
    fn when_nothing_was_chosen_then_the_figures_are_those_of_the_guide() {
        let settings = Settings::default();
        let amps = [
            (settings.mains(), 25),
            (settings.min(), 6),
            (settings.max(), 16),
            (settings.circuit(), 25),
            (settings.start(), 4),
            (settings.import(), 0),
            (settings.capacity(), 0),
        ];
        for (found, expected) in amps {
            assert_eq!(found, Amps::from_amps(expected));
        }
        assert_eq!(settings.stop(), Minutes::from_minutes(10));
        assert_eq!(settings.cap_stop(), Minutes::from_minutes(0));
        assert_eq!(settings.rotation(), Minutes::from_minutes(0));
        assert_eq!(settings.idle_tmo(), Seconds::from_secs(60));
        assert_eq!(settings.max_temp(), Celsius::from_celsius(65));
    }

    /// Menu rules X7 and X21, decision 22.
    #[test]
    fn when_values_are_chosen_then_they_are_told_in_their_type() {
        let settings = with(&[
            (SettingId::PwrShare, 3),
            (SettingId::Lock, 1),
            (SettingId::Rcmon, 1),
            (SettingId::Autoupdate, 1),
            (SettingId::AppServer, 1),
            (SettingId::LcdPin, 1234),
            (SettingId::MaxTemp, 40),
            (SettingId::IdleTmo, 300),
            (SettingId::Capacity, 600),
            (SettingId::CapStop, 60),
            (SettingId::Import, 48),
            (SettingId::Stop, 0),
        ]);
        assert_eq!(settings.group_address(), Some(3));
        assert_eq!(settings.effective_lock(), LockKind::Solenoid);
        assert!(settings.rcmon() && settings.autoupdate() && settings.app_server());
        assert_eq!(settings.lcd_pin(), Some(1234));
        assert_eq!(settings.max_temp(), Celsius::from_celsius(40));
        assert_eq!(settings.idle_tmo(), Seconds::from_secs(300));
        assert_eq!(settings.capacity(), Amps::from_amps(600));
        assert_eq!(
            (settings.import(), settings.stop()),
            (Amps::from_amps(48), Minutes::from_minutes(0))
        );
        let fixed = with(&[(SettingId::Lock, 1), (SettingId::Config, 1)]);
        assert_eq!(fixed.effective_lock(), LockKind::Disabled);
        assert_eq!(fixed.differences(&Settings::default()).len(), 2);
    }
}
