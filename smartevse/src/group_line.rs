//! The bus as a master sees it: the meters of all EVSEs and the conversation
//! with the nodes.

use heapless::Deque;
use smartevse_core::event::{Event, Fact};
use smartevse_core::group::MEMBERS;
use smartevse_core::options::SensorboxWifi;
use smartevse_meters::bus::{BusAction, BusConfig, Counters, GroupBus, Importance, Job, Report};
use smartevse_meters::{Function, Meter, ModbusError, Request, Tag, Transaction};
use smartevse_share::protocol;
use smartevse_share::protocol::{
    LinkError, MAX_WORDS, Master, Operation, Orders, Presence, SystemConfig,
};
use smartevse_types::Instant;

use crate::group::translate;
use crate::meter_line::{
    LineAction, LineEnd, LineError, LineMeter, MeterRole, MeterSettings, Pace, Places, ReadFailure,
};

/// Meters of a group's line: mains, one for each EVSE, and the circuit.
const METERS: usize = MEMBERS + 2;

/// Facts that wait to be fetched: a report of each node and the rest.
const NEWS: usize = 16;

/// Number of the question to a node; no meter has it.
const QUESTION: Tag = Tag::new(0xF000);

/// Number of the write to a node or to all of them.
const ORDER: Tag = Tag::new(0xF001);

/// What is known of a node and has been told.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    at: Option<Instant>,
    lost: bool,
    meter: Option<(u8, u8)>,
}

/// What is on the bus for the conversation.
#[derive(Clone, Copy, Debug)]
struct Flight {
    tag: protocol::Tag,
    carrier: Tag,
}

/// The line of a master.
///
/// It has the shape of a [`MeterLine`](crate::meter_line::MeterLine). Tell it
/// the newest orders with [`order`](Self::order); reports, readings and the
/// confirmation of the orders come out as facts.
#[derive(Clone, Debug)]
pub struct GroupLine {
    bus: GroupBus,
    meters: Places<METERS>,
    settings: MeterSettings,
    master: Master,
    flight: Option<Flight>,
    settled: Option<Tag>,
    told: [Told; MEMBERS],
    sent: Option<Instant>,
    announced: Option<SystemConfig>,
    foreign: u32,
    news: Deque<Event, NEWS>,
}

impl GroupLine {
    /// A line without meters that asks for the nodes.
    #[must_use]
    pub fn new(config: BusConfig, now: Instant) -> Self {
        Self {
            bus: GroupBus::new(config),
            meters: Places::new(),
            settings: MeterSettings::default(),
            master: Master::new(now),
            flight: None,
            settled: None,
            told: [Told::default(); MEMBERS],
            sent: None,
            announced: None,
            foreign: 0,
            news: Deque::new(),
        }
    }

    /// The same line for nodes whose EV meters need these settings.
    #[must_use]
    pub const fn with_settings(mut self, settings: MeterSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Plans the readings of a meter.
    ///
    /// # Errors
    ///
    /// A meter that is not read over Modbus, or an address that cannot be asked.
    pub fn add_meter(
        &mut self,
        meter: LineMeter,
        settings: &MeterSettings,
    ) -> Result<(), LineError> {
        let reader = settings.reader(meter.meter)?;
        let slot = slot_of(meter.role);
        self.meters
            .add(&mut self.bus, slot, meter, reader, Pace::Shared)
    }

    /// Takes the newest orders and the settings of the group. Levels: tell
    /// them before each poll.
    pub fn order(&mut self, orders: &Orders, settings: &SystemConfig) {
        self.master.set_orders(*orders);
        let known = self.announced.replace(*settings);
        if known.is_some_and(|known| known != *settings) {
            self.master.announce(*settings);
        }
    }

    /// The conversation with the nodes.
    #[must_use]
    pub const fn master(&self) -> &Master {
        &self.master
    }

    /// Says which mode the wireless network of a Sensorbox shall have; `None` =
    /// leave it as it is. A level: tell it before each poll.
    pub const fn want_wifi(&mut self, mode: Option<SensorboxWifi>) {
        self.meters.want_wifi(mode);
    }

    /// Counters of the line.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.bus.counters()
    }

    /// Says what to do now.
    pub fn poll(&mut self, now: Instant) -> LineAction<'_> {
        self.meters.follow_up(&mut self.bus);
        self.follow_up(now);
        self.notice_foreigners(now);
        let report = self.meters.take_report();
        if let Some(event) = report.or_else(|| self.news.pop_front()) {
            return LineAction::Fact(event);
        }
        self.converse(now);
        let until = self.master.deadline();
        match self.bus.poll(now) {
            BusAction::Transmit {
                frame,
                discard_input,
            } => LineAction::Transmit {
                frame,
                discard_input,
            },
            BusAction::Listen { until: line } => LineAction::Listen {
                until: line.earliest(until).latest(now),
            },
            BusAction::Reconnect => LineAction::Reconnect,
            BusAction::Report(report) => match self.meters.take(&report) {
                Some((_, Ok(event))) => LineAction::Fact(event),
                Some((role, Err(failure))) => LineAction::Failed(role, failure),
                None => {
                    self.settled = Some(report.transaction.tag());
                    let failed = settle(&mut self.master, &mut self.flight, &report, now);
                    failed.map_or(LineAction::Listen { until: now }, |(index, failure)| {
                        LineAction::Failed(MeterRole::Node(index), failure)
                    })
                }
            },
        }
    }

    /// Tells what came of the question or write that was settled last.
    fn follow_up(&mut self, now: Instant) {
        let Some(tag) = self.settled.take() else {
            return;
        };
        if tag == QUESTION {
            self.bus.remove(tag, now);
        }
        self.note_news(now);
    }

    fn notice_foreigners(&mut self, now: Instant) {
        let foreign = self.bus.foreign_requests();
        if core::mem::replace(&mut self.foreign, foreign) != foreign {
            self.master.overheard(now);
        }
    }

    /// Puts the next thing to say on the bus.
    fn converse(&mut self, now: Instant) {
        let due = now >= self.master.deadline();
        if self.flight.is_some() && !due {
            return;
        }
        let Some(next) = self.master.next(now) else {
            return;
        };
        if let Some(old) = self.flight.take() {
            self.bus.remove(old.carrier, now);
        }
        match self.hand_over(&next) {
            Some(carrier) => {
                self.flight = Some(Flight {
                    tag: next.tag,
                    carrier,
                });
            }
            // The line refuses it: as if nobody had answered.
            None => self.master.answer(next.tag, Err(LinkError::Timeout), now),
        }
    }

    fn hand_over(&mut self, next: &protocol::Transaction) -> Option<Tag> {
        let unit = next.unit;
        match next.operation {
            Operation::Read => {
                let read = Transaction::from_parts(
                    QUESTION,
                    unit,
                    Function::ReadInput,
                    next.start,
                    next.count,
                );
                let job = Job::shared(read, Importance::Node);
                self.bus.add(job).ok().map(|()| QUESTION)
            }
            Operation::WriteSingle => {
                let value = next.words().first().copied()?;
                let write = Request::WriteSingle {
                    register: next.start,
                    value,
                };
                self.bus.write(ORDER, unit, &write).ok().map(|()| ORDER)
            }
            Operation::WriteMultiple => {
                let write = Request::WriteMultiple {
                    register: next.start,
                    values: next.words(),
                };
                self.bus.write(ORDER, unit, &write).ok().map(|()| ORDER)
            }
        }
    }

    /// Tells what has changed: reports, lost nodes, orders that have left.
    fn note_news(&mut self, now: Instant) {
        let sent = self.master.orders_sent();
        if let Some(at) = sent.at.filter(|at| self.sent != Some(*at)) {
            self.sent = Some(at);
            self.push(at, Fact::OrdersSent(sent.version));
        }
        for index in 1..MEMBERS {
            self.note_node(index, now);
        }
    }

    fn note_node(&mut self, index: usize, now: Instant) {
        let report = self.master.report(index);
        let Some(told) = self.told.get_mut(index) else {
            return;
        };
        let number = u8::try_from(index).unwrap_or_default();
        let lost = matches!(report.presence, Presence::Offline(_));
        let newly_lost = lost && !told.lost && report.at.is_some();
        let answered = report.at.filter(|at| told.at != Some(*at));
        let meter = report.ev_meter.filter(|meter| told.meter != Some(*meter));
        (told.lost, told.at) = (lost, report.at);
        told.meter = report.ev_meter;
        if let Some(at) = answered {
            self.push(at, Fact::NodeReport(number, translate::report(&report)));
        }
        if newly_lost {
            self.push(now, Fact::NodeLost(number));
        }
        if let Some((kind, address)) = meter {
            self.change_meter(number, kind, address, now);
        }
    }

    /// Reads the EV meter that a node named; none, or one that cannot be read,
    /// takes its readings along.
    fn change_meter(&mut self, number: u8, kind: u8, address: u8, now: Instant) {
        let role = MeterRole::Node(number);
        self.meters.remove(&mut self.bus, slot_of(role), now);
        if let Some(meter) = Meter::from_id(kind) {
            // A node without a readable meter has no measurement.
            let meter = LineMeter {
                role,
                meter,
                address,
            };
            let settings = self.settings;
            let _ = self.add_meter(meter, &settings);
        }
    }

    fn push(&mut self, at: Instant, fact: Fact) {
        // The list has room for what one answer can bring.
        let _ = self.news.push_back(Event { at, fact });
    }

    /// The last byte of a transmission left the wire at `now`.
    pub fn transmitted(&mut self, now: Instant) {
        self.bus.transmitted(now);
    }

    /// Bytes arrived, the last of them at `now`.
    pub fn receive(&mut self, now: Instant, bytes: &[u8]) {
        self.bus.receive(now, bytes);
    }

    /// The connection was opened again.
    pub fn reconnected(&mut self, now: Instant) {
        self.bus.reconnected(now);
    }
}

impl LineEnd for GroupLine {
    fn poll(&mut self, now: Instant) -> LineAction<'_> {
        Self::poll(self, now)
    }

    fn transmitted(&mut self, now: Instant) {
        Self::transmitted(self, now);
    }

    fn receive(&mut self, now: Instant, bytes: &[u8]) {
        Self::receive(self, now, bytes);
    }

    fn reconnected(&mut self, now: Instant) {
        Self::reconnected(self, now);
    }
}

/// Place of a meter: mains first, then the EVSEs in order, the circuit last.
const fn slot_of(role: MeterRole) -> usize {
    match role {
        MeterRole::Mains => 0,
        MeterRole::Ev => 1,
        MeterRole::Node(index) => (index as usize).saturating_add(1),
        MeterRole::Circuit => MEMBERS.saturating_add(1),
    }
}

/// Hands the outcome of a question or write to the conversation; gives a
/// failure to tell.
fn settle(
    master: &mut Master,
    flight: &mut Option<Flight>,
    report: &Report<'_>,
    now: Instant,
) -> Option<(u8, ReadFailure)> {
    let carrier = report.transaction.tag();
    let found = flight.filter(|flight| flight.carrier == carrier)?;
    *flight = None;
    master.sent(found.tag, report.at);
    let unit = report.transaction.addr();
    if unit == protocol::BROADCAST_UNIT {
        return None;
    }
    match report.result {
        Ok(registers) => {
            let mut words = [0; MAX_WORDS];
            let mut count = 0_usize;
            for (slot, word) in words.iter_mut().zip(registers.words()) {
                *slot = word;
                count = count.saturating_add(1);
            }
            master.answer(found.tag, Ok(words.get(..count).unwrap_or(&[])), now);
            None
        }
        Err(error) => {
            master.answer(found.tag, Err(link_error(error)), now);
            Some((unit.saturating_sub(1), ReadFailure::Modbus(error)))
        }
    }
}

fn link_error(error: ModbusError) -> LinkError {
    if let ModbusError::Exception(code) = error {
        LinkError::Exception(code)
    } else if error == ModbusError::Timeout {
        LinkError::Timeout
    } else {
        LinkError::Corrupt
    }
}
