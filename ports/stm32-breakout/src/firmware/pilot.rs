//! The pilot: TIM1 makes the pulses and triggers ADC1 in hardware.
//!
//! One step of the timer is 1 µs, a period has 1000. Channel 1 makes the pulses
//! (PWM mode 1: high while the counter is below the duty). Channel 4 has no pin;
//! in PWM mode 2 its signal rises when the counter reaches the sample point,
//! and that edge starts the injected conversion of pilot, proximity contact and
//! temperature. Both compare values go through preload registers: a change acts
//! at the next period. The trigger runs on at 0 and 1000 ‰.

use embassy_stm32::adc::{Adc, AdcChannel, InjectedAdc, SampleTime};
use embassy_stm32::gpio::OutputType;
use embassy_stm32::interrupt;
use embassy_stm32::interrupt::{InterruptExt, Priority};
use embassy_stm32::pac::adc::vals::Exten;
use embassy_stm32::pac::timer::vals::Ossi;
use embassy_stm32::peripherals::{ADC1, PA1, PA4, PA5, TIM1};
use embassy_stm32::time::Hertz;
use embassy_stm32::timer::low_level::{CountingMode, OutputCompareMode, Timer};
use embassy_stm32::timer::simple_pwm::PwmPin;
use embassy_stm32::timer::{Ch1, Channel};
use embassy_stm32::{Peri, pac, triggers};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use embedded_hal::pwm::{ErrorKind, ErrorType, SetDutyCycle};
use smartevse::port::CaptureCell;
use smartevse_core::adapters::{
    Conversions, HIGH_POINT_US, PILOT_PERIOD_US, PeriodEnd, TriggeredCapture,
};

use super::hardware::PilotParts;
use super::now;
use crate::facts::{PILOT_SAMPLES, POLL_PERIODS, milli_volts};

/// Channels of the timer in its register arrays.
const PULSES: usize = 0;
const TRIGGER: usize = 3;

/// The charging control is due: every tenth period, 10 ms by the crystal and
/// independent of the clock of the firmware.
static DUE: Signal<CriticalSectionRawMutex, ()> = Signal::new();

/// What the end of each period collects.
pub type PeriodCapture = TriggeredCapture<PILOT_SAMPLES>;

/// Filled at the end of each period, read by the 10 ms loop.
pub static CAPTURE: CaptureCell<PeriodCapture, PILOT_SAMPLES> =
    CaptureCell::new(TriggeredCapture::new(POLL_PERIODS));

/// The pulse-width channel of the pilot, 1000 steps.
pub struct PilotChannel {
    _timer: Timer<'static, TIM1>,
    _output: PwmPin<'static, TIM1, Ch1>,
    _converter: InjectedAdc<'static, ADC1, 3>,
}

impl PilotChannel {
    /// Starts the timer with steady +12 V, and the sampling.
    #[must_use]
    pub fn start(parts: PilotParts) -> Self {
        let timer = generator(parts.timer);
        let converter = converter(parts.converter, parts.inputs);
        // The pin follows the timer only now that its level is high.
        let output = PwmPin::new(parts.output, OutputType::PushPull);
        timer.enable_update_interrupt(true);
        interrupt::TIM1_UP_TIM10.set_priority(Priority::P1);
        #[expect(unsafe_code, reason = "nothing relies on this interrupt being masked")]
        // SAFETY: the handler below is complete.
        unsafe {
            interrupt::TIM1_UP_TIM10.enable();
        }
        timer.start();
        Self {
            _timer: timer,
            _output: output,
            _converter: converter,
        }
    }
}

/// Sets the timer up; it does not run yet.
fn generator(peripheral: Peri<'static, TIM1>) -> Timer<'static, TIM1> {
    let mut timer = Timer::new(peripheral);
    timer.set_counting_mode(CountingMode::EdgeAlignedUp);
    timer.set_tick_freq(Hertz(1_000_000));
    timer.set_max_compare_value(PILOT_PERIOD_US.saturating_sub(1));
    timer.set_autoreload_preload(true);
    for (channel, mode, value) in [
        (Channel::Ch1, OutputCompareMode::PwmMode1, PILOT_PERIOD_US),
        (Channel::Ch4, OutputCompareMode::PwmMode2, HIGH_POINT_US),
    ] {
        timer.set_output_compare_mode(channel, mode);
        timer.set_output_compare_preload(channel, true);
        timer.set_compare_value(channel, value);
        timer.enable_channel(channel, true);
    }
    // A generator whose outputs are switched off drives +12 V.
    timer.set_ois(Channel::Ch1, true);
    timer.set_ossi(Ossi::IDLE_LEVEL);
    timer.generate_update_event();
    timer.clear_update_interrupt();
    timer.enable_outputs();
    timer
}

/// Sets the converter up: three channels at each rising edge of the trigger.
///
/// 84 cycles charge the sampling capacitor through far more than the 10 kΩ of
/// the proximity contact; the pilot comes first and takes 5 µs at most.
fn converter(
    peripheral: Peri<'static, ADC1>,
    (pilot, proximity, temperature): (Peri<'static, PA1>, Peri<'static, PA5>, Peri<'static, PA4>),
) -> InjectedAdc<'static, ADC1, 3> {
    Adc::new(peripheral).setup_injected_conversions(
        [
            (pilot.degrade_adc(), SampleTime::CYCLES84),
            (proximity.degrade_adc(), SampleTime::CYCLES84),
            (temperature.degrade_adc(), SampleTime::CYCLES84),
        ],
        triggers::TIM1_CH4,
        Exten::RISING_EDGE,
        false,
    )
}

impl ErrorType for PilotChannel {
    type Error = ErrorKind;
}

impl SetDutyCycle for PilotChannel {
    fn max_duty_cycle(&self) -> u16 {
        PILOT_PERIOD_US
    }

    /// Writes the duty and reads it back.
    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), ErrorKind> {
        let wanted = duty.min(PILOT_PERIOD_US);
        pac::TIM1.ccr(PULSES).write(|w| w.set_ccr(wanted));
        if self::duty() == wanted {
            Ok(())
        } else {
            Err(ErrorKind::Other)
        }
    }
}

/// Duty in the compare register, in steps.
fn duty() -> u16 {
    pac::TIM1.ccr(PULSES).read().ccr()
}

/// Waits until the charging control is due.
pub async fn wait_due() {
    DUE.wait().await;
}

/// Reads the conversions of the past period, if they are complete, and clears
/// their flag.
fn conversions() -> Option<Conversions> {
    let converter = pac::ADC1;
    if !converter.sr().read().jeoc() {
        return None;
    }
    let [pilot, proximity, temperature] =
        [0, 1, 2].map(|rank| milli_volts(converter.jdr(rank).read().jdata()));
    converter.sr().modify(|w| {
        w.set_jeoc(false);
        w.set_jstrt(false);
    });
    Some(Conversions {
        pilot,
        proximity,
        temperature,
    })
}

/// The end of a period.
fn period_end() {
    pac::TIM1.sr().modify(|w| w.set_uif(false));
    let converted = conversions();
    let end = PeriodEnd {
        now: now(),
        elapsed: pac::TIM1.cnt().read().cnt(),
        duty: duty(),
    };
    if let Some(done) = CAPTURE.with(|capture| capture.step(&end, converted)) {
        pac::TIM1.ccr(TRIGGER).write(|w| w.set_ccr(done.point));
        if done.poll_due {
            DUE.signal(());
        }
    }
}

#[interrupt]
fn TIM1_UP_TIM10() {
    period_end();
}
