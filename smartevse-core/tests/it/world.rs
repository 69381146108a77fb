//! Random worlds around one charger: a script of changes on a grid of 10 ms,
//! played either at every beat or only when something can happen.

use proptest::prelude::*;
use smartevse_core::charger::{BoardFacts, BootRecord, Charger};
use smartevse_core::directive::{Directive, Handshake, LockWish, PowerGrant, Requests};
use smartevse_core::faults::Faults;
use smartevse_core::io::{
    Contactor, ContactorFeedback, HardwareFaults, Inputs, LockDrive, LockFeedback, MainsInput,
    Outputs, PilotSample, PilotSwitch, ProximityInput, ResidualCurrentInput, SwitchInput,
    TemperatureInput,
};
use smartevse_core::options::{CableKind, Contact2, LockKind};
use smartevse_core::pilot::PilotClass;
use smartevse_core::state::ChargeState;
use smartevse_core::vehicle::VehicleCheck;
use smartevse_types::{
    Access, Amps, BlockReason, Celsius, DeciAmps, Duration, DutyPermille, Instant, LimitedBy, Ohms,
    Seconds,
};

pub const BEAT: Duration = Duration::from_millis(10);

/// Something that is wrong for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Trouble {
    SamplesStop,
    DiodeLost,
    Residual,
    Edge,
    Hot,
    Scorching,
    SensorBad,
    PlanningDead,
    MainsLost,
    Hardware,
    AccessOff,
    Pause,
    NoOffer,
    NoPower,
    MetersLost,
    LockLoose,
    Weld,
    NoClose,
    CableShort,
    Silent,
    Override,
}

const TROUBLES: usize = 21;

/// One change of the world.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    Pilot(PilotClass),
    Trouble(Trouble, u64),
    /// All troubles end, and the vehicle asks for energy.
    Heal,
    Offer(i32),
    ThreePhase(bool),
    Request(u8),
    Max(u16),
    Cable(u32),
    Switch(bool),
    Wish(LockWish),
    Option(Contact2),
    Monitor(bool),
    Modem(VehicleCheck),
    /// Nobody polls for so many milliseconds.
    Gap(u64),
}

/// A change and the time before it.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    pub wait_ms: u64,
    pub change: Change,
}

/// Everything that stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    pub facts: BoardFacts,
    pub node: bool,
    pub socket: bool,
    pub lock: LockKind,
    pub lock_feedback: bool,
    pub feedback: bool,
    pub monitor: bool,
    pub contact2: Contact2,
    pub derating: bool,
    pub latched: bool,
    /// The pilot is measured in front of the isolation switch.
    pub in_front: bool,
    pub options: Options,
}

/// Options of the charging control.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub wake_by_isolation: bool,
    pub limit_resets: bool,
    pub start_delay: u32,
}

fn options() -> impl Strategy<Value = Options> {
    let delay = prop_oneof![3 => Just(0), 1 => 0..40_u32];
    let flags = (any::<bool>(), prop::bool::weighted(0.2));
    (flags, delay).prop_map(|((wake_by_isolation, limit_resets), start_delay)| Options {
        wake_by_isolation,
        limit_resets,
        start_delay,
    })
}

impl Site {
    pub fn boot(&self) -> BootRecord {
        let latched = if self.latched {
            Faults::RCM_TRIPPED
        } else {
            Faults::empty()
        };
        BootRecord { latched }
    }
}

pub fn site() -> impl Strategy<Value = Site> {
    let facts = (
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.4),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.25),
    );
    let fitted = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let lock = prop::sample::select(LockKind::ALL);
    let contact2 = prop::sample::select(Contact2::ALL);
    let rare = (
        prop::bool::weighted(0.25),
        any::<bool>(),
        prop::bool::weighted(0.05),
        any::<bool>(),
    );
    let rare = (rare, options());
    (facts, fitted, lock, contact2, rare).prop_map(|(facts, fitted, lock, contact2, rare)| {
        let (ventilation, residual_current_test, lock_advisory, modem) = facts;
        let (socket, lock_feedback, feedback, monitor) = fitted;
        let ((node, derating, latched, in_front), options) = rare;
        Site {
            facts: BoardFacts {
                ventilation,
                modem,
                residual_current_test,
                lock_advisory,
            },
            node,
            socket,
            lock,
            lock_feedback,
            feedback,
            monitor,
            contact2,
            derating,
            latched,
            in_front,
            options,
        }
    })
}

fn pilot() -> impl Strategy<Value = PilotClass> {
    prop_oneof![
        30 => Just(PilotClass::C6),
        24 => Just(PilotClass::B9),
        8 => Just(PilotClass::A12),
        4 => Just(PilotClass::D3),
        2 => Just(PilotClass::Short0),
        2 => Just(PilotClass::Neg12),
        4 => Just(PilotClass::Mixed),
    ]
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop::sample::select(vec![
        Trouble::SamplesStop,
        Trouble::DiodeLost,
        Trouble::Residual,
        Trouble::Edge,
        Trouble::Hot,
        Trouble::Scorching,
        Trouble::SensorBad,
        Trouble::PlanningDead,
        Trouble::MainsLost,
        Trouble::Hardware,
        Trouble::AccessOff,
        Trouble::AccessOff,
        Trouble::Pause,
        Trouble::NoOffer,
        Trouble::NoPower,
        Trouble::MetersLost,
        Trouble::LockLoose,
        Trouble::Weld,
        Trouble::NoClose,
        Trouble::CableShort,
        Trouble::Silent,
        Trouble::Override,
    ])
}

fn wait() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => 1..12_u64,
        4 => 10..150_u64,
        3 => 100..800_u64,
        1 => 600..3_000_u64,
        1 => 6_000..12_000_u64,
    ]
    .prop_map(|beats| beats * 10)
}

fn change(gaps: bool) -> impl Strategy<Value = Change> {
    let gap = u32::from(gaps);
    prop_oneof![
        30 => pilot().prop_map(Change::Pilot),
        18 => Just(Change::Heal),
        14 => (trouble(), wait()).prop_map(|(trouble, ms)| Change::Trouble(trouble, ms)),
        8 => (-50..900_i32).prop_map(Change::Offer),
        4 => any::<bool>().prop_map(Change::ThreePhase),
        6 => (0..8_u8).prop_map(Change::Request),
        3 => (0..100_u16).prop_map(Change::Max),
        3 => prop::sample::select(vec![20, 100, 220, 680, 1_500, 3_000, 9_000])
            .prop_map(Change::Cable),
        3 => any::<bool>().prop_map(Change::Switch),
        2 => prop::sample::select(vec![LockWish::Auto, LockWish::Keep, LockWish::Release])
            .prop_map(Change::Wish),
        1 => prop::sample::select(Contact2::ALL).prop_map(Change::Option),
        1 => any::<bool>().prop_map(Change::Monitor),
        3 => prop::sample::select(vec![
            VehicleCheck::Missing,
            VehicleCheck::NotRequired,
            VehicleCheck::Accepted,
            VehicleCheck::Accepted,
            VehicleCheck::Refused,
        ])
        .prop_map(Change::Modem),
        2 * gap + 1 => (1..300_u64).prop_map(move |beats| Change::Gap(beats * 10 * u64::from(gaps))),
    ]
}

/// A script of at least 200 changes.
pub fn script(gaps: bool) -> impl Strategy<Value = Vec<Act>> {
    let act = (wait(), change(gaps)).prop_map(|(wait_ms, change)| Act { wait_ms, change });
    prop::collection::vec(act, 200..240)
}

/// The world as it is now.
#[derive(Clone, Debug)]
pub struct World {
    pub site: Site,
    pub now: Instant,
    until: [Instant; TROUBLES],
    level: PilotClass,
    offer: i32,
    three_phase: bool,
    requests: Requests,
    max: u16,
    ohms: u32,
    switch: bool,
    wish: LockWish,
    contact2: Contact2,
    monitor: bool,
    modem: VehicleCheck,
    stopped: Option<PilotSample>,
    stopped_planning: Option<Directive>,
}

impl World {
    pub fn new(site: Site) -> Self {
        Self {
            site,
            now: Instant::from_secs(500),
            until: [Instant::ZERO; TROUBLES],
            level: PilotClass::A12,
            offer: 160,
            three_phase: true,
            requests: Requests::default(),
            max: 16,
            ohms: 220,
            switch: false,
            wish: LockWish::Auto,
            contact2: site.contact2,
            monitor: site.monitor,
            modem: VehicleCheck::Accepted,
            stopped: None,
            stopped_planning: None,
        }
    }

    pub fn charger(&self) -> Charger {
        Charger::new(self.site.facts, self.site.boot(), self.now)
    }

    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Pilot(class) => self.level = class,
            Change::Trouble(trouble, ms) => self.begin(trouble, ms),
            Change::Heal => {
                self.until = [Instant::ZERO; TROUBLES];
                self.level = PilotClass::C6;
                self.offer = self.offer.max(60);
                self.ohms = 220;
                self.max = self.max.max(6);
                self.wish = LockWish::Auto;
                if matches!(self.modem, VehicleCheck::Missing | VehicleCheck::Refused) {
                    self.modem = VehicleCheck::Accepted;
                }
                self.requests.start = self.requests.start.wrapping_add(1);
                self.requests.local_reset = self.requests.local_reset.wrapping_add(1);
            }
            Change::Offer(offer) => self.offer = offer,
            Change::ThreePhase(three) => self.three_phase = three,
            Change::Request(which) => self.request(which),
            Change::Max(max) => self.max = max,
            Change::Cable(ohms) => self.ohms = ohms,
            Change::Switch(closed) => self.switch = closed,
            Change::Wish(wish) => self.wish = wish,
            Change::Option(option) => self.contact2 = option,
            Change::Monitor(enabled) => self.monitor = enabled,
            Change::Modem(check) => self.modem = check,
            Change::Gap(_) => {}
        }
    }

    /// Service was there: every latch that a person can clear is cleared.
    pub fn serve(&mut self) {
        self.apply(Change::Heal);
        self.request(1);
    }

    pub fn set_level(&mut self, level: PilotClass) {
        self.level = level;
    }

    fn begin(&mut self, trouble: Trouble, ms: u64) {
        // A long one needs service, and so it is rare.
        let ms = match trouble {
            Trouble::Weld if ms > 10_000 => 1_000,
            Trouble::Weld | Trouble::NoClose => ms.min(400),
            _ => ms,
        };
        self.until[trouble as usize] = self.now + Duration::from_millis(ms);
    }

    fn request(&mut self, which: u8) {
        let requests = &mut self.requests;
        let counter = match which {
            0 => &mut requests.local_reset,
            1 => &mut requests.service_reset,
            2 => &mut requests.clear_delay,
            3 => &mut requests.button_stop,
            4 if self.now.as_millis().is_multiple_of(7) => &mut requests.safe_restart,
            _ => &mut requests.start,
        };
        *counter = counter.wrapping_add(1);
    }

    pub fn is(&self, trouble: Trouble) -> bool {
        self.now < self.until[trouble as usize]
    }

    /// The next moment at which a trouble ends.
    pub fn next_end(&self) -> Instant {
        let later = self.until.iter().filter(|until| **until > self.now);
        later.copied().min().unwrap_or(Instant::FAR_FUTURE)
    }

    /// What the charger reads now. `last_poll` = since when the pilot level is
    /// known.
    pub fn inputs(&mut self, outputs: &Outputs, last_poll: Instant) -> Inputs {
        let pilot = self.pilot(outputs, last_poll);
        let test = outputs.residual_current_test && !self.is(Trouble::Silent);
        let fault = self.is(Trouble::Residual) || test;
        let hardware = if self.is(Trouble::Hardware) {
            let bit = self.until[Trouble::Hardware as usize].as_millis() / 10 % 9;
            HardwareFaults::from_bits_truncate(1 << bit)
        } else {
            HardwareFaults::empty()
        };
        Inputs {
            pilot,
            proximity: self.proximity(),
            residual_current: if fault {
                ResidualCurrentInput::Fault
            } else {
                ResidualCurrentInput::Normal
            },
            residual_current_edge: self.is(Trouble::Edge),
            temperature: self.temperature(),
            contactor1: self.feedback(outputs.contactor1),
            contactor2: if self.site.feedback {
                follow(outputs.contactor2)
            } else {
                ContactorFeedback::NotFitted
            },
            lock: self.lock(outputs),
            switch: if self.switch {
                SwitchInput::Closed
            } else {
                SwitchInput::Open
            },
            mains: if self.is(Trouble::MainsLost) {
                MainsInput::Lost
            } else {
                MainsInput::Present
            },
            hardware,
        }
    }

    fn pilot(&mut self, outputs: &Outputs, last_poll: Instant) -> Option<PilotSample> {
        let pulsed = (1..1_000).contains(&outputs.duty.as_permille());
        let diode = pulsed.then(|| !self.is(Trouble::DiodeLost));
        let isolated = outputs.pilot_switch == PilotSwitch::Isolated;
        let level = if self.site.in_front && isolated {
            PilotClass::A12
        } else {
            self.level
        };
        let sample = PilotSample::from_class(level, diode, last_poll, self.now);
        if self.is(Trouble::SamplesStop) {
            if self.stopped.is_none() {
                self.stopped = sample;
            }
            return self.stopped;
        }
        self.stopped = None;
        sample
    }

    /// The samples have stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    fn proximity(&self) -> ProximityInput {
        let ohms = if self.is(Trouble::CableShort) {
            10
        } else {
            self.ohms
        };
        ProximityInput::Resistance(Ohms::from_ohms(ohms))
    }

    fn temperature(&self) -> TemperatureInput {
        let celsius = if self.is(Trouble::SensorBad) {
            -86
        } else if self.is(Trouble::Scorching) {
            90
        } else if self.is(Trouble::Hot) {
            66
        } else {
            50
        };
        TemperatureInput::Measured(Celsius::from_celsius(celsius))
    }

    fn feedback(&self, commanded: Contactor) -> ContactorFeedback {
        if !self.site.feedback {
            ContactorFeedback::NotFitted
        } else if self.is(Trouble::Weld) {
            ContactorFeedback::Closed
        } else if self.is(Trouble::NoClose) {
            ContactorFeedback::Open
        } else {
            follow(commanded)
        }
    }

    fn lock(&self, outputs: &Outputs) -> LockFeedback {
        if !self.site.lock_feedback {
            LockFeedback::NotFitted
        } else if self.is(Trouble::LockLoose) || outputs.lock == LockDrive::Unlock {
            LockFeedback::Unlocked
        } else {
            LockFeedback::Locked
        }
    }

    /// What planning wants now; a dead planning half leaves its last wish.
    pub fn directive(&mut self, state: ChargeState) -> Directive {
        if !self.is(Trouble::PlanningDead) {
            self.stopped_planning = None;
            return self.live_directive(state);
        }
        if self.stopped_planning.is_none() {
            self.stopped_planning = Some(self.live_directive(state));
        }
        self.stopped_planning.unwrap()
    }

    fn live_directive(&self, state: ChargeState) -> Directive {
        let no_offer = self.is(Trouble::NoOffer);
        let mut faults = Faults::empty();
        faults.set(Faults::CT_NOCOMM, self.is(Trouble::MetersLost));
        let access = if self.is(Trouble::AccessOff) {
            Access::Off
        } else if self.is(Trouble::Pause) {
            Access::Pause
        } else {
            Access::On
        };
        let mut directive = Directive {
            issued: Some(self.now),
            access,
            grant: PowerGrant {
                available: !self.is(Trouble::NoPower),
                offered: DeciAmps::from_deci(if no_offer { 0 } else { self.offer }),
                limited_by: LimitedBy::External,
            },
            three_phase: self.three_phase,
            handshake: self.handshake(state),
            faults,
            reason: (access == Access::Off).then_some(BlockReason::AccessOff),
            shortage_delay: None,
            lock: self.wish,
            duty_override: self
                .is(Trouble::Override)
                .then_some(DutyPermille::from_permille(
                    u16::try_from(self.ohms % 1_001).unwrap(),
                )),
            requests: self.requests,
            modem: self.modem,
            ..Directive::default()
        };
        let config = &mut directive.config;
        config.max = Amps::from_amps(self.max);
        config.cable = if self.site.socket {
            CableKind::Socket
        } else {
            CableKind::Fixed
        };
        config.lock = self.site.lock;
        config.residual_current = self.monitor;
        config.contact2 = self.contact2;
        config.derating = self.site.derating;
        let options = self.site.options;
        config.wake_by_isolation = options.wake_by_isolation;
        config.limit_residual_resets = options.limit_resets;
        config.start_delay = Seconds::from_secs(options.start_delay);
        directive
    }

    fn handshake(&self, state: ChargeState) -> Handshake {
        if !self.site.node {
            return Handshake::NotNeeded;
        }
        match state {
            ChargeState::CommB => Handshake::GrantedB,
            ChargeState::CommC => Handshake::GrantedC,
            _ => Handshake::Waiting,
        }
    }
}

fn follow(commanded: Contactor) -> ContactorFeedback {
    if commanded.is_closed() {
        ContactorFeedback::Closed
    } else {
        ContactorFeedback::Open
    }
}
