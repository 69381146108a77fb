//! Nodes, cars and the wire.

use smartevse_share::protocol::{
    Code, Grant, Image, LinkError, Master, Node, NodeState, NodeStatus, Operation, Tag, Transaction,
};
use smartevse_types::{Access, Amps, DeciAmps, Duration, Instant};

use super::Without;
use super::scheduler::Toy;

/// Length of a step; one transaction fits into it.
pub(crate) const STEP: Duration = Duration::from_millis(250);

/// Start of the faults: everybody who came at once has been charging for a while.
pub(crate) const READY: Instant = Instant::from_secs(60);

const START: Instant = Instant::from_secs(10);
const NODES: usize = 2;
const LAG: Duration = Duration::from_secs(5);
const STOPPING: Duration = Duration::from_secs(6);
/// ChargeDelay, shortened; it is only a waiting time.
const DELAY: Duration = Duration::from_secs(5);
const SLOW: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Scenario {
    Alone,
    SecondCar,
    LeaveAndReturn,
    HandOver,
}

impl Scenario {
    fn budget(self) -> DeciAmps {
        DeciAmps::from_deci(if self == Self::HandOver { 100 } else { 160 })
    }

    /// Whether the car of a node is plugged in.
    fn is_plugged(self, place: usize, now: Instant) -> bool {
        let since = now.since(READY);
        match (self, place) {
            (Self::Alone, 0) | (Self::HandOver, _) | (Self::SecondCar, 0) => true,
            (Self::Alone, _) => false,
            (Self::SecondCar, _) => now >= READY + Duration::from_secs(1),
            (Self::LeaveAndReturn, 0) => {
                now < READY + Duration::from_secs(1) || since >= Duration::from_secs(9)
            }
            (Self::LeaveAndReturn, _) => true,
        }
    }

    fn is_reversed(self, now: Instant) -> bool {
        self == Self::HandOver && now >= READY + Duration::from_secs(1)
    }

    /// Whether the car of a node has to charge in the end.
    pub(crate) fn must_charge(self, place: usize) -> bool {
        match self {
            Self::Alone => place == 0,
            Self::SecondCar | Self::LeaveAndReturn => true,
            Self::HandOver => place == 1,
        }
    }
}

/// How the line is all the time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Line {
    Good,
    /// Requests arrive 1 s after they left.
    Slow,
    /// From a moment on nobody tells that a broadcast has left.
    Untold,
}

/// What goes wrong in one step.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Fault {
    None,
    /// The request is lost; of a broadcast, at everybody.
    Lost,
    /// The broadcast is lost at one node.
    LostAt(u8),
    /// The reply is lost.
    Mute,
    /// The reply comes 1 s late.
    LateReply,
    /// The request comes 1 s late, everything behind it as well.
    LateRequest,
    /// The same, and nobody ever tells that it has left.
    LateUntold,
    /// It arrives, and nobody ever tells.
    Untold,
    /// It never leaves, and nobody ever tells.
    Vanished,
    /// It arrives twice, half a second apart.
    Twice,
    MasterRestart,
    NodeRestart(u8),
    /// One node is cut off for so many seconds: from it, to it, both.
    Cut(u8, bool, bool, u8),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Site {
    node: Node,
    state: NodeState,
    since: Instant,
    delay: Instant,
    offered: DeciAmps,
    /// What the car may still draw from before, and until when.
    former: (DeciAmps, Instant),
    plugged: bool,
    /// When the last request came.
    heard: Instant,
    cut: (Instant, Instant),
}

impl Site {
    fn new(place: usize, now: Instant) -> Self {
        let address = u8::try_from(place + 2).unwrap();
        Self {
            node: Node::new(address, now).unwrap(),
            state: NodeState::A,
            since: now,
            delay: now,
            offered: DeciAmps::ZERO,
            former: (DeciAmps::ZERO, now),
            plugged: false,
            heard: now,
            cut: (Instant::ZERO, Instant::ZERO),
        }
    }

    fn image(&self) -> Image {
        let status = NodeStatus {
            state: self.state,
            set_point: self.offered,
            access: Code::Known(Access::On),
            capacity: Amps::from_amps(16),
            ..NodeStatus::default()
        };
        Image {
            status,
            ..Image::default()
        }
    }

    fn go(&mut self, state: NodeState, now: Instant) {
        self.state = state;
        self.since = now;
        self.node.poll(&self.image(), now);
    }

    fn is_closed(&self) -> bool {
        matches!(self.state, NodeState::C | NodeState::C1)
    }

    fn draw(&self, now: Instant) -> DeciAmps {
        if !self.is_closed() {
            return DeciAmps::ZERO;
        }
        let (former, until) = self.former;
        if now <= until {
            self.offered.max(former)
        } else {
            self.offered
        }
    }

    fn offer(&mut self, without: Without, now: Instant) {
        // A broken node follows what it heard last, however old it is.
        let asked_at = if without == Without::CommTimer {
            self.heard
        } else {
            now
        };
        let share = self.node.share(asked_at);
        if share < self.offered {
            let until = now + if share.as_deci() == 0 { STOPPING } else { LAG };
            self.former = (self.draw(now).max(self.offered), until);
        }
        self.offered = share;
    }

    /// The charging rules, as far as they matter here (charging T03–T26).
    fn step(&mut self, without: Without, now: Instant) {
        if without != Without::CommTimer {
            self.node.poll(&self.image(), now);
        }
        self.offer(without, now);
        let clear = self.node.errors().to_word() == 0;
        let lasted = now.since(self.since);
        if !self.plugged && self.state != NodeState::A {
            return self.go(NodeState::A, now);
        }
        match self.state {
            NodeState::A | NodeState::B1 if self.plugged && clear && now >= self.delay => {
                self.go(NodeState::CommB, now);
            }
            NodeState::A if self.plugged && !clear => self.go(NodeState::B1, now),
            NodeState::CommB if self.node.grant(now) == Some(Grant::B) => {
                self.go(NodeState::B, now)
            }
            NodeState::B if lasted >= Duration::from_millis(500) => self.go(NodeState::CommC, now),
            NodeState::CommC if self.node.grant(now) == Some(Grant::C) => {
                self.go(NodeState::C, now)
            }
            NodeState::C if !clear || self.offered.as_deci() == 0 => self.go(NodeState::C1, now),
            NodeState::C1 if lasted >= STOPPING => {
                self.delay = now + DELAY;
                self.go(NodeState::B1, now);
            }
            NodeState::CommB | NodeState::B | NodeState::CommC if !clear => {
                self.delay = now + DELAY;
                self.go(NodeState::B1, now);
            }
            _ => {}
        }
    }
}

/// A request or a reply on its way.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Parcel {
    due: Instant,
    transaction: Transaction,
    /// Whether the master is told that it left, and gets the reply.
    told: bool,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: Instant,
    scenario: Scenario,
    line: Line,
    without: Without,
    master: Master,
    toy: Toy,
    sites: [Site; NODES],
    requests: Vec<Parcel>,
    replies: Vec<(Instant, Tag, [u16; 12], usize)>,
}

impl World {
    pub(crate) fn new((scenario, line, without): (Scenario, Line, Without)) -> Self {
        let mut world = Self {
            now: START,
            scenario,
            line,
            without,
            master: Master::new(START),
            toy: Toy::new(scenario.budget(), without),
            sites: core::array::from_fn(|place| Site::new(place, START)),
            requests: Vec::new(),
            replies: Vec::new(),
        };
        while world.now < READY {
            world.step(Fault::None);
        }
        world
    }

    /// Everything that can go wrong in the next step.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut faults = vec![Fault::MasterRestart];
        for node in 0..self.nodes() {
            faults.push(Fault::NodeRestart(node));
            for seconds in [6, 16, 40] {
                faults.push(Fault::Cut(node, true, false, seconds));
                faults.push(Fault::Cut(node, false, true, seconds));
                faults.push(Fault::Cut(node, true, true, seconds));
            }
        }
        let mut master = self.master;
        let Some(next) = master.next(self.now + STEP) else {
            // Between transactions only the slow faults differ, and once a second is enough.
            let is_second = self.now.as_millis().is_multiple_of(1000);
            return if is_second { faults } else { Vec::new() };
        };
        faults.extend([Fault::Lost, Fault::LateRequest, Fault::LateUntold]);
        faults.extend([Fault::Untold, Fault::Vanished, Fault::Twice]);
        if next.is_broadcast() {
            faults.extend((0..self.nodes()).map(Fault::LostAt));
        } else if usize::from(next.unit - 2) < NODES {
            faults.extend([Fault::Mute, Fault::LateReply]);
        } else {
            return Vec::new();
        }
        faults
    }

    fn nodes(&self) -> u8 {
        if self.scenario == Scenario::Alone {
            1
        } else {
            2
        }
    }

    pub(crate) fn step(&mut self, fault: Fault) {
        self.now += STEP;
        self.disturb(fault);
        for place in 0..NODES {
            self.sites[place].plugged = self.scenario.is_plugged(place, self.now);
        }
        self.deliver();
        for site in &mut self.sites {
            site.step(self.without, self.now);
        }
        self.toy.reversed = self.scenario.is_reversed(self.now);
        let orders = self.toy.step::<NODES>(&self.master, self.now);
        self.master.set_orders(orders);
        if let Some(transaction) = self.master.next(self.now) {
            self.send(transaction, fault);
        }
    }

    fn disturb(&mut self, fault: Fault) {
        match fault {
            Fault::MasterRestart => {
                let is_hasty = self.without == Without::Settling;
                let started = if is_hasty { START } else { self.now };
                self.master = Master::new(started);
                self.toy = Toy::new(self.scenario.budget(), self.without);
                self.requests.clear();
                self.replies.clear();
            }
            Fault::NodeRestart(node) => {
                let place = usize::from(node);
                let cut = self.sites[place].cut;
                self.sites[place] = Site {
                    cut,
                    ..Site::new(place, self.now)
                };
            }
            Fault::Cut(node, from, to, seconds) => {
                let until = self.now + Duration::from_secs(u64::from(seconds));
                let cut = &mut self.sites[usize::from(node)].cut;
                cut.0 = if to { until } else { cut.0 };
                cut.1 = if from { until } else { cut.1 };
            }
            _ => {}
        }
    }

    fn send(&mut self, transaction: Transaction, fault: Fault) {
        let fault = match (self.line, fault) {
            (Line::Untold, Fault::None) if transaction.is_broadcast() && self.now > READY => {
                Fault::Untold
            }
            _ => fault,
        };
        let told = !matches!(fault, Fault::LateUntold | Fault::Untold | Fault::Vanished);
        if told && !matches!(fault, Fault::MasterRestart) {
            self.master.sent(transaction.tag, self.now);
        }
        let late = matches!(fault, Fault::LateRequest | Fault::LateUntold);
        if late && told {
            self.time_out(&transaction);
        }
        let slow = self.line == Line::Slow && fault == Fault::None;
        if late || slow || !self.requests.is_empty() {
            let behind = self.requests.last().map(|last| last.due);
            let due = match self.line {
                Line::Slow => self.now + SLOW,
                Line::Good | Line::Untold => behind.unwrap_or(self.now + SLOW),
            };
            self.requests.push(Parcel {
                due,
                transaction,
                told: told && !late,
            });
            return;
        }
        match fault {
            Fault::Lost => self.time_out(&transaction),
            Fault::Vanished => {}
            Fault::Untold => {
                self.arrive(&transaction, None);
            }
            Fault::Mute => {
                self.arrive(&transaction, None);
                self.time_out(&transaction);
            }
            Fault::LateReply => {
                if let Some((words, count)) = self.arrive(&transaction, None) {
                    self.replies
                        .push((self.now + SLOW, transaction.tag, words, count));
                }
                self.time_out(&transaction);
            }
            Fault::LostAt(node) => {
                self.arrive(&transaction, Some(usize::from(node)));
            }
            _ => self.exchange(&transaction),
        }
        if fault == Fault::Twice {
            let due = self.now + STEP + STEP;
            self.requests.push(Parcel {
                due,
                transaction,
                told: false,
            });
        }
    }

    fn time_out(&mut self, transaction: &Transaction) {
        if !transaction.is_broadcast() {
            self.master
                .answer(transaction.tag, Err(LinkError::Timeout), self.now);
        }
    }

    fn exchange(&mut self, transaction: &Transaction) {
        match self.arrive(transaction, None) {
            Some((words, count)) => {
                self.master
                    .answer(transaction.tag, Ok(&words[..count]), self.now);
            }
            None => self.time_out(transaction),
        }
    }

    fn deliver(&mut self) {
        while self
            .requests
            .first()
            .is_some_and(|parcel| parcel.due <= self.now)
        {
            let parcel = self.requests.remove(0);
            if parcel.told {
                self.exchange(&parcel.transaction);
            } else {
                self.arrive(&parcel.transaction, None);
            }
        }
        while self
            .replies
            .first()
            .is_some_and(|reply| reply.0 <= self.now)
        {
            let (_, tag, words, count) = self.replies.remove(0);
            self.master.answer(tag, Ok(&words[..count]), self.now);
        }
    }

    /// A request reaches whom it is for; gives the reply, if there is one.
    fn arrive(&mut self, request: &Transaction, deaf: Option<usize>) -> Option<([u16; 12], usize)> {
        let mut reply = None;
        for (place, site) in self.sites.iter_mut().enumerate() {
            let is_for = request.is_broadcast() || usize::from(request.unit) == place + 2;
            if !is_for || deaf == Some(place) || self.now < site.cut.0 {
                continue;
            }
            let answer = serve(site, request, self.now);
            if !request.is_broadcast() && self.now >= site.cut.1 {
                reply = answer;
            }
        }
        reply
    }

    /// The sum of all currents.
    pub(crate) fn draw(&self) -> DeciAmps {
        self.sites.iter().map(|site| site.draw(self.now)).sum()
    }

    pub(crate) fn budget(&self) -> DeciAmps {
        self.scenario.budget()
    }

    /// Until when somebody is cut off, or something is on its way.
    pub(crate) fn busy_until(&self) -> Instant {
        let cuts = self.sites.iter().map(|site| site.cut.0.max(site.cut.1));
        let parcels = self.requests.iter().map(|parcel| parcel.due);
        let parcels = parcels.filter(|_| self.line != Line::Slow);
        cuts.chain(parcels).max().unwrap_or_default()
    }

    pub(crate) fn is_well(&self) -> bool {
        // Without confirmations nothing rises: only the sum counts.
        let mut places = 0..NODES;
        places.all(|place| {
            self.line == Line::Untold
                || !self.scenario.must_charge(place)
                || self.sites[place].state == NodeState::C
        })
    }

    /// A line for a failed search.
    pub(crate) fn describe(&self) -> String {
        let sites = self.sites.iter().enumerate().map(|(place, site)| {
            let report = self.master.report(place + 1);
            let bound = self.master.exposure(place + 1, self.now);
            let (state, draw) = (site.state, site.draw(self.now));
            format!(
                "{state:?} {draw} bound {bound} seen {:?} {:?}",
                report.status.state, report.presence
            )
        });
        let sites: Vec<String> = sites.collect();
        format!("{} ms: {}", self.now.as_millis(), sites.join(" | "))
    }
}

fn serve(site: &mut Site, request: &Transaction, now: Instant) -> Option<([u16; 12], usize)> {
    let (image, mut words) = (site.image(), [0; 12]);
    site.heard = now;
    let count = usize::from(request.count);
    if request.operation == Operation::Read {
        let asked = words.get_mut(..count)?;
        site.node.read(&image, request.start, asked, now).ok()?;
        return Some((words, count));
    }
    let broadcast = request.is_broadcast();
    let written = site
        .node
        .write(&image, request.start, request.words(), broadcast, now);
    written.ok().map(|_| (words, 0))
}
