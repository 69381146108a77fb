//! A separate meter of the circuit: readings, silence, snapshot, log.

use smartevse::core::event::{Event, Fact, MeterReading};
use smartevse::core::faults::Faults;
use smartevse::core::io::Inputs;
use smartevse::core::registry::SettingId;
use smartevse::core::settings::load;
use smartevse::types::{Access, DeciAmps, Instant, Mode, PerPhase};
use smartevse::{CircuitMeter, Planning, Setup, Station};
use smartevse_meters::Meter;

fn setup(mode: Mode, circuit_meter: Option<CircuitMeter>) -> Setup<'static> {
    let api = u16::from(Meter::Api.id());
    Setup {
        settings: load([
            (SettingId::MainsMet, api),
            (SettingId::Mode, mode as u16),
            (SettingId::Circuit, 16),
        ])
        .settings,
        access: Access::On,
        planning: Planning::Regulated,
        circuit_meter,
        ..Setup::default()
    }
}

fn meter() -> Option<CircuitMeter> {
    let meter = CircuitMeter::new(Meter::Api.id(), CircuitMeter::DEFAULT_ADDRESS);
    assert!(meter.is_some());
    meter
}

fn reading(deci: i32) -> MeterReading {
    MeterReading {
        currents: Some(PerPhase::splat(DeciAmps::from_deci(deci))),
        ..MeterReading::default()
    }
}

/// Polls each 100 ms for so many seconds, with a mains reading each second and
/// a circuit reading while it speaks.
fn run(station: &mut Station, from: u64, to: u64, circuit: Option<i32>) {
    for tenth in from * 10..to * 10 {
        let now = Instant::from_millis(tenth * 100);
        if tenth % 10 == 0 {
            let mut tell = |fact| station.event(Event { at: now, fact });
            tell(Fact::Mains(reading(20)));
            if let Some(deci) = circuit {
                tell(Fact::Circuit(reading(deci)));
            }
        }
        station.poll(now, &Inputs::default());
    }
}

/// Decisions 13 and 38, D-197: the silence of the meter is EV_NOCOMM after
/// 64 s (11 s right after the start), in Smart and Solar only.
#[test]
fn when_the_meter_is_silent_then_the_fault_says_so_in_smart_and_solar() {
    for (mode, circuit, fault) in [
        (Mode::Smart, meter(), true),
        (Mode::Solar, meter(), true),
        (Mode::Normal, meter(), false),
        (Mode::Smart, None, false),
    ] {
        let mut station = Station::new(&setup(mode, circuit), Instant::ZERO);
        run(&mut station, 0, 30, Some(10));
        assert!(!station.status().faults.contains(Faults::EV_NOCOMM));
        run(&mut station, 30, 93, None);
        assert!(!station.status().faults.contains(Faults::EV_NOCOMM));
        run(&mut station, 93, 96, None);
        let faults = station.status().faults;
        assert_eq!(faults.contains(Faults::EV_NOCOMM), fault, "{mode:?}");
        run(&mut station, 96, 98, Some(10));
        assert!(!station.status().faults.contains(Faults::EV_NOCOMM));
        let mut never = Station::new(&setup(mode, circuit), Instant::ZERO);
        run(&mut never, 0, 13, None);
        let faults = never.status().faults;
        assert_eq!(faults.contains(Faults::EV_NOCOMM), fault, "{mode:?}");
    }
}

/// The snapshot shows the meter with its sign; without one its readings count
/// nothing.
#[test]
fn when_there_is_a_meter_then_the_snapshot_shows_it() {
    let mut station = Station::new(&setup(Mode::Smart, meter()), Instant::ZERO);
    run(&mut station, 0, 2, Some(-35));
    let shown = station.snapshot().meters.circuit.unwrap();
    let currents = shown.currents.sample().unwrap().value;
    assert_eq!(currents, PerPhase::splat(DeciAmps::from_deci(-35)));
    assert_eq!(shown.max_age, smartevse::watch::MAINS_SILENCE);
    let mut station = Station::new(&setup(Mode::Smart, None), Instant::ZERO);
    run(&mut station, 0, 2, Some(-35));
    assert_eq!(station.snapshot().meters.circuit, None);
}

/// A log with a meter of the circuit replays with it.
#[cfg(feature = "log")]
#[test]
fn when_it_is_logged_then_the_replay_has_the_meter() {
    use smartevse::log::{Recorder, Replay};

    let mut memory = crate::log_replay::Memory::default();
    let mut recorder = Recorder::new(&setup(Mode::Smart, meter()), Instant::ZERO, &mut memory);
    for tenth in 0..400_u64 {
        let at = Instant::from_millis(tenth * 100);
        for fact in [Fact::Mains(reading(20)), Fact::Circuit(reading(70))] {
            recorder.event(Event { at, fact });
        }
        recorder.poll(at, &Inputs::default());
    }
    assert!(recorder.is_complete());
    let mut replay = Replay::new(&memory.bytes).unwrap();
    while replay.step().unwrap().is_some() {}
    assert!(replay.checkpoints() >= 39, "{}", replay.checkpoints());
    let shown = replay.station().snapshot().meters.circuit.unwrap();
    assert!(shown.currents.sample().is_some());
    assert_eq!(replay.station().manager().circuit_meter(), meter());
}
