//! A master with its group on one line at 9600 baud: seven nodes, eight EV
//! meters, circuit meter and mains meter (meters specification §3; decision 64).
//!
//! `SMARTEVSE_BUS_HOURS=24` plays so many hours instead of a few minutes.

use smartevse_meters::{
    BusConfig, Function, GroupBus, Importance, Job, ModbusError, Request, Tag, Transaction,
};
use smartevse_sim::rs485::{
    Ages, Bank, Device, Line, LineFaults, LineSite, Manner, Occupancy, Told,
};
use smartevse_types::{Duration, Instant};

const LINE: BusConfig = BusConfig::rtu(9_600, 10);
const MAINS: u8 = 11;
const CIRCUIT: u8 = 14;
const NODES: core::ops::RangeInclusive<u8> = 2..=8;
const VEHICLES: core::ops::RangeInclusive<u8> = 21..=28;
const METER: Duration = Duration::from_millis(30);
const NODE: Duration = Duration::from_millis(10);

/// Currents have the address as tag; power and energy more.
const POWER: u16 = 100;
const ENERGY: u16 = 200;

fn tag(addr: u8) -> Tag {
    Tag::new(u16::from(addr))
}

fn read(addr: u8, register: u16, quantity: u16, offset: u16) -> Transaction {
    let tag = Tag::new(u16::from(addr) + offset);
    Transaction::from_parts(tag, addr, Function::ReadInput, register, quantity)
}

struct Group {
    bus: GroupBus,
    site: LineSite<Bank>,
    ages: Ages,
    /// Time for everything but power, energy and devices that do not answer.
    essential: Occupancy,
    errors: u64,
    judged_from: Instant,
}

impl Group {
    fn new(proven_after: u16) -> Self {
        let mut config = LINE;
        config.proven_after = proven_after;
        let mut bus = GroupBus::new(config);
        let mut devices = Vec::new();
        for (addr, importance) in currents() {
            let (register, quantity) = if importance == Importance::Node {
                (0, 8)
            } else {
                (6, 12)
            };
            let wait = if importance == Importance::Node {
                NODE
            } else {
                METER
            };
            let question = read(addr, register, quantity, 0);
            bus.add(Job::shared(question, importance)).unwrap();
            devices.push(Device::new(
                addr,
                Manner::between(wait, wait),
                Bank::default(),
            ));
            if importance == Importance::Node {
                continue;
            }
            let power = Job::shared(read(addr, 0x34, 2, POWER), Importance::Background);
            let often = Job {
                period: Duration::from_secs(16),
                max_age: Duration::from_secs(32),
                ..power
            };
            bus.add(often).unwrap();
            let energy = read(addr, 0x48, 2, ENERGY);
            bus.add(Job::shared(energy, Importance::Background))
                .unwrap();
        }
        let line = Line::new(LINE.char_time, LineFaults::default(), 7);
        Self {
            bus,
            site: LineSite::new(line, devices),
            ages: Ages::new(),
            essential: Occupancy::new(Duration::from_secs(2)),
            errors: 0,
            judged_from: Instant::ZERO,
        }
    }

    fn set(&mut self, addr: u8, manner: Manner) {
        self.site.device(addr).unwrap().manner = manner;
    }

    /// Plays so long, with the currents broadcast every 2 s.
    fn play(&mut self, span: Duration) {
        let end = self.site.now + span;
        while self.site.now < end {
            let block = Request::WriteMultiple {
                register: 0x20,
                values: &[160; 11],
            };
            self.bus.write(Tag::new(900), 9, &block).unwrap();
            let next = self.site.now + Duration::from_secs(2);
            let (ages, essential, errors) = (&mut self.ages, &mut self.essential, &mut self.errors);
            self.site.run(&mut self.bus, next.earliest(end), |told| {
                ages.take(&told);
                *errors += u64::from(told.result.is_err());
                note(essential, &told);
            });
        }
    }

    fn judge_from_here(&mut self) {
        self.ages.judge_from_here();
        self.errors = 0;
        self.judged_from = self.site.now;
        self.essential = Occupancy::new(Duration::from_secs(2));
    }

    fn worst(&self, addrs: impl IntoIterator<Item = u8>, offset: u16) -> Duration {
        let now = self.site.now;
        let tags = addrs
            .into_iter()
            .map(|addr| Tag::new(u16::from(addr) + offset));
        tags.map(|tag| {
            self.ages
                .worst(tag, now)
                .unwrap_or(now.since(Instant::ZERO))
        })
        .max()
        .unwrap()
    }

    fn free(&self) -> Duration {
        self.essential
            .least_free(self.judged_from, self.site.now)
            .unwrap()
    }

    fn figures(&self, name: &str) {
        let dead = |addr: &u8| {
            let device = self
                .site
                .devices
                .iter()
                .find(|device| device.addr() == *addr);
            device.is_some_and(|device| device.manner.dead)
        };
        let live = |addrs: core::ops::RangeInclusive<u8>| addrs.filter(|addr| !dead(addr));
        let worst = |addrs: Vec<u8>, offset| match addrs.is_empty() {
            true => 0,
            false => self.worst(addrs, offset).as_millis(),
        };
        println!(
            "{name} | {} h | mains {} | vehicles {} | circuit {} | nodes {} | power {} | energy {} | free {} | errors {}",
            self.site.now.since(self.judged_from).as_secs() as f64 / 3_600.0,
            worst(vec![MAINS], 0),
            worst(live(VEHICLES).collect(), 0),
            worst(vec![CIRCUIT], 0),
            worst(live(NODES).collect(), 0),
            worst(live(VEHICLES).collect(), POWER),
            worst(live(VEHICLES).collect(), ENERGY),
            self.free().as_millis(),
            self.errors,
        );
    }
}

fn currents() -> Vec<(u8, Importance)> {
    let nodes = NODES.map(|addr| (addr, Importance::Node));
    let vehicles = VEHICLES.map(|addr| (addr, Importance::Vehicle));
    let mains = (MAINS, Importance::Mains);
    let circuit = (CIRCUIT, Importance::Circuit);
    [mains, circuit]
        .into_iter()
        .chain(nodes)
        .chain(vehicles)
        .collect()
}

fn note(essential: &mut Occupancy, told: &Told) {
    let background = told.asked.tag().number() >= POWER && told.asked.addr() != 9;
    if !background && told.result != Err(ModbusError::Timeout) {
        essential.add(told.sent - LINE.turnaround_proven, told.told);
    }
}

/// Hours to play, from the environment; a few minutes without it.
fn span() -> Duration {
    let hours = std::env::var("SMARTEVSE_BUS_HOURS").ok();
    let hours = hours.and_then(|text| text.parse::<u64>().ok());
    hours.map_or(Duration::from_minutes(5), |hours| {
        Duration::from_minutes(hours * 60)
    })
}

/// A group whose devices have their clean record.
fn proven() -> Group {
    let mut group = Group::new(20);
    group.play(Duration::from_minutes(3));
    group
}

/// meters 3, decision 64: all ages are kept, and 300 ms of each 2 s stay free
#[test]
fn when_all_meters_answer_within_30_ms_then_no_value_becomes_too_old() {
    let mut group = proven();
    group.judge_from_here();
    group.play(span());
    group.figures("all answer");
    assert!(group.worst([MAINS], 0) <= Duration::from_millis(500));
    assert!(group.worst(VEHICLES, 0) <= Duration::from_secs(2));
    assert!(group.worst([CIRCUIT], 0) <= Duration::from_secs(2));
    assert!(group.worst(NODES, 0) <= Duration::from_secs(3));
    assert!(group.worst(VEHICLES, POWER) <= Duration::from_secs(32));
    assert!(group.worst(VEHICLES, ENERGY) <= Duration::from_secs(120));
    assert!(group.free() >= Duration::from_millis(300));
    assert_eq!(group.errors, 0);
}

/// meters 3: dead devices take nothing from those that live, alone or all at once
#[test]
fn when_devices_are_dead_then_the_others_keep_their_ages() {
    let nobody = Vec::new();
    let some = vec![2, 5, 22, 26];
    let all_vehicles: Vec<u8> = VEHICLES.collect();
    let all_nodes: Vec<u8> = NODES.collect();
    let most: Vec<u8> = (2..=8).chain(22..=28).chain([CIRCUIT]).collect();
    for dead in [nobody, some, all_vehicles, all_nodes, most] {
        let mut group = proven();
        for addr in &dead {
            group.set(*addr, Manner::dead());
        }
        group.play(Duration::from_minutes(1));
        group.judge_from_here();
        group.play(span());
        group.figures(&format!("dead {dead:?}"));
        let live = VEHICLES.filter(|addr| !dead.contains(addr));
        let ages = live.map(|addr| group.worst([addr], 0));
        assert!(ages.max() <= Some(Duration::from_secs(2)), "{dead:?}");
        if !dead.contains(&CIRCUIT) {
            assert!(group.worst([CIRCUIT], 0) <= Duration::from_secs(2));
        }
        assert!(group.worst([MAINS], 0) <= Duration::from_millis(500));
        assert!(group.free() >= Duration::from_millis(300), "{dead:?}");
    }
}

/// meters 3: the moment at which devices die does not make the mains late
#[test]
fn when_devices_die_and_return_then_the_mains_are_never_late() {
    let mut group = proven();
    group.judge_from_here();
    for round in 0..20_u8 {
        let dead = VEHICLES.chain(NODES).filter(|addr| (addr + round) % 3 == 0);
        for addr in dead.clone() {
            group.set(addr, Manner::dead());
        }
        group.play(Duration::from_secs(25));
        for addr in dead {
            let wait = if NODES.contains(&addr) { NODE } else { METER };
            group.set(addr, Manner::between(wait, wait));
        }
        group.play(Duration::from_secs(25));
    }
    group.figures("die and return");
    assert!(group.worst([MAINS], 0) <= Duration::from_millis(500));
    for addr in VEHICLES {
        // Five periods of rest, then its own turn.
        assert!(group.worst([addr], 0) <= Duration::from_secs(50));
    }
}

/// meters 3: with too little time power and energy give way first, then the
/// circuit, then vehicles; the mains never
#[test]
fn when_all_devices_are_slow_then_ages_grow_in_the_defined_order() {
    let mut group = proven();
    for addr in VEHICLES.chain([CIRCUIT]) {
        let slow = Duration::from_millis(100);
        group.set(addr, Manner::between(slow, slow));
    }
    group.play(Duration::from_minutes(5));
    group.judge_from_here();
    group.play(Duration::from_minutes(10));
    group.figures("slow meters");
    let vehicles = group.worst(VEHICLES, 0);
    let circuit = group.worst([CIRCUIT], 0);
    assert!(group.worst([MAINS], 0) <= Duration::from_millis(500));
    assert!(vehicles > Duration::from_secs(2), "{vehicles:?}");
    assert!(vehicles <= Duration::from_secs(4), "{vehicles:?}");
    assert!(circuit > vehicles, "{circuit:?}");
    assert!(circuit <= Duration::from_secs(5), "{circuit:?}");
    let power = group.worst(VEHICLES, POWER);
    assert!(power > Duration::from_secs(32), "{power:?}");
    assert!(power <= Duration::from_secs(60), "{power:?}");
}

/// decision 64: before the devices have their record, silences of 50 ms cost
/// time; the mains do not pay for it
#[test]
fn when_devices_are_unknown_then_the_mains_keep_their_age() {
    let mut group = Group::new(u16::MAX);
    group.play(Duration::from_minutes(1));
    group.judge_from_here();
    group.play(span());
    group.figures("unknown devices");
    assert!(group.worst([MAINS], 0) <= Duration::from_millis(500));
    assert!(group.worst(VEHICLES, 0) <= Duration::from_secs(3));
    assert!(group.worst([CIRCUIT], 0) <= Duration::from_secs(4));
    assert!(group.worst(VEHICLES, POWER) <= Duration::from_secs(60));
    assert!(group.worst(VEHICLES, ENERGY) <= Duration::from_secs(150));
}

/// The mains meter dies and returns: the others keep their ages meanwhile.
#[test]
fn when_the_mains_meter_is_dead_then_it_does_not_take_the_line() {
    let mut group = proven();
    group.set(MAINS, Manner::dead());
    group.play(Duration::from_minutes(1));
    group.judge_from_here();
    group.play(span());
    group.figures("mains meter dead");
    assert!(group.worst(VEHICLES, 0) <= Duration::from_secs(2));
    group.set(MAINS, Manner::between(METER, METER));
    let back = group.site.now;
    group.play(Duration::from_millis(1_500));
    assert!(group.ages.answers(tag(MAINS)) > 0);
    assert!(group.site.now.since(back) < Duration::from_secs(2));
}

/// meters 2.4: noise, late and broken replies cost time but mix nothing up
#[test]
fn when_the_line_is_bad_then_ages_grow_a_little_and_values_stay_right() {
    let mut group = proven();
    group.site.line.set_faults(LineFaults {
        noise_ppm: 100,
        echo: true,
    });
    for device in &mut group.site.devices {
        device.manner.truncated = 2;
        device.manner.late = 2;
        device.manner.late_by = Duration::from_millis(200);
    }
    group.judge_from_here();
    let end = group.site.now + Duration::from_minutes(10);
    let (site, bus, ages) = (&mut group.site, &mut group.bus, &mut group.ages);
    site.run(bus, end, |told| {
        ages.take(&told);
        if let Ok(words) = told.result {
            let expected = told.asked.register()..;
            assert!(
                words
                    .iter()
                    .zip(expected)
                    .all(|(word, number)| *word == number)
            );
        }
    });
    group.figures("bad line");
    assert!(group.bus.counters().crc_errors > 50);
    assert!(group.worst([MAINS], 0) <= Duration::from_secs(2));
    assert!(group.worst(VEHICLES, 0) <= Duration::from_secs(6));
}
