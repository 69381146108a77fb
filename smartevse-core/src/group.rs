//! A group of chargers on one supply, as plain data: what a node reports and
//! what a master shows of its group.

use smartevse_types::{Access, BlockReason, DeciAmps, Mode, PerPhase, Seconds};

use crate::faults::Faults;
use crate::state::ChargeState;

/// Most chargers of a group: the master and seven nodes (power share §1).
pub const MEMBERS: usize = 8;

/// What a node says about itself when the master asks (power share §4.1).
///
/// The moment of the event is the one at which the master asked.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct NodeReport {
    /// State of its charging control.
    pub state: ChargeState,
    /// Its own faults and those that the master imposed; bits 0–7.
    pub faults: Faults,
    /// Set-point that it follows; 0.1 A.
    pub set_point: DeciAmps,
    /// Its mode; `None` = a number without a meaning.
    pub mode: Option<Mode>,
    /// Its access; `None` = a number without a meaning.
    pub access: Option<Access>,
    /// Lower of MAX and cable; 0.1 A.
    pub cap: DeciAmps,
    /// Phases in use, 1–3; 0 = it does not tell.
    pub phases: u8,
    /// Highest current of a phase; `None` = not measured.
    pub measured: Option<DeciAmps>,
    /// Another mode that its driver chose: the group may follow (power share §1).
    pub mode_wish: Option<Mode>,
    /// It charges without or above its share, or two units answer at its
    /// address (power share §6.2).
    pub disobeys: bool,
}

/// Whether an EVSE may charge now (power share §8.1), with its published
/// number.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[repr(u8)]
pub enum Schedule {
    /// It does not want to charge.
    #[default]
    Inactive = 0,
    /// It has its share.
    Active = 1,
    /// It wants to charge and waits.
    Paused = 2,
}

impl Schedule {
    /// Word of MQTT and REST (power share §2).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inactive => "Inactive",
            Self::Active => "Active",
            Self::Paused => "Paused",
        }
    }
}

/// One EVSE of a group as front ends see it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Member {
    /// It answers, or it is the master itself.
    pub online: bool,
    /// State of its charging control as last reported.
    pub state: ChargeState,
    /// Its faults as last reported.
    pub faults: Faults,
    /// Whether it may charge.
    pub schedule: Schedule,
    /// Place in the order of service, 0 = first; `None` while it does not want
    /// to charge.
    pub rank: Option<u8>,
    /// Set-point that is ordered; 0.1 A.
    pub set_point: DeciAmps,
    /// Current that stays reserved because the node does not answer; 0.1 A.
    pub reserved: DeciAmps,
    /// Current measured on its phases; `None` = not measured lately.
    pub measured: Option<PerPhase<DeciAmps>>,
    /// Why it gets nothing; `None` while it gets something.
    pub block: Option<BlockReason>,
}

/// The group of a master.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct GroupStatus {
    /// The EVSEs in the order of their addresses; 0 is the master itself.
    pub members: [Member; MEMBERS],
    /// Current for all of them together, per phase; 0.1 A, may be negative.
    pub budget: DeciAmps,
    /// Time until the next rotation; 0 = it does not run.
    pub rotation: Seconds,
    /// Version of the orders in force.
    pub version: u32,
}
