//! From an edge at the connector to the contactor output: samples every
//! millisecond, the window of 25 ms and a poll every 10 ms, for every phase
//! between edge and poll (charging specification §2.5, §3.4, §11.3).

use smartevse_core::adapters::PilotWindow;
use smartevse_core::charger::{BoardFacts, BootRecord, Charger};
use smartevse_core::directive::{Directive, PowerGrant};
use smartevse_core::io::{Inputs, Outputs, ProximityInput, ResidualCurrentInput, TemperatureInput};
use smartevse_core::options::CableKind;
use smartevse_core::types::{
    Access, Celsius, DeciAmps, Duration, Instant, LimitedBy, MilliVolts, Ohms,
};

/// A charger, its sampled pilot line and the vehicle on it.
#[derive(Clone)]
struct Station {
    charger: Charger,
    window: PilotWindow<25>,
    inputs: Inputs,
    directive: Directive,
    outputs: Outputs,
    now: Instant,
    /// Levels of the line while pulses are driven, millivolts.
    high: i32,
    low: i32,
    /// The converter runs.
    sampled: bool,
}

impl Station {
    fn new() -> Self {
        let now = Instant::from_secs(100);
        let mut directive = Directive {
            access: Access::On,
            three_phase: true,
            grant: PowerGrant {
                available: true,
                offered: DeciAmps::from_deci(160),
                limited_by: LimitedBy::Max,
            },
            ..Directive::default()
        };
        directive.config.cable = CableKind::Fixed;
        directive.config.residual_current = true;
        Self {
            charger: Charger::new(BoardFacts::default(), BootRecord::default(), now),
            window: PilotWindow::new(),
            inputs: Inputs {
                proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
                residual_current: ResidualCurrentInput::Normal,
                temperature: TemperatureInput::Measured(Celsius::from_celsius(25)),
                ..Inputs::default()
            },
            directive,
            outputs: Outputs::SAFE,
            now,
            high: 6_000,
            low: -12_000,
            sampled: true,
        }
    }

    fn charging() -> Self {
        let mut station = Self::new();
        for _ in 0..30_000 {
            station.millisecond();
        }
        assert!(station.is_closed(), "{:#?}", station.charger.status());
        station
    }

    fn is_closed(&self) -> bool {
        self.outputs.contactor1.is_closed()
    }

    /// One sample; every tenth one poll.
    fn millisecond(&mut self) {
        self.now += Duration::from_millis(1);
        if self.sampled {
            self.sample();
        }
        if self.now.as_millis().is_multiple_of(10) {
            self.inputs.pilot = self.window.summary();
            self.directive.issued = Some(self.now);
            self.outputs = self.charger.poll(self.now, &self.inputs, &self.directive);
        }
    }

    fn sample(&mut self) {
        let high = MilliVolts::from_milli(self.high);
        if (1..1_000).contains(&self.outputs.duty.as_permille()) {
            self.window.push_high(self.now, high);
            let low = MilliVolts::from_milli(self.low);
            self.window.push_low(self.now, low);
        } else {
            self.window.push_steady(self.now, high);
        }
    }

    /// Milliseconds from the edge, which comes so many milliseconds after a
    /// poll, to the output.
    fn opens_after(&self, phase: u64, edge: fn(&mut Self)) -> Option<u64> {
        let mut station = self.clone();
        for _ in 0..phase {
            station.millisecond();
        }
        edge(&mut station);
        (1..=1_000).find(|_| {
            station.millisecond();
            !station.is_closed()
        })
    }
}

fn level(station: &mut Station, milli: i32) {
    station.high = milli;
}

fn residual_current(station: &mut Station) {
    station.inputs.residual_current = ResidualCurrentInput::Fault;
}

type Row = (&'static str, fn(&mut Station), u64);

/// The edges and their limits in milliseconds.
const LIMITS: [Row; 10] = [
    ("residual current", residual_current, 20),
    ("9 V", |station| level(station, 9_000), 60),
    ("12 V", |station| level(station, 12_000), 60),
    ("shorted", |station| level(station, 0), 150),
    ("stuck low", |station| level(station, -12_000), 150),
    ("ventilation", |station| level(station, 3_000), 150),
    ("between the levels", |station| level(station, -5_000), 150),
    ("no diode", |station| station.low = -6_000, 150),
    ("no low phase", |station| station.low = 6_000, 150),
    ("no samples", |station| station.sampled = false, 150),
];

/// I-06, I-07, I-08, charging 3.4: RCM 20 ms, 9 V and 12 V 60 ms, everything
/// else on the pilot 150 ms.
#[test]
fn when_an_edge_comes_at_any_moment_then_the_output_opens_within_its_limit() {
    let station = Station::charging();
    for (name, edge, limit) in LIMITS {
        let times: Vec<_> = (0..10)
            .map(|phase| station.opens_after(phase, edge).unwrap_or(u64::MAX))
            .collect();
        let slowest = times.iter().max().unwrap();
        println!("{name:<20} {slowest:>4} of {limit} ms");
        assert!(*slowest <= limit, "{name}: {times:?}");
    }
}

/// I-07: a level that wanders between 6 V and 0 V, never good for a whole
/// window, does not extend the limit.
#[test]
fn when_the_level_alternates_then_the_output_opens_within_150_ms() {
    let charging = Station::charging();
    for period in [3, 5, 13, 30, 60] {
        let mut station = charging.clone();
        let opened = (1..=1_000_u64).find(|ms| {
            let bad = ms % period < period * 2 / 3;
            station.high = if bad { 0 } else { 6_000 };
            station.millisecond();
            !station.is_closed()
        });
        assert!(opened.is_some_and(|ms| ms <= 150), "{period}: {opened:?}");
    }
}
