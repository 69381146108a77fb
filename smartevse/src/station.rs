//! The two halves of a charger together, for boards and simulations with one
//! context.

use smartevse_core::card::Uid;
use smartevse_core::charger::{BoardFacts, BootRecord, Charger};
use smartevse_core::command::{Accepted, Command, Origin, Refused};
use smartevse_core::directive::{ChargerStatus, Directive};
use smartevse_core::event::Event;
use smartevse_core::io::{Deadline, Inputs, Outputs};
use smartevse_core::options::RfidMode;
use smartevse_core::records::energy::EnergyRecord;
use smartevse_core::settings::Settings;
use smartevse_core::snapshot::Snapshot;
use smartevse_share as share;
use smartevse_types::{Access, Instant, Watts};

use crate::circuit_meter::CircuitMeter;
use crate::manager::Manager;
use crate::power::Planning;

/// What the store held when the charger started (charging specification §11.2
/// rules 2 and 4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "log", derive(serde::Serialize, serde::Deserialize))]
pub enum Stored {
    /// Records that could be read: settings, access and cards are theirs.
    #[default]
    Intact,
    /// Nothing: a device that never stored anything.
    Blank,
    /// Something that cannot be read.
    Broken,
}

impl Stored {
    /// What a firmware without a settings store finds in the flash of the
    /// store: nothing, or something that it cannot read.
    #[must_use]
    pub const fn unread(blank: bool) -> Self {
        if blank { Self::Blank } else { Self::Broken }
    }
}

/// What a charger starts with.
///
/// The default is a charger without cards, with default settings and access
/// off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setup<'a> {
    /// What the board has.
    pub facts: BoardFacts,
    /// Latched faults and the like from before the reset.
    pub boot: BootRecord,
    /// Stored settings.
    pub settings: Settings,
    /// What the store held.
    pub stored: Stored,
    /// Stored access; counts only with an intact store, see
    /// [`first_access`](Self::first_access).
    pub access: Access,
    /// Card that gave the stored access (I-28).
    pub card: Option<Uid>,
    /// Stored cards.
    pub cards: &'a [Uid],
    /// Stored lock of the keys at the device.
    pub lcd_lock: bool,
    /// Stored energy of the present or last charge.
    pub energy: EnergyRecord,
    /// Who plans the current.
    pub planning: Planning,
    /// Serial number; its low word tells the units of a bus apart.
    pub serial: u32,
    /// Separate meter of the circuit; default none.
    pub circuit_meter: Option<CircuitMeter>,
    /// What has no row in the menu.
    pub extras: Extras,
}

/// Options of the planning that have no row in the menu; all are off unless
/// they are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "log", derive(serde::Serialize, serde::Deserialize))]
pub struct Extras {
    /// Limit of the average import in each quarter of an hour; W, default none
    /// (regulation 10.3).
    pub quarter_limit: Option<Watts>,
    /// Export does not reduce the consumption of a quarter. Default: it does
    /// (regulation 10.3).
    pub quarter_gross: bool,
    /// In a group, what a vehicle leaves unused goes to the others. Default: no
    /// (power share 7, use it or lose it).
    pub lend_unused: bool,
}

impl Extras {
    /// All options are off.
    pub const NONE: Self = Self {
        quarter_limit: None,
        quarter_gross: false,
        lend_unused: false,
    };

    /// The limit of a quarter of an hour as the regulation takes it.
    pub(crate) fn quarter(&self) -> Option<share::QuarterPeak> {
        let gross = self.quarter_gross;
        self.quarter_limit
            .map(|limit| share::QuarterPeak { limit, gross })
    }
}

impl Setup<'_> {
    /// Makes the setup of a board that has only looked at its store so far: no
    /// cards, settings as they ship.
    #[must_use]
    pub fn of_board(facts: BoardFacts, stored: Stored) -> Self {
        Self {
            facts,
            stored,
            ..Self::default()
        }
    }

    /// Gives the access that the charger starts with (charging specification
    /// §11.2 rule 4).
    ///
    /// Intact store: the stored one. Blank store: on, unless a card or a
    /// network decides (RFID other than Disabled). Broken store: off.
    #[must_use]
    pub fn first_access(&self) -> Access {
        match self.stored {
            Stored::Intact => self.access,
            Stored::Blank if self.settings.rfid() == RfidMode::Disabled => Access::On,
            Stored::Blank | Stored::Broken => Access::Off,
        }
    }
}

/// A whole charger: [`Charger`] and [`Manager`].
///
/// The canonical loop:
///
/// ```
/// use smartevse::core::io::Inputs;
/// use smartevse::{Setup, Station};
/// use smartevse::types::Instant;
///
/// let mut station = Station::new(&Setup::default(), Instant::ZERO);
/// let mut inputs = Inputs::default();
/// for tick in 0..3 {
///     let now = Instant::from_millis(tick * 10);
///     // board.sample(now, &mut inputs);
///     let outputs = station.poll(now, &inputs);
///     // inputs.hardware = board.drive(&outputs);
///     assert!(!outputs.contactor1.is_closed());
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Station {
    charger: Charger,
    manager: Manager,
}

impl Station {
    /// Starts a charger.
    #[must_use]
    pub fn new(setup: &Setup<'_>, now: Instant) -> Self {
        Self {
            charger: Charger::new(setup.facts, setup.boot, now),
            manager: Manager::new(setup, now),
        }
    }

    /// Plans if that is due, then controls. Call it every 10 ms; or at
    /// [`deadline`](Self::deadline), when an input changed, and after each
    /// event or command.
    pub fn poll(&mut self, now: Instant, inputs: &Inputs) -> Outputs {
        let status = self.charger.as_status();
        if self.manager.is_due(now, status) {
            self.manager.plan(now, status);
        }
        let outputs = self.charger.poll(now, inputs, self.manager.directive());
        Outputs {
            light: self.manager.light(self.charger.as_status()).at(now),
            ..outputs
        }
    }

    /// Takes a fact. It cannot be refused.
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

    /// When the station must be polled again although nothing changes.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        let charger = self.charger.deadline();
        let status = self.charger.as_status();
        let manager = if self.manager.is_due(status.at, status) {
            status.at
        } else {
            self.manager.deadline()
        };
        Deadline {
            state: charger.state.earliest(manager),
            sample: charger.sample,
        }
    }

    /// Status of the charging control after the latest poll.
    #[must_use]
    pub const fn status(&self) -> ChargerStatus {
        self.charger.status()
    }

    /// Directive that the latest poll worked with.
    #[must_use]
    pub const fn directive(&self) -> &Directive {
        self.manager.directive()
    }

    /// The planning half.
    #[must_use]
    pub const fn manager(&self) -> &Manager {
        &self.manager
    }

    /// The view for front ends.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<'_> {
        self.manager.snapshot(self.charger.as_status())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::faults::Faults;
    use smartevse_core::registry::SettingId;
    use smartevse_core::settings::load;

    fn first(stored: Stored, access: Access, rfid: u16) -> Access {
        let settings = load([(SettingId::Rfid, rfid)]).settings;
        assert_eq!(settings.rfid() as u16, rfid);
        Setup {
            stored,
            access,
            settings,
            ..Setup::default()
        }
        .first_access()
    }

    /// Charging 11.2 rule 4.
    #[test]
    fn when_the_store_is_intact_then_the_stored_access_counts() {
        for rfid in [0, 1, 2, 6] {
            for access in [Access::On, Access::Off, Access::Pause] {
                assert_eq!(first(Stored::Intact, access, rfid), access);
            }
        }
    }

    /// Charging 11.2 rule 4: a virgin device, and cards without their record.
    #[test]
    fn when_the_store_is_blank_then_access_is_on_unless_cards_decide() {
        assert_eq!(first(Stored::unread(true), Access::Off, 0), Access::On);
        for rfid in [1, 2, 6] {
            assert_eq!(first(Stored::Blank, Access::On, rfid), Access::Off);
        }
    }

    /// Charging 11.2 rule 2.
    #[test]
    fn when_the_store_is_broken_then_access_is_off_and_a_fault_says_so() {
        assert_eq!(first(Stored::unread(false), Access::On, 0), Access::Off);
        for (stored, expected) in [
            (Stored::Broken, true),
            (Stored::Blank, false),
            (Stored::Intact, false),
        ] {
            let setup = Setup {
                stored,
                ..Setup::default()
            };
            let mut station = Station::new(&setup, Instant::ZERO);
            station.poll(Instant::ZERO, &Inputs::default());
            let faults = station.status().faults;
            assert_eq!(faults.contains(Faults::STORAGE_FAULT), expected);
        }
    }
}
