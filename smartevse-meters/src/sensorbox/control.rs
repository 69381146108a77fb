//! What the charger keeps about a Sensorbox between its replies.

use super::{Installation, SensorboxReading, WifiMode, WifiState, decode, plan, software_of};
use crate::error::MeterError;
use crate::transaction::{Tag, Transaction};

/// Time-outs in a row after which the box may be another one.
const SILENT_AFTER: u8 = 3;

/// What the user has set, and whether this unit may write to the box.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SensorboxConfig {
    /// GRID and MAINS.
    pub installation: Installation,
    /// Whether this unit is a node: nodes write nothing.
    pub is_node: bool,
}

/// The reader of a Sensorbox: it knows how long the replies of the box are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sensorbox {
    config: SensorboxConfig,
    software: u8,
    timeouts: u8,
}

impl Sensorbox {
    /// A reader that knows nothing about the box yet.
    #[must_use]
    pub const fn new(config: SensorboxConfig) -> Self {
        Self {
            config,
            software: 0,
            timeouts: 0,
        }
    }

    /// Takes over changed settings.
    pub fn configure(&mut self, config: SensorboxConfig) {
        self.config = config;
    }

    /// The next question; it becomes longer once the box has shown its version.
    #[must_use]
    pub const fn plan(&self, tag: Tag) -> Transaction {
        plan(tag, self.software)
    }

    /// Takes the registers of a reply.
    ///
    /// # Errors
    ///
    /// As [`decode`]. A reply without fresh currents still tells the version.
    pub fn accept(&mut self, data: &[u8]) -> Result<SensorboxReading, MeterError> {
        self.timeouts = 0;
        let result = decode(data, self.config.installation);
        if !matches!(result, Err(MeterError::Modbus(_))) {
            self.software = software_of(data).unwrap_or(self.software);
        }
        let mut reading = result?;
        if self.config.is_node {
            reading.grid_write = None;
        }
        Ok(reading)
    }

    /// Notes that a question was not answered: after three in a row the box is
    /// asked as if it were new.
    pub fn missed(&mut self) {
        self.timeouts = self.timeouts.saturating_add(1);
        if self.timeouts >= SILENT_AFTER {
            self.software = 0;
        }
    }
}

/// What to do about the SB2 WIFI setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WifiStep {
    /// Store this mode as the setting.
    Store(WifiMode),
    /// Write this value to [`WIFI_REGISTER`](super::WIFI_REGISTER).
    Write(u16),
}

/// Keeps the SB2 WIFI setting and the box in step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WifiControl {
    /// Whether the mode of the box has been adopted.
    adopted: bool,
}

impl WifiControl {
    /// Nothing known about the box yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { adopted: false }
    }

    /// Says what follows from a reply; `editing` = the menu item is open.
    ///
    /// The first reply decides the setting, later the setting decides. The
    /// portal is opened only when the item has been left, and closed in the
    /// setting when the box has joined a network.
    pub fn follow(
        &mut self,
        wifi: impl Into<WifiState>,
        setting: WifiMode,
        editing: bool,
    ) -> Option<WifiStep> {
        let wifi = wifi.into();
        if !self.adopted {
            self.adopted = true;
            return (wifi.mode != setting).then_some(WifiStep::Store(wifi.mode));
        }
        let portal = setting == WifiMode::Portal;
        if portal && editing {
            return None;
        }
        if portal && wifi.is_connected {
            return Some(WifiStep::Store(WifiMode::Enabled));
        }
        (wifi.mode != setting).then_some(WifiStep::Write(u16::from(setting.code())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ModbusError;

    fn reply(software: u8, status: u8, length: usize) -> [u8; 64] {
        assert!(length <= 64);
        let mut data = [0; 64];
        data[..4].copy_from_slice(&[software, 0x14, 0, status]);
        data
    }

    /// meters 7: request length
    #[test]
    fn when_the_box_shows_its_version_then_more_is_asked() {
        let mut reader = Sensorbox::default();
        assert_eq!(reader.plan(Tag::new(1)).quantity(), 20);
        let stale = reader.accept(&reply(1, 0, 40)[..40]);
        assert_eq!(stale, Err(MeterError::NoFreshData));
        assert_eq!(reader.plan(Tag::new(1)).quantity(), 32);
        reader.missed();
        reader.missed();
        assert_eq!(reader.plan(Tag::new(1)).quantity(), 32);
        reader.missed();
        assert_eq!(reader.plan(Tag::new(1)).quantity(), 20);
        let cut = reader.accept(&reply(1, 0, 40)[..30]);
        assert_eq!(cut, Err(MeterError::Modbus(ModbusError::BadLength)));
        assert_eq!(reader.plan(Tag::new(1)).quantity(), 20);
    }

    /// meters 7: a node listens only
    #[test]
    fn when_this_unit_is_a_node_then_nothing_is_written() {
        let three_wire = Installation {
            three_wire: true,
            mains_a: 25,
        };
        for (is_node, write) in [(false, Some(2)), (true, None)] {
            let mut reader = Sensorbox::new(SensorboxConfig {
                installation: three_wire,
                is_node,
            });
            let reading = reader.accept(&reply(0, 3, 40)[..40]).unwrap();
            assert_eq!(reading.grid_write, write);
        }
    }

    /// meters 7: SB2 WIFI
    #[test]
    fn when_the_wifi_setting_changes_then_the_box_follows() {
        use WifiMode::{Disabled, Enabled, Portal};
        let told = |mode: u8, connected: bool| {
            let mut data = reply(1, 3, 64);
            data[40] = u8::from(connected) << 1;
            data[41] = mode;
            decode(&data, Installation::default())
                .unwrap()
                .wifi
                .unwrap()
        };
        let mut control = WifiControl::new();
        let first = control.follow(&told(1, true), Disabled, false);
        assert_eq!(first, Some(WifiStep::Store(Enabled)));
        for (mode, connected, setting, editing, step) in [
            (1, true, Enabled, false, None),
            (1, true, Disabled, false, Some(WifiStep::Write(0))),
            (0, false, Portal, true, None),
            (0, false, Portal, false, Some(WifiStep::Write(2))),
            (2, false, Portal, false, None),
            (2, true, Portal, true, None),
            (2, true, Portal, false, Some(WifiStep::Store(Enabled))),
            (3, false, Enabled, false, Some(WifiStep::Write(1))),
        ] {
            let got = control.follow(&told(mode, connected), setting, editing);
            assert_eq!(got, step, "{mode} {setting:?}");
        }
    }
}
