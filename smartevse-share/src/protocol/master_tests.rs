extern crate std;

use self::std::vec;
use self::std::vec::Vec;
use super::*;
use crate::protocol::blocks::Code;
use crate::protocol::orders::Answer;
use crate::protocol::state::{ErrorBits, NodeState};
use smartevse_types::{Amps, Mode, Seconds};

const T0: Instant = Instant::from_secs(100);
const SIX: DeciAmps = DeciAmps::from_deci(60);

/// A master with virtual time and a list of what it sent.
struct Bench {
    master: Master,
    now: Instant,
    orders: Orders,
    /// Status of Node 1–7; `None` does not answer.
    nodes: [Option<NodeStatus>; NODES],
    log: Vec<(Instant, Transaction)>,
}

fn idle() -> NodeStatus {
    NodeStatus {
        capacity: Amps::from_amps(16),
        set_point: SIX,
        ..NodeStatus::default()
    }
}

impl Bench {
    fn new(nodes: usize) -> Self {
        let mut all = [None; NODES];
        all[..nodes].fill(Some(idle()));
        let orders = Orders {
            version: 1,
            set_points: [SIX; 8],
            ..Orders::default()
        };
        Self {
            master: Master::new(T0),
            now: T0,
            orders,
            nodes: all,
            log: Vec::new(),
        }
    }

    /// One node, orders of 6 A for all, 25 s after the start.
    fn settled() -> Self {
        let mut bench = Self::new(1);
        bench.run(25_000);
        bench.log.clear();
        bench
    }

    fn run(&mut self, millis: u64) {
        for _ in 0..millis / 50 {
            self.now += Duration::from_millis(50);
            self.orders.issued = self.now;
            self.master.set_orders(self.orders);
            if let Some(transaction) = self.master.next(self.now) {
                self.log.push((self.now, transaction));
                self.settle(transaction);
            }
        }
    }

    fn settle(&mut self, transaction: Transaction) {
        let (tag, now) = (transaction.tag, self.now);
        self.master.sent(tag, now);
        if transaction.is_broadcast() {
            return;
        }
        let place = usize::from(transaction.unit.saturating_sub(2));
        let Some(status) = self.nodes[place] else {
            return self.master.answer(tag, Err(LinkError::Timeout), now);
        };
        let words = status.encode();
        match (transaction.operation, transaction.start) {
            (Operation::Read, 0) => self.master.answer(tag, Ok(&words), now),
            (Operation::Read, _) => self.master.answer(tag, Ok(&[4, 12]), now),
            _ => self.master.answer(tag, Ok(&[]), now),
        }
    }

    fn writes(&self) -> Vec<(u8, u16, Vec<u16>)> {
        let own = self
            .log
            .iter()
            .filter(|(_, t)| !t.is_broadcast() && !t.words().is_empty());
        own.map(|(_, t)| (t.unit, t.start, t.words().to_vec()))
            .collect()
    }

    fn times(&self, wanted: impl Fn(&Transaction) -> bool) -> Vec<Instant> {
        let found = self
            .log
            .iter()
            .filter(|(_, transaction)| wanted(transaction));
        found.map(|(at, _)| *at).collect()
    }
}

/// L-05: a node that answers is online at once at a start, and at the latest
/// 14 s after it came later; a lost one is tried once in each round.
#[test]
fn when_a_node_appears_then_it_is_found() {
    let mut bench = Bench::new(1);
    bench.run(1000);
    assert!(bench.master.report(1).is_online());
    bench.run(20_000);
    assert!(matches!(
        bench.master.report(7).presence,
        Presence::Offline(_)
    ));
    bench.log.clear();
    bench.run(28_000);
    for unit in 3..=8 {
        let probes = bench.times(|t| t.unit == unit);
        assert!(
            probes
                .windows(2)
                .all(|two| two[1].since(two[0]) <= Duration::from_secs(14))
        );
        assert!(probes.len() >= 2);
    }
    bench.nodes[6] = Some(idle());
    bench.run(14_000);
    assert!(bench.master.report(7).is_online());
}

/// L-05: all seven nodes that power up together, after the master and in the
/// middle of a round, are online within 14 s and one round.
#[test]
fn when_seven_nodes_power_up_then_all_are_online_in_16_s() {
    for delay in [50, 700, 1_950, 7_000] {
        let mut bench = Bench::new(0);
        bench.run(20_000 + delay);
        assert!((1..=NODES).all(|node| !bench.master.report(node).is_online()));
        bench.nodes = [Some(idle()); NODES];
        bench.run(16_000);
        let late = (1..=NODES).find(|node| !bench.master.report(*node).is_online());
        assert_eq!(late, None, "after {delay} ms");
    }
}

/// Power share 6.1: the fifth unanswered poll marks a node lost and takes its
/// set-point away at once.
#[test]
fn when_five_polls_are_missed_then_the_node_is_lost() {
    let mut bench = Bench::settled();
    bench.nodes[0] = None;
    bench.run(12_500);
    let polls = bench.times(|t| t.unit == 2);
    assert!(matches!(bench.master.report(1).presence, Presence::Offline(at) if at == polls[4]));
    assert_eq!(bench.master.orders_sent().set_points[1], DeciAmps::ZERO);
}

/// Power share 5.1: polls and broadcasts keep their period.
#[test]
fn when_nothing_happens_then_the_periods_hold() {
    let mut bench = Bench::settled();
    bench.run(20_000);
    for times in [
        bench.times(|t| t.unit == 2),
        bench.times(Transaction::is_broadcast),
    ] {
        assert!(times.len() >= 9);
        assert!(
            times
                .windows(2)
                .all(|two| two[1].since(two[0]) <= Duration::from_millis(2200))
        );
    }
    assert_eq!(bench.writes(), [], "nothing differs, nothing is written");
}

/// Decision 16: a lower current does not wait for the round.
#[test]
fn when_a_current_falls_then_it_leaves_at_once() {
    let mut bench = Bench::settled();
    bench.run(1000);
    bench.log.clear();
    bench.orders.set_points[1] = DeciAmps::ZERO;
    bench.run(400);
    let (_, first) = bench.log.iter().find(|(_, t)| t.is_broadcast()).unwrap();
    assert_eq!(
        (first.importance, first.words()[1]),
        (Importance::Urgent, 0)
    );
}

/// Power share 5.3: grants as writes of two registers, repeated while asked.
#[test]
fn when_a_node_asks_then_the_grant_is_repeated_until_it_shows() {
    let mut bench = Bench::settled();
    bench.nodes[0] = Some(NodeStatus {
        state: NodeState::CommC,
        ..idle()
    });
    bench.run(4000);
    assert_eq!(bench.writes(), [], "not ordered");
    bench.orders.answers[1] = Answer::GrantB;
    bench.run(4000);
    assert_eq!(bench.writes(), [], "B is not C");
    bench.orders.answers[1] = Answer::GrantC;
    bench.run(6000);
    assert_eq!(
        bench.writes(),
        vec![(2, 0, vec![7, 0]); 4],
        "at once, then in each round"
    );
    assert_eq!(bench.master.exposure(1, bench.now), SIX);
}

/// C is granted only with the share in place.
#[test]
fn when_the_node_shows_another_share_then_c_waits() {
    let mut bench = Bench::settled();
    let asking = NodeStatus {
        state: NodeState::CommC,
        ..idle()
    };
    bench.orders.answers[1] = Answer::GrantC;
    for deci in [0, 160] {
        let set_point = DeciAmps::from_deci(deci);
        bench.nodes[0] = Some(NodeStatus {
            set_point,
            ..asking
        });
        bench.run(6000);
        assert_eq!(bench.writes(), [], "{deci}");
    }
}

/// Power share 5.3, 15: only registers that differ are written.
#[test]
fn when_something_differs_then_only_that_is_written() {
    let mut bench = Bench::settled();
    bench.orders.answers[1] = Answer::Refuse;
    bench.run(2000);
    bench.nodes[0] = Some(NodeStatus {
        errors: ErrorBits::LESS_6A,
        ..idle()
    });
    bench.run(2000);
    bench.log.clear();
    bench.orders.mode = Mode::Solar;
    bench.orders.solar_timer = Seconds::from_secs(600);
    bench.run(1000);
    let writes = bench.writes();
    assert!(!writes.is_empty() && writes.iter().all(|w| *w == (2, 3, vec![2, 600])));
    let errors = ErrorBits::LESS_6A.with(ErrorBits::TEMP_HIGH);
    let mode = Code::Known(Mode::Solar);
    let solar_timer = Seconds::from_secs(598);
    bench.nodes[0] = Some(NodeStatus {
        errors,
        mode,
        solar_timer,
        ..idle()
    });
    bench.orders.answers[1] = Answer::GrantB;
    bench.log.clear();
    bench.run(2000);
    assert_eq!(bench.writes(), [(2, 1, vec![4])], "its own error stays");
}

/// L-04: an old refusal does not stay at a node without a vehicle.
#[test]
fn when_nobody_is_plugged_in_then_less_6a_is_cleared() {
    let mut bench = Bench::settled();
    let errors = ErrorBits::LESS_6A;
    bench.nodes[0] = Some(NodeStatus {
        errors,
        state: NodeState::B1,
        ..idle()
    });
    bench.run(2000);
    assert_eq!(bench.writes(), []);
    bench.nodes[0] = Some(NodeStatus { errors, ..idle() });
    bench.run(2000);
    assert_eq!(bench.writes()[0], (2, 1, vec![0]));
}

/// Power share 8.1: who can be served is told apart from who cannot.
#[test]
fn when_a_node_has_an_error_of_its_own_then_it_is_not_willing() {
    let mut bench = Bench::settled();
    let access = Code::Known(smartevse_types::Access::On);
    let here = NodeStatus {
        state: NodeState::B1,
        access,
        ..idle()
    };
    let less = NodeStatus {
        errors: ErrorBits::LESS_6A,
        ..here
    };
    let hot = NodeStatus {
        errors: ErrorBits::TEMP_HIGH,
        ..here
    };
    let off = NodeStatus {
        access: Code::Known(smartevse_types::Access::Off),
        ..here
    };
    let gone = NodeStatus {
        state: NodeState::A,
        ..here
    };
    let cases = [
        (here, true),
        (less, true),
        (hot, false),
        (off, false),
        (gone, false),
    ];
    for (status, willing) in cases {
        bench.nodes[0] = Some(status);
        bench.run(2500);
        assert_eq!(bench.master.report(1).is_willing(), willing, "{status:?}");
    }
}

/// Power share 1: a mode chosen at a node is a wish for two rounds.
#[test]
fn when_the_driver_changes_the_mode_then_it_is_a_wish_first() {
    let mut bench = Bench::settled();
    bench.nodes[0] = Some(NodeStatus {
        mode: Code::Known(Mode::Smart),
        ..idle()
    });
    bench.run(2000);
    assert_eq!(bench.master.report(1).mode_wish, Some(Mode::Smart));
    assert_eq!(bench.writes(), []);
    bench.run(2000);
    assert_eq!(bench.writes(), [(2, 3, vec![0])], "nobody followed");
    bench.orders.mode = Mode::Solar;
    bench.run(2000);
    assert_eq!(
        bench.master.report(1).mode_wish,
        None,
        "the difference is ours"
    );
}

/// Power share 5.1 step 8 and 5.3: without mains currents no broadcast, CT_NOCOMM to all.
#[test]
fn when_the_mains_are_lost_then_the_nodes_are_told() {
    let mut bench = Bench::settled();
    bench.orders.mains_lost = true;
    bench.run(3000);
    assert_eq!(bench.writes()[0], (2, 1, vec![2]));
    assert!(bench.times(Transaction::is_broadcast).is_empty());
}

/// Power share 5.1 step 2: the EV meter settings are read on the flag, then it is cleared.
#[test]
fn when_the_flag_is_set_then_the_settings_are_read_and_it_is_cleared() {
    let mut bench = Bench::settled();
    bench.nodes[0] = Some(NodeStatus {
        config_changed: true,
        ..idle()
    });
    bench.run(2000);
    let read = bench.times(|t| t.start == 0x108 && t.count == 2);
    assert_eq!(read.len(), 1);
    assert_eq!(bench.master.report(1).ev_meter, Some((4, 12)));
    assert_eq!(bench.writes(), [(2, 6, vec![0])]);
}

/// Power share 4.4: 22 registers to all, MIN not among them.
#[test]
fn when_settings_are_saved_then_the_block_is_broadcast() {
    let mut bench = Bench::settled();
    bench.master.announce(SystemConfig { words: [7; 22] });
    bench.run(500);
    let sent = bench.log.iter().filter(|(_, t)| t.start == 0x200);
    assert!(
        sent.clone()
            .all(|(_, t)| t.unit == 9 && t.words() == [7; 22])
    );
    assert_eq!(sent.count(), 2);
}

/// Power share 6.2: C without an allocation in two rounds is rogue: the bound
/// holds MIN, the stop is repeated.
#[test]
fn when_a_node_charges_without_allocation_then_it_is_rogue() {
    let mut bench = Bench::settled();
    bench.orders.set_points[1] = DeciAmps::ZERO;
    bench.run(1000);
    let set_point = DeciAmps::ZERO;
    bench.nodes[0] = Some(NodeStatus {
        state: NodeState::C,
        set_point,
        ..idle()
    });
    bench.run(2000);
    assert!(!bench.master.report(1).rogue);
    bench.run(2000);
    assert!(bench.master.report(1).rogue);
    assert_eq!(bench.master.exposure(1, bench.now), SIX);
    assert!(bench.writes().contains(&(2, 1, vec![1])));
}

/// Power share 6.2: serial numbers that alternate are two units.
#[test]
fn when_serial_numbers_alternate_then_the_address_is_doubled() {
    let mut bench = Bench::settled();
    for serial in [1, 2] {
        bench.nodes[0] = Some(NodeStatus { serial, ..idle() });
        bench.run(2000);
    }
    assert!(!bench.master.report(1).duplicate, "a replaced unit");
    for serial in [1, 2] {
        bench.nodes[0] = Some(NodeStatus { serial, ..idle() });
        bench.run(2000);
    }
    bench.run(400);
    assert!(bench.master.report(1).duplicate);
    assert_eq!(bench.master.orders_sent().set_points[1], DeciAmps::ZERO);
    bench.run(60_000);
    assert!(!bench.master.report(1).duplicate, "one unit was removed");
}

/// Power share 6.1: nodes in C go on when the master has restarted.
#[test]
fn when_the_master_restarts_then_a_charging_node_keeps_its_share() {
    let mut bench = Bench::new(1);
    bench.nodes[0] = Some(NodeStatus {
        state: NodeState::C,
        ..idle()
    });
    bench.run(30_000);
    let broadcasts = bench.log.iter().filter(|(_, t)| t.is_broadcast());
    assert!(broadcasts.clone().count() > 10);
    assert!(broadcasts.clone().all(|(_, t)| t.words()[1] == 60));
}

/// Power share 6.2, design: stale orders lower every set-point to 0.
#[test]
fn when_the_orders_are_stale_then_nothing_is_given() {
    let mut bench = Bench::settled();
    let later = bench.now + Duration::from_secs(6);
    let stale = bench.master.next(later).unwrap();
    assert_eq!((stale.start, stale.words()), (0x20, &[0; 8][..]));
}

/// Before the master knows everybody nothing rises and nothing is granted.
#[test]
fn when_the_master_has_just_started_then_nothing_rises() {
    let mut bench = Bench::new(2);
    let asking = NodeStatus {
        state: NodeState::CommC,
        ..idle()
    };
    bench.nodes = [Some(asking), Some(idle()), None, None, None, None, None];
    bench.orders.set_points[2] = DeciAmps::from_deci(320);
    bench.orders.answers[1] = Answer::GrantC;
    bench.run(19_900);
    assert_eq!(bench.writes(), []);
    assert_eq!(bench.master.orders_sent().set_points[2], SIX);
    bench.run(5000);
    assert_eq!(
        bench.master.orders_sent().set_points[2],
        DeciAmps::from_deci(320)
    );
    assert!(bench.writes().contains(&(2, 0, vec![7, 0])));
}

/// Power share 6.2: beside a second master nobody gets more than MIN.
#[test]
fn when_a_second_master_is_heard_then_min_is_the_most() {
    let mut bench = Bench::settled();
    bench.orders.set_points = [DeciAmps::from_deci(320); 8];
    bench.master.overheard(bench.now);
    bench.run(3000);
    assert_eq!(bench.master.orders_sent().set_points[..2], [SIX; 2]);
}

/// Firmware with eight status registers is asked for eight.
#[test]
fn when_twelve_registers_are_refused_then_eight_are_asked_for() {
    let mut master = Master::new(T0);
    let poll = master.next(T0).unwrap();
    assert_eq!((poll.unit, poll.count), (2, 12));
    master.answer(poll.tag, Err(LinkError::Exception(2)), T0);
    let later = T0 + Duration::from_secs(60);
    let again = core::iter::from_fn(|| {
        let next = master.next(later)?;
        master.answer(next.tag, Err(LinkError::Timeout), later);
        Some(next)
    });
    let counts: Vec<_> = again.filter(|t| t.unit == 2).map(|t| t.count).collect();
    assert_eq!(counts, [8]);
}

/// A late answer is for nobody, a late confirmation still counts.
#[test]
fn when_an_answer_is_late_then_it_is_dropped() {
    let mut bench = Bench::settled();
    let late = loop {
        bench.now += Duration::from_millis(50);
        bench.orders.issued = bench.now;
        bench.master.set_orders(bench.orders);
        match bench.master.next(bench.now) {
            Some(found) if found.unit == 2 => break found,
            Some(other) => bench.settle(other),
            None => {}
        }
    };
    let wait = bench.now + Duration::from_secs(2);
    assert!(
        bench.master.next(wait - Duration::from_millis(1)).is_none(),
        "one at a time"
    );
    let next = bench.master.next(wait).unwrap();
    assert!(next.is_broadcast());
    let before = bench.master.report(1);
    let other = NodeStatus {
        state: NodeState::C,
        ..idle()
    };
    bench.master.answer(late.tag, Ok(&other.encode()), wait);
    assert_eq!(bench.master.report(1), before);
    bench.master.next(wait + Duration::from_secs(1));
    assert!(bench.master.orders_sent().loose);
    bench.master.sent(next.tag, wait + Duration::from_secs(1));
    assert!(!bench.master.orders_sent().loose);
}
