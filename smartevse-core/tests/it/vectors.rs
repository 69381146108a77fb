//! Conformance vectors of the charging control (`vectors/charging.jsonl`).
//!
//! The planning half is a pass-through here; rows that need more are skipped
//! by name.

use serde_json::Value;
use smartevse_core::charger::BoardFacts;
use smartevse_core::directive::Handshake;
use smartevse_core::duty::{DutyMeaning, current_to_duty, duty_to_current};
use smartevse_core::faults::Faults;
use smartevse_core::io::{
    ContactorFeedback, LockDrive, LockFeedback, MainsInput, MilliVoltRange, PilotSample,
    PilotSwitch, ProximityInput, SwitchInput, TemperatureInput,
};
use smartevse_core::options::{CableKind, Contact2, LockKind};
use smartevse_core::pilot::{PilotClass, classify, diode_good};
use smartevse_core::proximity::CableCoding;
use smartevse_core::state::ChargeState;
use smartevse_core::vehicle::{VehicleCheck, VehicleId};
use smartevse_types::{Access, Amps, Celsius, DeciAmps, Duration, DutyPermille, Instant, Ohms};

use crate::rig::{Level, Rig};

/// Rows that need access logic, cards, the meaning of the switch or schedules.
const NEED_PLANNING: &[&str] = &[
    "CH-T059", "CH-T060", "CH-T061", "CH-T062", "CH-T063", "CH-T064", "CH-T065", "CH-T066",
    "CH-T068", "CH-T069", "CH-T070", "CH-T071", "CH-T072", "CH-T073", "CH-T077", "CH-T078",
];

fn rows() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/charging.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

fn milli(value: &Value) -> i32 {
    i32::try_from(int(value)).unwrap()
}

fn amps(value: &Value) -> Amps {
    Amps::from_amps(u16::try_from(int(value)).unwrap())
}

#[test]
fn when_the_rows_are_played_then_every_expectation_holds() {
    let mut failures = Vec::new();
    let (mut passed, mut skipped) = (0, 0);
    for row in rows() {
        let id = row["id"].as_str().unwrap();
        if NEED_PLANNING.contains(&id) {
            skipped += 1;
            continue;
        }
        let found = play(&row);
        if found.is_empty() {
            passed += 1;
        }
        failures.extend(found.into_iter().map(|text| format!("{id}: {text}")));
    }
    println!("charging.jsonl: {passed} passed, {skipped} skipped");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!((passed, skipped), (72, 16));
}

fn play(row: &Value) -> Vec<String> {
    match row["kind"].as_str().unwrap() {
        "current_to_duty" => points(row, |point| {
            let duty = current_to_duty(DeciAmps::from_deci(milli(&point[0])));
            Value::from(duty.as_permille())
        }),
        "duty_to_current" => points(row, |point| {
            let duty = DutyPermille::from_permille(u16::try_from(int(&point[0])).unwrap());
            match duty_to_current(duty) {
                DutyMeaning::Fault => Value::from("fault"),
                DutyMeaning::Digital => Value::from("digital"),
                DutyMeaning::Current(current) => Value::from(current.as_deci()),
            }
        }),
        "cable_limit" => points(row, |point| {
            let ohms = Ohms::from_ohms(u32::try_from(int(&point[0])).unwrap());
            CableCoding::from_ohms(ohms)
                .limit()
                .map_or(Value::Null, |l| Value::from(l.as_amps()))
        }),
        "pilot_class" => samples(row, pilot_sample),
        "diode" => samples(row, diode_sample),
        "sequence" => Player::new(row).play(row),
        other => vec![format!("unknown kind {other}")],
    }
}

fn points(row: &Value, compute: impl Fn(&Value) -> Value) -> Vec<String> {
    let points = row["points"].as_array().unwrap().iter();
    points
        .filter_map(|point| {
            let got = compute(point);
            (got != point[1]).then(|| format!("{point}: {got}"))
        })
        .collect()
}

fn samples(row: &Value, check: impl Fn(&Value) -> bool) -> Vec<String> {
    let samples = row["samples"].as_array().unwrap().iter();
    samples
        .filter(|sample| !check(sample))
        .map(Value::to_string)
        .collect()
}

fn pilot_sample(sample: &Value) -> bool {
    let now = Instant::from_secs(1);
    let at = now - Duration::from_millis(u64::try_from(int(&sample["age_ms"])).unwrap());
    let high =
        MilliVoltRange::from_milli(milli(&sample["high_min_mv"]), milli(&sample["high_max_mv"]));
    let input = PilotSample {
        from: at,
        at,
        high,
        low: None,
    };
    classify(Some(&input), now, None).name() == sample["pilot_class"]
}

fn diode_sample(sample: &Value) -> bool {
    let low =
        MilliVoltRange::from_milli(milli(&sample["low_min_mv"]), milli(&sample["low_max_mv"]));
    diode_good(Some(low)) == sample["diode_good"]
}

/// One second of missing data is one too many.
const MAINS_TIMEOUT: Duration = Duration::from_secs(11);
const EV_TIMEOUT: Duration = Duration::from_secs(64);

struct Player {
    rig: Rig,
    start: Instant,
    node: bool,
    pending: Handshake,
    smart: bool,
    auto: Contact2,
    solar: bool,
    target_three: bool,
    offered: i32,
    override_da: i32,
    lost: [Option<Instant>; 3],
    switch_closed: bool,
    access: Access,
}

impl Player {
    fn new(row: &Value) -> Self {
        let settings = &row["settings"];
        let board = &row["board"];
        let flag = |name: &str| board[name].as_bool().unwrap_or(false);
        let facts = BoardFacts {
            ventilation: flag("ventilation"),
            modem: flag("modem"),
            residual_current_test: flag("rcm_self_test"),
            lock_advisory: false,
        };
        let mut rig = Rig::boot(facts);
        let max = settings.get("max_a").map_or(Amps::from_amps(16), amps);
        let config = &mut rig.directive.config;
        config.max = max;
        config.min = settings.get("min_a").map_or(Amps::from_amps(6), amps);
        config.cable = if settings["config"] == "Socket" {
            CableKind::Socket
        } else {
            CableKind::Fixed
        };
        config.lock = settings["lock"]
            .as_str()
            .map_or(LockKind::Disabled, |text| {
                LockKind::from_text(text).unwrap()
            });
        config.residual_current = settings["rcmon"] == "Enabled";
        let hot = settings.get("max_temp_c").map_or(65, int);
        config.max_temperature = Celsius::from_celsius(i16::try_from(hot).unwrap());
        config.contact2 = settings["contact2"]
            .as_str()
            .map_or(Contact2::AlwaysOn, |text| {
                Contact2::from_text(text).unwrap()
            });
        let auto = config.contact2;
        let required = settings["required_evccid"]
            .as_str()
            .and_then(VehicleId::new);
        rig.directive.modem = VehicleCheck::of(required.as_ref(), None);
        rig.follow = flag("contactor_feedback");
        if flag("lock_feedback") {
            rig.inputs.lock = LockFeedback::Unknown;
        }
        let mode = settings["mode"].as_str().unwrap_or("Normal");
        let node = settings["pwr_share"]
            .as_str()
            .is_some_and(|share| share.starts_with("Node"));
        let mut player = Self {
            start: rig.now,
            node,
            pending: Handshake::Waiting,
            smart: mode != "Normal",
            solar: mode == "Solar",
            auto,
            target_three: true,
            offered: max.to_deci().as_deci(),
            override_da: 0,
            lost: [None; 3],
            switch_closed: false,
            access: if settings["access"] == "Off" {
                Access::Off
            } else {
                Access::On
            },
            rig,
        };
        if row["boot"] != true {
            for _ in 0..1_600 {
                player.tick();
            }
            player.start = player.rig.now;
        }
        player
    }

    fn tick(&mut self) {
        self.wish();
        self.rig.tick();
        let closed = self.rig.status().switch.closed;
        if closed != self.switch_closed {
            self.switch_closed = closed;
            let charging = self.rig.state() == ChargeState::C;
            let requests = &mut self.rig.directive.requests;
            requests.local_reset = requests.local_reset.wrapping_add(1);
            if closed && charging {
                requests.button_stop = requests.button_stop.wrapping_add(1);
            }
        }
    }

    /// The planning half in its smallest form.
    fn wish(&mut self) {
        let directive = &mut self.rig.directive;
        directive.access = self.access;
        let offered = if self.override_da > 0 {
            self.override_da
        } else {
            self.offered
        };
        directive.grant.offered = DeciAmps::from_deci(offered);
        directive.three_phase = match self.auto {
            Contact2::NotPresent | Contact2::AlwaysOff => false,
            Contact2::SolarOff => !self.solar,
            Contact2::AlwaysOn => true,
            Contact2::Auto => !self.solar || self.target_three,
        };
        let state = self.rig.charger.status().state;
        directive.handshake = match (self.node, self.pending, state) {
            (false, ..) => Handshake::NotNeeded,
            (true, Handshake::GrantedB, ChargeState::CommB)
            | (true, Handshake::GrantedC, ChargeState::CommC) => self.pending,
            (true, ..) => Handshake::Waiting,
        };
        let now = self.rig.now;
        let old = |at: Option<Instant>, limit| at.is_some_and(|at| now.since(at) > limit);
        let [mains, ev, broadcast] = self.lost;
        let mut faults = Faults::empty();
        faults.set(
            Faults::CT_NOCOMM,
            old(broadcast, MAINS_TIMEOUT) || (self.smart && old(mains, MAINS_TIMEOUT)),
        );
        faults.set(Faults::EV_NOCOMM, self.smart && old(ev, EV_TIMEOUT));
        directive.faults = faults;
    }

    fn apply(&mut self, entry: &Value) {
        for (name, value) in entry.as_object().unwrap() {
            self.apply_member(name, value, entry);
        }
    }

    fn apply_member(&mut self, name: &str, value: &Value, entry: &Value) {
        let now = self.rig.now;
        let seen = |present: bool| (!present).then_some(now);
        match name {
            "t_ms" | "pilot_high_max_mv" | "pilot_low_mv" => {}
            "pilot" => self
                .rig
                .set(PilotClass::named(value.as_str().unwrap()).unwrap()),
            "pilot_high_min_mv" => {
                let high =
                    MilliVoltRange::from_milli(milli(value), milli(&entry["pilot_high_max_mv"]));
                self.rig.level = Level::Volts {
                    high,
                    low: milli(&entry["pilot_low_mv"]),
                };
            }
            "diode" => self.rig.diode = value == true,
            "pp_ohm" => {
                let ohms = Ohms::from_ohms(u32::try_from(int(value)).unwrap());
                self.rig.inputs.proximity = ProximityInput::Resistance(ohms);
            }
            "rcm" => self.rig.rcm = value == true,
            "rcm_test_response" => self.rig.rcm_reacts = value == true,
            "temperature_c" => {
                let celsius = Celsius::from_celsius(i16::try_from(int(value)).unwrap());
                self.rig.inputs.temperature = TemperatureInput::Measured(celsius);
            }
            "access" => self.set_access(value.as_str().unwrap()),
            "mode" => {
                self.solar = value == "Solar";
                self.smart = value != "Normal";
            }
            "button" => {
                let requests = &mut self.rig.directive.requests;
                requests.local_reset = requests.local_reset.wrapping_add(1);
            }
            "remote_reset" => {}
            "switch" => {
                self.rig.inputs.switch = if value == "closed" {
                    SwitchInput::Closed
                } else {
                    SwitchInput::Open
                };
            }
            "mains_data" => self.lost[0] = seen(value == true),
            "ev_data" => self.lost[1] = seen(value == true),
            "broadcast" => self.lost[2] = seen(value == true),
            "current_available" => self.rig.directive.grant.available = value == true,
            "offered_da" => self.offered = milli(value),
            "target_phases" => self.target_three = value == 3,
            "node_grant" => {
                self.pending = if value == "B" {
                    Handshake::GrantedB
                } else {
                    Handshake::GrantedC
                };
            }
            "override_da" => self.override_da = milli(value),
            "lock_feedback" => {
                self.rig.inputs.lock = if value == "locked" {
                    LockFeedback::Locked
                } else {
                    LockFeedback::Unlocked
                };
            }
            "contactor1_feedback" => self.feedback(value.as_str().unwrap()),
            "mains_present" => {
                self.rig.inputs.mains = if value == true {
                    MainsInput::Present
                } else {
                    MainsInput::Lost
                };
            }
            other => panic!("unknown input {other}"),
        }
    }

    fn set_access(&mut self, text: &str) {
        self.access = match text {
            "Off" => Access::Off,
            "On" => Access::On,
            "Pause" => Access::Pause,
            other => panic!("unknown access {other}"),
        };
        if self.access == Access::On {
            let requests = &mut self.rig.directive.requests;
            requests.start = requests.start.wrapping_add(1);
        }
    }

    fn feedback(&mut self, text: &str) {
        self.rig.follow = text == "follow";
        self.rig.inputs.contactor1 = match text {
            "closed" => ContactorFeedback::Closed,
            _ => ContactorFeedback::Open,
        };
        self.rig.inputs.contactor2 = ContactorFeedback::NotFitted;
    }

    fn play(mut self, row: &Value) -> Vec<String> {
        let timeline = row["timeline"].as_array().unwrap();
        let expects = row["expect"].as_array().unwrap();
        let end = expects.iter().map(last_ms).max().unwrap();
        let mut trace = Vec::new();
        let mut next = 0;
        for millis in (0..=end + 10).step_by(10) {
            while next < timeline.len() && int(&timeline[next]["t_ms"]) <= millis {
                self.apply(&timeline[next]);
                next += 1;
            }
            self.tick();
            trace.push(self.signals());
        }
        expects
            .iter()
            .filter_map(|expect| check(expect, &trace))
            .collect()
    }

    fn signals(&self) -> Signals {
        let status = self.rig.status();
        let out = self.rig.outputs;
        Signals {
            state: status.state.name(),
            contactor1: if out.contactor1.is_closed() {
                "closed"
            } else {
                "open"
            },
            contactor2: if out.contactor2.is_closed() {
                "closed"
            } else {
                "open"
            },
            duty: out.duty.as_permille(),
            cp_switch: if out.pilot_switch == PilotSwitch::Closed {
                "closed"
            } else {
                "open"
            },
            actuator: match out.lock {
                LockDrive::Off => "off",
                LockDrive::Lock => "lock",
                LockDrive::Unlock => "unlock",
            },
            faults: status.faults,
            access: self.access.text(),
            present: status.vehicle_present,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Signals {
    state: &'static str,
    contactor1: &'static str,
    contactor2: &'static str,
    duty: u16,
    cp_switch: &'static str,
    actuator: &'static str,
    faults: Faults,
    access: &'static str,
    present: bool,
}

impl Signals {
    /// Whether a signal has a value; `None` = not a signal of this half.
    fn has(&self, name: &str, value: &Value) -> bool {
        match name {
            "state" => value == self.state,
            "contactor1" => value == self.contactor1,
            "contactor2" => value == self.contactor2,
            "cp_switch" => value == self.cp_switch,
            "actuator" => value == self.actuator,
            "access" => value == self.access,
            "vehicle_present" => value == self.present,
            "duty_permille" => match value.as_object() {
                Some(range) => {
                    let duty = i64::from(self.duty);
                    int(&range["min"]) <= duty && duty <= int(&range["max"])
                }
                None => value == self.duty,
            },
            "errors_include" => flags(value).all(|flag| self.faults.contains(flag)),
            "errors_exclude" => flags(value).all(|flag| !self.faults.contains(flag)),
            other => panic!("unknown signal {other}"),
        }
    }
}

fn flags(value: &Value) -> impl Iterator<Item = Faults> {
    let names = value.as_array().unwrap().iter();
    names.map(|name| Faults::named(name.as_str().unwrap()).unwrap())
}

fn last_ms(expect: &Value) -> i64 {
    ["at_ms", "to_ms"]
        .iter()
        .filter_map(|name| expect[*name].as_i64())
        .chain(expect["window_ms"].as_array().map(|window| int(&window[1])))
        .max()
        .unwrap()
}

fn span(from: i64, to: i64) -> std::ops::RangeInclusive<usize> {
    let from = usize::try_from(from.max(0)).unwrap().div_ceil(10);
    from..=usize::try_from(to).unwrap() / 10
}

fn check(expect: &Value, trace: &[Signals]) -> Option<String> {
    if let Some(change) = expect.get("change") {
        return check_change(change, &expect["window_ms"], trace);
    }
    if let Some(never) = expect.get("never") {
        let (name, value) = never.as_object().unwrap().iter().next().unwrap();
        let mut span = span(int(&expect["from_ms"]), int(&expect["to_ms"]));
        let hit = span.find(|at| trace[*at].has(name, value))?;
        return Some(format!("{expect}: at {} {:?}", hit * 10, trace[hit]));
    }
    if expect.get("order").is_some() {
        return check_order(expect, trace);
    }
    let at = usize::try_from(int(&expect["at_ms"])).unwrap() / 10;
    let wrong = expect
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "at_ms")
        .any(|(name, value)| !trace[at].has(name, value));
    wrong.then(|| format!("{expect}: {:?}", trace[at]))
}

fn check_change(change: &Value, window: &Value, trace: &[Signals]) -> Option<String> {
    let name = change["signal"].as_str().unwrap();
    let has = |at: usize| trace[at].has(name, &change["to"]);
    let mut span = span(int(&window[0]), int(&window[1]));
    let before = span.start().checked_sub(1).is_some_and(has);
    let taken = span.any(has);
    (before || !taken).then(|| format!("{change} {window}: before {before}, taken {taken}"))
}

fn check_order(expect: &Value, trace: &[Signals]) -> Option<String> {
    let window = &expect["window_ms"];
    let mut at = Vec::new();
    for part in expect["order"].as_array().unwrap() {
        let (name, value) = part.as_str().unwrap().split_once(':').unwrap();
        let value = Value::from(value);
        let mut span = span(int(&window[0]), int(&window[1]));
        at.push(span.find(|at| trace[*at].has(name, &value))?);
    }
    let gap = i64::try_from((at[1] - at[0]) * 10).unwrap();
    let allowed = &expect["gap_ms"];
    let fine = at[0] <= at[1] && int(&allowed[0]) <= gap && gap <= int(&allowed[1]);
    (!fine).then(|| format!("{expect}: {at:?}"))
}
