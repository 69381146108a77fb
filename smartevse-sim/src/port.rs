//! The board of one charger of a world.

use smartevse_core::hardware::Board;
use smartevse_core::io::{HardwareFaults, Inputs, Outputs};
use smartevse_types::Instant;

use crate::world::World;

/// One board of a world, for programs that know boards only.
#[derive(Debug)]
pub struct Port<'a> {
    world: &'a mut World,
    evse: usize,
}

impl<'a> Port<'a> {
    pub(crate) const fn new(world: &'a mut World, evse: usize) -> Self {
        Self { world, evse }
    }
}

impl Board for Port<'_> {
    fn sample(&mut self, now: Instant, inputs: &mut Inputs) {
        self.world.advance(now);
        self.world.sample(self.evse, inputs);
    }

    fn drive(&mut self, outputs: &Outputs) -> HardwareFaults {
        self.world.drive(self.evse, outputs);
        self.world.refused(self.evse)
    }
}
