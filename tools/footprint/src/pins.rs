//! The adapters of `smartevse-core` over pins and channels that may fail.

use embedded_hal::digital::{self, ErrorKind, InputPin, OutputPin};
use embedded_hal::pwm::{self, SetDutyCycle};
use smartevse_core::adapters::{
    ActiveLevel, AdapterError, InputLine, Linear, Mcp9700, OutputLine, PilotWindow, PinContactors,
    PinLock, PinMonitor, PinSwitch, PullUpProximity, PwmLight, PwmPilot,
};
use smartevse_core::hardware::{Board, Parts};
use smartevse_core::io::{Inputs, Outputs, PilotSample};
use smartevse_core::options::LockKind;
use smartevse_types::{Instant, MilliVolts};

use crate::{consume, opaque};

/// A pin that may fail.
#[derive(Clone, Copy, Debug)]
pub struct Pin;

impl digital::ErrorType for Pin {
    type Error = ErrorKind;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), ErrorKind> {
        opaque(Ok(()))
    }

    fn set_high(&mut self) -> Result<(), ErrorKind> {
        opaque(Ok(()))
    }
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, ErrorKind> {
        opaque(Ok(true))
    }

    fn is_low(&mut self) -> Result<bool, ErrorKind> {
        opaque(Ok(false))
    }
}

/// A pulse-width channel that may fail.
#[derive(Clone, Copy, Debug)]
pub struct Channel;

impl pwm::ErrorType for Channel {
    type Error = pwm::ErrorKind;
}

impl SetDutyCycle for Channel {
    fn max_duty_cycle(&self) -> u16 {
        opaque(8_000)
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), pwm::ErrorKind> {
        consume(duty);
        opaque(Ok(()))
    }
}

fn millivolts() -> Result<MilliVolts, AdapterError> {
    opaque(Ok(MilliVolts::ZERO))
}

fn summary(_: Instant) -> Result<Option<PilotSample>, AdapterError> {
    let mut window = opaque(PilotWindow::<8>::new());
    window.push_high(opaque(Instant::ZERO), opaque(MilliVolts::ZERO));
    window.push_low(opaque(Instant::ZERO), opaque(MilliVolts::ZERO));
    Ok(opaque(window).summary())
}

const fn output() -> OutputLine<Pin> {
    OutputLine::new(Pin, ActiveLevel::High)
}

const fn input() -> InputLine<Pin> {
    InputLine::new(Pin, ActiveLevel::Low)
}

/// A board of adapters only.
pub fn board() -> impl Board {
    opaque(Parts {
        pilot: PwmPilot::new(Channel, summary).with_isolation(output()),
        proximity: PullUpProximity::new(millivolts),
        contactors: PinContactors::new(output(), output()).with_feedback1(input()),
        lock: PinLock::new(Pin, Pin, opaque(LockKind::Motor)).with_feedback(Pin),
        residual_current: PinMonitor::new(input()).with_test(output()),
        temperature: Mcp9700::new(millivolts),
        switch: PinSwitch::new(input()),
        light: PwmLight::new(Channel, Channel, Channel, ActiveLevel::High),
    })
}

/// Samples and drives a board.
pub fn exercise() {
    let mut board = board();
    let mut inputs = opaque(Inputs::default());
    board.sample(opaque(Instant::ZERO), &mut inputs);
    consume(inputs);
    consume(board.drive(&opaque(Outputs::SAFE)));
    let points = opaque([(MilliVolts::ZERO, MilliVolts::MAX); 2]);
    let [first, second] = points;
    consume(Linear::new(first, second).map(|line| line.at(opaque(MilliVolts::ZERO))));
}
