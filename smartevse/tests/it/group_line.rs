//! A master's line and a node's line on one wire.

use smartevse::group_line::GroupLine;
use smartevse::manager::LineFeed;
use smartevse::meter_line::{LineAction, LineEnd, LineMeter, MeterRole, MeterSettings};
use smartevse::node_line::NodeLine;
use smartevse::share::protocol::{Answer, Code, NodeState, Orders, SystemConfig};
use smartevse::site_line::{MeterChoice, SiteLine, site_line};
use smartevse_core::command::Command;
use smartevse_core::directive::Handshake;
use smartevse_core::event::Fact;
use smartevse_core::registry::SettingId;
use smartevse_core::state::ChargeState;
use smartevse_meters::{BusConfig, Meter};
use smartevse_types::{Amps, DeciAmps, Duration, Instant, Mode};

/// Time of a character at 9600 baud.
const CHARACTER: Duration = Duration::from_micros(1_042);

/// The EV meter of Node 1: an Eastron that always says 10, 5 and 0 A.
const METER: LineMeter = LineMeter {
    role: MeterRole::Ev,
    meter: Meter::Eastron3P,
    address: 12,
};

const READING: [u8; 27] = [
    0x0C, 0x04, 0x18, 0x41, 0x20, 0, 0, 0x40, 0xA0, 0, 0, 0, 0, 0, 0, 0x45, 0x0F, 0xC0, 0, 0x44,
    0x8F, 0xC0, 0, 0, 0, 0, 0,
];

struct Wire {
    now: Instant,
    master: GroupLine,
    node: NodeLine,
    node_is_there: bool,
    feed: LineFeed,
    system: SystemConfig,
    steps: u64,
    facts: [Vec<Fact>; 2],
    wishes: Vec<Command>,
    frames: Vec<Vec<u8>>,
}

impl Wire {
    fn new() -> Self {
        let now = Instant::from_secs(1);
        let config = BusConfig::rtu(9600, 10);
        let node = NodeLine::new(&config, 2, now).unwrap();
        let mut feed = LineFeed::default();
        feed.image.status.capacity = Amps::from_amps(16);
        Self {
            now,
            master: GroupLine::new(config, now),
            node: node.with_meter(METER, &MeterSettings::default()).unwrap(),
            node_is_there: true,
            system: feed.image.system,
            feed,
            steps: 0,
            facts: [Vec::new(), Vec::new()],
            wishes: Vec::new(),
            frames: Vec::new(),
        }
    }

    fn order(&mut self, version: u32, deci: i32, answer: Answer) {
        let mut orders = Orders {
            version,
            issued: self.now,
            ..Orders::default()
        };
        orders.set_points[1] = DeciAmps::from_deci(deci);
        orders.answers[1] = answer;
        self.feed.orders = orders;
    }

    fn run(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while self.now < end {
            self.feed.orders.issued = self.now;
            self.master.order(&self.feed.orders, &self.system);
            self.steps += 1;
            self.node.show(&self.feed.image);
            let until = [self.step(0), self.step(1)];
            let [a, b] = until;
            self.now = a.earliest(b).latest(self.now + CHARACTER).earliest(end);
        }
    }

    /// Lets one end act; gives when it wants to act again.
    fn step(&mut self, end: usize) -> Instant {
        let line: &mut dyn LineEnd = match end {
            0 => &mut self.master,
            _ => &mut self.node,
        };
        match line.poll(self.now) {
            LineAction::Transmit { frame, .. } => {
                let frame = frame.to_vec();
                self.send(end, &frame);
                self.now
            }
            LineAction::Listen { until } => until,
            LineAction::Fact(event) => {
                assert!(event.at <= self.now);
                self.facts[end].push(event.fact);
                self.now
            }
            LineAction::Wish(wish) => {
                self.wishes.push(wish);
                self.now
            }
            LineAction::Failed(..) => self.now,
            LineAction::Reconnect => panic!("a serial line has no connection"),
        }
    }

    fn send(&mut self, end: usize, frame: &[u8]) {
        self.now += CHARACTER.times(frame.len() as u64);
        self.frames.push(frame.to_vec());
        if end == 1 {
            return self.master.receive(self.now, frame);
        }
        self.master.transmitted(self.now);
        if self.node_is_there {
            self.node.receive(self.now, frame);
        }
        if frame[..4] == [12, 4, 0, 6] {
            self.answer_of_the_meter();
        }
    }

    fn answer_of_the_meter(&mut self) {
        self.now += Duration::from_millis(10);
        let _ = self.node.poll(self.now);
        let crc = smartevse_meters::crc::crc16(&READING).to_le_bytes();
        let reply = [READING.as_slice(), &crc].concat();
        self.now += CHARACTER.times(reply.len() as u64);
        self.master.receive(self.now, &reply);
        self.node.receive(self.now, &reply);
    }

    fn has(&self, end: usize, wanted: impl Fn(&Fact) -> bool) -> bool {
        self.facts[end].iter().any(wanted)
    }
}

/// Power share 5.1, 5.2: orders reach the node, its status reaches the master,
/// and the master is told that the orders have left.
#[test]
fn when_there_is_a_node_then_orders_go_out_and_reports_come_in() {
    let mut wire = Wire::new();
    wire.order(7, 100, Answer::Wait);
    // Set-points rise when the group has settled.
    wire.run(25);
    let share = DeciAmps::from_deci(100);
    assert!(wire.has(1, |fact| *fact == Fact::Broadcast(share)));
    assert!(wire.has(0, |fact| *fact == Fact::OrdersSent(7)));
    assert!(wire.has(0, |fact| {
        matches!(fact, Fact::NodeReport(1, report) if report.cap == DeciAmps::from_deci(160))
    }));
    assert!(!wire.has(0, |fact| matches!(fact, Fact::NodeLost(_))));
    assert!(
        wire.steps < 3_000,
        "it waits instead of spinning: {}",
        wire.steps
    );
}

/// Power share 5.3: both requests are answered, each with its own grant.
#[test]
fn when_the_node_asks_then_the_grant_arrives() {
    let mut wire = Wire::new();
    wire.order(1, 60, Answer::GrantC);
    wire.feed.image.status.state = NodeState::CommB;
    wire.run(25);
    assert!(wire.has(1, |fact| *fact == Fact::Granted(Handshake::GrantedB)));
    wire.feed.image.status.state = NodeState::CommC;
    wire.feed.image.status.set_point = DeciAmps::from_deci(60);
    wire.run(6);
    assert!(wire.has(1, |fact| *fact == Fact::Granted(Handshake::GrantedC)));
    assert!(wire.has(0, |fact| {
        matches!(fact, Fact::NodeReport(1, report) if report.state == ChargeState::CommC)
    }));
}

/// Power share 6.1: five polls without an answer.
#[test]
fn when_the_node_goes_then_it_is_lost_and_found_again() {
    let mut wire = Wire::new();
    wire.order(1, 0, Answer::Wait);
    wire.run(5);
    wire.node_is_there = false;
    wire.run(14);
    assert!(wire.has(0, |fact| *fact == Fact::NodeLost(1)));
    assert!(wire.has(1, |fact| *fact == Fact::Broadcast(DeciAmps::ZERO)));
    wire.facts[0].clear();
    wire.node_is_there = true;
    wire.run(16);
    assert!(wire.has(0, |fact| matches!(fact, Fact::NodeReport(1, _))));
}

/// Power share 5.1: the master reads the EV meter that a node names, and the
/// node overhears the answer.
#[test]
fn when_the_node_has_a_meter_then_both_get_its_readings() {
    let mut wire = Wire::new();
    let words = &mut wire.feed.image.config.words;
    (words[8], words[9]) = (u16::from(Meter::Eastron3P.id()), 12);
    wire.order(1, 0, Answer::Wait);
    wire.run(20);
    let amps = |reading: &smartevse_core::event::MeterReading| {
        reading
            .currents
            .map(|currents| currents.as_array().map(DeciAmps::as_deci))
    };
    let told = Some([100, 50, 0]);
    assert!(wire.has(0, |fact| {
        matches!(fact, Fact::NodeMeter(1, reading) if amps(reading) == told)
    }));
    assert!(wire.has(1, |fact| {
        matches!(fact, Fact::EvMeter(reading) if amps(reading) == told)
    }));
}

/// Power share 1, PS13: the mode of the group is a fact, settings are wishes.
#[test]
fn when_the_group_changes_then_the_node_is_told() {
    let mut wire = Wire::new();
    wire.order(1, 0, Answer::Wait);
    wire.feed.image.status.mode = Code::Known(Mode::Normal);
    wire.run(5);
    wire.feed.orders.mode = Mode::Solar;
    wire.run(5);
    assert!(wire.has(1, |fact| *fact == Fact::GroupMode(Mode::Solar)));
    wire.system.words[4] = 40;
    wire.run(5);
    let mains = |wish: &Command| matches!(wish, Command::Change(patch) if patch.value(SettingId::Mains) == Some(40));
    assert!(wire.wishes.iter().any(mains), "{:?}", wire.wishes);
}

/// The role decides what the line is.
#[test]
fn when_the_role_changes_then_the_line_is_another_one() {
    let line = |address| {
        let choice = MeterChoice {
            address,
            ..MeterChoice::default()
        };
        site_line(choice, Instant::ZERO)
    };
    assert!(line(0).is_none(), "nobody to talk to");
    assert!(matches!(line(1), Some(SiteLine::Master(_))));
    assert!(matches!(line(8), Some(SiteLine::Node(_))));
    assert!(line(9).is_none(), "no such address");
}
