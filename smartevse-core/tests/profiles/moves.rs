//! From moves to steps: what a vehicle, an installer, planning or bad luck
//! does, with random figures.

use smartevse_core::directive::LockWish;
use smartevse_core::io::{
    LockFeedback, MainsInput, ProximityInput, ResidualCurrentInput, SwitchInput, TemperatureInput,
};
use smartevse_core::options::{CableKind, Contact2, LockKind};
use smartevse_core::pilot::PilotClass;
use smartevse_core::vehicle::VehicleCheck;
use smartevse_types::{Access, Celsius, Ohms};

use crate::change::{Change, Master, Planning, Report, Request, Sampling, Step, Time};
use crate::rng::Rng;

/// Kinds of moves; each profile weighs them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Move {
    // Single changes.
    Pilot,
    Volts,
    Diode,
    Samples,
    Coding,
    Monitor,
    Edge,
    Heat,
    Feedback,
    LockReport,
    Board,
    Access,
    Offer,
    Power,
    Phases,
    Answer,
    Imposed,
    Lease,
    Override,
    Request,
    Wish,
    Vehicle,
    Setting,
    Pause,
    Late,
    Again,
    // Ways back to energy.
    Heal,
    Replug,
    Leave,
    // Sequences.
    Toggle,
    Stop,
    SwapPhases,
    Unlock,
    Warm,
    Cut,
    Stray,
    Rewire,
    Weld,
    Reboot,
    Swipe,
}

const VEHICLE_CHECKS: [VehicleCheck; 4] = [
    VehicleCheck::Missing,
    VehicleCheck::NotRequired,
    VehicleCheck::Accepted,
    VehicleCheck::Refused,
];

fn push(steps: &mut Vec<Step>, change: Change, time: Time) {
    steps.push(Step { change, time });
}

/// Appends the steps of one move.
pub fn expand(kind: Move, rng: &mut Rng, steps: &mut Vec<Step>) {
    match kind {
        Move::Heal => heal(rng, steps),
        Move::Replug => {
            push(steps, Change::Level(PilotClass::A12), Time::Span(40));
            heal(rng, steps);
        }
        Move::Leave => push(steps, Change::Level(PilotClass::A12), Time::Span(160)),
        Move::Toggle => toggle(rng, steps),
        Move::Stop => stop(rng, steps),
        Move::SwapPhases => swap_phases(rng, steps),
        Move::Unlock => unlock(rng, steps),
        Move::Warm => warm(rng, steps),
        Move::Cut => cut(rng, steps),
        Move::Stray => stray(rng, steps),
        Move::Rewire => rewire(rng, steps),
        Move::Weld => weld(rng, steps),
        Move::Reboot => push(steps, Change::Restart, after(rng)),
        Move::Swipe => swipe(rng, steps),
        Move::Late => push(
            steps,
            Change::Nothing,
            Time::Late(rng.within(11, 400) as u16),
        ),
        Move::Again => push(steps, Change::Nothing, Time::Again),
        Move::Pause => push(steps, Change::Nothing, pause(rng)),
        single => {
            let change = change(single, rng);
            push(steps, change, after(rng));
        }
    }
}

/// Time after a single change.
fn after(rng: &mut Rng) -> Time {
    match rng.below(32) {
        0..=1 => Time::With,
        2..=3 => Time::Again,
        4 => Time::Odd(rng.below(60_000) as u16),
        5..=26 => Time::Beats(1),
        27 => Time::Beats(2 + rng.below(4) as u8),
        28..=29 => Time::Deadlines(1),
        30 => Time::Span(10 + rng.below(40) as u16),
        _ => Time::Late(1 + rng.below(20) as u16),
    }
}

fn pause(rng: &mut Rng) -> Time {
    match rng.below(8) {
        0 => Time::Span(600),
        1 => Time::Jump(rng.pick(&[1, 30, 301, 90_000, 4_000_000_000])),
        2 => Time::Late(1 + rng.below(3_000) as u16),
        3 => Time::Deadlines(4),
        4 => Time::Beats(8),
        _ => Time::Deadlines(1),
    }
}

fn change(kind: Move, rng: &mut Rng) -> Change {
    match kind {
        Move::Pilot => Change::Level(level(rng)),
        Move::Volts => volts(rng),
        Move::Diode => Change::Diode(rng.chance(40)),
        Move::Samples => Change::Sampling(match rng.below(4) {
            0 => Sampling::Frozen,
            1 => Sampling::Missing,
            2 => Sampling::Aged(rng.below(80) as u8),
            _ => Sampling::Live,
        }),
        Move::Coding => Change::Proximity(coding(rng)),
        Move::Monitor => residual(rng),
        Move::Edge => Change::Edge(rng.chance(50)),
        Move::Heat => Change::Temperature(temperature(rng)),
        Move::Feedback => feedback(rng),
        Move::LockReport => Change::Lock(rng.pick(&[
            None,
            None,
            Some(LockFeedback::Locked),
            Some(LockFeedback::Unlocked),
            Some(LockFeedback::Unknown),
        ])),
        Move::Board => board(rng),
        _ => wish(kind, rng),
    }
}

fn wish(kind: Move, rng: &mut Rng) -> Change {
    match kind {
        Move::Access => {
            Change::Access(rng.pick(&[Access::On, Access::On, Access::Off, Access::Pause]))
        }
        Move::Offer => Change::Offer(rng.within(-60, 900) as i16),
        Move::Power => Change::Power(rng.chance(60)),
        Move::Phases => Change::ThreePhase(rng.chance(50)),
        Move::Answer => Change::Master(rng.pick(&[
            Master::None,
            Master::Fair,
            Master::Fair,
            Master::Silent,
            Master::AlwaysB,
            Master::AlwaysC,
        ])),
        Move::Imposed => Change::Imposed(rng.pick(&[0, 0, 1, 2, 8, 64, 128, 256, 16_384, 0xFFFF])),
        Move::Lease => planning(rng),
        Move::Override => Change::Override(duty(rng)),
        Move::Request => Change::Request(request(rng)),
        Move::Wish => Change::Wish(rng.pick(&[LockWish::Auto, LockWish::Keep, LockWish::Release])),
        Move::Vehicle => Change::Vehicle(rng.pick(&VEHICLE_CHECKS)),
        Move::Setting => setting(rng),
        _ => Change::Nothing,
    }
}

fn level(rng: &mut Rng) -> PilotClass {
    match rng.below(16) {
        0..=5 => PilotClass::C6,
        6..=9 => PilotClass::B9,
        10..=11 => PilotClass::A12,
        12 => PilotClass::D3,
        13 => PilotClass::Short0,
        14 => PilotClass::Mixed,
        _ => PilotClass::Neg12,
    }
}

fn volts(rng: &mut Rng) -> Change {
    let low = rng.within(-13_000, 12_500);
    let wide = if rng.chance(80) { 400 } else { 6_000 };
    let high = low + rng.within(-50, wide);
    Change::Volts(low as i16, high as i16)
}

fn coding(rng: &mut Rng) -> ProximityInput {
    match rng.below(12) {
        0 => ProximityInput::Missing,
        1 => ProximityInput::Open,
        2 => ProximityInput::OpenOrA13,
        3..=4 => ProximityInput::Resistance(Ohms::from_ohms(rng.below(6_000))),
        _ => ProximityInput::Resistance(Ohms::from_ohms(rng.pick(&[100, 220, 680, 1_500, 20]))),
    }
}

fn residual(rng: &mut Rng) -> Change {
    match rng.below(8) {
        0 => Change::Silent(rng.chance(50)),
        1 => Change::Residual(ResidualCurrentInput::NotFitted),
        2..=4 => Change::Residual(ResidualCurrentInput::Fault),
        _ => Change::Residual(ResidualCurrentInput::Normal),
    }
}

fn temperature(rng: &mut Rng) -> TemperatureInput {
    match rng.below(12) {
        0 => TemperatureInput::Missing,
        1 => TemperatureInput::NotFitted,
        2 => TemperatureInput::Failed,
        3..=5 => TemperatureInput::Measured(Celsius::from_celsius(rng.within(52, 68) as i16)),
        6 => TemperatureInput::Measured(Celsius::from_celsius(rng.within(78, 92) as i16)),
        _ => TemperatureInput::Measured(Celsius::from_celsius(rng.within(-60, 130) as i16)),
    }
}

fn feedback(rng: &mut Rng) -> Change {
    let report = rng.pick(&[
        Report::Follows,
        Report::Follows,
        Report::NotFitted,
        Report::Open,
        Report::Closed,
    ]);
    if rng.chance(60) {
        Change::Main(report)
    } else {
        Change::Second(report)
    }
}

fn board(rng: &mut Rng) -> Change {
    match rng.below(4) {
        0 => {
            Change::Mains(rng.pick(&[MainsInput::Lost, MainsInput::Present, MainsInput::NotFitted]))
        }
        1 => Change::Switch(rng.pick(&[
            SwitchInput::Open,
            SwitchInput::Closed,
            SwitchInput::NotFitted,
        ])),
        _ => Change::Hardware(if rng.chance(50) { 1 << rng.below(9) } else { 0 }),
    }
}

fn planning(rng: &mut Rng) -> Change {
    Change::Planning(match rng.below(8) {
        0..=1 => Planning::Frozen,
        2 => Planning::Aged(rng.below(1_200) as u16),
        3 => Planning::Ahead(rng.below(1_500) as u16),
        4 => Planning::Never,
        _ => Planning::Live,
    })
}

fn duty(rng: &mut Rng) -> Option<u16> {
    match rng.below(6) {
        0..=1 => None,
        2 => Some(rng.pick(&[0, 50, 99, 100, 960, 961, 1_000, u16::MAX])),
        _ => Some(rng.below(1_001) as u16),
    }
}

fn request(rng: &mut Rng) -> Request {
    rng.pick(&[
        Request::LocalReset,
        Request::ServiceReset,
        Request::ClearDelay,
        Request::ButtonStop,
        Request::Start,
        Request::Start,
        Request::SafeRestart,
    ])
}

fn setting(rng: &mut Rng) -> Change {
    match rng.below(10) {
        0 => Change::Max(rng.below(100) as u16),
        1 => Change::Max(6 + rng.below(27) as u16),
        2 => Change::Min(rng.below(20) as u16),
        3 => Change::Cable(rng.pick(CableKind::ALL)),
        4 => Change::LockKind(rng.pick(LockKind::ALL)),
        5 => Change::Monitor(rng.chance(50)),
        6 => Change::MaxTemperature(rng.within(30, 80) as i16),
        7 => Change::Contact2(rng.pick(Contact2::ALL)),
        8 => Change::Derating(rng.chance(50)),
        _ => Change::Delay(rng.chance(50).then(|| rng.below(70) as u8)),
    }
}

fn heal(rng: &mut Rng, steps: &mut Vec<Step>) {
    let wait = rng.pick(&[1, 1, 310, 1_100, 1_600, 1_600, 6_100, 31_000]);
    push(steps, Change::Heal, Time::Wait(wait));
    if rng.chance(60) {
        push(steps, Change::Nothing, Time::Serve(8));
    }
}

/// The vehicle lets go and asks again.
fn toggle(rng: &mut Rng, steps: &mut Vec<Step>) {
    let away = rng.pick(&[1, 20, 60, 210]);
    push(steps, Change::Level(PilotClass::B9), Time::Span(away));
    push(steps, Change::Level(PilotClass::C6), Time::Serve(8));
}

/// Charging is stopped; the vehicle sometimes lets go.
fn stop(rng: &mut Rng, steps: &mut Vec<Step>) {
    let cause = match rng.below(6) {
        0..=1 => Change::Access(rng.pick(&[Access::Off, Access::Pause])),
        2 => Change::Offer(rng.within(0, 59) as i16),
        3 => Change::Imposed(rng.pick(&[1, 2, 8, 256])),
        4 => Change::Planning(Planning::Frozen),
        _ => Change::Request(rng.pick(&[Request::ButtonStop, Request::SafeRestart])),
    };
    push(steps, cause, Time::Beats(2));
    match rng.below(4) {
        0 => push(steps, Change::Level(PilotClass::B9), Time::Deadlines(2)),
        1 => push(steps, Change::Nothing, Time::Span(rng.below(590) as u16)),
        _ => push(steps, Change::Nothing, Time::Deadlines(4)),
    }
}

fn swap_phases(rng: &mut Rng, steps: &mut Vec<Step>) {
    for three in [true, false] {
        push(steps, Change::ThreePhase(three), Time::Beats(2));
        push(steps, Change::Nothing, Time::Span(610));
        push(steps, Change::Nothing, Time::Wait(1_600));
        push(steps, Change::Nothing, Time::Serve(8));
        if rng.chance(20) {
            push(steps, Change::Level(PilotClass::B9), Time::Span(30));
            push(steps, Change::Level(PilotClass::C6), Time::Serve(8));
        }
    }
}

/// Energy ends and somebody wants the cable at once.
fn unlock(rng: &mut Rng, steps: &mut Vec<Step>) {
    let end = rng.pick(&[
        Change::Level(PilotClass::B9),
        Change::Level(PilotClass::A12),
        Change::Access(Access::Off),
        Change::Mains(MainsInput::Lost),
    ]);
    let wait = rng.below(3) as u8;
    push(steps, Change::Wish(LockWish::Release), Time::With);
    push(steps, end, Time::Beats(1 + wait));
    if rng.chance(20) {
        push(steps, Change::Main(Report::Closed), Time::Beats(2));
        push(steps, Change::Main(Report::Follows), Time::Beats(1));
    }
    push(steps, Change::Nothing, Time::Span(70));
}

/// The module warms up for some seconds and cools down.
fn warm(rng: &mut Rng, steps: &mut Vec<Step>) {
    let measured = |celsius: i32| {
        Change::Temperature(TemperatureInput::Measured(Celsius::from_celsius(
            celsius as i16,
        )))
    };
    push(steps, measured(rng.within(62, 90)), Time::Beats(1));
    for _ in 0..rng.below(10) {
        push(steps, Change::Nothing, Time::Span(101));
    }
    push(steps, measured(rng.within(40, 64)), Time::Span(300));
    if rng.chance(50) {
        push(steps, measured(rng.within(30, 56)), Time::Span(1_100));
    }
}

/// The granted current falls.
fn cut(rng: &mut Rng, steps: &mut Vec<Step>) {
    let low = rng.within(0, 120) as i16;
    push(
        steps,
        Change::Offer(rng.within(130, 320) as i16),
        Time::Beats(2),
    );
    push(steps, Change::Offer(low), Time::Deadlines(2));
    push(steps, Change::Nothing, Time::Span(210));
}

/// A node gets grants that nobody asked for.
fn stray(rng: &mut Rng, steps: &mut Vec<Step>) {
    let stray = rng.pick(&[Master::AlwaysB, Master::AlwaysC, Master::Silent]);
    push(steps, Change::Master(stray), Time::Deadlines(2));
    push(steps, Change::Level(PilotClass::B9), Time::Beats(3));
    if rng.chance(30) {
        push(steps, Change::Nothing, Time::Span(3_010));
    }
    push(steps, Change::Master(Master::Fair), Time::Beats(2));
    push(steps, Change::Level(PilotClass::C6), Time::Serve(8));
}

/// Settings change while a vehicle charges.
fn rewire(rng: &mut Rng, steps: &mut Vec<Step>) {
    push(steps, setting(rng), Time::Beats(1));
    let kind = rng.pick(CableKind::ALL);
    push(steps, Change::Cable(kind), Time::Deadlines(1));
    push(steps, setting(rng), Time::With);
    push(steps, setting(rng), after(rng));
}

/// A latched fault, and attempts to get rid of it.
fn weld(rng: &mut Rng, steps: &mut Vec<Step>) {
    let fault = match rng.below(4) {
        0 => Change::Residual(ResidualCurrentInput::Fault),
        1 => Change::Main(Report::Open),
        2 => Change::Main(Report::Closed),
        _ => Change::Level(PilotClass::Short0),
    };
    push(steps, fault, Time::Beats(2));
    push(steps, Change::Nothing, Time::Span(70));
    push(steps, Change::Level(PilotClass::B9), Time::Beats(1));
    push(steps, Change::Nothing, Time::Span(60));
    push(steps, Change::Request(request(rng)), Time::Beats(2));
}

fn swipe(rng: &mut Rng, steps: &mut Vec<Step>) {
    let shown = rng.below(16) as u8;
    let mode = rng.pick(&[2, 2, 2, 2, 1, 3, 3, 4, 6, 7]);
    let mode = if rng.chance(1) { 5 } else { mode };
    match rng.below(12) {
        0 => push(steps, Change::Upload, Time::Beats(1)),
        1..=3 => {
            // A card that is known, and the same once more.
            push(steps, Change::Card(shown, 3), Time::With);
            push(steps, Change::Card(shown, 2), Time::Serve(8));
            push(steps, Change::Card(shown, 2), Time::Beats(1));
        }
        _ => push(steps, Change::Card(shown, mode), Time::Deadlines(1)),
    }
}
