//! Pilot samples, taken in step with the generator, and the slow conversions
//! between them. The sampling interrupt owns the converter.

use core::cell::RefCell;

use critical_section::Mutex;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use esp_hal::Blocking;
use esp_hal::analog::adc::{Adc, AdcCalScheme, AdcConfig, AdcPin, Attenuation};
use esp_hal::interrupt::Priority;
use esp_hal::peripherals::ADC1;
use esp_hal::time::Duration as Span;
use esp_hal::timer::OneShotTimer;
use smartevse_core::hardware::ErrorKind;
use smartevse_core::io::PilotSample;
use smartevse_types::{Duration, Instant, Latest, MilliVolts};

use super::board::{Calibration, PilotPin, ProximityPin, TemperaturePin, pilot_count};
use super::claim::Analogue;
use super::now;
use crate::facts::{POLL_PERIOD, SLOW_STALE};
use crate::levels::PilotScale;
use crate::sampling::{Sampler, duty_of, position};

/// Steps of the pilot generator (10 bit).
pub const STEPS: u16 = 1024;

/// A conversion that takes longer has failed: several times the longest one.
const LONGEST: Duration = Duration::from_micros(300);

/// Largest value of a conversion (12 bit).
const END: u16 = 4095;

/// The tick of the 10 ms loop.
pub static TICK: Signal<CriticalSectionRawMutex, ()> = Signal::new();

static CAPTURE: Mutex<RefCell<Option<Capture>>> = Mutex::new(RefCell::new(None));

/// A calibrated input.
type Input<P> = AdcPin<P, ADC1<'static>, Calibration>;

/// Converter, its inputs and what they gave.
struct Capture {
    timer: OneShotTimer<'static, Blocking>,
    converter: Adc<'static, ADC1<'static>, Blocking>,
    pilot: Input<PilotPin>,
    proximity: Input<ProximityPin>,
    temperature: Input<TemperaturePin>,
    scale: PilotScale,
    sampler: Sampler,
    voltages: [Latest<MilliVolts>; 2],
    odd: bool,
    tick: Instant,
}

/// Converts an input; `None` when the converter does not answer in time.
macro_rules! convert {
    ($capture:expr, $input:ident) => {{
        let end = now() + LONGEST;
        loop {
            match $capture.converter.read_oneshot(&mut $capture.$input) {
                Ok(value) => break Some(value),
                Err(_) if now() > end => break None,
                Err(_) => {}
            }
        }
    }};
}

/// Gives the voltage of a calibrated conversion.
fn milli(converted: u16) -> MilliVolts {
    MilliVolts::from_milli(converted.into())
}

/// Starts sampling. Gives the voltage at which proximity saturates, or `None`
/// when the converter cannot be used.
pub fn start(parts: Analogue) -> Option<MilliVolts> {
    let mut config = AdcConfig::new();
    let pilot: Input<PilotPin> = config.enable_pin_with_cal(parts.pilot, Attenuation::_11dB);
    let proximity: Input<ProximityPin> =
        config.enable_pin_with_cal(parts.proximity, Attenuation::_6dB);
    let temperature = config.enable_pin_with_cal(parts.temperature, Attenuation::_6dB);
    let scale = PilotScale::new(milli(pilot.cal_scheme.adc_val(END)))?;
    let ceiling = milli(proximity.cal_scheme.adc_val(END));
    let mut timer = OneShotTimer::new(parts.timer);
    timer.set_interrupt_handler(sample_point);
    timer.listen();
    timer.schedule(Span::from_millis(1)).ok()?;
    let capture = Capture {
        timer,
        converter: Adc::new(parts.converter, config),
        pilot,
        proximity,
        temperature,
        scale,
        sampler: Sampler::new(),
        voltages: [Latest::NEVER; 2],
        odd: false,
        tick: now(),
    };
    critical_section::with(|token| CAPTURE.borrow_ref_mut(token).replace(capture));
    Some(ceiling)
}

/// The interrupt of the sample points, above every executor.
#[esp_hal::handler(priority = Priority::Priority3)]
fn sample_point() {
    critical_section::with(|token| {
        if let Some(capture) = CAPTURE.borrow_ref_mut(token).as_mut() {
            capture.run();
        }
    });
}

impl Capture {
    /// Takes one pilot sample, a slow one where it fits, and sets the alarm.
    fn run(&mut self) {
        self.timer.clear_interrupt();
        let at = now();
        let place = position(pilot_count(), STEPS.into());
        match convert!(self, pilot) {
            Some(value) => self
                .sampler
                .take(at, place, self.scale.at_connector(milli(value))),
            None => self.sampler.fail(),
        }
        if self.sampler.has_time() {
            self.slow(at);
        }
        self.beat(at);
        let wait = self.sampler.next(position(pilot_count(), STEPS.into()));
        // Without an alarm there are no samples and no ticks: the watchdog acts.
        let _ = self.timer.schedule(Span::from_micros(wait.into()));
    }

    /// Proximity and temperature in turn.
    fn slow(&mut self, at: Instant) {
        self.odd = !self.odd;
        let [proximity, temperature] = &mut self.voltages;
        let (value, place) = if self.odd {
            (convert!(self, proximity), proximity)
        } else {
            (convert!(self, temperature), temperature)
        };
        if let Some(value) = value {
            place.update(milli(value), at);
        }
    }

    /// Gives the tick every 10 ms.
    fn beat(&mut self, at: Instant) {
        if at >= self.tick {
            self.tick = (self.tick + POLL_PERIOD).latest(at);
            TICK.signal(());
        }
    }
}

/// Uses the capture; fails while there is none.
fn with<T>(use_it: impl FnOnce(&mut Capture) -> Result<T, ErrorKind>) -> Result<T, ErrorKind> {
    critical_section::with(|token| {
        let mut capture = CAPTURE.borrow_ref_mut(token);
        capture.as_mut().map_or(Err(ErrorKind::Other), use_it)
    })
}

/// Notes the steps that the pilot generator was given.
pub fn commanded(steps: u16) {
    let done = with(|capture| {
        capture.sampler.commanded(duty_of(steps, STEPS), now());
        Ok(())
    });
    // Without a capture there are no samples that a duty could falsify.
    let _ = done;
}

/// Summary of the pilot samples.
///
/// # Errors
///
/// When the converter did not answer since the last call.
pub fn summary(_now: Instant) -> Result<Option<PilotSample>, ErrorKind> {
    with(|capture| match capture.sampler.summary() {
        (_, true) => Err(ErrorKind::Input),
        (sample, false) => Ok(sample),
    })
}

/// Latest voltage of a slow input; an old one is an error.
fn voltage(
    pick: fn(&[Latest<MilliVolts>; 2]) -> &Latest<MilliVolts>,
) -> Result<MilliVolts, ErrorKind> {
    with(|capture| {
        let reading = pick(&capture.voltages).reading(now(), SLOW_STALE);
        reading.fresh().ok_or(ErrorKind::Timeout)
    })
}

/// Voltage at PP_IN.
///
/// # Errors
///
/// When there is no recent conversion.
pub fn proximity() -> Result<MilliVolts, ErrorKind> {
    voltage(|[proximity, _]| proximity)
}

/// Voltage at TEMP.
///
/// # Errors
///
/// When there is no recent conversion.
pub fn temperature() -> Result<MilliVolts, ErrorKind> {
    voltage(|[_, temperature]| temperature)
}
