//! Which sources have to deliver, and what their silence means.

use smartevse_core::event::MeterReading;
use smartevse_core::faults::Faults;
use smartevse_core::options::Role;
use smartevse_core::snapshot::MeterStatus;
use smartevse_types::{Instant, Mode};

use super::Manager;
use crate::circuit_meter::CircuitMeter;
use crate::site_line::MeterChoice;
use crate::watch::EV_SILENCE;
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
        if self.needs_circuit_meter() && self.circuit_watch.is_silent(now) {
            faults.insert(Faults::EV_NOCOMM);
        }
        faults
    }

    /// Readings of a meter that the installation does not have count nothing.
    pub(super) fn take_circuit(&mut self, reading: MeterReading, at: Instant) {
        let Some(meter) = &mut self.meters.circuit else {
            return;
        };
        if store(meter, reading, at) {
            self.circuit_watch.heard(at, EV_SILENCE);
        }
    }

    /// Role and meters in force, for the line.
    #[must_use]
    pub fn meter_choice(&self) -> MeterChoice {
        MeterChoice::with_circuit(&self.in_force, self.circuit)
    }

    /// The separate meter of the circuit, if the installation has one.
    #[must_use]
    pub const fn circuit_meter(&self) -> Option<CircuitMeter> {
        self.circuit
    }

    pub(super) fn needs_broadcast(&self) -> bool {
        self.in_force.role().is_node()
    }

    pub(super) fn needs_mains(&self) -> bool {
        self.in_force.mode() != Mode::Normal
            && self.in_force.mains_met() != wiring::METER_DISABLED
            && matches!(self.in_force.role(), Role::Disabled | Role::Master)
    }

    /// The silence of the circuit's meter is told like that of an EV meter that
    /// guards CIRCUIT (decision 38, D-197).
    pub(super) fn needs_circuit_meter(&self) -> bool {
        self.circuit.is_some()
            && self.in_force.mode() != Mode::Normal
            && matches!(self.in_force.role(), Role::Disabled | Role::Master)
    }

    pub(super) fn needs_ev_meter(&self) -> bool {
        self.in_force.mode() != Mode::Normal
            && self.in_force.ev_meter() != wiring::METER_DISABLED
            && matches!(self.in_force.role(), Role::Disabled | Role::Master)
    }
}

/// Stores a reading. Gives whether it carried currents, which alone count as a
/// sign of life of a meter that protects something.
pub(super) fn store(meter: &mut MeterStatus, reading: MeterReading, at: Instant) -> bool {
    if let Some(power) = reading.power {
        meter.power.update(power, at);
    }
    if let Some(import) = reading.import {
        meter.import.update(import, at);
    }
    if let Some(export) = reading.export {
        meter.export.update(export, at);
    }
    if let Some(currents) = reading.currents {
        meter.currents.update(currents, at);
    }
    reading.currents.is_some()
}
