//! Things that happen at a charging site, as data.

use smartevse_core::command::{Command, Origin};
use smartevse_core::io::SwitchInput;
use smartevse_types::{Access, Celsius, Duration, Mode, Ohms};

use crate::car::CarModel;
use crate::evse_board::BoardFaults;

/// One thing that happens at a charger, its vehicle or its installation.
#[derive(Clone, PartialEq, Debug)]
pub enum Happening {
    /// A vehicle is plugged in; the one that was there leaves.
    Plug(CarModel),
    /// The vehicle is unplugged.
    Unplug,
    /// The vehicle behaves differently from now on.
    Car(CarModel),
    /// Exactly these parts of the board are broken.
    Board(BoardFaults),
    /// Temperature of the module.
    Temperature(Celsius),
    /// Coding resistor of the cable.
    Cable(Ohms),
    /// External switch.
    Switch(SwitchInput),
    /// House minus roof, amperes per phase.
    House([f64; 3]),
    /// The mains meter falls silent, or speaks again.
    MainsMeterSilent(bool),
    /// Somebody wants something.
    Wish(Origin, Command),
}

impl Happening {
    /// Access is given or taken over the network.
    #[must_use]
    pub const fn access(access: Access) -> Self {
        Self::Wish(Origin::Rest, Command::SetAccess(access))
    }

    /// The mode is chosen over the network.
    #[must_use]
    pub const fn mode(mode: Mode) -> Self {
        Self::Wish(Origin::Rest, Command::SetMode(mode))
    }

    /// Somebody presses a key at the device.
    #[must_use]
    pub const fn key() -> Self {
        Self::Wish(Origin::Button, Command::KeyPress)
    }

    /// Somebody at the device confirms that a contactor was repaired.
    #[must_use]
    pub const fn repaired() -> Self {
        Self::Wish(Origin::Lcd, Command::ResetContactorFault)
    }
}

/// Happenings with the time to wait before each.
pub type Script = Vec<(Duration, Happening)>;
