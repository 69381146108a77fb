//! A charging control with its oracle in an environment.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::discriminant;

use smartevse_core::charger::{BootRecord, Charger};
use smartevse_core::directive::{
    ChargerConfig, DIRECTIVE_LEASE, Directive, Handshake, LockWish, PowerGrant, Requests,
};
use smartevse_core::faults::Faults;
use smartevse_core::io::{
    ContactorFeedback, HardwareFaults, Inputs, LockDrive, LockFeedback, MainsInput, Outputs,
    PilotSample, PilotSwitch, ProximityInput, ResidualCurrentInput, TemperatureInput,
};
use smartevse_core::options::CableKind;
use smartevse_core::oracle::{Violation, Watch};
use smartevse_core::pilot::{PILOT_STALE, PilotClass};
use smartevse_core::state::ChargeState;
use smartevse_core::types::{
    Access, Amps, BlockReason, Celsius, DeciAmps, Duration, DutyPermille, Instant, Ohms,
};

use smartevse_core::vehicle::VehicleCheck;

use super::blindfold::{Blindfold, reading};
use super::moves::{Move, Press, Wait};
use super::shape::shape_of;
use super::station::Station;
use super::world::{
    ACCESS, CABLE, DIODE, DUTY, GRANT, HARDWARE, HEAT, IMPOSED, LEASE, LOCK, LOCK_WISH, MAIN,
    MAINS, MASTER, MONITOR, PHASES, PILOT, SECOND, SETTINGS, SILENT, VEHICLE, World,
};

/// Distance of two polls.
pub const TICK: Duration = Duration::from_millis(10);
/// Time that nobody watches in a late poll.
const GAP: Duration = Duration::from_millis(200);
/// Span that a late sample speaks for.
const WINDOW: Duration = Duration::from_millis(20);

/// A node of the walk.
#[derive(Clone)]
pub struct Bench {
    pub station: &'static Station,
    pub blindfold: Blindfold,
    pub charger: Charger,
    pub watch: Watch,
    pub now: Instant,
    pub world: World,
    pub outputs: Outputs,
    sample: Option<PilotSample>,
    /// Class of the sample, and what its low phase showed of a diode.
    shown: (PilotClass, Option<bool>),
    requests: Requests,
    /// What went into the latest poll. Planning that does not renew its lease
    /// says nothing new.
    latest: (Inputs, Directive),
    locked: bool,
}

/// What people and other parts can see of a charging control.
#[derive(Clone, Copy, PartialEq, Debug)]
struct View {
    state: ChargeState,
    outputs: Outputs,
    faults: Faults,
    block: Option<std::mem::Discriminant<BlockReason>>,
    vehicle: bool,
}

impl Bench {
    pub fn new(station: &'static Station, blindfold: Blindfold, latched: Faults) -> Self {
        let now = Instant::from_secs(1);
        let facts = station.facts();
        Self {
            station,
            blindfold,
            charger: Charger::new(facts, BootRecord { latched }, now),
            watch: Watch::new(facts).started(now),
            now,
            world: World::default(),
            outputs: Outputs::SAFE,
            sample: None,
            shown: (PilotClass::Unknown, None),
            requests: Requests::default(),
            latest: Default::default(),
            locked: false,
        }
    }

    /// What the node must share with another to count as the same.
    pub fn key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        shape_of(&self.charger, self.now).hash(&mut hasher);
        self.world.hash(&mut hasher);
        self.locked.hash(&mut hasher);
        let stale = self.sample_age() > PILOT_STALE;
        stale.hash(&mut hasher);
        hasher.finish()
    }

    /// Makes one move.
    pub fn make(&mut self, step: Move) -> Result<(), Violation> {
        match step {
            Move::Wait(Wait::Tick) => self.tick(),
            Move::Wait(Wait::For(span)) => self.run(span),
            Move::Wait(Wait::Change) => self.run_until_change(),
            Move::Wait(Wait::Next) => self.run_to_deadline().map(drop),
            Move::Wait(Wait::Again) => self.judge(),
            Move::Wait(Wait::Late) => {
                let now = self.now + GAP;
                self.poll(now, now - WINDOW)
            }
            Move::Press(press) => self.press(press),
            Move::Set(part, value) => {
                self.world.set(usize::from(part), value);
                self.tick()
            }
            Move::Reboot => self.reboot(),
        }
    }

    pub fn tick(&mut self) -> Result<(), Violation> {
        self.poll(self.now + TICK, self.now)
    }

    pub fn press(&mut self, press: Press) -> Result<(), Violation> {
        press.note(&mut self.requests);
        self.tick()
    }

    /// The device is reset; what must outlive that was stored.
    pub fn reboot(&mut self) -> Result<(), Violation> {
        let latched = self.charger.status().latched;
        let facts = self.station.facts();
        self.charger = Charger::new(facts, BootRecord { latched }, self.now);
        self.watch.restart();
        self.outputs = Outputs::SAFE;
        self.sample = None;
        self.tick()
    }

    /// Polls at the deadlines, and 10 ms before, for this long.
    pub fn run(&mut self, span: Duration) -> Result<(), Violation> {
        let end = self.now + span;
        while self.now < end {
            self.poll_around_deadline(end)?;
        }
        Ok(())
    }

    fn run_until_change(&mut self) -> Result<(), Violation> {
        let before = self.view();
        let end = self.now + self.patience();
        while self.now < end && self.view() == before {
            self.poll_around_deadline(end)?;
        }
        Ok(())
    }

    /// Polls up to the next deadline of the charging control that is not the
    /// end of a lease, which is renewed; `false` = there is none in sight.
    pub fn run_to_deadline(&mut self) -> Result<bool, Violation> {
        let end = self.now + self.horizon();
        while self.now < end {
            let due = self.charger.deadline().state;
            let issued = self.latest.1.issued;
            let renews = issued.is_some_and(|issued| due == issued + DIRECTIVE_LEASE);
            self.poll_around_deadline(end)?;
            let expires = self.world.get(LEASE) != 0;
            if !renews || expires {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// No timer that is running now runs longer.
    pub fn horizon(&self) -> Duration {
        match self.charger.status().block {
            Some(BlockReason::Flapping(_)) => Duration::from_secs(310),
            Some(_) | None => Duration::from_secs(65),
        }
    }

    /// Class that the latest poll was shown, and the diode of its low phase.
    pub fn shown(&self) -> (PilotClass, Option<bool>) {
        if self.sample_age() > PILOT_STALE {
            (PilotClass::Unknown, None)
        } else {
            self.shown
        }
    }

    pub const fn is_locked(&self) -> bool {
        self.locked
    }

    /// Two polls: what the deadline changes is then seen after an interval
    /// that the oracle takes for supervised.
    fn poll_around_deadline(&mut self, end: Instant) -> Result<(), Violation> {
        let before = self.due(end) - TICK;
        if before > self.now {
            self.poll(before, self.now)?;
        }
        self.poll_at_deadline(end)
    }

    /// One poll, at the next deadline but not later than `end`.
    pub fn poll_at_deadline(&mut self, end: Instant) -> Result<(), Violation> {
        self.poll(self.due(end), self.now)
    }

    fn due(&self, end: Instant) -> Instant {
        let deadline = self.charger.deadline();
        let fresh = self.sample_age() <= PILOT_STALE;
        let due = if self.world.get(PILOT) == SILENT && fresh {
            deadline.earliest()
        } else {
            deadline.state
        };
        let beats = due.since(self.now).as_micros().div_ceil(TICK.as_micros());
        let due = self.now + TICK.times(beats.max(1));
        due.earliest(end)
    }

    /// Answer of a master that grants each request after it was made.
    pub fn fair_master(&self) -> u8 {
        let state = self.charger.status().state;
        if self.world.get(MASTER) != 0 {
            0
        } else if state == ChargeState::CommB {
            1
        } else if state == ChargeState::CommC {
            2
        } else {
            0
        }
    }

    /// Longest time in which something may still change by itself.
    fn patience(&self) -> Duration {
        match self.charger.status().block {
            Some(BlockReason::Flapping(_)) => Duration::from_secs(310),
            Some(_) => Duration::from_secs(65),
            None => Duration::from_secs(7),
        }
    }

    fn view(&self) -> View {
        let status = self.charger.status();
        View {
            state: status.state,
            outputs: self.outputs,
            faults: status.faults,
            block: status.block.as_ref().map(discriminant),
            vehicle: status.vehicle_present,
        }
    }

    fn sample_age(&self) -> Duration {
        self.sample
            .map_or(PILOT_STALE + TICK, |sample| self.now.since(sample.at))
    }

    /// One poll; a sample of it speaks for the time since `from`.
    fn poll(&mut self, now: Instant, from: Instant) -> Result<(), Violation> {
        self.now = now;
        self.take_sample(from);
        self.latest.0 = self.inputs();
        if self.world.get(LEASE) == 0 {
            self.latest.1 = self.directive();
        }
        let result = self.judge();
        self.move_lock();
        result
    }

    /// Polls with the latest inputs, and has the oracle look at it.
    fn judge(&mut self) -> Result<(), Violation> {
        let now = self.now;
        let (inputs, directive) = self.latest;
        let (mut shown, mut told) = (inputs, directive);
        self.blindfold
            .apply(now, &self.outputs, &mut shown, &mut told);
        self.outputs = self.charger.poll(now, &shown, &told);
        let status = self.charger.status();
        let result = self
            .watch
            .observe(now, &inputs, &directive, &self.outputs, &status);
        self.watch.promise(self.charger.deadline());
        result
    }

    fn take_sample(&mut self, from: Instant) {
        if self.world.get(PILOT) == SILENT {
            return;
        }
        let pulse = (1..1_000).contains(&self.outputs.duty.as_permille());
        let connected = self.outputs.pilot_switch == PilotSwitch::Closed;
        let diode = pulse.then_some(self.world.get(DIODE) == 0 || !connected);
        self.shown = (self.class(), diode);
        self.sample = PilotSample::from_class(self.class(), diode, from, self.now);
    }

    /// Class at the generator: the vehicle has no say while it is isolated or
    /// held at −12 V, unless the line is shorted.
    fn class(&self) -> PilotClass {
        let wanted = self.world.class();
        let negative = self.outputs.duty.as_permille() == 0;
        if self.outputs.pilot_switch == PilotSwitch::Isolated {
            self.isolated_class()
        } else if negative && (wanted.is_vehicle() || wanted == PilotClass::A12) {
            PilotClass::Neg12
        } else {
            wanted
        }
    }

    const fn isolated_class(&self) -> PilotClass {
        if self.station.measures_generator {
            PilotClass::A12
        } else {
            PilotClass::Short0
        }
    }

    /// The lock follows its drive unless it is broken.
    fn move_lock(&mut self) {
        match self.outputs.lock {
            LockDrive::Lock => self.locked = true,
            LockDrive::Unlock => self.locked = false,
            LockDrive::Off => {}
        }
    }

    fn inputs(&self) -> Inputs {
        let value = |part| self.world.get(part);
        Inputs {
            pilot: self.sample,
            proximity: self.proximity(),
            residual_current: self.monitor(),
            temperature: match value(HEAT) {
                0 => celsius(25),
                1 => celsius(66),
                2 => celsius(90),
                _ => TemperatureInput::Missing,
            },
            contactor1: self.feedback(MAIN, self.outputs.contactor1.is_closed()),
            contactor2: self.feedback(SECOND, self.outputs.contactor2.is_closed()),
            lock: self.lock(),
            mains: if value(MAINS) == 0 {
                MainsInput::Present
            } else {
                MainsInput::Lost
            },
            hardware: match value(HARDWARE) {
                0 => HardwareFaults::empty(),
                1 => HardwareFaults::CONTACTOR,
                2 => HardwareFaults::PILOT_OUTPUT,
                3 => HardwareFaults::LOCK,
                _ => HardwareFaults::TEMPERATURE,
            },
            ..Inputs::default()
        }
    }

    fn proximity(&self) -> ProximityInput {
        match self.world.get(CABLE) {
            0 => ProximityInput::Resistance(Ohms::from_ohms(220)),
            1 => ProximityInput::Open,
            _ => ProximityInput::Resistance(Ohms::from_ohms(10)),
        }
    }

    fn monitor(&self) -> ResidualCurrentInput {
        let fault = match self.world.get(MONITOR) {
            0 => self.outputs.residual_current_test,
            1 => true,
            _ => false,
        };
        match (self.station.monitor, fault) {
            (false, _) => ResidualCurrentInput::NotFitted,
            (true, true) => ResidualCurrentInput::Fault,
            (true, false) => ResidualCurrentInput::Normal,
        }
    }

    fn feedback(&self, part: usize, commanded: bool) -> ContactorFeedback {
        match (self.station.feedback, self.world.get(part)) {
            (false, _) => ContactorFeedback::NotFitted,
            (true, 0) => reading(commanded),
            (true, 1) => reading(true),
            (true, _) => reading(false),
        }
    }

    fn lock(&self) -> LockFeedback {
        match (self.station.lock, self.world.get(LOCK), self.locked) {
            (false, _, _) => LockFeedback::NotFitted,
            (true, 0, true) => LockFeedback::Locked,
            (true, 0 | 1, _) => LockFeedback::Unlocked,
            (true, _, _) => LockFeedback::Unknown,
        }
    }

    fn directive(&self) -> Directive {
        let value = |part| self.world.get(part);
        Directive {
            issued: Some(self.now),
            access: match value(ACCESS) {
                0 => Access::On,
                1 => Access::Off,
                _ => Access::Pause,
            },
            grant: self.grant(),
            three_phase: value(PHASES) == 0,
            handshake: match (self.station.node, value(MASTER)) {
                (false, _) => Handshake::NotNeeded,
                (true, 0) => Handshake::Waiting,
                (true, 1) => Handshake::GrantedB,
                (true, _) => Handshake::GrantedC,
            },
            faults: match value(IMPOSED) {
                0 => Faults::empty(),
                1 => Faults::LESS_6A,
                _ => Faults::CT_NOCOMM,
            },
            lock: match value(LOCK_WISH) {
                0 => LockWish::Auto,
                1 => LockWish::Keep,
                _ => LockWish::Release,
            },
            duty_override: match value(DUTY) {
                0 => None,
                1 => Some(DutyPermille::ZERO),
                _ => Some(DutyPermille::from_permille(133)),
            },
            modem: match value(VEHICLE) {
                0 => VehicleCheck::Accepted,
                1 => VehicleCheck::NotRequired,
                2 => VehicleCheck::Missing,
                _ => VehicleCheck::Refused,
            },
            requests: self.requests,
            config: self.config(),
            ..Directive::default()
        }
    }

    fn config(&self) -> ChargerConfig {
        let mut config = self.station.config();
        match self.world.get(SETTINGS) {
            0 => {}
            1 => config.cable = CableKind::Fixed,
            _ => config.max = Amps::from_amps(8),
        }
        config
    }

    fn grant(&self) -> PowerGrant {
        let offered = match self.world.get(GRANT) {
            0 => 160,
            1 => 60,
            _ => 0,
        };
        PowerGrant {
            available: offered > 0,
            offered: DeciAmps::from_deci(offered),
            ..PowerGrant::default()
        }
    }
}

const fn celsius(value: i16) -> TemperatureInput {
    TemperatureInput::Measured(Celsius::from_celsius(value))
}
