//! The plant: chargers' boards, vehicles, house, meters and breaker on one
//! time line.
//!
//! The world does not know who controls the boards: in virtual time a runner
//! asks [`World::deadline`] and advances to it, in real time a program advances
//! to the present moment. Both get the same plant.

use std::collections::VecDeque;

use smartevse_core::event::{Event, Fact};
use smartevse_core::hardware::Board;
use smartevse_core::io::{HardwareFaults, Inputs, Outputs, SwitchInput};
use smartevse_types::{DeciAmps, Duration, Instant, PerPhase, WattHours};

use crate::car::{Car, CarModel};
use crate::evse_board::{BoardKit, SimBoard};
use crate::place::Place;
pub use crate::port::Port;
use crate::site::{Breaker, Meter, MeterModel, Series, deci, reading_event};

/// Step of the plant (design §6).
pub const STEP: Duration = Duration::from_millis(100);

/// A vehicle that comes and goes by a timetable.
#[derive(Clone, PartialEq, Debug)]
pub struct Visit {
    /// Charger at which it is plugged in.
    pub evse: usize,
    /// When it is plugged in.
    pub from: Instant,
    /// When it is unplugged.
    pub to: Option<Instant>,
    /// The vehicle.
    pub car: CarModel,
}

/// What a world consists of, as data.
#[derive(Clone, PartialEq, Debug)]
pub struct WorldPlan {
    /// Boards, one per charger.
    pub boards: Vec<BoardKit>,
    /// Vehicles with their times.
    pub visits: Vec<Visit>,
    /// House minus roof.
    pub house: Series,
    /// Loads behind the EV meter of charger 0, contained in `house`.
    pub subpanel: Option<Series>,
    /// Home battery, contained in `house`, positive = charging.
    pub battery: Option<Series>,
    /// Mains meter.
    pub mains_meter: MeterModel,
    /// Whether charger 0 has an EV meter of the same model.
    pub ev_meter: bool,
    /// Whether each of the others has one for its own vehicle.
    pub each_ev_meter: bool,
    /// Rated current of the main breaker, amperes.
    pub mains_a: f64,
    /// Span in which the grid relay is open; `None` = no relay.
    pub relay_open: Option<(Instant, Instant)>,
}

impl Default for WorldPlan {
    fn default() -> Self {
        Self {
            boards: vec![BoardKit::default()],
            visits: Vec::new(),
            house: Series::constant([0.0; 3]),
            subpanel: None,
            battery: None,
            mains_meter: MeterModel::default(),
            ev_meter: false,
            each_ev_meter: false,
            mains_a: 25.0,
            relay_open: None,
        }
    }
}

/// Sums over the whole run that need every step.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Energies {
    /// Imported from the grid (signed sum of the phases), watt-hours.
    pub grid_import_wh: f64,
    /// Exported to the grid, watt-hours.
    pub export_wh: f64,
    /// Energy of the vehicles not covered by surplus, watt-hours.
    pub ev_grid_import_wh: f64,
}

/// Reading or other fact for a charger.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Delivery {
    /// The charger whose own meter it is; `None` = the mains meter or the home
    /// battery, for whoever plans the site.
    pub evse: Option<usize>,
    /// The fact.
    pub event: Event,
}

/// The plant.
#[derive(Clone, Debug)]
pub struct World {
    plan: WorldPlan,
    now: Instant,
    /// Energies and heat are counted up to here.
    counted: Instant,
    last_step: Instant,
    next_step: Instant,
    house_a: [f64; 3],
    subpanel_a: Option<[f64; 3]>,
    places: Vec<Place>,
    mains_meter: Meter,
    ev_meter: Option<Meter>,
    /// The meters of the other vehicles, by charger from 1.
    car_meters: Vec<Meter>,
    breaker: Breaker,
    energies: Energies,
    deliveries: VecDeque<Delivery>,
}

impl World {
    /// Makes a world at time zero.
    #[must_use]
    pub fn new(plan: WorldPlan) -> Self {
        let places = plan.boards.iter().map(|kit| Place::new(*kit)).collect();
        let mut world = Self {
            now: Instant::ZERO,
            counted: Instant::ZERO,
            last_step: Instant::ZERO,
            next_step: Instant::ZERO,
            house_a: plan.house.at(Instant::ZERO),
            subpanel_a: None,
            places,
            mains_meter: Meter::new(plan.mains_meter),
            ev_meter: plan.ev_meter.then(|| {
                Meter::new(MeterModel {
                    seed: plan.mains_meter.seed.wrapping_add(1),
                    ..plan.mains_meter
                })
            }),
            car_meters: car_meters(&plan),
            breaker: Breaker::new(plan.mains_a),
            energies: Energies::default(),
            deliveries: VecDeque::new(),
            plan,
        };
        world.advance(Instant::ZERO);
        world
    }

    /// Number of chargers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no charger.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Present moment of the plant.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// When the plant changes by itself.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        let meters = self
            .ev_meter
            .iter()
            .chain(&self.car_meters)
            .map(Meter::deadline)
            .fold(self.mains_meter.deadline(), Instant::earliest);
        self.places
            .iter()
            .filter(|place| !place.quiet)
            .map(|place| place.board.deadline(self.now))
            .fold(self.next_step.earliest(meters), Instant::earliest)
    }

    /// Lets the time pass until `now`, step by step.
    pub fn advance(&mut self, now: Instant) {
        self.pass(now);
        self.count();
    }

    /// As [`advance`](Self::advance), but what flows constantly is counted
    /// later: before it changes, or with [`count`](Self::count).
    pub(crate) fn pass(&mut self, now: Instant) {
        loop {
            let next = self.deadline().earliest(now);
            self.now = self.now.latest(next);
            if next >= self.next_step {
                self.step();
            }
            self.read_meters();
            if next >= now {
                return;
            }
        }
    }

    /// Counts energies and heat up to now.
    pub(crate) fn count(&mut self) {
        let span = self.now.since(self.counted);
        self.counted = self.now;
        if span == Duration::ZERO {
            return;
        }
        let (net, cars) = (self.net_a(), self.cars_a());
        let hours = span.as_micros() as f64 / 3.6e9;
        let wh = |amps: f64| amps * crate::car::PHASE_VOLTS * hours;
        let (net_sum, cars_sum) = (net.iter().sum::<f64>(), cars.iter().sum::<f64>());
        self.energies.grid_import_wh += wh(net_sum.max(0.0));
        self.energies.export_wh += wh((-net_sum).max(0.0));
        self.energies.ev_grid_import_wh += wh(cars_sum.min(net_sum.max(0.0)));
        self.breaker.integrate(net, span);
        self.mains_meter.integrate(net, span);
        let behind = self.behind_ev_meter();
        if let Some(meter) = &mut self.ev_meter {
            meter.integrate(behind, span);
        }
        for at in 0..self.car_meters.len() {
            let amps = self.car_a(at + 1);
            self.car_meters[at].integrate(amps, span);
        }
        for place in &mut self.places {
            place.integrate(span);
        }
    }

    fn step(&mut self) {
        self.count();
        let now = self.next_step;
        self.house_a = self.plan.house.at(now);
        self.subpanel_a = self.plan.subpanel.as_ref().map(|it| it.at(now));
        self.follow_timetable(now);
        self.follow_relay(now);
        for place in &mut self.places {
            place.step(now);
        }
        self.last_step = now;
        self.next_step = self.next_change(now);
    }

    /// The first step after `now` in which anything can change.
    fn next_change(&self, now: Instant) -> Instant {
        let cars = self.places.iter().filter_map(|place| place.car.as_ref());
        let steady = cars.map(|car| car.steady_until(now));
        let series = [Some(&self.plan.house), self.plan.subpanel.as_ref()];
        let series = series.into_iter().flatten().map(|it| it.next_after(now));
        let visits = self.plan.visits.iter();
        let visits = visits.flat_map(|visit| [Some(visit.from), visit.to]);
        let relay = self.plan.relay_open.map(|(from, to)| [from, to]);
        let times = visits
            .flatten()
            .chain(relay.into_iter().flatten())
            .filter(|at| *at > now);
        let first = steady
            .chain(series)
            .chain(times)
            .fold(Instant::FAR_FUTURE, Instant::earliest);
        grid_from(first).latest(now + STEP)
    }

    /// Something changed: the vehicles may react in the next step.
    fn stir(&mut self) {
        let next = grid_from(self.now + Duration::from_micros(1));
        self.next_step = self.next_step.earliest(next);
    }

    fn follow_timetable(&mut self, now: Instant) {
        let last = self.last_step;
        let due = |at: Instant| at <= now && (at > last || now == Instant::ZERO);
        let visits = std::mem::take(&mut self.plan.visits);
        for visit in &visits {
            if visit.to.is_some_and(due) {
                self.unplug(visit.evse);
            }
            if due(visit.from) {
                self.plug(visit.evse, visit.car.clone());
            }
        }
        self.plan.visits = visits;
    }

    fn follow_relay(&mut self, now: Instant) {
        let Some((from, to)) = self.plan.relay_open else {
            return;
        };
        let switch = if now >= from && now < to {
            SwitchInput::Open
        } else {
            SwitchInput::Closed
        };
        for place in &mut self.places {
            place.board.set_switch(switch);
            place.quiet = false;
        }
    }

    fn read_meters(&mut self) {
        let others = self.ev_meter.iter().chain(&self.car_meters);
        let due = others.map(Meter::deadline);
        if self.now < due.fold(self.mains_meter.deadline(), Instant::earliest) {
            return;
        }
        self.count();
        self.read_car_meters();
        let (now, net, behind) = (self.now, self.net_a(), self.behind_ev_meter());
        self.mains_meter.sample(now, net);
        while let Some((at, reading)) = self.mains_meter.delivered(now) {
            self.deliver(None, reading_event(at, Fact::Mains(reading)));
            if let Some(battery) = &self.plan.battery {
                let sum = battery.at(at).iter().sum();
                self.deliver(None, reading_event(at, Fact::Battery(deci(sum))));
            }
        }
        let Some(meter) = &mut self.ev_meter else {
            return;
        };
        meter.sample(now, behind);
        let readings: Vec<_> = std::iter::from_fn(|| meter.delivered(now)).collect();
        for (at, reading) in readings {
            self.deliver(Some(0), reading_event(at, Fact::EvMeter(reading)));
        }
    }

    fn read_car_meters(&mut self) {
        for at in 0..self.car_meters.len() {
            let (evse, now) = (at + 1, self.now);
            let amps = self.car_a(evse);
            let meter = &mut self.car_meters[at];
            meter.sample(now, amps);
            let readings: Vec<_> = std::iter::from_fn(|| meter.delivered(now)).collect();
            for (at, reading) in readings {
                self.deliver(Some(evse), reading_event(at, Fact::EvMeter(reading)));
            }
        }
    }

    fn deliver(&mut self, evse: Option<usize>, event: Event) {
        self.deliveries.push_back(Delivery { evse, event });
    }

    /// The next fact that a meter delivered, in the order of time.
    pub fn take_delivery(&mut self) -> Option<Delivery> {
        self.deliveries.pop_front()
    }

    /// The board of a charger as a port would give it: sampling lets the plant
    /// run to the given moment.
    pub fn port(&mut self, evse: usize) -> Port<'_> {
        Port::new(self, evse)
    }

    /// Outputs of a board that refuse their commands now.
    #[must_use]
    pub fn refused(&self, evse: usize) -> HardwareFaults {
        let place = self.places.get(evse);
        place.map_or(HardwareFaults::empty(), |place| place.board.refused())
    }

    /// Samples the board of a charger.
    pub fn sample(&mut self, evse: usize, inputs: &mut Inputs) {
        let now = self.now;
        if let Some(place) = self.places.get_mut(evse) {
            place.board.sample(now, inputs);
        }
    }

    /// Whether the inputs of a board may have changed since
    /// [`calm`](Self::calm).
    pub(crate) fn is_stirred(&self, evse: usize) -> bool {
        self.places.get(evse).is_some_and(|place| !place.quiet)
    }

    /// Its inputs were found unchanged: they stay so until something happens.
    pub(crate) fn calm(&mut self, evse: usize) {
        let now = self.now;
        if let Some(place) = self.places.get_mut(evse) {
            let settled = place.board.deadline(now) == Instant::FAR_FUTURE;
            place.quiet = settled && !place.board.faults().pilot_frozen;
        }
    }

    /// Whether the board repeats an old sample, which grows stale.
    pub(crate) fn is_frozen(&self, evse: usize) -> bool {
        let place = self.places.get(evse);
        place.is_some_and(|place| place.board.faults().pilot_frozen)
    }

    /// What the board would show now, without taking the sample.
    #[must_use]
    pub fn peek(&self, evse: usize) -> Option<Inputs> {
        self.places
            .get(evse)
            .map(|place| place.board.peek(self.now))
    }

    /// Drives the board of a charger. Opening the main contactor stops the
    /// current at once.
    pub fn drive(&mut self, evse: usize, outputs: &Outputs) {
        let same = |place: &Place| place.board.outputs() == outputs && place.quiet;
        if self.places.get(evse).is_none_or(same) {
            return;
        }
        self.count();
        let now = self.now;
        if let Some(place) = self.places.get_mut(evse) {
            let before = place.board.supply();
            place.drive(now, outputs);
            if place.board.supply() != before {
                self.stir();
            }
        }
    }

    /// The board of a charger, to break or change it.
    pub fn board(&mut self, evse: usize) -> Option<&mut SimBoard> {
        self.count();
        self.stir();
        let now = self.now;
        let place = self.places.get_mut(evse)?;
        place.quiet = false;
        place.board.touch(now);
        Some(&mut place.board)
    }

    /// The vehicle at a charger.
    #[must_use]
    pub fn car(&self, evse: usize) -> Option<&Car> {
        self.places.get(evse)?.car.as_ref()
    }

    /// Plugs a vehicle in; the one that was there leaves.
    pub fn plug(&mut self, evse: usize, model: CarModel) {
        self.count();
        self.stir();
        if let Some(place) = self.places.get_mut(evse) {
            place.car = Some(Car::new(model));
            place.connect();
        }
    }

    /// Unplugs the vehicle.
    pub fn unplug(&mut self, evse: usize) {
        self.count();
        self.stir();
        if let Some(place) = self.places.get_mut(evse) {
            place.car = None;
            place.connect();
        }
    }

    /// Changes the behaviour of the vehicle where it stands; the charger sees
    /// it at once.
    pub fn change_car(&mut self, evse: usize, model: CarModel) {
        self.count();
        self.stir();
        if let Some(place) = self.places.get_mut(evse) {
            if let Some(car) = &mut place.car {
                car.set_model(model);
            }
            place.connect();
        }
    }

    /// Changes the largest current of the vehicle, amperes.
    pub fn set_car_max(&mut self, evse: usize, amps: f64) {
        self.count();
        self.stir();
        if let Some(car) = self.places.get_mut(evse).and_then(|p| p.car.as_mut()) {
            car.set_max(amps);
        }
    }

    /// Replaces the house by a constant load, amperes per phase.
    pub fn set_house(&mut self, amps: [f64; 3]) {
        self.count();
        self.stir();
        self.plan.house = Series::constant(amps);
        self.house_a = amps;
    }

    /// Makes the mains meter silent, or lets it speak again.
    pub fn set_mains_meter_silent(&mut self, silent: bool) {
        self.mains_meter.set_silent(silent);
    }

    /// Present house minus roof, amperes per phase.
    #[must_use]
    pub const fn house_a(&self) -> [f64; 3] {
        self.house_a
    }

    /// Present current of a charger's vehicle, amperes per mains phase.
    #[must_use]
    pub fn car_a(&self, evse: usize) -> [f64; 3] {
        self.car(evse).map(Car::mains_currents).unwrap_or_default()
    }

    /// Present current of all vehicles, amperes per mains phase.
    #[must_use]
    pub fn cars_a(&self) -> [f64; 3] {
        (0..self.len()).fold([0.0; 3], |sum, evse| add(sum, self.car_a(evse)))
    }

    /// Present current at the mains connection, amperes per phase.
    #[must_use]
    pub fn net_a(&self) -> [f64; 3] {
        add(self.house_a, self.cars_a())
    }

    /// Present current at the mains connection, in tenths of amperes.
    #[must_use]
    pub fn net_deci(&self) -> PerPhase<DeciAmps> {
        PerPhase::new(self.net_a().map(deci))
    }

    /// Present current of the circuit behind the EV meter: the sub-panel and
    /// its vehicle, or all vehicles of a group; amperes per phase.
    #[must_use]
    pub fn circuit_a(&self) -> [f64; 3] {
        match self.subpanel_a {
            Some(_) => self.behind_ev_meter(),
            None => self.cars_a(),
        }
    }

    fn behind_ev_meter(&self) -> [f64; 3] {
        add(self.subpanel_a.unwrap_or_default(), self.car_a(0))
    }

    /// Energy that a charger has delivered, watt-hours.
    #[must_use]
    pub fn energy_wh(&self, evse: usize) -> f64 {
        self.places.get(evse).map_or(0.0, |place| place.energy_wh)
    }

    /// Energy that a charger has delivered, rounded down.
    #[must_use]
    pub fn energy(&self, evse: usize) -> WattHours {
        WattHours::from_wh(self.energy_wh(evse) as i64)
    }

    /// Sums over the run so far.
    #[must_use]
    pub const fn energies(&self) -> Energies {
        self.energies
    }

    /// Openings of main contactors while more than 1 A flowed.
    #[must_use]
    pub fn opens_under_load(&self) -> u32 {
        self.places.iter().map(|place| place.opens_under_load).sum()
    }

    /// Whether the main breaker has tripped.
    #[must_use]
    pub const fn breaker_tripped(&self) -> bool {
        self.breaker.has_tripped()
    }
}

/// The first moment of the plant's grid from `at` on.
fn grid_from(at: Instant) -> Instant {
    let step = STEP.as_micros();
    Instant::from_micros(at.as_micros().div_ceil(step).saturating_mul(step))
}

fn car_meters(plan: &WorldPlan) -> Vec<Meter> {
    let others = plan.boards.iter().skip(1).filter(|_| plan.each_ev_meter);
    (1..)
        .zip(others)
        .map(|(evse, _)| {
            Meter::new(MeterModel {
                seed: plan.mains_meter.seed.wrapping_add(1 + evse),
                ..plan.mains_meter
            })
        })
        .collect()
}

fn add(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}
