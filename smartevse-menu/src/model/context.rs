//! The small line above a row of the menu (menu specification §8).

use smartevse_core::access::CardStatus;
use smartevse_core::options::{Contact2, SensorboxWifi, Toggle, Wifi};
use smartevse_core::registry::SettingId;

use super::clock::LocalTime;
use super::{MenuScene, Scene};
use crate::line::Line;
use crate::surroundings::{Address, PortalPassword};

const START_PORTAL: &str = "O button starts portal";
const NO_WIFI: &str = "Not connected to WiFi";

const fn contact2_text(contact2: Contact2) -> &'static str {
    match contact2 {
        Contact2::NotPresent | Contact2::AlwaysOn => "Three-phase Charging",
        Contact2::AlwaysOff => "Single-phase Charging",
        Contact2::SolarOff => "Solar 1P - Smart 3P",
        Contact2::Auto => "Auto 3P <> 1P Charging",
    }
}

const fn card_text(card: CardStatus) -> &'static str {
    match card {
        CardStatus::Ready | CardStatus::Present | CardStatus::Invalid => "",
        CardStatus::Stored => "Card Stored",
        CardStatus::Deleted => "Card Deleted",
        CardStatus::AlreadyStored => "Card already stored!",
        CardStatus::NotStored => "Card not in storage!",
        CardStatus::Full => "Card storage full!",
    }
}

fn dotted([a, b, c, d]: Address) -> Line {
    Line::of(format_args!("{a}.{b}.{c}.{d}"))
}

fn portal_line(password: Option<PortalPassword>) -> Line {
    match password {
        Some(password) => Line::of(format_args!("Portal PW: {}", password.as_str())),
        None => Line::EMPTY,
    }
}

impl Scene<'_> {
    /// The context line of the selected row.
    pub(super) fn context(&self, menu: &MenuScene<'_>) -> Line {
        let id = menu.navigator.row().setting();
        id.and_then(|id| self.own_context(menu, id))
            .unwrap_or_else(|| self.network())
    }

    /// The line of a row that has its own.
    fn own_context(&self, menu: &MenuScene<'_>, id: SettingId) -> Option<Line> {
        let edit = menu.navigator.edit();
        let value = menu.navigator.shown(&menu.view, id);
        match (id, edit.is_some()) {
            (SettingId::Sb2Wifi, edited) => Some(self.sensorbox(value, edited)),
            (SettingId::Contact2, true) => {
                Contact2::from_raw(value).map(|option| contact2_text(option).into())
            }
            (SettingId::Rfid, true) => menu
                .navigator
                .teach()
                .map(|_| card_text(self.around.card).into()),
            (SettingId::Wifi, true) if value == Wifi::Setup.raw() => Some(START_PORTAL.into()),
            (SettingId::AppPin, true) => Some(Line::of(format_args!(
                "SmartEVSE-{}",
                self.around.identity.serial
            ))),
            (SettingId::AppServer, true) if value == Toggle::Enabled.raw() => {
                Some(self.app_server())
            }
            _ => None,
        }
    }

    fn app_server(&self) -> Line {
        Line::from(match self.around.wifi.app_server {
            true => "Connected to server",
            false => "No server connection",
        })
    }

    /// The lines of SB2 WIFI (menu specification §8.3).
    fn sensorbox(&self, value: u16, edited: bool) -> Line {
        let sensorbox = &self.around.sensorbox;
        let chosen = SensorboxWifi::from_raw(value);
        match (chosen, edited) {
            (Some(SensorboxWifi::Portal), true) => START_PORTAL.into(),
            (Some(SensorboxWifi::Portal), false) => portal_line(sensorbox.portal),
            (_, true) if chosen != sensorbox.mode => "one moment please...".into(),
            (Some(SensorboxWifi::Enabled), _) => match sensorbox.address {
                Some(address) => Line::of(format_args!("SB2: {}", dotted(address))),
                None => NO_WIFI.into(),
            },
            (Some(SensorboxWifi::Disabled) | None, _) => self.network(),
        }
    }

    /// The line of every other row: address and time, or the portal.
    fn network(&self) -> Line {
        let wifi = &self.around.wifi;
        match (self.snapshot.settings.wifi(), wifi.address) {
            (Wifi::Disabled, _) => Line::EMPTY,
            (Wifi::Setup, _) => portal_line(wifi.portal),
            (Wifi::Enabled, None) => NO_WIFI.into(),
            (Wifi::Enabled, Some(address)) => self.address_and_time(address),
        }
    }

    fn address_and_time(&self, address: Address) -> Line {
        let address = dotted(address);
        let address = address.as_str();
        match self.snapshot.wall_clock {
            None => Line::of(format_args!("{address:<20}--:--")),
            Some(utc) => {
                let time = LocalTime::new(utc, self.around.zone_minutes);
                Line::of(format_args!("{address:<20}{}", time.clock()))
            }
        }
    }
}
