//! Which question comes next.

use heapless::Vec;
use smartevse_types::{Duration, Instant};

use super::config::BusConfig;
use super::counters::Counters;
use super::late::LateGuard;
use super::{Job, JobError};
use crate::error::ModbusError;
use crate::pdu::{Request, Transport, is_broadcast};
use crate::transaction::{Tag, Transaction};

/// Most registers of one order.
pub const ORDER_WORDS: usize = 16;
/// Time-outs in a row after which a device is polled less often.
const DEAD_AFTER: u8 = 3;
/// Every how many periods a device without replies is polled.
const DEAD_PERIODS: u64 = 5;
/// How long a reading that the device refuses is left alone.
const UNSUPPORTED: Duration = Duration::from_secs(60);

/// A job and what happened to it.
#[derive(Clone, Debug)]
struct Slot {
    job: Job,
    due: Instant,
    /// Not before: the device said that it has no such registers.
    refused_until: Instant,
    asked: Instant,
    timeouts: u8,
    clean: u16,
    counters: Counters,
}

impl Slot {
    fn new(job: Job) -> Self {
        Self {
            job,
            due: Instant::ZERO,
            refused_until: Instant::ZERO,
            asked: Instant::ZERO,
            timeouts: 0,
            clean: 0,
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

    fn start(&mut self, now: Instant) {
        let next = self.due + self.job.period;
        self.due = if next > now {
            next
        } else {
            now + self.job.period
        };
        self.asked = now;
    }
}

/// A write that is sent once; the newest values win.
#[derive(Clone, Debug)]
struct Order {
    transaction: Transaction,
    words: [u16; ORDER_WORDS],
    len: usize,
    /// Whether these values have not been put on the wire yet.
    waiting: bool,
}

impl Order {
    fn new(tag: Tag, addr: u8, request: &Request<'_>) -> Result<Self, JobError> {
        let mut words = [0; ORDER_WORDS];
        let values: &[u16] = match request {
            Request::WriteSingle { value, .. } => core::slice::from_ref(value),
            Request::WriteMultiple { values, .. } => values,
            Request::ReadHolding { .. } | Request::ReadInput { .. } => {
                return Err(JobError::WrongFunction);
            }
        };
        let target = words.get_mut(..values.len()).ok_or(JobError::TooLong)?;
        target.copy_from_slice(values);
        Ok(Self {
            transaction: Transaction::of(tag, addr, request),
            words,
            len: values.len(),
            waiting: true,
        })
    }

    fn request(&self) -> Request<'_> {
        self.transaction
            .request()
            .unwrap_or(Request::WriteMultiple {
                register: self.transaction.register(),
                values: self.words.get(..self.len).unwrap_or(&[]),
            })
    }
}

/// Where a question comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    Job,
    Order,
}

/// The next question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pick {
    pub(super) source: Source,
    pub(super) transaction: Transaction,
}

/// Rank of a question: the smaller class first, then the one that expires first.
type Rank = (u8, Instant);

/// All questions of a line.
#[derive(Clone, Debug)]
pub(super) struct Schedule<const JOBS: usize, const ORDERS: usize> {
    slots: Vec<Slot, JOBS>,
    orders: Vec<Order, ORDERS>,
    /// The job that went last, so that no job can go twice while others wait.
    last: Option<Tag>,
}

impl<const JOBS: usize, const ORDERS: usize> Schedule<JOBS, ORDERS> {
    pub(super) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            orders: Vec::new(),
            last: None,
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
    pub(super) fn next(&self, now: Instant, late: &LateGuard) -> Option<Pick> {
        let job = self
            .slots
            .iter()
            .filter(|slot| slot.ready(late) <= now)
            .map(|slot| (self.rank(slot, now), slot))
            .min_by_key(|(rank, _)| *rank);
        let order = self.ready_order(late);
        match (job, order) {
            (Some((_, slot)), None) => Some(slot.pick()),
            (Some((rank, slot)), Some(_)) if rank.0 < ORDER_CLASS => Some(slot.pick()),
            (_, Some(order)) => Some(Pick {
                source: Source::Order,
                transaction: order.transaction,
            }),
            (None, None) => None,
        }
    }

    /// When the next question may become due.
    pub(super) fn wake(&self, now: Instant, late: &LateGuard) -> Instant {
        let jobs = self.slots.iter().map(|slot| slot.ready(late));
        let orders = self
            .orders
            .iter()
            .filter(|order| order.waiting)
            .map(|order| late.holds(&order.transaction).unwrap_or(now));
        jobs.chain(orders).min().unwrap_or(Instant::FAR_FUTURE)
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
        match pick.source {
            Source::Job => {
                self.last = Some(tag);
                if let Some(slot) = self.slot(tag) {
                    slot.start(now);
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
        is_broadcast(addr)
            || self.device(addr).any(|slot| {
                slot.job.own_node || (slot.clean >= config.proven_after && slot.timeouts == 0)
            })
    }

    /// Whether a repetition may go at once: the device is not known to be dead
    /// and no mains reading has to wait for it.
    pub(super) fn may_repeat(&self, pick: &Pick, now: Instant) -> bool {
        let tag = pick.transaction.tag();
        let dead = self
            .device(pick.transaction.addr())
            .any(|slot| slot.timeouts >= DEAD_AFTER && !slot.job.mains);
        let mains_waits = self
            .slots
            .iter()
            .any(|slot| slot.job.mains && slot.transaction().tag() != tag && slot.due <= now);
        !dead && !mains_waits
    }

    fn rank(&self, slot: &Slot, now: Instant) -> Rank {
        let class = if self.last == Some(slot.transaction().tag()) {
            ORDER_CLASS.saturating_add(2)
        } else if slot.job.mains {
            0
        } else if slot.expires() <= now {
            1
        } else {
            ORDER_CLASS.saturating_add(1)
        };
        (class, slot.expires())
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
            if slot.timeouts >= DEAD_AFTER {
                slot.due = slot.due.earliest(now + slot.job.period);
            }
            slot.timeouts = 0;
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
            if slot.timeouts >= DEAD_AFTER && !slot.job.mains {
                slot.due = slot.due.latest(now + slot.job.period.times(DEAD_PERIODS));
            }
        }
    }

    fn spoiled(&mut self, addr: u8) {
        self.device_mut(addr).for_each(|slot| slot.clean = 0);
    }
}

/// Class of orders: after mains and overdue readings, before the rest.
const ORDER_CLASS: u8 = 2;
