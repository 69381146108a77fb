//! The two small values that the halves of a charger exchange: the directive
//! in, the status out.

use smartevse_types::{
    Access, Amps, BlockReason, Celsius, DeciAmps, Duration, DutyPermille, Instant, LimitedBy,
    Seconds,
};

use crate::faults::Faults;
use crate::io::{Contactor, PilotSwitch};
use crate::options::{CableKind, Contact2, LockKind};
use crate::proximity::CableCoding;
use crate::state::ChargeState;
use crate::vehicle::VehicleCheck;

/// How long a directive is valid after it was issued.
///
/// Own decision: ten planning periods of 100 ms.
pub const DIRECTIVE_LEASE: Duration = Duration::from_secs(1);

/// Settings that the charging control itself needs, a validated snapshot.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChargerConfig {
    /// MIN, 6..=16 A.
    pub min: Amps,
    /// MAX, 6..=80 A.
    pub max: Amps,
    /// CONFIG.
    pub cable: CableKind,
    /// LOCK; has no effect with a fixed cable.
    pub lock: LockKind,
    /// RCMON.
    pub residual_current: bool,
    /// MAX TEMP, 40..=75 °C.
    pub max_temperature: Celsius,
    /// CONTACT 2.
    pub contact2: Contact2,
    /// Lowers the current linearly to MIN over the last 5 °C (off by default).
    pub derating: bool,
    /// Wakes a sleeping vehicle by isolating the pilot for 4 s (state E)
    /// instead of −12 V (state F); off by default (charging specification
    /// §2.5 rule 9).
    pub wake_by_isolation: bool,
    /// Allows three local resets of a residual-current trip in one hour; the
    /// next one needs a service action first. Off by default (charging
    /// specification §8 rule 2). The count does not outlive a restart.
    pub limit_residual_resets: bool,
    /// Time after a power return in which nothing is offered, 0..=30 s, drawn
    /// at random by whoever starts the charger; 0 = off, the default (charging
    /// specification §11.2 rule 3).
    pub start_delay: Seconds,
}

impl Default for ChargerConfig {
    fn default() -> Self {
        Self {
            min: Amps::from_amps(6),
            max: Amps::from_amps(16),
            cable: CableKind::Socket,
            lock: LockKind::Disabled,
            residual_current: false,
            max_temperature: Celsius::from_celsius(65),
            contact2: Contact2::AlwaysOn,
            derating: false,
            wake_by_isolation: false,
            limit_residual_resets: false,
            start_delay: Seconds::ZERO,
        }
    }
}

/// Power that planning grants to this EVSE.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct PowerGrant {
    /// At least MIN is free for this EVSE to start.
    pub available: bool,
    /// Current per phase; 0 or at least MIN.
    pub offered: DeciAmps,
    /// What sets `offered`.
    pub limited_by: LimitedBy,
}

/// Answer of the master to a node's request (charging specification §12.5).
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Handshake {
    /// Stand-alone or master: nobody has to be asked.
    #[default]
    NotNeeded,
    /// Nothing granted.
    Waiting,
    /// A → B granted.
    GrantedB,
    /// B → C granted.
    GrantedC,
}

/// What planning wants of the cable lock.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum LockWish {
    /// Locked while a vehicle is present.
    #[default]
    Auto,
    /// Locked even without a vehicle (CableLock = 1).
    Keep,
    /// Removable until somebody is authorised (RFID EnableOne).
    Release,
}

/// Running numbers of requests that must act once. A number that differs from
/// the last one seen is one new request.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Requests {
    /// Local key press or switch event that may reset the residual-current
    /// latch. Never counted for a request from a network.
    pub local_reset: u8,
    /// Service action that may clear a contactor fault.
    pub service_reset: u8,
    /// A mode change or a local choice that clears ChargeDelay.
    pub clear_delay: u8,
    /// A stop by button: C → C1, then held in B1.
    pub button_stop: u8,
    /// A new reason to start: ends a hold by button and allows one more
    /// wake-up pulse.
    pub start: u8,
    /// C → C1 → B1, outputs safe, then hold.
    pub safe_restart: u8,
}

/// What planning wants, valid for [`DIRECTIVE_LEASE`].
///
/// The default grants nothing. The charging control clamps every figure to
/// what cable, MAX, temperature and faults allow, whoever asked for it.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Directive {
    /// When planning last confirmed it; `None` = never.
    pub issued: Option<Instant>,
    /// Authorisation.
    pub access: Access,
    /// Power.
    pub grant: PowerGrant,
    /// Whether the second contactor shall close together with the first.
    /// A change takes effect through C1 and B1.
    pub three_phase: bool,
    /// Answer of the master; `NotNeeded` unless this EVSE is a node.
    pub handshake: Handshake,
    /// Faults that planning found or that the master imposed: CT_NOCOMM,
    /// EV_NOCOMM, LESS_6A, NO_SUN, STORAGE_FAULT.
    pub faults: Faults,
    /// Why planning grants nothing, if it knows.
    pub reason: Option<BlockReason>,
    /// Restart delay after a shortage; 60 s, in Solar 15 s.
    pub shortage_delay: Option<Duration>,
    /// Cable lock.
    pub lock: LockWish,
    /// Fixed duty for experiments, capped like any offer; 0 isolates.
    pub duty_override: Option<DutyPermille>,
    /// Requests that act once.
    pub requests: Requests,
    /// What the modem found out about the vehicle; has no effect without one.
    pub modem: VehicleCheck,
    /// Settings of the charging control.
    pub config: ChargerConfig,
}

/// What caused the latest opening of the main contactor, or its last refusal.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum StopCause {
    /// It has not been closed yet.
    #[default]
    None,
    /// The vehicle stopped asking.
    Vehicle,
    /// The vehicle was unplugged.
    Unplugged,
    /// Access ended.
    Access,
    /// The offer fell to zero or power became unavailable.
    Power,
    /// A fault; see the flags.
    Fault(Faults),
    /// The number of phases changes.
    PhaseSwitch,
    /// A button at the device.
    Button,
    /// The directive expired.
    NoDirective,
    /// The vehicle asks for ventilation.
    Ventilation,
    /// Mains voltage was lost.
    MainsLost,
    /// The supervision was late.
    Late,
    /// A safe restart was requested.
    Restart,
}

/// State of the external switch input after debouncing (120 ms).
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SwitchStatus {
    /// Debounced level: true = contact closed.
    pub closed: bool,
    /// The level is known (the first debounce has run out).
    pub known: bool,
    /// When the level last changed.
    pub changed: Instant,
}

/// What the charging control tells everybody else, complete at each poll.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ChargerStatus {
    /// Moment of the poll that this status belongs to.
    pub at: Instant,
    /// Charging state.
    pub state: ChargeState,
    /// When the state was entered.
    pub since: Instant,
    /// A vehicle is connected (from the pilot, 300 ms).
    pub vehicle_present: bool,
    /// The vehicle asks for energy (pilot 6 V, or 3 V with ventilation).
    pub vehicle_asks: bool,
    /// Faults of this charger together with those imposed by planning.
    pub faults: Faults,
    /// Faults of this charger alone.
    pub local_faults: Faults,
    /// Local faults that must outlive a restart; planning stores them and
    /// hands them back in the boot record.
    pub latched: Faults,
    /// Why no energy flows; `None` while it does.
    pub block: Option<BlockReason>,
    /// Current that the pilot offers; 0 = nothing.
    pub offered: DeciAmps,
    /// Largest current that this charger could offer now: MAX, cable,
    /// temperature. Below MIN = cannot charge.
    pub cap: DeciAmps,
    /// What sets `offered`.
    pub limited_by: LimitedBy,
    /// Duty on the pilot.
    pub duty: DutyPermille,
    /// Isolation switch.
    pub pilot_switch: PilotSwitch,
    /// Main contactor as commanded.
    pub contactor1: Contactor,
    /// Second contactor as commanded.
    pub contactor2: Contactor,
    /// When the main contactor last closed; `None` while it is open.
    pub charging_since: Option<Instant>,
    /// Rating found on the proximity contact.
    pub cable: Option<CableCoding>,
    /// Latest plausible temperature.
    pub temperature: Option<Celsius>,
    /// Restart delay still to run.
    pub charge_delay: Duration,
    /// External switch.
    pub switch: SwitchStatus,
    /// Cause of the latest stop.
    pub stop_cause: StopCause,
    /// Closings of the main contactor since the start (saturates).
    pub closings: u32,
    /// Polls that came too late since the start (saturates).
    pub late_polls: u32,
    /// Sessions since the start: counts vehicles plugged in.
    pub plug_ins: u32,
}
