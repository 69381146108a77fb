//! A board made of one implementation for each role.

use smartevse_types::Instant;

use super::{
    Board, CableLock, ContactorPositions, Contactors, ControlPilot, ExternalSwitch, NotFitted,
    ProximityPilot, ResidualCurrentMonitor, StatusLight, Temperature,
};
use crate::io::{
    HardwareFaults, Inputs, LockFeedback, MainsInput, Outputs, PilotSwitch, ProximityInput,
    ResidualCurrentInput, SwitchInput, TemperatureInput,
};

/// A [`Board`] made of parts, [`NotFitted`] where there is none.
///
/// The mains voltage is reported as not fitted; a board that can tell wraps
/// this one and fills `inputs.mains` after sampling.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<
    P,
    C,
    X = NotFitted,
    L = NotFitted,
    R = NotFitted,
    T = NotFitted,
    S = NotFitted,
    G = NotFitted,
> {
    /// Control pilot.
    pub pilot: P,
    /// Proximity contact.
    pub proximity: X,
    /// Contactors.
    pub contactors: C,
    /// Cable lock.
    pub lock: L,
    /// Residual-current monitor.
    pub residual_current: R,
    /// Temperature sensor.
    pub temperature: T,
    /// External switch.
    pub switch: S,
    /// Status light.
    pub light: G,
}

impl<P: ControlPilot, C: Contactors> Parts<P, C> {
    /// Makes a board with a pilot and contactors only.
    #[must_use]
    pub const fn minimal(pilot: P, contactors: C) -> Self {
        Self {
            pilot,
            proximity: NotFitted,
            contactors,
            lock: NotFitted,
            residual_current: NotFitted,
            temperature: NotFitted,
            switch: NotFitted,
            light: NotFitted,
        }
    }
}

/// Collects what failed.
struct Collector(HardwareFaults);

impl Collector {
    /// Notes a failed command.
    fn note<E>(&mut self, part: HardwareFaults, result: Result<(), E>) {
        self.take(part, result, ());
    }

    /// Gives the value, or `unknown` with a note when it could not be read.
    fn take<V, E>(&mut self, part: HardwareFaults, result: Result<V, E>, unknown: V) -> V {
        result.unwrap_or_else(|_| {
            self.0.insert(part);
            unknown
        })
    }
}

/// Drives the pilot so that the connector never sees the former duty: a switch
/// that opens does so before the duty changes, one that closes after it.
fn drive_pilot(pilot: &mut impl ControlPilot, outputs: &Outputs, failed: &mut Collector) {
    let isolates = outputs.pilot_switch == PilotSwitch::Isolated;
    if isolates {
        let done = pilot.set_switch(outputs.pilot_switch);
        failed.note(HardwareFaults::PILOT_OUTPUT, done);
    }
    let done = pilot.set_duty(outputs.duty);
    failed.note(HardwareFaults::PILOT_OUTPUT, done);
    if !isolates {
        let done = pilot.set_switch(outputs.pilot_switch);
        failed.note(HardwareFaults::PILOT_OUTPUT, done);
    }
}

impl<P, C, X, L, R, T, S, G> Board for Parts<P, C, X, L, R, T, S, G>
where
    P: ControlPilot,
    C: Contactors,
    X: ProximityPilot,
    L: CableLock,
    R: ResidualCurrentMonitor,
    T: Temperature,
    S: ExternalSwitch,
    G: StatusLight,
{
    /// Samples every part.
    ///
    /// What failed reads as follows: pilot `None`, proximity and temperature
    /// `Missing`, cable lock `Unknown` (not "not fitted", which would lift the
    /// interlock of decision 3), the others `NotFitted`; contactor feedback
    /// sets [`HardwareFaults::CONTACTOR`].
    fn sample(&mut self, now: Instant, inputs: &mut Inputs) {
        let mut failed = Collector(inputs.hardware);
        let positions = failed.take(
            HardwareFaults::CONTACTOR,
            self.contactors.contactor_feedback(),
            ContactorPositions::default(),
        );
        *inputs = Inputs {
            pilot: failed.take(HardwareFaults::PILOT_SAMPLE, self.pilot.sample(now), None),
            proximity: failed.take(
                HardwareFaults::PROXIMITY,
                self.proximity.read_proximity(),
                ProximityInput::Missing,
            ),
            residual_current: failed.take(
                HardwareFaults::RESIDUAL_CURRENT,
                self.residual_current.read_residual_current(),
                ResidualCurrentInput::NotFitted,
            ),
            residual_current_edge: self.residual_current.take_edge(),
            temperature: failed.take(
                HardwareFaults::TEMPERATURE,
                self.temperature.read_temperature(),
                TemperatureInput::Missing,
            ),
            contactor1: positions.contactor1,
            contactor2: positions.contactor2,
            lock: failed.take(
                HardwareFaults::LOCK,
                self.lock.lock_feedback(),
                LockFeedback::Unknown,
            ),
            switch: failed.take(
                HardwareFaults::SWITCH,
                self.switch.read_switch(),
                SwitchInput::NotFitted,
            ),
            mains: MainsInput::NotFitted,
            hardware: failed.0,
        };
    }

    fn drive(&mut self, outputs: &Outputs) -> HardwareFaults {
        let mut failed = Collector(HardwareFaults::empty());
        failed.note(
            HardwareFaults::CONTACTOR,
            self.contactors
                .drive_contactors(outputs.contactor1, outputs.contactor2),
        );
        drive_pilot(&mut self.pilot, outputs, &mut failed);
        self.lock.set_kind(outputs.lock_kind);
        failed.note(HardwareFaults::LOCK, self.lock.drive_lock(outputs.lock));
        failed.note(
            HardwareFaults::RESIDUAL_CURRENT,
            self.residual_current
                .set_test(outputs.residual_current_test),
        );
        failed.note(HardwareFaults::LIGHT, self.light.show(outputs.light));
        failed.0
    }
}
