//! What can go wrong, one line for each complaint of the oracle.

use smartevse_core::faults::Faults;
use smartevse_core::io::{
    ContactorFeedback, LockDrive, LockFeedback, PilotSwitch, ResidualCurrentInput, TemperatureInput,
};
use smartevse_core::options::CableKind;
use smartevse_core::pilot::PilotClass::{A12, B9, Mixed, Short0, Unknown};
use smartevse_core::state::ChargeState::{A, B, B1, C, C1, CommB, CommC, D};
use smartevse_types::{Access, Celsius, Duration};

use super::pasts::*;
use crate::puppet::Puppet;
use crate::rig::Rig;

/// One thing that goes wrong.
pub struct Lie {
    /// The rows that it breaks; the first is the one that the line is about.
    pub broken: &'static [u8],
    /// Complaint of the broken row with the lowest number.
    pub text: &'static str,
    /// The past.
    pub past: fn() -> Puppet,
    /// What is changed before each poll; with the milliseconds since the first.
    pub tell: fn(&mut Puppet, u64),
    /// The row must be broken within this time, and not before.
    pub after_ms: u64,
}

const fn lie(
    broken: &'static [u8],
    text: &'static str,
    past: fn() -> Puppet,
    tell: fn(&mut Puppet, u64),
) -> Lie {
    late(broken, text, past, tell, 0)
}

const fn late(
    broken: &'static [u8],
    text: &'static str,
    past: fn() -> Puppet,
    tell: fn(&mut Puppet, u64),
    after_ms: u64,
) -> Lie {
    Lie {
        broken,
        text,
        past,
        tell,
        after_ms,
    }
}

fn celsius(puppet: &mut Puppet, celsius: i16) {
    puppet.inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(celsius));
}

/// Unplugged, and in A as it must be.
pub fn leave(puppet: &mut Puppet) {
    puppet.class = A12;
    puppet.state(A);
    puppet.offer(0, 1_000);
}

pub const CONTACTORS: &[Lie] = &[
    lie(
        &[1],
        "the main contactor is closed in a state that must not",
        charging,
        |puppet, _| puppet.state(B),
    ),
    lie(
        &[1],
        "the main contactor is closed in a state that must not",
        charging,
        |puppet, _| puppet.state(D),
    ),
    late(
        &[2],
        "the second contactor is closed alone",
        closing,
        |puppet, _| puppet.drive(false, true),
        110,
    ),
    lie(
        &[2],
        "the second contactor closes for single-phase charging",
        closing_one_phase,
        |puppet, _| puppet.drive(false, true),
    ),
    lie(
        &[3],
        "the second contactor moves too close to the main one",
        charging,
        |puppet, _| puppet.drive(true, false),
    ),
    lie(
        &[3],
        "the second contactor moves too close to the main one",
        closing_one_phase,
        |puppet, _| {
            puppet.directive.three_phase = true;
            puppet.drive(true, true);
        },
    ),
    lie(
        &[13],
        "the main contactor closes too early again",
        asking_again,
        |puppet, _| puppet.close(),
    ),
    lie(
        &[14],
        "the main contactor closes a seventh time in 5 minutes",
        asking_for_a_seventh_time,
        |puppet, _| puppet.close(),
    ),
    lie(
        &[15],
        "the phases change without isolating the pilot",
        asking_for_three_phases_again,
        |puppet, _| puppet.close(),
    ),
    lie(
        &[29],
        "a contactor is closed just after the start",
        started,
        |puppet, _| puppet.drive(false, true),
    ),
    lie(
        &[29],
        "the pilot is on at the start",
        newborn,
        |puppet, _| {
            puppet.state(B);
            puppet.offer(60, 100);
        },
    ),
];

pub const CLOSING: &[Lie] = &[
    lie(
        &[4],
        "closes before 6 V lasted 500 ms",
        asking,
        |puppet, _| puppet.close(),
    ),
    lie(
        &[4],
        "closes without a diode",
        never_a_low_phase,
        |puppet, _| {
            puppet.close();
            puppet.offer(60, 100);
        },
    ),
    lie(&[4, 12], "closes with a fault set", closing, |puppet, _| {
        puppet.status.faults = Faults::LOCK_FAULT
    }),
    lie(&[4, 11], "closes without access", closing, |puppet, _| {
        puppet.directive.access = Access::Off;
    }),
    lie(&[4], "closes during ChargeDelay", closing, |puppet, _| {
        puppet.status.charge_delay = Duration::from_secs(1);
    }),
    lie(
        &[4],
        "closes without a good monitor",
        closing,
        |puppet, _| puppet.inputs.residual_current = ResidualCurrentInput::NotFitted,
    ),
    lie(
        &[4, 5, 18],
        "closes with less than 6 A",
        closing,
        |puppet, _| puppet.offer(0, 100),
    ),
    lie(
        &[4],
        "closes with an unlocked cable",
        closing,
        |puppet, _| puppet.inputs.lock = LockFeedback::Unlocked,
    ),
    lie(
        &[4],
        "closes without a pulse width",
        closing,
        |puppet, _| {
            puppet.outputs.pilot_switch = PilotSwitch::Isolated;
        },
    ),
    lie(
        &[4],
        "closes a contactor that reads closed",
        closing,
        |puppet, _| puppet.inputs.contactor1 = ContactorFeedback::Closed,
    ),
];

pub const OFFERS: &[Lie] = &[
    lie(
        &[5],
        "the duty differs from the offered current",
        charging,
        |puppet, _| puppet.duty(101),
    ),
    lie(
        &[5],
        "less than 6 A offered while charging",
        charging,
        |puppet, _| puppet.offer(0, 1_000),
    ),
    lie(&[5, 17], "more than MAX offered", charging, |puppet, _| {
        puppet.grant(200);
        puppet.offer(200, 333);
    }),
    lie(&[5], "more offered than granted", charging, |puppet, _| {
        puppet.grant(100);
        puppet.offer(160, 266);
    }),
    lie(
        &[5, 17],
        "more offered than the cable carries",
        charging_on_a_thin_cable,
        |puppet, _| puppet.offer(160, 266),
    ),
    lie(
        &[17],
        "the pilot offers more than MAX",
        connected,
        |puppet, _| {
            puppet.grant(200);
            puppet.offer(200, 333);
        },
    ),
    lie(
        &[17],
        "the pilot offers more than the cable carries",
        on_a_thin_cable,
        |puppet, _| puppet.offer(160, 266),
    ),
    lie(
        &[18],
        "the duty does not belong to the state",
        connected,
        |puppet, _| puppet.duty(90),
    ),
    lie(
        &[18],
        "the duty does not belong to the state",
        connected,
        |puppet, _| puppet.offer(0, 100),
    ),
    lie(
        &[18],
        "the duty does not belong to the state",
        connected,
        |puppet, _| puppet.duty(0),
    ),
    lie(
        &[18],
        "the duty does not belong to the state",
        connected,
        |puppet, _| puppet.duty(50),
    ),
    lie(
        &[18, 17],
        "the pilot offers more than MAX",
        connected,
        |puppet, _| puppet.duty(961),
    ),
    lie(
        &[19],
        "pulse width in a state that offers nothing",
        idle,
        |puppet, _| puppet.offer(60, 100),
    ),
    late(
        &[30],
        "the pilot offers more than granted for 2 s",
        connected,
        |puppet, _| {
            puppet.grant(100);
            puppet.offer(160, 266);
        },
        2_010,
    ),
    lie(
        &[32],
        "CONFIG takes effect before state A",
        on_a_thin_cable,
        |puppet, _| {
            puppet.directive.config.cable = CableKind::Fixed;
            puppet.offer(160, 266);
        },
    ),
];

pub const OPENINGS: &[Lie] = &[
    lie(&[6], "closed at 9 V or 12 V", charging, |puppet, _| {
        puppet.class = B9;
    }),
    lie(&[6], "closed at 9 V or 12 V", charging, |puppet, _| {
        puppet.class = A12;
    }),
    late(
        &[6],
        "closed at a forbidden pilot level",
        charging,
        |puppet, _| puppet.class = Short0,
        110,
    ),
    late(
        &[6],
        "closed at a forbidden pilot level",
        charging,
        |puppet, _| puppet.diode = false,
        110,
    ),
    late(
        &[7],
        "closed without a fresh pilot sample",
        charging,
        |puppet, _| puppet.class = Unknown,
        50,
    ),
    late(
        &[7],
        "closed with an unclear pilot",
        charging,
        |puppet, _| puppet.class = Mixed,
        110,
    ),
    late(
        &[7],
        "closed 150 ms after the last good level",
        charging,
        |puppet, ms| puppet.class = if ms < 80 { Short0 } else { Mixed },
        160,
    ),
    late(
        &[8],
        "closed after a residual current",
        monitored,
        |puppet, _| puppet.inputs.residual_current = ResidualCurrentInput::Fault,
        10,
    ),
    lie(
        &[8],
        "the monitor is tested under load",
        charging,
        |puppet, _| puppet.outputs.residual_current_test = true,
    ),
    lie(
        &[9],
        "C1 entered from another state than C",
        connected,
        |puppet, _| {
            puppet.state(C1);
            puppet.offer(0, 1_000);
        },
    ),
    lie(&[9, 19], "pulse width in C1", stopping, |puppet, _| {
        puppet.directive.grant = Puppet::of(&Rig::charging()).directive.grant;
        puppet.offer(60, 100);
    }),
    late(&[9], "C1 lasts longer than 6 s", stopping, |_, _| {}, 5_910),
    lie(
        &[10],
        "opens under load without need",
        charging,
        |puppet, _| {
            puppet.state(B1);
            puppet.offer(0, 1_000);
            puppet.drive(false, true);
        },
    ),
    lie(
        &[11],
        "pulse width without access",
        charging,
        |puppet, _| puppet.directive.access = Access::Off,
    ),
    late(
        &[11, 1],
        "the main contactor is closed in a state that must not",
        denied,
        |puppet, ms| {
            if ms >= 5_800 {
                puppet.state(B1);
            }
        },
        6_010,
    ),
    lie(
        &[12],
        "closed with an immediate fault",
        charging,
        |puppet, _| puppet.status.faults = Faults::CABLE_FAULT,
    ),
    late(
        &[12],
        "closed 6.1 s after a fault",
        charging,
        |puppet, _| puppet.directive.faults = Faults::CT_NOCOMM,
        6_110,
    ),
    lie(&[16], "unlocks a live cable", charging, |puppet, _| {
        puppet.outputs.lock = LockDrive::Unlock;
    }),
    lie(
        &[16],
        "unlocks before 500 ms of open contactors",
        || let_go(300),
        |puppet, _| puppet.outputs.lock = LockDrive::Unlock,
    ),
    lie(
        &[16],
        "unlocks while a contactor reads closed",
        || let_go(2_000),
        |puppet, _| {
            puppet.inputs.contactor2 = ContactorFeedback::Closed;
            puppet.outputs.lock = LockDrive::Unlock;
        },
    ),
    late(
        &[26],
        "a late poll does not open",
        charging,
        |puppet, _| puppet.step = Duration::from_millis(200),
        0,
    ),
    late(
        &[26, 4],
        "closes before 6 V lasted 500 ms",
        closing,
        |puppet, _| puppet.step = Duration::from_millis(200),
        0,
    ),
];

pub const STATES: &[Lie] = &[
    lie(
        &[20],
        "the status is of another poll",
        connected,
        |puppet, _| puppet.mirrors = false,
    ),
    lie(
        &[20],
        "the status differs from the outputs",
        connected,
        |puppet, _| {
            puppet.mirrors = false;
            puppet.status.at = puppet.now() + puppet.step;
            puppet.outputs.pilot_switch = PilotSwitch::Isolated;
        },
    ),
    lie(
        &[20],
        "the offered current is out of range",
        idle,
        |puppet, _| puppet.offer(30, 1_000),
    ),
    lie(
        &[20],
        "the state began in the future",
        connected,
        |puppet, _| puppet.status.since = puppet.now() + Duration::from_secs(1),
    ),
    late(
        &[21],
        "not in A after 1 s of 12 V",
        connected,
        |puppet, _| puppet.class = A12,
        1_000,
    ),
    late(
        &[21],
        "ChargeDelay survives unplugging",
        connected,
        |puppet, _| {
            leave(puppet);
            puppet.status.charge_delay = Duration::from_secs(60);
        },
        1_080,
    ),
    late(
        &[21],
        "LESS_6A survives unplugging",
        connected,
        |puppet, _| {
            leave(puppet);
            puppet.status.local_faults = Faults::LESS_6A;
        },
        1_080,
    ),
    late(
        &[22],
        "a willing vehicle gets no energy",
        asking,
        |_, _| {},
        88_210,
    ),
    lie(
        &[23],
        "RCM_TRIPPED ends without a press",
        tripped,
        |puppet, _| puppet.status.local_faults = Faults::empty(),
    ),
    lie(
        &[23],
        "a contactor that reads closed is no fault",
        welded,
        |puppet, _| puppet.status.local_faults = Faults::empty(),
    ),
    lie(
        &[23],
        "CONTACTOR_FAULT ends without service",
        welded_once,
        |puppet, _| puppet.status.local_faults = Faults::empty(),
    ),
    lie(
        &[23],
        "the third PILOT_FAULT ends by itself",
        third_pilot_fault,
        |puppet, _| puppet.status.local_faults = Faults::empty(),
    ),
    late(
        &[24],
        "TEMP_HIGH is missing",
        charging,
        |puppet, _| celsius(puppet, 65),
        4_000,
    ),
    lie(
        &[24],
        "TEMP_HIGH ends before the module is cool",
        too_hot,
        |puppet, _| {
            celsius(puppet, 60);
            puppet.status.local_faults = Faults::empty();
        },
    ),
    late(
        &[24],
        "closed above the hard temperature limit",
        charging,
        |puppet, _| {
            celsius(puppet, 85);
            puppet.status.local_faults = Faults::TEMP_HIGH;
        },
        1_000,
    ),
    lie(
        &[25],
        "the outputs change without a reason",
        connected,
        |puppet, _| {
            puppet.step = Duration::ZERO;
            puppet.outputs.lock = LockDrive::Lock;
        },
    ),
    lie(
        &[31],
        "enters B without a grant",
        || node(CommB),
        |puppet, _| puppet.state(B),
    ),
    lie(
        &[31],
        "enters C without a grant",
        || node(CommC),
        |puppet, _| puppet.state(C),
    ),
];
