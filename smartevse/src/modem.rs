//! What planning knows of the modem: the vehicle id that is required and the
//! one that was received.

use smartevse_core::vehicle::{VehicleCheck, VehicleId};

/// Vehicle ids of the modem's side.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ModemSide {
    /// `None` = every vehicle may charge.
    pub(crate) required: Option<VehicleId>,
    /// Id of the vehicle that is connected.
    pub(crate) received: Option<VehicleId>,
}

impl ModemSide {
    /// An id belongs to one vehicle: it is forgotten when nobody is there.
    pub(crate) fn follow(&mut self, vehicle_present: bool) {
        if !vehicle_present {
            self.received = None;
        }
    }

    /// What the charging control has to know.
    pub(crate) fn check(&self) -> VehicleCheck {
        VehicleCheck::of(self.required.as_ref(), self.received.as_ref())
    }
}
