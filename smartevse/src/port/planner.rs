//! One turn of planning.

use smartevse_core::command::{Accepted, Command, Origin, Refused};
use smartevse_core::directive::{ChargerStatus, Directive};
use smartevse_core::event::Event;
#[cfg(feature = "menu")]
use smartevse_core::hardware::ButtonSet;
use smartevse_core::light::Light;
use smartevse_core::options::{RfidMode, SensorboxWifi};
use smartevse_types::Instant;

#[cfg(feature = "menu")]
use super::face::Face;
use crate::manager::{LineFeed, Manager};
use crate::site_line::MeterChoice;
use crate::station::Setup;

/// What planning hands to the 10 ms loop and to the front ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// For the charging control.
    pub directive: Directive,
    /// For the light; `None` before the first turn.
    pub light: Option<Light>,
    /// Whether the card reader is in use.
    pub reader: bool,
    /// Role and meters of the settings in force.
    pub meters: MeterChoice,
}

/// The planning half.
#[derive(Debug)]
pub struct Planner {
    manager: Manager,
    directive: Directive,
}

impl Planner {
    /// Starts planning.
    #[must_use]
    pub fn new(setup: &Setup<'_>, now: Instant) -> Self {
        Self {
            manager: Manager::new(setup, now),
            directive: Directive::default(),
        }
    }

    /// Takes a fact.
    pub fn event(&mut self, event: Event) {
        self.manager.event(event);
    }

    /// Takes a wish.
    ///
    /// # Errors
    ///
    /// The rule that denies it.
    pub fn command(
        &mut self,
        now: Instant,
        origin: Origin,
        command: Command,
    ) -> Result<Accepted, Refused> {
        self.manager.command(now, origin, command)
    }

    /// What the line of a group has to know after the latest turn.
    #[must_use]
    pub fn feed(&self, status: &ChargerStatus) -> LineFeed {
        self.manager.line_feed(status)
    }

    /// The mode that a Sensorbox shall have, after the latest turn.
    #[must_use]
    pub const fn sensorbox_wifi(&self) -> Option<SensorboxWifi> {
        self.manager.sensorbox_wifi()
    }

    /// The planning half itself, to read its records.
    #[cfg(feature = "storage")]
    pub(super) const fn manager(&self) -> &Manager {
        &self.manager
    }

    /// Lets the menu act on the latest levels of the buttons. Its wishes are
    /// taken at once, with the origin LCD.
    #[cfg(feature = "menu")]
    pub fn face(
        &mut self,
        now: Instant,
        status: &ChargerStatus,
        face: &mut Face,
        levels: ButtonSet,
    ) {
        let commands = face.turn(now, &self.manager.snapshot(status), levels);
        for command in commands.iter() {
            let answer = self.manager.command(now, Origin::Lcd, *command);
            face.answered(now, answer);
        }
    }

    /// Plans when that is due, and gives the plan in force.
    pub fn turn(&mut self, now: Instant, status: &ChargerStatus) -> Plan {
        if self.manager.is_due(now, status) {
            self.directive = self.manager.poll(now, status);
        }
        Plan {
            directive: self.directive,
            light: Some(self.manager.light(status)),
            reader: self.manager.reader_mode() != RfidMode::Disabled,
            meters: self.manager.meter_choice(),
        }
    }
}
