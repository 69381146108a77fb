//! A simulated charger board: pilot, contactors, lock, sensors, and switches
//! that break them.

use smartevse_core::hardware::Board;
use smartevse_core::io::{
    Contactor, ContactorFeedback, HardwareFaults, Inputs, LockDrive, LockFeedback, MainsInput,
    Outputs, PilotSample, ProximityInput, ResidualCurrentInput, SwitchInput, TemperatureInput,
};
use smartevse_types::{Celsius, Duration, Instant, Ohms};

use crate::car::Supply;
use crate::connector::{PilotSeen, VehicleSide};

/// Time that a contactor needs to move, as its auxiliary contact shows it.
const CONTACTOR_TRAVEL: Duration = Duration::from_millis(30);

/// Time that the lock needs to move.
const LOCK_TRAVEL: Duration = Duration::from_millis(300);

/// Time after which the residual-current monitor reacts to its test.
const TEST_REACTION: Duration = Duration::from_millis(100);

/// What the simulated board has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BoardKit {
    /// Auxiliary contacts of the contactors.
    pub contactor_feedback: bool,
    /// A second contactor for L2 and L3. Without it the main contactor
    /// switches all phases.
    pub second_contactor: bool,
    /// A cable lock with feedback.
    pub lock_feedback: bool,
    /// A residual-current monitor.
    pub residual_current: bool,
    /// A mains-voltage input.
    pub mains_input: bool,
}

impl Default for BoardKit {
    fn default() -> Self {
        Self {
            contactor_feedback: true,
            second_contactor: true,
            lock_feedback: true,
            residual_current: true,
            mains_input: false,
        }
    }
}

/// Faults that can be switched on at any time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BoardFaults {
    /// The main contactor stays as it is (welded, or dead).
    pub contactor1_stuck: bool,
    /// The main contactor opens and stays open, whatever is commanded.
    pub contactor1_dropped: bool,
    /// The second contactor stays as it is.
    pub contactor2_stuck: bool,
    /// The lock stays where it is.
    pub lock_stuck: bool,
    /// The lock has come loose: it reads unlocked wherever it is.
    pub lock_loose: bool,
    /// The pilot samples stop; the last one is repeated and grows old.
    pub pilot_frozen: bool,
    /// The temperature sensor cannot be read.
    pub temperature_failed: bool,
    /// The residual-current monitor reports a fault.
    pub residual_current: bool,
    /// The residual-current monitor does not react to its test.
    pub residual_current_deaf: bool,
    /// Mains voltage is lost.
    pub mains_lost: bool,
    /// Parts that refuse their commands or cannot be sampled. A part that
    /// refuses stays as it is.
    pub refused: HardwareFaults,
}

/// Outputs that can refuse.
const OUTPUTS: HardwareFaults = HardwareFaults::PILOT_OUTPUT
    .union(HardwareFaults::CONTACTOR)
    .union(HardwareFaults::LOCK)
    .union(HardwareFaults::RESIDUAL_CURRENT)
    .union(HardwareFaults::LIGHT);

/// A part that moves to its commanded position after some time.
#[derive(Clone, Copy, Debug)]
struct Moving {
    closed: bool,
    since: Instant,
}

impl Moving {
    const REST: Self = Self {
        closed: false,
        since: Instant::ZERO,
    };

    fn command(&mut self, closed: bool, now: Instant) {
        if self.closed != closed {
            *self = Self { closed, since: now };
        }
    }

    /// The position that a feedback shows.
    fn shown(&self, now: Instant, travel: Duration) -> bool {
        self.closed == (now.since(self.since) >= travel || self.since == Instant::ZERO)
    }

    fn settles(&self, travel: Duration, now: Instant) -> Instant {
        let at = self.since + travel;
        if at > now && self.since != Instant::ZERO {
            at
        } else {
            Instant::FAR_FUTURE
        }
    }
}

/// A simulated charger board.
#[derive(Clone, Debug)]
pub struct SimBoard {
    kit: BoardKit,
    faults: BoardFaults,
    outputs: Outputs,
    vehicle: VehicleSide,
    plugged: bool,
    cable: Ohms,
    temperature: Celsius,
    switch: SwitchInput,
    main: Moving,
    second: Moving,
    lock: Moving,
    test_since: Option<Instant>,
    last_pilot: Option<PilotSample>,
    now: Instant,
}

impl SimBoard {
    /// Makes a board at rest: 25 °C, a 32 A cable that is not plugged in, the
    /// external switch open.
    #[must_use]
    pub fn new(kit: BoardKit) -> Self {
        Self {
            kit,
            faults: BoardFaults::default(),
            outputs: Outputs::SAFE,
            vehicle: VehicleSide::default(),
            plugged: false,
            cable: Ohms::from_ohms(220),
            temperature: Celsius::from_celsius(25),
            switch: SwitchInput::Open,
            main: Moving::REST,
            second: Moving::REST,
            lock: Moving::REST,
            test_since: None,
            last_pilot: None,
            now: Instant::ZERO,
        }
    }

    /// Switches faults on and off.
    pub fn set_faults(&mut self, faults: BoardFaults) {
        let sampled = self.last_pilot.is_some_and(|last| last.at < self.now);
        if faults.pilot_frozen && !self.faults.pilot_frozen && sampled {
            self.last_pilot = self.peek_pilot(self.now);
        }
        self.faults = faults;
        if faults.contactor1_dropped {
            self.main.command(false, self.now);
        }
    }

    /// The faults that are switched on.
    #[must_use]
    pub const fn faults(&self) -> BoardFaults {
        self.faults
    }

    /// Sets the module temperature.
    pub fn set_temperature(&mut self, temperature: Celsius) {
        self.temperature = temperature;
    }

    /// Sets the coding resistor of the cable.
    pub fn set_cable(&mut self, cable: Ohms) {
        self.cable = cable;
    }

    /// Sets the external switch.
    pub fn set_switch(&mut self, switch: SwitchInput) {
        self.switch = switch;
    }

    /// Connects or disconnects a vehicle.
    pub fn connect(&mut self, vehicle: Option<VehicleSide>) {
        self.plugged = vehicle.is_some();
        self.vehicle = vehicle.unwrap_or_default();
    }

    /// The vehicle that is connected.
    pub(crate) fn vehicle(&self) -> Option<VehicleSide> {
        self.plugged.then_some(self.vehicle)
    }

    /// What is done to it next happens at this moment.
    pub(crate) fn touch(&mut self, now: Instant) {
        self.now = now;
    }

    /// What the vehicle sees.
    #[must_use]
    pub fn supply(&self) -> Supply {
        let second = !self.kit.second_contactor || self.second.closed;
        Supply {
            pilot: PilotSeen::of(&self.outputs),
            main: self.main.closed,
            others: self.main.closed && second,
        }
    }

    /// The outputs driven last.
    #[must_use]
    pub const fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// Drives the outputs at a moment.
    pub fn drive_at(&mut self, now: Instant, outputs: &Outputs) {
        self.now = now;
        let outputs = &self.accepted(outputs);
        if !self.faults.contactor1_stuck && !self.faults.contactor1_dropped {
            self.main.command(outputs.contactor1.is_closed(), now);
        }
        if !self.faults.contactor2_stuck {
            self.second.command(outputs.contactor2.is_closed(), now);
        }
        match outputs.lock {
            _ if self.faults.lock_stuck => {}
            LockDrive::Lock => self.lock.command(true, now),
            LockDrive::Unlock => self.lock.command(false, now),
            LockDrive::Off => {}
        }
        self.test_since = outputs
            .residual_current_test
            .then(|| self.test_since.unwrap_or(now));
        self.outputs = *outputs;
    }

    /// Outputs of which those that refuse keep their former level.
    fn accepted(&self, outputs: &Outputs) -> Outputs {
        let (mut next, former) = (*outputs, self.outputs);
        let refused = self.faults.refused;
        if refused.contains(HardwareFaults::PILOT_OUTPUT) {
            (next.duty, next.pilot_switch) = (former.duty, former.pilot_switch);
        }
        if refused.contains(HardwareFaults::CONTACTOR) {
            (next.contactor1, next.contactor2) = (former.contactor1, former.contactor2);
        }
        if refused.contains(HardwareFaults::LOCK) {
            next.lock = LockDrive::Off;
        }
        if refused.contains(HardwareFaults::RESIDUAL_CURRENT) {
            next.residual_current_test = former.residual_current_test;
        }
        next
    }

    /// Outputs that refuse their commands now.
    #[must_use]
    pub const fn refused(&self) -> HardwareFaults {
        self.faults.refused.intersection(OUTPUTS)
    }

    /// What a sample would show, without taking it.
    #[must_use]
    pub fn peek(&self, now: Instant) -> Inputs {
        Inputs {
            pilot: self
                .peek_pilot(now)
                .filter(|_| !self.fails(HardwareFaults::PILOT_SAMPLE)),
            proximity: self.proximity(),
            residual_current: self.residual_current(now),
            residual_current_edge: false,
            temperature: if self.fails(HardwareFaults::TEMPERATURE) {
                TemperatureInput::Missing
            } else if self.faults.temperature_failed {
                TemperatureInput::Failed
            } else {
                TemperatureInput::Measured(self.temperature)
            },
            contactor1: self.contactor_feedback(&self.main, now),
            contactor2: if self.kit.second_contactor {
                self.contactor_feedback(&self.second, now)
            } else {
                ContactorFeedback::NotFitted
            },
            lock: self.lock_feedback(now),
            switch: self.switch,
            mains: self.mains(),
            hardware: self.faults.refused.difference(OUTPUTS),
        }
    }

    const fn fails(&self, part: HardwareFaults) -> bool {
        self.faults.refused.contains(part)
    }

    /// When an input changes by itself after the outputs driven last.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Instant {
        let test = match self.test_since.map(|at| at + TEST_REACTION) {
            Some(at) if at > now => at,
            _ => Instant::FAR_FUTURE,
        };
        self.main
            .settles(CONTACTOR_TRAVEL, now)
            .earliest(self.second.settles(CONTACTOR_TRAVEL, now))
            .earliest(self.lock.settles(LOCK_TRAVEL, now))
            .earliest(test)
    }

    /// Takes a sample of the pilot alone.
    pub fn sample_pilot(&mut self, now: Instant) -> Option<PilotSample> {
        let sample = self.peek_pilot(now);
        self.last_pilot = sample;
        self.now = now;
        sample
    }

    fn peek_pilot(&self, now: Instant) -> Option<PilotSample> {
        if self.faults.pilot_frozen {
            return self.last_pilot;
        }
        let (high, low) = PilotSeen::of(&self.outputs).measured(self.vehicle);
        Some(PilotSample {
            from: self.last_pilot.map_or(now, |last| last.at),
            at: now,
            high,
            low,
        })
    }

    fn proximity(&self) -> ProximityInput {
        if self.fails(HardwareFaults::PROXIMITY) {
            ProximityInput::Missing
        } else if self.plugged {
            ProximityInput::Resistance(self.cable)
        } else {
            ProximityInput::Open
        }
    }

    fn residual_current(&self, now: Instant) -> ResidualCurrentInput {
        let tested = self
            .test_since
            .is_some_and(|at| now.since(at) >= TEST_REACTION);
        match (self.kit.residual_current, self.faults.residual_current) {
            (false, _) => ResidualCurrentInput::NotFitted,
            (true, true) => ResidualCurrentInput::Fault,
            (true, false) if tested && !self.faults.residual_current_deaf => {
                ResidualCurrentInput::Fault
            }
            (true, false) => ResidualCurrentInput::Normal,
        }
    }

    fn contactor_feedback(&self, part: &Moving, now: Instant) -> ContactorFeedback {
        match (
            self.kit.contactor_feedback,
            part.shown(now, CONTACTOR_TRAVEL),
        ) {
            (false, _) => ContactorFeedback::NotFitted,
            (true, true) => ContactorFeedback::Closed,
            (true, false) => ContactorFeedback::Open,
        }
    }

    fn lock_feedback(&self, now: Instant) -> LockFeedback {
        let locked = self.lock.shown(now, LOCK_TRAVEL) && !self.faults.lock_loose;
        match (self.kit.lock_feedback, locked) {
            (false, _) => LockFeedback::NotFitted,
            (true, true) => LockFeedback::Locked,
            (true, false) => LockFeedback::Unlocked,
        }
    }

    fn mains(&self) -> MainsInput {
        match (self.kit.mains_input, self.faults.mains_lost) {
            (false, _) => MainsInput::NotFitted,
            (true, true) => MainsInput::Lost,
            (true, false) => MainsInput::Present,
        }
    }

    /// Position of the main contactor as it really is.
    #[must_use]
    pub fn main_contactor(&self) -> Contactor {
        if self.main.closed {
            Contactor::Closed
        } else {
            Contactor::Open
        }
    }

    /// Position of the second contactor as it really is.
    #[must_use]
    pub fn second_contactor(&self) -> Contactor {
        if self.second.closed {
            Contactor::Closed
        } else {
            Contactor::Open
        }
    }
}

impl Board for SimBoard {
    fn sample(&mut self, now: Instant, inputs: &mut Inputs) {
        let failed = inputs.hardware;
        *inputs = self.peek(now);
        inputs.hardware |= failed;
        self.last_pilot = inputs.pilot;
        self.now = now;
    }

    /// Acts at the moment of the latest sample.
    fn drive(&mut self, outputs: &Outputs) -> HardwareFaults {
        self.drive_at(self.now, outputs);
        self.refused()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::PilotLoad;
    use smartevse_core::io::{MilliVoltRange, PilotSwitch};
    use smartevse_types::DutyPermille;

    fn charging() -> Outputs {
        Outputs {
            duty: DutyPermille::from_permille(266),
            pilot_switch: PilotSwitch::Closed,
            contactor1: Contactor::Closed,
            contactor2: Contactor::Closed,
            ..Outputs::SAFE
        }
    }

    fn sample(board: &mut SimBoard, ms: u64) -> Inputs {
        let mut inputs = Inputs::default();
        board.sample(Instant::from_millis(ms), &mut inputs);
        inputs
    }

    #[test]
    fn when_a_vehicle_is_ready_then_the_pilot_shows_six_volts() {
        let mut board = SimBoard::new(BoardKit::default());
        board.connect(Some(VehicleSide {
            load: PilotLoad::Ready,
            diode: true,
        }));
        board.drive_at(Instant::from_millis(10), &charging());
        sample(&mut board, 10);
        let pilot = sample(&mut board, 40).pilot.unwrap();
        assert_eq!(pilot.from, Instant::from_millis(10));
        assert_eq!(pilot.at, Instant::from_millis(40));
        assert_eq!(pilot.high, MilliVoltRange::from_milli(6_000, 6_000));
        assert_eq!(
            pilot.low,
            Some(MilliVoltRange::from_milli(-12_000, -12_000))
        );
    }

    #[test]
    fn when_the_contactor_moves_then_its_feedback_follows_later() {
        let mut board = SimBoard::new(BoardKit::default());
        board.drive_at(Instant::from_millis(100), &charging());
        assert_eq!(sample(&mut board, 110).contactor1, ContactorFeedback::Open);
        let at = board.deadline(Instant::from_millis(110));
        assert_eq!(at, Instant::from_millis(130));
        assert_eq!(
            sample(&mut board, 130).contactor1,
            ContactorFeedback::Closed
        );
        assert!(board.supply().main && board.supply().others);
    }

    #[test]
    fn when_the_contactor_is_welded_then_it_stays_closed() {
        let mut board = SimBoard::new(BoardKit::default());
        board.drive_at(Instant::from_millis(100), &charging());
        board.set_faults(BoardFaults {
            contactor1_stuck: true,
            ..BoardFaults::default()
        });
        board.drive_at(Instant::from_millis(200), &Outputs::SAFE);
        assert_eq!(
            sample(&mut board, 900).contactor1,
            ContactorFeedback::Closed
        );
        assert!(board.supply().main);
    }

    #[test]
    fn when_the_pilot_is_frozen_then_its_sample_grows_old() {
        let mut board = SimBoard::new(BoardKit::default());
        sample(&mut board, 10);
        board.set_faults(BoardFaults {
            pilot_frozen: true,
            ..BoardFaults::default()
        });
        assert_eq!(
            sample(&mut board, 500).pilot.unwrap().at,
            Instant::from_millis(10)
        );
    }

    #[test]
    fn when_the_monitor_is_tested_then_it_reacts_unless_deaf() {
        let mut board = SimBoard::new(BoardKit::default());
        let testing = Outputs {
            residual_current_test: true,
            ..Outputs::SAFE
        };
        board.drive_at(Instant::from_millis(10), &testing);
        let fault = ResidualCurrentInput::Fault;
        assert_ne!(sample(&mut board, 50).residual_current, fault);
        assert_eq!(sample(&mut board, 110).residual_current, fault);
        board.set_faults(BoardFaults {
            residual_current_deaf: true,
            ..BoardFaults::default()
        });
        assert_ne!(sample(&mut board, 200).residual_current, fault);
    }

    #[test]
    fn when_the_lock_is_stuck_then_it_never_confirms() {
        let mut board = SimBoard::new(BoardKit::default());
        let locking = Outputs {
            lock: LockDrive::Lock,
            ..Outputs::SAFE
        };
        board.drive_at(Instant::from_millis(10), &locking);
        assert_eq!(sample(&mut board, 320).lock, LockFeedback::Locked);
        let mut stuck = SimBoard::new(BoardKit::default());
        stuck.set_faults(BoardFaults {
            lock_stuck: true,
            ..BoardFaults::default()
        });
        stuck.drive_at(Instant::from_millis(10), &locking);
        assert_eq!(sample(&mut stuck, 900).lock, LockFeedback::Unlocked);
    }

    #[test]
    fn when_the_board_is_idle_then_it_keeps_the_contract() {
        let mut board = SimBoard::new(BoardKit::default());
        assert_eq!(
            smartevse_core::contract::board(&mut board, Instant::from_millis(20)),
            Ok(())
        );
    }
}
