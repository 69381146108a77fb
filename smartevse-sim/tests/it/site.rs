//! The whole station at a complete board, for tests in closed loop.

use smartevse_core::registry::SettingId;
use smartevse_core::settings::Settings;
use smartevse_sim::bench::{Bench, BenchPlan};
use smartevse_sim::car::CarModel;
use smartevse_sim::evse_board::BoardFaults;
use smartevse_sim::happening::Happening;
use smartevse_sim::wiring::{parse_value, settings_of};
use smartevse_types::Duration;

/// A vehicle that behaves well.
pub fn healthy() -> CarModel {
    CarModel::default()
}

/// Settings as their LCD texts; the rest has its default.
pub fn settings(texts: &[(SettingId, &str)]) -> Settings {
    let values: Vec<_> = texts
        .iter()
        .map(|(id, text)| (*id, parse_value(*id, text).unwrap()))
        .collect();
    settings_of(&values).unwrap()
}

/// Socket with lock, residual-current monitor with self-test, Smart with a
/// mains meter: everything that can go wrong is there.
pub fn complete() -> BenchPlan {
    BenchPlan::new(settings(&[
        (SettingId::Config, "Socket"),
        (SettingId::Lock, "Solenoid"),
        (SettingId::Rcmon, "Enabled"),
        (SettingId::MainsMet, "API"),
        (SettingId::Mode, "Smart"),
    ]))
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Lets something happen that nobody may refuse.
pub fn happen(bench: &mut Bench, happening: Happening) {
    bench.happen(&happening).unwrap();
}

/// A bench whose vehicle has been drawing its full current for 20 s.
pub fn charging(plan: &BenchPlan, car: CarModel) -> Bench {
    let mut bench = Bench::new(plan);
    bench.run(secs(10)).unwrap();
    happen(&mut bench, Happening::Plug(car));
    let took = bench.wait_for(secs(90), Bench::is_charging).unwrap();
    assert!(took.is_some(), "does not charge: {:?}", bench.status());
    bench.run(secs(20)).unwrap();
    assert!(bench.is_charging(), "stopped: {:?}", bench.status());
    bench
}

/// I-22: a healthy vehicle is plugged in and must charge within 90 s.
pub fn healthy_charges(bench: &mut Bench) -> Duration {
    happen(bench, Happening::Unplug);
    bench.run(secs(5)).unwrap();
    happen(bench, Happening::Plug(healthy()));
    bench
        .wait_for(secs(90), Bench::is_charging)
        .unwrap()
        .unwrap_or_else(|| panic!("I-22: a healthy vehicle waits: {:?}", bench.status()))
}

/// The complete board with everything whole.
pub fn whole() -> Happening {
    Happening::Board(BoardFaults::default())
}
