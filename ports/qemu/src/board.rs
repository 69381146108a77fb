//! Electrical facts of the board, and the hardware roles made of its registers.

use core::convert::Infallible;

use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::pwm::{self, SetDutyCycle};
use smartevse_core::adapters::{
    ActiveLevel, InputLine, Linear, Mcp9700, MilliVoltSource, OutputLine, PilotSampler,
    PilotWindow, PinContactors, PinMonitor, PwmLight, PwmPilot,
};
use smartevse_core::charger::BoardFacts;
use smartevse_core::hardware::{ErrorKind, ErrorType, NotFitted, Parts, Watchdog};
use smartevse_core::io::PilotSample;
use smartevse_types::{Duration, Instant, MilliVolts};

use crate::registers::{CONVERSIONS, PWM_STEPS, Register, Registers, input, output};

/// What the charger must know of this board.
pub const FACTS: BoardFacts = BoardFacts {
    ventilation: false,
    modem: false,
    residual_current_test: false,
    lock_advisory: false,
};

/// Reference of the converter, mV.
pub const REFERENCE: i32 = 3_300;

/// Largest count of the converter (12 bit).
pub const FULL_SCALE: i32 = 4_095;

/// Two points of the sense network of the pilot, converter ↔ connector:
/// 40.2 kΩ to the pilot, 10 kΩ to 3.3 V, 15 kΩ to ground.
pub const PILOT_SENSE: [(MilliVolts, MilliVolts); 2] = [
    (MilliVolts::from_milli(164), MilliVolts::from_milli(-12_000)),
    (
        MilliVolts::from_milli(3_281),
        MilliVolts::from_milli(12_000),
    ),
];

/// Converts a count to millivolts at the converter; rounds to nearest.
#[must_use]
pub fn milli_volts(count: u32) -> MilliVolts {
    let count = i32::try_from(count).unwrap_or(FULL_SCALE).min(FULL_SCALE);
    let half = FULL_SCALE / 2;
    let level = count.saturating_mul(REFERENCE).saturating_add(half) / FULL_SCALE;
    MilliVolts::from_milli(level)
}

/// Bits of a register as a pin.
#[derive(Clone, Copy, Debug)]
pub struct Pin<'r> {
    registers: &'r Registers,
    mask: u32,
}

impl digital::ErrorType for Pin<'_> {
    type Error = Infallible;
}

impl OutputPin for Pin<'_> {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.registers.output.write_bits(self.mask, false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.registers.output.write_bits(self.mask, true);
        Ok(())
    }
}

impl InputPin for Pin<'_> {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.registers.input.is_high(self.mask))
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.registers.input.is_high(self.mask))
    }
}

impl pwm::ErrorType for Pin<'_> {
    type Error = Infallible;
}

/// A light without brightness.
impl SetDutyCycle for Pin<'_> {
    fn max_duty_cycle(&self) -> u16 {
        1
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Infallible> {
        self.registers.output.write_bits(self.mask, duty > 0);
        Ok(())
    }
}

/// The pulse-width channel of the pilot.
#[derive(Clone, Copy, Debug)]
pub struct Channel<'r>(&'r Registers);

impl pwm::ErrorType for Channel<'_> {
    type Error = Infallible;
}

impl SetDutyCycle for Channel<'_> {
    fn max_duty_cycle(&self) -> u16 {
        PWM_STEPS
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Infallible> {
        self.0.compare.write(u32::from(duty));
        Ok(())
    }
}

/// Summarises what the converter stored.
fn sampler(registers: &Registers) -> impl PilotSampler {
    let [first, second] = PILOT_SENSE;
    let line = Linear::new(first, second);
    move |_: Instant| -> Result<Option<PilotSample>, ErrorKind> {
        let line = line.ok_or(ErrorKind::Unsupported)?;
        let level = |counts: &Register| line.at(milli_volts(counts.read()));
        let mut window = PilotWindow::<CONVERSIONS>::new();
        for conversion in registers.oldest_first() {
            let at = Instant::from_millis(u64::from(conversion.at.read()));
            if (1..u32::from(PWM_STEPS)).contains(&conversion.compare.read()) {
                window.push_high(at, level(&conversion.high));
                window.push_low(at, level(&conversion.low));
            } else {
                window.push_steady(at, level(&conversion.high));
            }
        }
        Ok(window.summary())
    }
}

fn temperature(registers: &Registers) -> impl MilliVoltSource {
    || Ok::<_, ErrorKind>(milli_volts(registers.temperature.read()))
}

/// The parts of the board: a fixed cable, two contactors with auxiliary
/// contacts, residual-current monitor, temperature and light.
pub type Simulated<'r, S, T> = Parts<
    PwmPilot<Channel<'r>, S, Pin<'r>>,
    PinContactors<Pin<'r>, Pin<'r>, Pin<'r>, Pin<'r>>,
    NotFitted,
    NotFitted,
    PinMonitor<Pin<'r>>,
    Mcp9700<T>,
    NotFitted,
    PwmLight<Pin<'r>, Pin<'r>, Pin<'r>>,
>;

/// Joins the registers to a board; no level changes.
pub fn board(registers: &Registers) -> Simulated<'_, impl PilotSampler, impl MilliVoltSource> {
    let pin = |mask| Pin { registers, mask };
    let out = |mask| OutputLine::new(pin(mask), ActiveLevel::High);
    let line = |mask| InputLine::new(pin(mask), ActiveLevel::High);
    let [red, green, blue] = output::LIGHT.map(pin);
    Parts {
        pilot: PwmPilot::new(Channel(registers), sampler(registers))
            .with_isolation(out(output::ISOLATION)),
        proximity: NotFitted,
        contactors: PinContactors::new(out(output::CONTACTOR1), out(output::CONTACTOR2))
            .with_feedback1(line(input::AUXILIARY1))
            .with_feedback2(line(input::AUXILIARY2)),
        lock: NotFitted,
        residual_current: PinMonitor::new(line(input::RESIDUAL_CURRENT)),
        temperature: Mcp9700::new(temperature(registers)),
        switch: NotFitted,
        light: PwmLight::new(red, green, blue, ActiveLevel::High),
    }
}

/// The watchdog, which counts down in its register.
#[derive(Debug)]
pub struct CountDown<'r> {
    registers: &'r Registers,
    period: u32,
}

impl<'r> CountDown<'r> {
    /// Makes a watchdog that is not started.
    #[must_use]
    pub const fn new(registers: &'r Registers) -> Self {
        Self {
            registers,
            period: 0,
        }
    }
}

impl ErrorType for CountDown<'_> {
    type Error = ErrorKind;
}

impl Watchdog for CountDown<'_> {
    fn start(&mut self, period: Duration) -> Result<(), ErrorKind> {
        self.period = u32::try_from(period.as_millis()).map_err(|_| ErrorKind::Unsupported)?;
        self.feed();
        Ok(())
    }

    fn feed(&mut self) {
        self.registers.watchdog.write(self.period);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Boards 3.2: counts of the nominal pilot levels.
    #[test]
    fn when_the_pilot_has_a_nominal_level_then_the_count_reads_as_that_level() {
        let [first, second] = PILOT_SENSE;
        let line = Linear::new(first, second).unwrap();
        for (count, nominal) in [
            (4_071, 12_000),
            (3_588, 9_000),
            (3_105, 6_000),
            (2_621, 3_000),
            (2_138, 0),
            (204, -12_000),
        ] {
            let error = line.at(milli_volts(count)).as_milli() - nominal;
            assert!(error.abs() <= 20, "{count}: off by {error} mV");
        }
    }

    #[test]
    fn when_the_count_is_impossible_then_it_reads_as_the_reference() {
        assert_eq!(milli_volts(u32::MAX).as_milli(), REFERENCE);
        assert_eq!(milli_volts(0).as_milli(), 0);
    }

    /// Charging 1.3: samples that stop grow old.
    #[test]
    fn when_the_converter_stands_still_then_the_summary_grows_old() {
        let registers = Registers::new();
        registers.conversions[0].at.write(10);
        let mut sampler = sampler(&registers);
        let mut at = || sampler.summary(Instant::from_millis(500)).unwrap();
        assert_eq!(at().unwrap().at, Instant::from_millis(10));
        assert_eq!(at().unwrap().at, Instant::from_millis(10));
    }
}
