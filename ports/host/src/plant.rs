//! The simulated site around the charger: board, vehicle, house and roof.

use smartevse_core::event::Event;
use smartevse_core::io::{Inputs, Outputs};
use smartevse_sim::car::CarModel;
use smartevse_sim::scenario::Scenario;
use smartevse_sim::site::{MeterModel, Series, deci};
use smartevse_sim::world::{World, WorldPlan};
use smartevse_types::{DeciAmps, Instant, PerPhase, WattHours};

/// House of the demonstration, amperes per phase.
const HOUSE_A: [f64; 3] = [4.2, 1.6, 2.8];

/// Noise of the simulated meters, amperes.
const NOISE_A: f64 = 0.1;

/// Vehicle of the demonstration: three phases, 16 A, 60 kWh.
fn demo_car() -> CarModel {
    CarModel::default()
}

/// A change of the simulated site.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum PlantChange {
    /// Plugs the vehicle in or out.
    Plug(bool),
    /// Sets the house's load on the phases that are given, amperes.
    House([Option<f64>; 3]),
    /// Sets the production of the roof, amperes per phase.
    Solar(f64),
    /// Sets the vehicle's largest current, amperes.
    CarMax(f64),
    /// Sets the vehicle's number of phases; acts when it is plugged in next.
    CarPhases(u8),
    /// Makes the simulated mains meter silent, or lets it speak again.
    MeterSilent(bool),
}

/// What front ends see of the simulated site.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct SiteView {
    /// A vehicle is plugged in.
    pub plugged: bool,
    /// Current of the vehicle.
    pub car: PerPhase<DeciAmps>,
    /// The vehicle's largest current, amperes.
    pub car_max_a: f64,
    /// The vehicle's number of phases.
    pub car_phases: u8,
    /// The vehicle is full.
    pub car_full: bool,
    /// The house's load, amperes per phase.
    pub house_a: [f64; 3],
    /// Production of the roof, amperes per phase.
    pub solar_a: f64,
    /// The simulated mains meter is silent.
    pub meter_silent: bool,
    /// Energy of this charge.
    pub session: WattHours,
    /// Energy since the start.
    pub total: WattHours,
    /// The main breaker has tripped.
    pub breaker_tripped: bool,
}

/// The simulated site.
pub struct Plant {
    world: World,
    car: CarModel,
    /// Set by hand; `None` = as the scenario says.
    house: Option<[f64; 3]>,
    solar_a: f64,
    meter_silent: bool,
}

impl Plant {
    /// The demonstration: the vehicle is there, but not plugged in.
    #[must_use]
    pub fn demo(mains_a: f64) -> Self {
        let plan = WorldPlan {
            house: Series::constant(HOUSE_A),
            mains_meter: MeterModel {
                noise_a: NOISE_A,
                ..MeterModel::default()
            },
            ev_meter: true,
            mains_a,
            ..WorldPlan::default()
        };
        Self::new(plan, demo_car(), Some(HOUSE_A))
    }

    /// The site of a scenario.
    #[must_use]
    pub fn scenario(scenario: &Scenario) -> Self {
        let first = scenario.plan.visits.first();
        let car = first.map_or_else(demo_car, |visit| visit.car.clone());
        Self::new(scenario.plan.clone(), car, None)
    }

    fn new(plan: WorldPlan, car: CarModel, house: Option<[f64; 3]>) -> Self {
        Self {
            world: World::new(plan),
            car,
            house,
            solar_a: 0.0,
            meter_silent: false,
        }
    }

    /// Changes something by hand.
    pub fn change(&mut self, change: PlantChange) {
        match change {
            PlantChange::Plug(true) => self.world.plug(0, self.car.clone()),
            PlantChange::Plug(false) => self.world.unplug(0),
            PlantChange::House(loads) => {
                let mut house = self.house_a();
                for (load, new) in house.iter_mut().zip(loads) {
                    *load = new.unwrap_or(*load);
                }
                self.set_house(house);
            }
            PlantChange::Solar(amps) => {
                let house = self.house_a();
                self.solar_a = amps;
                self.set_house(house);
            }
            PlantChange::CarMax(amps) => {
                self.car.max_a = amps;
                self.world.set_car_max(0, amps);
            }
            PlantChange::CarPhases(phases) => self.car.phases = usize::from(phases),
            PlantChange::MeterSilent(silent) => {
                self.meter_silent = silent;
                self.world.set_mains_meter_silent(silent);
            }
        }
    }

    fn set_house(&mut self, house: [f64; 3]) {
        self.house = Some(house);
        self.world.set_house(house.map(|amps| amps - self.solar_a));
    }

    fn house_a(&self) -> [f64; 3] {
        self.house
            .unwrap_or_else(|| self.world.house_a().map(|amps| amps + self.solar_a))
    }

    /// Lets the time pass.
    pub fn advance(&mut self, now: Instant) {
        self.world.advance(now);
    }

    /// The next reading of a simulated meter.
    pub fn take_reading(&mut self) -> Option<Event> {
        self.world.take_delivery().map(|delivery| delivery.event)
    }

    /// Samples the board.
    pub fn sample(&mut self, inputs: &mut Inputs) {
        self.world.sample(0, inputs);
    }

    /// Drives the board.
    pub fn drive(&mut self, outputs: &Outputs) {
        self.world.drive(0, outputs);
    }

    /// What front ends see.
    #[must_use]
    pub fn view(&self) -> SiteView {
        let car = self.world.car(0);
        let session = car.map_or(0.0, |car| car.energy_wh());
        SiteView {
            plugged: car.is_some(),
            car: PerPhase::new(self.world.car_a(0).map(deci)),
            car_max_a: self.car.max_a,
            car_phases: u8::try_from(self.car.phases).unwrap_or(3),
            car_full: car.is_some_and(|car| car.is_full()),
            house_a: self.house_a(),
            solar_a: self.solar_a,
            meter_silent: self.meter_silent,
            session: WattHours::from_wh(session as i64),
            total: self.world.energy(0),
            breaker_tripped: self.world.breaker_tripped(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_roof_produces_then_the_house_keeps_its_load() {
        let mut plant = Plant::demo(25.0);
        plant.change(PlantChange::House([None, Some(9.0), None]));
        plant.change(PlantChange::Solar(5.0));
        let site = plant.view();
        assert_eq!(site.house_a, [HOUSE_A[0], 9.0, HOUSE_A[2]]);
        assert_eq!(site.solar_a, 5.0);
        assert_eq!(plant.world.house_a()[1], 4.0);
    }

    #[test]
    fn when_the_vehicle_comes_and_goes_then_the_view_says_so() {
        let mut plant = Plant::demo(25.0);
        assert!(!plant.view().plugged);
        plant.change(PlantChange::Plug(true));
        assert!(plant.view().plugged);
        plant.change(PlantChange::Plug(false));
        plant.change(PlantChange::CarMax(10.0));
        assert!(!plant.view().plugged);
        plant.change(PlantChange::Plug(true));
        assert_eq!(plant.view().car_max_a, 10.0);
    }
}
