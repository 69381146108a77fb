//! The adapters of `smartevse-core` that a port builds its drivers from.

use embedded_hal::digital::{ErrorKind, InputPin, OutputPin};
use embedded_hal::pwm::SetDutyCycle;
use smartevse_core::adapters::{
    ActiveLevel, AdapterError, InputLine, OutputLine, PinBuzzer, PinContactors, PinMonitor,
    PullUpProximity, PwmPilot,
};
use smartevse_core::adapters::{
    AlarmCapture, AlarmSchedule, Capture, LockLines, OnChange, PILOT_POINTS, PeriodEnd, PilotScale,
    PilotWindow, ProbedPin, ReferenceLines, ReferenceSources, SlotLine, TriggeredCapture,
    WatchdogClock, converted, duty_of_steps, is_blank, look_for_card, pilot_position,
    reference_board,
};
use smartevse_core::hardware::{
    Board, Buzzer, ErrorKind as PartError, NotFitted, Parts, ResidualCurrentMonitor,
};
use smartevse_core::io::{Inputs, Outputs};
use smartevse_types::{Duration, DutyPermille, Instant, MilliVolts, Ohms};

use crate::flash::Flash;
use crate::pins::{Channel, Pin};
use crate::{consume, opaque};

/// Calls what has logic in it.
pub fn exercise() {
    alarm();
    triggered();
    scales();
    reference();
    options();
    line();
    watchdog();
    consume(is_blank(&mut opaque(Flash::area())));
}

fn level() -> MilliVolts {
    opaque(MilliVolts::ZERO)
}

fn now() -> Instant {
    opaque(Instant::ZERO)
}

fn summarise<const N: usize>(capture: &mut impl AsMut<Capture<N>>) {
    let capture = capture.as_mut().take();
    if let Some(scale) = PilotScale::reference(level()) {
        consume(capture.summary(&scale));
    }
    consume(capture.proximity_voltage(now()));
    consume(capture.temperature_voltage(now()));
}

fn alarm() {
    let mut capture = opaque(AlarmCapture::<25>::new(opaque(Duration::from_millis(10))));
    let steps = opaque(512);
    capture.commanded(duty_of_steps(steps, opaque(1024)), now());
    let position = pilot_position(opaque(100), opaque(1024));
    if let Some(input) = capture.pilot(now(), position, opaque(Some(MilliVolts::ZERO))) {
        capture.slow(input, now(), opaque(Some(MilliVolts::ZERO)));
    }
    let mut capture = opaque(capture);
    consume((capture.poll_due(now()), capture.next(position)));
    summarise(&mut capture);
    consume(opaque(AlarmSchedule::new()).has_time());
}

fn triggered() {
    let mut capture = opaque(TriggeredCapture::<12>::new(opaque(10)));
    let end = opaque(PeriodEnd {
        now: Instant::ZERO,
        elapsed: 0,
        duty: 500,
    });
    consume(capture.step(&end, opaque(None)));
    summarise(&mut opaque(capture));
}

fn scales() {
    let points = opaque(PILOT_POINTS);
    if let Some(scale) = PilotScale::new(points, level(), level()) {
        consume(scale.at_connector(level()));
    }
    consume(converted(opaque(1), opaque(4_095), level()));
    let mut window = opaque(PilotWindow::<8>::new());
    window.push_steady(now(), level());
    window.clear();
    consume(opaque(window).summary());
}

fn voltage() -> Result<MilliVolts, PartError> {
    opaque(Ok(MilliVolts::ZERO))
}

fn reference() {
    let lines = ReferenceLines {
        isolation: Pin,
        contactor1: Pin,
        contactor2: Pin,
        lock: opaque(Some(LockLines {
            red: Pin,
            white: Pin,
            feedback: Pin,
        })),
        monitor: Pin,
        monitor_test: opaque(Some(Pin)),
        switch: ProbedPin::new(Pin, |_| opaque(true)),
    };
    let scale = opaque(PilotScale::reference(level()));
    let sources = ReferenceSources {
        pilot: move |_: Instant| -> Result<_, PartError> {
            let mut capture = opaque(Capture::<8>::new());
            let scale = scale.as_ref().ok_or(PartError::Other)?;
            capture.take().summary(scale)
        },
        proximity: voltage,
        proximity_ceiling: opaque(Some(MilliVolts::ZERO)),
        temperature: voltage,
    };
    let channel = OnChange::new(Channel, consume::<u16>);
    let mut board = opaque(reference_board(channel, sources, lines, NotFitted));
    let mut inputs = opaque(Inputs::default());
    board.sample(now(), &mut inputs);
    consume(inputs);
    consume(opaque(board).drive(&opaque(Outputs::SAFE)));
    let mut quiet = OnChange::new(Channel, consume::<u16>);
    consume(quiet.set_duty_cycle(opaque(100)));
}

fn input() -> InputLine<Pin> {
    InputLine::new(Pin, opaque(ActiveLevel::Low))
}

fn output() -> OutputLine<Pin> {
    OutputLine::new(Pin, opaque(ActiveLevel::High))
}

fn options() {
    let pilot = PwmPilot::new(Channel, |_: Instant| -> Result<_, AdapterError> {
        opaque(Ok(None))
    });
    let contactors = PinContactors::new(output(), output()).with_feedback2(input());
    let mut board = opaque(Parts::minimal(pilot, contactors));
    board.sample(now(), &mut opaque(Inputs::default()));
    consume(board.drive(&opaque(Outputs::SAFE)));
    let mut monitor = PinMonitor::new(input()).with_edge_latch(|| opaque(true));
    consume(monitor.read_residual_current());
    let proximity = PullUpProximity::new(voltage)
        .with_pull_up(opaque(Ohms::from_ohms(1_000)), level())
        .with_ceiling(level());
    consume(proximity.input(level()));
    consume(PinBuzzer::new(output()).sound(opaque(true)));
    consume(opaque(DutyPermille::from_permille(1)));
}

/// A line with a card reader that answers anything.
pub struct Slots;

impl SlotLine for Slots {
    fn pull_low(&mut self, low: bool) {
        consume(low);
    }

    fn is_high(&mut self) -> bool {
        opaque(true)
    }

    fn pass(&mut self, us: u32) {
        consume(us);
    }
}

fn line() {
    consume(look_for_card(&mut Slots));
    let mut pin = ProbedPin::new(Pin, |_| opaque(true));
    consume((pin.is_high(), pin.is_low()));
    let written: Result<(), ErrorKind> = Pin.set_high();
    consume(written);
}

fn watchdog() {
    let clock = opaque(WatchdogClock {
        slowest: 17_000,
        fastest: 47_000,
    });
    let period = opaque(Duration::from_millis(250));
    consume((clock.at_most(period), clock.shortest(period)));
    if let Some(setting) = clock.at_most(period) {
        consume(setting.period(opaque(32_000)));
    }
}
