//! Whole charging control: bytes become inputs, directives and time steps; the
//! oracle judges every poll (I-01 to I-32).
//!
//! Each step takes one byte that says what changes and one for its value, so
//! that mutations stay small changes of a trace.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartevse_core::charger::{BoardFacts, BootRecord, Charger};
use smartevse_core::directive::{Directive, Handshake, LockWish};
use smartevse_core::faults::Faults;
use smartevse_core::io::{
    ContactorFeedback, HardwareFaults, Inputs, LockFeedback, MainsInput, MilliVoltRange, Outputs,
    PilotSample, ProximityInput, ResidualCurrentInput, SwitchInput, TemperatureInput,
};
use smartevse_core::options::{CableKind, Contact2, LockKind};
use smartevse_core::oracle::Watch;
use smartevse_core::pilot::PilotClass;
use smartevse_core::vehicle::VehicleCheck;
use smartevse_types::{Access, Amps, Celsius, DeciAmps, Duration, DutyPermille, Instant, Ohms};

/// Polls of one input, so that a case stays short.
const POLLS: u32 = 20_000;

/// Beat of the board.
const BEAT: u64 = 10_000;

struct World {
    now: Instant,
    class: PilotClass,
    raw: Option<MilliVoltRange>,
    diode: bool,
    sampling: bool,
    planning: bool,
    inputs: Inputs,
    directive: Directive,
    outputs: Outputs,
    charger: Charger,
    watch: Watch,
    polls: u32,
    /// The pilot level is known since.
    known_since: Instant,
}

impl World {
    fn new(flags: u8, boot: u8) -> Self {
        let facts = BoardFacts {
            ventilation: flags & 1 != 0,
            modem: boot & 2 != 0,
            residual_current_test: flags & 2 != 0,
            lock_advisory: flags & 4 != 0,
        };
        let latched = if boot & 1 != 0 {
            Faults::RCM_TRIPPED
        } else {
            Faults::empty()
        };
        let now = Instant::from_secs(100);
        let mut directive = Directive {
            access: Access::On,
            modem: VehicleCheck::Accepted,
            ..Directive::default()
        };
        directive.grant.available = true;
        directive.grant.offered = DeciAmps::from_deci(160);
        directive.config.residual_current = flags & 8 != 0;
        directive.config.derating = flags & 16 != 0;
        directive.config.cable = if flags & 32 != 0 {
            CableKind::Socket
        } else {
            CableKind::Fixed
        };
        directive.config.lock = if flags & 64 != 0 {
            LockKind::Motor
        } else {
            LockKind::Disabled
        };
        if flags & 128 != 0 {
            directive.handshake = Handshake::Waiting;
        }
        let inputs = Inputs {
            proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
            residual_current: ResidualCurrentInput::Normal,
            temperature: TemperatureInput::Measured(Celsius::from_celsius(20)),
            ..Inputs::default()
        };
        Self {
            now,
            class: PilotClass::A12,
            raw: None,
            diode: true,
            sampling: true,
            planning: true,
            inputs,
            directive,
            outputs: Outputs::default(),
            charger: Charger::new(facts, BootRecord { latched }, now),
            watch: Watch::new(facts).started(now),
            polls: 0,
            known_since: now,
        }
    }

    fn sample(&self) -> Option<PilotSample> {
        let from = self.known_since;
        let pulsed = (1..1_000).contains(&self.outputs.duty.as_permille());
        let diode = pulsed.then_some(self.diode);
        let sample = PilotSample::from_class(self.class, diode, from, self.now)?;
        Some(PilotSample {
            high: self.raw.unwrap_or(sample.high),
            ..sample
        })
    }

    fn poll(&mut self) {
        self.polls += 1;
        if self.sampling {
            self.inputs.pilot = self.sample();
        }
        if self.planning {
            self.directive.issued = Some(self.now);
        }
        self.outputs = self.charger.poll(self.now, &self.inputs, &self.directive);
        let status = self.charger.status();
        let seen = self.watch.observe(
            self.now,
            &self.inputs,
            &self.directive,
            &self.outputs,
            &status,
        );
        if let Err(broken) = seen {
            panic!("{broken}: {status:?}");
        }
        let deadline = self.charger.deadline();
        assert!(deadline.state > self.now && deadline.sample > self.now);
        self.watch.promise(deadline);
        self.known_since = self.now;
    }

    /// Time passes and no input changes: polls come when the charger asked for
    /// them, and at every beat while the samples have stopped.
    fn run(&mut self, beats: u64) {
        let end = self.now + Duration::from_micros(beats * BEAT);
        while self.now < end && self.polls < POLLS {
            self.poll();
            let deadline = self.charger.deadline();
            let due = if self.sampling {
                deadline.state
            } else {
                deadline.earliest()
            };
            let due = due.as_micros().min(end.as_micros()).div_ceil(BEAT);
            let next = self.now + Duration::from_micros(BEAT);
            self.now = Instant::from_micros(due.saturating_mul(BEAT)).latest(next);
        }
    }

    fn change(&mut self, what: u8, value: u8) {
        match what % 29 {
            0..=3 => self.set_class(value),
            4 => {
                let low = i32::from(value) * 100 - 12_800;
                self.raw = Some(MilliVoltRange::from_milli(low, low + 400));
            }
            5 => self.diode = value > 20,
            6 => self.sampling = value > 20,
            7 => self.planning = value > 20,
            8 => self.set_access(value),
            9 => self.directive.grant.offered = DeciAmps::from_deci(i32::from(value) * 4 - 20),
            10 => self.directive.grant.available = value > 40,
            11 => self.directive.three_phase = value % 2 == 0,
            12 => self.request(value),
            13 => self.grant(value),
            14 => self.directive.faults = Faults::from_bits_truncate(imposed(value)),
            15 => self.inputs.residual_current = residual(value),
            16 => self.inputs.residual_current_edge = value > 230,
            17 => {
                let celsius = Celsius::from_celsius(i16::from(value) - 60);
                self.inputs.temperature = TemperatureInput::Measured(celsius);
            }
            18 => self.inputs.contactor1 = feedback(value),
            19 => self.inputs.contactor2 = feedback(value),
            20 => self.inputs.lock = lock(value),
            21 => {
                let ohms = Ohms::from_ohms(u32::from(value) * 12);
                self.inputs.proximity = ProximityInput::Resistance(ohms);
            }
            22 => self.inputs.mains = mains(value),
            23 => {
                let bits = if value > 200 { 1 << (value % 9) } else { 0 };
                self.inputs.hardware = HardwareFaults::from_bits_truncate(bits);
            }
            24 => self.set_config(value),
            25 => {
                self.directive.duty_override =
                    (value > 100).then(|| DutyPermille::from_permille(u16::from(value) * 6 - 600));
            }
            26 => self.directive.lock = wish(value),
            27 => self.directive.modem = vehicle(value),
            _ => {
                self.inputs.switch = if value % 2 == 0 {
                    SwitchInput::Open
                } else {
                    SwitchInput::Closed
                };
            }
        }
    }

    fn set_class(&mut self, value: u8) {
        self.raw = None;
        self.class = match value % 16 {
            0..=5 => PilotClass::C6,
            6..=10 => PilotClass::B9,
            11 => PilotClass::D3,
            12 => PilotClass::Short0,
            13 => PilotClass::Mixed,
            14 => PilotClass::Neg12,
            _ => PilotClass::A12,
        };
    }

    fn set_access(&mut self, value: u8) {
        self.directive.access = match value % 8 {
            0 => Access::Off,
            1 => Access::Pause,
            _ => Access::On,
        };
    }

    fn request(&mut self, value: u8) {
        let requests = &mut self.directive.requests;
        let counter = match value % 6 {
            0 => &mut requests.local_reset,
            1 => &mut requests.service_reset,
            2 => &mut requests.clear_delay,
            3 => &mut requests.button_stop,
            4 => &mut requests.start,
            _ => &mut requests.safe_restart,
        };
        *counter = counter.wrapping_add(1);
    }

    fn grant(&mut self, value: u8) {
        if self.directive.handshake != Handshake::NotNeeded {
            self.directive.handshake = match value % 3 {
                0 => Handshake::Waiting,
                1 => Handshake::GrantedB,
                _ => Handshake::GrantedC,
            };
        }
    }

    fn set_config(&mut self, value: u8) {
        let config = &mut self.directive.config;
        match value % 4 {
            0 => config.max = Amps::from_amps(u16::from(value / 3)),
            1 => config.min = Amps::from_amps(u16::from(value / 12)),
            2 => {
                let all = Contact2::ALL;
                config.contact2 = all[usize::from(value / 4) % all.len()];
            }
            _ => {
                config.cable = if value > 128 {
                    CableKind::Socket
                } else {
                    CableKind::Fixed
                };
            }
        }
    }
}

fn imposed(value: u8) -> u16 {
    match value % 8 {
        0 => Faults::LESS_6A.bits(),
        1 => Faults::CT_NOCOMM.bits(),
        2 => Faults::NO_SUN.bits(),
        _ => 0,
    }
}

fn residual(value: u8) -> ResidualCurrentInput {
    if value > 200 {
        ResidualCurrentInput::Fault
    } else {
        ResidualCurrentInput::Normal
    }
}

fn feedback(value: u8) -> ContactorFeedback {
    match value % 3 {
        0 => ContactorFeedback::NotFitted,
        1 => ContactorFeedback::Open,
        _ => ContactorFeedback::Closed,
    }
}

fn lock(value: u8) -> LockFeedback {
    match value % 4 {
        0 => LockFeedback::NotFitted,
        1 => LockFeedback::Unlocked,
        _ => LockFeedback::Locked,
    }
}

fn mains(value: u8) -> MainsInput {
    if value > 230 {
        MainsInput::Lost
    } else {
        MainsInput::Present
    }
}

fn vehicle(value: u8) -> VehicleCheck {
    match value % 5 {
        0 => VehicleCheck::Missing,
        1 => VehicleCheck::NotRequired,
        2 => VehicleCheck::Refused,
        _ => VehicleCheck::Accepted,
    }
}

fn wish(value: u8) -> LockWish {
    match value % 4 {
        0 => LockWish::Keep,
        1 => LockWish::Release,
        _ => LockWish::Auto,
    }
}

fuzz_target!(|data: &[u8]| {
    let [flags, boot, steps @ ..] = data else {
        return;
    };
    let mut world = World::new(*flags, *boot);
    world.run(1_100);
    for step in steps.chunks_exact(3) {
        let [what, value, wait] = step else { return };
        world.change(*what, *value);
        // Short and long waits: up to 1.3 s, and up to 64 s.
        let wait = u64::from(*wait);
        world.run(if wait < 128 { wait } else { (wait - 127) * 50 });
        // The gap after a change that nobody watched.
        if *what > 250 {
            world.now += Duration::from_millis(u64::from(*value) / 8 * 50);
            world.known_since = world.now - Duration::from_millis(20);
        }
    }
});
