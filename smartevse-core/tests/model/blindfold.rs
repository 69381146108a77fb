//! Guards taken away from the charging control but not from its oracle.

use smartevse_core::directive::Directive;
use smartevse_core::io::{
    ContactorFeedback, Inputs, MilliVoltRange, Outputs, PilotSample, ResidualCurrentInput,
    TemperatureInput,
};
use smartevse_core::types::{Access, Celsius, Instant};

/// What the charging control cannot see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blindfold {
    /// It sees everything.
    None,
    /// Every low phase looks like that of a diode.
    Diode,
    /// The residual-current monitor looks normal.
    Monitor,
    /// A vehicle that lets go while the contactor is open looks like one that
    /// asks: the 500 ms are not counted anew.
    Debounce,
    /// Contactors look as commanded.
    Weld,
    /// Old samples look new.
    Freshness,
    /// The module looks cool.
    Heat,
    /// Access looks given.
    Access,
}

impl Blindfold {
    /// Makes what the charging control is shown.
    pub fn apply(
        self,
        now: Instant,
        drive: &Outputs,
        inputs: &mut Inputs,
        directive: &mut Directive,
    ) {
        match self {
            Self::None => {}
            Self::Diode => hide_missing_diode(inputs),
            Self::Monitor => inputs.residual_current = shown_monitor(drive),
            Self::Debounce => hide_rest(drive, inputs),
            Self::Weld => {
                inputs.contactor1 = reading(drive.contactor1.is_closed());
                inputs.contactor2 = reading(drive.contactor2.is_closed());
            }
            Self::Freshness => {
                inputs.pilot = inputs.pilot.map(|sample| PilotSample { at: now, ..sample });
            }
            Self::Heat => {
                inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(25));
            }
            Self::Access => directive.access = Access::On,
        }
    }
}

/// The monitor still answers its test.
fn shown_monitor(drive: &Outputs) -> ResidualCurrentInput {
    if drive.residual_current_test {
        ResidualCurrentInput::Fault
    } else {
        ResidualCurrentInput::Normal
    }
}

fn hide_missing_diode(inputs: &mut Inputs) {
    if let Some(low) = inputs.pilot.as_mut().and_then(|sample| sample.low.as_mut()) {
        *low = MilliVoltRange::from_milli(-12_000, -12_000);
    }
}

fn hide_rest(drive: &Outputs, inputs: &mut Inputs) {
    let Some(sample) = inputs.pilot.as_mut() else {
        return;
    };
    if !drive.contactor1.is_closed() && sample.high == MilliVoltRange::from_milli(9_000, 9_000) {
        sample.high = MilliVoltRange::from_milli(6_000, 6_000);
    }
}

/// What an auxiliary contact reads.
pub const fn reading(closed: bool) -> ContactorFeedback {
    if closed {
        ContactorFeedback::Closed
    } else {
        ContactorFeedback::Open
    }
}
