//! How wishes are judged: rights, ranges and the present situation.

use smartevse_core::command::{Accepted, Command, Origin, Refused, Teach};
use smartevse_core::event::{Fact, Record};
use smartevse_core::options::RfidMode;
use smartevse_core::registry::SettingId;
use smartevse_core::settings::{Applied, ApplyContext, Patch, SettingEvents, apply};
use smartevse_types::{Access, DeciAmps, DutyPermille, Instant, Mode};

use crate::manager::Manager;

impl Manager {
    /// Judges a wish and takes it over at the next poll.
    ///
    /// # Errors
    ///
    /// The rule that denies it; nothing has changed then.
    pub fn command(
        &mut self,
        now: Instant,
        origin: Origin,
        command: Command,
    ) -> Result<Accepted, Refused> {
        match command {
            Command::SetAccess(access) => self.give_access(access),
            Command::SetMode(mode) => self.choose_mode(origin, mode)?,
            Command::Change(patch) => self.change(origin, &patch)?,
            Command::SetOverride(current) => self.set_override(current)?,
            Command::SetDutyOverride(duty) => self.set_duty_override(now, duty)?,
            Command::SetCableLock(keep) => {
                self.plan.cable_lock = keep;
                self.records.changed(Record::Access);
            }
            Command::SetCustomButton(on) => self.plan.custom_button = on,
            Command::SetSchedule(schedule) => self.set_schedule(schedule),
            Command::ShowCard(uid) => {
                if self.reader_mode() == RfidMode::Disabled {
                    return Err(Refused::ReaderDisabled);
                }
                self.show_card(now, uid);
            }
            Command::TeachCards(task) => self.teach(origin, task)?,
            Command::RequireVehicle(id) => self.modem.required = id,
            Command::KeyPress | Command::ResetResidualCurrent => self.local_reset(origin)?,
            Command::ResetContactorFault => {
                self.require_local(origin)?;
                self.requests.service_reset = self.requests.service_reset.wrapping_add(1);
            }
            Command::SetLcdLock(locked) => {
                self.plan.lcd_lock = locked;
                self.records.changed(Record::Access);
            }
            Command::EndDelays => self.end_delays(origin)?,
            Command::SafeRestart => {
                self.requests.safe_restart = self.requests.safe_restart.wrapping_add(1);
            }
        }
        self.wake();
        Ok(Accepted)
    }

    /// Chooses a mode like a person would: with access, unless a start waits
    /// for its window (charging specification §6.1).
    fn choose_mode(&mut self, origin: Origin, mode: Mode) -> Result<(), Refused> {
        self.change_mode(origin, mode)?;
        let wait = self.access.waits_for_window();
        self.give_access(if wait { Access::Off } else { Access::On });
        Ok(())
    }

    pub(crate) fn change_mode(&mut self, origin: Origin, mode: Mode) -> Result<(), Refused> {
        let patch = Patch::new().with(SettingId::Mode, mode as u16);
        self.change(origin, &patch)
    }

    pub(crate) fn change(&mut self, origin: Origin, patch: &Patch) -> Result<(), Refused> {
        let before = self.settings;
        let applied = apply(&before, patch, origin, ApplyContext::default())?;
        self.settings = applied.settings;
        if before != self.settings {
            self.records.changed(Record::Settings);
        }
        if before.mode() != self.settings.mode() {
            self.requests.clear_delay = self.requests.clear_delay.wrapping_add(1);
            self.requests.start = self.requests.start.wrapping_add(1);
        }
        self.react(&applied);
        Ok(())
    }

    fn react(&mut self, applied: &Applied) {
        if applied.events.contains(SettingEvents::ERASE_CARDS) {
            self.access.erase_cards();
            self.records.changed(Record::Cards);
        }
    }

    /// A pending start takes the access away until it comes; without a
    /// schedule the access stays as it is.
    fn set_schedule(&mut self, schedule: smartevse_core::schedule::Schedule) {
        self.delay.set(schedule);
        if schedule.is_none() {
            self.access.window(None);
        }
        self.records.changed(Record::Access);
    }

    /// A current override only replaces what is asked for: 0 ends it, other
    /// values lie between MIN and MAX, in Normal or Smart, not on a node.
    fn set_override(&mut self, current: DeciAmps) -> Result<(), Refused> {
        let range = self.in_force.min().to_deci()..=self.in_force.max().to_deci();
        if current != DeciAmps::ZERO {
            if self.in_force.role().is_node() {
                return Err(Refused::NotForThisRole);
            }
            if self.in_force.mode() == Mode::Solar {
                return Err(Refused::WrongMode);
            }
            if !range.contains(&current) {
                return Err(Refused::Range);
            }
        }
        self.override_current = current;
        Ok(())
    }

    /// Duties that mean something on a pilot: 0 (isolated), 50, 100..=960 and
    /// 1000 permille.
    fn set_duty_override(
        &mut self,
        now: Instant,
        duty: Option<DutyPermille>,
    ) -> Result<(), Refused> {
        let valid = |duty: DutyPermille| matches!(duty.as_permille(), 0 | 50 | 100..=960 | 1000);
        if !duty.is_none_or(valid) {
            return Err(Refused::Range);
        }
        self.duty_override = duty.map(|duty| (duty, now));
        Ok(())
    }

    /// A card shown over the network is one new swipe, even while the result
    /// of the card before is still on the display.
    fn show_card(&mut self, now: Instant, uid: smartevse_core::card::Uid) {
        for card in [None, Some(uid), None] {
            self.event(smartevse_core::event::Event {
                at: now,
                fact: Fact::Card(card),
            });
        }
    }

    fn teach(&mut self, origin: Origin, task: Option<Teach>) -> Result<(), Refused> {
        self.require_local(origin)?;
        self.teaching = task.map(|task| match task {
            Teach::Learn => RfidMode::Learn,
            Teach::Delete => RfidMode::Delete,
        });
        Ok(())
    }

    fn local_reset(&mut self, origin: Origin) -> Result<(), Refused> {
        self.require_local(origin)?;
        self.requests.local_reset = self.requests.local_reset.wrapping_add(1);
        Ok(())
    }

    /// Menu specification §5.6; a stop that protects something goes on.
    fn end_delays(&mut self, origin: Origin) -> Result<(), Refused> {
        self.require_local(origin)?;
        self.requests.clear_delay = self.requests.clear_delay.wrapping_add(1);
        self.regulator.end_stop_timer();
        Ok(())
    }

    fn require_local(&self, origin: Origin) -> Result<(), Refused> {
        if origin.is_local() {
            Ok(())
        } else {
            Err(Refused::LocalOnly)
        }
    }
}
