//! What front ends see: an owned copy of the station's snapshot, with the
//! simulated site and the meters' lines beside it.

use smartevse::CircuitMeter;
use smartevse_core::directive::ChargerStatus;
use smartevse_core::group::GroupStatus;
use smartevse_core::options::SensorboxWifi;
use smartevse_core::registry::SettingId;
use smartevse_core::settings::Settings;
use smartevse_core::snapshot::{MetersStatus, PlanStatus, Section, Snapshot};
use smartevse_types::{Access, DeciAmps, Instant, PerPhase, WattHours};

use crate::lines::LineStatus;
use crate::panel::LcdView;
use crate::plant::{CarView, SiteView};

/// Everything a front end may know, at one moment.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Moment of the view.
    pub at: Instant,
    /// Wall clock at time zero, seconds since 1970-01-01 UTC.
    pub epoch: u64,
    /// Virtual seconds per second.
    pub speed: f64,
    /// Charging control.
    pub charger: ChargerStatus,
    /// Access.
    pub access: Access,
    /// Planning.
    pub plan: PlanStatus,
    /// Meters.
    pub meters: MetersStatus,
    /// Stored settings.
    pub settings: Settings,
    /// Settings in force.
    pub in_force: Settings,
    /// The group as its master sees it; `None` = it is no master.
    pub group: Option<GroupStatus>,
    /// The chargers of a simulated group in the order of their addresses; empty
    /// without one.
    pub evses: Vec<EvseView>,
    /// Simulated site.
    pub site: SiteView,
    /// Source of the mains readings.
    pub mains_line: LineStatus,
    /// Source of the EV meter readings.
    pub ev_line: LineStatus,
    /// Source of the readings of the circuit's own meter; `None` = there is none.
    pub circuit_line: Option<LineStatus>,
    /// The circuit's own meter.
    pub circuit_meter: Option<CircuitMeter>,
    /// Mode that the wireless network of a Sensorbox shall have.
    pub sensorbox_wifi: Option<SensorboxWifi>,
    /// Display.
    pub lcd: LcdView,
    /// The log that was asked for is incomplete.
    pub log_lost: bool,
    /// Why nothing can be stored, while that is so.
    pub store_trouble: Option<String>,
}

/// One charger of a simulated group.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct EvseView {
    /// Its own charging control.
    pub charger: ChargerStatus,
    /// Its vehicle.
    pub car: CarView,
}

impl View {
    /// Copies a snapshot.
    #[must_use]
    pub fn of(snapshot: &Snapshot<'_>) -> Self {
        Self {
            at: snapshot.at,
            charger: *snapshot.charger,
            access: snapshot.directive.access,
            plan: *snapshot.plan,
            meters: *snapshot.meters,
            group: match snapshot.group {
                Section::Present(group) => Some(*group),
                Section::Absent => None,
            },
            settings: *snapshot.settings,
            in_force: *snapshot.in_force,
            ..Self::default()
        }
    }

    /// Wall clock of a moment, seconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn unix(&self, at: Instant) -> u64 {
        self.epoch + at.as_secs()
    }

    /// Stored value of a setting.
    #[must_use]
    pub fn setting(&self, id: SettingId) -> u16 {
        self.settings.value(id)
    }

    /// Value of a setting in force.
    #[must_use]
    pub fn value(&self, id: SettingId) -> u16 {
        self.in_force.value(id)
    }

    /// Mains currents, if they may be used.
    #[must_use]
    pub fn mains(&self) -> Option<PerPhase<DeciAmps>> {
        let meter = &self.meters.mains;
        meter.currents.reading(self.at, meter.max_age).fresh()
    }

    /// Current of the vehicle: as its meter says, otherwise as simulated.
    #[must_use]
    pub fn drawn(&self) -> PerPhase<DeciAmps> {
        let meter = &self.meters.ev;
        let measured = meter.currents.reading(self.at, meter.max_age).fresh();
        measured.unwrap_or(self.site.car.current)
    }

    /// Energy of the charge: as the EV meter says, otherwise as simulated.
    #[must_use]
    pub fn charged(&self) -> WattHours {
        self.plan.charged.unwrap_or(self.site.car.session)
    }

    /// The point of the history that belongs to this view.
    #[must_use]
    pub fn point(&self) -> HistoryPoint {
        HistoryPoint {
            at: self.at,
            offered: self.charger.offered,
            drawn: self.drawn().max(),
            mains: self.mains().map(PerPhase::max),
        }
    }
}

/// One second of the history.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HistoryPoint {
    /// Moment of the point.
    pub at: Instant,
    /// Offered current.
    pub offered: DeciAmps,
    /// Drawn current of the highest phase.
    pub drawn: DeciAmps,
    /// Mains current of the highest phase, if known.
    pub mains: Option<DeciAmps>,
}
