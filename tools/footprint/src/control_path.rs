//! The whole control path of a board with one context: sample, station,
//! drive, from an empty socket through a charge with overloads to every fault
//! at once.

use smartevse::{Setup, Station};
use smartevse_core::charger::BoardFacts;
use smartevse_core::event::{Event, Fact, MeterReading};
use smartevse_core::group::NodeReport;
use smartevse_core::hardware::Board;
use smartevse_core::io::{
    Contactor, ContactorFeedback, HardwareFaults, Inputs, LockDrive, LockFeedback, MainsInput,
    Outputs, PilotSample, ProximityInput, ResidualCurrentInput, SwitchInput, TemperatureInput,
};
use smartevse_core::pilot::PilotClass;
use smartevse_core::registry::SettingId;
use smartevse_core::settings::load;
use smartevse_core::state::ChargeState;
use smartevse_types::{Access, Celsius, DeciAmps, Duration, Instant, Mode, Ohms, PerPhase};

use crate::speed::Counter;
use crate::{consume, opaque, pins};

/// A board of adapters whose readings are replaced by those of a plant that
/// follows the outputs.
struct Plant<B> {
    adapters: B,
    levels: Inputs,
    car: PilotClass,
    follows: bool,
    outputs: Outputs,
}

impl<B: Board> Board for Plant<B> {
    fn sample(&mut self, now: Instant, inputs: &mut Inputs) {
        self.adapters.sample(now, inputs);
        let pulses = (1..1000).contains(&self.outputs.duty.as_permille());
        let from = now - Duration::from_millis(20);
        self.levels.pilot = PilotSample::from_class(self.car, pulses.then_some(true), from, now);
        *inputs = self.levels;
    }

    fn drive(&mut self, outputs: &Outputs) -> HardwareFaults {
        self.outputs = *outputs;
        if self.follows {
            follow(&mut self.levels, outputs);
        }
        self.adapters.drive(outputs)
    }
}

fn follow(levels: &mut Inputs, outputs: &Outputs) {
    let feedback = |contactor: Contactor| match contactor {
        Contactor::Open => ContactorFeedback::Open,
        Contactor::Closed => ContactorFeedback::Closed,
    };
    levels.contactor1 = feedback(outputs.contactor1);
    levels.contactor2 = feedback(outputs.contactor2);
    match outputs.lock {
        LockDrive::Off => {}
        LockDrive::Lock => levels.lock = LockFeedback::Locked,
        LockDrive::Unlock => levels.lock = LockFeedback::Unlocked,
    }
    levels.residual_current = if outputs.residual_current_test {
        ResidualCurrentInput::Fault
    } else {
        ResidualCurrentInput::Normal
    };
}

/// Levels of a healthy board with a socket.
const HEALTHY: Inputs = Inputs {
    pilot: None,
    proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
    residual_current: ResidualCurrentInput::Normal,
    residual_current_edge: false,
    temperature: TemperatureInput::Measured(Celsius::from_celsius(25)),
    contactor1: ContactorFeedback::Open,
    contactor2: ContactorFeedback::Open,
    lock: LockFeedback::Unlocked,
    switch: SwitchInput::Open,
    mains: MainsInput::Present,
    hardware: HardwareFaults::empty(),
};

/// Levels with everything wrong.
const BROKEN: Inputs = Inputs {
    residual_current: ResidualCurrentInput::Fault,
    residual_current_edge: true,
    temperature: TemperatureInput::Measured(Celsius::from_celsius(90)),
    contactor1: ContactorFeedback::Closed,
    contactor2: ContactorFeedback::Closed,
    switch: SwitchInput::Closed,
    mains: MainsInput::Lost,
    hardware: HardwareFaults::all(),
    ..HEALTHY
};

/// Smart with a meter, a motor lock and a residual-current monitor; alone (0)
/// or as a master (1).
fn setup(role: u16) -> Setup<'static> {
    let stored = [
        (SettingId::PwrShare, role),
        (SettingId::MainsMet, 9),
        (SettingId::Mode, 1),
        (SettingId::Mains, if role == 0 { 25 } else { 63 }),
        (SettingId::Lock, 2),
        (SettingId::Rcmon, 1),
    ];
    Setup {
        facts: BoardFacts {
            ventilation: true,
            residual_current_test: true,
            ..BoardFacts::default()
        },
        settings: load(stored).settings,
        access: Access::On,
        ..Setup::default()
    }
}

struct Path<B> {
    board: Plant<B>,
    station: Station,
    inputs: Inputs,
    now: Instant,
    worst: u32,
    closed: bool,
    /// Seven nodes charge as well.
    leads: bool,
}

impl<B: Board> Path<B> {
    fn turn(&mut self, counter: &mut impl Counter) {
        self.now += Duration::from_millis(10);
        let now = opaque(self.now);
        let (board, station) = (opaque(&mut self.board), opaque(&mut self.station));
        let inputs = opaque(&mut self.inputs);
        let (cost, outputs) = counter.count(|| {
            board.sample(now, inputs);
            let outputs = station.poll(now, inputs);
            inputs.hardware = board.drive(&outputs);
            outputs
        });
        self.closed |= outputs.contactor1.is_closed();
        self.worst = self.worst.max(cost);
    }

    /// Runs with a reading of the mains meter each second; in a busy house the
    /// half of them are overloads.
    fn run(&mut self, counter: &mut impl Counter, busy: bool, seconds: u32) {
        for second in 0..seconds {
            let overload = if self.leads { 700 } else { 300 };
            let deci = if busy && second % 4 >= 2 {
                overload
            } else {
                20
            };
            let reading = MeterReading {
                currents: Some(PerPhase::splat(DeciAmps::from_deci(deci))),
                ..MeterReading::default()
            };
            let event = Event {
                at: self.now,
                fact: Fact::Mains(reading),
            };
            self.station.event(event);
            if self.leads {
                self.hear_nodes();
            }
            for _ in 0..100 {
                self.turn(counter);
            }
        }
    }

    fn hear_nodes(&mut self) {
        let orders = *self.station.manager().orders();
        let facts = (1..8).map(|index| {
            let current = orders.set_points.get(usize::from(index));
            let report = charging(current.copied().unwrap_or_default());
            Fact::NodeReport(index, report)
        });
        let at = self.now;
        for fact in facts.chain([Fact::OrdersSent(orders.version)]) {
            self.station.event(Event { at, fact });
        }
    }

    /// An empty socket, a charge with overloads, and every fault at once.
    fn live(&mut self, counter: &mut impl Counter) {
        self.run(counter, false, 12);
        self.board.car = PilotClass::B9;
        self.run(counter, false, 10);
        self.board.car = PilotClass::C6;
        self.run(counter, false, 20);
        self.run(counter, true, 20);
        (self.board.follows, self.board.levels) = (false, BROKEN);
        self.run(counter, true, 20);
    }
}

/// A node that asks, charges with its share, and stops without one.
fn charging(set_point: DeciAmps) -> NodeReport {
    NodeReport {
        state: if set_point > DeciAmps::ZERO {
            ChargeState::C
        } else {
            ChargeState::CommC
        },
        set_point,
        mode: Some(Mode::Smart),
        access: Some(Access::On),
        cap: DeciAmps::from_deci(160),
        phases: 3,
        ..NodeReport::default()
    }
}

/// Measures the worst turn and its stack.
pub fn measure(counter: &mut impl Counter) {
    let mut path = path(0);
    path.live(counter);
    consume(path.inputs);
    counter.report("Control path: sample, Station::poll, drive", path.worst);
    counter.report("check: control path closed", u32::from(path.closed));
    let mut path = self::path(1);
    path.leads = true;
    path.live(counter);
    consume(path.inputs);
    counter.report("Control path of a master of 8", path.worst);
    counter.report(
        "check: control path of a master closed",
        u32::from(path.closed),
    );
}

fn path(role: u16) -> Path<impl Board> {
    Path {
        board: Plant {
            adapters: pins::board(),
            levels: HEALTHY,
            car: PilotClass::A12,
            follows: true,
            outputs: Outputs::SAFE,
        },
        station: Station::new(&opaque(setup(role)), Instant::ZERO),
        inputs: Inputs::default(),
        now: Instant::ZERO,
        worst: 0,
        closed: false,
        leads: false,
    }
}
