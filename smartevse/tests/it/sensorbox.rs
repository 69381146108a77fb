//! SB2 WIFI and the wireless network of a Sensorbox 2.

use smartevse::core::command::{Command, Origin};
use smartevse::core::event::{Event, Fact, Record};
use smartevse::core::options::SensorboxWifi;
use smartevse::core::registry::{SENSORBOX, SettingId};
use smartevse::core::sensorbox::{SensorboxNetwork, SensorboxReport};
use smartevse::core::settings::{Patch, load};
use smartevse::types::Instant;
use smartevse::{Setup, Station};
use smartevse_core::io::Inputs;

const BOX: (SettingId, u16) = (SettingId::MainsMet, SENSORBOX as u16);

struct Site {
    station: Station,
    now: Instant,
}

impl Site {
    fn with(settings: &[(SettingId, u16)]) -> Self {
        let setup = Setup {
            settings: load(settings.iter().copied()).settings,
            ..Setup::default()
        };
        Self {
            station: Station::new(&setup, Instant::ZERO),
            now: Instant::ZERO,
        }
    }

    fn poll(&mut self) {
        for _ in 0..2 {
            self.now += smartevse::types::Duration::from_millis(10);
            self.station.poll(self.now, &Inputs::default());
        }
    }

    /// The box says this of itself.
    fn tell(&mut self, mode: Option<SensorboxWifi>, is_connected: bool) {
        let report = SensorboxReport {
            software: 1,
            has_transformers: true,
            network: Some(SensorboxNetwork {
                mode,
                is_connected,
                ..SensorboxNetwork::default()
            }),
        };
        let fact = Fact::Sensorbox(report);
        self.station.event(Event { at: self.now, fact });
        self.poll();
    }

    fn set(&mut self, mode: SensorboxWifi) {
        let patch = Patch::new().with(SettingId::Sb2Wifi, mode.raw());
        let change = Command::Change(patch);
        self.station.command(self.now, Origin::Lcd, change).unwrap();
        self.poll();
    }

    fn setting(&self) -> SensorboxWifi {
        self.station.snapshot().settings.sb2_wifi()
    }

    /// What the box shall be told.
    fn wanted(&self) -> Option<SensorboxWifi> {
        self.station.manager().sensorbox_wifi()
    }
}

use SensorboxWifi::{Disabled, Enabled, Portal};

/// Menu rule X26: the first report is adopted and stored, later the menu decides.
#[test]
fn when_the_box_is_seen_first_then_its_mode_becomes_the_setting() {
    let mut site = Site::with(&[BOX]);
    assert_eq!((site.setting(), site.wanted()), (Disabled, None));
    site.tell(Some(Enabled), true);
    assert_eq!((site.setting(), site.wanted()), (Enabled, None));
    let mut unsaved = site.station.manager().records().unsaved();
    assert!(unsaved.any(|(record, _)| record == Record::Settings));
    site.set(Disabled);
    assert_eq!(site.wanted(), Some(Disabled), "menu rule X25");
    site.tell(Some(Disabled), false);
    assert_eq!((site.setting(), site.wanted()), (Disabled, None));
    site.tell(Some(Enabled), false);
    assert_eq!((site.setting(), site.wanted()), (Disabled, Some(Disabled)));
}

/// Meters 7: the portal is asked for, and ends when the box has joined a network.
#[test]
fn when_the_portal_has_done_its_work_then_the_setting_is_enabled() {
    let mut site = Site::with(&[BOX]);
    site.tell(Some(Disabled), false);
    site.set(Portal);
    assert_eq!(site.wanted(), Some(Portal));
    site.tell(Some(Portal), false);
    assert_eq!((site.setting(), site.wanted()), (Portal, None));
    site.tell(Some(Portal), true);
    assert_eq!((site.setting(), site.wanted()), (Enabled, Some(Enabled)));
    site.tell(Some(Enabled), true);
    assert_eq!((site.setting(), site.wanted()), (Enabled, None));
}

/// A code without meaning is never stored and is overwritten afterwards.
#[test]
fn when_the_mode_of_the_box_is_unknown_then_the_setting_counts() {
    let mut site = Site::with(&[BOX, (SettingId::Sb2Wifi, 1)]);
    site.tell(None, false);
    assert_eq!(site.setting(), Enabled);
    site.tell(None, true);
    assert_eq!(site.wanted(), Some(Enabled));
}

/// Only the owner of a Sensorbox writes to it; nodes and other meters do not.
#[test]
fn when_there_is_no_sensorbox_then_nothing_is_wanted() {
    for settings in [
        &[(SettingId::MainsMet, 4)][..],
        &[BOX, (SettingId::PwrShare, 2)],
    ] {
        let mut site = Site::with(settings);
        site.tell(Some(Enabled), true);
        assert_eq!(site.wanted(), None, "{settings:?}");
        assert_eq!(site.setting(), Disabled, "{settings:?}");
        assert_eq!(site.station.snapshot().meters.sensorbox, None);
    }
}
