//! What the speed program calls: a charger that lives through a whole charge
//! with every supervisor fitted, and the other entry points once.

use smartevse::exchange::{Shared, Slot};
use smartevse::{Manager, Setup};
use smartevse_core::charger::{BoardFacts, BootRecord, Charger};
use smartevse_core::command::{Command, Origin};
use smartevse_core::directive::{ChargerConfig, ChargerStatus, Directive, PowerGrant};
use smartevse_core::event::{Event, Fact, MeterReading};
use smartevse_core::faults::Faults;
use smartevse_core::group::NodeReport;
use smartevse_core::io::{
    Contactor, ContactorFeedback, Inputs, LockDrive, LockFeedback, MainsInput, Outputs,
    PilotSample, ProximityInput, ResidualCurrentInput, SwitchInput, TemperatureInput,
};
use smartevse_core::options::LockKind;
use smartevse_core::pilot::PilotClass;
use smartevse_core::registry::SettingId;
use smartevse_core::settings::load;
use smartevse_core::state::ChargeState;
use smartevse_meters::framing::{encode_rtu, write_rtu};
use smartevse_meters::{Frame, Meter, ReadKind, Request, Tag, decode_read, plan_read};
use smartevse_share::{
    Conductor, Config, EvseView, Group, Limit, Member, OrdersSent, Regulator, Share, ShareConfig,
    ShareInputs, ShareView, Site, allocate,
};
use smartevse_types::{
    Access, Amps, Celsius, DeciAmps, Duration, Instant, LimitedBy, Mode, Ohms, PerPhase, Phase,
};

use crate::{consume, control_path, opaque};

/// Counts the instructions of a call; the program gives it.
pub trait Counter {
    /// Instructions of `call`, without those of counting.
    fn count<R>(&mut self, call: impl FnOnce() -> R) -> (u32, R);
    /// Publishes a figure, with the deepest stack since the one before.
    fn report(&mut self, name: &str, value: u32);
}

/// Largest of several figures.
#[derive(Default)]
struct Worst(u32);

impl Worst {
    fn take(&mut self, value: u32) {
        self.0 = self.0.max(value);
    }
}

/// Measures everything.
pub fn measure(counter: &mut impl Counter) {
    charge(counter);
    planning(counter);
    control_path::measure(counter);
    regulation(counter);
    allocation(counter);
    schedule(counter);
    modbus(counter);
}

/// A board whose parts follow the outputs.
struct Bench {
    charger: Charger,
    now: Instant,
    inputs: Inputs,
    outputs: Outputs,
    directive: Directive,
    car: PilotClass,
    since: Instant,
    worst: Worst,
}

impl Bench {
    fn new() -> Self {
        let facts = BoardFacts {
            ventilation: true,
            residual_current_test: true,
            ..BoardFacts::default()
        };
        let config = ChargerConfig {
            lock: LockKind::Motor,
            residual_current: true,
            derating: true,
            ..ChargerConfig::default()
        };
        Self {
            charger: Charger::new(facts, BootRecord::default(), Instant::ZERO),
            now: Instant::ZERO,
            inputs: Inputs {
                proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
                residual_current: ResidualCurrentInput::Normal,
                temperature: TemperatureInput::Measured(Celsius::from_celsius(25)),
                contactor1: ContactorFeedback::Open,
                contactor2: ContactorFeedback::Open,
                lock: LockFeedback::Unlocked,
                switch: SwitchInput::Open,
                mains: MainsInput::Present,
                ..Inputs::default()
            },
            outputs: Outputs::SAFE,
            directive: Directive {
                access: Access::On,
                grant: PowerGrant {
                    available: true,
                    offered: DeciAmps::from_deci(160),
                    limited_by: LimitedBy::External,
                },
                three_phase: true,
                config,
                ..Directive::default()
            },
            car: PilotClass::A12,
            since: Instant::ZERO,
            worst: Worst::default(),
        }
    }

    fn plug(&mut self, car: PilotClass) {
        (self.car, self.since) = (car, self.now);
    }

    fn follow(&mut self) {
        let feedback = |contactor: Contactor| match contactor {
            Contactor::Open => ContactorFeedback::Open,
            Contactor::Closed => ContactorFeedback::Closed,
        };
        self.inputs.contactor1 = feedback(self.outputs.contactor1);
        self.inputs.contactor2 = feedback(self.outputs.contactor2);
        match self.outputs.lock {
            LockDrive::Off => {}
            LockDrive::Lock => self.inputs.lock = LockFeedback::Locked,
            LockDrive::Unlock => self.inputs.lock = LockFeedback::Unlocked,
        }
        self.inputs.residual_current = if self.outputs.residual_current_test {
            ResidualCurrentInput::Fault
        } else {
            ResidualCurrentInput::Normal
        };
    }

    fn tick(&mut self, counter: &mut impl Counter) {
        self.now += Duration::from_millis(10);
        let pulsed = (1..1000).contains(&self.outputs.duty.as_permille());
        let from = self.since.latest(self.now - Duration::from_millis(20));
        self.inputs.pilot =
            PilotSample::from_class(self.car, pulsed.then_some(true), from, self.now);
        self.directive.issued = Some(self.now);
        let (now, inputs, directive) = opaque((self.now, self.inputs, self.directive));
        let charger = opaque(&mut self.charger);
        let (cost, outputs) = counter.count(|| charger.poll(now, &inputs, &directive));
        self.outputs = outputs;
        self.worst.take(cost);
    }

    /// The worst poll of a span in which the board follows the outputs.
    fn run(&mut self, counter: &mut impl Counter, ms: u32) -> u32 {
        self.worst = Worst::default();
        for _ in 0..ms / 10 {
            self.follow();
            self.tick(counter);
        }
        self.worst.0
    }

    /// The worst poll of a span in which nothing follows any more.
    fn break_down(&mut self, counter: &mut impl Counter, ms: u32) -> u32 {
        self.worst = Worst::default();
        self.inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(90));
        self.inputs.residual_current = ResidualCurrentInput::Fault;
        self.inputs.residual_current_edge = true;
        self.inputs.lock = LockFeedback::Unlocked;
        self.inputs.contactor1 = ContactorFeedback::Closed;
        self.inputs.contactor2 = ContactorFeedback::Closed;
        self.inputs.mains = MainsInput::Lost;
        self.inputs.switch = SwitchInput::Closed;
        self.directive.faults = Faults::all();
        for _ in 0..ms / 10 {
            self.tick(counter);
        }
        self.worst.0
    }
}

fn charge(counter: &mut impl Counter) {
    let mut bench = Bench::new();
    let mut all = Worst::default();
    all.take(bench.run(counter, 12_000));
    let idle = bench.run(counter, 1_000);
    counter.report("Charger::poll, idle in A", idle);
    bench.plug(PilotClass::B9);
    all.take(bench.run(counter, 20_000));
    bench.plug(PilotClass::C6);
    let closing = bench.run(counter, 10_000);
    counter.report("Charger::poll, worst while closing", closing);
    reached(counter, &bench, ChargeState::C);
    let charging = bench.run(counter, 1_000);
    counter.report("Charger::poll, worst in C", charging);
    let faulting = bench.break_down(counter, 20_000);
    counter.report("Charger::poll, worst with every fault", faulting);
    for worst in [idle, closing, charging, faulting] {
        all.take(worst);
    }
    counter.report("Charger::poll, worst of all", all.0);
}

/// A figure of 1 says that the charge really took place.
fn reached(counter: &mut impl Counter, bench: &Bench, state: ChargeState) {
    let status = bench.charger.status();
    let reached = status.state == state && status.contactor1.is_closed();
    counter.report("check: contactor closed in C", u32::from(reached));
}

fn mains(at: Instant, deci: i32) -> Event {
    let reading = MeterReading {
        currents: Some(PerPhase::splat(DeciAmps::from_deci(deci))),
        ..MeterReading::default()
    };
    Event {
        at,
        fact: Fact::Mains(reading),
    }
}

/// Smart, with a meter that sees an overload every other second.
fn planning(counter: &mut impl Counter) {
    let stored = [
        (SettingId::MainsMet, 9),
        (SettingId::Mode, 1),
        (SettingId::Mains, 25),
    ];
    let setup = Setup {
        settings: load(stored).settings,
        access: Access::On,
        ..Setup::default()
    };
    let mut manager = Manager::new(&setup, Instant::ZERO);
    let mut status = ChargerStatus {
        cap: DeciAmps::from_deci(160),
        ..ChargerStatus::default()
    };
    let mut now = Instant::ZERO;
    let mut worst = Worst::default();
    for second in 0..40 {
        now += Duration::from_secs(1);
        status.at = now;
        if second > 5 {
            (status.state, status.contactor1) = (ChargeState::C, Contactor::Closed);
            (status.vehicle_present, status.vehicle_asks) = (true, true);
        }
        manager.event(mains(now, if second % 2 == 0 { 150 } else { 300 }));
        let (manager, status) = (opaque(&mut manager), opaque(&status));
        let (cost, directive) = counter.count(|| manager.poll(now, status));
        consume(directive);
        worst.take(cost);
    }
    counter.report("Manager::poll, worst in Smart", worst.0);
    leading(counter);
    exchange(counter);
}

/// A master in Smart with seven nodes: all come, charge, and are overloaded.
fn leading(counter: &mut impl Counter) {
    let stored = [
        (SettingId::MainsMet, 9),
        (SettingId::Mode, 1),
        (SettingId::Mains, 63),
        (SettingId::PwrShare, 1),
    ];
    let setup = Setup {
        settings: load(stored).settings,
        access: Access::On,
        ..Setup::default()
    };
    let mut manager = Manager::new(&setup, Instant::ZERO);
    let mut status = ChargerStatus {
        cap: DeciAmps::from_deci(160),
        ..ChargerStatus::default()
    };
    let mut now = Instant::ZERO;
    let (mut worst, mut served) = (Worst::default(), Worst::default());
    for second in 0..90 {
        now += Duration::from_secs(1);
        let state = match second {
            0..5 => ChargeState::A,
            5..40 => ChargeState::CommC,
            _ => ChargeState::C,
        };
        (status.at, status.state) = (now, state);
        (status.vehicle_present, status.vehicle_asks) = (second >= 5, second >= 5);
        for index in 1..8 {
            let at = now;
            let fact = Fact::NodeReport(index, node(state, &manager, index));
            manager.event(Event { at, fact });
        }
        manager.event(mains(now, if second % 20 < 15 { 150 } else { 700 }));
        for delay in [0, 20] {
            let at = now + Duration::from_millis(delay);
            let (manager, status) = (opaque(&mut manager), opaque(&status));
            let (cost, directive) = counter.count(|| manager.poll(at, status));
            consume(directive);
            worst.take(cost);
            let fact = Fact::OrdersSent(manager.orders().version);
            manager.event(Event { at, fact });
        }
        let orders = manager.orders().set_points.into_iter();
        served.take(orders.filter(|current| *current > DeciAmps::ZERO).count() as u32);
    }
    counter.report("Manager::poll, worst of a master of 8", worst.0);
    counter.report("check: members served", served.0);
}

/// A node that obeys.
fn node(state: ChargeState, manager: &Manager, index: u8) -> NodeReport {
    let set_points = manager.orders().set_points;
    NodeReport {
        state,
        set_point: set_points
            .get(usize::from(index))
            .copied()
            .unwrap_or_default(),
        mode: Some(Mode::Smart),
        access: Some(Access::On),
        cap: DeciAmps::from_deci(160),
        phases: 3,
        ..NodeReport::default()
    }
}

/// The copies in and out: each is one critical section.
fn exchange(counter: &mut impl Counter) {
    let directive = Shared::new(opaque(Some(Directive::default())));
    let status = Shared::new(opaque(Some(ChargerStatus::default())));
    let wish = Slot::new();
    let (directive, status, wish) = (opaque(&directive), opaque(&status), opaque(&wish));
    let (value, state) = opaque((Some(Directive::default()), Some(ChargerStatus::default())));
    let command = opaque((Origin::Rest, Command::SetAccess(Access::On)));
    let (cost, ()) = counter.count(|| directive.set(value));
    counter.report("Shared::set of a directive", cost);
    let (cost, value) = counter.count(|| directive.get());
    counter.report("Shared::get of a directive", cost);
    let (cost, ()) = counter.count(|| status.set(state));
    counter.report("Shared::set of a status", cost);
    let (cost, state) = counter.count(|| status.get());
    counter.report("Shared::get of a status", cost);
    let (cost, put) = counter.count(|| wish.put(command));
    counter.report("Slot::put of a wish", cost);
    let (cost, wish) = counter.count(|| wish.take());
    counter.report("Slot::take of a wish", cost);
    consume((value, state, put, wish));
}

fn regulation(counter: &mut impl Counter) {
    let config = Config {
        mode: Mode::Smart,
        mains: Amps::from_amps(25),
        circuit: Amps::from_amps(20),
        capacity: Amps::from_amps(30),
        has_mains_meter: true,
        has_ev_meter: true,
        ..Config::default()
    };
    let mut evse = EvseView {
        wants: true,
        cap: config.max.to_deci(),
        ..EvseView::default()
    };
    let mut site = Site::default();
    let mut regulator = Regulator::new();
    let mut now = Instant::ZERO;
    let mut worst = Worst::default();
    for second in 0..60 {
        now += Duration::from_secs(1);
        evse.charging = second > 5;
        let deci = if second % 9 < 5 { 150 } else { 280 };
        site.mains
            .update(PerPhase::splat(DeciAmps::from_deci(deci)), now);
        site.circuit
            .update(PerPhase::splat(DeciAmps::from_deci(deci / 2)), now);
        evse.measured
            .update(PerPhase::splat(DeciAmps::from_deci(100)), now);
        let (regulator, site) = (opaque(&mut regulator), opaque(&site));
        let (config, evse) = (opaque(&config), opaque(&evse));
        let (cost, plan) =
            counter.count(|| regulator.step(now, config, site, core::slice::from_ref(evse)));
        consume(plan);
        worst.take(cost);
    }
    counter.report("Regulator::step, worst", worst.0);
}

/// 16, 15.5 and 16.5 A with their powers.
const REPLY: [u8; 29] = [
    0x0C, 4, 24, 0x41, 0x80, 0, 0, 0x41, 0x78, 0, 0, 0x41, 0x84, 0, 0, 0x45, 0x66, 0, 0, 0x45,
    0x5E, 0xD0, 0, 0x45, 0x6D, 0x30, 0, 0x90, 0x77,
];

fn modbus(counter: &mut impl Counter) {
    let read = opaque(Request::ReadInput {
        register: 6,
        count: 12,
    });
    let (cost, frame) = counter.count(|| encode_rtu(opaque(0x0C), &read));
    consume(frame);
    counter.report("encode_rtu, a read (8 bytes)", cost);
    let mut frame = opaque(Frame::new());
    let (cost, written) = counter.count(|| write_rtu(&mut frame, opaque(0x0C), &read));
    consume((written, frame));
    counter.report("write_rtu, a read (8 bytes)", cost);
    let words = opaque([0; 123]);
    let write = opaque(Request::WriteMultiple {
        register: 0,
        values: &words,
    });
    let (cost, frame) = counter.count(|| encode_rtu(opaque(0x0C), &write));
    consume(frame);
    counter.report("encode_rtu, the longest write (255 bytes)", cost);
    let mut frame = opaque(Frame::new());
    let (cost, written) = counter.count(|| write_rtu(&mut frame, opaque(0x0C), &write));
    consume((written, frame));
    counter.report("write_rtu, the longest write (255 bytes)", cost);
    reply(counter);
    #[cfg(feature = "speed")]
    crate::speed_peers::measure(counter, &REPLY);
}

fn reply(counter: &mut impl Counter) {
    let kind = opaque(ReadKind::Currents);
    let meter = opaque(Meter::Eastron3P);
    let Ok(question) = plan_read(meter, kind, Tag::new(1), 12) else {
        return;
    };
    let (question, bytes) = (opaque(question), opaque(REPLY));
    let (cost, words) = counter.count(|| {
        let registers = question.parse_rtu(&bytes).ok()?;
        Some(registers.words().map(u32::from).sum::<u32>())
    });
    consume(words);
    counter.report("parse_rtu, 12 registers (29 bytes)", cost);
    let (cost, values) = counter.count(|| {
        let registers = question.parse_rtu(&bytes).ok()?;
        decode_read(meter, kind, registers.bytes()).ok()
    });
    let decoded = values.is_some_and(|values| values.currents.is_some());
    counter.report("parse_rtu and decode_read (29 bytes)", cost);
    counter.report("check: currents decoded", u32::from(decoded));
}

/// The bare allocation: eight EVSEs that want, one limit on each phase.
fn allocation(counter: &mut impl Counter) {
    let deci = DeciAmps::from_deci;
    let mut members = opaque([Member::new(deci(60), deci(320)); 8]);
    let by = LimitedBy::Circuit(Phase::L1);
    for (capacity, name) in [
        (330, "allocate, 8 EVSEs in a shortage, 3 limits"),
        (640, "allocate, 8 EVSEs with enough for all, 3 limits"),
    ] {
        let limit = |phase| Limit::new(deci(capacity), Conductor::Phase(phase), by);
        let mut limits = opaque(Phase::ALL.map(limit));
        let (count, ()) = counter.count(|| allocate(&mut members, &mut limits, Share::Equal));
        consume(&members);
        counter.report(name, count);
    }
}

/// Eight EVSEs in a shortage, one limit on each phase.
fn schedule(counter: &mut impl Counter) {
    let deci = DeciAmps::from_deci;
    let view = ShareView {
        online: true,
        connected: true,
        wants: true,
        cap: deci(320),
        ..ShareView::UNKNOWN
    };
    let views = opaque([view; 8]);
    let config = opaque(ShareConfig::default());
    let mut group: Group = Group::new();
    let (mut first, mut steady, mut worst) = (0, 0, 0);
    for (second, capacity) in [250, 250, 330, 330, 330, 200, 200, 260, 240]
        .into_iter()
        .enumerate()
    {
        let now = Instant::from_secs(100) + Duration::from_secs(10).times(second as u64);
        let by = LimitedBy::Circuit(Phase::L1);
        let mut limits =
            Phase::ALL.map(|phase| Limit::new(deci(capacity), Conductor::Phase(phase), by));
        let orders = group.orders();
        let inputs = ShareInputs {
            views: &views,
            sent: Some(OrdersSent {
                at: now,
                currents: &orders,
            }),
            grace_running: false,
        };
        let (count, _) = counter.count(|| group.step(now, &config, &inputs, &mut limits));
        match second {
            0 => first = count,
            4 => steady = count,
            _ => {}
        }
        if second > 0 {
            worst = worst.max(count);
        }
    }
    counter.report("Group::step, 8 EVSEs arrive at once", first);
    counter.report("Group::step, 8 EVSEs in a shortage, as before", steady);
    counter.report("Group::step, 8 EVSEs in a shortage, 3 limits", worst);
}
