//! Closed-loop scenarios: a plant, settings and a span of time, read from
//! JSON (format: `vectors/README.md`, plant rules: design §6).
//!
//! Unknown members are ignored. Everything else that cannot be understood is
//! one clear sentence.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use smartevse_core::options::{Contact2, Priority};
use smartevse_types::{Duration, Instant, Mode, Phase};

use crate::car::CarModel;
use crate::evse_board::BoardKit;
use crate::metrics::Limits;
use crate::site::{MeterModel, Series};
use crate::world::{Visit, WorldPlan};

/// Why a scenario cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file cannot be read.
    Unreadable(String),
    /// The text is not such a JSON object.
    Json(String),
    /// A member has no sensible value.
    Member {
        /// Name of the member.
        member: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The scenario needs a part that is not built.
    NotBuilt(&'static str),
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "the scenario cannot be read: {why}"),
            Self::Json(why) => write!(f, "the scenario is not valid: {why}"),
            Self::Member { member, problem } => write!(f, "the scenario's {member} {problem}"),
            Self::NotBuilt(what) => {
                write!(f, "the scenario needs {what}, which is not built yet")
            }
        }
    }
}

impl std::error::Error for ScenarioError {}

fn bad(member: &str, problem: impl Into<String>) -> ScenarioError {
    ScenarioError::Member {
        member: member.to_owned(),
        problem: problem.into(),
    }
}

/// Settings of a scenario, in the units of the menu.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SiteSettings {
    /// MAINS, A.
    pub mains_a: u16,
    /// MIN, A.
    pub min_a: u16,
    /// MAX, A.
    pub max_a: u16,
    /// CIRCUIT, A.
    pub circuit_a: u16,
    /// START, A over all phases.
    pub start_a: u16,
    /// STOP, minutes.
    pub stop_min: u16,
    /// IMPORT, A over all phases.
    pub import_a: u16,
    /// CAPACITY, A over all phases; 0 = off.
    pub capacity_a: u16,
    /// CAP STOP, minutes.
    pub cap_stop_min: u16,
    /// CONTACT 2.
    pub contact2: Contact2,
    /// PRIORITY.
    pub priority: Priority,
    /// ROTATION, minutes.
    pub rotation_min: u16,
    /// IDLE TMO, seconds.
    pub idle_timeout_s: u16,
}

/// A scenario, checked.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario {
    /// Its name.
    pub id: String,
    /// Length.
    pub duration: Duration,
    /// MODE.
    pub mode: Mode,
    /// The chargers form one group.
    pub power_share: bool,
    /// Settings.
    pub settings: SiteSettings,
    /// The plant.
    pub plan: WorldPlan,
}

impl Scenario {
    /// Reads a scenario from a file.
    ///
    /// # Errors
    ///
    /// Why the file cannot be read or used.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(path)
            .map_err(|why| ScenarioError::Unreadable(format!("{}: {why}", path.display())))?;
        Self::parse(&text)
    }

    /// Reads a scenario from JSON.
    ///
    /// # Errors
    ///
    /// Why the text cannot be used.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let raw: RawScenario =
            serde_json::from_str(text).map_err(|why| ScenarioError::Json(why.to_string()))?;
        raw.check()
    }

    /// The limits that the metrics are about.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            mains_a: f64::from(self.settings.mains_a),
            capacity_a: (self.settings.capacity_a > 0).then(|| self.settings.capacity_a.into()),
            circuit_a: self
                .guards_circuit()
                .then(|| self.settings.circuit_a.into()),
            relay: self.plan.relay_open,
        }
    }

    /// Whether the metrics judge CIRCUIT: a sub-panel, or a master without
    /// meters.
    #[must_use]
    pub fn guards_circuit(&self) -> bool {
        self.plan.subpanel.is_some() || (self.power_share && self.mode == Mode::Normal)
    }

    /// Whether the charger is connected to a grid relay.
    #[must_use]
    pub const fn has_relay(&self) -> bool {
        self.plan.relay_open.is_some()
    }
}

#[derive(Deserialize)]
struct RawScenario {
    #[serde(default)]
    id: String,
    duration_s: f64,
    mode: String,
    #[serde(default)]
    power_share: bool,
    settings: RawSettings,
    meter: RawMeter,
    evses: Vec<RawCar>,
    net_house_a: RawSeries,
    #[serde(default)]
    subpanel_a: Option<RawSeries>,
    #[serde(default)]
    battery_a: Option<RawBattery>,
    #[serde(default)]
    relay_open: Option<[f64; 2]>,
}

#[derive(Deserialize)]
struct RawSettings {
    mains_a: u16,
    min_a: u16,
    max_a: u16,
    circuit_a: u16,
    #[serde(default = "default_start")]
    start_a: u16,
    #[serde(default = "default_stop")]
    stop_min: u16,
    #[serde(default)]
    import_a: u16,
    #[serde(default)]
    capacity_a: u16,
    #[serde(default)]
    cap_stop_min: u16,
    #[serde(default)]
    contact2: Option<String>,
    #[serde(default)]
    priority: Option<String>,
    #[serde(default)]
    rotation_min: u16,
    #[serde(default = "default_idle")]
    idle_timeout_s: u16,
}

const fn default_start() -> u16 {
    4
}

const fn default_stop() -> u16 {
    10
}

const fn default_idle() -> u16 {
    60
}

#[derive(Deserialize)]
struct RawMeter {
    period_s: f64,
    #[serde(default)]
    latency_s: f64,
    #[serde(default)]
    noise_a: f64,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    ev_meter: bool,
    #[serde(default)]
    each_ev_meter: bool,
    #[serde(default)]
    dropout_s: Option<[f64; 2]>,
}

#[derive(Deserialize)]
struct RawCar {
    plug_s: f64,
    #[serde(default)]
    unplug_s: Option<f64>,
    phases: usize,
    max_a: f64,
    #[serde(default = "default_delay")]
    delay_s: f64,
    #[serde(default = "default_up")]
    ramp_up_a_s: f64,
    #[serde(default = "default_down")]
    ramp_down_a_s: f64,
    need_wh: f64,
    #[serde(default = "default_map")]
    phase_map: [usize; 3],
    #[serde(default)]
    stays_in_c_when_full: bool,
}

const fn default_delay() -> f64 {
    1.0
}

const fn default_up() -> f64 {
    4.0
}

const fn default_down() -> f64 {
    8.0
}

const fn default_map() -> [usize; 3] {
    [0, 1, 2]
}

#[derive(Deserialize)]
struct RawSeries {
    #[serde(default)]
    step_s: Option<f64>,
    l1: Vec<f64>,
    l2: Vec<f64>,
    l3: Vec<f64>,
}

/// A battery is one sum, given per phase, as a list, or as a list with its
/// own step.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawBattery {
    Phases(RawSeries),
    List(Vec<f64>),
    Stepped { step_s: Option<f64>, a: Vec<f64> },
}

impl RawScenario {
    fn check(self) -> Result<Scenario, ScenarioError> {
        let duration = span("duration_s", self.duration_s)?;
        let house_step = positive("net_house_a.step_s", self.net_house_a.step_s.unwrap_or(1.0))?;
        self.check_chargers()?;
        let subpanel = self
            .subpanel_a
            .as_ref()
            .map(|raw| raw.check("subpanel_a", house_step))
            .transpose()?;
        let battery = self
            .battery_a
            .as_ref()
            .map(|raw| raw.check(house_step))
            .transpose()?;
        let visits = self.visits()?;
        let settings = self.settings.check()?;
        let plan = WorldPlan {
            boards: vec![self.kit(&settings); self.evses.len()],
            visits,
            house: self.net_house_a.check("net_house_a", house_step)?,
            subpanel,
            battery,
            mains_meter: self.meter.check()?,
            ev_meter: self.meter.ev_meter || self.meter.each_ev_meter,
            each_ev_meter: self.meter.each_ev_meter,
            mains_a: f64::from(settings.mains_a),
            relay_open: window("relay_open", self.relay_open)?,
        };
        Ok(Scenario {
            id: self.id,
            duration,
            mode: parse_mode(&self.mode)?,
            power_share: self.power_share,
            settings,
            plan,
        })
    }

    fn check_chargers(&self) -> Result<(), ScenarioError> {
        match self.evses.len() {
            0 => Err(bad("evses", "has no entry")),
            1 => Ok(()),
            2..=8 if self.power_share => Ok(()),
            2..=8 => Err(bad(
                "evses",
                "has several entries although power_share is false",
            )),
            many => Err(bad(
                "evses",
                format!("has {many} entries, at most 8 are possible"),
            )),
        }
    }

    fn visits(&self) -> Result<Vec<Visit>, ScenarioError> {
        self.evses
            .iter()
            .enumerate()
            .map(|(evse, raw)| raw.check(evse))
            .collect()
    }

    fn kit(&self, settings: &SiteSettings) -> BoardKit {
        BoardKit {
            second_contactor: settings.contact2 != Contact2::NotPresent,
            ..BoardKit::default()
        }
    }
}

impl RawSettings {
    fn check(&self) -> Result<SiteSettings, ScenarioError> {
        Ok(SiteSettings {
            mains_a: self.mains_a,
            min_a: self.min_a,
            max_a: self.max_a,
            circuit_a: self.circuit_a,
            start_a: self.start_a,
            stop_min: self.stop_min,
            import_a: self.import_a,
            capacity_a: self.capacity_a,
            cap_stop_min: self.cap_stop_min,
            contact2: parse_contact2(self.contact2.as_deref().unwrap_or("always_on"))?,
            priority: parse_priority(self.priority.as_deref().unwrap_or("modbus_address"))?,
            rotation_min: self.rotation_min,
            idle_timeout_s: self.idle_timeout_s,
        })
    }
}

impl RawMeter {
    fn check(&self) -> Result<MeterModel, ScenarioError> {
        Ok(MeterModel {
            period: span("meter.period_s", positive("meter.period_s", self.period_s)?)?,
            latency: span("meter.latency_s", self.latency_s)?,
            noise_a: self.noise_a,
            seed: self.seed,
            dropout: window("meter.dropout_s", self.dropout_s)?,
        })
    }
}

impl RawCar {
    fn check(&self, evse: usize) -> Result<Visit, ScenarioError> {
        if !(1..=3).contains(&self.phases) {
            let problem = format!("is {}, it must be 1 to 3", self.phases);
            return Err(bad(&format!("evses[{evse}].phases"), problem));
        }
        Ok(Visit {
            evse,
            from: moment("plug_s", self.plug_s)?,
            to: self.unplug_s.map(|s| moment("unplug_s", s)).transpose()?,
            car: CarModel {
                phases: self.phases,
                phase_map: self.phase_map(evse)?,
                max_a: self.max_a,
                delay_s: self.delay_s,
                ramp_up_a_s: positive("ramp_up_a_s", self.ramp_up_a_s)?,
                ramp_down_a_s: positive("ramp_down_a_s", self.ramp_down_a_s)?,
                need_wh: self.need_wh,
                stays_in_c_when_full: self.stays_in_c_when_full,
                ..CarModel::default()
            },
        })
    }

    fn phase_map(&self, evse: usize) -> Result<[Phase; 3], ScenarioError> {
        let mut sorted = self.phase_map;
        sorted.sort_unstable();
        if sorted != [0, 1, 2] {
            let member = format!("evses[{evse}].phase_map");
            return Err(bad(&member, "must name each of 0, 1 and 2 once"));
        }
        Ok(self.phase_map.map(|index| Phase::ALL[index]))
    }
}

impl RawSeries {
    fn check(&self, member: &str, default_step: f64) -> Result<Series, ScenarioError> {
        if self.l1.len() != self.l2.len() || self.l1.len() != self.l3.len() {
            return Err(bad(member, "has phases of different length"));
        }
        if self.l1.is_empty() {
            return Err(bad(member, "has no value"));
        }
        let step = positive(member, self.step_s.unwrap_or(default_step))?;
        let phases = self.l1.iter().zip(&self.l2).zip(&self.l3);
        let values = phases.map(|((l1, l2), l3)| [*l1, *l2, *l3]).collect();
        Ok(Series::new(span(member, step)?, values))
    }
}

impl RawBattery {
    fn check(&self, default_step: f64) -> Result<Series, ScenarioError> {
        let (step, list) = match self {
            Self::Phases(series) => return series.check("battery_a", default_step),
            Self::List(list) => (default_step, list),
            Self::Stepped { step_s, a } => (step_s.unwrap_or(default_step), a),
        };
        let step = span("battery_a", positive("battery_a", step)?)?;
        let values = list.iter().map(|amps| [*amps, 0.0, 0.0]).collect();
        Ok(Series::new(step, values))
    }
}

fn parse_mode(text: &str) -> Result<Mode, ScenarioError> {
    match text {
        "normal" => Ok(Mode::Normal),
        "smart" => Ok(Mode::Smart),
        "solar" => Ok(Mode::Solar),
        other => Err(bad(
            "mode",
            format!("is \"{other}\", it must be normal, smart or solar"),
        )),
    }
}

fn parse_contact2(text: &str) -> Result<Contact2, ScenarioError> {
    let option = match text {
        "not_present" => Contact2::NotPresent,
        "always_off" => Contact2::AlwaysOff,
        "solar_off" => Contact2::SolarOff,
        "always_on" => Contact2::AlwaysOn,
        "auto" => Contact2::Auto,
        other => {
            return Err(bad(
                "contact2",
                format!("is \"{other}\", an unknown option"),
            ));
        }
    };
    Ok(option)
}

fn parse_priority(text: &str) -> Result<Priority, ScenarioError> {
    let option = match text {
        "modbus_address" => Priority::ModbusAddress,
        "first_connected" => Priority::FirstConnected,
        "last_connected" => Priority::LastConnected,
        other => {
            return Err(bad(
                "priority",
                format!("is \"{other}\", an unknown option"),
            ));
        }
    };
    Ok(option)
}

fn positive(member: &str, value: f64) -> Result<f64, ScenarioError> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(bad(member, format!("is {value}, it must be above zero")))
    }
}

fn span(member: &str, seconds: f64) -> Result<Duration, ScenarioError> {
    if seconds.is_finite() && (0.0..1e9).contains(&seconds) {
        Ok(Duration::from_micros((seconds * 1e6).round() as u64))
    } else {
        Err(bad(member, format!("is {seconds}, it must be a time")))
    }
}

fn moment(member: &str, seconds: f64) -> Result<Instant, ScenarioError> {
    Ok(Instant::ZERO + span(member, seconds)?)
}

fn window(
    member: &str,
    raw: Option<[f64; 2]>,
) -> Result<Option<(Instant, Instant)>, ScenarioError> {
    let Some([from, to]) = raw else {
        return Ok(None);
    };
    if to < from {
        return Err(bad(member, "ends before it begins"));
    }
    Ok(Some((moment(member, from)?, moment(member, to)?)))
}
