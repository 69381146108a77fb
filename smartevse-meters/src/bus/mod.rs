//! The engine of one Modbus client: what to send, how long to listen, what came.
//!
//! One [`Bus`] drives one serial line or one TCP connection. The caller
//! registers [`Job`]s, moves bytes and asks [`Bus::poll`] what to do; the engine
//! knows no port and no clock. The adapter needs no timer, retry or decision:
//!
//! ```
//! use smartevse_meters::{Bus, BusAction, BusConfig, Job, Meter, ReadKind, Tag, plan_read};
//! use smartevse_types::{Duration, Instant};
//!
//! let mut bus: Bus = Bus::new(BusConfig::rtu(9600, 10));
//! let asked = plan_read(Meter::Eastron3P, ReadKind::Power, Tag::new(1), 12)?;
//! bus.add(Job::new(asked, Duration::from_secs(2), Duration::from_secs(11)))?;
//!
//! let mut now = Instant::from_secs(1);
//! let wire = [0x0C, 4, 4, 0x46, 0x2C, 0x80, 0, 0x92, 0x05];
//! let mut sent = false;
//! for _ in 0..10 {
//!     match bus.poll(now) {
//!         BusAction::Transmit { frame, .. } => {
//!             now += Duration::from_millis(9 * frame.len() as u64 / 8); // write all, flush
//!             bus.transmitted(now);
//!             sent = true;
//!         }
//!         BusAction::Listen { .. } if sent => {
//!             now += Duration::from_millis(20); // some bytes came in time
//!             bus.receive(now, &wire);
//!             sent = false;
//!         }
//!         BusAction::Listen { until } => now = until, // nothing came
//!         BusAction::Report(report) => {
//!             let values = Meter::Eastron3P.profile().unwrap()
//!                 .decode(ReadKind::Power, report.result?.bytes())?;
//!             assert_eq!(values.power.map(|w| w.as_watts()), Some(11_040));
//!             break;
//!         }
//!         BusAction::Reconnect => unreachable!("a serial line"),
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod counters;
mod guard;
mod job;
mod late;
mod listener;
mod order;
mod receiver;
mod schedule;
mod trace;
mod watch;

use smartevse_types::{Duration, Instant};

pub use config::{BusConfig, GROUP_JOBS, GROUP_ORDERS, GroupBus};
pub use counters::Counters;
pub use job::{BusAction, Importance, Job, JobError, Report};
pub use listener::Listener;
pub use schedule::ORDER_WORDS;
pub use trace::{ADDRESSES, Direction, TRACE, Trace, TraceEntry};

use crate::error::{EncodeError, ModbusError};
use crate::framing::{encode_tcp, write_rtu};
use crate::pdu::{Frame, Request, Transport};
use crate::transaction::{Registers, Tag, Transaction};
use guard::{Moment, is_broadcast_on};
use late::LateGuard;
use order::Pick;
use receiver::Receiver;
use schedule::Schedule;
use trace::AddressBook;

/// Most bytes of registers in a reply.
const MAX_DATA: usize = 250;

/// A question on the wire.
#[derive(Clone, Copy, Debug)]
struct Exchange {
    pick: Pick,
    /// End of the first transmission.
    asked: Instant,
    /// End of the present transmission.
    sent: Instant,
    /// The first byte must come before this.
    limit: Instant,
    attempt: u8,
    /// From the end of the request to the first byte that came.
    waited: Option<Duration>,
    /// Transaction id on TCP.
    id: u16,
    /// Why the first foreign or broken frame was not taken.
    rejected: Option<ModbusError>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Asking(Exchange),
    Repeating(Exchange, Instant),
    Settled(Exchange, Result<usize, ModbusError>),
}

/// Engine of one line with room for `JOBS` readings and `ORDERS` pending writes.
///
/// Each call does bounded work: one pass over jobs, orders and bytes.
#[derive(Clone, Debug)]
pub struct Bus<const JOBS: usize = 32, const ORDERS: usize = 8> {
    config: BusConfig,
    schedule: Schedule<JOBS, ORDERS>,
    late: LateGuard,
    state: State,
    frame: Frame,
    receiver: Receiver,
    data: [u8; MAX_DATA],
    /// End of the last byte on the line, sent or received.
    quiet_since: Instant,
    next_id: u16,
    counters: Counters,
    book: AddressBook,
    trace: Trace,
    /// Overheard requests of somebody else.
    foreign: u32,
    /// Whether the TCP stream cannot be split into frames any more.
    lost: bool,
}

impl<const JOBS: usize, const ORDERS: usize> Bus<JOBS, ORDERS> {
    /// An engine without jobs.
    #[must_use]
    pub const fn new(config: BusConfig) -> Self {
        Self {
            config,
            schedule: Schedule::new(),
            late: LateGuard::new(),
            state: State::Idle,
            frame: Frame::EMPTY,
            receiver: Receiver::new(),
            data: [0; MAX_DATA],
            quiet_since: Instant::ZERO,
            next_id: 0,
            counters: Counters::ZERO,
            book: AddressBook::new(),
            trace: Trace::new(),
            foreign: 0,
            lost: false,
        }
    }

    /// Registers a repeated reading; it is asked for the first time at once.
    ///
    /// # Errors
    ///
    /// See [`JobError`]; nothing changes then.
    pub fn add(&mut self, job: Job) -> Result<(), JobError> {
        self.schedule.add(job, self.config.transport)
    }

    /// Changes the question of a repeated reading: the one with the same tag.
    ///
    /// When it is due and how its device does stay as they were.
    ///
    /// # Errors
    ///
    /// See [`JobError`]; nothing changes then.
    pub fn replace(&mut self, transaction: Transaction) -> Result<(), JobError> {
        self.schedule.replace(transaction, self.config.transport)
    }

    /// Ends a repeated reading. A reply that is still under way is thrown away.
    pub fn remove(&mut self, tag: Tag, now: Instant) {
        self.schedule.remove(tag);
        let (State::Asking(exchange) | State::Repeating(exchange, _) | State::Settled(exchange, _)) =
            self.state
        else {
            return;
        };
        if exchange.pick.is(tag) {
            self.remember(&exchange, now);
            self.state = State::Idle;
        }
    }

    /// Puts a write on the list; a waiting write with the same tag is replaced.
    ///
    /// It is sent once, repeated as the configuration says, and reported. A
    /// broadcast is reported when it has left the wire.
    ///
    /// # Errors
    ///
    /// See [`JobError`]; nothing changes then.
    pub fn write(&mut self, tag: Tag, addr: u8, request: &Request<'_>) -> Result<(), JobError> {
        self.schedule
            .write((tag, addr), request, self.config.transport)
    }

    /// The times of the line.
    #[must_use]
    pub const fn config(&self) -> &BusConfig {
        &self.config
    }

    /// The counters of the whole line.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// The counters of one job.
    #[must_use]
    pub fn counters_of(&self, tag: Tag) -> Option<Counters> {
        self.schedule.counters_of(tag)
    }

    /// Says what to do now; see [`BusAction`].
    pub fn poll(&mut self, now: Instant) -> BusAction<'_> {
        self.late.clean(now);
        self.advance(now);
        self.end_overheard(now);
        match self.state {
            State::Settled(exchange, result) => {
                self.state = State::Idle;
                self.report(&exchange, result)
            }
            _ if self.lost => {
                self.lost = false;
                self.receiver.clear();
                BusAction::Reconnect
            }
            State::Idle => match self.startable(now) {
                Some(pick) => self.start(&pick, now),
                None => self.listen(now),
            },
            State::Repeating(exchange, at) if now >= at => self.transmit(exchange, now),
            State::Repeating(..) | State::Asking(_) => self.listen(now),
        }
    }

    /// When [`Bus::poll`] has to be called at the latest, if no byte arrives.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Instant {
        match self.state {
            _ if self.lost => now,
            State::Settled(..) => now,
            State::Repeating(_, at) => at,
            State::Asking(exchange) => self.frame_deadline(&exchange),
            State::Idle => {
                let change = self.schedule.change_after(now, &self.late);
                let next = self.schedule.next(&self.moment(now));
                next.map_or(change, |pick| self.quiet_at(&pick).earliest(change))
            }
        }
    }

    /// Notes that the last byte of a transmission left the wire at `now`.
    ///
    /// Without this call the engine counts from the calculated end.
    pub fn transmitted(&mut self, now: Instant) {
        let State::Asking(mut exchange) = self.state else {
            return;
        };
        if self.config.transport == Transport::Rtu {
            self.receiver.clear();
        }
        exchange.sent = now;
        exchange.limit = now + self.reply_time(&exchange);
        self.quiet_since = now;
        self.state = State::Asking(exchange);
    }

    /// Takes bytes that arrived, the last of them at `now`.
    pub fn receive(&mut self, now: Instant, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.quiet_since = self.quiet_since.latest(now);
        match self.config.transport {
            Transport::Rtu => self.receive_rtu(now, bytes),
            Transport::Tcp => bytes.iter().for_each(|byte| self.receive_tcp(now, *byte)),
        }
    }

    /// Forgets a broken connection: after reconnecting, framing starts anew and
    /// a question under way counts as not answered.
    pub fn reconnected(&mut self, now: Instant) {
        self.receiver.clear();
        self.lost = false;
        if let State::Asking(exchange) = self.state {
            self.time_out(exchange, now);
        }
    }

    // ---- receiving -------------------------------------------------------

    fn receive_rtu(&mut self, now: Instant, bytes: &[u8]) {
        let begin = now - self.config.air_time(bytes.len());
        // A frame or a wait that ended before these bytes began ends first.
        self.advance(begin);
        let State::Asking(mut exchange) = self.state else {
            self.overhear(now, bytes);
            return;
        };
        // What comes while we still send is our own echo or a stale byte.
        let addr = exchange.pick.transaction.addr();
        if now < exchange.sent || is_broadcast_on(Transport::Rtu, addr) {
            return;
        }
        if exchange.waited.is_none() {
            exchange.waited = Some(begin.since(exchange.sent));
            self.state = State::Asking(exchange);
        }
        if self.receiver.is_empty() {
            let expected = exchange.pick.transaction.reply_len(Transport::Rtu);
            let rest = expected.saturating_sub(bytes.len());
            self.receiver.end_by = now + self.config.rest_time(rest);
        }
        self.receiver.extend(bytes, now);
    }

    fn receive_tcp(&mut self, now: Instant, byte: u8) {
        if self.lost {
            return;
        }
        self.receiver.push(byte);
        match self.receiver.is_complete_tcp() {
            Ok(false) => {}
            Ok(true) => self.close_tcp_frame(now),
            Err(error) => self.lose(error, now),
        }
    }

    fn close_tcp_frame(&mut self, now: Instant) {
        let State::Asking(exchange) = self.state else {
            self.receiver.clear();
            return;
        };
        if now >= exchange.limit {
            self.receiver.clear();
            return;
        }
        let result = self.parse(&exchange, now);
        self.receiver.clear();
        match result {
            Ok(_) | Err(ModbusError::Exception(_)) => self.settle(exchange, result, now),
            Err(error @ ModbusError::WrongTransaction) => self.reject(exchange, error),
            Err(error) => self.give_up(exchange, error, now),
        }
    }

    /// The stream cannot be split into frames any more.
    fn lose(&mut self, error: ModbusError, now: Instant) {
        self.receiver.clear();
        self.lost = true;
        if let State::Asking(exchange) = self.state {
            self.note(&exchange.pick, Some(error), now);
            self.give_up(exchange, error, now);
        }
    }

    /// Decodes the collected frame and keeps its registers.
    fn parse(&mut self, exchange: &Exchange, now: Instant) -> Result<usize, ModbusError> {
        let result = self.decode(exchange);
        self.note(&exchange.pick, result.err(), now);
        if result.is_err() {
            self.note_foreign(now);
        }
        result
    }

    fn decode(&mut self, exchange: &Exchange) -> Result<usize, ModbusError> {
        let frame = self.receiver.frame()?;
        let transaction = &exchange.pick.transaction;
        let registers = transaction.parse_reply(self.config.transport, exchange.id, frame)?;
        let bytes = registers.bytes();
        let kept = self
            .data
            .get_mut(..bytes.len())
            .ok_or(ModbusError::TooLong)?;
        kept.copy_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Judges a serial frame that has ended at `end`.
    fn close_frame(&mut self, exchange: Exchange, end: Instant) {
        let result = self.parse(&exchange, end);
        self.receiver.clear();
        match result {
            Ok(_) | Err(ModbusError::Exception(_)) => self.settle(exchange, result, end),
            Err(error) if end >= exchange.limit => self.give_up(exchange, error, end),
            Err(error) => self.reject(exchange, error),
        }
    }

    /// Notes a frame that is not the reply and goes on listening.
    fn reject(&mut self, mut exchange: Exchange, error: ModbusError) {
        exchange.rejected = exchange.rejected.or(Some(error));
        self.state = State::Asking(exchange);
    }

    // ---- time ------------------------------------------------------------

    /// Lets time pass: ends frames, time-outs and broadcasts.
    fn advance(&mut self, now: Instant) {
        let State::Asking(exchange) = self.state else {
            return;
        };
        if now < self.frame_deadline(&exchange) {
            return;
        }
        if is_broadcast_on(self.config.transport, exchange.pick.transaction.addr()) {
            self.settle(exchange, Ok(0), now);
        } else if self.config.transport == Transport::Rtu && !self.receiver.is_empty() {
            self.close_frame(exchange, now);
        } else {
            self.time_out(exchange, now);
        }
    }

    /// The wait is over; a frame that was rejected meanwhile is the better reason.
    fn time_out(&mut self, exchange: Exchange, now: Instant) {
        if exchange.rejected.is_none() {
            self.note(&exchange.pick, Some(ModbusError::Timeout), now);
        }
        let error = exchange.rejected.unwrap_or(ModbusError::Timeout);
        if self.config.transport == Transport::Tcp && !self.receiver.is_empty() {
            // A reply was cut off: its rest could not be told from the next.
            self.receiver.clear();
            self.lost = true;
        }
        self.give_up(exchange, error, now);
    }

    /// When the present wait ends if nothing (more) comes.
    fn frame_deadline(&self, exchange: &Exchange) -> Instant {
        let transaction = &exchange.pick.transaction;
        if is_broadcast_on(self.config.transport, transaction.addr()) {
            return exchange.sent;
        }
        if self.config.transport == Transport::Tcp || self.receiver.is_empty() {
            return exchange.limit;
        }
        let last = self.receiver.last + self.config.slack;
        let expected = transaction.reply_len(Transport::Rtu);
        if self.receiver.is_complete_rtu(expected) {
            last + self.config.pause
        } else {
            (last + self.config.silence).earliest(self.receiver.end_by)
        }
    }

    fn quiet_at(&self, pick: &Pick) -> Instant {
        let proven = self
            .schedule
            .is_proven(pick.transaction.addr(), &self.config);
        self.quiet_since + self.config.quiet(proven)
    }

    fn moment(&self, now: Instant) -> Moment<'_> {
        Moment {
            now,
            quiet_since: self.quiet_since,
            late: &self.late,
            config: &self.config,
        }
    }

    /// Time in which the reply must begin; a repetition waits the full time.
    fn reply_time(&self, exchange: &Exchange) -> Duration {
        let addr = exchange.pick.transaction.addr();
        if self.config.transport == Transport::Tcp || exchange.attempt > 0 {
            return self.config.reply_time();
        }
        self.schedule.reply_wait(addr, &self.config) + self.config.slack
    }

    fn may_repeat(&mut self, pick: &Pick, now: Instant) -> bool {
        let moment = Moment {
            now,
            quiet_since: self.quiet_since,
            late: &self.late,
            config: &self.config,
        };
        self.schedule.may_repeat(pick, &moment)
    }

    fn listen(&self, now: Instant) -> BusAction<'static> {
        BusAction::Listen {
            until: self.deadline(now),
        }
    }

    // ---- asking ----------------------------------------------------------

    fn startable(&self, now: Instant) -> Option<Pick> {
        let pick = self.schedule.next(&self.moment(now))?;
        (now >= self.quiet_at(&pick)).then_some(pick)
    }

    fn start(&mut self, pick: &Pick, now: Instant) -> BusAction<'_> {
        let id = self.next_id.wrapping_add(1);
        self.next_id = id;
        let addr = pick.transaction.addr();
        let written = match (self.config.transport, self.schedule.request(pick)) {
            (Transport::Rtu, Some(request)) => write_rtu(&mut self.frame, addr, &request),
            (Transport::Tcp, Some(request)) => {
                encode_tcp(id, addr, &request).map(|frame| self.frame = frame)
            }
            (_, None) => Err(EncodeError::Quantity),
        };
        self.schedule.started(pick, now);
        if written.is_err() {
            // Jobs and orders were checked when they came, so this cannot be.
            self.schedule
                .finished(pick, Some(ModbusError::BadLength), now);
            return self.listen(now);
        }
        let first = self.late.first_asked(&pick.transaction);
        let exchange = Exchange {
            pick: *pick,
            asked: first.unwrap_or(Instant::FAR_FUTURE),
            sent: now,
            limit: now,
            attempt: 0,
            waited: None,
            id,
            rejected: None,
        };
        self.transmit(exchange, now)
    }

    fn transmit(&mut self, mut exchange: Exchange, now: Instant) -> BusAction<'_> {
        let length = self.frame.as_bytes().len();
        exchange.sent = now + self.config.air_time(length);
        exchange.limit = exchange.sent + self.reply_time(&exchange);
        exchange.waited = None;
        exchange.asked = exchange.asked.earliest(exchange.sent);
        exchange.rejected = None;
        self.quiet_since = exchange.sent;
        if self.config.transport == Transport::Rtu {
            self.receiver.clear();
        }
        self.note_sent(&exchange.pick, now);
        self.state = State::Asking(exchange);
        BusAction::Transmit {
            frame: self.frame.as_bytes(),
            discard_input: self.config.transport == Transport::Rtu,
        }
    }

    // ---- outcome ---------------------------------------------------------

    /// Repeats the question, or ends it without an answer.
    fn give_up(&mut self, mut exchange: Exchange, error: ModbusError, now: Instant) {
        self.remember(&exchange, now);
        let again = error.is_transient()
            && exchange.attempt < self.config.retries
            && self.may_repeat(&exchange.pick, now);
        if !again {
            self.settle(exchange, Err(error), now);
            return;
        }
        exchange.attempt = exchange.attempt.saturating_add(1);
        let at = self.quiet_at(&exchange.pick).latest(now);
        self.state = State::Repeating(exchange, at);
    }

    fn settle(&mut self, exchange: Exchange, result: Result<usize, ModbusError>, now: Instant) {
        self.schedule.finished(&exchange.pick, result.err(), now);
        if let (Ok(_), Some(wait)) = (result, exchange.waited) {
            let addr = exchange.pick.transaction.addr();
            self.schedule.waited(addr, wait);
        }
        self.state = State::Settled(exchange, result);
    }

    /// Keeps in mind that the reply may still come.
    fn remember(&mut self, exchange: &Exchange, now: Instant) {
        if self.config.transport == Transport::Rtu {
            let until = exchange.sent.latest(now) + self.config.late_window;
            self.late
                .remember(exchange.pick.transaction, exchange.sent, until);
        }
    }

    fn report(&self, exchange: &Exchange, result: Result<usize, ModbusError>) -> BusAction<'_> {
        let data = |length: usize| {
            let bytes = self.data.get(..length).unwrap_or(&[]);
            Registers::of(bytes)
        };
        BusAction::Report(Report {
            transaction: exchange.pick.transaction,
            at: exchange.asked,
            result: result.map(data),
        })
    }
}
