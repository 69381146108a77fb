//! `smartevse`: station, meter line, exchange, log and replay.

use smartevse::exchange::{Shared, Slot};
use smartevse::log::{Full, Recorder, Replay, Sink};
use smartevse::meter_line::{LineMeter, MeterLine, MeterRole};
use smartevse::wiring::{charger_config, meter_settings, phases, regulation_config, three_phase};
use smartevse::{Manager, Setup, Station};
use smartevse_core::card::Uid;
use smartevse_core::command::{Command, Origin};
use smartevse_core::directive::{ChargerStatus, Directive};
use smartevse_core::event::{Event, Fact, Record};
use smartevse_core::io::Inputs;
use smartevse_core::options::Contact2;
use smartevse_core::settings::Settings;
use smartevse_meters::Meter;
use smartevse_meters::bus::BusConfig;
use smartevse_types::{Access, DeciAmps, Instant, Mode};

use crate::{consume, opaque};

/// Calls what has logic in it.
pub fn exercise() {
    station();
    halves();
    line();
    exchange();
    record();
    replay();
}

/// A line with two meters.
pub fn two_meters() -> Option<MeterLine> {
    let meter = LineMeter {
        role: MeterRole::Mains,
        meter: Meter::Eastron3P,
        address: 1,
    };
    MeterLine::new(opaque(BusConfig::tcp()), &opaque([meter; 2])).ok()
}

fn setup(cards: &[Uid]) -> Setup<'_> {
    opaque(Setup {
        cards: opaque(cards),
        ..Setup::default()
    })
}

fn event() -> Event {
    opaque(Event {
        at: Instant::ZERO,
        fact: Fact::Battery(DeciAmps::ZERO),
    })
}

fn station() {
    let now = opaque(Instant::ZERO);
    let mut station = opaque(Station::new(&setup(&[]), now));
    consume(station.poll(now, &opaque(Inputs::default())));
    let mut station = opaque(station);
    station.event(event());
    let command = opaque(Command::SetAccess(Access::On));
    consume(station.command(now, opaque(Origin::Lcd), command));
    let station = opaque(station);
    let snapshot = station.snapshot();
    consume((snapshot.at, snapshot.waiting, snapshot.wall_clock));
    consume((station.deadline(), station.status(), station.directive()));
}

fn halves() {
    let mut manager = opaque(Manager::new(&setup(&[]), opaque(Instant::ZERO)));
    let status = opaque(ChargerStatus::default());
    consume(manager.poll(opaque(Instant::ZERO), &status));
    let manager = opaque(manager);
    let mut records = opaque(*manager.records());
    records.stored(opaque(Record::Access), opaque(1));
    opaque(records).unsaved().for_each(consume);
    consume((manager.access().access(), manager.light(&status)));
    consume((manager.sensorbox_wifi(), manager.circuit_meter()));
    consume(manager.latest_energy(opaque(Instant::ZERO)));
    let settings = opaque(Settings::default());
    consume(charger_config(&settings));
    consume(regulation_config(&settings));
    consume(meter_settings(&settings));
    let chosen = opaque((Contact2::AlwaysOn, Mode::Solar, true));
    consume(phases(three_phase(chosen.0, chosen.1, chosen.2)));
}

fn line() {
    let Some(line) = two_meters() else { return };
    let mut line = opaque(line);
    let now = opaque(Instant::ZERO);
    consume(line.poll(now));
    line.transmitted(now);
    line.receive(now, &opaque([0; 64]));
    line.reconnected(now);
    line.want_wifi(opaque(None));
    let line = opaque(line);
    consume(line.counters());
}

fn exchange() {
    let shared = Shared::new(opaque(Directive::default()));
    shared.set(opaque(shared.get()));
    let slot = Slot::new();
    consume(slot.put(opaque(Command::KeyPress)));
    consume(slot.take());
}

struct Drain;

impl Sink for Drain {
    fn write(&mut self, frame: &[u8]) -> Result<(), Full> {
        consume(frame);
        opaque(Ok(()))
    }
}

fn record() {
    let now = opaque(Instant::ZERO);
    let mut recorder = opaque(Recorder::new(&setup(&[]), now, Drain));
    consume(recorder.poll(now, &opaque(Inputs::default())));
    let mut recorder = opaque(recorder);
    recorder.event(event());
    let command = opaque(Command::SetAccess(Access::On));
    consume(recorder.command(now, opaque(Origin::Rest), command));
    consume(recorder.is_complete());
}

fn replay() {
    let log = opaque([0; 512]);
    let Ok(replay) = Replay::new(log.get(..opaque(512)).unwrap_or(&[])) else {
        return;
    };
    let mut replay = opaque(replay);
    consume(replay.step());
    consume(replay.checkpoints());
}
