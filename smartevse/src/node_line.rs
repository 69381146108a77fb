//! The bus as a node sees it: it answers its master and overhears its own EV
//! meter.

use heapless::Deque;
use smartevse_core::command::Command;
use smartevse_core::event::{Event, Fact, MeterReading};
use smartevse_meters::pdu::{Frame, Function, MAX_RTU};
use smartevse_meters::server::{Exception, RegisterMap, Served, Server};
use smartevse_meters::snoop::{Heard, Snoop};
use smartevse_meters::{BusConfig, ReadKind, Reader, Tag, Transaction};
use smartevse_share::protocol::{Effect, Effects, Image, Node, Refusal};
use smartevse_types::{Duration, Instant};

use crate::group::translate;
use crate::meter_line::{LineAction, LineEnd, LineError, LineMeter, MeterRole, MeterSettings};

/// Effects of frames that wait to be told: a settings block and what came
/// before it.
const EFFECTS: usize = 32;

/// A reply that could not begin so soon after its request is not sent: the
/// master no longer waits for it.
const REPLY_WITHIN: Duration = Duration::from_millis(50);

/// Readings that a node takes from the replies of its own EV meter.
const KINDS: [ReadKind; 5] = [
    ReadKind::Currents,
    ReadKind::PhasePower,
    ReadKind::Power,
    ReadKind::Import,
    ReadKind::Export,
];

/// What is told to the station.
#[derive(Clone, Copy, Debug)]
enum News {
    Fact(Event),
    Wish(Command),
}

/// Bytes since the last silence.
#[derive(Clone, Debug)]
struct Collector {
    bytes: [u8; MAX_RTU],
    len: usize,
    last: Instant,
    silence: Duration,
}

impl Collector {
    const fn new(silence: Duration) -> Self {
        Self {
            bytes: [0; MAX_RTU],
            len: 0,
            last: Instant::ZERO,
            silence,
        }
    }

    /// When the frame is over; `None` without one.
    fn ends(&self) -> Option<Instant> {
        (self.len > 0).then_some(self.last + self.silence)
    }

    /// Takes bytes; those that do not fit spoil the frame's check sum.
    fn push(&mut self, now: Instant, bytes: &[u8]) {
        for byte in bytes {
            if let Some(slot) = self.bytes.get_mut(self.len) {
                *slot = *byte;
                self.len = self.len.saturating_add(1);
            }
        }
        self.last = self.last.latest(now);
    }
}

/// The own EV meter, which only the master asks.
#[derive(Clone, Copy, Debug)]
struct OwnMeter {
    reader: Reader,
    address: u8,
}

/// The line of a node.
///
/// It has the shape of a [`MeterLine`](crate::meter_line::MeterLine): it says
/// what to send and until when to listen, and turns what it hears into facts
/// and wishes. Tell it with [`show`](Self::show) what the charger looks like.
#[derive(Clone, Debug)]
pub struct NodeLine {
    server: Server,
    node: Node,
    image: Image,
    snoop: Snoop,
    meter: Option<OwnMeter>,
    collector: Collector,
    byte_time: Duration,
    reply: Frame,
    replying: bool,
    effects: Deque<(Effect, Instant), EFFECTS>,
    reading: Option<Event>,
}

impl NodeLine {
    /// Makes the line of the node with this address, 2–8; `None` for any
    /// other address.
    #[must_use]
    pub fn new(config: &BusConfig, address: u8, now: Instant) -> Option<Self> {
        Some(Self {
            server: Server::new(address),
            node: Node::new(address, now)?,
            image: Image::default(),
            snoop: Snoop::new(),
            meter: None,
            collector: Collector::new(config.silence),
            byte_time: config.air_time(1),
            reply: Frame::new(),
            replying: false,
            effects: Deque::new(),
            reading: None,
        })
    }

    /// Takes the readings of its own EV meter from the replies on the line.
    ///
    /// # Errors
    ///
    /// A meter that is not read over Modbus.
    pub fn with_meter(
        mut self,
        meter: LineMeter,
        settings: &MeterSettings,
    ) -> Result<Self, LineError> {
        self.meter = Some(OwnMeter {
            reader: settings.reader(meter.meter)?,
            address: meter.address,
        });
        Ok(self)
    }

    /// Takes the present view of the charger. Levels: tell them before each
    /// poll, or whenever they change.
    pub fn show(&mut self, image: &Image) {
        self.image = *image;
    }

    /// Says what to do now.
    pub fn poll(&mut self, now: Instant) -> LineAction<'_> {
        if self.collector.ends().is_some_and(|end| now >= end) {
            self.close_frame(now);
        }
        let effects = self.node.poll(&self.image, now);
        self.tell(&effects, now);
        if core::mem::take(&mut self.replying) {
            return LineAction::Transmit {
                frame: self.reply.as_bytes(),
                discard_input: false,
            };
        }
        match self.news() {
            Some(News::Fact(event)) => LineAction::Fact(event),
            Some(News::Wish(command)) => LineAction::Wish(command),
            None => LineAction::Listen {
                until: self.deadline(),
            },
        }
    }

    fn news(&mut self) -> Option<News> {
        if let Some(reading) = self.reading.take() {
            return Some(News::Fact(reading));
        }
        while let Some((effect, at)) = self.effects.pop_front() {
            let news = news_of(effect, at);
            if news.is_some() {
                return news;
            }
        }
        None
    }

    fn deadline(&self) -> Instant {
        let frame = self.collector.ends().unwrap_or(Instant::FAR_FUTURE);
        self.node.deadline().earliest(frame)
    }

    /// Bytes arrived, the last of them at `now`.
    pub fn receive(&mut self, now: Instant, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let span = self
            .byte_time
            .times(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let over = |end: Instant| now - span >= end;
        if self.collector.ends().is_some_and(over) {
            self.close_frame(now);
        }
        self.collector.push(now, bytes);
    }

    /// Judges a frame that is over.
    fn close_frame(&mut self, now: Instant) {
        let (bytes, end) = (self.collector.bytes, self.collector.last);
        let frame = bytes.get(..self.collector.len).unwrap_or(&[]);
        self.collector.len = 0;
        self.overhear(frame, end);
        let mut map = NodeMap {
            node: &mut self.node,
            image: &self.image,
            now: end,
            effects: Effects::NONE,
        };
        let served = self.server.serve(frame, &mut map, &mut self.reply);
        let effects = map.effects;
        self.replying = served == Ok(Served::Reply) && now.since(end) <= REPLY_WITHIN;
        self.tell(&effects, end);
    }

    /// Takes the reply of its own EV meter.
    fn overhear(&mut self, frame: &[u8], end: Instant) {
        let Ok(Heard::Reply {
            request,
            asked,
            registers,
        }) = self.snoop.hear(frame, end)
        else {
            return;
        };
        let Some(meter) = &mut self.meter else {
            return;
        };
        let kind = KINDS.into_iter().find(|kind| meter.asks(*kind, &request));
        let Some(kind) = kind else {
            return;
        };
        if let Ok(values) = meter.reader.accept(kind, registers.bytes(), asked) {
            self.reading = Some(MeterRole::Ev.event(&values, asked));
        }
    }

    fn tell(&mut self, effects: &Effects, at: Instant) {
        for effect in effects.iter() {
            // What finds no place is repeated with the next frame.
            let _ = self.effects.push_back((effect, at));
        }
    }
}

impl LineEnd for NodeLine {
    fn poll(&mut self, now: Instant) -> LineAction<'_> {
        Self::poll(self, now)
    }

    fn transmitted(&mut self, _now: Instant) {}

    fn receive(&mut self, now: Instant, bytes: &[u8]) {
        Self::receive(self, now, bytes);
    }

    fn reconnected(&mut self, _now: Instant) {
        self.collector.len = 0;
        self.replying = false;
    }
}

impl OwnMeter {
    /// Whether an overheard request is the one for this reading.
    fn asks(&self, kind: ReadKind, request: &Transaction) -> bool {
        let plan = self.reader.plan(kind, Tag::default(), self.address);
        plan.is_ok_and(|plan| same(&plan, request))
    }
}

fn same(one: &Transaction, other: &Transaction) -> bool {
    (one.addr(), one.function(), one.register(), one.quantity())
        == (
            other.addr(),
            other.function(),
            other.register(),
            other.quantity(),
        )
}

/// What an effect means to the station; the stop timer is shown by the node
/// itself.
fn news_of(effect: Effect, at: Instant) -> Option<News> {
    let fact = |fact| Some(News::Fact(Event { at, fact }));
    match effect {
        Effect::Granted(grant) => fact(Fact::Granted(translate::handshake(grant))),
        Effect::Share(share) => fact(Fact::Broadcast(share)),
        Effect::MainsSeen(currents) => fact(Fact::Mains(MeterReading {
            currents: Some(currents),
            ..MeterReading::default()
        })),
        Effect::ErrorSet(bits) => fact(Fact::Imposed(translate::faults(bits))),
        Effect::SolarTimer(left) => fact(Fact::SolarTimer(left)),
        Effect::SecondMaster(heard) => fact(Fact::SecondMaster(heard)),
        Effect::Mode(mode) => fact(Fact::GroupMode(mode)),
        Effect::Access(access) => Some(News::Wish(Command::SetAccess(access))),
        Effect::Setting(id, value) => {
            let patch = translate::patch(id, value)?;
            Some(News::Wish(Command::Change(patch)))
        }
    }
}

/// The registers of a node as a Modbus server asks for them.
struct NodeMap<'a> {
    node: &'a mut Node,
    image: &'a Image,
    now: Instant,
    effects: Effects,
}

impl RegisterMap for NodeMap<'_> {
    fn read(&mut self, _: Function, register: u16, values: &mut [u16]) -> Result<(), Exception> {
        self.node
            .read(self.image, register, values, self.now)
            .map_err(exception)?;
        Ok(())
    }

    fn write(&mut self, register: u16, values: &[u16], broadcast: bool) -> Result<u16, Exception> {
        let result = self
            .node
            .write(self.image, register, values, broadcast, self.now);
        let written = result.map_err(exception)?;
        self.effects = written.effects;
        Ok(written.accepted)
    }
}

const fn exception(refusal: Refusal) -> Exception {
    match refusal {
        Refusal::IllegalAddress => Exception::IllegalAddress,
        Refusal::IllegalValue => Exception::IllegalValue,
        _ => Exception::DeviceFailure,
    }
}
