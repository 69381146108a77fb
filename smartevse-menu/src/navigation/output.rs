//! What the menu wants done after a poll.

use smartevse_core::command::Command;
use smartevse_types::Instant;

use super::app_pin::AppPin;

/// Commands of one poll: a key press, an access or settings, a reader mode.
const ROOM: usize = 4;

/// Wishes for the station, in their order, with origin LCD.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Commands([Option<Command>; ROOM]);

impl Commands {
    pub(super) fn push(&mut self, command: Command) {
        if let Some(slot) = self.0.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(command);
        }
    }

    /// Walks over the wishes.
    pub fn iter(&self) -> impl Iterator<Item = &Command> {
        self.0.iter().flatten()
    }

    /// Whether nothing is wished.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// Result of a poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MenuOutput {
    /// Wishes for the station with origin
    /// [`Lcd`](smartevse_core::command::Origin::Lcd); answer them with
    /// [`Menu::answered`](super::Menu::answered).
    pub commands: Commands,
    /// The picture changed, or is due for a repetition: draw it.
    pub redraw: bool,
    /// Initialise the display anew before drawing: somebody asked for it, or a
    /// contactor opened 200 ms ago.
    pub restart_display: bool,
    /// Brightness behind the display, 0 to 255.
    pub backlight: u8,
    /// PIN that the app server may accept now.
    pub app_pin: Option<AppPin>,
    /// When to poll next if nothing happens before.
    pub deadline: Instant,
}
