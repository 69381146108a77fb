//! Screens of Normal, and of every mode with access off (menu specification
//! §10.4). The first line that applies is shown.

use smartevse_core::access::CardStatus;
use smartevse_core::options::RfidMode;
use smartevse_core::state::ChargeState;
use smartevse_types::Access;

use super::clock::LocalTime;
use super::{Panel, Scene};
use crate::line::Line;
use crate::surroundings::{Connector, OcppNotice, OcppStatus};

const DAY: u64 = 86_400;
const WEEK: u64 = 7 * DAY;

const fn notice_texts(notice: OcppNotice) -> (&'static str, &'static str) {
    match notice {
        OcppNotice::Accepted => ("ACCEPTED", "RFID CARD"),
        OcppNotice::Rejected => ("INVALID", "RFID CARD"),
        OcppNotice::Offline => ("OFFLINE", "TRY LATER"),
        OcppNotice::ReservedForOther => ("BLOCKED BY", "RESERVATION"),
        OcppNotice::ConnectionTimeout => ("TIMEOUT", "TRY AGAIN"),
        OcppNotice::PlugIn => ("PLUG IN", "VEHICLE"),
        OcppNotice::Started => ("STARTED", "TRANSACTION"),
        OcppNotice::Stopped => ("STOPPED", "TRANSACTION"),
    }
}

const fn connector_texts(connector: Connector) -> (&'static str, &'static str) {
    match connector {
        Connector::Available => ("AVAILABLE", ""),
        Connector::Preparing { plugged: false } => ("PLUG IN", "VEHICLE"),
        Connector::Preparing { plugged: true } => ("PLEASE", "AUTHORIZE"),
        Connector::Charging => ("CHARGING", "IN PROGRESS"),
        Connector::Finishing { locked: true } => ("UNLOCK BY", "RFID CARD"),
        Connector::Finishing { locked: false } => ("FINISHED", "CHARGING"),
        Connector::Reserved => ("RESERVED", ""),
        Connector::Unavailable => ("OUT OF", "ORDER"),
        Connector::Faulted => ("NO SERVICE", ""),
    }
}

impl Scene<'_> {
    /// The screen of Normal or of access off.
    pub(super) fn normal(&self) -> Panel {
        let lines: [fn(&Self) -> Option<Panel>; 9] = [
            Self::ocpp_notice,
            Self::waiting,
            Self::modem,
            Self::charging,
            Self::ready,
            Self::paused,
            Self::connector,
            Self::card,
            Self::planned,
        ];
        let found = lines.iter().find_map(|line| line(self));
        let mut panel = found.unwrap_or_else(|| Panel::new("ACCESS", "DENIED"));
        if panel.below.is_empty() {
            panel.below = self.below();
        }
        panel
    }

    /// OCPP owns the cards: RFID is Disabled or Rmt/OCPP.
    fn ocpp(&self) -> Option<OcppStatus> {
        match self.snapshot.settings.rfid() {
            RfidMode::Disabled | RfidMode::Remote => self.around.ocpp,
            RfidMode::EnableAll
            | RfidMode::EnableOne
            | RfidMode::Learn
            | RfidMode::Delete
            | RfidMode::DeleteAll => None,
        }
    }

    fn ocpp_notice(&self) -> Option<Panel> {
        let (top, bottom) = notice_texts(self.ocpp()?.notice?);
        Some(Panel::new(top, bottom))
    }

    fn waiting(&self) -> Option<Panel> {
        let waits = self.is_short_of_power() && self.access() == Access::On;
        waits.then(|| Panel::new("WAITING", "FOR POWER"))
    }

    fn modem(&self) -> Option<Panel> {
        let bottom = match self.snapshot.charger.state {
            ChargeState::ModemRequest | ChargeState::ModemWait | ChargeState::ModemDone => "COMM",
            ChargeState::ModemDenied => "DENIED",
            ChargeState::A
            | ChargeState::B
            | ChargeState::C
            | ChargeState::D
            | ChargeState::CommB
            | ChargeState::CommBOk
            | ChargeState::CommC
            | ChargeState::CommCOk
            | ChargeState::Activate
            | ChargeState::B1
            | ChargeState::C1 => return None,
        };
        Some(Panel::new("MODEM", bottom))
    }

    fn charging(&self) -> Option<Panel> {
        let top = match self.snapshot.plan.grid_limited {
            true => "LIMITED",
            false => "CHARGING",
        };
        self.is_charging().then(|| Panel {
            bottom: self.own_current(""),
            ..Panel::new(top, "")
        })
    }

    /// Own current: `16.0A`.
    pub(super) fn own_current(&self, space: &str) -> Line {
        let deci = self.snapshot.charger.offered.as_deci().clamp(0, 9_999);
        Line::of(format_args!("{}.{}{space}A", deci / 10, deci % 10))
    }

    fn ready(&self) -> Option<Panel> {
        (self.access() == Access::On).then(|| Panel {
            bottom: self.counted("CHARGE"),
            ..Panel::new("READY TO", "")
        })
    }

    fn paused(&self) -> Option<Panel> {
        (self.access() == Access::Pause).then(|| Panel::new("PAUSE", ""))
    }

    fn connector(&self) -> Option<Panel> {
        let ocpp = self.ocpp()?;
        let (top, bottom) = connector_texts(ocpp.connector);
        Some(Panel {
            below: Line::from(ocpp.reason),
            ..Panel::new(top, bottom)
        })
    }

    fn card(&self) -> Option<Panel> {
        if self.snapshot.settings.rfid() == RfidMode::Disabled {
            return None;
        }
        let top = match self.around.card {
            CardStatus::Invalid => "INVALID",
            CardStatus::Ready
            | CardStatus::Present
            | CardStatus::Stored
            | CardStatus::Deleted
            | CardStatus::AlreadyStored
            | CardStatus::NotStored
            | CardStatus::Full => "PRESENT",
        };
        Some(Panel::new(top, "RFID CARD"))
    }

    /// A delayed start with its moment, and the present time.
    fn planned(&self) -> Option<Panel> {
        let start = self.around.planned_start?;
        let zone = self.around.zone_minutes;
        let mut panel = Panel::new("STARTING @", "later...");
        if let Some(now) = self.snapshot.wall_clock {
            let at = LocalTime::new(start, zone);
            panel.bottom = match start.saturating_sub(now) {
                0..DAY => Line::of(format_args!("{}", at.clock())),
                DAY..WEEK => Line::of(format_args!("{} {}", at.day(), at.clock())),
                _ => Line::of(format_args!("{}", at.date())),
            };
            let now = LocalTime::new(now, zone);
            panel.below = Line::of(format_args!("{} {}", now.date(), now.clock()));
        }
        Some(panel)
    }
}
