//! `power_share.jsonl`: decisions and sequences of a group.

use serde_json::{Value, json};
use smartevse_share::allocate::Share;
use smartevse_share::slot::{Schedule, Slot};
use smartevse_share::{
    AntiFlap, Conductor, Contactor, Limit, Member, OrdersSent, Priority, Scheduler, ShareConfig,
    ShareDecision, ShareInputs, ShareTable, ShareView,
};
use smartevse_types::{BlockReason, DeciAmps, Duration, Instant, LimitedBy, Minutes, Phase};

use super::words::{flag, list, mode_of, whole};
use super::{Case, Outcome, equal};

/// Kinds of this file.
pub const KINDS: &[&str] = &["allocation", "sequence"];

/// Runs one case.
pub fn run(case: &Case) -> Outcome {
    let verdict = match case.kind.as_str() {
        "allocation" => allocation(&case.value),
        "sequence" => sequence(&case.value),
        other => Err(format!("unknown kind {other}")),
    };
    match verdict {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

/// A group of any size under one limit.
struct Bench {
    now: Instant,
    config: ShareConfig,
    limit: DeciAmps,
    grace: bool,
    scheduler: Scheduler,
    slots: Vec<Slot>,
    members: Vec<Member>,
    views: Vec<ShareView>,
    sent: (Instant, Vec<DeciAmps>),
    decision: Option<ShareDecision>,
}

impl Bench {
    fn new(case: &Value, start: Instant) -> Result<Self, String> {
        let evses = list(case, "evses")?;
        let mut config = ShareConfig {
            mode: mode_of(&case["mode"])?,
            ..ShareConfig::default()
        };
        configure(&mut config, &case["settings"])?;
        let min = DeciAmps::from_deci(whole(&case["settings"]["min_a"])?.saturating_mul(10));
        let mut views = Vec::new();
        for (index, evse) in evses.iter().enumerate() {
            if evse["index"].as_u64() != u64::try_from(index).ok() {
                return Err(format!("{evse} is not at its index"));
            }
            views.push(ShareView {
                online: true,
                min,
                cap: DeciAmps::from_deci(whole(&evse["max_da"])?),
                ..ShareView::default()
            });
        }
        let count = views.len();
        Ok(Self {
            now: start,
            config,
            limit: DeciAmps::ZERO,
            grace: false,
            scheduler: Scheduler::new(),
            slots: vec![Slot::default(); count],
            members: vec![Member::new(DeciAmps::ZERO, DeciAmps::ZERO); count],
            views,
            sent: (Instant::ZERO, Vec::new()),
            decision: None,
        })
    }

    fn step(&mut self) -> ShareDecision {
        let by = LimitedBy::Circuit(Phase::L1);
        let mut limits = [Limit::new(self.limit, Conductor::Phase(Phase::L1), by)];
        let inputs = ShareInputs {
            views: &self.views,
            sent: Some(OrdersSent {
                at: self.sent.0,
                currents: &self.sent.1,
            }),
            grace_running: self.grace,
        };
        let table = ShareTable {
            slots: &mut self.slots,
            members: &mut self.members,
            limits: &mut limits,
        };
        let decision = self.scheduler.step(self.now, &self.config, &inputs, table);
        self.decision = Some(decision);
        decision
    }

    /// Everything that has been handed out leaves the wire.
    fn broadcast(&mut self) {
        self.sent = (self.now, self.orders());
    }

    fn orders(&self) -> Vec<DeciAmps> {
        self.slots.iter().map(Slot::order).collect()
    }

    fn shares(&self) -> Vec<DeciAmps> {
        self.slots.iter().map(Slot::allocated).collect()
    }

    fn schedule(&self) -> Value {
        let words = self.slots.iter().map(|slot| match slot.schedule() {
            Schedule::Active => "active",
            Schedule::Paused => "paused",
            Schedule::Inactive => "inactive",
        });
        json!(words.collect::<Vec<_>>())
    }

    fn errors(&self) -> Value {
        let words = self.slots.iter().map(|slot| match slot.schedule() {
            Schedule::Active | Schedule::Inactive => "none",
            Schedule::Paused => self.error_of(slot),
        });
        json!(words.collect::<Vec<_>>())
    }

    fn error_of(&self, slot: &Slot) -> &'static str {
        match slot.wait().map(|wait| wait.block(self.config.mode)) {
            Some(BlockReason::WaitingForPower) => "less_6a",
            Some(BlockReason::WaitingForSolar) => "no_sun",
            Some(_) | None => "none",
        }
    }
}

/// Settings, at the start or as a later change.
fn configure(config: &mut ShareConfig, settings: &Value) -> Result<(), String> {
    let members = settings.as_object().ok_or("settings is not an object")?;
    for (name, value) in members {
        match name.as_str() {
            // Applied to the EVSEs.
            "min_a" => {}
            "priority" => config.priority = priority_of(value)?,
            "share" => config.share = share_of(value)?,
            "anti_flap" => config.anti_flap = anti_flap_of(value)?,
            "rotation_min" => {
                let minutes = u16::try_from(whole(value)?).map_err(|why| why.to_string())?;
                *config = config
                    .with_rotation(Minutes::from_minutes(minutes))
                    .map_err(|why| why.to_string())?;
            }
            "idle_timeout_s" => {
                let seconds = u16::try_from(whole(value)?).map_err(|why| why.to_string())?;
                *config = config
                    .with_idle_tmo(seconds)
                    .map_err(|why| why.to_string())?;
            }
            other => return Err(format!("unknown setting {other}")),
        }
    }
    Ok(())
}

fn priority_of(value: &Value) -> Result<Priority, String> {
    match value.as_str() {
        Some("modbus_address") => Ok(Priority::ModbusAddress),
        Some("first_connected") => Ok(Priority::FirstConnected),
        Some("last_connected") => Ok(Priority::LastConnected),
        Some(_) | None => Err(format!("unknown priority {value}")),
    }
}

fn share_of(value: &Value) -> Result<Share, String> {
    match value.as_str() {
        Some("equal") => Ok(Share::Equal),
        Some("priority_fill") => Ok(Share::PriorityFill),
        Some(_) | None => Err(format!("unknown share {value}")),
    }
}

fn anti_flap_of(value: &Value) -> Result<AntiFlap, String> {
    match value.as_str() {
        Some("documented") => Ok(AntiFlap::DOCUMENTED),
        Some("default") => Ok(AntiFlap::default()),
        Some(_) | None => Err(format!("unknown anti_flap {value}")),
    }
}

fn deci(value: &Value) -> Result<DeciAmps, String> {
    whole(value).map(DeciAmps::from_deci)
}

/// A span in seconds; `null` or missing = none.
fn seconds(value: &Value) -> Result<Option<u64>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let number = value.as_u64();
    number
        .map(Some)
        .ok_or_else(|| format!("{value} is not a number of seconds"))
}

/// Long after every plug-in of the cases.
const DECISION_TIME: Instant = Instant::from_secs(100_000_000);

fn allocation(case: &Value) -> Result<(), String> {
    let mut bench = Bench::new(case, DECISION_TIME)?;
    // A decision without history.
    bench.config.anti_flap = AntiFlap::DOCUMENTED;
    bench.limit = deci(&case["limit_da"])?;
    bench.grace = flag(case.get("grace_running"));
    for (index, evse) in list(case, "evses")?.iter().enumerate() {
        furnish(&mut bench, index, evse)?;
    }
    // One EVSE changes hands in a call.
    for _ in 0..=bench.slots.len() {
        if bench.step().handed_over.is_none() {
            break;
        }
        bench.now += Duration::from_secs(1);
    }
    let shares = bench.shares();
    check(&bench, &case["expect"], &shares)?;
    let total: DeciAmps = shares.iter().copied().sum();
    asserted(
        "total_da",
        &case["expect"]["total_da"],
        &json!(total.as_deci()),
    )
}

fn furnish(bench: &mut Bench, index: usize, evse: &Value) -> Result<(), String> {
    let now = bench.now;
    let (view, slot) = match (bench.views.get_mut(index), bench.slots.get_mut(index)) {
        (Some(view), Some(slot)) => (view, slot),
        (_, _) => return Err("an EVSE is missing".to_owned()),
    };
    let connected = seconds(&evse["connected_at_s"])?.map(Instant::from_secs);
    let charging = seconds(&evse["charging_s"])?.map(|span| now - Duration::from_secs(span));
    let active = flag(evse.get("active")).then_some(now - Duration::from_minutes(60));
    view.wants = flag(evse.get("wants"));
    view.connected = view.wants || connected.is_some();
    view.contactor = if charging.is_some() {
        Contactor::Closed
    } else {
        Contactor::Asking
    };
    view.seen_at = now;
    slot.restore(connected, charging, active);
    if let Some(since) = active {
        slot.announced(view.min, since);
    }
    if let Some(lost) = evse.get("lost").filter(|lost| !lost.is_null()) {
        let ago = seconds(&lost["since_last_nonzero_s"])?.ok_or("lost without a time")?;
        let span = Duration::from_secs(ago);
        view.online = false;
        view.contactor = contactor_of(&lost["last_state"])?;
        slot.sent(deci(&lost["last_nonzero_da"])?, now - span);
    }
    Ok(())
}

fn contactor_of(value: &Value) -> Result<Contactor, String> {
    match value.as_str() {
        Some("A" | "B" | "B1") => Ok(Contactor::Open),
        Some("C" | "C1") => Ok(Contactor::Closed),
        Some(_) => Ok(Contactor::Asking),
        None => Err(format!("unknown state {value}")),
    }
}

/// Compares what is asserted: `null` means nothing, also inside a list.
fn asserted(what: &str, expected: &Value, actual: &Value) -> Result<(), String> {
    let wrong = match (expected, actual) {
        (Value::Null, _) => false,
        (Value::Array(expected), Value::Array(actual)) => {
            let mut pairs = expected.iter().zip(actual);
            expected.len() != actual.len()
                || pairs.any(|(expected, actual)| !expected.is_null() && expected != actual)
        }
        (expected, actual) => expected != actual,
    };
    if wrong {
        return equal(what, expected, actual);
    }
    Ok(())
}

fn check(bench: &Bench, expect: &Value, currents: &[DeciAmps]) -> Result<(), String> {
    let currents: Vec<i32> = currents.iter().map(|current| current.as_deci()).collect();
    asserted("schedule", &expect["schedule"], &bench.schedule())?;
    asserted("error_shown", &expect["error_shown"], &bench.errors())?;
    asserted("allocation_da", &expect["allocation_da"], &json!(currents))
}

/// A car at one EVSE.
#[derive(Clone, Copy, Default)]
struct Car {
    draw: Option<DeciAmps>,
    /// Since when its set-point is zero although it was charging.
    stopped_at: Option<Instant>,
}

/// Longest time a paused EVSE stays in C.
const LEAVES_C: Duration = Duration::from_secs(6);
/// Moment of `t_s` = 0.
const START: Instant = Instant::from_secs(1_000);

fn sequence(case: &Value) -> Result<(), String> {
    let mut bench = Bench::new(case, START)?;
    let mut cars = vec![Car::default(); bench.views.len()];
    let (events, expect) = (list(case, "events")?, list(case, "expect")?);
    // Nobody is connected, and everybody answers.
    bench.step();
    let mut checks = 0;
    for t in 0..=last_second(expect) {
        bench.now = START + Duration::from_secs(t);
        for event in events
            .iter()
            .filter(|event| event["t_s"].as_u64() == Some(t))
        {
            apply(&mut bench, &mut cars, event)?;
        }
        play(&mut bench, &mut cars);
        bench.step();
        if t % 2 == 0 {
            bench.broadcast();
            bench.step();
        }
        for entry in expect
            .iter()
            .filter(|entry| entry["t_s"].as_u64() == Some(t))
        {
            checks += 1;
            check_moment(&bench, entry).map_err(|why| format!("at {t} s: {why}"))?;
        }
    }
    if checks < expect.len() {
        return Err("an expectation has no usable t_s".to_owned());
    }
    Ok(())
}

fn last_second(expect: &[Value]) -> u64 {
    let times = expect.iter().filter_map(|entry| entry["t_s"].as_u64());
    times.max().unwrap_or(0)
}

fn apply(bench: &mut Bench, cars: &mut [Car], event: &Value) -> Result<(), String> {
    let members = event.as_object().ok_or("an event is not an object")?;
    let index = event["evse"].as_u64().map(usize::try_from);
    let index = index.and_then(Result::ok).unwrap_or(usize::MAX);
    for (name, value) in members {
        let on = value.as_bool();
        match (
            name.as_str(),
            bench.views.get_mut(index),
            cars.get_mut(index),
        ) {
            ("t_s", _, _) | ("evse", Some(_), _) => {}
            ("limit_da", _, _) => bench.limit = deci(value)?,
            ("set", _, _) => change(bench, value)?,
            ("draw_da", _, Some(car)) => {
                car.draw = if value.is_null() {
                    None
                } else {
                    Some(deci(value)?)
                };
            }
            ("connected", Some(view), Some(_)) if on.is_some() => view.connected = on == Some(true),
            ("wants", Some(view), Some(_)) if on.is_some() => view.wants = on == Some(true),
            ("online", Some(view), Some(_)) if on.is_some() => view.online = on == Some(true),
            (other, _, _) => return Err(format!("cannot apply {other} of {event}")),
        }
    }
    if let Some(view) = bench.views.get_mut(index) {
        view.wants = view.wants && view.connected;
    }
    Ok(())
}

fn change(bench: &mut Bench, settings: &Value) -> Result<(), String> {
    configure(&mut bench.config, settings)?;
    if let Some(min) = settings.get("min_a") {
        let min = DeciAmps::from_deci(whole(min)?.saturating_mul(10));
        bench.views.iter_mut().for_each(|view| view.min = min);
    }
    Ok(())
}

/// The cars follow what was sent, and the master reads what they do.
fn play(bench: &mut Bench, cars: &mut [Car]) {
    let now = bench.now;
    let sent = bench
        .sent
        .1
        .iter()
        .copied()
        .chain(std::iter::repeat(DeciAmps::ZERO));
    let orders = bench.slots.iter().map(Slot::order);
    for (((view, car), sent), order) in bench.views.iter_mut().zip(cars).zip(sent).zip(orders) {
        if !view.online {
            continue;
        }
        let charges = view.wants && sent > DeciAmps::ZERO;
        let was_closed = view.contactor == Contactor::Closed;
        car.stopped_at = if was_closed && view.wants && !charges {
            car.stopped_at.or(Some(now))
        } else {
            None
        };
        let lingers = car.stopped_at.is_some_and(|at| now < at + LEAVES_C);
        view.contactor = match (charges || lingers, view.wants) {
            (true, _) => Contactor::Closed,
            (false, true) => Contactor::Asking,
            (false, false) => Contactor::Open,
        };
        view.seen_at = now;
        if let Some(draw) = car.draw {
            view.measured.update(draw.min(order), now);
        } else {
            view.measured.clear();
        }
    }
}

fn check_moment(bench: &Bench, entry: &Value) -> Result<(), String> {
    check(bench, entry, &bench.orders())?;
    let Some(bounds) = entry
        .get("rotation_timer_s")
        .filter(|value| !value.is_null())
    else {
        return Ok(());
    };
    let left = bench.decision.map(|decision| decision.rotation_left);
    let left = left.map_or(0, Duration::as_secs_ceil);
    let (min, max) = (seconds(&bounds["min"])?, seconds(&bounds["max"])?);
    if left < min.unwrap_or(0) || left > max.unwrap_or(u64::MAX) {
        return Err(format!(
            "rotation_timer_s: expected {bounds}, actual {left}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::Mode;

    #[test]
    fn when_null_is_expected_then_nothing_is_asserted() {
        assert!(asserted("x", &json!(null), &json!([1])).is_ok());
        assert!(asserted("x", &json!([null, 2]), &json!([1, 2])).is_ok());
        assert!(asserted("x", &json!([null, 2]), &json!([1, 3])).is_err());
        assert!(asserted("x", &json!([1]), &json!([1, 2])).is_err());
        assert!(asserted("x", &json!(3), &json!(4)).is_err());
    }

    #[test]
    fn when_a_word_is_unknown_then_it_is_an_error() {
        let mut config = ShareConfig::default();
        for settings in [
            json!({"priority": "alphabet"}),
            json!({"rotation_min": 29}),
            json!({"idle_timeout_s": 301}),
            json!({"anti_flap": "none"}),
            json!({"share": "all"}),
            json!({"moon": 1}),
        ] {
            assert!(configure(&mut config, &settings).is_err(), "{settings}");
        }
        assert_eq!(config.mode, Mode::Normal);
    }
}
