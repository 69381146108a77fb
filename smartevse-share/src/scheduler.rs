//! The scheduler of a group: power share 8 and 9.
//!
//! One call decides everything in the order of power share 9.1: reservations,
//! soft floor, rank, who is served, shares, what may be announced already.

use smartevse_types::{DeciAmps, Duration, Instant};

use crate::admit::{self, Swap};
use crate::allocate::{Member, merged, spread};
use crate::commit::sooner;
use crate::idle::{Draw, MEASUREMENT_AGE};
use crate::limit::{self, Limit, Place};
use crate::rank::{self, Class};
use crate::reserve;
use crate::rotation::{self, Rotation};
use crate::share_config::{AntiFlap, OrdersSent, ShareConfig, ShareView, padded};
use crate::slot::{Schedule, Slot, Wait, reason};
use crate::standing::{Seen, Standing};
use crate::unused::Unused;

/// Shortest time between two hand-overs in the group (power share 8.5, I-11).
pub const SWAP_TIME: Duration = Duration::from_secs(1);

/// What one call of the scheduler gets besides time, settings and limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ShareInputs<'a> {
    /// The EVSEs by index; one that is missing counts as lost.
    pub views: &'a [ShareView],
    /// The last telegram with set-points that left the wire.
    pub sent: Option<OrdersSent<'a>>,
    /// A grace period runs: solar stop timer, CAP STOP timer, shortage count
    /// (power share 9.1).
    pub grace_running: bool,
}

/// What the scheduler decided for the group as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShareDecision {
    /// Somebody wants current and nobody is served: a true shortage, which the
    /// regulation counts (I-13).
    pub nobody_served: bool,
    /// Time until the next rotation; zero when it does not run (published as
    /// `RotationTimer`).
    pub rotation_left: Duration,
    /// Kept for lost and disobedient EVSEs; 0.1 A.
    pub reserved: DeciAmps,
    /// An EVSE does not obey its set-point (power share 6.2).
    pub disobedient: Option<u16>,
    /// EVSEs that handed over in this call: leaver and successor.
    pub handed_over: Option<(u16, u16)>,
    /// When the outcome can change although nothing new arrives.
    pub deadline: Instant,
}

/// The memory of a group that belongs to no single EVSE.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Scheduler {
    rotation: Rotation,
    /// Since when somebody is Paused.
    waiting_since: Option<Instant>,
    /// No hand-over before this.
    next_swap: Instant,
}

/// The tables of one call: EVSEs by index, and the same in rank order.
pub struct ShareTable<'a> {
    /// Memory of each EVSE, by index.
    pub slots: &'a mut [Slot],
    /// Working table of the same length; keeps the rank order between calls.
    pub members: &'a mut [Member],
    /// Limits of the group; their working figures are overwritten.
    pub limits: &'a mut [Limit],
}

/// One call: the tables with their inputs.
struct Round<'a> {
    now: Instant,
    config: ShareConfig,
    views: &'a [ShareView],
    table: ShareTable<'a>,
    seen: Seen,
}

impl Scheduler {
    /// A scheduler without history.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Decides who gets how much.
    ///
    /// Call it when an input changes and at the latest at
    /// [`ShareDecision::deadline`]; more calls change nothing. The slices of
    /// the table have one entry for each EVSE.
    pub fn step(
        &mut self,
        now: Instant,
        config: &ShareConfig,
        inputs: &ShareInputs<'_>,
        table: ShareTable<'_>,
    ) -> ShareDecision {
        let mut round = Round {
            now,
            config: effective(config, table.slots.len()),
            views: inputs.views,
            table,
            seen: Seen::default(),
        };
        round.observe(inputs.sent.as_ref());
        self.mark_idle(&mut round);
        round.rank();
        round.open(inputs.grace_running);
        let handed_over = self.share(&mut round);
        let standing = Standing::of(round.table.members);
        self.tick(&round, standing);
        self.decide(&round, standing, handed_over)
    }

    /// Divides the limits; those that are alike for everybody as one.
    fn share(&mut self, round: &mut Round<'_>) -> Option<(u16, u16)> {
        let table = &mut round.table;
        let Some((place, mut one)) = merged(table.members, table.limits) else {
            return self.divide(round);
        };
        let before = one.left();
        let handed_over = self.divide(&mut Round {
            now: round.now,
            config: round.config,
            views: round.views,
            seen: round.seen,
            table: ShareTable {
                slots: table.slots,
                members: table.members,
                limits: core::slice::from_mut(&mut one),
            },
        });
        limit::take(table.limits, place, before - one.left());
        handed_over
    }

    fn divide(&mut self, round: &mut Round<'_>) -> Option<(u16, u16)> {
        let swap = self.serve(round);
        let share = round.config.share;
        spread(round.table.members, round.table.limits, share);
        let handed_over = round.note(swap);
        round.announce();
        handed_over
    }

    fn mark_idle(&self, round: &mut Round<'_>) {
        let Some(waiting) = self.waiting_since else {
            return;
        };
        let (now, idle_tmo) = (round.now, round.config.idle_tmo);
        for (slot, view) in round.table.slots.iter_mut().zip(padded(round.views)) {
            let due =
                slot.schedule == Schedule::Active && now >= slot.idle_check(waiting, idle_tmo);
            let idle = due && Draw::of(&view.measured, now) == Draw::Idle;
            if idle && !slot.idle.is_in_force(now) {
                slot.idle.set(now, idle_tmo);
            }
        }
    }

    /// Decides who is served; gives the hand-over and its reason.
    fn serve(&mut self, round: &mut Round<'_>) -> Option<(Swap, Wait)> {
        let (now, config) = (round.now, round.config);
        admit::retain(round.table.members, round.table.limits);
        round.admit();
        if now < self.next_swap {
            return None;
        }
        let due = self.rotation.due().is_some_and(|due| now >= due);
        let turn = if due { round.rotate() } else { None };
        let swap = turn.or_else(|| round.displace())?;
        let table = &mut round.table;
        admit::exchange(table.members, table.limits, swap.0);
        round.admit();
        self.next_swap = now + SWAP_TIME;
        if matches!(swap.1, Wait::Rotation | Wait::Idle) {
            self.rotation.reload(now, config.rotation_time());
        }
        Some(swap)
    }

    /// Runs the clocks that depend on what was decided.
    fn tick(&mut self, round: &Round<'_>, standing: Standing) {
        let (now, interval) = (round.now, round.config.rotation_time());
        self.waiting_since = if standing.waiting {
            self.waiting_since.or(Some(now))
        } else {
            None
        };
        if !standing.waiting || !standing.served || interval == Duration::ZERO {
            self.rotation.stop();
            return;
        }
        self.rotation.shorten(now, interval);
        if self.rotation.due().is_some_and(|due| now >= due) && now >= self.next_swap {
            // Nobody could take over: the turn is extended.
            self.extend(round);
        }
        if self.rotation.due().is_none() && self.has_passed_check(round) {
            self.rotation.start(now, interval);
        }
    }

    fn extend(&mut self, round: &Round<'_>) {
        let members = &round.table.members;
        if !members
            .iter()
            .any(|member| member.admitted && member.turn.protected)
        {
            self.rotation
                .reload(round.now, round.config.rotation_time());
        }
    }

    /// Whether a served EVSE passed its idle check without being idle.
    fn has_passed_check(&self, round: &Round<'_>) -> bool {
        let (Some(waiting), now) = (self.waiting_since, round.now) else {
            return false;
        };
        let mut pairs = round.table.slots.iter().zip(padded(round.views));
        pairs.any(|(slot, view)| {
            slot.schedule == Schedule::Active
                && now >= slot.idle_check(waiting, round.config.idle_tmo)
                && Draw::of(&view.measured, now) != Draw::Idle
        })
    }

    fn decide(
        &self,
        round: &Round<'_>,
        standing: Standing,
        handed_over: Option<(u16, u16)>,
    ) -> ShareDecision {
        ShareDecision {
            nobody_served: standing.wanted && !standing.served,
            rotation_left: self.rotation.left(round.now),
            reserved: round.seen.beyond_control,
            disobedient: round.seen.rogue,
            handed_over,
            deadline: self.deadline(round),
        }
    }

    fn deadline(&self, round: &Round<'_>) -> Instant {
        let (now, config) = (round.now, &round.config);
        let mut first = sooner(Instant::FAR_FUTURE, self.next_swap, now);
        first = sooner(first, self.rotation.due().unwrap_or(first), now);
        for (slot, view) in round.table.slots.iter().zip(padded(round.views)) {
            first = first.earliest(slot.deadline(view, config, now));
            if let (Some(waiting), Schedule::Active) = (self.waiting_since, slot.schedule) {
                first = sooner(first, slot.idle_check(waiting, config.idle_tmo), now);
                if let Some(sample) = view.measured.sample() {
                    first = sooner(first, sample.at + MEASUREMENT_AGE, now);
                }
            }
        }
        first
    }
}

/// Numbers that fit into a word.
const FEW: usize = 32;

/// A single EVSE has nobody to wait for (I-23).
fn effective(config: &ShareConfig, evses: usize) -> ShareConfig {
    let mut config = *config;
    if evses == 1 {
        config.anti_flap = AntiFlap::DOCUMENTED;
    }
    config
}

impl Round<'_> {
    fn view(&self, index: u16) -> &ShareView {
        let view = self.views.get(usize::from(index));
        view.unwrap_or(&ShareView::UNKNOWN)
    }

    fn observe(&mut self, sent: Option<&OrdersSent<'_>>) {
        if let Some(sent) = sent {
            for (slot, current) in self.table.slots.iter_mut().zip(sent.currents) {
                slot.sent(*current, sent.at);
            }
        }
        let mut views = self.views.iter();
        for (slot, index) in self.table.slots.iter_mut().zip(0_u16..) {
            let view = match views.next() {
                Some(view) => {
                    slot.place = view.place;
                    view
                }
                None => &ShareView::UNKNOWN,
            };
            slot.observe(view, self.now);
            if self.config.lend_unused {
                slot.unused.observe(view, slot.exposure.order(), self.now);
            } else {
                slot.unused = Unused::default();
            }
            self.seen.note(slot, view, index, self.now);
        }
    }

    /// Brings the members into rank order.
    fn rank(&mut self) {
        if !self.is_numbered() {
            for (member, index) in self.table.members.iter_mut().zip(0_u16..) {
                member.turn.index = index;
            }
        }
        if self.seen.newcomers {
            self.place_newcomers();
        }
        self.fill_members();
        rank::sort(self.table.members);
    }

    /// Whether each EVSE has a member with its number.
    fn is_numbered(&mut self) -> bool {
        if self.table.slots.len() <= FEW {
            return self.are_few_numbered();
        }
        for slot in self.table.slots.iter_mut() {
            slot.numbered = false;
        }
        for member in self.table.members.iter() {
            if let Some(slot) = self.table.slots.get_mut(usize::from(member.turn.index)) {
                slot.numbered = true;
            }
        }
        self.table.slots.iter().all(|slot| slot.numbered)
    }

    /// The same for as many EVSEs as a word has bits.
    fn are_few_numbered(&self) -> bool {
        let count = u32::try_from(self.table.slots.len()).unwrap_or(0);
        let all = u32::MAX
            .checked_shr(u32::BITS.saturating_sub(count))
            .unwrap_or(0);
        let members = self.table.members.iter();
        let found = members.fold(0_u32, |found, member| {
            let bit = 1_u32.checked_shl(u32::from(member.turn.index));
            found | bit.unwrap_or(0)
        });
        found & all == all
    }

    /// Gives newcomers their place in the rotation.
    fn place_newcomers(&mut self) {
        let priority = self.config.priority;
        let base = |slot: &Slot, index: u16| {
            rank::key(
                Class::Normal,
                0,
                rank::base(priority, slot.connected_at()),
                index,
            )
        };
        for index in 0..u16::try_from(self.table.slots.len()).unwrap_or(u16::MAX) {
            let Some(slot) = self.table.slots.get(usize::from(index)) else {
                continue;
            };
            if !slot.newcomer {
                continue;
            }
            let own = base(slot, index);
            let others = (0_u16..)
                .zip(self.table.slots.iter())
                .zip(padded(self.views));
            let others = others
                .filter(|((_, slot), view)| view.is_candidate() && !slot.newcomer)
                .map(|((index, slot), _)| (slot.lap, base(slot, index)));
            let lap = rotation::first_lap(own, others);
            if let Some(slot) = self.table.slots.get_mut(usize::from(index)) {
                slot.lap = lap;
                slot.newcomer = false;
            }
        }
    }

    fn fill_members(&mut self) {
        let (now, config) = (self.now, self.config);
        for member in self.table.members.iter_mut() {
            let index = member.turn.index;
            let view = self.views.get(usize::from(index));
            let view = view.unwrap_or(&ShareView::UNKNOWN);
            let Some(slot) = self.table.slots.get(usize::from(index)) else {
                continue;
            };
            let class = slot.class(view, now);
            let base = rank::base(config.priority, slot.connected_at());
            member.turn.key = rank::key(class, slot.lap, base, index);
            member.turn.candidate = class != Class::Out;
            member.turn.active = slot.schedule == Schedule::Active;
            member.turn.protected = slot.is_protected(now, config.idle_tmo);
            member.min = view.floor();
            member.max = slot.ceiling(view, config.mode, now);
            member.weight = view.weight;
            member.place = view.place;
        }
    }

    fn open(&mut self, grace_running: bool) {
        let table = &mut self.table;
        limit::open(table.limits);
        if self.seen.beyond_control > DeciAmps::ZERO {
            reserve::keep(table.limits, table.slots, self.views, self.now);
        }
        if grace_running {
            reserve::soften(table.limits, table.members, table.slots);
        }
    }

    fn admit(&mut self) {
        let table = &mut self.table;
        admit::admit(
            table.members,
            table.limits,
            table.slots,
            &self.config,
            self.now,
        );
    }

    /// A better rank takes the place of a worse one, or anybody that of an
    /// idle one.
    fn displace(&mut self) -> Option<(Swap, Wait)> {
        let swap = admit::displacement(self.table.members, self.table.limits)?;
        let leaver = self.table.members.get(swap.leaver)?;
        let slot = self.table.slots.get(usize::from(leaver.turn.index))?;
        let idle = slot.class(self.view(leaver.turn.index), self.now) == Class::Idle;
        Some((swap, if idle { Wait::Idle } else { Wait::Priority }))
    }

    /// The one that was served longest makes room for the next in line.
    fn rotate(&mut self) -> Option<(Swap, Wait)> {
        let (now, slots) = (self.now, &self.table.slots);
        let since = |member: &Member| {
            let slot = slots.get(usize::from(member.turn.index));
            slot.map_or(now, |slot| slot.active_since)
        };
        let mut best: Option<(Instant, Swap)> = None;
        for (leaver, member) in self.table.members.iter().enumerate() {
            let at = since(member);
            let longer = best.is_none_or(|(longest, _)| at < longest);
            if !longer || !admit::may_leave(member) {
                continue;
            }
            let list = self.table.members.iter().enumerate();
            let fair = list.filter(|(_, other)| other.turn.key >> 62 < 2);
            if let Some(successor) = admit::fitting(fair, self.table.limits, member) {
                best = Some((at, Swap { leaver, successor }));
            }
        }
        let (_, swap) = best?;
        let pair = (
            self.table.members.get(swap.leaver)?,
            self.table.members.get(swap.successor)?,
        );
        rotation::hand_over(self.table.slots, pair.0, pair.1);
        Some((swap, Wait::Rotation))
    }

    /// Writes the decision into the memories of the EVSEs.
    fn note(&mut self, swap: Option<(Swap, Wait)>) -> Option<(u16, u16)> {
        let now = self.now;
        let index = |at: usize, members: &[Member]| members.get(at).map(|member| member.turn.index);
        let left =
            swap.and_then(|(swap, why)| Some((index(swap.leaver, self.table.members)?, why)));
        for member in self.table.members.iter() {
            let wanting = self.view(member.turn.index).is_wanting();
            let Some(slot) = self.table.slots.get_mut(usize::from(member.turn.index)) else {
                continue;
            };
            let why = left.filter(|(leaver, _)| *leaver == member.turn.index);
            slot.allocated = member.current;
            match (member.turn.active, member.admitted) {
                (false, true) => {
                    slot.active_since = now;
                    slot.pause.clear();
                }
                (true, false) if wanting && why.is_none() => slot.pause.begin(now),
                (true, _) | (false, false) => {}
            }
            slot.wait = reason(slot, member, why.map(|(_, wait)| wait), wanting, now);
            slot.schedule = match (member.admitted, wanting) {
                (true, _) => Schedule::Active,
                (false, true) => Schedule::Paused,
                (false, false) => Schedule::Inactive,
            };
        }
        let successor = swap.and_then(|(swap, _)| index(swap.successor, self.table.members));
        left.map(|(leaver, _)| leaver).zip(successor)
    }

    /// Hands out the orders: less at once, more only as far as the others have
    /// let go of it.
    fn announce(&mut self) {
        self.open_rooms();
        for member in self.table.members.iter() {
            let Some(slot) = self.table.slots.get_mut(usize::from(member.turn.index)) else {
                continue;
            };
            let (order, committed) = (slot.exposure.order(), slot.exposure.committed());
            let target = member.current;
            let next = if target <= order {
                target
            } else {
                reachable(member, order, committed, room(self.table.limits, member))
            };
            if next < target {
                slot.wait = Some(Wait::Release);
            }
            if next != order {
                slot.exposure.hand_out(next, self.now);
            }
            let grown = committed.max(next) - committed;
            if grown > DeciAmps::ZERO {
                occupy(self.table.limits, member.place, grown);
            }
        }
    }

    /// Sets the fine figure of each limit to its budget less all commitments.
    fn open_rooms(&mut self) {
        for limit in self.table.limits.iter_mut() {
            limit.fine = i64::from(limit.budget.as_deci());
        }
        for (slot, view) in self.table.slots.iter().zip(padded(self.views)) {
            if !view.online {
                continue;
            }
            let kept = slot.exposure.beyond_control(view, self.now);
            let taken = slot.exposure.committed() - kept;
            if taken > DeciAmps::ZERO {
                occupy(self.table.limits, view.place, taken);
            }
        }
    }
}

/// Takes a commitment out of the fine figures, which count 0.1 A here.
fn occupy(limits: &mut [Limit], place: Place, current: DeciAmps) {
    for limit in limits {
        let part = limit.part(place, current);
        limit.fine = limit.fine.saturating_sub(i64::from(part.as_deci()));
    }
}

/// What a member may take beyond all commitments; 0.1 A, negative when they
/// are above a limit.
fn room(limits: &[Limit], member: &Member) -> DeciAmps {
    let free = |limit: &Limit| match limit.weight(member.place) {
        0 => None,
        1 => Some(limit.fine),
        weight => limit.fine.checked_div_euclid(i64::from(weight)),
    };
    let tightest = limits.iter().filter_map(free).min();
    let (least, most) = (i64::from(i32::MIN), i64::from(i32::MAX));
    let bounded = tightest.unwrap_or(most).clamp(least, most);
    DeciAmps::from_deci(i32::try_from(bounded).unwrap_or(i32::MIN))
}

/// The next order on the way up: as far as the commitments of the others
/// leave room, and nothing between zero and MIN.
fn reachable(member: &Member, order: DeciAmps, committed: DeciAmps, room: DeciAmps) -> DeciAmps {
    let next = member.current.min(committed + room);
    if next < member.min {
        return order;
    }
    next.max(order)
}
