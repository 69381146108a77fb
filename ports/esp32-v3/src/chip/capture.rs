//! Pilot samples, taken in step with the generator, and the slow conversions
//! between them. The sampling interrupt owns the converter.

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use esp_hal::Blocking;
use esp_hal::analog::adc::{Adc, AdcCalScheme, AdcConfig, AdcPin, Attenuation};
use esp_hal::interrupt::Priority;
use esp_hal::peripherals::ADC1;
use esp_hal::time::Duration as Span;
use esp_hal::timer::OneShotTimer;
use smartevse::exchange::Guarded;
use smartevse_core::adapters::{AlarmSchedule, Capture, PilotScale, duty_of_steps, pilot_position};
use smartevse_core::hardware::ErrorKind;
use smartevse_core::io::PilotSample;
use smartevse_types::{Instant, MilliVolts};

use super::board::{Calibration, PilotPin, ProximityPin, TemperaturePin, pilot_count};
use super::claim::Analogue;
use super::now;
use crate::facts::{CONVERTER_END, LONGEST_CONVERSION, PILOT_SAMPLES, PILOT_STEPS, POLL_PERIOD};

/// The tick of the 10 ms loop.
pub static TICK: Signal<CriticalSectionRawMutex, ()> = Signal::new();

static CONVERTER: Guarded<Option<Converter>> = Guarded::new(None);

/// A calibrated input.
type Input<P> = AdcPin<P, ADC1<'static>, Calibration>;

/// Converter, its inputs and what they gave.
struct Converter {
    timer: OneShotTimer<'static, Blocking>,
    adc: Adc<'static, ADC1<'static>, Blocking>,
    pilot: Input<PilotPin>,
    proximity: Input<ProximityPin>,
    temperature: Input<TemperaturePin>,
    schedule: AlarmSchedule,
    capture: Capture<PILOT_SAMPLES>,
    odd: bool,
    tick: Instant,
}

/// Converts an input; `None` when the converter does not answer in time.
macro_rules! convert {
    ($converter:expr, $input:ident) => {{
        let end = now() + LONGEST_CONVERSION;
        loop {
            match $converter.adc.read_oneshot(&mut $converter.$input) {
                Ok(value) => break Some(milli(value)),
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

/// What the ends of the range of the converter mean.
pub struct Ranges {
    /// Scale of the pilot.
    pub pilot: PilotScale,
    /// Voltage at which proximity saturates.
    pub proximity: MilliVolts,
}

/// Starts sampling; `None` when the converter cannot be used.
pub fn start(parts: Analogue) -> Option<Ranges> {
    let mut config = AdcConfig::new();
    let pilot: Input<PilotPin> = config.enable_pin_with_cal(parts.pilot, Attenuation::_11dB);
    let proximity: Input<ProximityPin> =
        config.enable_pin_with_cal(parts.proximity, Attenuation::_6dB);
    let temperature = config.enable_pin_with_cal(parts.temperature, Attenuation::_6dB);
    let ranges = Ranges {
        pilot: PilotScale::reference(milli(pilot.cal_scheme.adc_val(CONVERTER_END)))?,
        proximity: milli(proximity.cal_scheme.adc_val(CONVERTER_END)),
    };
    let mut timer = OneShotTimer::new(parts.timer);
    timer.set_interrupt_handler(sample_point);
    timer.listen();
    timer.schedule(Span::from_millis(1)).ok()?;
    let converter = Converter {
        timer,
        adc: Adc::new(parts.converter, config),
        pilot,
        proximity,
        temperature,
        schedule: AlarmSchedule::new(),
        capture: Capture::new(),
        odd: false,
        tick: now(),
    };
    CONVERTER.with(|place| place.replace(converter))?;
    Some(ranges)
}

/// The interrupt of the sample points, above every executor.
#[esp_hal::handler(priority = Priority::Priority3)]
fn sample_point() {
    CONVERTER.with(|converter| converter.as_mut().map(Converter::run));
}

impl Converter {
    /// Takes one pilot sample, a slow one where it fits, and sets the alarm.
    fn run(&mut self) {
        self.timer.clear_interrupt();
        let at = now();
        let phase = self.schedule.phase(at, place());
        match convert!(self, pilot) {
            Some(level) => self.capture.pilot(phase, at, level),
            None => self.capture.fail(),
        }
        if self.schedule.has_time() {
            self.slow(at);
        }
        if at >= self.tick {
            self.tick = (self.tick + POLL_PERIOD).latest(at);
            TICK.signal(());
        }
        let wait = self.schedule.next(place());
        // Without an alarm there are no samples and no ticks: the watchdog acts.
        let _ = self.timer.schedule(Span::from_micros(wait.into()));
    }

    /// Proximity and temperature in turn.
    fn slow(&mut self, at: Instant) {
        self.odd = !self.odd;
        if self.odd {
            if let Some(voltage) = convert!(self, proximity) {
                self.capture.proximity(at, voltage);
            }
        } else if let Some(voltage) = convert!(self, temperature) {
            self.capture.temperature(at, voltage);
        }
    }
}

/// Position in the period of the pilot, µs.
fn place() -> u16 {
    pilot_position(pilot_count(), PILOT_STEPS.into())
}

/// Uses the converter; fails while there is none.
fn with<T>(use_it: impl FnOnce(&mut Converter) -> T) -> Result<T, ErrorKind> {
    let done = CONVERTER.with(|converter| converter.as_mut().map(use_it));
    done.flatten().ok_or(ErrorKind::Other)
}

/// Notes the steps that the pilot generator was given.
pub fn commanded(steps: u16) {
    let duty = duty_of_steps(steps, PILOT_STEPS);
    // Without a converter there are no samples that a duty could falsify.
    let _ = with(|converter| converter.schedule.commanded(duty, now()));
}

/// Summary of the pilot samples.
///
/// # Errors
///
/// When the converter did not answer since the last call.
pub fn summary(scale: &PilotScale) -> Result<Option<PilotSample>, ErrorKind> {
    with(|converter| converter.capture.take())?.summary(scale)
}

/// Voltage at PP_IN.
///
/// # Errors
///
/// When there is no recent conversion.
pub fn proximity() -> Result<MilliVolts, ErrorKind> {
    with(|converter| converter.capture.proximity_voltage(now()))?
}

/// Voltage at TEMP.
///
/// # Errors
///
/// When there is no recent conversion.
pub fn temperature() -> Result<MilliVolts, ErrorKind> {
    with(|converter| converter.capture.temperature_voltage(now()))?
}
