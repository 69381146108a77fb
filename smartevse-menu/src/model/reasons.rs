//! Short reasons for the small line below: what limits the current, or why no
//! energy flows.

use smartevse_core::faults::Faults;
use smartevse_core::options::Role;
use smartevse_types::{Access, BlockReason, LimitedBy, Phase};

use super::Scene;
use crate::line::Line;

/// What limits a charge; empty where it is of no interest.
fn limit(limited_by: LimitedBy) -> &'static str {
    match limited_by {
        LimitedBy::Nothing | LimitedBy::Start | LimitedBy::Ramp => "",
        LimitedBy::Max => "limit: MAX",
        LimitedBy::Cable => "limit: cable",
        LimitedBy::Mains(Phase::L1) => "limit: MAINS L1",
        LimitedBy::Mains(Phase::L2) => "limit: MAINS L2",
        LimitedBy::Mains(Phase::L3) => "limit: MAINS L3",
        LimitedBy::Circuit(Phase::L1) => "limit: CIRCUIT L1",
        LimitedBy::Circuit(Phase::L2) => "limit: CIRCUIT L2",
        LimitedBy::Circuit(Phase::L3) => "limit: CIRCUIT L3",
        LimitedBy::Capacity => "limit: CAPACITY",
        LimitedBy::QuarterPeak => "limit: quarter hour",
        LimitedBy::GridRelay => "limit: grid relay",
        LimitedBy::Ocpp => "limit: OCPP",
        LimitedBy::Override => "limit: override",
        LimitedBy::Temperature => "limit: temperature",
        LimitedBy::Share => "limit: power share",
        LimitedBy::Solar => "limit: sun",
        LimitedBy::StaleData => "limit: old meter data",
        LimitedBy::External => "limit: load manager",
    }
}

/// Why no energy flows; empty where the large text says it.
fn obstacle(block: BlockReason) -> &'static str {
    match block {
        BlockReason::NoVehicle
        | BlockReason::AccessOff
        | BlockReason::Paused
        | BlockReason::WaitingForPower
        | BlockReason::WaitingForSolar
        | BlockReason::ChargeDelay(_)
        | BlockReason::Fault
        | BlockReason::PhaseSwitch
        | BlockReason::Modem => "",
        BlockReason::Starting => "starting up",
        BlockReason::StoppedByButton => "stopped by the button",
        BlockReason::Schedule => "outside the window",
        BlockReason::CapBelowMin => "a limit is below MIN",
        BlockReason::EvNotReady => "vehicle not ready",
        BlockReason::VentilationNeeded => "ventilation needed",
        BlockReason::DiodeCheck => "checking the vehicle",
        BlockReason::WaitingForMaster => "waiting for master",
        BlockReason::LockNotConfirmed => "cable not locked yet",
        BlockReason::ResidualCurrentTest => "testing the RCM",
        BlockReason::NoCable => "no valid cable",
        BlockReason::Cooldown(_) => "contactor rests",
        BlockReason::Flapping(_) => "vehicle on and off",
        BlockReason::NoDirective => "planning is silent",
        BlockReason::MainsLost => "mains is missing",
    }
}

impl Scene<'_> {
    /// Role in the group at the left (`M`, `N3`), then the reason.
    pub(super) fn below(&self) -> Line {
        let reason = self.reason();
        match (self.role(), self.snapshot.settings.group_address()) {
            (Role::Disabled, _) | (_, None) => Line::from(reason),
            (Role::Master, _) => Line::of(format_args!("M  {reason}")),
            (_, Some(address)) => {
                let node = address.saturating_sub(1);
                Line::of(format_args!("N{node} {reason}"))
            }
        }
    }

    fn reason(&self) -> &'static str {
        let charger = self.snapshot.charger;
        let reason = match charger.block {
            None => limit(charger.limited_by),
            Some(block) if self.access() == Access::On => obstacle(block),
            Some(_) => "",
        };
        if reason.is_empty() && self.faults().contains(Faults::STORAGE_FAULT) {
            return "check the settings";
        }
        reason
    }
}
