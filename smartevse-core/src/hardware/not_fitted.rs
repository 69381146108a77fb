//! Stand-in for parts that a board does not have.

use core::convert::Infallible;
use core::future::{Future, pending};

use super::{
    ButtonSet, Buttons, Buzzer, CableLock, CardReader, ErrorType, ExternalSwitch, ProximityPilot,
    ResidualCurrentMonitor, StatusLight, Temperature,
};
use crate::card::Uid;
use crate::io::{
    LockDrive, ProximityInput, ResidualCurrentInput, Rgb, SwitchInput, TemperatureInput,
};

/// A part that the board does not have: reads as not fitted, accepts every
/// command and never has news.
///
/// It stands for no pilot, contactor, storage or watchdog: a charger without
/// one of these is not safe, and must not compile by accident.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct NotFitted;

impl ErrorType for NotFitted {
    type Error = Infallible;
}

impl ProximityPilot for NotFitted {
    /// Gives "missing": a socket without a proximity contact gets no energy.
    fn read_proximity(&mut self) -> Result<ProximityInput, Infallible> {
        Ok(ProximityInput::Missing)
    }
}

impl CableLock for NotFitted {
    fn drive_lock(&mut self, _drive: LockDrive) -> Result<(), Infallible> {
        Ok(())
    }
}

impl ResidualCurrentMonitor for NotFitted {
    fn read_residual_current(&mut self) -> Result<ResidualCurrentInput, Infallible> {
        Ok(ResidualCurrentInput::NotFitted)
    }
}

impl Temperature for NotFitted {
    fn read_temperature(&mut self) -> Result<TemperatureInput, Infallible> {
        Ok(TemperatureInput::NotFitted)
    }
}

impl ExternalSwitch for NotFitted {
    fn read_switch(&mut self) -> Result<SwitchInput, Infallible> {
        Ok(SwitchInput::NotFitted)
    }
}

impl StatusLight for NotFitted {
    fn show(&mut self, _colour: Rgb) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Buzzer for NotFitted {
    fn sound(&mut self, _on: bool) -> Result<(), Infallible> {
        Ok(())
    }
}

impl CardReader for NotFitted {
    fn next_card(&mut self) -> impl Future<Output = Result<Uid, Infallible>> {
        pending()
    }
}

impl Buttons for NotFitted {
    fn wait_change(
        &mut self,
        _known: ButtonSet,
    ) -> impl Future<Output = Result<ButtonSet, Infallible>> {
        pending()
    }
}

impl embedded_io_async::ErrorType for NotFitted {
    type Error = Infallible;
}

impl embedded_io_async::Read for NotFitted {
    async fn read(&mut self, _buf: &mut [u8]) -> Result<usize, Infallible> {
        pending().await
    }
}

impl embedded_io_async::Write for NotFitted {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        Ok(buf.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
