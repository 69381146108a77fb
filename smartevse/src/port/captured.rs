//! What an interrupt collects, as sources of the 10 ms loop.

use smartevse_core::adapters::{
    Capture, MilliVoltSource, PilotSampler, PilotScale, ReferenceBoard, ReferenceSources,
};
use smartevse_core::hardware::ErrorKind;
use smartevse_core::io::PilotSample;
use smartevse_types::{Instant, MilliVolts};

use crate::exchange::Guarded;

/// A capture T that the sampling interrupt fills and the 10 ms loop reads; one
/// `static` of it.
///
/// T is an [`AlarmCapture`](smartevse_core::adapters::AlarmCapture) or a
/// [`TriggeredCapture`](smartevse_core::adapters::TriggeredCapture) with N
/// samples of each phase.
#[derive(Debug)]
pub struct CaptureCell<T, const N: usize>(Guarded<T>);

/// Sources of the measured values of the reference circuit.
pub type CapturedSources<T, const N: usize> =
    ReferenceSources<CapturedPilot<T, N>, CapturedVoltage<T, N>, CapturedVoltage<T, N>>;

/// A board with the reference circuit over a [`CaptureCell`].
pub type CapturedBoard<W, T, const N: usize, O, I, S, G> = ReferenceBoard<
    W,
    CapturedPilot<T, N>,
    CapturedVoltage<T, N>,
    CapturedVoltage<T, N>,
    O,
    I,
    S,
    G,
>;

impl<T: AsMut<Capture<N>>, const N: usize> CaptureCell<T, N> {
    /// Makes the cell.
    #[must_use]
    pub const fn new(capture: T) -> Self {
        Self(Guarded::new(capture))
    }

    /// Uses the capture in one critical section; `None` when it is in use
    /// already, which only a call from inside `f` can bring about.
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.0.with(f)
    }

    /// Gives the sources for [`reference_board`](smartevse_core::adapters::reference_board).
    /// Without a scale the pilot has no samples. `ceiling` is the voltage at
    /// which proximity saturates, where that is below its supply.
    pub fn sources(
        &'static self,
        scale: Option<PilotScale>,
        ceiling: Option<MilliVolts>,
        now: fn() -> Instant,
    ) -> CapturedSources<T, N> {
        let voltage = |read| CapturedVoltage {
            cell: self,
            now,
            read,
        };
        ReferenceSources {
            pilot: CapturedPilot { cell: self, scale },
            proximity: voltage(Capture::proximity_voltage),
            proximity_ceiling: ceiling,
            temperature: voltage(Capture::temperature_voltage),
        }
    }

    /// Takes a copy; it is worked on outside the critical section.
    fn take(&self) -> Result<Capture<N>, ErrorKind> {
        self.with(|capture| capture.as_mut().take())
            .ok_or(ErrorKind::Other)
    }
}

/// Pilot samples of a [`CaptureCell`].
#[derive(Debug)]
pub struct CapturedPilot<T: 'static, const N: usize> {
    cell: &'static CaptureCell<T, N>,
    scale: Option<PilotScale>,
}

impl<T: AsMut<Capture<N>>, const N: usize> PilotSampler for CapturedPilot<T, N> {
    type Error = ErrorKind;

    fn summary(&mut self, _: Instant) -> Result<Option<PilotSample>, ErrorKind> {
        let scale = self.scale.as_ref().ok_or(ErrorKind::Unsupported)?;
        self.cell.take()?.summary(scale)
    }
}

/// What reads a voltage of a capture.
type Read<const N: usize> = fn(&Capture<N>, Instant) -> Result<MilliVolts, ErrorKind>;

/// Voltage of the proximity contact or the temperature sensor of a
/// [`CaptureCell`].
#[derive(Debug)]
pub struct CapturedVoltage<T: 'static, const N: usize> {
    cell: &'static CaptureCell<T, N>,
    now: fn() -> Instant,
    read: Read<N>,
}

impl<T: AsMut<Capture<N>>, const N: usize> MilliVoltSource for CapturedVoltage<T, N> {
    type Error = ErrorKind;

    fn milli_volts(&mut self) -> Result<MilliVolts, ErrorKind> {
        let (now, read) = ((self.now)(), self.read);
        self.cell
            .with(|capture| read(capture.as_mut(), now))
            .unwrap_or(Err(ErrorKind::Other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::adapters::{AlarmCapture, SlowInput};
    use smartevse_types::Duration;

    const LEVEL: MilliVolts = MilliVolts::from_milli(3_281);

    fn at_20_ms() -> Instant {
        Instant::from_millis(20)
    }

    fn capture(failed: bool) -> AlarmCapture<25> {
        let mut capture = AlarmCapture::new(Duration::from_millis(10));
        capture.pilot(at_20_ms(), 50, (!failed).then_some(LEVEL));
        capture.slow(SlowInput::Temperature, at_20_ms(), Some(LEVEL));
        capture
    }

    fn scale() -> Option<PilotScale> {
        PilotScale::reference(MilliVolts::from_milli(3_300))
    }

    #[test]
    fn when_the_interrupt_collects_then_the_sources_have_it() {
        static CELL: CaptureCell<AlarmCapture<25>, 25> =
            CaptureCell::new(AlarmCapture::new(Duration::from_millis(10)));
        CELL.with(|cell| *cell = capture(false)).unwrap();
        let mut sources = CELL.sources(scale(), Some(LEVEL), at_20_ms);
        assert!(sources.pilot.summary(at_20_ms()).unwrap().is_some());
        assert_eq!(sources.temperature.milli_volts(), Ok(LEVEL));
        assert_eq!(sources.proximity.milli_volts(), Err(ErrorKind::Timeout));
        assert_eq!(sources.proximity_ceiling, Some(LEVEL));
    }

    #[test]
    fn when_the_converter_failed_then_the_pilot_says_so_once() {
        static CELL: CaptureCell<AlarmCapture<25>, 25> =
            CaptureCell::new(AlarmCapture::new(Duration::from_millis(10)));
        CELL.with(|cell| *cell = capture(true)).unwrap();
        let mut pilot = CELL.sources(scale(), None, at_20_ms).pilot;
        assert_eq!(pilot.summary(at_20_ms()), Err(ErrorKind::Input));
        assert_eq!(pilot.summary(at_20_ms()), Ok(None));
    }

    #[test]
    fn when_there_is_no_scale_then_there_is_no_sample() {
        static CELL: CaptureCell<AlarmCapture<25>, 25> =
            CaptureCell::new(AlarmCapture::new(Duration::from_millis(10)));
        let mut pilot = CELL.sources(None, None, at_20_ms).pilot;
        assert_eq!(pilot.summary(at_20_ms()), Err(ErrorKind::Unsupported));
    }
}
