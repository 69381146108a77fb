//! What holds while nothing is filled in.

use core::convert::Infallible;

use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::pwm::{self, SetDutyCycle};
use smartevse_core::contract;
use smartevse_core::hardware::{Board, ErrorKind, ErrorType, Watchdog};
use smartevse_core::io::{
    HardwareFaults, Inputs, MilliVoltRange, Outputs, PilotSample, ProximityInput,
    ResidualCurrentInput, TemperatureInput,
};
use smartevse_core::options::CableKind;
use smartevse_core::registry::SettingId;
use smartevse_core::settings::load;
use smartevse_types::{Access, Celsius, Duration, Instant, Ohms};

use crate::board::{Wired, board, no_voltage};
use crate::clock::TickClock;
use crate::control::{Control, setup};
use crate::pilot::{channel, sampler};
use crate::pins::{PINS, Pin, Pins, claim};
use crate::unwired::Unwired;
use crate::watchdog::Dog;

/// A watchdog that counts.
#[derive(Default)]
struct Counted(u32);

impl ErrorType for Counted {
    type Error = ErrorKind;
}

impl Watchdog for Counted {
    fn start(&mut self, _: Duration) -> Result<(), ErrorKind> {
        Ok(())
    }

    fn feed(&mut self) {
        self.0 = self.0.saturating_add(1);
    }
}

/// Parts that are driven.
const OUTPUTS: HardwareFaults = HardwareFaults::CONTACTOR.union(HardwareFaults::PILOT_OUTPUT);

/// The board, between a vehicle that asks for energy and a
/// recorder of what is driven.
struct Tempting<B> {
    board: B,
    known: bool,
    closed: bool,
}

impl<B: Board> Board for Tempting<B> {
    fn sample(&mut self, now: Instant, inputs: &mut Inputs) {
        self.board.sample(now, inputs);
        if self.known {
            *inputs = Inputs {
                pilot: Some(PilotSample {
                    from: now - Duration::from_millis(20),
                    at: now,
                    high: MilliVoltRange::from_milli(6_000, 6_000),
                    low: Some(MilliVoltRange::from_milli(-12_000, -12_000)),
                }),
                hardware: inputs.hardware & OUTPUTS,
                proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
                residual_current: ResidualCurrentInput::Normal,
                temperature: TemperatureInput::Measured(Celsius::from_celsius(25)),
                ..*inputs
            };
        }
    }

    fn drive(&mut self, outputs: &Outputs) -> HardwareFaults {
        self.closed |= outputs.contactor1.is_closed() || outputs.contactor2.is_closed();
        self.board.drive(outputs)
    }
}

fn wired() -> impl Board {
    board(channel(), sampler(), (no_voltage, no_voltage), claim())
}

/// A pin or channel that does what it is told.
struct Works;

impl digital::ErrorType for Works {
    type Error = Infallible;
}

impl OutputPin for Works {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl InputPin for Works {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(false)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(true)
    }
}

impl pwm::ErrorType for Works {
    type Error = Infallible;
}

impl SetDutyCycle for Works {
    fn max_duty_cycle(&self) -> u16 {
        1_000
    }

    fn set_duty_cycle(&mut self, _duty: u16) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Runs for a minute with access on; gives whether a contactor was closed and
/// whether the watchdog was fed.
fn runs(board: impl Board, known: bool) -> (bool, bool) {
    let mut clock = TickClock::new();
    let setup = smartevse::Setup {
        access: Access::On,
        settings: load([(SettingId::Config, CableKind::Fixed.raw())]).settings,
        ..setup()
    };
    let mut tempting = Tempting {
        board,
        known,
        closed: false,
    };
    let mut dog = Counted::default();
    let control = Control::new(&mut tempting, &mut dog, &setup, clock.tick());
    let mut control = control.unwrap();
    for _ in 0..6_000 {
        let _ = control.turn(clock.tick());
    }
    (tempting.closed, dog.0 > 0)
}

/// Nothing known is the default, and nothing known never closes a contactor.
#[test]
fn when_nothing_is_filled_in_then_nothing_closes() {
    assert_eq!(runs(wired(), false), (false, false));
}

/// A vehicle asks and all inputs are good, but the outputs refuse.
#[test]
fn when_the_outputs_are_not_filled_in_then_nothing_closes() {
    assert_eq!(runs(wired(), true), (false, false));
}

/// The same vehicle charges when the outputs do what they are told: it is the
/// missing board that keeps the contactors open.
#[test]
fn when_the_outputs_work_then_the_vehicle_charges() {
    let pins = Pins {
        isolation: Works,
        contactor1: Works,
        contactor2: Works,
        monitor: Works,
    };
    let board = board(Works, sampler(), (no_voltage, no_voltage), pins);
    assert_eq!(runs(board, true), (true, true));
}

#[test]
fn when_the_watchdog_is_not_filled_in_then_the_charger_does_not_start() {
    let control = Control::new(wired(), Dog, &setup(), Instant::ZERO);
    assert!(control.is_err());
}

/// The contract tests name what is missing; when the port is filled in they
/// pass.
#[test]
fn when_the_contracts_are_checked_then_they_say_what_is_missing() {
    let mut parts: Wired<_, _, _, _, Unwired, Unwired> =
        board(channel(), sampler(), (no_voltage, no_voltage), claim());
    assert!(contract::control_pilot(&mut parts.pilot).is_err());
    assert!(contract::contactors(&mut parts.contactors).is_err());
    assert!(contract::board(&mut wired(), Instant::ZERO).is_err());
}

#[test]
fn when_the_pin_table_is_read_then_each_signal_is_there_once() {
    for (index, pin) in PINS.iter().enumerate() {
        let clash =
            |other: &Pin| other.signal == pin.signal || (other.pin == pin.pin && pin.pin != "?");
        assert!(!PINS[..index].iter().any(clash), "{}", pin.signal);
    }
}
