//! One turn of the 10 ms loop and one turn of planning, without a chip.

use smartevse::meter_line::{LineMeter, MeterLine, MeterRole};
use smartevse::{Manager, Setup};
use smartevse_core::charger::Charger;
use smartevse_core::command::{Command, Origin};
use smartevse_core::directive::{ChargerStatus, Directive};
use smartevse_core::event::Event;
use smartevse_core::hardware::{Board, ButtonSet};
use smartevse_core::io::{HardwareFaults, Inputs, Outputs};
use smartevse_core::light::Light;
use smartevse_core::options::RfidMode;
use smartevse_core::settings::Settings;
use smartevse_meters::{BusConfig, Meter};
use smartevse_types::{Access, Duration, Instant};

use crate::facts::{BAUD, BOARD, CHARACTER_BITS};
use crate::outputs::LockType;
use crate::supervisor::{Part, Supervisor, period};

/// What planning hands to the 10 ms loop and to the front ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// For the charging control.
    pub directive: Directive,
    /// For the light; `None` before the first turn.
    pub light: Option<Light>,
    /// Whether the card reader may use the line of the switch.
    pub reader: bool,
}

/// What a turn of the 10 ms loop tells the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Status of the charging control.
    pub status: ChargerStatus,
    /// Watchdog period to begin now; `None` = the dog is not fed.
    pub feed: Option<Duration>,
}

/// The 10 ms loop.
#[derive(Debug)]
pub struct Control {
    charger: Charger,
    inputs: Inputs,
    supervisor: Supervisor,
}

impl Control {
    /// Starts with safe outputs.
    #[must_use]
    pub fn new(setup: &Setup<'_>, now: Instant) -> Self {
        Self {
            charger: Charger::new(setup.facts, setup.boot, now),
            inputs: Inputs::default(),
            supervisor: Supervisor::new(now),
        }
    }

    /// Samples, decides, drives. `alive` has the signs of life of the others.
    pub fn turn(
        &mut self,
        now: Instant,
        board: &mut impl Board,
        plan: &Plan,
        alive: &[(Part, Instant)],
        erase_permit: bool,
    ) -> Turn {
        board.sample(now, &mut self.inputs);
        let decided = self.charger.poll(now, &self.inputs, &plan.directive);
        let light = plan.light.map_or(decided.light, |light| light.at(now));
        let outputs = Outputs { light, ..decided };
        let failed = board.drive(&outputs);
        self.watch(alive);
        self.inputs.hardware = failed;
        Turn {
            status: self.charger.status(),
            feed: self.feed(now, failed, erase_permit, &outputs),
        }
    }

    fn watch(&mut self, alive: &[(Part, Instant)]) {
        for (part, at) in alive {
            self.supervisor.alive(*part, *at);
        }
        if let Some(sample) = self.inputs.pilot {
            self.supervisor.alive(Part::Pilot, sample.at);
        }
    }

    fn feed(
        &self,
        now: Instant,
        failed: HardwareFaults,
        erase_permit: bool,
        outputs: &Outputs,
    ) -> Option<Duration> {
        let open = !outputs.contactor1.is_closed() && !outputs.contactor2.is_closed();
        let feeds = self.supervisor.may_feed(now, failed);
        feeds.then(|| period(erase_permit, open))
    }
}

/// Hands the type of the lock in force to the lock.
pub fn take_over_lock(lock: &mut impl LockType, plan: &Plan) {
    lock.set_lock_type(plan.directive.config.lock);
}

/// The planning half with its inbox.
#[derive(Debug)]
pub struct Planner {
    manager: Manager,
    directive: Directive,
}

impl Planner {
    /// Starts planning.
    #[must_use]
    pub fn new(setup: &Setup<'_>, now: Instant) -> Self {
        Self {
            manager: Manager::new(setup, now),
            directive: Directive::default(),
        }
    }

    /// Takes facts and a wish, and plans when that is due.
    pub fn turn(
        &mut self,
        now: Instant,
        status: &ChargerStatus,
        events: impl Iterator<Item = Event>,
        wish: Option<(Origin, Command)>,
    ) -> Plan {
        for event in events {
            self.manager.event(event);
        }
        if let Some((origin, command)) = wish {
            // A refusal shows in the plan: nothing changes.
            let _ = self.manager.command(now, origin, command);
        }
        if self.manager.is_due(now, status) {
            self.directive = self.manager.poll(now, status);
        }
        Plan {
            directive: self.directive,
            light: Some(self.manager.light(status)),
            reader: self.manager.snapshot(status).in_force.rfid() != RfidMode::Disabled,
        }
    }
}

/// What the charger starts with: settings as they ship and access off.
///
/// There is no settings store yet; a firmware that has one fills this in.
#[must_use]
pub fn setup() -> Setup<'static> {
    Setup {
        facts: BOARD,
        access: Access::Off,
        ..Setup::default()
    }
}

/// Gives the meters that the settings put on the line; `None` without any.
#[must_use]
pub fn meter_line(settings: &Settings) -> Option<MeterLine> {
    let meter = |role, id, address| {
        Meter::from_id(id).map(|meter| LineMeter {
            role,
            meter,
            address,
        })
    };
    let mains = meter(MeterRole::Mains, settings.mains_met(), settings.mains_adr());
    let ev = meter(MeterRole::Ev, settings.ev_meter(), settings.ev_adr());
    let build = |meters: &[LineMeter]| {
        let config = BusConfig::rtu(BAUD, CHARACTER_BITS);
        MeterLine::new(config, meters).ok()
    };
    // A meter that is not read over Modbus must not take the other one along.
    let both = mains.zip(ev).and_then(|(mains, ev)| build(&[mains, ev]));
    both.or_else(|| mains.and_then(|mains| build(&[mains])))
        .or_else(|| ev.and_then(|ev| build(&[ev])))
}

/// The wish of a pressed button until there is a menu: "o" gives access, or
/// takes it away.
#[must_use]
pub fn wish(before: ButtonSet, pressed: ButtonSet, plan: &Plan) -> Option<(Origin, Command)> {
    let fresh = pressed.difference(before);
    let wanted = match plan.directive.access {
        Access::On => Access::Off,
        Access::Off | Access::Pause => Access::On,
    };
    let command = (Origin::Button, Command::SetAccess(wanted));
    (fresh == ButtonSet::MIDDLE).then_some(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::hardware::LONGEST_WATCHDOG;
    use smartevse_core::io::{
        MilliVoltRange, PilotSample, ProximityInput, ResidualCurrentInput, TemperatureInput,
    };
    use smartevse_core::registry::SettingId;
    use smartevse_core::settings::load;
    use smartevse_types::{Celsius, Ohms};

    /// A bench with a vehicle that asks for energy, in plain numbers.
    struct Bench {
        level: i32,
        outputs: Outputs,
        stuck: bool,
        fails: HardwareFaults,
    }

    impl Board for Bench {
        fn sample(&mut self, now: Instant, inputs: &mut Inputs) {
            let at = if self.stuck { Instant::ZERO } else { now };
            let pulses = (1..1000).contains(&self.outputs.duty.as_permille());
            *inputs = Inputs {
                pilot: Some(PilotSample {
                    from: at,
                    at,
                    high: MilliVoltRange::from_milli(self.level, self.level),
                    low: pulses.then_some(MilliVoltRange::from_milli(-12_000, -12_000)),
                }),
                proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
                residual_current: ResidualCurrentInput::Normal,
                temperature: TemperatureInput::Measured(Celsius::from_celsius(30)),
                hardware: inputs.hardware,
                ..Inputs::default()
            };
        }

        fn drive(&mut self, outputs: &Outputs) -> HardwareFaults {
            self.outputs = *outputs;
            self.fails
        }
    }

    struct Rig {
        bench: Bench,
        control: Control,
        planner: Planner,
        plan: Plan,
        status: ChargerStatus,
        now: Instant,
        fed: Option<Duration>,
        planning: bool,
    }

    impl Rig {
        fn new() -> Self {
            let setup = setup();
            Self {
                bench: Bench {
                    level: 12_000,
                    outputs: Outputs::SAFE,
                    stuck: false,
                    fails: HardwareFaults::empty(),
                },
                control: Control::new(&setup, Instant::ZERO),
                planner: Planner::new(&setup, Instant::ZERO),
                plan: Plan::default(),
                status: ChargerStatus::default(),
                now: Instant::ZERO,
                fed: None,
                planning: true,
            }
        }

        fn run(&mut self, ms: u64, wish: Option<(Origin, Command)>) {
            let end = self.now + Duration::from_millis(ms);
            let mut wish = wish;
            while self.now < end {
                if self.planning {
                    let none = core::iter::empty();
                    let wish = wish.take();
                    self.plan = self.planner.turn(self.now, &self.status, none, wish);
                }
                let alive = [Part::Manager, Part::Line, Part::Front].map(|part| (part, self.now));
                let alive = if self.planning {
                    &alive[..]
                } else {
                    &alive[1..]
                };
                let turn = self
                    .control
                    .turn(self.now, &mut self.bench, &self.plan, alive, false);
                (self.status, self.fed) = (turn.status, turn.feed);
                self.now += Duration::from_millis(10);
            }
        }

        fn charge(&mut self) {
            self.run(
                6_000,
                wish(ButtonSet::empty(), ButtonSet::MIDDLE, &self.plan),
            );
            self.bench.level = 9_000;
            self.run(2_000, None);
            self.bench.level = 6_000;
            self.run(8_000, None);
            assert!(self.bench.outputs.contactor1.is_closed());
            assert_eq!(self.fed, Some(LONGEST_WATCHDOG));
        }
    }

    #[test]
    fn when_nobody_gives_access_then_nothing_closes() {
        let mut rig = Rig::new();
        rig.bench.level = 6_000;
        rig.run(60_000, None);
        assert!(!rig.bench.outputs.contactor1.is_closed());
    }

    /// I-06, through the whole loop.
    #[test]
    fn when_the_vehicle_leaves_then_the_contactor_opens_in_that_turn() {
        let mut rig = Rig::new();
        rig.charge();
        rig.bench.level = 12_000;
        rig.run(10, None);
        assert!(!rig.bench.outputs.contactor1.is_closed());
    }

    /// I-07 and decision 52: first the contactor opens, then the dog starves.
    #[test]
    fn when_samples_stop_then_the_contactor_opens_and_the_dog_starves() {
        let mut rig = Rig::new();
        rig.charge();
        rig.bench.stuck = true;
        rig.run(150, None);
        assert!(!rig.bench.outputs.contactor1.is_closed());
        assert_eq!(rig.fed, None);
    }

    /// Design 3.2: a hung manager ends the charge in the orderly way, before
    /// the watchdog does.
    #[test]
    fn when_planning_hangs_then_the_charge_ends_before_the_reset() {
        let mut rig = Rig::new();
        rig.charge();
        rig.planning = false;
        rig.run(8_500, None);
        assert!(!rig.bench.outputs.contactor1.is_closed());
        assert!(rig.fed.is_some());
        rig.run(2_000, None);
        assert_eq!(rig.fed, None);
    }

    #[test]
    fn when_an_output_is_not_read_back_then_the_dog_starves() {
        let mut rig = Rig::new();
        rig.charge();
        rig.bench.fails = HardwareFaults::CONTACTOR;
        rig.run(10, None);
        assert_eq!(rig.fed, None);
    }

    #[test]
    fn when_the_middle_button_is_pressed_then_the_access_changes() {
        let mut plan = Plan::default();
        let press = |plan: &Plan| wish(ButtonSet::empty(), ButtonSet::MIDDLE, plan);
        let set = |access| Some((Origin::Button, Command::SetAccess(access)));
        assert_eq!(press(&plan), set(Access::On));
        plan.directive.access = Access::On;
        assert_eq!(press(&plan), set(Access::Off));
        assert_eq!(wish(ButtonSet::MIDDLE, ButtonSet::MIDDLE, &plan), None);
        assert_eq!(wish(ButtonSet::empty(), ButtonSet::all(), &plan), None);
    }

    #[test]
    fn when_meters_are_set_then_the_line_asks_for_them() {
        let settings = |mains: u8, ev: u8| {
            let stored = [
                (SettingId::MainsMet, u16::from(mains)),
                (SettingId::EvMeter, u16::from(ev)),
            ];
            load(stored).settings
        };
        assert!(meter_line(&settings(0, 0)).is_none());
        let eastron = Meter::Eastron3P.id();
        for (mains, ev) in [(eastron, 0), (0, eastron), (eastron, eastron)] {
            assert!(meter_line(&settings(mains, ev)).is_some());
        }
    }
}
