//! Roles that the 10 ms loop calls.

use smartevse_core::hardware::{
    CableLock, ContactorPositions, Contactors, ControlPilot, ErrorKind, ErrorType, ExternalSwitch,
    ProximityPilot, ResidualCurrentMonitor, StatusLight, Temperature,
};
use smartevse_core::io::{
    Contactor, HardwareFaults, LockDrive, LockFeedback, PilotSample, PilotSwitch, ProximityInput,
    ResidualCurrentInput, Rgb, SwitchInput, TemperatureInput,
};
use smartevse_types::{DutyPermille, Instant};

use super::SharedBoard;

/// Makes a view of the shared board.
macro_rules! views {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug)]
            pub struct $name {
                shared: SharedBoard,
            }

            impl $name {
                /// Makes the part of a board.
                #[must_use]
                pub const fn new(shared: SharedBoard) -> Self {
                    Self { shared }
                }

                /// Refuses while the board says that this part does.
                fn check(&self, part: HardwareFaults, kind: ErrorKind) -> Result<(), ErrorKind> {
                    if self.shared.fails(part) {
                        return Err(kind);
                    }
                    Ok(())
                }
            }

            impl ErrorType for $name {
                type Error = ErrorKind;
            }
        )+
    };
}

views! {
    /// Control pilot of a simulated board.
    SimPilot;
    /// Contactors of a simulated board.
    SimContactors;
    /// Proximity contact of a simulated board.
    SimProximity;
    /// Cable lock of a simulated board.
    SimLock;
    /// Residual-current monitor of a simulated board.
    SimMonitor;
    /// Temperature sensor of a simulated board.
    SimTemperature;
    /// External switch of a simulated board.
    SimSwitch;
    /// Status light of a simulated board.
    SimLight;
}

impl ControlPilot for SimPilot {
    fn set_duty(&mut self, duty: DutyPermille) -> Result<(), ErrorKind> {
        self.check(HardwareFaults::PILOT_OUTPUT, ErrorKind::PulseWidth)?;
        self.shared.drive(|outputs| outputs.duty = duty);
        Ok(())
    }

    fn set_switch(&mut self, switch: PilotSwitch) -> Result<(), ErrorKind> {
        self.check(HardwareFaults::PILOT_OUTPUT, ErrorKind::Output)?;
        self.shared.drive(|outputs| outputs.pilot_switch = switch);
        Ok(())
    }

    /// Samples at `now`, or at the time of the shared clock if that is later.
    fn sample(&mut self, now: Instant) -> Result<Option<PilotSample>, ErrorKind> {
        self.check(HardwareFaults::PILOT_SAMPLE, ErrorKind::Input)?;
        self.shared.clock.reach(now);
        let now = self.shared.clock.now();
        Ok(self.shared.with(|board| board.sample_pilot(now)))
    }
}

impl Contactors for SimContactors {
    fn drive_contactors(
        &mut self,
        contactor1: Contactor,
        contactor2: Contactor,
    ) -> Result<(), ErrorKind> {
        self.check(HardwareFaults::CONTACTOR, ErrorKind::Output)?;
        self.shared.drive(|outputs| {
            outputs.contactor1 = contactor1;
            outputs.contactor2 = contactor2;
        });
        Ok(())
    }

    fn contactor_feedback(&mut self) -> Result<ContactorPositions, ErrorKind> {
        let inputs = self.shared.peek();
        Ok(ContactorPositions {
            contactor1: inputs.contactor1,
            contactor2: inputs.contactor2,
        })
    }
}

impl ProximityPilot for SimProximity {
    fn read_proximity(&mut self) -> Result<ProximityInput, ErrorKind> {
        self.check(HardwareFaults::PROXIMITY, ErrorKind::Input)?;
        Ok(self.shared.peek().proximity)
    }
}

impl CableLock for SimLock {
    fn drive_lock(&mut self, drive: LockDrive) -> Result<(), ErrorKind> {
        self.check(HardwareFaults::LOCK, ErrorKind::Output)?;
        self.shared.drive(|outputs| outputs.lock = drive);
        Ok(())
    }

    fn lock_feedback(&mut self) -> Result<LockFeedback, ErrorKind> {
        Ok(self.shared.peek().lock)
    }
}

impl ResidualCurrentMonitor for SimMonitor {
    fn read_residual_current(&mut self) -> Result<ResidualCurrentInput, ErrorKind> {
        Ok(self.shared.peek().residual_current)
    }

    fn set_test(&mut self, active: bool) -> Result<(), ErrorKind> {
        self.check(HardwareFaults::RESIDUAL_CURRENT, ErrorKind::Output)?;
        self.shared
            .drive(|outputs| outputs.residual_current_test = active);
        Ok(())
    }

    fn has_test(&self) -> bool {
        self.shared.peek().residual_current != ResidualCurrentInput::NotFitted
    }
}

impl Temperature for SimTemperature {
    fn read_temperature(&mut self) -> Result<TemperatureInput, ErrorKind> {
        self.check(HardwareFaults::TEMPERATURE, ErrorKind::Input)?;
        Ok(self.shared.peek().temperature)
    }
}

impl ExternalSwitch for SimSwitch {
    fn read_switch(&mut self) -> Result<SwitchInput, ErrorKind> {
        self.check(HardwareFaults::SWITCH, ErrorKind::Input)?;
        Ok(self.shared.peek().switch)
    }
}

impl StatusLight for SimLight {
    fn show(&mut self, colour: Rgb) -> Result<(), ErrorKind> {
        self.check(HardwareFaults::LIGHT, ErrorKind::Output)?;
        self.shared.drive(|outputs| outputs.light = colour);
        Ok(())
    }
}
