//! What a group can meet: demands for the scheduler alone, and whole groups on
//! a disturbed line.

use proptest::prelude::*;
use proptest::sample::select;
use smartevse_core::options::{Contact2, Priority};
use smartevse_share::{Contactor, ShareConfig, ShareView};
use smartevse_types::{DeciAmps, Duration, Instant, Latest, Minutes, Mode};

use super::{good_car, load_a};
use crate::car::CarModel;
use crate::evse_board::BoardKit;
use crate::rs485::{LineFaults, TapFaults};
use crate::run::{Run, RunError};
use crate::scenario::{Scenario, SiteSettings};
use crate::simulate::{self, StationSeat};
use crate::site::{MeterModel, Series};
use crate::world::{Visit, WorldPlan};

/// Gives what one EVSE asks the scheduler for, seen at `now`: mostly a vehicle
/// that wants current, sometimes an empty place, a lost node or a cable below
/// MIN.
pub fn demand(now: Instant) -> impl Strategy<Value = ShareView> {
    let caps = select(vec![160, 320, 100, 61, 60, 59, 800, 0]);
    let draw = prop::option::of(select(vec![0, 9, 10, 60, 160]));
    let wants = prop::bool::weighted(0.8);
    (prop::bool::weighted(0.95), wants, caps, draw).prop_map(move |(online, wants, cap, draw)| {
        let mut measured = Latest::NEVER;
        if let Some(draw) = draw {
            measured.update(DeciAmps::from_deci(draw), now);
        }
        ShareView {
            online,
            connected: wants,
            wants,
            contactor: if wants {
                Contactor::Asking
            } else {
                Contactor::Open
            },
            seen_at: now,
            cap: DeciAmps::from_deci(cap),
            measured,
            ..ShareView::UNKNOWN
        }
    })
}

/// Gives the demands of `N` EVSEs, seen at `now`.
pub fn demands<const N: usize>(now: Instant) -> impl Strategy<Value = [ShareView; N]> {
    prop::collection::vec(demand(now), N)
        .prop_map(|list| core::array::from_fn(|at| list.get(at).copied().unwrap_or_default()))
}

/// Gives what is left for all EVSEs together, per phase: none, around
/// multiples of MIN, and plenty.
pub fn budget() -> impl Strategy<Value = DeciAmps> {
    let around = (0..9_i32, -1..=1_i32).prop_map(|(minima, off)| 60 * minima + off);
    prop_oneof![3 => around, 2 => 0..800_i32, 1 => -100..0_i32].prop_map(DeciAmps::from_deci)
}

/// Gives settings of the scheduler.
pub fn share_config() -> impl Strategy<Value = ShareConfig> {
    let priority = select(vec![
        smartevse_share::Priority::ModbusAddress,
        smartevse_share::Priority::FirstConnected,
        smartevse_share::Priority::LastConnected,
    ]);
    let mode = select(vec![Mode::Normal, Mode::Smart, Mode::Solar]);
    let idle = select(vec![60_u64, 30, 300]);
    (priority, mode, select(vec![0_u16, 30, 60]), idle).prop_map(
        |(priority, mode, rotation, idle)| ShareConfig {
            priority,
            mode,
            rotation: Minutes::from_minutes(rotation),
            idle_tmo: Duration::from_secs(idle),
            ..ShareConfig::default()
        },
    )
}

/// Gives lines from good to bad: up to one wrong bit in 250 bytes.
pub fn line_faults() -> impl Strategy<Value = LineFaults> {
    select(vec![0_u32, 100, 1_000, 4_000]).prop_map(|noise_ppm| LineFaults {
        noise_ppm,
        ..LineFaults::default()
    })
}

/// Gives connections of one charger to the line: good, cut, with late
/// broadcasts.
pub fn tap_faults() -> impl Strategy<Value = TapFaults> {
    let late = select(vec![0_u64, 300, 1_000]).prop_map(Duration::from_millis);
    (prop::bool::weighted(0.3), late).prop_map(|(cut, broadcasts_late)| TapFaults {
        cut,
        broadcasts_late,
    })
}

/// Gives groups of two to eight chargers, each with a vehicle that comes within
/// a minute.
pub fn group() -> impl Strategy<Value = Scenario> {
    let cars = prop::collection::vec((0..60_u64, good_car()), 2..=8);
    let mode = select(vec![Mode::Smart, Mode::Normal, Mode::Solar]);
    let limits = (select(vec![25_u16, 40, 63]), select(vec![20_u16, 13, 40]));
    (cars, mode, limits, -20..10_i32, select(vec![0_u16, 30])).prop_map(
        |(cars, mode, (mains_a, circuit_a), house, rotation_min)| Scenario {
            id: "group".to_owned(),
            duration: Duration::from_secs(600),
            mode,
            power_share: true,
            settings: site_settings(mains_a, circuit_a, rotation_min),
            plan: plan(cars, mains_a, f64::from(house)),
        },
    )
}

fn site_settings(mains_a: u16, circuit_a: u16, rotation_min: u16) -> SiteSettings {
    SiteSettings {
        mains_a,
        min_a: 6,
        max_a: 16,
        circuit_a,
        start_a: 4,
        stop_min: 10,
        import_a: 0,
        capacity_a: 0,
        cap_stop_min: 0,
        contact2: Contact2::AlwaysOn,
        priority: Priority::ModbusAddress,
        rotation_min,
        idle_timeout_s: 60,
    }
}

fn plan(cars: Vec<(u64, CarModel)>, mains_a: u16, house_a: f64) -> WorldPlan {
    WorldPlan {
        boards: vec![BoardKit::default(); cars.len()],
        visits: (0..)
            .zip(cars)
            .map(|(evse, (from, car))| Visit {
                evse,
                from: Instant::from_secs(from),
                to: None,
                car,
            })
            .collect(),
        house: Series::constant([house_a; 3]),
        mains_meter: MeterModel {
            noise_a: 0.1,
            ..MeterModel::default()
        },
        mains_a: f64::from(mains_a),
        ..WorldPlan::default()
    }
}

/// Something that happens to a group. Numbers of chargers count modulo the size
/// of the group.
#[derive(Clone, PartialEq, Debug)]
pub enum Mishap {
    /// The line gets better or worse.
    Line(LineFaults),
    /// The connection of one charger breaks or heals.
    Tap(usize, TapFaults),
    /// A charger starts anew.
    Restart(usize),
    /// Another vehicle comes.
    Plug(usize, CarModel),
    /// The vehicle leaves.
    Unplug(usize),
    /// The house takes so much per phase, amperes.
    House([f64; 3]),
    /// The mains meter falls silent, or speaks again.
    MeterSilent(bool),
}

/// Gives one mishap.
pub fn mishap() -> impl Strategy<Value = Mishap> {
    let evse = || 0..8_usize;
    let house = (load_a(), load_a(), load_a()).prop_map(|(l1, l2, l3)| [l1, l2, l3]);
    prop_oneof![
        2 => line_faults().prop_map(Mishap::Line),
        3 => (evse(), tap_faults()).prop_map(|(evse, faults)| Mishap::Tap(evse, faults)),
        2 => evse().prop_map(Mishap::Restart),
        2 => (evse(), good_car()).prop_map(|(evse, car)| Mishap::Plug(evse, car)),
        1 => evse().prop_map(Mishap::Unplug),
        2 => house.prop_map(Mishap::House),
        1 => any::<bool>().prop_map(Mishap::MeterSilent),
    ]
}

/// Gives up to so many mishaps, each after a wait of 1 s to 60 s.
pub fn mishaps(most: usize) -> impl Strategy<Value = Vec<(Duration, Mishap)>> {
    let wait = (1..=60_u64).prop_map(Duration::from_secs);
    prop::collection::vec((wait, mishap()), 0..=most)
}

/// Plays a group with its mishaps and 30 s more; the oracles judge every poll
/// and every round of the scheduler.
///
/// # Errors
///
/// A scenario that cannot be run, or the number of a violated invariant.
pub fn play_group(
    scenario: &Scenario,
    mishaps: &[(Duration, Mishap)],
) -> Result<Run<'static, StationSeat>, RunError> {
    let mut run = simulate::run(scenario)?;
    let mut now = Instant::from_secs(60);
    for (wait, mishap) in mishaps {
        now += *wait;
        run.until(now)?;
        befall(&mut run, scenario, now, mishap)?;
    }
    run.until(now + Duration::from_secs(30))?;
    Ok(run)
}

fn befall(
    run: &mut Run<'_, StationSeat>,
    scenario: &Scenario,
    now: Instant,
    mishap: &Mishap,
) -> Result<(), RunError> {
    let size = run.world().len().max(1);
    match mishap {
        Mishap::Line(faults) => {
            if let Some(line) = run.line() {
                line.set_faults(*faults);
            }
        }
        Mishap::Tap(evse, faults) => run.set_tap(evse % size, *faults),
        Mishap::Restart(evse) => {
            let seat = simulate::seat(scenario, evse % size, now)?;
            run.restart(evse % size, seat);
        }
        Mishap::Plug(evse, car) => run.world().plug(evse % size, car.clone()),
        Mishap::Unplug(evse) => run.world().unplug(evse % size),
        Mishap::House(amps) => run.world().set_house(*amps),
        Mishap::MeterSilent(silent) => run.world().set_mains_meter_silent(*silent),
    }
    Ok(())
}
