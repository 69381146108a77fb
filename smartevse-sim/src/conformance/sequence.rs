//! Charging sequences: a station on a bench that plays a timeline tick by
//! tick and records every signal.

use serde_json::{Map, Value};
use smartevse::Station;
use smartevse_core::charger::BootRecord;
use smartevse_core::command::{Command, Origin};
use smartevse_core::directive::{Handshake, PowerGrant};
use smartevse_core::event::{Event, Fact, MeterReading};
use smartevse_core::faults::{FaultClass, Faults};
use smartevse_core::io::{
    ContactorFeedback, Inputs, LockFeedback, MainsInput, MilliVoltRange, Outputs, PilotSample,
    ProximityInput, ResidualCurrentInput, TemperatureInput,
};
use smartevse_core::vehicle::VehicleId;
use smartevse_types::{Celsius, DeciAmps, Duration, Instant, LimitedBy, Ohms, PerPhase};

use super::expect::{Expectation, Record, Signals, TICK_MS};
use super::start::Start;
use super::words::{
    access_of, card_of, contactor_of, flag, list, mode_of, switch_of, time_of, whole, window_of,
};
use super::{Case, Outcome};

/// Moment that a vector calls 0 ms.
const ZERO: Instant = Instant::from_secs(1_000);

/// Time that the charger runs before a sequence that does not begin with the
/// reset: longer than the 10 s that vectors ask for.
const SETTLING: Duration = Duration::from_secs(20);

/// Time that a card stays at the reader.
const CARD_STAYS: Duration = Duration::from_millis(1_000);

/// Time between two messages of a source that is alive. The format asks for at
/// least one a second; ten keep the moment at which a source falls silent
/// close to the one that the vector gives.
const MESSAGE: Duration = Duration::from_millis(100);

/// Runs one sequence.
pub fn run(case: &Case) -> Outcome {
    match play(&case.value) {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

fn play(case: &Value) -> Result<(), String> {
    let expectations = list(case, "expect")?
        .iter()
        .map(Expectation::parse)
        .collect::<Result<Vec<_>, _>>()?;
    let timeline = list(case, "timeline")?;
    let empty = Map::new();
    let section = |name| case.get(name).and_then(Value::as_object).unwrap_or(&empty);
    let start = Start::parse(section("settings"), section("board"))?;
    let boots = flag(case.get("boot"));
    let end = expectations.iter().map(Expectation::end_ms).max();
    let record = Bench::new(start, boots)?.play(timeline, end.unwrap_or(0))?;
    expectations
        .iter()
        .try_for_each(|expectation| expectation.check(&record))
}

/// Pilot as the port delivers it.
#[derive(Clone, Copy, Debug)]
struct PilotInput {
    high: MilliVoltRange,
    low_mv: Option<i32>,
    diode: bool,
    stopped: bool,
}

impl PilotInput {
    /// Level of the low phase: as given, or what the diode makes of it.
    fn low(&self) -> i32 {
        let mirrored = -self.high.max.as_milli();
        match self.low_mv {
            Some(low) => low,
            None if self.diode => -12_000,
            None => mirrored.max(-12_000),
        }
    }
}

/// A station with everything around it under control.
struct Bench {
    start: Start,
    station: Station,
    now: Instant,
    outputs: Outputs,
    pilot: PilotInput,
    sample: Option<PilotSample>,
    levels: Inputs,
    residual_current: bool,
    test_responds: bool,
    contactor1: Option<ContactorFeedback>,
    grant: PowerGrant,
    three_phases: bool,
    mains_data: bool,
    ev_data: bool,
    broadcast: bool,
    next_message: Instant,
    card_leaves: Option<Instant>,
}

impl Bench {
    fn new(start: Start, boots: bool) -> Result<Self, String> {
        let begin = if boots { ZERO } else { ZERO - SETTLING };
        let mut bench = Self {
            station: start.station(BootRecord::default(), begin),
            now: begin,
            outputs: Outputs::SAFE,
            pilot: PilotInput {
                high: MilliVoltRange::from_milli(12_000, 12_000),
                low_mv: None,
                diode: true,
                stopped: false,
            },
            sample: None,
            levels: start.levels(),
            residual_current: false,
            test_responds: true,
            contactor1: None,
            grant: PowerGrant {
                available: true,
                offered: DeciAmps::from_deci(i32::from(start.max_a) * 10),
                limited_by: LimitedBy::External,
            },
            three_phases: true,
            mains_data: true,
            ev_data: true,
            broadcast: true,
            next_message: begin,
            card_leaves: None,
            start,
        };
        bench.prepare();
        Ok(bench)
    }

    /// Brings about what is a wish, not a stored value.
    fn prepare(&mut self) {
        if let Some(teach) = self.start.teach {
            self.command(Origin::Lcd, Command::TeachCards(Some(teach)));
        }
        if self.start.cable_lock {
            self.command(Origin::Rest, Command::SetCableLock(true));
        }
        let required = self.start.required_vehicle;
        self.command(Origin::Rest, Command::RequireVehicle(required));
        self.tell_grant();
    }

    fn play(mut self, timeline: &[Value], end_ms: i64) -> Result<Record, String> {
        while self.now < ZERO {
            self.tick();
            self.now += Duration::from_millis(10);
        }
        let mut record = Record::default();
        record.push(self.signals());
        let mut entries = timeline.iter().peekable();
        let mut ms = 0;
        while ms <= end_ms {
            while let Some(entry) = entries.next_if(|entry| time_of(entry) <= ms) {
                self.apply(entry)?;
            }
            self.tick();
            record.push(self.signals());
            ms += TICK_MS;
            self.now += Duration::from_millis(10);
        }
        Ok(record)
    }

    fn tick(&mut self) {
        if self.card_leaves.is_some_and(|at| at <= self.now) {
            self.card_leaves = None;
            self.fact(Fact::Card(None));
        }
        if self.next_message <= self.now {
            self.next_message = self.now + MESSAGE;
            self.send_messages();
        }
        let inputs = self.inputs();
        self.outputs = self.station.poll(self.now, &inputs);
    }

    fn send_messages(&mut self) {
        let reading = MeterReading {
            currents: Some(PerPhase::splat(DeciAmps::ZERO)),
            ..MeterReading::default()
        };
        if self.mains_data {
            self.fact(Fact::Mains(reading));
        }
        if self.ev_data {
            self.fact(Fact::EvMeter(reading));
        }
        self.tell_grant();
    }

    /// The grant of an external load manager; on a node the master's
    /// broadcast.
    fn tell_grant(&mut self) {
        if !self.start.is_node {
            self.fact(Fact::Grant(self.grant));
            self.fact(Fact::PhasesChosen(self.three_phases));
        } else if self.broadcast {
            self.fact(Fact::Broadcast(self.grant.offered));
        }
    }

    fn fact(&mut self, fact: Fact) {
        self.station.event(Event { at: self.now, fact });
    }

    /// A wish; whether it is refused shows in the signals.
    fn command(&mut self, origin: Origin, command: Command) {
        let _answer = self.station.command(self.now, origin, command);
    }

    fn inputs(&mut self) -> Inputs {
        let mut inputs = self.levels;
        inputs.pilot = self.sample_pilot();
        let tested = self.start.facts.residual_current_test
            && self.outputs.residual_current_test
            && self.test_responds;
        inputs.residual_current = if self.residual_current || tested {
            ResidualCurrentInput::Fault
        } else {
            ResidualCurrentInput::Normal
        };
        if self.start.contactor_feedback {
            let follows = |closed: bool| match closed {
                true => ContactorFeedback::Closed,
                false => ContactorFeedback::Open,
            };
            let first = follows(self.outputs.contactor1.is_closed());
            inputs.contactor1 = self.contactor1.unwrap_or(first);
            inputs.contactor2 = follows(self.outputs.contactor2.is_closed());
        }
        inputs
    }

    fn sample_pilot(&mut self) -> Option<PilotSample> {
        if self.pilot.stopped {
            return self.sample;
        }
        let pulse = (1..=999).contains(&self.outputs.duty.as_permille());
        let low = self.pilot.low();
        self.sample = Some(PilotSample {
            from: self.sample.map_or(self.now, |last| last.at),
            at: self.now,
            high: self.pilot.high,
            low: pulse.then(|| MilliVoltRange::from_milli(low, low)),
        });
        self.sample
    }

    fn signals(&self) -> Signals {
        let status = self.station.status();
        let access = self.station.manager().access();
        let plan = self.station.snapshot().plan;
        Signals {
            outputs: self.outputs,
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

    /// The reset: outputs and everything that is not stored are gone.
    fn power_cycle(&mut self) {
        let local = self.station.status().local_faults;
        let latched = local
            .rows()
            .filter(|row| row.class == FaultClass::Latched)
            .fold(Faults::empty(), |set, row| set | row.fault);
        let access = self.station.manager().access();
        self.start.access = access.access();
        self.start.cards = access.cards().iter().copied().collect();
        self.start.settings = *self.station.snapshot().settings;
        self.start.teach = None;
        self.station = self.start.station(BootRecord { latched }, self.now);
        self.outputs = Outputs::SAFE;
        self.sample = None;
        self.next_message = self.now;
        self.prepare();
    }
}

// How the members of a timeline act on the bench.
impl Bench {
    fn apply(&mut self, entry: &Value) -> Result<(), String> {
        let entry = entry
            .as_object()
            .ok_or("a timeline entry is not an object")?;
        self.apply_pilot(entry)?;
        for (member, value) in entry {
            let known = self.apply_level(member, value)?
                || self.apply_grant(member, value)?
                || self.apply_wish(member, value)?;
            // Members that nobody knows are ignored, as the format asks.
            let _ignored = !known;
        }
        Ok(())
    }

    fn apply_pilot(&mut self, entry: &Map<String, Value>) -> Result<(), String> {
        if let Some(class) = entry.get("pilot") {
            self.set_pilot_class(class)?;
        }
        if let Some(diode) = entry.get("diode") {
            self.pilot.diode = flag(Some(diode));
        }
        let number = |member: &str| entry.get(member).map(whole).transpose();
        let (min, max) = (number("pilot_high_min_mv")?, number("pilot_high_max_mv")?);
        if min.is_some() || max.is_some() {
            let min = min.unwrap_or(self.pilot.high.min.as_milli());
            let max = max.unwrap_or(self.pilot.high.max.as_milli());
            self.pilot.high = MilliVoltRange::from_milli(min, max);
            self.pilot.low_mv = None;
            self.pilot.stopped = false;
        }
        if let Some(low) = number("pilot_low_mv")? {
            self.pilot.low_mv = Some(low);
        }
        Ok(())
    }

    fn set_pilot_class(&mut self, class: &Value) -> Result<(), String> {
        let (min, max) = match class.as_str().unwrap_or_default() {
            "A12" => (12_000, 12_000),
            "B9" => (9_000, 9_000),
            "C6" => (6_000, 6_000),
            "D3" => (3_000, 3_000),
            "Short0" => (0, 0),
            "Neg12" => (-12_000, -12_000),
            "Mixed" => (6_000, 9_000),
            "Unknown" => {
                self.pilot.stopped = true;
                return Ok(());
            }
            _ => return Err(format!("unknown pilot class {class}")),
        };
        self.pilot.high = MilliVoltRange::from_milli(min, max);
        self.pilot.low_mv = None;
        self.pilot.stopped = false;
        Ok(())
    }

    /// Levels that the board samples.
    fn apply_level(&mut self, member: &str, value: &Value) -> Result<bool, String> {
        match member {
            "pp_ohm" => {
                let ohms = u32::try_from(whole(value)?).map_err(|why| why.to_string())?;
                self.levels.proximity = ProximityInput::Resistance(Ohms::from_ohms(ohms));
            }
            "rcm" => self.residual_current = flag(Some(value)),
            "rcm_test_response" => self.test_responds = flag(Some(value)),
            "temperature_c" => {
                let celsius = i16::try_from(whole(value)?).map_err(|why| why.to_string())?;
                self.levels.temperature =
                    TemperatureInput::Measured(Celsius::from_celsius(celsius));
            }
            "switch" => self.levels.switch = switch_of(value)?,
            "lock_feedback" => self.levels.lock = self.lock_of(value)?,
            "contactor1_feedback" => self.contactor1 = contactor_of(value)?,
            "mains_present" => {
                self.levels.mains = if flag(Some(value)) {
                    MainsInput::Present
                } else {
                    MainsInput::Lost
                };
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn lock_of(&self, value: &Value) -> Result<LockFeedback, String> {
        match value.as_str() {
            _ if !self.start.lock_feedback => Ok(LockFeedback::NotFitted),
            Some("locked") => Ok(LockFeedback::Locked),
            Some("unlocked") => Ok(LockFeedback::Unlocked),
            Some("unknown") | None => Ok(LockFeedback::Unknown),
            Some(_) => Err(format!("unknown lock feedback {value}")),
        }
    }

    /// Sources of data and the power grant.
    fn apply_grant(&mut self, member: &str, value: &Value) -> Result<bool, String> {
        match member {
            "current_available" => self.grant.available = flag(Some(value)),
            "offered_da" => self.grant.offered = DeciAmps::from_deci(whole(value)?),
            "target_phases" => self.three_phases = whole(value)? == 3,
            "broadcast" => self.broadcast = flag(Some(value)),
            "mains_data" => {
                self.mains_data = flag(Some(value));
                return Ok(true);
            }
            "ev_data" => {
                self.ev_data = flag(Some(value));
                return Ok(true);
            }
            _ => return Ok(false),
        }
        self.tell_grant();
        Ok(true)
    }

    /// Wishes and single facts.
    fn apply_wish(&mut self, member: &str, value: &Value) -> Result<bool, String> {
        match member {
            "access" => {
                let access = access_of(Some(value))?.unwrap_or_default();
                self.command(Origin::Rest, Command::SetAccess(access));
            }
            "mode" => self.command(Origin::Rest, Command::SetMode(mode_of(value)?)),
            "card" => {
                // The card before has left by the time the next one comes.
                self.fact(Fact::Card(None));
                self.fact(Fact::Card(Some(card_of(value)?)));
                self.card_leaves = Some(self.now + CARD_STAYS);
            }
            "button" => self.command(Origin::Button, Command::KeyPress),
            "remote_reset" => self.command(Origin::Rest, Command::ResetResidualCurrent),
            "override_da" => {
                let amps = DeciAmps::from_deci(whole(value)?);
                self.command(Origin::Rest, Command::SetOverride(amps));
            }
            "schedule" => self.fact(Fact::ScheduleWindow(window_of(value)?)),
            "evccid" => {
                let id = value.as_str().and_then(VehicleId::new);
                self.fact(Fact::Vehicle(id));
            }
            "node_grant" => self.apply_node_grant(value)?,
            "power_cycle" => self.power_cycle(),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn apply_node_grant(&mut self, value: &Value) -> Result<(), String> {
        match value.as_str() {
            Some("B") => self.fact(Fact::Granted(Handshake::GrantedB)),
            Some("C") => self.fact(Fact::Granted(Handshake::GrantedC)),
            Some("none") | None => {}
            Some(_) => return Err(format!("unknown node grant {value}")),
        }
        Ok(())
    }
}
