//! Control pilot on a pulse-width channel.

use embedded_hal::digital::OutputPin;
use embedded_hal::pwm::SetDutyCycle;
use smartevse_types::{DutyPermille, Instant};

use super::{AdapterError, NoPin, OutputLine, PilotSampler};
use crate::hardware::{ControlPilot, ErrorType};
use crate::io::{PilotSample, PilotSwitch};

/// Fewest steps of a pulse-width channel that can make a pilot: 200, so that
/// rounding stays below 0.5 % of the period (porting guide: duty error).
pub const FEWEST_TICKS: u16 = 200;

/// Converts a duty to steps of a channel with `max` steps, rounding down.
///
/// 0 ‰ gives 0 and 1000 ‰ or more gives `max`, both exactly; the result is
/// never above `max` (charging specification §1.4).
#[must_use]
pub fn ticks(duty: DutyPermille, max: u16) -> u16 {
    scale(duty.as_permille().min(1000), max, 1000)
}

/// Gives ⌊`part` × `max` / `whole`⌋, at most `max`.
pub(super) fn scale(part: u16, max: u16, whole: u16) -> u16 {
    u32::from(part)
        .saturating_mul(u32::from(max))
        .checked_div(u32::from(whole))
        .and_then(|ticks| u16::try_from(ticks).ok())
        .map_or(0, |ticks| ticks.min(max))
}

/// Pilot on a pulse-width channel of 1 kHz, high output = +12 V.
///
/// The isolation line, where fitted, is active while the connector is
/// separated. Without it the pilot is steady +12 V (or −12 V if that is
/// commanded) while it should be isolated: nothing is offered.
#[derive(Debug)]
pub struct PwmPilot<W, S, I = NoPin> {
    channel: W,
    sampler: S,
    isolation: Option<OutputLine<I>>,
    duty: DutyPermille,
    switch: PilotSwitch,
}

impl<W: SetDutyCycle, S: PilotSampler> PwmPilot<W, S> {
    /// Makes a pilot without an isolation switch; no output changes.
    #[must_use]
    pub const fn new(channel: W, sampler: S) -> Self {
        Self {
            channel,
            sampler,
            isolation: None,
            duty: DutyPermille::from_permille(1000),
            switch: PilotSwitch::Isolated,
        }
    }

    /// Adds the isolation line.
    #[must_use]
    pub fn with_isolation<I: OutputPin>(self, line: OutputLine<I>) -> PwmPilot<W, S, I> {
        PwmPilot {
            channel: self.channel,
            sampler: self.sampler,
            isolation: Some(line),
            duty: self.duty,
            switch: self.switch,
        }
    }
}

impl<W: SetDutyCycle, S, I> PwmPilot<W, S, I> {
    /// Gives the duty that may reach the connector now.
    fn permitted(&self) -> DutyPermille {
        let held = self.isolation.is_none() && self.switch == PilotSwitch::Isolated;
        if held && self.duty != DutyPermille::ZERO {
            DutyPermille::from_permille(1000)
        } else {
            self.duty
        }
    }

    /// Writes the duty to the channel.
    fn write(&mut self) -> Result<(), AdapterError> {
        let max = self.channel.max_duty_cycle();
        match self.permitted().as_permille() {
            0 => self.channel.set_duty_cycle_fully_off(),
            1000.. => self.channel.set_duty_cycle_fully_on(),
            _ if max < FEWEST_TICKS => {
                // Too coarse for a pilot: offer nothing, and say so.
                let _ = self.channel.set_duty_cycle_fully_on();
                return Err(AdapterError::Resolution);
            }
            permille => self
                .channel
                .set_duty_cycle(ticks(DutyPermille::from_permille(permille), max)),
        }
        .map_err(AdapterError::pulse_width)
    }
}

impl<W, S, I> ErrorType for PwmPilot<W, S, I> {
    type Error = AdapterError;
}

impl<W: SetDutyCycle, S: PilotSampler, I: OutputPin> ControlPilot for PwmPilot<W, S, I> {
    fn set_duty(&mut self, duty: DutyPermille) -> Result<(), AdapterError> {
        self.duty = duty;
        self.write()
    }

    fn set_switch(&mut self, switch: PilotSwitch) -> Result<(), AdapterError> {
        self.switch = switch;
        match &mut self.isolation {
            Some(line) => line.set(switch == PilotSwitch::Isolated),
            None => self.write(),
        }
    }

    fn sample(&mut self, now: Instant) -> Result<Option<PilotSample>, AdapterError> {
        self.sampler.summary(now).map_err(AdapterError::source)
    }
}
