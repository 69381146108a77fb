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
use smartevse::port::CaptureCell;
use smartevse_core::adapters::{
    AlarmCapture, PilotScale, SlowInput, duty_of_steps, pilot_position,
};
use smartevse_types::MilliVolts;

use super::board::{Calibration, PilotPin, ProximityPin, TemperaturePin, pilot_count};
use super::claim::Analogue;
use super::now;
use crate::facts::{CONVERTER_END, LONGEST_CONVERSION, PILOT_SAMPLES, PILOT_STEPS, POLL_PERIOD};

/// The tick of the 10 ms loop.
pub static TICK: Signal<CriticalSectionRawMutex, ()> = Signal::new();

/// What the sampling interrupt collects.
pub type Sampled = AlarmCapture<PILOT_SAMPLES>;

/// Filled by the sampling interrupt, read by the 10 ms loop.
pub static CAPTURE: CaptureCell<Sampled, PILOT_SAMPLES> =
    CaptureCell::new(AlarmCapture::new(POLL_PERIOD));

static CONVERTER: Guarded<Option<Converter>> = Guarded::new(None);

/// A calibrated input.
type Input<P> = AdcPin<P, ADC1<'static>, Calibration>;

/// Converter and its inputs.
struct Converter {
    timer: OneShotTimer<'static, Blocking>,
    adc: Adc<'static, ADC1<'static>, Blocking>,
    pilot: Input<PilotPin>,
    proximity: Input<ProximityPin>,
    temperature: Input<TemperaturePin>,
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
    };
    CONVERTER.with(|place| place.replace(converter))?;
    Some(ranges)
}

/// The interrupt of the sample points, above every executor.
#[esp_hal::handler(priority = Priority::Priority3)]
fn sample_point() {
    CONVERTER.with(|converter| CAPTURE.with(|capture| converter.as_mut()?.run(capture)));
}

impl Converter {
    /// Takes one pilot sample, a slow one where it fits, and sets the alarm.
    fn run(&mut self, capture: &mut Sampled) -> Option<()> {
        self.timer.clear_interrupt();
        let (at, place) = (now(), place());
        if let Some(input) = capture.pilot(at, place, convert!(self, pilot)) {
            let converted = match input {
                SlowInput::Proximity => convert!(self, proximity),
                SlowInput::Temperature => convert!(self, temperature),
            };
            capture.slow(input, at, converted);
        }
        if capture.poll_due(at) {
            TICK.signal(());
        }
        let wait = capture.next(self::place());
        // Without an alarm there are no samples and no ticks: the watchdog acts.
        self.timer.schedule(Span::from_micros(wait.into())).ok()
    }
}

/// Position in the period of the pilot, µs.
fn place() -> u16 {
    pilot_position(pilot_count(), PILOT_STEPS.into())
}

/// Notes the steps that the pilot generator was given.
pub fn commanded(steps: u16) {
    let duty = duty_of_steps(steps, PILOT_STEPS);
    let _ = CAPTURE.with(|capture| capture.commanded(duty, now()));
}
