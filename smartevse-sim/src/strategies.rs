//! Strategies for property tests with proptest (feature `strategies`).
//!
//! They give what a charger can meet: inputs that no board should give,
//! vehicles of every kind, house loads, boards, and scripts of what happens.
//! Each prefers the ordinary and the borderline cases and shrinks towards the
//! harmless one.
//!
//! # Examples
//!
//! No script may violate an invariant of the oracles, which a
//! [`Bench`](crate::bench::Bench) asks at every poll:
//!
//! ```
//! use proptest::test_runner::{Config, TestRunner};
//! use smartevse_core::settings::Settings;
//! use smartevse_sim::bench::{Bench, BenchPlan};
//! use smartevse_sim::strategies::script;
//!
//! let mut runner = TestRunner::new(Config::with_cases(4));
//! let result = runner.run(&script(3), |script| {
//!     let mut bench = Bench::new(&BenchPlan::new(Settings::default()));
//!     for (wait, happening) in &script {
//!         bench.run(*wait).map_err(|why| {
//!             proptest::test_runner::TestCaseError::fail(why.to_string())
//!         })?;
//!         // A wish may be refused; that is no failure.
//!         let _ = bench.happen(happening);
//!     }
//!     Ok(())
//! });
//! assert_eq!(result, Ok(()));
//! ```

mod group;

pub use group::{
    Mishap, budget, demand, demands, group, line_faults, mishap, mishaps, play_group, share_config,
    tap_faults,
};
use proptest::prelude::*;
use proptest::sample::select;
use smartevse_core::command::{Command, Origin};
use smartevse_core::io::{
    ContactorFeedback, HardwareFaults, Inputs, LockFeedback, MainsInput, MilliVoltRange,
    PilotSample, ProximityInput, ResidualCurrentInput, SwitchInput, TemperatureInput,
};
use smartevse_core::registry::{SettingId, parse_value};
use smartevse_core::settings::{Settings, load};
use smartevse_types::{Access, Celsius, DeciAmps, Duration, Instant, Mode, Ohms};

use crate::bench::BenchPlan;
use crate::car::{CarModel, Sleep};
use crate::evse_board::{BoardFaults, BoardKit};
use crate::happening::{Happening, Script};
use crate::site::Series;

/// Levels of the pilot at and around every border, millivolts.
const LEVELS: [i32; 20] = [
    12_000,
    9_000,
    6_000,
    3_000,
    0,
    -12_000,
    10_500,
    10_499,
    7_500,
    7_499,
    4_500,
    4_499,
    1_500,
    1_499,
    -1_500,
    -9_000,
    -6_000,
    -10_000,
    -13_500,
    i32::MAX,
];

/// Settings that a random site changes, with the texts it may choose.
const CHOICES: [(SettingId, &[&str]); 8] = [
    (SettingId::Config, &["Fixed", "Socket"]),
    (SettingId::Lock, &["Disabled", "Solenoid", "Motor"]),
    (SettingId::Rcmon, &["Disabled", "Enabled"]),
    (SettingId::MainsMet, &["API", "Disabled"]),
    (SettingId::Mode, &["Normal", "Smart", "Solar"]),
    (
        SettingId::Contact2,
        &[
            "Always On",
            "Not Present",
            "Always Off",
            "Solar Off",
            "Auto",
        ],
    ),
    (SettingId::Max, &["16", "6", "32"]),
    (SettingId::Mains, &["25", "10", "40"]),
];

fn range() -> impl Strategy<Value = MilliVoltRange> {
    let level = || prop_oneof![4 => select(LEVELS.to_vec()), 1 => -15_000..15_000_i32];
    prop_oneof![
        3 => level().prop_map(|mv| MilliVoltRange::from_milli(mv, mv)),
        1 => (level(), level()).prop_map(|(a, b)| MilliVoltRange::from_milli(a, b)),
    ]
}

fn pilot(now: Instant) -> impl Strategy<Value = Option<PilotSample>> {
    let ages = (0..120_u64, 0..200_u64);
    let sample =
        (ages, range(), prop::option::of(range())).prop_map(move |((age, span), high, low)| {
            let micros = now.as_micros().saturating_sub(age * 1_000);
            let from = micros.saturating_sub(span * 1_000);
            PilotSample {
                from: Instant::from_micros(from),
                at: Instant::from_micros(micros),
                high,
                low,
            }
        });
    prop_oneof![1 => Just(None), 9 => sample.prop_map(Some)]
}

fn proximity() -> impl Strategy<Value = ProximityInput> {
    prop_oneof![
        select(vec![
            ProximityInput::Open,
            ProximityInput::Missing,
            ProximityInput::OpenOrA13
        ]),
        cable().prop_map(ProximityInput::Resistance),
    ]
}

fn temperature() -> impl Strategy<Value = TemperatureInput> {
    prop_oneof![
        6 => (-45..115_i16).prop_map(|t| TemperatureInput::Measured(Celsius::from_celsius(t))),
        1 => any::<i16>().prop_map(|t| TemperatureInput::Measured(Celsius::from_celsius(t))),
        1 => select(vec![
            TemperatureInput::NotFitted,
            TemperatureInput::Missing,
            TemperatureInput::Failed,
        ]),
    ]
}

/// Gives inputs of one poll at `now`, sensible or not.
pub fn inputs(now: Instant) -> impl Strategy<Value = Inputs> {
    use ContactorFeedback as Feedback;
    let feedback = || select(vec![Feedback::NotFitted, Feedback::Open, Feedback::Closed]);
    let monitor = select(vec![
        ResidualCurrentInput::Normal,
        ResidualCurrentInput::NotFitted,
        ResidualCurrentInput::Fault,
    ]);
    let lock = select(vec![
        LockFeedback::NotFitted,
        LockFeedback::Locked,
        LockFeedback::Unlocked,
        LockFeedback::Unknown,
    ]);
    let mains = select(vec![
        MainsInput::NotFitted,
        MainsInput::Present,
        MainsInput::Lost,
    ]);
    let sensed = (
        pilot(now),
        proximity(),
        monitor,
        any::<bool>(),
        temperature(),
    );
    let wired = (feedback(), feedback(), lock, switch(), mains, refusal());
    (sensed, wired).prop_map(|(sensed, wired)| {
        let (pilot, proximity, residual_current, residual_current_edge, temperature) = sensed;
        let (contactor1, contactor2, lock, switch, mains, hardware) = wired;
        Inputs {
            pilot,
            proximity,
            residual_current,
            residual_current_edge,
            temperature,
            contactor1,
            contactor2,
            lock,
            switch,
            mains,
            hardware,
        }
    })
}

fn switch() -> impl Strategy<Value = SwitchInput> {
    select(vec![
        SwitchInput::Open,
        SwitchInput::Closed,
        SwitchInput::NotFitted,
    ])
}

/// Mostly nothing; else one part that refuses or cannot be sampled.
fn refusal() -> impl Strategy<Value = HardwareFaults> {
    let parts: Vec<_> = HardwareFaults::all().iter().collect();
    prop_oneof![9 => Just(HardwareFaults::empty()), 1 => select(parts)]
}

/// Gives coding resistors of cables: all codes, borders, short and open.
pub fn cable() -> impl Strategy<Value = Ohms> {
    let known = vec![
        220, 100, 680, 1_500, 79, 80, 140, 308, 400, 936, 1_100, 2_460, 0, 9_999,
    ];
    prop_oneof![4 => select(known), 1 => 0..6_000_u32].prop_map(Ohms::from_ohms)
}

/// Gives vehicles that keep to the norm: phases, currents, speeds and needs
/// vary.
pub fn good_car() -> impl Strategy<Value = CarModel> {
    let size = (1..=3_usize, select(vec![16.0, 32.0, 10.0, 6.0]));
    let pace = (1..=5_u32, select(vec![8.0, 2.0, 40.0]), 0..=3_u32);
    let need = select(vec![60_000.0, 300.0, 20.0]);
    (size, pace, need, any::<bool>()).prop_map(|((phases, max_a), pace, need_wh, stays)| {
        let (delay, ramp_down_a_s, stops) = pace;
        CarModel {
            phases,
            max_a,
            delay_s: f64::from(delay),
            ramp_down_a_s,
            stops_after_s: f64::from(stops),
            asks_after_s: f64::from(delay),
            need_wh,
            stays_in_c_when_full: stays,
            ..CarModel::default()
        }
    })
}

/// Gives one oddity of a vehicle.
fn oddity() -> impl Strategy<Value = fn(&mut CarModel)> {
    let oddities: Vec<fn(&mut CarModel)> = vec![
        |car| car.diode = false,
        |car| car.deaf = true,
        |car| car.always_asks = true,
        |car| car.ventilated = true,
        |car| car.shorted = true,
        |car| car.toggles_every_s = Some(1.0),
        |car| car.toggles_every_s = Some(7.0),
        |car| car.sleep = Sleep::UntilSteadyLow(3.0),
        |car| car.sleep = Sleep::UntilIsolated(4.0),
        |car| car.stops_after_s = 7.0,
    ];
    select(oddities)
}

/// Gives vehicles of every kind: half of them good, half with one or two
/// oddities (charging specification §14(b)).
pub fn car() -> impl Strategy<Value = CarModel> {
    let odd = (good_car(), prop::collection::vec(oddity(), 1..=2)).prop_map(|(mut car, list)| {
        list.iter().for_each(|make_odd| make_odd(&mut car));
        car
    });
    prop_oneof![good_car(), odd]
}

/// Gives a load of the house on one phase, amperes; negative = surplus.
fn load_a() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => Just(0.0),
        3 => (0..25_i32).prop_map(f64::from),
        2 => (-20..0_i32).prop_map(f64::from),
        1 => (25..60_i32).prop_map(f64::from),
    ]
}

/// Gives house loads minus roof over time, up to 30 steps of 1 s to 60 s.
pub fn house_load() -> impl Strategy<Value = Series> {
    let step = select(vec![5_u64, 1, 60]);
    let phase = || load_a();
    let value = (phase(), phase(), phase()).prop_map(|(l1, l2, l3)| [l1, l2, l3]);
    (step, prop::collection::vec(value, 1..30))
        .prop_map(|(step, values)| Series::new(Duration::from_secs(step), values))
}

/// Gives boards with and without each optional part.
pub fn board() -> impl Strategy<Value = BoardKit> {
    let part = || prop::bool::weighted(0.75);
    (part(), part(), part(), part(), any::<bool>()).prop_map(
        |(contactor_feedback, second_contactor, lock_feedback, residual_current, mains_input)| {
            BoardKit {
                contactor_feedback,
                second_contactor,
                lock_feedback,
                residual_current,
                mains_input,
            }
        },
    )
}

/// Gives settings of a stand-alone charger.
pub fn settings() -> impl Strategy<Value = Settings> {
    let picks: Vec<_> = CHOICES
        .iter()
        .map(|(id, texts)| {
            let values: Vec<_> = texts
                .iter()
                .filter_map(|text| text.parse().ok().or_else(|| parse_value(*id, text)))
                .collect();
            select(values).prop_map(move |value| (*id, value))
        })
        .collect();
    picks.prop_map(|values| load(values).settings)
}

/// Gives whole sites: board, settings and house, without a vehicle.
pub fn site() -> impl Strategy<Value = BenchPlan> {
    (
        board(),
        settings(),
        house_load(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(kit, settings, house, ventilation, access)| {
            let mut plan = BenchPlan::new(settings);
            plan.world.boards = vec![kit];
            plan.world.house = house;
            plan.facts.ventilation = ventilation;
            plan.access = if access { Access::On } else { Access::Off };
            plan
        })
}

/// Gives a board with one fault, or whole again.
fn board_faults() -> impl Strategy<Value = BoardFaults> {
    let faults: Vec<fn(&mut BoardFaults)> = vec![
        |_| {},
        |faults| faults.contactor1_stuck = true,
        |faults| faults.contactor1_dropped = true,
        |faults| faults.contactor2_stuck = true,
        |faults| faults.lock_stuck = true,
        |faults| faults.lock_loose = true,
        |faults| faults.pilot_frozen = true,
        |faults| faults.temperature_failed = true,
        |faults| faults.residual_current = true,
        |faults| faults.residual_current_deaf = true,
        |faults| faults.mains_lost = true,
    ];
    (select(faults), refusal()).prop_map(|(make_fault, refused)| {
        let mut faults = BoardFaults {
            refused,
            ..BoardFaults::default()
        };
        make_fault(&mut faults);
        faults
    })
}

fn wish() -> impl Strategy<Value = Happening> {
    let commands = vec![
        Command::SetAccess(Access::On),
        Command::SetAccess(Access::Off),
        Command::SetAccess(Access::Pause),
        Command::SetMode(Mode::Normal),
        Command::SetMode(Mode::Smart),
        Command::SetMode(Mode::Solar),
        Command::SetOverride(DeciAmps::from_deci(80)),
        Command::SetOverride(DeciAmps::ZERO),
        Command::SetCableLock(true),
        Command::SetCableLock(false),
        Command::KeyPress,
        Command::ResetContactorFault,
    ];
    let origins = vec![Origin::Lcd, Origin::Button, Origin::Rest, Origin::Ocpp];
    (select(origins), select(commands))
        .prop_map(|(origin, command)| Happening::Wish(origin, command))
}

/// Gives one thing that happens.
pub fn happening() -> impl Strategy<Value = Happening> {
    let celsius = select(vec![25, 54, 55, 56, 64, 65, 80, 85, 111, -41]);
    let house = (load_a(), load_a(), load_a()).prop_map(|(l1, l2, l3)| [l1, l2, l3]);
    prop_oneof![
        6 => car().prop_map(Happening::Plug),
        2 => Just(Happening::Unplug),
        2 => car().prop_map(Happening::Car),
        4 => board_faults().prop_map(Happening::Board),
        1 => celsius.prop_map(|t| Happening::Temperature(Celsius::from_celsius(t))),
        1 => cable().prop_map(Happening::Cable),
        1 => switch().prop_map(Happening::Switch),
        2 => house.prop_map(Happening::House),
        1 => any::<bool>().prop_map(Happening::MainsMeterSilent),
        4 => wish(),
    ]
}

/// Gives scripts of up to so many happenings, each after a wait of 0 s to 70 s
/// in steps of 10 ms.
pub fn script(longest: usize) -> impl Strategy<Value = Script> {
    let wait = prop_oneof![
        4 => 0..800_u64,
        3 => 800..2_500_u64,
        1 => 2_500..7_000_u64,
    ];
    let wait = wait.prop_map(|ticks| Duration::from_millis(ticks * 10));
    prop::collection::vec((wait, happening()), 0..=longest)
}
