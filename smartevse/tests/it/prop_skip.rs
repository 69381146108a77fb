//! Contract 1: polling every 10 ms and polling only at deadlines and at changes
//! give the same trace.

use proptest::prelude::*;
use smartevse::Station;
use smartevse::core::command::{Command, Origin};
use smartevse::core::directive::ChargerStatus;
use smartevse::core::io::{ContactorFeedback, Inputs, Outputs, TemperatureInput};
use smartevse::types::{Access, Celsius, DeciAmps, Instant, Mode};

use crate::bench::{self, Car};

/// Something that happens at a moment of the 10 ms grid.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Car(Car),
    Grant(i32),
    Access(Access),
    Mode(Mode),
    Override(i32),
    Temperature(i16),
    Feedback(ContactorFeedback),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => Just(Happening::Car(Car::Asks)),
        2 => Just(Happening::Car(Car::Connected)),
        1 => Just(Happening::Car(Car::Away)),
        3 => (60..400_i32).prop_map(Happening::Grant),
        1 => Just(Happening::Grant(0)),
        2 => Just(Happening::Access(Access::On)),
        1 => Just(Happening::Access(Access::Off)),
        1 => Just(Happening::Access(Access::Pause)),
        1 => Just(Happening::Mode(Mode::Normal)),
        1 => (50..200_i32).prop_map(Happening::Override),
        1 => prop_oneof![Just(25_i16), Just(64), Just(66), Just(90)].prop_map(Happening::Temperature),
        1 => prop_oneof![
            Just(ContactorFeedback::NotFitted),
            Just(ContactorFeedback::Open),
            Just(ContactorFeedback::Closed)
        ].prop_map(Happening::Feedback),
    ]
}

/// Gaps in ticks: many short ones, some that let the long timers run out.
fn gap() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 1..20_u64, 4 => 20..300_u64, 2 => 300..2_000_u64, 1 => 2_000..7_000_u64]
}

struct Player {
    station: Station,
    car: Car,
    inputs: Inputs,
    outputs: Outputs,
    polled: u64,
    trace: Vec<(u64, Outputs, String)>,
}

impl Player {
    fn new() -> Self {
        let mut station = Station::new(&bench::setup(), Instant::ZERO);
        station.event(bench::grant(Instant::ZERO, 160));
        Self {
            station,
            car: Car::Away,
            inputs: bench::inputs(),
            outputs: Outputs::SAFE,
            polled: 0,
            trace: Vec::new(),
        }
    }

    fn happen(&mut self, tick: u64, what: Happening) {
        let now = Instant::from_millis(tick * 10);
        let station = &mut self.station;
        match what {
            Happening::Car(car) => self.car = car,
            Happening::Grant(deci) => station.event(bench::grant(now, deci)),
            Happening::Access(access) => {
                let _ = station.command(now, Origin::Rest, Command::SetAccess(access));
            }
            Happening::Mode(mode) => {
                let _ = station.command(now, Origin::Rest, Command::SetMode(mode));
            }
            Happening::Override(deci) => {
                let command = Command::SetOverride(DeciAmps::from_deci(deci));
                let _ = station.command(now, Origin::Rest, command);
            }
            Happening::Temperature(celsius) => {
                self.inputs.temperature =
                    TemperatureInput::Measured(Celsius::from_celsius(celsius));
            }
            Happening::Feedback(feedback) => self.inputs.contactor1 = feedback,
        }
    }

    fn poll(&mut self, tick: u64) {
        let now = Instant::from_millis(tick * 10);
        let from = Instant::from_millis(self.polled * 10);
        self.polled = tick;
        self.inputs.pilot = Some(bench::pilot(self.car, &self.outputs, from, now));
        let before = self.outputs;
        // The light moves with time alone.
        let dark = Outputs::SAFE.light;
        self.outputs = Outputs {
            light: dark,
            ..self.station.poll(now, &self.inputs)
        };
        // The pilot answers to the duty at once.
        if before != self.outputs || self.trace.is_empty() {
            self.trace
                .push((tick, self.outputs, seen(&self.station.status())));
        }
    }

    /// The first tick at or after the state deadline, later than `tick`.
    fn next(&self, tick: u64) -> u64 {
        let due = self.station.deadline().state.as_micros().div_ceil(10_000);
        due.max(tick + 1)
    }
}

fn seen(status: &ChargerStatus) -> String {
    format!(
        "{} {:?} {:?}",
        status.state, status.faults, status.stop_cause
    )
}

fn every_tick(script: &[(u64, Happening)], end: u64) -> Player {
    let mut player = Player::new();
    let mut script = script.iter().peekable();
    for tick in 1..=end {
        while let Some((_, what)) = script.next_if(|(at, _)| *at == tick) {
            player.happen(tick, *what);
        }
        player.poll(tick);
    }
    player
}

fn at_deadlines(script: &[(u64, Happening)], end: u64) -> (Player, u64) {
    let mut player = Player::new();
    let mut script = script.iter().peekable();
    let (mut tick, mut polls) = (1, 0);
    while tick <= end {
        while let Some((_, what)) = script.next_if(|(at, _)| *at == tick) {
            player.happen(tick, *what);
        }
        let before = player.outputs;
        player.poll(tick);
        polls += 1;
        // A change of the outputs changes the pilot: that is a new input.
        let due = if before.duty == player.outputs.duty {
            player.next(tick)
        } else {
            tick + 1
        };
        tick = script.peek().map_or(due, |(at, _)| due.min(*at));
    }
    (player, polls)
}

fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(10_000),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]
    #[test]
    fn skip_contract(steps in prop::collection::vec((gap(), happening()), 4..14)) {
        let mut tick = 600;
        let script: Vec<_> = steps
            .into_iter()
            .map(|(gap, what)| { tick += gap; (tick, what) })
            .collect();
        let end = tick + 1_000;
        let dense = every_tick(&script, end);
        let (sparse, polls) = at_deadlines(&script, end);
        prop_assert_eq!(&dense.trace, &sparse.trace);
        prop_assert!(polls < end, "{} polls for {} ticks", polls, end);
    }
}
