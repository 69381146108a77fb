//! The menu beside planning: levels of the buttons in, a screen out.

use smartevse_core::command::{Accepted, Refused};
use smartevse_core::hardware::ButtonSet;
use smartevse_core::snapshot::Snapshot;
use smartevse_menu::surroundings::Identity;
use smartevse_menu::{Commands, Menu, Model, Surroundings};
use smartevse_types::Instant;

/// Version on the display.
const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// What the display shall show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    /// The screen.
    pub model: Model,
    /// Changes whenever the screen is to be drawn, also the same one again.
    pub drawing: u32,
    /// Changes whenever the display is to be initialised before.
    pub restart: u32,
    /// Brightness behind the display, 0 to 255.
    pub backlight: u8,
}

/// The menu with what it shows.
#[derive(Debug, Default)]
pub struct Face {
    menu: Menu,
    shown: Option<Shown>,
}

impl Face {
    /// Makes a menu that has shown nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Polls the menu and gives its wishes.
    pub fn turn(&mut self, now: Instant, snapshot: &Snapshot<'_>, levels: ButtonSet) -> Commands {
        self.menu.buttons(now, levels);
        let around = Surroundings {
            identity: Identity {
                version: VERSION,
                serial: 0,
            },
            lcd_locked: snapshot.plan.lcd_lock,
            ..Surroundings::default()
        };
        let sensorbox = snapshot.meters.sensorbox.as_ref();
        self.menu.surroundings(around.with_sensorbox(sensorbox));
        let output = self.menu.poll(now, snapshot);
        let before = self.shown;
        let counted = |before: u32, more: bool| before.wrapping_add(u32::from(more));
        let model = match before {
            Some(shown) if !output.redraw => shown.model,
            Some(_) | None => self.menu.model(now, snapshot),
        };
        self.shown = Some(Shown {
            model,
            drawing: counted(before.map_or(0, |shown| shown.drawing), output.redraw),
            restart: counted(
                before.map_or(0, |shown| shown.restart),
                output.restart_display,
            ),
            backlight: output.backlight,
        });
        output.commands
    }

    /// Takes the answer to a wish.
    pub fn answered(&mut self, now: Instant, answer: Result<Accepted, Refused>) {
        self.menu.answered(now, answer);
    }

    /// What the display shall show; `None` before the first turn.
    #[must_use]
    pub const fn shown(&self) -> Option<Shown> {
        self.shown
    }
}
