//! The simulated site around the charger: board, vehicle, house and roof.

use smartevse_core::event::{Event, Fact, MeterReading};
use smartevse_core::io::{Inputs, Outputs};
use smartevse_sim::car::CarModel;
use smartevse_sim::evse_board::BoardKit;
use smartevse_sim::scenario::Scenario;
use smartevse_sim::site::{MeterModel, Series, deci, reading_event};
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

/// Energy that a vehicle wants, watt-hours.
const NEED_WH: f64 = 60_000.0;

/// A change of the simulated site.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum PlantChange {
    /// Changes the vehicle at a charger, counted from 0.
    Car(usize, CarChange),
    /// Sets the house's load on the phases that are given, amperes.
    House([Option<f64>; 3]),
    /// Sets the production of the roof, amperes per phase.
    Solar(f64),
    /// Makes the simulated mains meter silent, or lets it speak again.
    MeterSilent(bool),
}

/// A change of one vehicle.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum CarChange {
    /// Plugs the vehicle in or out.
    Plug(bool),
    /// Sets the vehicle's largest current, amperes.
    Max(f64),
    /// Sets the vehicle's number of phases; acts when it is plugged in next.
    Phases(u8),
    /// Makes the vehicle full, or hungry again.
    Full(bool),
}

/// What front ends see of one vehicle.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct CarView {
    /// It is plugged in.
    pub plugged: bool,
    /// Its current.
    pub current: PerPhase<DeciAmps>,
    /// Its largest current, amperes.
    pub max_a: f64,
    /// Its number of phases.
    pub phases: u8,
    /// It is full.
    pub full: bool,
    /// Energy of this charge.
    pub session: WattHours,
    /// Energy of this charger since the start.
    pub total: WattHours,
}

/// What front ends see of the simulated site.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct SiteView {
    /// The vehicle at the charger; of a group: at its master.
    pub car: CarView,
    /// The house's load, amperes per phase.
    pub house_a: [f64; 3],
    /// Production of the roof, amperes per phase.
    pub solar_a: f64,
    /// The simulated mains meter is silent.
    pub meter_silent: bool,
    /// The main breaker has tripped.
    pub breaker_tripped: bool,
}

/// The simulated site.
pub struct Plant {
    world: World,
    /// The vehicle in front of each charger.
    cars: Vec<CarModel>,
    /// Set by hand; `None` = as the scenario says.
    house: Option<[f64; 3]>,
    solar_a: f64,
    meter_silent: bool,
}

impl Plant {
    /// The demonstration: the vehicles are there, but not plugged in.
    #[must_use]
    pub fn demo(mains_a: f64, evses: usize) -> Self {
        let plan = WorldPlan {
            boards: vec![BoardKit::default(); evses],
            house: Series::constant(HOUSE_A),
            mains_meter: MeterModel {
                noise_a: NOISE_A,
                ..MeterModel::default()
            },
            ev_meter: true,
            mains_a,
            ..WorldPlan::default()
        };
        Self::new(plan, vec![demo_car(); evses], Some(HOUSE_A))
    }

    /// The site of a scenario.
    #[must_use]
    pub fn scenario(scenario: &Scenario) -> Self {
        let plan = &scenario.plan;
        let first = |evse| plan.visits.iter().find(|visit| visit.evse == evse);
        let car = |evse| first(evse).map_or_else(demo_car, |visit| visit.car.clone());
        let cars = (0..plan.boards.len()).map(car).collect();
        Self::new(plan.clone(), cars, None)
    }

    fn new(plan: WorldPlan, cars: Vec<CarModel>, house: Option<[f64; 3]>) -> Self {
        Self {
            world: World::new(plan),
            cars,
            house,
            solar_a: 0.0,
            meter_silent: false,
        }
    }

    /// Changes something by hand.
    pub fn change(&mut self, change: PlantChange) {
        match change {
            PlantChange::Car(evse, change) => self.change_car(evse, change),
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
            PlantChange::MeterSilent(silent) => {
                self.meter_silent = silent;
                self.world.set_mains_meter_silent(silent);
            }
        }
    }

    fn change_car(&mut self, evse: usize, change: CarChange) {
        let Some(car) = self.cars.get_mut(evse) else {
            return;
        };
        match change {
            CarChange::Plug(true) => self.world.plug(evse, car.clone()),
            CarChange::Plug(false) => self.world.unplug(evse),
            CarChange::Max(amps) => {
                car.max_a = amps;
                self.world.set_car_max(evse, amps);
            }
            CarChange::Phases(phases) => car.phases = usize::from(phases),
            CarChange::Full(full) => {
                car.need_wh = if full { 0.0 } else { NEED_WH };
                self.set_need(evse, full);
            }
        }
    }

    /// The vehicle that is plugged in wants nothing more, or that much more.
    fn set_need(&mut self, evse: usize, full: bool) {
        let Some(car) = self.world.car(evse) else {
            return;
        };
        let model = CarModel {
            need_wh: if full { 0.0 } else { car.energy_wh() + NEED_WH },
            ..car.model().clone()
        };
        self.world.change_car(evse, model);
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

    /// What the EV meter of a charger reads now, without noise.
    #[must_use]
    pub fn ev_reading(&self, evse: usize) -> Event {
        let reading = MeterReading {
            currents: Some(PerPhase::new(self.world.car_a(evse).map(deci))),
            import: Some(self.world.energy(evse)),
            ..MeterReading::default()
        };
        reading_event(self.world.now(), Fact::EvMeter(reading))
    }

    /// Samples the board of a charger.
    pub fn sample(&mut self, evse: usize, inputs: &mut Inputs) {
        self.world.sample(evse, inputs);
    }

    /// Drives the board of a charger.
    pub fn drive(&mut self, evse: usize, outputs: &Outputs) {
        self.world.drive(evse, outputs);
    }

    /// What front ends see of the vehicle at a charger.
    #[must_use]
    pub fn car(&self, evse: usize) -> CarView {
        let car = self.world.car(evse);
        let model = self.cars.get(evse);
        let session = car.map_or(0.0, |car| car.energy_wh());
        CarView {
            plugged: car.is_some(),
            current: PerPhase::new(self.world.car_a(evse).map(deci)),
            max_a: model.map_or(0.0, |car| car.max_a),
            phases: model.map_or(3, |car| u8::try_from(car.phases).unwrap_or(3)),
            full: car.is_some_and(|car| car.is_full()),
            session: WattHours::from_wh(session as i64),
            total: self.world.energy(evse),
        }
    }

    /// What front ends see.
    #[must_use]
    pub fn view(&self) -> SiteView {
        SiteView {
            car: self.car(0),
            house_a: self.house_a(),
            solar_a: self.solar_a,
            meter_silent: self.meter_silent,
            breaker_tripped: self.world.breaker_tripped(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_roof_produces_then_the_house_keeps_its_load() {
        let mut plant = Plant::demo(25.0, 1);
        plant.change(PlantChange::House([None, Some(9.0), None]));
        plant.change(PlantChange::Solar(5.0));
        let site = plant.view();
        assert_eq!(site.house_a, [HOUSE_A[0], 9.0, HOUSE_A[2]]);
        assert_eq!(site.solar_a, 5.0);
        assert_eq!(plant.world.house_a()[1], 4.0);
    }

    #[test]
    fn when_the_vehicle_comes_and_goes_then_the_view_says_so() {
        let mut plant = Plant::demo(25.0, 2);
        let mut change = |change| {
            plant.change(PlantChange::Car(1, change));
            assert_eq!(plant.car(0).max_a, 16.0);
            assert!(!plant.view().car.plugged, "{change:?}");
            plant.car(1)
        };
        assert!(change(CarChange::Plug(true)).plugged);
        assert!(!change(CarChange::Plug(false)).plugged);
        assert!(!change(CarChange::Max(10.0)).plugged);
        let car = change(CarChange::Plug(true));
        assert_eq!((car.plugged, car.max_a), (true, 10.0));
        assert_eq!(
            plant.car(2),
            CarView {
                phases: 3,
                ..CarView::default()
            }
        );
    }

    #[test]
    fn when_the_vehicle_is_made_full_then_it_stays_so_until_it_is_hungry() {
        let mut plant = Plant::demo(25.0, 1);
        plant.change(PlantChange::Car(0, CarChange::Plug(true)));
        assert!(!plant.car(0).full);
        for full in [true, false] {
            plant.change(PlantChange::Car(0, CarChange::Full(full)));
            assert_eq!(plant.car(0).full, full);
            plant.change(PlantChange::Car(0, CarChange::Plug(true)));
            assert_eq!(plant.car(0).full, full, "the next plug-in");
        }
    }
}
