//! A sub-panel with a washer and a charger behind a meter of its own: neither
//! the main breaker nor that of the sub-panel is overloaded for longer than the
//! reaction takes (regulation specification §12, configuration guide: CIRCUIT).

use smartevse::{CircuitMeter, Setup, Stored};
use smartevse_core::event::{Event, Fact};
use smartevse_core::faults::Faults;
use smartevse_core::io::{Deadline, Inputs, Outputs};
use smartevse_core::registry::SettingId;
use smartevse_core::settings::{Settings, load};
use smartevse_meters::Meter;
use smartevse_sim::run::{Controller, Run, Violation};
use smartevse_sim::scenario::Scenario;
use smartevse_sim::simulate::{StationSeat, board_facts};
use smartevse_sim::wiring::scenario_settings;
use smartevse_sim::world::World;
use smartevse_types::{Access, DeciAmps, Duration, Instant};

/// Breakers of the guide's example, A.
const MAINS: f64 = 25.0;
const CIRCUIT: f64 = 16.0;

/// Noise of the meters, and what a set-point of 0.1 A cannot resolve, A.
const TOLERANCE: f64 = 0.3;

/// Meters each 2 s with 0.4 s of latency, a vehicle that waits 1 s and falls
/// by 8 A/s, one sample that was lost; s.
const REACTION: f64 = 6.0;

/// A shortage ends the charge after three samples at MIN, about 6 s, and the
/// orderly stop of at most 6 s (decision 49); s.
const STOP: f64 = 12.0;

/// Time between two steps of the loads, s.
const STEP: u64 = 120;

/// One row of the table in the specification: the rest of the house, the
/// washer, and the current that is left for the vehicle (0 = none), A.
struct Row(f64, f64, f64);

const ROWS: &[Row] = &[
    Row(5.0, 0.0, 16.0),
    Row(5.0, 9.0, 7.0),
    Row(0.0, 0.0, 16.0),
    Row(12.0, 9.0, 0.0),
    Row(0.0, 0.0, 16.0),
    Row(0.0, 11.0, 0.0),
    Row(18.0, 0.0, 7.0),
    Row(5.0, 0.0, 16.0),
];

/// What the EV meter of the simulated site measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Feed {
    /// Nothing that counts: the circuit has a meter of its own.
    Circuit,
    /// That meter falls silent at this second.
    SilentFrom(u64),
}

/// A station whose simulated EV meter is the meter of the circuit.
struct Garage {
    seat: StationSeat,
    feed: Feed,
}

impl Controller for Garage {
    fn event(&mut self, event: Event) {
        let Fact::EvMeter(reading) = event.fact else {
            return self.seat.event(event);
        };
        let speaks = match self.feed {
            Feed::Circuit => true,
            Feed::SilentFrom(second) => event.at < Instant::from_secs(second),
        };
        if speaks {
            let fact = Fact::Circuit(reading);
            self.seat.event(Event { at: event.at, fact });
        }
    }

    fn poll(&mut self, now: Instant, inputs: &Inputs, world: &World) -> Result<Outputs, Violation> {
        self.seat.poll(now, inputs, world)
    }

    fn deadline(&self) -> Deadline {
        self.seat.deadline()
    }

    fn offered(&self) -> DeciAmps {
        self.seat.offered()
    }

    fn state(&self) -> &'static str {
        self.seat.state()
    }
}

fn scenario() -> Scenario {
    let rise = |load: fn(&Row) -> f64| -> Vec<String> {
        ROWS.iter().map(|row| load(row).to_string()).collect()
    };
    let (house, washer) = (
        rise(|row| row.0 + row.1).join(","),
        rise(|row| row.1).join(","),
    );
    let idle = vec!["0"; ROWS.len()].join(",");
    let text = format!(
        r#"{{"id":"subpanel","duration_s":1000,"mode":"smart","power_share":false,
        "settings":{{"mains_a":25,"min_a":6,"max_a":16,"circuit_a":16,"contact2":"always_on"}},
        "meter":{{"period_s":2.0,"latency_s":0.4,"noise_a":0.1,"seed":7,"ev_meter":true,"dropout_s":null}},
        "evses":[{{"plug_s":10,"unplug_s":null,"phases":1,"max_a":16,"delay_s":1.0,"ramp_up_a_s":4.0,
            "ramp_down_a_s":8.0,"need_wh":60000}}],
        "subpanel_a":{{"step_s":{STEP},"l1":[{washer}],"l2":[{idle}],"l3":[{idle}]}},
        "net_house_a":{{"step_s":{STEP},"l1":[{house}],"l2":[{idle}],"l3":[{idle}]}}}}"#
    );
    Scenario::parse(&text).unwrap()
}

/// The settings of the scenario, without an EV meter.
fn settings(scenario: &Scenario) -> Settings {
    let settings = scenario_settings(scenario, 0).unwrap();
    let kept = SettingId::ALL.iter().map(|id| (*id, settings.value(*id)));
    load(kept.chain([(SettingId::EvMeter, 0)])).settings
}

fn garage(scenario: &Scenario, feed: Feed) -> Run<'static, Garage> {
    let setup = Setup {
        facts: board_facts(),
        settings: settings(scenario),
        access: Access::On,
        stored: Stored::Intact,
        circuit_meter: CircuitMeter::new(Meter::Api.id(), CircuitMeter::DEFAULT_ADDRESS),
        ..Setup::default()
    };
    assert!(setup.circuit_meter.is_some());
    let seat = StationSeat::new(&setup);
    Run::new(scenario, vec![Garage { seat, feed }])
}

/// How long a limit has been exceeded without a break, and the longest time.
#[derive(Clone, Copy, Debug, Default)]
struct Overload {
    now: f64,
    longest: f64,
}

impl Overload {
    fn note(&mut self, exceeded: bool, seconds: f64) {
        self.now = if exceeded { self.now + seconds } else { 0.0 };
        self.longest = self.longest.max(self.now);
    }
}

fn washer_at(second: f64) -> f64 {
    let row = (second / STEP as f64) as usize;
    ROWS[row.min(ROWS.len() - 1)].1
}

/// The whole table of regulation 12, one row after the other.
#[test]
fn when_a_washer_runs_in_the_sub_panel_then_neither_breaker_is_overloaded_for_long() {
    let scenario = scenario();
    let mut run = garage(&scenario, Feed::Circuit);
    for (index, row) in ROWS.iter().enumerate() {
        let (mut mains, mut circuit) = (Overload::default(), Overload::default());
        let from = index as u64 * STEP;
        for tenth in 0..STEP * 10 {
            let now = Instant::from_secs(from) + Duration::from_millis(tenth * 100);
            run.until(now).unwrap();
            let second = from as f64 + tenth as f64 / 10.0;
            let [net, ..] = run.world().net_a();
            let [car, ..] = run.world().car_a(0);
            mains.note(net > MAINS + TOLERANCE, 0.1);
            circuit.note(car + washer_at(second) > CIRCUIT + TOLERANCE, 0.1);
        }
        let Row(house, washer, left) = row;
        println!(
            "house {house:4.1} A, washer {washer:4.1} A: above MAINS {:4.1} s, above CIRCUIT {:4.1} s",
            mains.longest, circuit.longest
        );
        let allowed = if *left > 0.0 { REACTION } else { STOP };
        let what = format!("house {house} washer {washer}: {mains:?} {circuit:?}");
        assert!(
            mains.longest <= allowed && circuit.longest <= allowed,
            "{what}"
        );
        let [car, ..] = run.world().car_a(0);
        assert!(car <= left + TOLERANCE, "{what}: the vehicle draws {car}");
        assert!(
            car >= left - 1.5,
            "{what}: the vehicle draws {car} of {left}"
        );
    }
    assert!(!run.world().breaker_tripped());
}

/// Decisions 13 and 38: from 11 s on nothing is left of CIRCUIT, the charge
/// goes to MIN and ends; EV_NOCOMM follows at 64 s. Missing data only lowers.
#[test]
fn when_the_circuit_meter_falls_silent_then_the_charge_ends() {
    let scenario = scenario();
    let mut run = garage(&scenario, Feed::SilentFrom(60));
    run.until(Instant::from_secs(59)).unwrap();
    let [before, ..] = run.world().car_a(0);
    assert!(before > 14.0, "{before}");
    for second in 60..119 {
        run.until(Instant::from_secs(second)).unwrap();
        let [car, ..] = run.world().car_a(0);
        assert!(car <= before.max(16.0) + TOLERANCE, "{second} s: {car}");
        if second > 60 + 12 + 6 {
            assert!(car <= 6.0 + TOLERANCE, "{second} s: {car}");
        }
        if second > 60 + 12 + 5 + 8 {
            assert!(car == 0.0, "{second} s: {car}");
        }
    }
    for (second, fault) in [(119, false), (127, true)] {
        run.until(Instant::from_secs(second)).unwrap();
        let station = run.controller(0).unwrap().seat.station();
        let faults = station.status().faults;
        assert_eq!(faults.contains(Faults::EV_NOCOMM), fault, "{second} s");
    }
}
