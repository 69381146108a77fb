//! A vehicle: a model as data, and its reactions to pilot and contactors.
//!
//! The default model follows the rules of closed-loop scenarios (design §6).
//! The awkward vehicles of charging specification §14(b) are the same model
//! with other data.

use std::collections::VecDeque;

use smartevse_types::{Duration, Instant, Phase};

use crate::connector::{PilotLoad, PilotSeen, VehicleSide};

/// Current with which a vehicle starts, in amperes (design §6).
const START_A: f64 = 6.0;

/// Smallest offer at which a vehicle asks for charge, in amperes.
const MIN_OFFER_A: f64 = 6.0;

/// Voltage of one phase.
pub const PHASE_VOLTS: f64 = 230.0;

/// What wakes a vehicle that does not react to a pulse width.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Sleep {
    /// It does not sleep.
    #[default]
    Awake,
    /// −12 V for so many seconds.
    UntilSteadyLow(f64),
    /// An isolated pilot for so many seconds.
    UntilIsolated(f64),
}

/// Behaviour of a vehicle, as data.
#[derive(Clone, PartialEq, Debug)]
pub struct CarModel {
    /// Conductors that it loads, 1..=3.
    pub phases: usize,
    /// Mains phase of each conductor.
    pub phase_map: [Phase; 3],
    /// Largest current per conductor, amperes.
    pub max_a: f64,
    /// Reaction time to a change of the offer, seconds.
    pub delay_s: f64,
    /// Rise of the current, amperes per second.
    pub ramp_up_a_s: f64,
    /// Fall of the current, amperes per second.
    pub ramp_down_a_s: f64,
    /// Energy that it wants, watt-hours.
    pub need_wh: f64,
    /// Keeps asking (6 V) when full, without drawing current.
    pub stays_in_c_when_full: bool,
    /// Time between the pulse width and asking for charge, seconds.
    pub asks_after_s: f64,
    /// The pilot diode is there.
    pub diode: bool,
    /// Goes on when the pulse width stops.
    pub deaf: bool,
    /// Time for which it goes on after the pulse width stopped, seconds.
    pub stops_after_s: f64,
    /// Asks from the moment it is plugged in (no switch S2).
    pub always_asks: bool,
    /// Changes between asking and not asking so often, seconds.
    pub toggles_every_s: Option<f64>,
    /// Asks with 3 V instead of 6 V.
    pub ventilated: bool,
    /// Shorts the pilot to protective earth.
    pub shorted: bool,
    /// Whether it must be woken first.
    pub sleep: Sleep,
}

impl Default for CarModel {
    fn default() -> Self {
        Self {
            phases: 3,
            phase_map: Phase::ALL,
            max_a: 16.0,
            delay_s: 1.0,
            ramp_up_a_s: 4.0,
            ramp_down_a_s: 8.0,
            need_wh: 60_000.0,
            stays_in_c_when_full: false,
            asks_after_s: 1.0,
            diode: true,
            deaf: false,
            stops_after_s: 0.0,
            always_asks: false,
            toggles_every_s: None,
            ventilated: false,
            shorted: false,
            sleep: Sleep::Awake,
        }
    }
}

/// What a vehicle sees of its charger.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Supply {
    /// Pilot.
    pub pilot: PilotSeen,
    /// Conductor 0 is connected.
    pub main: bool,
    /// Conductors 1 and 2 are connected.
    pub others: bool,
}

/// A vehicle at a connector.
#[derive(Clone, Debug)]
pub struct Car {
    model: CarModel,
    current_a: f64,
    energy_wh: f64,
    asking: bool,
    awake: bool,
    supply: Supply,
    pulse_since: Option<Instant>,
    silent_since: Option<Instant>,
    wake_since: Option<Instant>,
    wishes: VecDeque<(Instant, f64)>,
}

impl Car {
    /// Makes a vehicle with an empty battery.
    #[must_use]
    pub fn new(model: CarModel) -> Self {
        let awake = model.sleep == Sleep::Awake;
        Self {
            asking: model.always_asks,
            model,
            current_a: 0.0,
            energy_wh: 0.0,
            awake,
            supply: Supply::default(),
            pulse_since: None,
            silent_since: None,
            wake_since: None,
            wishes: VecDeque::new(),
        }
    }

    /// The behaviour.
    #[must_use]
    pub const fn model(&self) -> &CarModel {
        &self.model
    }

    /// Changes the largest current, amperes.
    pub fn set_max(&mut self, amps: f64) {
        self.model.max_a = amps;
    }

    /// Changes the behaviour of the vehicle where it stands.
    pub fn set_model(&mut self, model: CarModel) {
        self.awake |= model.sleep == Sleep::Awake;
        self.model = model;
    }

    /// Energy taken so far, watt-hours.
    #[must_use]
    pub const fn energy_wh(&self) -> f64 {
        self.energy_wh
    }

    /// Current per conductor, amperes.
    #[must_use]
    pub const fn current_a(&self) -> f64 {
        self.current_a
    }

    /// Whether it has taken what it wanted.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.energy_wh >= self.model.need_wh
    }

    /// What the charger sees of it.
    #[must_use]
    pub fn side(&self) -> VehicleSide {
        let load = match (self.model.shorted, self.asking, self.model.ventilated) {
            (true, _, _) => PilotLoad::Shorted,
            (false, true, false) => PilotLoad::Ready,
            (false, true, true) => PilotLoad::Ventilated,
            (false, false, _) => PilotLoad::Connected,
        };
        VehicleSide {
            load,
            diode: self.model.diode,
        }
    }

    /// Current on each mains phase, amperes.
    #[must_use]
    pub fn mains_currents(&self) -> [f64; 3] {
        let mut currents = [0.0; 3];
        for phase in self.model.phase_map.iter().take(self.conductors()) {
            currents[index_of(*phase)] += self.current_a;
        }
        currents
    }

    fn conductors(&self) -> usize {
        match (self.supply.main, self.supply.others) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => self.model.phases.min(3),
        }
    }

    /// Takes energy with the present current for a span.
    pub fn integrate(&mut self, span: Duration) {
        let hours = span.as_micros() as f64 / 3.6e9;
        self.energy_wh += self.current_a * self.conductors() as f64 * PHASE_VOLTS * hours;
    }

    /// Sees its supply at once: an open contactor means no current.
    pub fn supply(&mut self, supply: Supply) {
        if !supply.main {
            self.current_a = 0.0;
            self.wishes.clear();
        }
        self.supply = supply;
    }

    /// Reacts for one step of the plant that begins at `now`.
    pub fn step(&mut self, now: Instant, step: Duration) {
        self.wake(now);
        let target = self.target(now);
        self.approach(target, step.as_micros() as f64 / 1e6);
        self.decide_asking(now);
    }

    /// Until when the steps after the one at `now` change nothing, as long as
    /// its supply stays; `now` if the next one may.
    pub(crate) fn steady_until(&self, now: Instant) -> Instant {
        let restless = !self.awake || self.model.toggles_every_s.is_some();
        let silent = self.supply.pilot.offer_a() < MIN_OFFER_A || self.is_full();
        match (restless, silent) {
            (true, _) => now,
            (false, true) if self.rests(now) => Instant::FAR_FUTURE,
            (false, false) if self.follows(now) => self.full_at(now),
            (false, _) => now,
        }
    }

    /// It draws nothing and wants nothing.
    fn rests(&self, now: Instant) -> bool {
        let Some(since) = self.silent_since else {
            return false;
        };
        let unaware = self.model.deaf || seconds(now.since(since)) < self.model.stops_after_s;
        let offered = self.supply.pilot.offer_a() >= MIN_OFFER_A;
        let keeps_asking = self.is_full() && offered && self.model.stays_in_c_when_full;
        self.current_a == 0.0
            && self.wishes.is_empty()
            && (self.is_full() || !unaware)
            && self.pulse_since.is_some() == offered
            && (keeps_asking || self.asking == self.model.always_asks)
    }

    /// It asks, and draws what it wishes.
    fn follows(&self, now: Instant) -> bool {
        let offer = self.supply.pilot.offer_a();
        let wish = if self.supply.main {
            offer.min(self.model.max_a)
        } else {
            0.0
        };
        let delay = Duration::from_micros((self.model.delay_s * 1e6) as u64);
        let settled = self.wishes.len() == 1
            && self
                .wishes
                .front()
                .is_some_and(|(at, last)| *last == wish && *at + delay <= now);
        self.asking && self.pulse_since.is_some() && settled && self.current_a == wish
    }

    /// Shortly before it will be full with the present current.
    fn full_at(&self, now: Instant) -> Instant {
        let watts = self.current_a * self.conductors() as f64 * PHASE_VOLTS;
        if watts == 0.0 {
            return Instant::FAR_FUTURE;
        }
        let left_s = (self.model.need_wh - self.energy_wh) / watts * 3_600.0;
        let margin = Duration::from_millis(200);
        now.latest(now + Duration::from_micros((left_s * 1e6) as u64) - margin)
    }

    fn wake(&mut self, now: Instant) {
        let (seen, needed) = match self.model.sleep {
            Sleep::Awake => return,
            Sleep::UntilSteadyLow(s) => (self.supply.pilot == PilotSeen::SteadyLow, s),
            Sleep::UntilIsolated(s) => (self.supply.pilot == PilotSeen::Isolated, s),
        };
        self.wake_since = seen.then(|| self.wake_since.unwrap_or(now));
        self.awake |= self
            .wake_since
            .is_some_and(|at| seconds(now.since(at)) >= needed);
    }

    /// The present target after the reaction time.
    fn target(&mut self, now: Instant) -> f64 {
        let offer = self.supply.pilot.offer_a();
        if offer < MIN_OFFER_A || self.is_full() {
            return self.without_wish(now);
        }
        self.silent_since = None;
        let wish = if self.asking && self.supply.main {
            offer.min(self.model.max_a)
        } else {
            0.0
        };
        if self.wishes.back().is_none_or(|(_, last)| *last != wish) {
            self.wishes.push_back((now, wish));
        }
        let delay = Duration::from_micros((self.model.delay_s * 1e6) as u64);
        while self.wishes.get(1).is_some_and(|(at, _)| *at + delay <= now) {
            self.wishes.pop_front();
        }
        match self.wishes.front() {
            Some((at, wish)) if *at + delay <= now => *wish,
            _ => self.current_a,
        }
    }

    /// Without an offer, or when full, it stops at once; a slow vehicle sees
    /// late that the offer is gone, a deaf one never.
    fn without_wish(&mut self, now: Instant) -> f64 {
        let since = *self.silent_since.get_or_insert(now);
        let unaware = self.model.deaf || seconds(now.since(since)) < self.model.stops_after_s;
        if unaware && !self.is_full() {
            return self.current_a;
        }
        self.wishes.clear();
        0.0
    }

    fn approach(&mut self, target: f64, seconds: f64) {
        let up = self.model.ramp_up_a_s * seconds;
        let down = self.model.ramp_down_a_s * seconds;
        self.current_a = if !self.supply.main {
            0.0
        } else if target >= START_A.min(self.model.max_a) && self.current_a < START_A {
            START_A.min(target)
        } else {
            target.clamp(self.current_a - down, self.current_a + up)
        };
        if self.current_a < 1e-9 {
            self.current_a = 0.0;
        }
    }

    fn decide_asking(&mut self, now: Instant) {
        let offered = self.supply.pilot.offer_a() >= MIN_OFFER_A;
        self.pulse_since = offered.then(|| self.pulse_since.unwrap_or(now));
        if let Some(since) = self.pulse_since {
            let waited = seconds(now.since(since));
            if self.awake && !self.is_full() && waited >= self.model.asks_after_s {
                self.asking = self.toggled_on(waited - self.model.asks_after_s);
            }
        } else if self.current_a == 0.0 && !self.model.deaf {
            self.asking = false;
        }
        if self.is_full() && self.current_a == 0.0 && !self.model.stays_in_c_when_full {
            self.asking = false;
        }
        self.asking |= self.model.always_asks;
    }

    fn toggled_on(&self, waited: f64) -> bool {
        match self.model.toggles_every_s {
            Some(period) if period > 0.0 => ((waited / period) as u64).is_multiple_of(2),
            _ => true,
        }
    }
}

/// Number of a phase, 0..=2.
#[must_use]
pub const fn index_of(phase: Phase) -> usize {
    match phase {
        Phase::L1 => 0,
        Phase::L2 => 1,
        Phase::L3 => 2,
    }
}

/// A span in seconds.
fn seconds(span: Duration) -> f64 {
    span.as_micros() as f64 / 1e6
}
