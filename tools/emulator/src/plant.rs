//! Everything outside the part: the car of the simulator, its cable, and what
//! a test does to them.

use smartevse_sim::car::{Car, CarModel, Supply};
use smartevse_sim::connector::{PilotLoad, PilotSeen, VehicleSide};
use smartevse_types::{Duration, Instant};

use crate::pilot::{self, Stage};

/// Step of the plant.
pub const STEP: Duration = Duration::from_millis(1);

/// Voltage at the converter with a 220 Ω cable (32 A): 1 kΩ to 3.3 V.
const CABLE_220_OHM_MV: u32 = 595;

/// Voltage at the converter without a plug.
const NO_CABLE_MV: u32 = 3_300;

/// Voltage of the temperature sensor at 25 °C: 500 mV + 10 mV/K.
const TEMPERATURE_MV: u32 = 750;

/// What a test does to the pilot, whatever the car says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PilotFault {
    /// Nothing.
    #[default]
    None,
    /// Short circuit to protective earth.
    Shorted,
    /// The diode is gone; the resistance stays.
    NoDiode,
    /// The car opens S2: 9 V.
    Connected,
    /// The pilot wire breaks: 12 V.
    Nothing,
    /// The car asks for ventilation: 3 V.
    Ventilated,
}

/// Voltages at the three channels of the injected group, millivolts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Analogue {
    /// Control pilot.
    pub pilot: u32,
    /// Proximity pilot.
    pub proximity: u32,
    /// Temperature.
    pub temperature: u32,
}

/// Car, cable and faults.
#[derive(Debug, Default)]
pub struct Plant {
    car: Option<Car>,
    fault: PilotFault,
}

impl Plant {
    /// Plugs a car in.
    pub fn plug(&mut self, model: CarModel) {
        self.car = Some(Car::new(model));
    }

    /// Takes the car away.
    pub fn unplug(&mut self) {
        self.car = None;
    }

    /// Does something to the pilot.
    pub fn set_fault(&mut self, fault: PilotFault) {
        self.fault = fault;
    }

    /// What hangs on the connector.
    #[must_use]
    pub fn vehicle(&self) -> VehicleSide {
        let side = self.car.as_ref().map(Car::side).unwrap_or_default();
        let load = |load| VehicleSide { load, ..side };
        match self.fault {
            PilotFault::None => side,
            PilotFault::Shorted => load(PilotLoad::Shorted),
            PilotFault::NoDiode => VehicleSide {
                diode: false,
                ..side
            },
            PilotFault::Connected => load(PilotLoad::Connected),
            PilotFault::Nothing => load(PilotLoad::Nothing),
            PilotFault::Ventilated => load(PilotLoad::Ventilated),
        }
    }

    /// Voltages at the converter at this moment.
    #[must_use]
    pub fn analogue(&self, stage: Stage) -> Analogue {
        let connector = pilot::connector_mv(stage, self.vehicle());
        let plugged = self.car.is_some();
        Analogue {
            pilot: pilot::converter_mv(connector),
            proximity: if plugged {
                CABLE_220_OHM_MV
            } else {
                NO_CABLE_MV
            },
            temperature: TEMPERATURE_MV,
        }
    }

    /// Moves the car on by one step, with what it sees now.
    pub fn step(&mut self, now: Instant, seen: PilotSeen, contactors: [bool; 2]) {
        let Some(car) = &mut self.car else {
            return;
        };
        let [main, others] = contactors;
        car.supply(Supply {
            pilot: seen,
            main,
            others,
        });
        car.step(now, STEP);
        car.integrate(STEP);
    }

    /// Current that the car draws per conductor, amperes.
    #[must_use]
    pub fn current_a(&self) -> f64 {
        self.car.as_ref().map_or(0.0, Car::current_a)
    }

    /// Current of the car on each mains phase, amperes.
    #[must_use]
    pub fn mains_a(&self) -> [f64; 3] {
        self.car
            .as_ref()
            .map(Car::mains_currents)
            .unwrap_or_default()
    }

    /// Energy that the car has taken, watt-hours.
    #[must_use]
    pub fn energy_wh(&self) -> f64 {
        self.car.as_ref().map_or(0.0, Car::energy_wh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse(high: bool) -> Stage {
        Stage {
            seen: PilotSeen::Pulse(266),
            high,
        }
    }

    #[test]
    fn when_a_fault_is_set_then_it_wins_over_the_car() {
        let mut plant = Plant::default();
        assert_eq!(plant.analogue(pulse(true)).pilot, 3_281);
        plant.plug(CarModel::default());
        assert_eq!(plant.analogue(pulse(true)).pilot, 2_892);
        assert_eq!(plant.analogue(pulse(false)).pilot, 164);
        plant.set_fault(PilotFault::NoDiode);
        assert!(plant.analogue(pulse(false)).pilot > 500);
        plant.set_fault(PilotFault::Shorted);
        assert_eq!(plant.analogue(pulse(true)).pilot, 1_723);
    }

    #[test]
    fn when_the_contactor_opens_then_the_car_draws_nothing() {
        let mut plant = Plant::default();
        plant.plug(CarModel::default());
        for ms in 0..10_000 {
            let now = Instant::from_millis(ms);
            plant.step(now, PilotSeen::Pulse(266), [true, true]);
        }
        assert!((plant.current_a() - 15.96).abs() < 0.1);
        plant.step(Instant::from_secs(10), PilotSeen::Pulse(266), [false; 2]);
        assert!(plant.current_a() == 0.0);
    }
}
