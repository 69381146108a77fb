//! The signals of a sequence and what they are compared with.

use smartevse::Station;
use smartevse_core::faults::Faults;
use smartevse_core::io::{LockDrive, Outputs, PilotSwitch};
use smartevse_types::{Access, Mode};

use crate::vectors::Value;

/// All signals after one poll.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Signals {
    outputs: Outputs,
    /// Name of the charging state.
    pub state: &'static str,
    faults: Faults,
    access: Access,
    mode: Mode,
    card_status: u8,
    card_count: usize,
    vehicle_present: bool,
    custom_button: bool,
}

impl Signals {
    /// Reads the signals of a station.
    pub fn of(station: &Station, outputs: Outputs) -> Self {
        let status = station.status();
        let access = station.manager().access();
        let plan = station.snapshot().plan;
        Self {
            outputs,
            state: status.state.name(),
            faults: status.faults,
            access: access.access(),
            mode: plan.mode,
            card_status: access.card_status().id(),
            card_count: access.cards().len(),
            vehicle_present: status.vehicle_present,
            custom_button: plan.custom_button,
        }
    }

    /// Tells whether a signal has a value; `None` when there is no such signal
    /// or the value cannot be one of its.
    pub fn has(&self, signal: &str, expected: &Value) -> Option<bool> {
        match signal {
            "duty_permille" => self.duty_matches(expected),
            "errors_include" => Some(self.faults.contains(faults(expected)?)),
            "errors_exclude" => Some(!self.faults.intersects(faults(expected)?)),
            _ => Some(self.value(signal)? == *expected),
        }
    }

    fn value(&self, signal: &str) -> Option<Value> {
        let number = |number: usize| i64::try_from(number).ok().map(Value::Number);
        Some(match signal {
            "state" => Value::Text(self.state),
            "contactor1" => contactor(self.outputs.contactor1.is_closed()),
            "contactor2" => contactor(self.outputs.contactor2.is_closed()),
            "cp_switch" => Value::Text(match self.outputs.pilot_switch {
                PilotSwitch::Closed => "closed",
                PilotSwitch::Isolated => "open",
            }),
            "actuator" => Value::Text(match self.outputs.lock {
                LockDrive::Off => "off",
                LockDrive::Lock => "lock",
                LockDrive::Unlock => "unlock",
            }),
            "access" => Value::Text(self.access.text()),
            "mode" => Value::Text(self.mode.text()),
            "rfid_status" => number(usize::from(self.card_status))?,
            "card_count" => number(self.card_count)?,
            "vehicle_present" => Value::Flag(self.vehicle_present),
            "custom_button" => Value::Flag(self.custom_button),
            _ => return None,
        })
    }

    fn duty_matches(&self, expected: &Value) -> Option<bool> {
        let duty = i64::from(self.outputs.duty.as_permille());
        if let Some(exact) = expected.number() {
            return Some(duty == exact);
        }
        let (min, max) = (expected.member("min"), expected.member("max"));
        let bounded = !min.is_null() || !max.is_null();
        let within = min.number().is_none_or(|min| duty >= min)
            && max.number().is_none_or(|max| duty <= max);
        bounded.then_some(within)
    }
}

const fn contactor(closed: bool) -> Value {
    Value::Text(if closed { "closed" } else { "open" })
}

fn faults(names: &Value) -> Option<Faults> {
    let mut faults = Faults::empty();
    for name in names.items() {
        faults |= Faults::named(name.text()?)?;
    }
    (!names.items().is_empty()).then_some(faults)
}
