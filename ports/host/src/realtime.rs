//! `run`: the charger in real time with its dashboard.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use smartevse::meter_line::{LineMeter, MeterRole};
use smartevse::storage::Restored;
use smartevse::wiring::meter_settings;
use smartevse::{CircuitMeter, Planning, Setup};
use smartevse_core::registry::SettingId;
use smartevse_core::settings::{Patch, Settings, load};
use smartevse_meters::{Meter, sensorbox};
use smartevse_sim::scenario::Scenario;
use smartevse_sim::{simulate, wiring};
use smartevse_types::{Access, Duration, Mode};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::args::RunOptions;
use crate::circuit::Circuit;
use crate::data::DataStore;
use crate::desk::{self, Desk};
use crate::engine::{self, Engine, Sources};
use crate::group::{self, Group};
use crate::homewizard::{self, HomeWizardMeter};
use crate::http::server;
use crate::lines::{self, Chosen, MeterLine, MeterOnLine, SharedLine};
use crate::modbus_meter::meter_named;
use crate::offline;
use crate::plant::Plant;
use crate::settings;
use crate::spec::{self, HomeWizardPlace, LineSpec, MeterSpec, ModbusSpec};

/// Age of the simulated charger when the page opens.
const START_UP: Duration = Duration::from_secs(12);

/// The same for a group, which needs its time until all have been heard (power
/// share §6.2).
const GROUP_START_UP: Duration = Duration::from_secs(30);

/// Meter type that stands for the simulated meters.
const SIMULATED: Meter = Meter::Eastron3P;

/// Runs until Ctrl-C.
///
/// # Errors
///
/// One sentence on what cannot be used.
pub fn run(options: &RunOptions) -> Result<(), String> {
    let scenario = options.scenario.as_deref().map(load_scenario).transpose()?;
    let kept = options.data.as_deref().map(DataStore::open).transpose()?;
    if let Some((_, restored)) = &kept {
        settings::complain(restored);
    }
    let restored = kept.as_ref().map(|(_, restored)| restored);
    let site = Site::of(options, scenario.as_ref(), restored)?;
    let log = options.log.as_deref().map(create_log).transpose()?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| format!("the program cannot start: {why}"))?;
    runtime.block_on(serve(options, site, kept, log))
}

async fn serve(
    options: &RunOptions,
    site: Site,
    kept: Option<(DataStore, Restored)>,
    log: Option<File>,
) -> Result<(), String> {
    let interruption = interruption().map_err(|why| format!("Ctrl-C cannot be caught: {why}"))?;
    let (listener, bound) = server::bind(&options.http).await?;
    let (desk, end) = desk::open();
    let stop = Arc::new(AtomicBool::new(false));
    let (ended, end_of_control) = oneshot::channel();
    let (store, restored) = kept.unzip();
    let setup = setup_of(&site, restored.as_ref());
    let simulated = site.sources.are_simulated();
    let mut engine = Engine::new(&setup, site.plant, end, site.sources, options.speed, log);
    if let Some(store) = store {
        engine = engine.with_store(store, restored.as_ref().and_then(|kept| kept.access));
    }
    let start_up = if site.nodes.is_empty() {
        START_UP
    } else {
        engine = engine.with_group(Group::new(&site.nodes));
        GROUP_START_UP
    };
    if simulated && options.scenario.is_none() {
        engine = engine.started_up(start_up);
    }
    let control = engine::start(engine, Arc::clone(&stop), ended)
        .map_err(|why| format!("the control thread cannot start: {why}"))?;
    for line in site.lines {
        lines::start(line, desk.clone())?;
    }
    for meter in site.homewizards {
        homewizard::start(meter, desk.clone())?;
    }
    offline::say(&format!("listening on http://{bound}"));
    work(listener, desk, end_of_control, interruption).await;
    stop.store(true, Ordering::Relaxed);
    control
        .join()
        .map_err(|_| "the control thread has failed".to_owned())
}

/// What the station starts with.
fn setup_of<'a>(site: &Site, restored: Option<&'a Restored>) -> Setup<'a> {
    let nothing_kept = Setup {
        access: Access::On,
        ..Setup::default()
    };
    Setup {
        facts: simulate::board_facts(),
        settings: site.settings,
        planning: Planning::Regulated,
        circuit_meter: site.circuit_meter,
        ..restored.map_or(nothing_kept, Restored::setup)
    }
}

/// Serves front ends until the user or the control thread ends.
async fn work(
    listener: tokio::net::TcpListener,
    desk: Desk,
    end_of_control: oneshot::Receiver<()>,
    interruption: impl Future<Output = ()>,
) {
    tokio::select! {
        () = server::serve(listener, desk) => {}
        _ = end_of_control => {}
        () = interruption => {}
    }
}

/// Comes when Ctrl-C is pressed or the operating system asks for the end. The
/// signals are caught from now on.
#[cfg(unix)]
pub fn interruption() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Comes when Ctrl-C is pressed. It is caught from now on.
#[cfg(windows)]
pub fn interruption() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

fn load_scenario(path: &Path) -> Result<Scenario, String> {
    Scenario::load(path).map_err(|why| why.to_string())
}

/// Number of chargers: as asked for, or as the scenario has them.
fn count_evses(options: &RunOptions, scenario: Option<&Scenario>) -> Result<usize, String> {
    let Some(scenario) = scenario else {
        return Ok(options.evses.unwrap_or(1));
    };
    let boards = scenario.plan.boards.len();
    let count = if scenario.power_share { boards } else { 1 };
    match options.evses {
        Some(asked) if asked != count => Err(format!(
            "--evses {asked}: the scenario has its own number of chargers, {count}"
        )),
        Some(_) | None => Ok(count),
    }
}

fn create_log(path: &Path) -> Result<File, String> {
    File::create(path).map_err(|why| format!("--log {}: {why}", path.display()))
}

/// What the charger starts with.
struct Site {
    settings: Settings,
    /// The nodes beside it.
    nodes: Vec<Setup<'static>>,
    circuit_meter: Option<CircuitMeter>,
    plant: Plant,
    sources: Sources,
    lines: Vec<MeterLine>,
    homewizards: Vec<HomeWizardMeter>,
}

impl Site {
    /// A scenario brings its own settings; otherwise the stored ones count.
    fn of(
        options: &RunOptions,
        scenario: Option<&Scenario>,
        restored: Option<&Restored>,
    ) -> Result<Self, String> {
        let evses = count_evses(options, scenario)?;
        if evses > 1 && (options.mains_meter.is_device() || options.ev_meter.is_device()) {
            return Err(spec::NOT_IN_A_GROUP.to_owned());
        }
        let stored = match scenario {
            Some(scenario) => scenario_settings(scenario, 0)?,
            None => {
                restored.map_or_else(demo_settings, |kept| settings::first(kept, demo_settings()))
            }
        };
        let stored = if evses > 1 {
            group::as_master(&stored)
        } else {
            stored
        };
        let mains = Wired::of(&MAINS, &options.mains_meter, &stored)?;
        let ev = Wired::of(&EV, &options.ev_meter, &stored)?;
        let circuit = options.circuit_meter.as_ref();
        let circuit = circuit.map(|spec| Circuit::of(spec, &stored)).transpose()?;
        let (circuit_meter, circuit) = circuit.map(|c| (c.meter, c.wired)).unzip();
        let settings = described(&stored, [Some(&mains), Some(&ev), circuit.as_ref()])?;
        let mains_a = f64::from(settings.mains().as_amps());
        let sources = Sources {
            mains: mains.shared.clone(),
            ev: ev.shared.clone(),
            circuit: circuit.as_ref().map(|wired| wired.shared.clone()),
        };
        let wired = [Some(mains), Some(ev), circuit];
        let (lines, homewizards): (Vec<_>, Vec<_>) = wired
            .into_iter()
            .flatten()
            .map(|wired| (wired.line, wired.homewizard))
            .unzip();
        Ok(Self {
            lines: joined(lines.into_iter().flatten(), &settings)?,
            homewizards: homewizards.into_iter().flatten().collect(),
            plant: scenario.map_or_else(|| Plant::demo(mains_a, evses), Plant::scenario),
            nodes: nodes(evses, scenario, &settings)?,
            settings,
            circuit_meter,
            sources,
        })
    }
}

fn scenario_settings(scenario: &Scenario, evse: usize) -> Result<Settings, String> {
    wiring::scenario_settings(scenario, evse)
        .map_err(|why| format!("the scenario's settings cannot be used: {why}"))
}

/// What the nodes beside the first charger start with.
fn nodes(
    evses: usize,
    scenario: Option<&Scenario>,
    master: &Settings,
) -> Result<Vec<Setup<'static>>, String> {
    let node = |evse| {
        let settings = match scenario {
            Some(scenario) => scenario_settings(scenario, evse)?,
            None => group::demo_node(evse, master),
        };
        Ok(group::setup_of(evse, settings))
    };
    (1..evses).map(node).collect()
}

/// The settings with what the meters bring along.
fn described(stored: &Settings, wired: [Option<&Wired>; 3]) -> Result<Settings, String> {
    let patches = || wired.into_iter().flatten().map(|wired| &wired.patch);
    let settings = patches().fold(*stored, |settings, patch| with(&settings, patch));
    if patches().all(|patch| takes(&settings, patch)) {
        Ok(settings)
    } else {
        Err("there is one description for all Custom meters".to_owned())
    }
}

/// A meter on a line.
pub enum OnLine {
    /// As the command line says.
    Fixed(MeterOnLine),
    /// As the settings say.
    Chosen(Chosen),
}

impl OnLine {
    /// The option whose meter has an address that is taken on this line.
    fn taken_on(&self, line: &MeterLine) -> Option<&'static str> {
        match self {
            Self::Fixed(meter) if line.is_taken(&meter.meter) => Some(match meter.meter.role {
                MeterRole::Mains => "--mains-meter",
                MeterRole::Ev | MeterRole::Node(_) => "--ev-meter",
                MeterRole::Circuit => "--circuit-meter",
            }),
            Self::Fixed(_) | Self::Chosen(_) => None,
        }
    }

    fn join(self, line: &mut MeterLine) {
        match self {
            Self::Fixed(meter) => line.meters.push(meter),
            Self::Chosen(chosen) => line.chosen.push(chosen),
        }
    }
}

/// Meters with the same line share it.
fn joined(
    meters: impl Iterator<Item = (LineSpec, OnLine)>,
    settings: &Settings,
) -> Result<Vec<MeterLine>, String> {
    let mut lines: Vec<MeterLine> = Vec::new();
    for (line, meter) in meters {
        match lines
            .iter_mut()
            .find(|known| known.line.is_same_place(&line))
        {
            None => {
                let mut new = MeterLine {
                    line,
                    meters: Vec::new(),
                    chosen: Vec::new(),
                    settings: meter_settings(settings),
                };
                meter.join(&mut new);
                lines.push(new);
            }
            Some(known) if known.line != line => {
                return Err(format!("{line} cannot have two speeds"));
            }
            Some(known) => {
                if let Some(option) = meter.taken_on(known) {
                    return Err(format!("{option}: its address on {line} is taken"));
                }
                meter.join(known);
            }
        }
    }
    Ok(lines)
}

/// Settings of the demonstration: Smart, with a socket.
fn demo_settings() -> Settings {
    let meter = u16::from(SIMULATED.id());
    load([
        (SettingId::MainsMet, meter),
        (SettingId::EvMeter, meter),
        (SettingId::Mode, Mode::Smart as u16),
    ])
    .settings
}

fn with(settings: &Settings, patch: &Patch) -> Settings {
    let kept = SettingId::ALL.iter().map(|id| (*id, settings.value(*id)));
    load(kept.chain(patch.iter())).settings
}

/// One of the two meters and its settings.
struct Place {
    option: &'static str,
    kind: SettingId,
    address: SettingId,
    role: MeterRole,
}

const MAINS: Place = Place {
    option: "--mains-meter",
    kind: SettingId::MainsMet,
    address: SettingId::MainsAdr,
    role: MeterRole::Mains,
};

const EV: Place = Place {
    option: "--ev-meter",
    kind: SettingId::EvMeter,
    address: SettingId::EvAdr,
    role: MeterRole::Ev,
};

/// A meter as it was asked for: settings, status, line.
pub struct Wired {
    /// Settings that it brings along.
    pub patch: Patch,
    /// Where its status is shown.
    pub shared: SharedLine,
    /// Its place on a line.
    pub line: Option<(LineSpec, OnLine)>,
    /// Its place in the network.
    pub homewizard: Option<HomeWizardMeter>,
}

impl Wired {
    fn of(place: &Place, spec: &MeterSpec, stored: &Settings) -> Result<Self, String> {
        let kind = |meter: Meter| Patch::new().with(place.kind, u16::from(meter.id()));
        match spec {
            MeterSpec::Sim => Ok(Self::without_line(Patch::new(), SharedLine::simulated())),
            MeterSpec::Api => Ok(Self::without_line(kind(Meter::Api), SharedLine::api())),
            MeterSpec::HomeWizard(meter) => Self::homewizard(place, meter, stored),
            MeterSpec::Modbus(modbus) => Self::modbus(place, modbus, stored),
        }
    }

    /// A meter without a line.
    #[must_use]
    pub fn without_line(patch: Patch, shared: SharedLine) -> Self {
        Self {
            patch,
            shared,
            line: None,
            homewizard: None,
        }
    }

    fn homewizard(
        place: &Place,
        meter: &HomeWizardPlace,
        stored: &Settings,
    ) -> Result<Self, String> {
        let patch = Patch::new().with(place.kind, u16::from(Meter::HomeWizard.id()));
        if !takes(stored, &patch) {
            return Err(format!("{}: a HomeWizard is a mains meter", place.option));
        }
        let wired = Self::without_line(patch, SharedLine::line(meter.to_string()));
        let meter = HomeWizardMeter {
            place: meter.clone(),
            role: place.role,
            shared: wired.shared.clone(),
        };
        Ok(Self {
            homewizard: Some(meter),
            ..wired
        })
    }

    /// The meter of the settings, whichever that is.
    fn chosen(place: &Place, spec: &ModbusSpec) -> Self {
        let shared = SharedLine::line(spec.line.to_string());
        let chosen = Chosen {
            role: place.role,
            kind: place.kind,
            address: place.address,
            shared: shared.clone(),
        };
        Self {
            line: Some((spec.line.clone(), OnLine::Chosen(chosen))),
            ..Self::without_line(Patch::new(), shared)
        }
    }

    fn modbus(place: &Place, spec: &ModbusSpec, stored: &Settings) -> Result<Self, String> {
        let option = place.option;
        if spec.is_as_stored() {
            return Ok(Self::chosen(place, spec));
        }
        let meter = meter_named(&spec.kind).map_err(|why| format!("{option}: {why}"))?;
        let sensorbox = (meter == Meter::Sensorbox).then_some(sensorbox::ADDRESS);
        let address = spec.address.or(sensorbox);
        let address = address.map_or(stored.value(place.address), u16::from);
        let patch = Patch::new()
            .with(place.kind, u16::from(meter.id()))
            .with(place.address, address);
        let patch = patched(patch, spec);
        if !takes(stored, &patch) {
            let name = meter.lcd_name();
            return Err(format!(
                "{option}: {name} at address {address} is not allowed"
            ));
        }
        let wired = Self::without_line(patch, SharedLine::line(spec.line.to_string()));
        let meter = MeterOnLine {
            meter: LineMeter {
                role: place.role,
                meter,
                address: u8::try_from(address).unwrap_or(0),
            },
            shared: wired.shared.clone(),
        };
        Ok(Self {
            line: Some((spec.line.clone(), OnLine::Fixed(meter))),
            ..wired
        })
    }
}

/// The settings with those that only this meter type has.
#[must_use]
pub fn patched(patch: Patch, spec: &ModbusSpec) -> Patch {
    let options = spec.options.iter();
    options.fold(patch, |patch, (id, value)| patch.with(*id, *value))
}

/// Whether the settings take all values as they are.
#[must_use]
pub fn takes(settings: &Settings, patch: &Patch) -> bool {
    let taken = with(settings, patch);
    patch.iter().all(|(id, value)| taken.value(id) == value)
}
