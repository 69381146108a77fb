//! Every screen with a name: golden pictures and sheets are made of these.

use smartevse_core::access::CardStatus;
use smartevse_core::faults::Faults;
use smartevse_core::io::Contactor;
use smartevse_core::registry::{Kind, SettingId};
use smartevse_core::state::ChargeState;
use smartevse_menu::surroundings::{
    Connector, Identity, IoTest, OcppNotice, OcppStatus, PortalPassword, SensorboxWifiStatus,
    WifiStatus,
};
use smartevse_menu::{Facts, Model, Row};
use smartevse_types::{
    Access, BlockReason, Celsius, DeciAmps, Duration, LimitedBy, PerPhase, Phase, Seconds,
    WattHours, Watts,
};

use crate::rig::{LEFT, MIDDLE, RIGHT, Rig};

pub type Scene = (String, Model);

const SOLAR: &[(SettingId, u16)] = &[
    (SettingId::Mode, 2),
    (SettingId::MainsMet, 4),
    (SettingId::EvMeter, 4),
];
const SMART: &[(SettingId, u16)] = &[(SettingId::Mode, 1), (SettingId::MainsMet, 4)];

fn named(name: &str, rig: &mut Rig) -> Scene {
    rig.poll();
    (name.to_owned(), rig.model())
}

fn deci(values: [i32; 3]) -> PerPhase<DeciAmps> {
    PerPhase::new(values).map(DeciAmps::from_deci)
}

/// A charge at 16 A on three phases.
fn charging(values: &[(SettingId, u16)]) -> Rig {
    let mut rig = Rig::new(values);
    rig.charger.state = ChargeState::C;
    rig.charger.contactor1 = Contactor::Closed;
    rig.charger.contactor2 = Contactor::Closed;
    rig.charger.offered = DeciAmps::from_deci(160);
    rig.charger.limited_by = LimitedBy::Mains(Phase::L1);
    measure(&mut rig);
    rig
}

fn measure(rig: &mut Rig) {
    rig.meters
        .mains
        .currents
        .update(deci([124, -31, 44]), rig.now);
    rig.meters
        .ev
        .currents
        .update(deci([158, 157, 159]), rig.now);
    rig.meters
        .ev
        .power
        .update(Watts::from_watts(7_360), rig.now);
    rig.around.charged = Some(WattHours::from_wh(12_345));
}

fn blocked(values: &[(SettingId, u16)], state: ChargeState, block: BlockReason) -> Rig {
    let mut rig = Rig::new(values);
    rig.charger.state = state;
    rig.charger.block = Some(block);
    measure(&mut rig);
    rig
}

fn off() -> Rig {
    let mut rig = blocked(&[], ChargeState::A, BlockReason::AccessOff);
    rig.directive.access = Access::Off;
    rig
}

/// The screens of Normal and of access off.
pub fn normal() -> Vec<Scene> {
    let mut scenes = vec![("boot".to_owned(), Model::boot("SmartEVSE", "v3"))];
    let mut add = |name: &str, rig: &mut Rig| scenes.push(named(name, rig));
    add("charging", &mut charging(&[]));
    let mut limited = charging(&[]);
    limited.plan.grid_limited = true;
    limited.charger.limited_by = LimitedBy::GridRelay;
    add("limited", &mut limited);
    add(
        "ready",
        &mut blocked(&[], ChargeState::A, BlockReason::NoVehicle),
    );
    let mut delay = blocked(&[], ChargeState::B1, BlockReason::NoVehicle);
    delay.charger.charge_delay = Duration::from_secs(45);
    add("ready-delay", &mut delay);
    add(
        "ready-not-locked",
        &mut blocked(&[], ChargeState::B1, BlockReason::LockNotConfirmed),
    );
    let mut waiting = blocked(&[], ChargeState::B1, BlockReason::WaitingForPower);
    waiting.charger.faults = Faults::LESS_6A;
    add("waiting-power", &mut waiting);
    for (name, state) in [
        ("modem-comm", ChargeState::ModemWait),
        ("modem-denied", ChargeState::ModemDenied),
    ] {
        add(name, &mut blocked(&[], state, BlockReason::Modem));
    }
    let mut pause = blocked(&[], ChargeState::B1, BlockReason::Paused);
    pause.directive.access = Access::Pause;
    add("pause", &mut pause);
    add("access-denied", &mut off());
    scenes.extend(cards());
    scenes.extend(planned());
    scenes.extend(ocpp());
    scenes
}

fn cards() -> Vec<Scene> {
    let mut scenes = Vec::new();
    for (name, card) in [
        ("card-present", CardStatus::Ready),
        ("card-invalid", CardStatus::Invalid),
    ] {
        let mut rig = off();
        rig.settings = crate::rig::settings(&[(SettingId::Rfid, 1)]);
        rig.around.card = card;
        scenes.push(named(name, &mut rig));
    }
    scenes
}

fn planned() -> Vec<Scene> {
    // 2026-11-25 21:22:12 UTC
    let now = 1_795_641_732;
    let mut scenes = Vec::new();
    for (name, away, clock) in [
        ("planned-today", 3_600, Some(now)),
        ("planned-this-week", 3 * 86_400, Some(now)),
        ("planned-later", 30 * 86_400, Some(now)),
        ("planned-unknown", 3_600, None),
    ] {
        let mut rig = off();
        rig.around.zone_minutes = 60;
        rig.around.planned_start = Some(now + away);
        rig.wall_clock = clock;
        scenes.push(named(name, &mut rig));
    }
    scenes
}

fn ocpp() -> Vec<Scene> {
    let mut scenes = Vec::new();
    for notice in [
        OcppNotice::Accepted,
        OcppNotice::Rejected,
        OcppNotice::Offline,
        OcppNotice::ReservedForOther,
        OcppNotice::ConnectionTimeout,
        OcppNotice::PlugIn,
        OcppNotice::Started,
        OcppNotice::Stopped,
    ] {
        let mut rig = off();
        rig.around.ocpp = Some(OcppStatus {
            notice: Some(notice),
            connector: Connector::Available,
            reason: "",
        });
        let name = format!("ocpp-{notice:?}").to_lowercase();
        scenes.push(named(&name, &mut rig));
    }
    for (name, connector) in [
        ("available", Connector::Available),
        ("plug-in", Connector::Preparing { plugged: false }),
        ("authorize", Connector::Preparing { plugged: true }),
        ("charging", Connector::Charging),
        ("unlock", Connector::Finishing { locked: true }),
        ("finished", Connector::Finishing { locked: false }),
        ("reserved", Connector::Reserved),
        ("out-of-order", Connector::Unavailable),
        ("no-service", Connector::Faulted),
    ] {
        let mut rig = off();
        rig.around.ocpp = Some(OcppStatus {
            notice: None,
            connector,
            reason: "central system: disabled",
        });
        scenes.push(named(&format!("connector-{name}"), &mut rig));
    }
    scenes
}

/// Hold screens and sentences.
pub fn notices() -> Vec<Scene> {
    let mut scenes = Vec::new();
    for (name, button) in [
        ("hold-menu", MIDDLE),
        ("hold-stop", LEFT),
        ("hold-start", RIGHT),
    ] {
        let mut rig = off();
        rig.levels(button);
        rig.wait(500);
        scenes.push(named(name, &mut rig));
    }
    let mut locked = off();
    locked.around.lcd_locked = true;
    locked.wait(2000);
    locked.press(LEFT);
    scenes.push(named("locked", &mut locked));
    let mut forced = Rig::new(&[]);
    forced.choose(SettingId::Mode, 1);
    forced.exit();
    scenes.push(named("notice-mode", &mut forced));
    let mut refused = Rig::new(&[]);
    let busy = smartevse_core::command::Refused::Busy;
    refused.menu.answered(refused.now, Err(busy));
    scenes.push(named("refused", &mut refused));
    scenes
}

/// One screen for each fault, with the alternating ones.
pub fn faults() -> Vec<Scene> {
    let mut scenes = Vec::new();
    for fault in [
        Faults::CONTACTOR_FAULT,
        Faults::EV_NOCOMM,
        Faults::CT_NOCOMM,
        Faults::TEMP_HIGH,
        Faults::RCM_TRIPPED,
        Faults::RCM_TEST,
        Faults::TEST_IO,
        Faults::BL_FLASH,
        Faults::PILOT_FAULT,
        Faults::CABLE_FAULT,
        Faults::LOCK_FAULT,
        Faults::SENSOR_FAULT,
    ] {
        let mut rig = Rig::new(SMART);
        rig.around.io_test = IoTest::Failed(3);
        rig.wait(10);
        rig.charger.faults = fault;
        let name = fault.shown().unwrap().name.to_lowercase();
        let first = named(&format!("fault-{name}"), &mut rig);
        rig.wait(4_000);
        let second = named(&format!("{}-alternate", first.0), &mut rig);
        let alternates = first.1 != second.1;
        scenes.push(first);
        scenes.extend(alternates.then_some(second));
    }
    let mut api = Rig::new(&[(SettingId::Mode, 1), (SettingId::MainsMet, 9)]);
    api.charger.faults = Faults::CT_NOCOMM;
    scenes.push(named("fault-mains-meter", &mut api));
    let mut passed = Rig::new(&[]);
    passed.around.io_test = IoTest::Passed;
    scenes.push(named("io-test-passed", &mut passed));
    scenes
}

/// The pictures of Smart and Solar.
pub fn pictures() -> Vec<Scene> {
    let mut scenes = Vec::new();
    let mut solar = charging(SOLAR);
    solar.plan.solar_stop = Seconds::from_secs(83);
    solar.wait(1000);
    for turn in 0..6 {
        scenes.push(named(&format!("solar-{turn}"), &mut solar));
        solar.wait(4000);
    }
    let mut smart = charging(SMART);
    smart.plan.capacity_stop = Seconds::from_secs(3_599);
    smart.plan.grid_limited = true;
    smart.charger.contactor2 = Contactor::Open;
    smart.wait(1000);
    for turn in 0..4 {
        scenes.push(named(&format!("smart-{turn}"), &mut smart));
        smart.wait(4000);
    }
    let add_blocked = |scenes: &mut Vec<Scene>, name: &str, values, state, block| {
        let mut rig = blocked(values, state, block);
        scenes.push(named(name, &mut rig));
    };
    add_blocked(
        &mut scenes,
        "smart-ready",
        SMART,
        ChargeState::A,
        BlockReason::NoVehicle,
    );
    add_blocked(
        &mut scenes,
        "solar-not-ready",
        SOLAR,
        ChargeState::B,
        BlockReason::EvNotReady,
    );
    add_blocked(
        &mut scenes,
        "solar-modem",
        SOLAR,
        ChargeState::ModemWait,
        BlockReason::Modem,
    );
    scenes.extend(waiting());
    let mut extreme = charging(SOLAR);
    extreme.now += Duration::from_secs(1);
    let huge = deci([i32::MIN, i32::MAX, -9_999]);
    extreme.meters.mains.currents.update(huge, extreme.now);
    extreme.meters.ev.power.update(Watts::MAX, extreme.now);
    extreme.around.charged = Some(WattHours::MAX);
    extreme.charger.offered = DeciAmps::MAX;
    extreme.plan.solar_stop = Seconds::MAX;
    scenes.push(named("solar-extreme", &mut extreme));
    scenes
}

fn waiting() -> Vec<Scene> {
    let mut scenes = Vec::new();
    for (name, values, fault) in [
        ("smart-waiting", SMART, Faults::LESS_6A),
        ("solar-waiting", SOLAR, Faults::NO_SUN),
    ] {
        let mut rig = blocked(values, ChargeState::B1, BlockReason::WaitingForPower);
        rig.charger.faults = fault;
        scenes.push(named(name, &mut rig));
        rig.wait(4000);
        scenes.push(named(&format!("{name}-2"), &mut rig));
    }
    let mut values = SOLAR.to_vec();
    values.push((SettingId::Contact2, 4));
    for (name, three_phase) in [("to-one-phase", false), ("to-three-phases", true)] {
        let mut rig = blocked(&values, ChargeState::B1, BlockReason::PhaseSwitch);
        rig.directive.three_phase = three_phase;
        rig.charger.charge_delay = Duration::from_secs(9);
        scenes.push(named(name, &mut rig));
    }
    values.push((SettingId::PwrShare, 4));
    values.retain(|row| row.0 != SettingId::Contact2);
    let mut node = blocked(&values, ChargeState::B1, BlockReason::WaitingForMaster);
    node.directive.access = Access::On;
    scenes.push(named("node", &mut node));
    node.directive.access = Access::Pause;
    scenes.push(named("node-pause", &mut node));
    scenes
}

/// Settings that make every row visible, in two parts.
fn bases() -> [Vec<(SettingId, u16)>; 2] {
    let common = [
        (SettingId::Mode, 2),
        (SettingId::PwrShare, 1),
        (SettingId::EvMeter, 19),
        (SettingId::Wifi, 1),
        (SettingId::Capacity, 100),
    ];
    let with = |meter| {
        let mut values = common.to_vec();
        values.push((SettingId::MainsMet, meter));
        values
    };
    [with(19), with(1)]
}

/// A rig in whose menu a row is visible, with a value.
pub fn rig_with(id: SettingId, value: Option<u16>) -> Rig {
    let facts = Facts {
        sensorbox_version: 2,
        sensorbox_cts: true,
    };
    for mut values in bases() {
        let base = crate::rig::settings(&values);
        let rows = smartevse_menu::visibility::visible(|id| base.value(id), facts);
        if rows.contains(id) {
            values.extend(value.map(|value| (id, value)));
            let mut rig = Rig::new(&values);
            rig.around.facts = facts;
            decorate(&mut rig);
            return rig;
        }
    }
    panic!("{id} is never visible");
}

fn decorate(rig: &mut Rig) {
    rig.charger.temperature = Some(Celsius::from_celsius(31));
    rig.around.identity = Identity {
        version: "v4.0.0",
        serial: 12_345,
    };
    rig.around.wifi = WifiStatus {
        address: Some([192, 168, 100, 200]),
        portal: None,
        app_server: true,
    };
    rig.around.sensorbox = SensorboxWifiStatus {
        mode: None,
        address: Some([192, 168, 1, 21]),
        portal: PortalPassword::new(*b"8a7b6c5d"),
    };
    rig.wall_clock = Some(1_795_641_732);
}

/// Values of a setting that are pictured: every option; of a number its ends,
/// its default and both sides of its gap.
pub fn values(id: SettingId) -> Vec<u16> {
    let facts = id.facts();
    match facts.kind {
        Kind::Options(choices) => choices.iter().map(|choice| choice.value).collect(),
        Kind::PowerOfTen { max } => (0..=max).collect(),
        Kind::Pin => vec![0, 478, 9999],
        Kind::Action => vec![0],
        Kind::Number { min, max, gap, .. } => {
            let mut list = vec![min, facts.default, max];
            list.extend(gap.map(|gap| gap.to + 1));
            list.sort_unstable();
            list.dedup();
            list
        }
    }
}

/// All pictures of a row: browsing, its help, then editing each value.
pub fn row(id: SettingId) -> Vec<Scene> {
    let mut rig = rig_with(id, None);
    rig.around.identity.version = "v4.0.0-beta.12+1234";
    rig.go(Row::Setting(id));
    let mut scenes = vec![named("browse", &mut rig)];
    rig.wait(5_500);
    scenes.push(named("help", &mut rig));
    let options = matches!(id.facts().kind, Kind::Options(_));
    for value in values(id) {
        let name = format!("{value}");
        if options {
            scenes.push((name, edited(id, value)));
        } else {
            let mut rig = rig_with(id, (id != SettingId::AppPin).then_some(value));
            rig.around.entropy = 34_511;
            rig.edit(id);
            scenes.push(named(&name, &mut rig));
        }
    }
    scenes
}

fn edited(id: SettingId, value: u16) -> Model {
    let mut rig = rig_with(id, None);
    rig.menu =
        smartevse_menu::Menu::with_context(smartevse_core::settings::ApplyContext { ocpp: true });
    rig.edit(id);
    for _ in 0..40 {
        if rig.menu.editing() == Some(value) {
            return rig.model();
        }
        rig.press(RIGHT);
    }
    panic!("{id} cannot be {value}");
}

/// EXIT and rows whose picture depends on more than their value.
pub fn special_rows() -> Vec<Scene> {
    let mut exit = rig_with(SettingId::Mode, None);
    exit.go(Row::Exit);
    let mut scenes = vec![named("exit", &mut exit)];
    let mut portal = rig_with(SettingId::Wifi, Some(2));
    portal.around.wifi.portal = PortalPassword::new(*b"0a1b2c3d");
    portal.go(Row::Setting(SettingId::Wifi));
    scenes.push(named("wifi-portal", &mut portal));
    portal.go(Row::Setting(SettingId::Max));
    scenes.push(named("max-portal", &mut portal));
    let mut pin = rig_with(SettingId::LcdPin, Some(478));
    pin.edit(SettingId::LcdPin);
    pin.press(RIGHT);
    pin.press(RIGHT);
    scenes.push(named("lcd-pin-third-digit", &mut pin));
    for (name, card) in [
        ("card-stored", CardStatus::Stored),
        ("card-deleted", CardStatus::Deleted),
        ("card-already-stored", CardStatus::AlreadyStored),
        ("card-not-stored", CardStatus::NotStored),
        ("card-storage-full", CardStatus::Full),
    ] {
        let mut rig = rig_with(SettingId::Rfid, None);
        rig.around.card = card;
        rig.edit(SettingId::Rfid);
        rig.press(RIGHT);
        rig.press(RIGHT);
        rig.press(RIGHT);
        scenes.push(named(name, &mut rig));
    }
    scenes.extend(special_networks());
    scenes
}

fn special_networks() -> Vec<Scene> {
    let mut scenes = Vec::new();
    let mut portal = rig_with(SettingId::Sb2Wifi, Some(2));
    portal.go(Row::Setting(SettingId::Sb2Wifi));
    scenes.push(named("sb2-portal", &mut portal));
    let mut lost = rig_with(SettingId::Max, None);
    lost.around.wifi.address = None;
    lost.go(Row::Setting(SettingId::Max));
    scenes.push(named("no-wifi", &mut lost));
    let mut server = rig_with(SettingId::AppServer, Some(1));
    server.around.wifi.app_server = false;
    server.edit(SettingId::AppServer);
    scenes.push(named("no-server", &mut server));
    let mut cold = rig_with(SettingId::Max, None);
    cold.charger.temperature = Some(Celsius::MIN);
    cold.wall_clock = None;
    cold.go(Row::Setting(SettingId::Max));
    scenes.push(named("extreme-temperature", &mut cold));
    scenes
}
