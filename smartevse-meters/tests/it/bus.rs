//! Properties of the bus engine (meters specification §2.1, §2.6, §3, §15.17).

use proptest::collection::vec;
use proptest::prelude::*;
use smartevse_meters::{
    Bus, BusAction, BusConfig, Function, Importance, Job, JobError, ModbusError, Request, Tag,
    Transaction,
};
use smartevse_types::{Duration, Instant};

use crate::wire::{Deed, Told, Wire};

const LINE: BusConfig = BusConfig::rtu(9_600, 10);

fn read(tag: u16, addr: u8, register: u16, quantity: u16) -> Transaction {
    Transaction::from_parts(Tag::new(tag), addr, Function::ReadInput, register, quantity)
}

fn job(transaction: Transaction, period_s: u64) -> Job {
    let period = Duration::from_secs(period_s);
    Job::new(transaction, period, period.times(5))
}

/// A mains meter with currents and energies and two EV meters.
fn house(config: BusConfig) -> Bus {
    let mut bus = Bus::new(config);
    bus.add(job(read(1, 10, 0x06, 12), 2).for_mains()).unwrap();
    bus.add(job(read(2, 10, 0x48, 2), 60)).unwrap();
    bus.add(job(read(3, 10, 0x4A, 2), 60)).unwrap();
    for (tag, addr) in [(10, 12), (20, 13)] {
        bus.add(job(read(tag, addr, 0x06, 12), 4)).unwrap();
        bus.add(job(read(tag + 1, addr, 0x34, 2), 4)).unwrap();
        bus.add(job(read(tag + 2, addr, 0x48, 2), 60)).unwrap();
    }
    bus
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => (2_000..60_000_u64).prop_map(Deed::Reply),
        2 => (100_000..900_000_u64).prop_map(Deed::Reply),
        2 => Just(Deed::Silent),
        1 => (2_000..300_000_u64).prop_map(Deed::Corrupt),
        1 => (2_000..300_000_u64).prop_map(Deed::Half),
        1 => (2_000..300_000_u64).prop_map(Deed::Foreign),
        1 => (1..=11_u8).prop_map(Deed::Refuse),
    ]
}

/// The reply was made for this very question, and not before it was asked.
fn check(wire: &Wire, told: &Told) {
    let Ok(words) = &told.result else {
        return;
    };
    let source = &wire.sent[usize::from(words[0])];
    assert_eq!(source.asked.addr(), told.asked.addr());
    assert_eq!(source.asked.register(), told.asked.register());
    assert_eq!(source.asked.quantity(), told.asked.quantity());
    assert!(
        source.to >= told.at,
        "measured {} told as {}",
        source.to,
        told.at
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// meters 2.4, 15.6, 15.17: whatever the devices do
    #[test]
    fn when_devices_misbehave_then_no_reading_is_mixed_up(deeds in vec(deed(), 1..60)) {
        let mut bus = house(LINE);
        let mut wire = Wire::new();
        wire.run(&mut bus, Instant::from_secs(40), |_, n| deeds[n % deeds.len()]);
        for told in &wire.told {
            check(&wire, told);
        }
        for pair in wire.sent.windows(2) {
            prop_assert!(pair[1].from.since(pair[0].to) >= LINE.turnaround);
        }
        prop_assert_eq!(bus.counters().requests as usize, wire.sent.len());
    }

    /// design 3.1: polling more often changes nothing
    #[test]
    fn when_polled_more_often_then_the_trace_is_the_same(deeds in vec(deed(), 1..40)) {
        let trace = |extra| {
            let mut bus = house(LINE);
            let mut wire = Wire::new();
            wire.extra = extra;
            wire.run(&mut bus, Instant::from_secs(20), |_, n| deeds[n % deeds.len()]);
            wire.told
        };
        prop_assert_eq!(trace(None), trace(Some(Duration::from_micros(777))));
    }

    /// meters 2.1: the first byte after the time-out is too late, one before is not
    #[test]
    fn when_a_reply_comes_after_the_time_out_then_it_is_not_accepted(delay in 0..400_000_u64) {
        let mut config = LINE;
        config.retries = 0;
        let mut bus: Bus = Bus::new(config);
        bus.add(job(read(1, 10, 6, 12), 60)).unwrap();
        let mut wire = Wire::new();
        wire.run(&mut bus, Instant::from_secs(3), |_, _| Deed::Reply(delay));
        prop_assert_eq!(wire.told.len(), 1);
        let first_byte = delay + LINE.char_time.as_micros();
        prop_assert_eq!(wire.told[0].result.is_ok(), first_byte <= 150_000);
    }

    /// Total: any bytes at any time, any number of polls
    #[test]
    fn when_bytes_are_arbitrary_then_the_engine_is_total(
        steps in vec((0..200_000_u64, vec(any::<u8>(), 0..300)), 1..60), tcp in any::<bool>()
    ) {
        let mut bus = house(if tcp { BusConfig::tcp() } else { LINE });
        let mut now = Instant::from_secs(1);
        for (pause, bytes) in steps {
            now += Duration::from_micros(pause);
            if matches!(bus.poll(now), BusAction::Transmit { .. }) {
                bus.transmitted(now);
            }
            bus.receive(now, &bytes);
            let _ = bus.deadline(now);
        }
    }
}

/// meters 15.17: mains in every cycle, everything in a bounded time
#[test]
fn when_all_devices_reply_then_all_readings_come_in_time() {
    let mut bus = house(LINE);
    let mut wire = Wire::new();
    wire.run(&mut bus, Instant::from_secs(121), |_, _| {
        Deed::Reply(20_000)
    });
    let mains: Vec<_> = wire
        .sent
        .iter()
        .filter(|sent| sent.asked.addr() == 10 && sent.asked.quantity() == 12)
        .collect();
    assert!(mains.len() >= 60);
    assert!(
        mains
            .windows(2)
            .all(|p| p[1].from.since(p[0].from) <= Duration::from_millis(2_300))
    );
    for tag in [1, 2, 3, 10, 11, 12, 20, 21, 22] {
        let counters = bus.counters_of(Tag::new(tag)).unwrap();
        assert!(counters.responses >= 2, "{tag}");
        assert_eq!(counters.error_percent(), 0);
    }
    // Each reading comes once soon after the start (meters 3).
    let first = wire.told.iter().take(9).map(|told| told.asked.tag());
    assert_eq!(first.collect::<std::collections::HashSet<_>>().len(), 9);
    assert!(wire.told[8].told < Instant::from_secs(3));
}

/// meters 3: a dead device is polled every fifth cycle, mains always
#[test]
fn when_a_device_is_dead_then_it_is_asked_less_often() {
    let mut bus = house(LINE);
    let mut wire = Wire::new();
    wire.run(&mut bus, Instant::from_secs(121), |asked, _| {
        match asked.addr() {
            12 | 10 => Deed::Silent,
            _ => Deed::Reply(20_000),
        }
    });
    let asked = |addr| {
        wire.sent
            .iter()
            .filter(|sent| sent.asked.addr() == addr)
            .count()
    };
    assert!(asked(12) <= 14, "{}", asked(12));
    assert!(asked(10) >= 60, "{}", asked(10));
    assert!(bus.counters_of(Tag::new(20)).unwrap().responses >= 28);
}

/// A device that comes back is read in its own rhythm again.
#[test]
fn when_a_dead_device_returns_then_it_is_read_again() {
    let mut bus = house(LINE);
    let mut wire = Wire::new();
    wire.run(&mut bus, Instant::from_secs(60), |asked, _| {
        match asked.addr() {
            12 => Deed::Silent,
            _ => Deed::Reply(20_000),
        }
    });
    wire.run(&mut bus, Instant::from_secs(120), |_, _| {
        Deed::Reply(20_000)
    });
    assert!(bus.counters_of(Tag::new(10)).unwrap().responses >= 8);
}

/// meters 2.6: one repetition, none after a refusal, 60 s of rest
#[test]
fn when_a_device_refuses_then_the_reading_rests_for_a_minute() {
    let mut bus: Bus = Bus::new(LINE);
    bus.add(job(read(1, 12, 0x100, 2), 2)).unwrap();
    bus.add(job(read(2, 12, 0x06, 12), 2)).unwrap();
    let mut wire = Wire::new();
    wire.run(&mut bus, Instant::from_secs(50), |asked, _| {
        match asked.register() {
            0x100 => Deed::Refuse(2),
            _ => Deed::Reply(10_000),
        }
    });
    assert_eq!(bus.counters_of(Tag::new(1)).unwrap().requests, 1);
    assert!(bus.counters_of(Tag::new(2)).unwrap().requests > 20);
}

/// meters 2.6
#[test]
fn when_one_reply_is_broken_then_the_question_is_repeated_once() {
    let mut bus: Bus = Bus::new(LINE);
    bus.add(job(read(1, 12, 6, 12), 10)).unwrap();
    let mut wire = Wire::new();
    wire.run(&mut bus, Instant::from_secs(5), |_, n| match n {
        0 => Deed::Corrupt(10_000),
        _ => Deed::Reply(10_000),
    });
    assert_eq!(wire.sent.len(), 2);
    assert_eq!(wire.told.len(), 1);
    check(&wire, &wire.told[0]);
    assert!(wire.told[0].result.is_ok());
    let counters = bus.counters();
    assert_eq!(
        (counters.requests, counters.responses, counters.crc_errors),
        (2, 1, 1)
    );
}

/// meters 2.1: the time-out does not include the reply itself
#[test]
fn when_a_reply_is_long_then_it_is_not_cut_off() {
    let mut bus: Bus = Bus::new(LINE);
    bus.add(job(read(1, 20, 0x0BB7, 60), 10)).unwrap();
    let mut wire = Wire::new();
    wire.run(&mut bus, Instant::from_secs(2), |_, _| Deed::Reply(148_000));
    assert!(wire.told[0].result.is_ok());
}

/// meters 2.3: nobody replies to a broadcast; decision 64: a short silence is enough
#[test]
fn when_orders_are_broadcast_then_they_are_confirmed_when_they_left() {
    let mut bus: Bus = Bus::new(LINE);
    let orders = Request::WriteMultiple {
        register: 0x20,
        values: &[160; 8],
    };
    bus.write(Tag::new(7), 9, &orders).unwrap();
    let mut wire = Wire::new();
    wire.run(&mut bus, Instant::from_secs(2), |_, _| Deed::Silent);
    assert_eq!(wire.sent.len(), 1);
    assert_eq!(wire.told.len(), 1);
    assert_eq!(wire.told[0].result, Ok(vec![]));
    assert_eq!(wire.told[0].told, wire.sent[0].to);
}

#[test]
fn when_an_order_is_replaced_then_the_newest_values_go_out() {
    let mut bus: Bus = Bus::new(LINE);
    for value in [1, 2, 3] {
        bus.write(
            Tag::new(7),
            11,
            &Request::WriteSingle { register: 5, value },
        )
        .unwrap();
    }
    match bus.poll(Instant::from_secs(1)) {
        BusAction::Transmit { frame, .. } => assert_eq!(frame[..6], [11, 6, 0, 5, 0, 3]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn when_a_job_cannot_be_then_it_is_refused() {
    let mut bus: Bus<2, 1> = Bus::new(LINE);
    bus.add(job(read(1, 12, 6, 12), 2)).unwrap();
    assert_eq!(
        bus.add(job(read(1, 13, 6, 12), 2)),
        Err(JobError::DuplicateTag)
    );
    assert!(matches!(
        bus.add(job(read(2, 9, 6, 12), 2)),
        Err(JobError::Encode(_))
    ));
    let write = Transaction::write_single(Tag::new(3), 12, 1, 1);
    assert_eq!(bus.add(job(write, 2)), Err(JobError::WrongFunction));
    bus.add(job(read(2, 13, 6, 12), 2)).unwrap();
    assert_eq!(bus.add(job(read(3, 14, 6, 12), 2)), Err(JobError::Full));
    let long = Request::WriteMultiple {
        register: 0,
        values: &[0; 23],
    };
    assert_eq!(bus.write(Tag::new(1), 9, &long), Err(JobError::TooLong));
}

#[test]
fn when_a_job_is_removed_then_its_late_reply_is_thrown_away() {
    let mut bus: Bus = Bus::new(LINE);
    let start = Instant::from_secs(1);
    bus.add(job(read(1, 12, 0x48, 2), 2)).unwrap();
    assert!(matches!(bus.poll(start), BusAction::Transmit { .. }));
    bus.remove(Tag::new(1), start);
    // A look-alike has to wait until the old reply cannot come any more.
    bus.add(job(read(2, 12, 0x4A, 2), 2)).unwrap();
    let soon = start + Duration::from_millis(500);
    assert!(matches!(bus.poll(soon), BusAction::Listen { .. }));
    assert!(bus.deadline(soon) >= start + LINE.late_window);
    assert!(matches!(
        bus.poll(bus.deadline(soon)),
        BusAction::Transmit { .. }
    ));
}

fn tcp_reply(id: u16, unit: u8, words: &[u16]) -> Vec<u8> {
    let count = words.len() as u8 * 2;
    let mut frame = id.to_be_bytes().to_vec();
    frame.extend([0, 0, 0, count + 3, unit, 4, count]);
    frame.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    frame
}

fn tcp_id(bus: &mut Bus, now: Instant) -> u16 {
    match bus.poll(now) {
        BusAction::Transmit {
            frame,
            discard_input,
        } => {
            assert!(!discard_input);
            u16::from_be_bytes([frame[0], frame[1]])
        }
        other => panic!("{other:?}"),
    }
}

fn tcp_result(bus: &mut Bus, now: Instant) -> Result<Vec<u16>, ModbusError> {
    match bus.poll(now) {
        BusAction::Report(report) => report.result.map(|registers| registers.words().collect()),
        other => panic!("{other:?}"),
    }
}

/// Modbus TCP: a reply to an earlier request never counts for a later one.
#[test]
fn when_a_tcp_reply_is_late_then_only_its_own_id_opens_it() {
    let mut config = BusConfig::tcp();
    config.retries = 0;
    let mut bus: Bus = Bus::new(config);
    bus.add(job(read(1, 1, 0x34, 1), 2)).unwrap();
    bus.add(job(read(2, 1, 0x48, 1), 2)).unwrap();
    let start = Instant::from_secs(1);
    let first = tcp_id(&mut bus, start);
    let late = start + Duration::from_millis(1_100);
    assert_eq!(tcp_result(&mut bus, late), Err(ModbusError::Timeout));
    let second = tcp_id(&mut bus, late);
    assert_ne!(first, second);
    let now = late + Duration::from_millis(10);
    let both = [tcp_reply(first, 1, &[111]), tcp_reply(second, 1, &[222])].concat();
    // The stream may be cut anywhere.
    both.chunks(5).for_each(|part| bus.receive(now, part));
    assert_eq!(tcp_result(&mut bus, now), Ok(vec![222]));
}

/// Modbus TCP: a stream that has lost its frames is opened again.
#[test]
fn when_a_tcp_header_is_impossible_then_the_stream_is_opened_again() {
    let mut config = BusConfig::tcp();
    config.retries = 0;
    let mut bus: Bus = Bus::new(config);
    bus.add(job(read(1, 1, 0x34, 1), 2)).unwrap();
    let now = Instant::from_secs(1);
    let id = tcp_id(&mut bus, now);
    bus.receive(now, b"HTTP/1.1 400");
    bus.receive(now, &tcp_reply(id, 1, &[5]));
    assert_eq!(tcp_result(&mut bus, now), Err(ModbusError::BadHeader));
    assert_eq!(bus.poll(now), BusAction::Reconnect);
    assert!(matches!(bus.poll(now), BusAction::Listen { .. }));
}

/// Meters 15: a reply that was cut off is never completed by the bytes of
/// another one; what follows cannot be told apart, so the stream is opened
/// again.
#[test]
fn when_a_tcp_reply_is_cut_off_then_the_next_bytes_do_not_complete_it() {
    for cut in 1..11 {
        let mut config = BusConfig::tcp();
        config.retries = 1;
        let mut bus: Bus = Bus::new(config);
        bus.add(job(read(1, 1, 0x34, 1), 2)).unwrap();
        let mut now = Instant::from_secs(1);
        let id = tcp_id(&mut bus, now);
        bus.receive(now, &tcp_reply(id, 1, &[0x0102])[..cut]);
        now += Duration::from_millis(1_100);
        assert_eq!(bus.poll(now), BusAction::Reconnect, "cut after {cut}");
        bus.reconnected(now);
        now = bus.deadline(now).latest(now);
        let again = tcp_id(&mut bus, now);
        bus.receive(now, &tcp_reply(again, 1, &[0x0304]));
        assert_eq!(
            tcp_result(&mut bus, now),
            Ok(vec![0x0304]),
            "cut after {cut}"
        );
    }
}

fn frequency_reply() -> Vec<u8> {
    vec![0x0C, 4, 4, 0x42, 0x48, 0x14, 0x7B, 0xFC, 0x09]
}

fn asking(config: BusConfig) -> (Bus, Instant) {
    let mut bus: Bus = Bus::new(config);
    bus.add(job(read(1, 12, 0x46, 2), 2)).unwrap();
    let start = Instant::from_secs(1);
    let BusAction::Transmit { discard_input, .. } = bus.poll(start) else {
        panic!("the first question goes at once");
    };
    assert!(discard_input);
    (bus, start + LINE.air_time(8))
}

fn accepted(bus: &mut Bus, now: Instant) -> bool {
    matches!(bus.poll(now), BusAction::Report(report) if report.result.is_ok())
}

/// meters 2.1: bytes from before the end of the request are stale
#[test]
fn when_bytes_come_while_sending_then_they_are_dropped() {
    let (mut bus, end) = asking(LINE);
    bus.receive(end - Duration::from_millis(1), &frequency_reply());
    bus.transmitted(end);
    let now = end + Duration::from_millis(30);
    assert!(!accepted(&mut bus, now));
    bus.receive(now, &frequency_reply());
    assert!(accepted(&mut bus, now + LINE.silence));
}

/// meters 2.1: a gap above t3.5 ends the frame, one below does not
#[test]
fn when_a_frame_has_a_gap_then_t35_decides() {
    for (gap, whole) in [(3_000, true), (4_000, false)] {
        let (mut bus, end) = asking(LINE);
        let (head, tail) = (frequency_reply()[..8].to_vec(), [frequency_reply()[8]]);
        let first = end + Duration::from_millis(30);
        bus.receive(first, &head);
        let second = first + Duration::from_micros(gap) + LINE.char_time;
        bus.receive(second, &tail);
        assert_eq!(accepted(&mut bus, second + LINE.silence), whole, "{gap}");
    }
}

/// A port that hands over bytes in late pieces.
#[test]
fn when_the_port_is_slow_then_slack_keeps_the_frame_together() {
    let config = LINE.with_slack(Duration::from_millis(20));
    let (mut bus, end) = asking(config);
    let first = end + Duration::from_millis(160);
    bus.receive(first, &frequency_reply()[..2]);
    let second = first + Duration::from_millis(16);
    bus.receive(second, &frequency_reply()[2..]);
    assert!(accepted(&mut bus, second + config.slack + config.pause));
}

/// A line that never falls silent gives no reading and no panic.
#[test]
fn when_somebody_babbles_then_the_question_ends() {
    let (mut bus, mut now) = asking(LINE);
    for _ in 0..2_000 {
        now += LINE.char_time;
        bus.receive(now, &[0x0C]);
        if let BusAction::Report(report) = bus.poll(now) {
            assert!(report.result.is_err());
        }
    }
    assert_eq!(bus.counters().responses, 0);
}

/// The state of the engine stays small enough for a microcontroller.
#[test]
fn when_measured_then_the_engine_fits() {
    let size = size_of::<Bus>();
    assert!(size < 8_192, "{size}");
}

/// meters 3: a question that may take 200 ms does not start when the mains would
/// become too old meanwhile; they are asked early instead
#[test]
fn when_a_dead_device_is_asked_then_the_mains_keep_their_age() {
    let mut bus: Bus = Bus::new(LINE);
    let mains = read(1, 10, 6, 12);
    bus.add(Job::shared(mains, Importance::Mains)).unwrap();
    for (tag, addr) in [(2, 21), (3, 22), (4, 23)] {
        let question = read(tag, addr, 6, 12);
        bus.add(Job::shared(question, Importance::Vehicle)).unwrap();
    }
    let mut wire = Wire::new();
    wire.run(&mut bus, Instant::from_secs(60), |asked, _| {
        match asked.addr() {
            21 | 22 => Deed::Silent,
            _ => Deed::Reply(30_000),
        }
    });
    let answers: Vec<_> = wire.told.iter().filter(|t| t.asked.addr() == 10).collect();
    assert!(answers.iter().all(|told| told.result.is_ok()));
    let ages = answers.windows(2).map(|p| p[1].told.since(p[0].at));
    assert!(ages.max() <= Some(Duration::from_millis(500)));
    assert!(bus.counters_of(Tag::new(4)).unwrap().responses >= 25);
}

/// meters 3: however many orders come, each is followed by an overdue reading
#[test]
fn when_orders_never_end_then_overdue_readings_go_between() {
    let mut bus: Bus = Bus::new(LINE);
    bus.add(Job::shared(read(1, 21, 6, 12), Importance::Vehicle))
        .unwrap();
    let mut wire = Wire::new();
    for step in 0..800 {
        let order = Request::WriteSingle {
            register: 5,
            value: step,
        };
        bus.write(Tag::new(7), 9, &order).unwrap();
        bus.write(Tag::new(8), 9, &order).unwrap();
        let end = wire.now + Duration::from_millis(10);
        wire.run(&mut bus, end, |asked, _| match asked.addr() {
            9 => Deed::Silent,
            _ => Deed::Reply(30_000),
        });
    }
    let played = wire.now.since(Instant::from_secs(1)).as_secs();
    let readings = u64::from(bus.counters_of(Tag::new(1)).unwrap().responses);
    assert!(
        played >= 8 && readings * 5 >= played * 2,
        "{readings} in {played} s"
    );
}

/// meters 2.6, 3: only a device that replied last time is asked twice
#[test]
fn when_a_device_stays_silent_then_only_its_first_question_is_repeated() {
    let mut bus: Bus = Bus::new(LINE);
    bus.add(Job::shared(read(1, 21, 6, 12), Importance::Vehicle))
        .unwrap();
    let mut wire = Wire::new();
    wire.run(&mut bus, Instant::from_secs(9), |_, _| Deed::Silent);
    let frames = [(1, 2), (2, 3), (3, 4)];
    for (questions, sent) in frames {
        let end = wire.told[questions - 1].told;
        let count = wire.sent.iter().filter(|sent| sent.to <= end).count();
        assert_eq!(count, sent, "{questions} questions");
    }
    assert_eq!(wire.told.len(), 3);
}

/// meters 3: power waits for a gap that holds it whatever the device does
#[test]
fn when_power_is_due_then_no_reading_of_currents_waits_for_it() {
    let mut bus: Bus = Bus::new(LINE);
    for addr in 21..=28_u8 {
        let question = read(addr.into(), addr, 6, 12);
        bus.add(Job::shared(question, Importance::Vehicle)).unwrap();
        let mut power = Job::shared(
            read(u16::from(addr) + 100, addr, 0x34, 2),
            Importance::Background,
        );
        power.period = Duration::from_secs(5);
        bus.add(power).unwrap();
    }
    let mut wire = Wire::new();
    wire.run(&mut bus, Instant::from_secs(120), |_, _| {
        Deed::Reply(30_000)
    });
    let mut rounds = std::collections::BTreeMap::new();
    for sent in wire.sent.iter().filter(|sent| sent.asked.quantity() == 12) {
        let at = sent.from.as_micros();
        let first = rounds.entry(at / 1_750_000).or_insert(at % 1_750_000);
        *first = (*first).min(at % 1_750_000);
    }
    // The first round runs into the second one.
    let late = rounds.into_values().skip(2).max();
    assert!(late <= Some(60_000), "{late:?}");
    for addr in 21..=28_u16 {
        let responses = bus.counters_of(Tag::new(addr + 100)).unwrap().responses;
        assert!(responses >= 20, "{responses} of {addr}");
    }
}
