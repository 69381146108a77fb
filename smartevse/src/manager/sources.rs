//! Which sources have to deliver, and what their silence means.

use smartevse_core::faults::Faults;
use smartevse_core::options::Role;
use smartevse_types::{Instant, Mode};

use super::Manager;
use crate::wiring;

impl Manager {
    /// Faults of the store and of sources that do not deliver (charging
    /// specification §3.3, §11.2 rule 2).
    pub(super) fn source_faults(&self, now: Instant) -> Faults {
        let mut faults = Faults::empty();
        faults.set(Faults::STORAGE_FAULT, self.store_broken);
        if self.needs_broadcast() && self.node.watch.is_silent(now) {
            faults.insert(Faults::CT_NOCOMM);
        }
        if self.needs_mains() && self.mains_watch.is_silent(now) {
            faults.insert(Faults::CT_NOCOMM);
        }
        if self.needs_ev_meter() && self.ev_watch.is_silent(now) {
            faults.insert(Faults::EV_NOCOMM);
        }
        faults
    }

    pub(super) fn needs_broadcast(&self) -> bool {
        self.in_force.role().is_node()
    }

    pub(super) fn needs_mains(&self) -> bool {
        self.in_force.mode() != Mode::Normal
            && self.in_force.mains_met() != wiring::METER_DISABLED
            && matches!(self.in_force.role(), Role::Disabled | Role::Master)
    }

    pub(super) fn needs_ev_meter(&self) -> bool {
        self.in_force.mode() != Mode::Normal
            && self.in_force.ev_meter() != wiring::METER_DISABLED
            && matches!(self.in_force.role(), Role::Disabled | Role::Master)
    }
}
