//! One charger of the plant and the vehicle in front of it.

use smartevse_core::io::Outputs;
use smartevse_types::{Duration, Instant};

use crate::car::Car;
use crate::evse_board::{BoardKit, SimBoard};
use crate::world::STEP;

/// Current above which an opening counts as an opening under load, amperes.
const LOAD_A: f64 = 1.0;

/// One charger and the place in front of it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) board: SimBoard,
    pub(crate) car: Option<Car>,
    pub(crate) energy_wh: f64,
    pub(crate) opens_under_load: u32,
    /// Its inputs cannot have changed since a runner found them unchanged.
    pub(crate) quiet: bool,
}

impl Place {
    pub(crate) fn new(kit: BoardKit) -> Self {
        Self {
            board: SimBoard::new(kit),
            car: None,
            energy_wh: 0.0,
            opens_under_load: 0,
            quiet: false,
        }
    }

    pub(crate) fn connect(&mut self) {
        if let Some(car) = &mut self.car {
            car.supply(self.board.supply());
        }
        let side = self.car.as_ref().map(Car::side);
        self.quiet &= self.board.vehicle() == side;
        self.board.connect(side);
    }

    pub(crate) fn integrate(&mut self, span: Duration) {
        if let Some(car) = &mut self.car {
            let before = car.energy_wh();
            car.integrate(span);
            self.energy_wh += car.energy_wh() - before;
        }
    }

    pub(crate) fn step(&mut self, now: Instant) {
        if let Some(car) = &mut self.car {
            car.supply(self.board.supply());
            car.step(now, STEP);
        }
        self.connect();
    }

    pub(crate) fn drive(&mut self, now: Instant, outputs: &Outputs) {
        self.quiet = false;
        let was_closed = self.board.supply().main;
        self.board.drive_at(now, outputs);
        let opened = was_closed && !self.board.supply().main;
        let load = self.car.as_ref().map_or(0.0, Car::current_a);
        if opened && load > LOAD_A {
            self.opens_under_load = self.opens_under_load.saturating_add(1);
        }
        self.connect();
    }
}
