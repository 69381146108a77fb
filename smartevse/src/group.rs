//! Planning for a group: one current for all, shared by the scheduler, told to
//! the nodes as orders.

#[cfg(feature = "oracle")]
pub mod judged;
mod member;
mod orders;
mod terms;
pub mod translate;

use smartevse_core::directive::{Handshake, PowerGrant};
use smartevse_core::event::MeterReading;
use smartevse_core::group::{self as view, GroupStatus, MEMBERS, NodeReport};
use smartevse_core::snapshot::Section;
use smartevse_core::state::ChargeState;
use smartevse_share as share;
use smartevse_share::protocol::Orders;
use smartevse_types::{
    Amps, BlockReason, DeciAmps, Duration, Instant, LimitedBy, Mode, Phase, Seconds,
};

use crate::wiring;
use member::Member;
use orders::OrderBook;
pub use terms::SETTLE;
pub(crate) use terms::{GroupInputs, GroupOutcome};

/// Time after a start in which a master only listens: a zero sent too early
/// would stop whoever charges.
const LISTEN: Duration = Duration::from_secs(5);

/// Rest after a shortage in which nobody could be served (decision 55).
const REST: Duration = Duration::from_secs(60);

/// A node that has not been heard for so long is lost: five polls, 2 s apart,
/// and some delay on the line (power share §6.1).
const SILENCE: Duration = Duration::from_secs(15);

/// Pause between two looks when one of them changed what the other needs.
const AGAIN: Duration = Duration::from_millis(10);

/// The oldest measurement of a vehicle that is shown.
const MEASURED_AGE: Duration = Duration::from_secs(11);

/// The memory of a master about its group.
#[derive(Clone, Debug)]
pub(crate) struct GroupSide {
    members: [Member; MEMBERS],
    scheduler: share::Group<MEMBERS>,
    book: OrderBook,
    started: Instant,
    /// What the last call of the scheduler found.
    reserved: DeciAmps,
    nobody_served: bool,
    active: [bool; MEMBERS],
    /// Nobody is served before this, after a shortage for all.
    rest_until: Instant,
    status: GroupStatus,
    #[cfg(feature = "oracle")]
    judged: judged::Judged,
}

impl GroupSide {
    /// A charger with PWR SHARE = Master plans for a group.
    pub(crate) const LEADS: bool = true;

    pub(crate) fn new(now: Instant) -> Self {
        Self {
            members: [Member::default(); MEMBERS],
            scheduler: share::Group::new(),
            book: OrderBook::default(),
            started: now,
            reserved: DeciAmps::ZERO,
            nobody_served: false,
            active: [false; MEMBERS],
            rest_until: Instant::ZERO,
            status: GroupStatus::default(),
            #[cfg(feature = "oracle")]
            judged: judged::Judged::default(),
        }
    }

    /// The newest calls of regulator and scheduler, for the oracles.
    #[cfg(feature = "oracle")]
    pub(crate) const fn judged(&self) -> &judged::Judged {
        &self.judged
    }

    /// Whether any node has been heard of.
    pub(crate) fn has_nodes(&self) -> bool {
        self.members
            .iter()
            .skip(1)
            .any(|member| member.at.is_some())
    }

    /// Whether everybody who may be charging is known (power share §6.2).
    pub(crate) fn is_settled(&self, now: Instant) -> bool {
        now >= self.started + SETTLE
    }

    /// A node answered.
    pub(crate) fn hear(&mut self, index: u8, report: NodeReport, at: Instant) {
        let index = usize::from(index);
        let served = self.book.sent(index) > DeciAmps::ZERO;
        let Some(member) = self.members.get_mut(index).filter(|_| index > 0) else {
            return;
        };
        let first = member.at.is_none() && !self.book.has_sent();
        member.hear(report, at, served);
        let closed = member.is_closed();
        if let Some(slot) = self.scheduler.slot_mut(index).filter(|_| first && closed) {
            // It charges with what the master before the restart has told it.
            slot.restore(None, Some(at), Some(at));
            slot.sent(report.set_point, at);
        }
    }

    /// A node does not answer any more.
    pub(crate) fn lose(&mut self, index: u8) {
        if let Some(member) = self.members.get_mut(usize::from(index)) {
            member.lose();
        }
    }

    /// The EV meter of a node was read.
    pub(crate) fn measure(&mut self, index: u8, reading: &MeterReading, at: Instant) {
        let member = self.members.get_mut(usize::from(index));
        if let Some((member, currents)) = member.zip(reading.currents) {
            member.measure(currents, at);
        }
    }

    /// The orders of this version have left the wire.
    pub(crate) fn sent(&mut self, version: u32, at: Instant) {
        let Some(shares) = self.book.confirm(version, at) else {
            return;
        };
        #[cfg(feature = "oracle")]
        self.judged.sent(&shares, at);
        for (index, current) in shares.into_iter().enumerate().skip(1) {
            if let Some(slot) = self.scheduler.slot_mut(index) {
                slot.sent(current, at);
            }
        }
    }

    /// The newest orders.
    pub(crate) const fn orders(&self) -> &Orders {
        self.book.orders()
    }

    /// The group as front ends see it.
    pub(crate) const fn section(&self) -> Section<&GroupStatus> {
        Section::Present(&self.status)
    }

    /// Plans for everybody (power share §9.1).
    ///
    /// Its steps are functions of their own: what one of them puts on the stack
    /// is gone before the next one begins.
    pub(crate) fn plan(
        &mut self,
        now: Instant,
        regulator: &mut share::Regulator,
        inputs: &mut GroupInputs<'_>,
    ) -> GroupOutcome {
        inputs.site.reserved = self.reserved;
        inputs.site.nobody_served = self.nobody_served;
        let inputs = &*inputs;
        self.take_local(now, inputs);
        self.notice_silence(now);
        if now < self.started + LISTEN {
            return self.listen(now, inputs);
        }
        let plan = self.regulate(now, regulator, inputs);
        let resting = self.rests(now, &plan, inputs.config.mode);
        let decision = self.schedule(now, &plan, inputs, resting);
        let changed = self.note(&decision);
        self.write_orders(now, &plan, inputs);
        self.show(now, &plan, &decision, inputs.config.mode);
        let mut deadline = plan
            .deadline
            .earliest(decision.deadline)
            .earliest(later(now, self.rest_until))
            .earliest(later(now, self.started + SETTLE));
        if changed {
            deadline = deadline.earliest(now + AGAIN);
        }
        GroupOutcome {
            grant: self.grant(&plan, inputs),
            paused: self.is_paused(0),
            handshake: self.handshake(inputs.status.state),
            plan,
            deadline,
        }
    }

    #[inline(never)]
    fn regulate(
        &mut self,
        now: Instant,
        regulator: &mut share::Regulator,
        inputs: &GroupInputs<'_>,
    ) -> share::Plan {
        let mut views = [share::EvseView::default(); MEMBERS];
        for (index, view) in views.iter_mut().enumerate() {
            *view = self.evse_view(index, now, inputs);
        }
        let plan = regulator.step(now, &inputs.config, &inputs.site, &views);
        #[cfg(feature = "oracle")]
        {
            self.judged.number = self.judged.number.wrapping_add(1);
            self.judged.cycle = Some(share::group_oracle::GroupMoment {
                now,
                config: inputs.config,
                site: inputs.site,
                evses: views,
                plan,
            });
        }
        plan
    }

    /// Who charges already is heard first, and nothing is said.
    fn listen(&mut self, now: Instant, inputs: &GroupInputs<'_>) -> GroupOutcome {
        self.book.listen(now, inputs.config.mode, inputs.config.min);
        GroupOutcome {
            plan: share::Plan::default(),
            grant: PowerGrant::default(),
            paused: false,
            handshake: Handshake::Waiting,
            deadline: self.started + LISTEN,
        }
    }

    /// Without nodes there is nothing to share; whoever comes hears that it has
    /// nothing yet.
    pub(crate) fn stay_alone(&mut self, now: Instant, plan: &share::Plan, mode: Mode, min: Amps) {
        let mut shares = [DeciAmps::ZERO; MEMBERS];
        if let Some(own) = shares.first_mut() {
            *own = plan.offered;
        }
        let orders = Orders {
            version: 0,
            issued: now,
            set_points: shares,
            mains_lost: plan.mains_stale,
            mode,
            min,
            ..Orders::default()
        };
        self.book.write(now, &orders, &shares);
        self.status = GroupStatus {
            budget: plan.offered,
            version: self.book.orders().version,
            ..GroupStatus::default()
        };
    }

    /// The master's own EVSE takes part like a node.
    fn take_local(&mut self, now: Instant, inputs: &GroupInputs<'_>) {
        let status = inputs.status;
        let served = self.orders_of(0) > DeciAmps::ZERO;
        let Some(local) = self.members.first_mut() else {
            return;
        };
        let report = NodeReport {
            state: status.state,
            faults: status.local_faults,
            set_point: status.offered,
            mode: Some(inputs.config.mode),
            access: Some(inputs.access),
            cap: inputs.local.cap,
            ..NodeReport::default()
        };
        local.hear(report, now, served);
        local.charging_since = status.charging_since;
        if let Some(sample) = inputs.measured.sample() {
            if local
                .currents
                .sample()
                .is_none_or(|old| old.at != sample.at)
            {
                local.measure(sample.value, sample.at);
            }
        }
    }

    /// A node whose loss nobody told is lost by its age.
    fn notice_silence(&mut self, now: Instant) {
        for member in self.members.iter_mut().skip(1) {
            let silent = |at: Instant| now.since(at) > SILENCE;
            if !member.lost && member.at.is_some_and(silent) {
                member.lose();
            }
        }
    }

    /// The EVSE `index` as the regulation sees it.
    fn evse_view(&self, index: usize, now: Instant, inputs: &GroupInputs<'_>) -> share::EvseView {
        let Some(member) = self.members.get(index) else {
            return share::EvseView::default();
        };
        let (set_point, set_at) = match index {
            0 => self.book.local(),
            _ if self.book.has_sent() => (self.book.sent(index), self.book.sent_at(index)),
            // A charge that was going on before this master started.
            _ => (member.report.set_point, member.at.unwrap_or_default()),
        };
        let common = share::EvseView {
            wants: self.wants(index, now),
            charging: member.is_online() && self.draws(index, member),
            charging_since: member.charging_since,
            active: self.active.get(index).copied().unwrap_or_default(),
            set_point,
            set_at,
            ..share::EvseView::default()
        };
        if index == 0 {
            return share::EvseView {
                cap: inputs.local.cap,
                phases: inputs.local.phases,
                override_current: inputs.local.override_current,
                ..common
            };
        }
        // The wiring of a node is not known: it may load any phase.
        share::EvseView {
            cap: member.report.cap,
            measured: member.currents,
            ..common
        }
    }

    /// Current flows, or may flow before the next answer tells it: its request
    /// is being granted.
    fn draws(&self, index: usize, member: &Member) -> bool {
        let granted = self.answer(index) == share::protocol::Answer::GrantC;
        member.is_charging() || (member.may_close() && granted)
    }

    /// Nobody starts before the group has settled.
    fn wants(&self, index: usize, now: Instant) -> bool {
        let member = self.members.get(index);
        member.is_some_and(|member| {
            member.is_online() && member.wants && (self.is_settled(now) || member.is_closed())
        })
    }

    /// After a shortage for all, everybody rests for a while (decision 55).
    fn rests(&mut self, now: Instant, plan: &share::Plan, mode: Mode) -> bool {
        // In Solar the surplus has lasted for a while when a shortage ends.
        if plan.stop && mode != Mode::Solar {
            self.rest_until = now + REST;
        }
        now < self.rest_until || plan.stop
    }

    #[inline(never)]
    fn schedule(
        &mut self,
        now: Instant,
        plan: &share::Plan,
        inputs: &GroupInputs<'_>,
        resting: bool,
    ) -> share::ShareDecision {
        let config = share::ShareConfig {
            hold_joins: plan.hold_joins,
            lend_unused: inputs.lend_unused,
            ..wiring::share_config(inputs.settings, inputs.config.mode)
        };
        let floor = inputs.config.floor();
        let mut views = [share::ShareView::default(); MEMBERS];
        for (index, view) in views.iter_mut().enumerate() {
            *view = self.share_view(index, now, floor);
        }
        let blind = plan.mains_stale || plan.ev_stale;
        let budget = if resting || blind {
            plan.budget.min(DeciAmps::ZERO)
        } else {
            plan.budget
        };
        let all = share::Conductor::Phase(Phase::L1);
        let mut limits = [share::Limit::new(budget, all, plan.limited_by)];
        let inputs = share::ShareInputs {
            views: &views,
            sent: None,
            grace_running: plan.grace_running && !resting && !blind,
        };
        let decision = self.scheduler.step(now, &config, &inputs, &mut limits);
        #[cfg(feature = "oracle")]
        {
            self.judged.round = Some(judged::Round {
                now,
                config,
                views,
                limits,
                sent: self.judged.sent,
                grace_running: inputs.grace_running,
                slots: *self.scheduler.slots(),
                decision,
            });
        }
        decision
    }

    fn share_view(&self, index: usize, now: Instant, floor: DeciAmps) -> share::ShareView {
        let Some(member) = self.members.get(index) else {
            return share::ShareView::default();
        };
        let Some(at) = member.at else {
            // Nobody has this address, or nobody has been heard of yet.
            return share::ShareView {
                contactor: share::Contactor::Open,
                ..share::ShareView::default()
            };
        };
        share::ShareView {
            online: member.is_online(),
            connected: member.is_connected(),
            wants: self.wants(index, now),
            contactor: contactor(member),
            seen_at: at,
            reported: Some(member.report.set_point),
            min: floor,
            cap: member.report.cap,
            measured: member.measured,
            ..share::ShareView::default()
        }
    }

    /// Keeps what the regulation has to know next; gives whether it changed.
    fn note(&mut self, decision: &share::ShareDecision) -> bool {
        let mut active = [false; MEMBERS];
        for (place, slot) in active.iter_mut().zip(self.scheduler.slots()) {
            *place = slot.schedule() == share::Schedule::Active;
        }
        let before = (self.active, self.nobody_served, self.reserved);
        let after = (active, decision.nobody_served, decision.reserved);
        (self.active, self.nobody_served, self.reserved) = after;
        before != after
    }

    fn slot(&self, index: usize) -> Option<&share::Slot> {
        self.scheduler.slots().get(index)
    }

    fn orders_of(&self, index: usize) -> DeciAmps {
        self.slot(index)
            .map(|slot| slot.order())
            .unwrap_or_default()
    }

    fn is_paused(&self, index: usize) -> bool {
        let schedule = self.slot(index).map(|slot| slot.schedule());
        schedule == Some(share::Schedule::Paused)
    }

    /// The current that EVSE `index` is told: its share, or MIN while its
    /// contactor is open and its vehicle has not asked yet.
    fn announced(&self, index: usize, plan: &share::Plan, floor: DeciAmps) -> DeciAmps {
        let order = self.orders_of(index);
        let waits = plan.stop || plan.no_sun || plan.mains_stale || plan.ev_stale;
        let member = self.members.get(index);
        let invited =
            member.is_some_and(|member| member.is_online() && !member.wants && member.is_offered());
        if order == DeciAmps::ZERO && invited && !waits {
            return floor.min(member.map(|member| member.report.cap).unwrap_or_default());
        }
        order
    }

    #[inline(never)]
    fn write_orders(&mut self, now: Instant, plan: &share::Plan, inputs: &GroupInputs<'_>) {
        let floor = inputs.config.floor();
        let set_points = core::array::from_fn(|index| self.announced(index, plan, floor));
        let shares = self.scheduler.orders();
        let answers = core::array::from_fn(|index| self.answer(index));
        let left = plan.solar_stop.map_or(0, |at| at.since(now).as_secs_ceil());
        let mains = inputs.site.mains.sample().map(|sample| sample.value);
        let orders = Orders {
            version: 0,
            issued: now,
            set_points,
            answers,
            mains_lost: plan.mains_stale,
            mode: inputs.config.mode,
            solar_timer: Seconds::from_secs(u32::try_from(left).unwrap_or(u32::MAX)),
            min: inputs.config.min,
            mains,
        };
        self.book.write(now, &orders, &shares);
        if let Some(slot) = self.scheduler.slot_mut(0) {
            // The own charging control follows the directive at once.
            slot.sent(slot.order(), now);
            #[cfg(feature = "oracle")]
            self.judged.followed(slot.order());
        }
    }

    fn answer(&self, index: usize) -> share::protocol::Answer {
        use share::protocol::Answer;
        let Some(slot) = self.slot(index) else {
            return Answer::Wait;
        };
        match slot.schedule() {
            share::Schedule::Active if slot.order() > DeciAmps::ZERO => Answer::GrantC,
            share::Schedule::Active => Answer::Wait,
            share::Schedule::Paused => Answer::Refuse,
            // What a pause has left behind is taken back.
            share::Schedule::Inactive => Answer::GrantB,
        }
    }

    fn handshake(&self, state: ChargeState) -> Handshake {
        use share::protocol::Answer;
        match (state, self.answer(0)) {
            (ChargeState::CommB, Answer::GrantC) => Handshake::GrantedB,
            (ChargeState::CommC, Answer::GrantC) => Handshake::GrantedC,
            _ => Handshake::Waiting,
        }
    }

    fn grant(&self, plan: &share::Plan, inputs: &GroupInputs<'_>) -> PowerGrant {
        let offered = self.announced(0, plan, inputs.config.floor());
        let served = self.active.iter().filter(|active| **active).count();
        let limited_by = match offered {
            DeciAmps::ZERO => LimitedBy::Nothing,
            _ if offered >= inputs.local.cap => LimitedBy::Max,
            _ if served > 1 => LimitedBy::Share,
            _ => plan.limited_by,
        };
        PowerGrant {
            available: offered > DeciAmps::ZERO,
            offered,
            limited_by,
        }
    }

    #[inline(never)]
    fn show(
        &mut self,
        now: Instant,
        plan: &share::Plan,
        decision: &share::ShareDecision,
        mode: Mode,
    ) {
        for index in 0..MEMBERS {
            let view = self.member_view(index, now, mode);
            if let Some(place) = self.status.members.get_mut(index) {
                *place = view;
            }
        }
        self.status.budget = plan.budget;
        self.status.rotation = seconds(decision.rotation_left);
        self.status.version = self.book.orders().version;
    }

    fn member_view(&self, index: usize, now: Instant, mode: Mode) -> view::Member {
        let (Some(member), Some(slot)) = (self.members.get(index), self.slot(index)) else {
            return view::Member::default();
        };
        let measured = member.currents.reading(now, MEASURED_AGE).fresh();
        let reserved = if member.lost {
            slot.exposure().committed()
        } else {
            DeciAmps::ZERO
        };
        view::Member {
            online: member.is_online(),
            state: member.report.state,
            faults: member.report.faults,
            schedule: schedule(slot.schedule()),
            rank: self
                .scheduler
                .rank(index)
                .and_then(|rank| u8::try_from(rank).ok()),
            set_point: self
                .book
                .orders()
                .set_points
                .get(index)
                .copied()
                .unwrap_or_default(),
            reserved,
            measured,
            block: block(member, slot, mode),
        }
    }
}

/// Whoever asks may have heard a grant meanwhile.
fn contactor(member: &Member) -> share::Contactor {
    if member.is_closed() {
        share::Contactor::Closed
    } else if member.may_close() {
        share::Contactor::Asking
    } else {
        share::Contactor::Open
    }
}

fn block(member: &Member, slot: &share::Slot, mode: Mode) -> Option<BlockReason> {
    if !member.is_connected() {
        return Some(BlockReason::NoVehicle);
    }
    slot.wait().map(|wait| wait.block(mode))
}

const fn schedule(of: share::Schedule) -> view::Schedule {
    match of {
        share::Schedule::Inactive => view::Schedule::Inactive,
        share::Schedule::Active => view::Schedule::Active,
        share::Schedule::Paused => view::Schedule::Paused,
    }
}

fn seconds(span: Duration) -> Seconds {
    Seconds::from_secs(u32::try_from(span.as_secs_ceil()).unwrap_or(u32::MAX))
}

fn later(now: Instant, at: Instant) -> Instant {
    if at > now { at } else { Instant::FAR_FUTURE }
}
