//! What power share adds to planning, on a master and on a node.

use smartevse_core::command::Origin;
use smartevse_core::directive::{ChargerStatus, Handshake, PowerGrant};
use smartevse_core::event::{Event, Fact};
use smartevse_core::faults::Faults;
use smartevse_core::group::{GroupStatus, NodeReport};
use smartevse_core::options::{Role, SwitchKind};
use smartevse_core::registry::SettingId;
use smartevse_core::settings::{ApplyContext, Patch, apply};
use smartevse_core::snapshot::Section;
use smartevse_core::state::ChargeState;
use smartevse_share::protocol::{Image, Orders};
use smartevse_types::{Instant, Mode};

use super::Manager;
use crate::group::{GroupInputs, GroupSide, translate};
use crate::power::Planning;

/// What the line of a group has to know of its charger: levels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LineFeed {
    /// On a master: its orders.
    pub orders: Orders,
    /// The charger as the bus sees it.
    pub image: Image,
}

impl Manager {
    /// What the line of a group has to know now.
    #[must_use]
    pub fn line_feed(&self, status: &ChargerStatus) -> LineFeed {
        let [.., high, low] = self.serial.to_be_bytes();
        let serial = u16::from_be_bytes([high, low]);
        LineFeed {
            orders: *self.group.orders(),
            image: translate::image(&self.snapshot(status), serial),
        }
    }

    /// On a master: its newest orders.
    #[must_use]
    pub const fn orders(&self) -> &Orders {
        self.group.orders()
    }

    /// Whether this EVSE plans for a group.
    pub(super) fn leads(&self) -> bool {
        GroupSide::LEADS && self.is_master() && self.planning == Planning::Regulated
    }

    pub(super) fn is_master(&self) -> bool {
        self.in_force.role() == Role::Master
    }

    /// Whether it has others beside it: it is a node, or a master with nodes.
    pub(super) fn is_in_group(&self) -> bool {
        self.in_force.role().is_node() || (self.leads() && self.group.has_nodes())
    }

    pub(super) fn group_section(&self) -> Section<&GroupStatus> {
        if self.leads() {
            self.group.section()
        } else {
            Section::Absent
        }
    }

    pub(super) fn take_group_fact(&mut self, event: Event) {
        let at = event.at;
        match event.fact {
            Fact::Imposed(faults) => self.node.imposed = faults,
            Fact::GroupMode(mode) => self.follow_mode(mode),
            Fact::SolarTimer(left) if self.in_force.role().is_node() => self.plan.solar_stop = left,
            Fact::SolarTimer(_) => {}
            Fact::SecondMaster(heard) => self.plan.second_master = heard,
            Fact::NodeReport(index, report) => self.take_report(index, report, at),
            Fact::NodeLost(index) => self.group.lose(index),
            Fact::NodeMeter(index, reading) => self.group.measure(index, &reading, at),
            Fact::OrdersSent(version) => self.group.sent(version, at),
            Fact::Mains(_)
            | Fact::EvMeter(_)
            | Fact::Battery(_)
            | Fact::Card(_)
            | Fact::Grant(_)
            | Fact::PhasesChosen(_)
            | Fact::Broadcast(_)
            | Fact::Granted(_)
            | Fact::Stored(..)
            | Fact::WallClock(_)
            | Fact::LocalTime(_)
            | Fact::ScheduleWindow(_)
            | Fact::Vehicle(_)
            | Fact::Circuit(_)
            | Fact::Sensorbox(_) => {}
        }
    }

    fn take_report(&mut self, index: u8, report: NodeReport, at: Instant) {
        self.group.hear(index, report, at);
        let toggles = self.in_force.switch() == SwitchKind::SmartSolarSwitch;
        if let Some(mode) = report.mode_wish.filter(|_| self.leads() && !toggles) {
            // A mode that this master refuses is written back to the node.
            let _ = self.change_mode(Origin::Bus, mode);
        }
    }

    /// A node goes into the mode of its group without storing it (power share
    /// §4.1, PS13).
    fn follow_mode(&mut self, mode: Mode) {
        if !self.in_force.role().is_node() || self.settings.mode() == mode {
            return;
        }
        let patch = Patch::new().with(SettingId::Mode, mode as u16);
        let applied = apply(&self.settings, &patch, Origin::Bus, ApplyContext::default());
        if let Ok(applied) = applied {
            self.settings = applied.settings;
            self.requests.clear_delay = self.requests.clear_delay.wrapping_add(1);
        }
    }

    /// Power of a master, and the faults that explain why there is none.
    #[inline(never)]
    pub(super) fn master_grant(
        &mut self,
        now: Instant,
        status: &ChargerStatus,
    ) -> (PowerGrant, Faults) {
        if self.group.is_settled(now) && !self.group.has_nodes() {
            let (plan, granted) = self.regulated_grant(now, status);
            let mode = self.in_force.mode();
            self.group.stay_alone(now, &plan, mode, self.in_force.min());
            self.handshake = Handshake::NotNeeded;
            return granted;
        }
        let mut inputs = GroupInputs {
            settings: &self.in_force,
            config: self.regulation_config(),
            lend_unused: self.extras.lend_unused,
            site: self.site(),
            status,
            access: self.access.access(),
            local: self.own_view(status),
            measured: self.meters.ev.currents,
        };
        let outcome = self.group.plan(now, &mut self.regulator, &mut inputs);
        self.follow_plan(now, &outcome.plan);
        self.regulated = outcome.deadline;
        #[cfg(feature = "oracle")]
        {
            self.moment = None;
        }
        self.handshake = if self.talks_to_modem(status.state) {
            Handshake::NotNeeded
        } else {
            outcome.handshake
        };
        (outcome.grant, self.shortage_fault(outcome.paused))
    }

    fn shortage_fault(&self, paused: bool) -> Faults {
        match self.in_force.mode() {
            _ if !paused => Faults::empty(),
            Mode::Solar => Faults::NO_SUN,
            Mode::Normal | Mode::Smart => Faults::LESS_6A,
        }
    }

    /// A modem asks the vehicle before it is offered anything.
    fn talks_to_modem(&self, state: ChargeState) -> bool {
        let before = matches!(
            state,
            ChargeState::A
                | ChargeState::B1
                | ChargeState::ModemRequest
                | ChargeState::ModemWait
                | ChargeState::ModemDone
                | ChargeState::ModemDenied
        );
        self.has_modem && before
    }
}
