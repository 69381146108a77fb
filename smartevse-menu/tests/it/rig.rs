//! A menu with a small station around it, in virtual time.

use smartevse_core::command::{Accepted, Command, Origin};
use smartevse_core::directive::{ChargerStatus, Directive};
use smartevse_core::hardware::ButtonSet;
use smartevse_core::registry::{SettingId, SettingSet};
use smartevse_core::settings::{ApplyContext, Settings, apply};
use smartevse_core::snapshot::{MetersStatus, PlanStatus, Section, Snapshot};
use smartevse_menu::{Menu, MenuOutput, Model, Row, Surroundings};
use smartevse_types::{Access, Duration, Instant, Mode};

pub const LEFT: ButtonSet = ButtonSet::LEFT;
pub const MIDDLE: ButtonSet = ButtonSet::MIDDLE;
pub const RIGHT: ButtonSet = ButtonSet::RIGHT;

/// Menu and station.
pub struct Rig {
    pub menu: Menu,
    pub now: Instant,
    pub charger: ChargerStatus,
    pub directive: Directive,
    pub plan: PlanStatus,
    pub meters: MetersStatus,
    pub settings: Settings,
    pub wall_clock: Option<u64>,
    pub around: Surroundings,
    pub commands: Vec<Command>,
    pub last: Option<MenuOutput>,
}

/// Settings that differ from the defaults in these values.
pub fn settings(values: &[(SettingId, u16)]) -> Settings {
    let mut all = *Settings::default().values();
    for (id, value) in values {
        all[id.index()] = *value;
    }
    Settings::from_values(all).unwrap()
}

impl Rig {
    pub fn new(values: &[(SettingId, u16)]) -> Self {
        let settings = settings(values);
        Self {
            menu: Menu::new(),
            now: Instant::from_secs(100),
            charger: ChargerStatus::default(),
            directive: Directive {
                access: Access::On,
                ..Directive::default()
            },
            plan: PlanStatus {
                mode: settings.mode(),
                ..PlanStatus::default()
            },
            meters: MetersStatus::default(),
            settings,
            wall_clock: None,
            around: Surroundings::default(),
            commands: Vec::new(),
            last: None,
        }
    }

    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            group: Section::Absent,
            at: self.now,
            charger: &self.charger,
            directive: &self.directive,
            plan: &self.plan,
            meters: &self.meters,
            settings: &self.settings,
            in_force: &self.settings,
            waiting: SettingSet::EMPTY,
            wall_clock: self.wall_clock,
        }
    }

    pub fn model(&self) -> Model {
        self.menu.model(self.now, &self.snapshot())
    }

    pub fn row(&self) -> Option<Row> {
        self.menu.row()
    }

    /// One poll; the station does what the menu wishes.
    pub fn poll(&mut self) -> MenuOutput {
        self.menu.surroundings(self.around);
        let mut menu = self.menu.clone();
        let output = menu.poll(self.now, &self.snapshot());
        self.menu = menu;
        for command in output.commands.iter() {
            self.commands.push(*command);
            let answer = self.obey(command);
            self.menu.answered(self.now, answer);
        }
        self.last = Some(output);
        output
    }

    fn obey(&mut self, command: &Command) -> Result<Accepted, smartevse_core::command::Refused> {
        if let Command::Change(patch) = command {
            let applied = apply(&self.settings, patch, Origin::Lcd, ApplyContext::default())?;
            self.settings = applied.settings;
            self.plan.mode = self.settings.mode();
        }
        if let Command::SetLcdLock(locked) = command {
            self.around.lcd_locked = *locked;
        }
        if let Command::SetAccess(access) = command {
            self.directive.access = *access;
        }
        Ok(Accepted)
    }

    /// Polls at the deadlines for a time.
    pub fn wait(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        loop {
            let output = self.poll();
            if output.deadline > end {
                break;
            }
            assert!(output.deadline >= self.now, "a deadline in the past");
            self.now = output.deadline;
        }
        self.now = end;
        self.poll();
    }

    pub fn levels(&mut self, levels: ButtonSet) {
        self.menu.buttons(self.now, levels);
    }

    /// Holds buttons for a time and releases them.
    pub fn hold(&mut self, levels: ButtonSet, ms: u64) {
        self.levels(levels);
        self.wait(ms);
        self.levels(ButtonSet::empty());
        self.wait(50);
    }

    pub fn press(&mut self, levels: ButtonSet) {
        self.hold(levels, 60);
    }

    pub fn open(&mut self) {
        self.hold(MIDDLE, 2050);
        assert!(self.menu.is_open());
    }

    /// Opens the menu and goes to a row.
    pub fn go(&mut self, row: Row) {
        if !self.menu.is_open() {
            self.open();
        }
        for _ in 0..50 {
            if self.row() == Some(row) {
                return;
            }
            self.press(RIGHT);
        }
        panic!("{row:?} is not visible");
    }

    pub fn edit(&mut self, id: SettingId) {
        self.go(Row::Setting(id));
        self.press(MIDDLE);
    }

    /// Sets a value by presses and commits it.
    pub fn choose(&mut self, id: SettingId, value: u16) {
        self.edit(id);
        for _ in 0..700 {
            if self.menu.editing() == Some(value) {
                self.press(MIDDLE);
                return;
            }
            self.press(RIGHT);
        }
        panic!("{id} cannot become {value}");
    }

    pub fn exit(&mut self) {
        self.go(Row::Exit);
        self.press(MIDDLE);
        assert!(!self.menu.is_open());
    }

    pub fn mode(&self) -> Mode {
        self.settings.mode()
    }
}
