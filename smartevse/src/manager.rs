//! The planning half: turns settings, wishes, readings and the state of the
//! charging control into a directive that is valid for one second.

use smartevse_core::access::AccessControl;
use smartevse_core::cards::CardList;
use smartevse_core::directive::{
    ChargerStatus, Directive, Handshake, LockWish, PowerGrant, Requests,
};
use smartevse_core::event::{Event, Fact, Record};
use smartevse_core::faults::Faults;
use smartevse_core::io::Contactor;
use smartevse_core::light::{Colours, Light};
use smartevse_core::options::RfidMode;
use smartevse_core::registry::SettingSet;
use smartevse_core::settings::{Settings, Situation, promote};
use smartevse_core::snapshot::{MeterStatus, MetersStatus, PlanStatus, Snapshot};
use smartevse_core::state::ChargeState;
use smartevse_core::switch::{SwitchAction, SwitchFollower};
use smartevse_share as share;
use smartevse_types::{
    Access, BlockReason, DeciAmps, Duration, DutyPermille, Instant, Latest, LimitedBy, Mode,
};

use crate::circuit_meter::CircuitMeter;
use crate::delay::DelayedCharging;
use crate::energy::ChargeEnergy;
use crate::group::GroupSide;
use crate::modem::ModemSide;
use crate::power::{Planning, lowered, relay_limit};
use crate::records::Records;
use crate::station::{Extras, Setup, Stored};
use crate::watch::{EV_FIRST_SILENCE, EV_SILENCE, MAINS_SILENCE, SourceWatch};
use crate::wiring;

mod group;
mod regulated;
mod sensorbox;
mod sources;

use sources::store;

pub use group::LineFeed;

/// Longest time between two polls of the planning half, in normal operation.
///
/// Half of the directive's lease, so that one missed poll does not end a
/// charge.
pub const RENEWAL: Duration = Duration::from_millis(500);

/// A duty override ends by itself after this time (decision 63).
pub const DUTY_OVERRIDE_LEASE: Duration = Duration::from_minutes(10);

/// The parts of the charging control's status that planning reacts to at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Trigger {
    state: ChargeState,
    vehicle: bool,
    cap: DeciAmps,
    contactor: Contactor,
    switch: bool,
    switch_known: bool,
    faults: Faults,
}

impl Trigger {
    fn of(status: &ChargerStatus) -> Self {
        Self {
            state: status.state,
            vehicle: status.vehicle_present,
            cap: status.cap,
            contactor: status.contactor1,
            switch: status.switch.closed,
            switch_known: status.switch.known,
            faults: status.local_faults,
        }
    }
}

/// What a load manager outside the charger last said.
#[derive(Clone, Copy, Debug)]
struct External {
    grant: PowerGrant,
    three_phase: bool,
}

/// What the master last said, on a node.
#[derive(Clone, Copy, Debug)]
struct NodeSide {
    share: Latest<DeciAmps>,
    granted: Option<Handshake>,
    watch: SourceWatch,
    /// Faults that come from the bus.
    imposed: Faults,
}

/// The planning half of a charger.
#[derive(Clone, Debug)]
pub struct Manager {
    pub(crate) settings: Settings,
    pub(crate) in_force: Settings,
    waiting: SettingSet,
    pub(crate) access: AccessControl,
    pub(crate) teaching: Option<RfidMode>,
    pub(crate) requests: Requests,
    pub(crate) override_current: DeciAmps,
    pub(crate) duty_override: Option<(DutyPermille, Instant)>,
    pub(crate) records: Records,
    latched: Faults,
    pub(crate) plan: PlanStatus,
    colours: Colours,
    pub(crate) delay: DelayedCharging,
    switch: SwitchFollower,
    switch_moves: u8,
    pub(crate) regulator: share::Regulator,
    regulated: Instant,
    chosen_phases: bool,
    #[cfg(feature = "oracle")]
    moment: Option<share::oracle::Moment>,
    store_broken: bool,
    planning: Planning,
    external: External,
    node: NodeSide,
    group: GroupSide,
    /// On a master: what its own EVSE is told of its request.
    handshake: Handshake,
    has_modem: bool,
    serial: u32,
    extras: Extras,
    meters: MetersStatus,
    mains_watch: SourceWatch,
    ev_watch: SourceWatch,
    circuit: Option<CircuitMeter>,
    circuit_watch: SourceWatch,
    sensorbox: sensorbox::SensorboxSide,
    wall_clock: Option<(u64, Instant)>,
    pub(crate) modem: ModemSide,
    pub(crate) energy: ChargeEnergy,
    directive: Directive,
    trigger: Trigger,
    next: Instant,
    now: Instant,
}

impl Manager {
    /// Starts with what was stored before the reset.
    #[must_use]
    pub fn new(setup: &Setup<'_>, now: Instant) -> Self {
        let meter = MeterStatus {
            max_age: MAINS_SILENCE,
            ..MeterStatus::default()
        };
        Self {
            settings: setup.settings,
            in_force: setup.settings,
            waiting: SettingSet::default(),
            access: AccessControl::new(setup.first_access(), CardList::from_cards(setup.cards))
                .with_card_in_use(setup.card),
            teaching: None,
            requests: Requests::default(),
            override_current: DeciAmps::ZERO,
            duty_override: None,
            records: Records::default(),
            latched: setup.boot.latched,
            plan: PlanStatus {
                lcd_lock: setup.lcd_lock,
                ..PlanStatus::default()
            },
            colours: Colours::default(),
            delay: DelayedCharging::default(),
            switch: SwitchFollower::default(),
            switch_moves: 0,
            regulator: share::Regulator::new(),
            regulated: Instant::FAR_FUTURE,
            chosen_phases: true,
            #[cfg(feature = "oracle")]
            moment: None,
            store_broken: setup.stored == Stored::Broken,
            planning: setup.planning,
            external: External {
                grant: PowerGrant::default(),
                three_phase: true,
            },
            node: NodeSide {
                share: Latest::NEVER,
                granted: None,
                watch: SourceWatch::new(now, MAINS_SILENCE),
                imposed: Faults::empty(),
            },
            group: GroupSide::new(now),
            handshake: Handshake::NotNeeded,
            has_modem: setup.facts.modem,
            serial: setup.serial,
            extras: setup.extras,
            meters: MetersStatus {
                mains: meter,
                ev: meter,
                circuit: setup.circuit_meter.map(|_| meter),
                sensorbox: None,
                battery: Latest::NEVER,
            },
            mains_watch: SourceWatch::new(now, MAINS_SILENCE),
            ev_watch: SourceWatch::new(now, EV_FIRST_SILENCE),
            circuit: setup.circuit_meter,
            circuit_watch: SourceWatch::new(now, EV_FIRST_SILENCE),
            sensorbox: sensorbox::SensorboxSide::default(),
            wall_clock: None,
            modem: ModemSide::default(),
            energy: ChargeEnergy::new(setup.energy, now),
            directive: Directive::default(),
            trigger: Trigger::default(),
            next: now,
            now,
        }
    }

    /// Takes a fact over. It acts at the next [`poll`](Self::poll), which
    /// becomes due at once.
    pub fn event(&mut self, event: Event) {
        let at = event.at;
        match event.fact {
            Fact::Mains(reading) => {
                if store(&mut self.meters.mains, reading, at) {
                    self.mains_watch.heard(at, MAINS_SILENCE);
                }
            }
            Fact::EvMeter(reading) => {
                self.energy.read(&reading, at);
                if store(&mut self.meters.ev, reading, at) {
                    self.ev_watch.heard(at, EV_SILENCE);
                }
            }
            Fact::Battery(current) => {
                self.meters.battery.update(current, at);
            }
            Fact::Card(card) => self.take_card(card),
            Fact::Grant(grant) => self.external.grant = grant,
            Fact::PhasesChosen(three_phase) => self.external.three_phase = three_phase,
            Fact::Broadcast(share) => {
                self.node.share.update(share, at);
                self.node.watch.heard(at, MAINS_SILENCE);
            }
            Fact::Granted(handshake) => self.take_grant(handshake),
            Fact::Imposed(_)
            | Fact::GroupMode(_)
            | Fact::SolarTimer(_)
            | Fact::SecondMaster(_)
            | Fact::NodeReport(..)
            | Fact::NodeLost(_)
            | Fact::NodeMeter(..)
            | Fact::OrdersSent(_) => self.take_group_fact(event),
            Fact::Stored(record, version) => self.records.stored(record, version),
            Fact::WallClock(seconds) => self.wall_clock = Some((seconds, at)),
            Fact::LocalTime(local) => self.delay.tell_time(local, at),
            Fact::ScheduleWindow(inside) => self.take_window(inside),
            Fact::Vehicle(id) => self.modem.received = id,
            Fact::Circuit(reading) => self.take_circuit(reading, at),
            Fact::Sensorbox(report) => self.take_sensorbox(report),
        }
        self.wake();
    }

    /// Makes the next poll due at once.
    pub(crate) fn wake(&mut self) {
        self.next = Instant::ZERO;
    }

    fn take_window(&mut self, inside: Option<bool>) {
        let before = self.access.access();
        let start = self.access.window(inside);
        self.access_changed(before, start);
    }

    fn take_card(&mut self, card: Option<smartevse_core::card::Uid>) {
        let before = self.access.access();
        let count = self.access.cards().len();
        let mode = self.reader_mode();
        let start = self.access.card(card, mode);
        if self.access.cards().len() != count {
            self.records.changed(Record::Cards);
        }
        self.access_changed(before, start);
    }

    /// A grant counts only as the answer to the request that is pending now
    /// (I-31).
    fn take_grant(&mut self, handshake: Handshake) {
        let expected = match handshake {
            Handshake::GrantedB => ChargeState::CommB,
            Handshake::GrantedC => ChargeState::CommC,
            Handshake::NotNeeded | Handshake::Waiting => return,
        };
        if self.trigger.state == expected {
            self.node.granted = Some(handshake);
        }
    }

    pub(crate) fn access_changed(&mut self, before: Access, start: bool) {
        if before != self.access.access() {
            self.records.changed(Record::Access);
        }
        if start {
            self.requests.start = self.requests.start.wrapping_add(1);
        }
    }

    /// Mode of the card reader in force.
    #[must_use]
    pub(crate) fn reader_mode(&self) -> RfidMode {
        self.teaching.unwrap_or(self.in_force.rfid())
    }

    /// Plans. Call it at [`deadline`](Self::deadline), after each event and
    /// command, and when the status changed.
    pub fn poll(&mut self, now: Instant, status: &ChargerStatus) -> Directive {
        self.plan(now, status);
        self.directive
    }

    /// The directive of the latest poll.
    pub(crate) const fn directive(&self) -> &Directive {
        &self.directive
    }

    pub(crate) fn plan(&mut self, now: Instant, status: &ChargerStatus) {
        self.now = now;
        self.trigger = Trigger::of(status);
        self.follow_latches(status);
        if !self.delay.schedule().is_none() {
            let before = self.delay.schedule();
            let inside = self.delay.step(now);
            if before != self.delay.schedule() {
                self.records.changed(Record::Access);
            }
            self.take_window(inside);
        }
        self.follow_vehicle(now, status);
        self.follow_switch(now, status);
        self.take_over_settings(now, status);
        self.follow_sensorbox();
        self.end_overrides(now, status);
        self.compose(now, status);
    }

    /// Before its first poll the charging control tells no latches.
    #[inline(never)]
    fn follow_latches(&mut self, status: &ChargerStatus) {
        if self.latched != status.latched && *status != ChargerStatus::default() {
            self.latched = status.latched;
            self.records.changed(Record::Latches);
        }
    }

    #[inline(never)]
    fn take_over_settings(&mut self, now: Instant, status: &ChargerStatus) {
        let situation = Situation {
            charging: status.contactor1.is_closed(),
            plugged: status.vehicle_present,
            restarting: false,
        };
        let before = self.in_force;
        (self.in_force, self.waiting) = promote(&self.settings, &before, situation);
        if before.mains_met() != self.in_force.mains_met() || before.mode() != self.in_force.mode()
        {
            self.mains_watch.restart(now, MAINS_SILENCE);
        }
        if wiring::is_other_ev_meter(&before, &self.in_force) {
            self.ev_watch.restart(now, EV_FIRST_SILENCE);
            self.energy.change_meter();
        }
        if before.mode() != self.in_force.mode() {
            self.circuit_watch.restart(now, EV_FIRST_SILENCE);
        }
    }

    fn follow_vehicle(&mut self, now: Instant, status: &ChargerStatus) {
        let before = self.access.access();
        let mode = self.reader_mode();
        self.modem.follow(status.vehicle_present);
        self.follow_energy(now, status);
        self.access.step(now, status.vehicle_present, mode);
        self.access_changed(before, false);
        let pending = matches!(status.state, ChargeState::CommB | ChargeState::CommC);
        if !pending {
            self.node.granted = None;
        }
    }

    fn follow_switch(&mut self, now: Instant, status: &ChargerStatus) {
        let kind = self.in_force.switch();
        let action = self
            .switch
            .step(now, kind, status.switch, self.in_force.mode());
        let moves = self.switch.moves();
        if core::mem::replace(&mut self.switch_moves, moves) != moves {
            self.requests.local_reset = self.requests.local_reset.wrapping_add(1);
        }
        if let Some(action) = action {
            self.switch_asks(action, status);
        }
    }

    fn switch_asks(&mut self, action: SwitchAction, status: &ChargerStatus) {
        match action {
            SwitchAction::Access(access) => self.give_access(access),
            SwitchAction::ToggleAccess => self.give_access(match self.access.access() {
                Access::On => Access::Off,
                Access::Off | Access::Pause => Access::On,
            }),
            SwitchAction::Stop => self.button_stop(status),
            SwitchAction::Mode(mode) => self.switch_mode(mode),
            SwitchAction::ToggleSmartSolar => match self.in_force.mode() {
                Mode::Smart => self.switch_mode(Mode::Solar),
                Mode::Solar => self.switch_mode(Mode::Smart),
                Mode::Normal => {}
            },
            SwitchAction::ToggleCustom => self.plan.custom_button = !self.plan.custom_button,
            SwitchAction::Custom(on) => self.plan.custom_button = on,
        }
    }

    /// Sets the access; `On` is always a new reason to start.
    pub(crate) fn give_access(&mut self, access: Access) {
        let before = self.access.access();
        let start = self.access.set(access);
        self.access_changed(before, start);
    }

    /// The first press stops a charge, the next one asks again.
    fn button_stop(&mut self, status: &ChargerStatus) {
        if matches!(status.state, ChargeState::C | ChargeState::D) {
            self.requests.button_stop = self.requests.button_stop.wrapping_add(1);
        } else if status.block == Some(BlockReason::StoppedByButton) {
            self.requests.start = self.requests.start.wrapping_add(1);
        }
    }

    /// A switch has no right to a mode that the settings refuse, and no way to
    /// be told so.
    fn switch_mode(&mut self, mode: Mode) {
        if self.access.access() == Access::On {
            let _ = self.change_mode(smartevse_core::command::Origin::Button, mode);
        }
    }

    fn end_overrides(&mut self, now: Instant, status: &ChargerStatus) {
        if self.in_force.mode() == Mode::Solar {
            self.override_current = DeciAmps::ZERO;
        }
        let over = |(_, at): (DutyPermille, Instant)| now.since(at) >= DUTY_OVERRIDE_LEASE;
        if status.state == ChargeState::A || self.duty_override.is_some_and(over) {
            self.duty_override = None;
        }
    }

    fn compose(&mut self, now: Instant, status: &ChargerStatus) {
        self.plan.mode = self.in_force.mode();
        self.plan.phases = wiring::phases(self.three_phase());
        self.plan.override_current = self.override_current;
        self.plan.grid_limited = self.switch.limits_power(self.in_force.switch());
        let (grant, shortage) = self.grant(now, status);
        let three_phase = self.three_phase();
        self.plan.phases = wiring::phases(three_phase);
        self.plan.faults = self.source_faults(now) | shortage;
        self.directive = Directive {
            issued: Some(now),
            access: self.access.access(),
            grant,
            three_phase,
            handshake: self.handshake(),
            faults: self.plan.faults,
            reason: self.reason(),
            shortage_delay: Some(self.shortage_delay()),
            lock: self.lock_wish(),
            duty_override: self.duty_override.map(|(duty, _)| duty),
            requests: self.requests,
            modem: self.modem.check(),
            config: wiring::charger_config(&self.in_force),
        };
        self.next = self.next_poll(now);
    }

    fn handshake(&self) -> Handshake {
        if self.in_force.role().is_node() {
            self.node.granted.unwrap_or(Handshake::Waiting)
        } else {
            self.handshake
        }
    }

    fn lock_wish(&self) -> LockWish {
        if self.plan.cable_lock {
            LockWish::Keep
        } else if self.reader_mode() == RfidMode::EnableOne && self.access.access() == Access::Off {
            LockWish::Release
        } else {
            LockWish::Auto
        }
    }

    fn reason(&self) -> Option<BlockReason> {
        if self.access.waits_for_window() && self.access.access() == Access::Off {
            return Some(BlockReason::Schedule);
        }
        (self.in_force.mode() == Mode::Solar).then_some(BlockReason::WaitingForSolar)
    }

    /// Power for this EVSE, and the faults that explain why there is none.
    fn grant(&mut self, now: Instant, status: &ChargerStatus) -> (PowerGrant, Faults) {
        if self.in_force.role().is_node() {
            return (self.node_grant(now), self.node.imposed);
        }
        match self.planning {
            Planning::External => (self.external_grant(), Faults::empty()),
            Planning::Regulated if self.leads() => self.master_grant(now, status),
            // It cannot lead, and whom the master before it led may still charge.
            Planning::Regulated if self.is_master() && !self.group.is_settled(now) => {
                (PowerGrant::default(), Faults::empty())
            }
            Planning::Regulated => self.regulated_grant(now, status).1,
        }
    }

    fn node_grant(&self, now: Instant) -> PowerGrant {
        let share = self.node.share.reading(now, MAINS_SILENCE).fresh();
        PowerGrant {
            available: share.is_some(),
            offered: share.unwrap_or_default(),
            limited_by: if share.is_some() {
                LimitedBy::Share
            } else {
                LimitedBy::StaleData
            },
        }
    }

    fn external_grant(&self) -> PowerGrant {
        let min = self.in_force.min().to_deci();
        let mut grant = self.external.grant;
        if self.override_current > DeciAmps::ZERO {
            grant = lowered(grant, self.override_current, LimitedBy::Override, min);
        }
        if self.plan.grid_limited {
            grant = lowered(
                grant,
                relay_limit(self.plan.phases),
                LimitedBy::GridRelay,
                min,
            );
        }
        grant
    }

    fn next_poll(&self, now: Instant) -> Instant {
        let watched = |needed: bool, watch: &SourceWatch| {
            if needed {
                watch.deadline(now)
            } else {
                Instant::FAR_FUTURE
            }
        };
        (now + RENEWAL)
            .earliest(self.access.deadline())
            .earliest(self.delay.deadline(now))
            .earliest(self.switch.deadline(self.in_force.switch()))
            .earliest(self.regulated)
            .earliest(watched(self.needs_mains(), &self.mains_watch))
            .earliest(watched(self.needs_ev_meter(), &self.ev_watch))
            .earliest(watched(self.needs_circuit_meter(), &self.circuit_watch))
            .earliest(watched(self.needs_broadcast(), &self.node.watch))
    }

    /// Whether planning has something to do: its time has come, a fact or a
    /// wish arrived, or the charging control changed.
    #[must_use]
    pub fn is_due(&self, now: Instant, status: &ChargerStatus) -> bool {
        now >= self.next || Trigger::of(status) != self.trigger
    }

    /// When the next [`poll`](Self::poll) is due at the latest.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.next
    }

    /// The latest regulation with all that went into it, for the oracle.
    #[cfg(feature = "oracle")]
    #[must_use]
    pub const fn moment(&self) -> Option<&share::oracle::Moment> {
        self.moment.as_ref()
    }

    /// The latest calls of a group's regulator and scheduler with all that
    /// went into them, for the oracles.
    #[cfg(all(feature = "oracle", feature = "group"))]
    #[must_use]
    pub const fn judged(&self) -> &crate::group::judged::Judged {
        self.group.judged()
    }

    /// What the status light has to show.
    #[must_use]
    pub fn light(&self, status: &ChargerStatus) -> Light {
        let custom = self.plan.custom_button;
        Light::of(
            status,
            self.access.access(),
            self.in_force.mode(),
            custom,
            &self.colours,
        )
    }

    /// Access in force.
    #[must_use]
    pub const fn access(&self) -> &AccessControl {
        &self.access
    }

    /// Records that storage does not hold yet.
    #[must_use]
    pub const fn records(&self) -> &Records {
        &self.records
    }

    /// Wall clock, seconds since 1970-01-01 UTC; `None` = not set.
    pub(crate) fn unix_time(&self, now: Instant) -> Option<u64> {
        let (seconds, at) = self.wall_clock?;
        Some(seconds.saturating_add(now.since(at).as_secs()))
    }

    /// The view for front ends, together with the charging control's status.
    #[must_use]
    pub fn snapshot<'a>(&'a self, charger: &'a ChargerStatus) -> Snapshot<'a> {
        Snapshot {
            at: self.now,
            charger,
            directive: &self.directive,
            plan: &self.plan,
            meters: &self.meters,
            group: self.group_section(),
            settings: &self.settings,
            in_force: &self.in_force,
            waiting: self.waiting,
            wall_clock: self.unix_time(self.now),
        }
    }
}
