//! The view that front ends read: sections of plain data.

use smartevse_types::{
    DeciAmps, Duration, Instant, Latest, Mode, PerPhase, PhaseSet, Seconds, WattHours, Watts,
};

use crate::directive::{ChargerStatus, Directive};
use crate::faults::Faults;
use crate::group::GroupStatus;
use crate::registry::SettingSet;
use crate::sensorbox::SensorboxReport;
use crate::settings::Settings;

/// A part of the charger that may not be built into a firmware.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Section<T> {
    /// The part is not built in.
    #[default]
    Absent,
    /// The part is there.
    Present(T),
}

/// What the planning half knows and decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PlanStatus {
    /// Mode in force.
    pub mode: Mode,
    /// Phases that the vehicle can load now.
    pub phases: PhaseSet,
    /// Current override; 0 = none.
    pub override_current: DeciAmps,
    /// Remaining time of the solar stop timer; 0 = not running.
    pub solar_stop: Seconds,
    /// Remaining time of the capacity timer; 0 = not running.
    pub capacity_stop: Seconds,
    /// The custom flag of buttons and automations.
    pub custom_button: bool,
    /// The cable stays locked without a vehicle.
    pub cable_lock: bool,
    /// The keys at the device are locked.
    pub lcd_lock: bool,
    /// Energy of the present or last charge by the EV meter; `None` = that
    /// meter has not told a counter yet.
    pub charged: Option<WattHours>,
    /// The grid relay is open: the power of all EVSEs is limited.
    pub grid_limited: bool,
    /// Faults found by planning.
    pub faults: Faults,
    /// On a node: a second master is heard on the bus, which is an error of
    /// the configuration.
    pub second_master: bool,
}

/// One meter as front ends see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MeterStatus {
    /// Currents per phase.
    pub currents: Latest<PerPhase<DeciAmps>>,
    /// Total power.
    pub power: Latest<Watts>,
    /// Imported energy.
    pub import: Latest<WattHours>,
    /// Exported energy.
    pub export: Latest<WattHours>,
    /// Age at which a current is stale.
    pub max_age: Duration,
}

/// The meters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MetersStatus {
    /// Mains meter.
    pub mains: MeterStatus,
    /// EV meter.
    pub ev: MeterStatus,
    /// Separate meter of the circuit; `None` = the charger has none.
    pub circuit: Option<MeterStatus>,
    /// What the Sensorbox told last; `None` = none has been seen.
    pub sensorbox: Option<SensorboxReport>,
    /// Home battery, sum of phases, positive = charging.
    pub battery: Latest<DeciAmps>,
}

/// Everything a front end may know, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// Moment of the snapshot.
    pub at: Instant,
    /// Charging control.
    pub charger: &'a ChargerStatus,
    /// What planning asks of the charging control.
    pub directive: &'a Directive,
    /// Planning.
    pub plan: &'a PlanStatus,
    /// Meters.
    pub meters: &'a MetersStatus,
    /// The group, on a master.
    pub group: Section<&'a GroupStatus>,
    /// Stored settings.
    pub settings: &'a Settings,
    /// Settings in force; differs from `settings` while changes wait.
    pub in_force: &'a Settings,
    /// Settings that wait for their moment.
    pub waiting: SettingSet,
    /// Wall clock, seconds since 1970-01-01 UTC; `None` = not set.
    pub wall_clock: Option<u64>,
}
