//! Facts with their time. They cannot be refused.

use smartevse_types::{DeciAmps, Instant, Mode, PerPhase, Seconds, WattHours, Watts};

use crate::card::Uid;
use crate::directive::{Handshake, PowerGrant};
use crate::faults::Faults;
use crate::group::NodeReport;
use crate::schedule::LocalSeconds;
use crate::sensorbox::SensorboxReport;
use crate::vehicle::VehicleId;

/// One reading of an electricity meter; absent quantities are `None`.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct MeterReading {
    /// Currents per phase, positive = import or charging.
    pub currents: Option<PerPhase<DeciAmps>>,
    /// Total active power.
    pub power: Option<Watts>,
    /// Imported energy.
    pub import: Option<WattHours>,
    /// Exported energy.
    pub export: Option<WattHours>,
}

/// A record that storage holds.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Record {
    /// All settings.
    Settings,
    /// Access state.
    Access,
    /// Latched faults.
    Latches,
    /// Cards.
    Cards,
    /// Energy ledger.
    Energy,
}

/// A fact. `at` is the moment at which it was true, not when it arrived.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// When it was true.
    pub at: Instant,
    /// What was true.
    pub fact: Fact,
}

/// What can be a fact.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fact {
    /// A reading of the mains meter.
    Mains(MeterReading),
    /// A reading of the EV meter.
    EvMeter(MeterReading),
    /// Current of the home battery, sum of phases, positive = charging.
    Battery(DeciAmps),
    /// A card was held to the reader; `None` = it was taken away.
    Card(Option<Uid>),
    /// Power granted by a load manager outside the charger.
    Grant(PowerGrant),
    /// Number of phases chosen outside the charger: true = three.
    PhasesChosen(bool),
    /// On a node: broadcast of the master with this EVSE's share.
    Broadcast(DeciAmps),
    /// On a node: the master's answer to the pending request.
    Granted(Handshake),
    /// On a node: the faults that come from the bus, LESS_6A and CT_NOCOMM.
    Imposed(Faults),
    /// On a node: the mode of the group.
    GroupMode(Mode),
    /// On a node: the solar stop timer of the master; 0 = off.
    SolarTimer(Seconds),
    /// On a node: whether a second master is heard.
    SecondMaster(bool),
    /// On a master: the answer of Node 1–7, asked at this moment.
    NodeReport(u8, NodeReport),
    /// On a master: Node 1–7 has not answered five polls in a row.
    NodeLost(u8),
    /// On a master: a reading of the EV meter of Node 1–7.
    NodeMeter(u8, MeterReading),
    /// On a master: the orders of this version have left the wire.
    OrdersSent(u32),
    /// This version of a record is stored.
    Stored(Record, u32),
    /// Wall clock, seconds since 1970-01-01 UTC.
    WallClock(u64),
    /// Local time of day and date, for delayed charging.
    LocalTime(LocalSeconds),
    /// The charging window of somebody who keeps the schedule outside the
    /// charger: inside, outside, or none.
    ScheduleWindow(Option<bool>),
    /// The modem received the id of the vehicle; `None` = it has none to tell.
    Vehicle(Option<VehicleId>),
    /// A reading of the separate meter of the circuit.
    Circuit(MeterReading),
    /// What the Sensorbox tells about itself, whenever that has changed.
    Sensorbox(SensorboxReport),
}
