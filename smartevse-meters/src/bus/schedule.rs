//! Which question comes next.

use heapless::Vec;
use smartevse_types::{Duration, Instant};

use super::config::BusConfig;
use super::counters::Counters;
use super::guard::{Moment, worst_time};
use super::late::LateGuard;
use super::order::{Order, Pick, Source};
use super::{Importance, Job, JobError};
use crate::error::ModbusError;
use crate::pdu::{Request, Transport, is_broadcast};
use crate::transaction::{Tag, Transaction};

/// Most registers of one order.
pub const ORDER_WORDS: usize = 22;
/// Time-outs in a row after which a device is polled less often.
const DEAD_AFTER: u8 = 3;
/// Good replies in a row after which the wait for a reply is known.
const WAIT_RECORD: u16 = 20;
/// How long a reading that the device refuses is left alone.
const UNSUPPORTED: Duration = Duration::from_secs(60);
/// So long a mains meter without replies waits for a gap.
const DEAD_MAINS_PATIENCE: Duration = Duration::from_secs(1);
/// Time between two questions that can wait when the line has no gap for them.
const FORCED: Duration = Duration::from_secs(1);

/// A job and what happened to it.
#[derive(Clone, Debug)]
struct Slot {
    job: Job,
    due: Instant,
    /// Not before: the device said that it has no such registers.
    refused_until: Instant,
    asked: Instant,
    /// When it was asked before that.
    asked_before: Instant,
    /// Whether a repetition that had no time is being made up for.
    makes_up: bool,
    timeouts: u8,
    clean: u16,
    /// Longest wait for a reply in the clean record.
    slowest: Duration,
    counters: Counters,
}

impl Slot {
    fn new(job: Job) -> Self {
        Self {
            job,
            due: Instant::ZERO,
            refused_until: Instant::ZERO,
            asked: Instant::ZERO,
            asked_before: Instant::ZERO,
            makes_up: false,
            timeouts: 0,
            clean: 0,
            slowest: Duration::ZERO,
            counters: Counters::default(),
        }
    }

    fn transaction(&self) -> &Transaction {
        &self.job.transaction
    }

    fn ready(&self, late: &LateGuard) -> Instant {
        let held = late.holds(self.transaction()).unwrap_or(Instant::ZERO);
        self.due.latest(self.refused_until).latest(held)
    }

    fn is_held(&self, moment: &Moment<'_>) -> bool {
        let held = moment.late.holds(self.transaction());
        held.is_some_and(|until| until > moment.now)
    }

    fn pick(&self) -> Pick {
        Pick {
            source: Source::Job,
            transaction: self.job.transaction,
        }
    }

    /// When the last reading becomes too old.
    fn expires(&self) -> Instant {
        self.asked + self.job.max_age
    }

    /// The latest start of the next question, so that its answer comes before
    /// the last one is too old; `None` while no age can be kept.
    fn latest_start(&self, config: &BusConfig) -> Option<Instant> {
        let asked = self.asked > Instant::ZERO && !self.is_dead();
        let room =
            self.job.max_age - config.healthy_time(self.transaction(), self.is_clean(config));
        asked.then_some(self.asked + room)
    }

    fn is_dead(&self) -> bool {
        self.timeouts >= DEAD_AFTER
    }

    /// Whether it was asked so lately, or in vain, that others may go whatever they take.
    fn is_new(&self, now: Instant) -> bool {
        self.timeouts > 0 || now.since(self.asked).times(3) < self.job.period
    }

    fn has_record(&self, replies: u16) -> bool {
        self.clean >= replies && self.timeouts == 0
    }

    fn is_clean(&self, config: &BusConfig) -> bool {
        self.job.own_node || self.has_record(config.proven_after)
    }

    /// Whether it goes into the gaps that the others leave: power and energy, and
    /// whatever asks a device without replies.
    fn can_wait(&self) -> bool {
        self.job.importance == Importance::Background || self.is_dead()
    }

    /// By when it wants the line, as far as others compete for it.
    fn claim(&self, now: Instant) -> Instant {
        match self.expires() {
            _ if self.is_dead() && self.job.is_mains() => self.due + DEAD_MAINS_PATIENCE,
            soon if soon > now => soon,
            overdue if self.is_dead() => overdue + Importance::Background.patience(),
            overdue => overdue + self.job.importance.patience(),
        }
    }

    /// All readings of one period keep one beat, so that they go one after the other
    /// and leave one long gap; the mains go when they have to.
    fn start(&mut self, now: Instant) {
        self.due = if self.job.is_mains() && !self.is_dead() {
            now + self.job.period
        } else {
            next_beat(now, self.job.period)
        };
        self.asked_before = self.asked;
        self.asked = now;
    }
}

/// Rank of a question: the smaller class first, then the earlier claim, then the importance.
type Rank = (u8, Instant, Importance);

/// All questions of a line.
#[derive(Clone, Debug)]
pub(super) struct Schedule<const JOBS: usize, const ORDERS: usize> {
    slots: Vec<Slot, JOBS>,
    orders: Vec<Order, ORDERS>,
    /// The job that went last, so that no job can go twice while others wait.
    last: Option<Tag>,
    /// Whether an order went last: then an overdue reading goes before the next.
    order_last: bool,
    /// When a question that can wait went last.
    filled: Instant,
}

impl<const JOBS: usize, const ORDERS: usize> Schedule<JOBS, ORDERS> {
    pub(super) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            orders: Vec::new(),
            last: None,
            order_last: false,
            filled: Instant::ZERO,
        }
    }

    pub(super) fn add(&mut self, job: Job, transport: Transport) -> Result<(), JobError> {
        let transaction = job.transaction;
        if !transaction.function().is_read() {
            return Err(JobError::WrongFunction);
        }
        let request = transaction.request().ok_or(JobError::WrongFunction)?;
        request
            .check(transport, transaction.addr())
            .map_err(JobError::Encode)?;
        if self.slot(transaction.tag()).is_some() {
            return Err(JobError::DuplicateTag);
        }
        self.slots.push(Slot::new(job)).map_err(|_| JobError::Full)
    }

    /// Changes the question of a job.
    pub(super) fn replace(
        &mut self,
        transaction: Transaction,
        transport: Transport,
    ) -> Result<(), JobError> {
        if !transaction.function().is_read() {
            return Err(JobError::WrongFunction);
        }
        let request = transaction.request().ok_or(JobError::WrongFunction)?;
        request
            .check(transport, transaction.addr())
            .map_err(JobError::Encode)?;
        let slot = self.slot(transaction.tag()).ok_or(JobError::UnknownTag)?;
        slot.job.transaction = transaction;
        Ok(())
    }

    pub(super) fn reset_counters(&mut self) {
        let slots = self.slots.iter_mut();
        slots.for_each(|slot| slot.counters = Counters::ZERO);
    }

    pub(super) fn remove(&mut self, tag: Tag) {
        self.slots.retain(|slot| slot.transaction().tag() != tag);
    }

    pub(super) fn write(
        &mut self,
        (tag, addr): (Tag, u8),
        request: &Request<'_>,
        transport: Transport,
    ) -> Result<(), JobError> {
        request.check(transport, addr).map_err(JobError::Encode)?;
        let order = Order::new(tag, addr, request)?;
        if let Some(old) = self.order(tag) {
            *old = order;
            return Ok(());
        }
        self.orders.push(order).map_err(|_| JobError::Full)
    }

    /// The question that goes next, if one is due.
    ///
    /// A question that might leave too little time for the mains lets them go first.
    pub(super) fn next(&self, moment: &Moment<'_>) -> Option<Pick> {
        let pick = self.candidate(moment)?;
        let urgent = self
            .slots
            .iter()
            .find(|slot| self.would_be_late(slot, &pick, false, moment));
        Some(urgent.map_or(pick, Slot::pick))
    }

    fn candidate(&self, moment: &Moment<'_>) -> Option<Pick> {
        let now = moment.now;
        let gap = self.gap_end(moment.late);
        let job = self
            .slots
            .iter()
            .filter(|slot| slot.ready(moment.late) <= now && self.fits(slot, gap, moment))
            .map(|slot| (self.rank(slot, now), slot))
            .min_by_key(|(rank, _)| *rank);
        let order = self.ready_order(moment.late);
        match (job, order) {
            (Some((_, slot)), None) => Some(slot.pick()),
            (Some((rank, slot)), Some(_)) if rank.0 < ORDER_CLASS => Some(slot.pick()),
            (_, Some(order)) => Some(order.pick()),
            (None, None) => None,
        }
    }

    /// When the next question becomes due that cannot wait.
    fn gap_end(&self, late: &LateGuard) -> Instant {
        let others = self.slots.iter().filter(|slot| !slot.can_wait());
        let due = others.map(|slot| slot.ready(late)).min();
        due.unwrap_or(Instant::FAR_FUTURE)
    }

    /// Whether a question leaves those that cannot wait their time, or has waited
    /// for a gap long enough.
    fn fits(&self, slot: &Slot, gap: Instant, moment: &Moment<'_>) -> bool {
        if !slot.can_wait() || self.claim(slot, moment.now) <= moment.now {
            return true;
        }
        let addr = slot.transaction().addr();
        let wait = self.reply_wait(addr, moment.config);
        let start = moment.start(self.is_proven(addr, moment.config));
        start + worst_time(slot.transaction(), wait, moment.config) <= gap
    }

    /// By when a question wants the line. Those that can wait come one by one.
    fn claim(&self, slot: &Slot, now: Instant) -> Instant {
        let claim = slot.claim(now);
        if slot.can_wait() {
            claim.latest(self.filled + FORCED)
        } else {
            claim
        }
    }

    /// How long to wait for the reply of a device: as long as for any, or twice
    /// as long as it ever took in its clean record.
    pub(super) fn reply_wait(&self, addr: u8, config: &BusConfig) -> Duration {
        let record = self.device(addr).find(|slot| slot.has_record(WAIT_RECORD));
        record.map_or(config.first_byte, |slot| {
            let known = slot.slowest.times(2);
            known
                .max(config.healthy_reply.times(2))
                .min(config.first_byte)
        })
    }

    /// Notes how long a device took to begin its reply.
    pub(super) fn waited(&mut self, addr: u8, wait: Duration) {
        for slot in self.device_mut(addr) {
            slot.slowest = slot.slowest.max(wait);
        }
    }

    /// Whether this mains reading could become too old if `pick` went before it.
    fn would_be_late(&self, slot: &Slot, pick: &Pick, repeated: bool, moment: &Moment<'_>) -> bool {
        let tag = slot.transaction().tag();
        let just_asked = self.last == Some(tag) && slot.is_new(moment.now);
        let idle = just_asked || pick.is(tag) || !slot.job.is_mains();
        if idle || slot.refused_until > moment.now || slot.is_held(moment) {
            return false;
        }
        let wait = if repeated {
            moment.config.first_byte
        } else {
            self.reply_wait(pick.transaction.addr(), moment.config)
        };
        let end = moment.start(self.is_proven(pick.transaction.addr(), moment.config))
            + worst_time(&pick.transaction, wait, moment.config);
        slot.latest_start(moment.config)
            .is_some_and(|latest| end > latest)
    }

    /// When a question that is not due yet becomes due.
    pub(super) fn change_after(&self, now: Instant, late: &LateGuard) -> Instant {
        let jobs = self.slots.iter().map(|slot| slot.ready(late));
        let orders = self
            .orders
            .iter()
            .filter(|order| order.waiting)
            .filter_map(|order| late.holds(&order.transaction));
        let later = jobs.chain(orders).filter(|at| *at > now);
        later.min().unwrap_or(Instant::FAR_FUTURE)
    }

    /// The request of a pick, as it goes on the wire.
    pub(super) fn request(&self, pick: &Pick) -> Option<Request<'_>> {
        match pick.source {
            Source::Job => pick.transaction.request(),
            Source::Order => self
                .orders
                .iter()
                .find(|order| order.transaction == pick.transaction)
                .map(Order::request),
        }
    }

    /// Notes that a question goes on the wire.
    pub(super) fn started(&mut self, pick: &Pick, now: Instant) {
        let tag = pick.transaction.tag();
        self.order_last = pick.source == Source::Order;
        match pick.source {
            Source::Job => {
                self.last = Some(tag);
                let Some(slot) = self.slot(tag) else { return };
                slot.start(now);
                if slot.can_wait() {
                    self.filled = now;
                }
            }
            Source::Order => {
                self.last = None;
                if let Some(order) = self.order(tag) {
                    order.waiting = false;
                }
            }
        }
    }

    /// The counters of a job, to be changed.
    pub(super) fn counters(&mut self, pick: &Pick) -> Option<&mut Counters> {
        if pick.source == Source::Order {
            return None;
        }
        let slot = self.slot(pick.transaction.tag())?;
        Some(&mut slot.counters)
    }

    /// The counters of a job.
    pub(super) fn counters_of(&self, tag: Tag) -> Option<Counters> {
        let slot = self.slots.iter().find(|s| s.transaction().tag() == tag)?;
        Some(slot.counters)
    }

    /// Notes the final outcome of a question.
    pub(super) fn finished(&mut self, pick: &Pick, error: Option<ModbusError>, now: Instant) {
        let addr = pick.transaction.addr();
        match error {
            None => self.alive(addr, now),
            Some(ModbusError::Exception(code)) => {
                self.alive(addr, now);
                self.refused(pick, code, now);
            }
            Some(
                ModbusError::Timeout | ModbusError::WrongAddress | ModbusError::WrongTransaction,
            ) => self.silent(addr, now),
            Some(_) => self.spoiled(addr),
        }
        if pick.source == Source::Order {
            let tag = pick.transaction.tag();
            self.orders
                .retain(|order| order.waiting || order.transaction.tag() != tag);
        }
    }

    /// Whether a short silence is enough before a request to this device.
    pub(super) fn is_proven(&self, addr: u8, config: &BusConfig) -> bool {
        is_broadcast(addr) || self.device(addr).any(|slot| slot.is_clean(config))
    }

    /// Whether a repetition may go at once: the device replied last time
    /// and the mains have time for it. One that has to wait is made up for.
    pub(super) fn may_repeat(&mut self, pick: &Pick, moment: &Moment<'_>) -> bool {
        let tag = pick.transaction.tag();
        let silent = self
            .device(pick.transaction.addr())
            .any(|slot| slot.timeouts > 0 && !slot.job.is_mains());
        let mains_wait = self.slots.iter().any(|slot| {
            let due =
                slot.job.is_mains() && slot.transaction().tag() != tag && slot.due <= moment.now;
            due || self.would_be_late(slot, pick, true, moment)
        });
        if mains_wait && !silent && pick.source == Source::Job {
            self.make_up(tag);
        }
        !silent && !mains_wait
    }

    fn make_up(&mut self, tag: Tag) {
        if let Some(slot) = self.slot(tag) {
            slot.makes_up = !slot.makes_up;
            if slot.makes_up {
                slot.due = slot.asked;
                slot.asked = slot.asked_before;
            }
        }
    }

    fn rank(&self, slot: &Slot, now: Instant) -> Rank {
        let class = if self.last == Some(slot.transaction().tag()) {
            ORDER_CLASS.saturating_add(2)
        } else if slot.job.is_mains() {
            0
        } else if self.order_last && slot.expires() <= now {
            1
        } else {
            ORDER_CLASS.saturating_add(1)
        };
        (class, self.claim(slot, now), slot.job.importance)
    }

    fn ready_order(&self, late: &LateGuard) -> Option<&Order> {
        self.orders
            .iter()
            .find(|order| order.waiting && late.holds(&order.transaction).is_none())
    }

    fn slot(&mut self, tag: Tag) -> Option<&mut Slot> {
        self.slots
            .iter_mut()
            .find(|slot| slot.transaction().tag() == tag)
    }

    fn order(&mut self, tag: Tag) -> Option<&mut Order> {
        self.orders
            .iter_mut()
            .find(|order| order.transaction.tag() == tag)
    }

    fn device(&self, addr: u8) -> impl Iterator<Item = &Slot> {
        self.slots
            .iter()
            .filter(move |slot| slot.transaction().addr() == addr)
    }

    fn device_mut(&mut self, addr: u8) -> impl Iterator<Item = &mut Slot> {
        self.slots
            .iter_mut()
            .filter(move |slot| slot.transaction().addr() == addr)
    }

    /// A device replied: if it had been dead, all its readings are wanted now.
    fn alive(&mut self, addr: u8, now: Instant) {
        for slot in self.device_mut(addr) {
            if slot.is_dead() {
                slot.due = slot.due.earliest(now + slot.job.period);
            }
            slot.timeouts = 0;
            slot.makes_up = false;
            slot.clean = slot.clean.saturating_add(1);
        }
    }

    fn refused(&mut self, pick: &Pick, code: u8, now: Instant) {
        if pick.source == Source::Job && matches!(code, 1..=3) {
            if let Some(slot) = self.slot(pick.transaction.tag()) {
                slot.refused_until = now + UNSUPPORTED;
            }
        }
    }

    /// A device did not reply: from the third time on it is asked less often.
    fn silent(&mut self, addr: u8, now: Instant) {
        for slot in self.device_mut(addr) {
            slot.timeouts = slot.timeouts.saturating_add(1);
            slot.clean = 0;
            slot.slowest = Duration::ZERO;
            if slot.is_dead() {
                slot.makes_up = false;
                let rest = slot.job.rest_when_dead();
                let again = if slot.job.is_mains() {
                    next_beat(now, rest)
                } else {
                    now + rest
                };
                slot.due = slot.due.latest(again);
            }
        }
    }

    fn spoiled(&mut self, addr: u8) {
        for slot in self.device_mut(addr) {
            slot.clean = 0;
            slot.slowest = Duration::ZERO;
        }
    }
}

/// The first multiple of a period after `now`.
fn next_beat(now: Instant, period: Duration) -> Instant {
    let (now, period) = (now.as_micros(), period.as_micros().max(1));
    let into = now.checked_rem(period).unwrap_or(0);
    Instant::from_micros(now.saturating_add(period.saturating_sub(into)))
}

/// Class of orders: after the mains and, behind another order, after an overdue
/// reading; before the rest.
const ORDER_CLASS: u8 = 2;
