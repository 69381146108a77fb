//! A charger on a bench: a station with hand-held inputs.

use smartevse::core::directive::PowerGrant;
use smartevse::core::event::{Event, Fact};
use smartevse::core::io::{
    Inputs, MilliVoltRange, Outputs, PilotSample, ProximityInput, TemperatureInput,
};
use smartevse::types::{Access, Celsius, DeciAmps, Instant, LimitedBy, Ohms};
use smartevse::{Planning, Setup, Station};

/// Position of the vehicle's resistor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Car {
    Away,
    Connected,
    Asks,
}

/// Pilot that the car makes of the outputs. `from` is the moment since which
/// the bench has known the level.
pub fn pilot(car: Car, outputs: &Outputs, from: Instant, at: Instant) -> PilotSample {
    let high = match car {
        Car::Away => 12_000,
        Car::Connected => 9_000,
        Car::Asks => 6_000,
    };
    let pulsed = (1..1000).contains(&outputs.duty.as_permille());
    let steady_low = outputs.duty.as_permille() == 0;
    let high = if steady_low { -12_000 } else { high };
    PilotSample {
        from,
        at,
        high: MilliVoltRange::from_milli(high, high),
        low: pulsed.then_some(MilliVoltRange::from_milli(-12_000, -12_000)),
    }
}

pub fn inputs() -> Inputs {
    Inputs {
        proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
        temperature: TemperatureInput::Measured(Celsius::from_celsius(25)),
        ..Inputs::default()
    }
}

/// A station under an outside load manager that grants 16 A.
pub fn setup() -> Setup<'static> {
    Setup {
        access: Access::On,
        planning: Planning::External,
        ..Setup::default()
    }
}

pub fn grant(at: Instant, deci: i32) -> Event {
    let grant = PowerGrant {
        available: deci > 0,
        offered: DeciAmps::from_deci(deci),
        limited_by: LimitedBy::External,
    };
    Event {
        at,
        fact: Fact::Grant(grant),
    }
}

/// A station polled every 10 ms.
pub struct Bench {
    pub station: Station,
    pub now: Instant,
    pub car: Car,
    pub inputs: Inputs,
    pub outputs: Outputs,
}

impl Bench {
    pub fn new(setup: &Setup<'_>) -> Self {
        let mut station = Station::new(setup, Instant::ZERO);
        station.event(grant(Instant::ZERO, 160));
        Self {
            station,
            now: Instant::ZERO,
            car: Car::Away,
            inputs: inputs(),
            outputs: Outputs::SAFE,
        }
    }

    pub fn tick(&mut self) {
        let before = self.now;
        self.now += smartevse::types::Duration::from_millis(10);
        self.inputs.pilot = Some(pilot(self.car, &self.outputs, before, self.now));
        self.outputs = self.station.poll(self.now, &self.inputs);
    }

    pub fn run_ms(&mut self, ms: u64) {
        for _ in 0..ms / 10 {
            self.tick();
        }
    }

    /// Plugs a car in and lets it charge.
    pub fn charging(setup: &Setup<'_>) -> Self {
        let mut bench = Self::new(setup);
        bench.run_ms(10_000);
        bench.car = Car::Connected;
        bench.run_ms(5_000);
        bench.car = Car::Asks;
        bench.run_ms(5_000);
        assert!(
            bench.outputs.contactor1.is_closed(),
            "{:?}",
            bench.station.status()
        );
        bench
    }
}
