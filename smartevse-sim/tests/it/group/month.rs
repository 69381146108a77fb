//! A month of a group in which something breaks every two minutes: line,
//! nodes, mains meter, house and vehicles.

use smartevse_sim::car::CarModel;
use smartevse_sim::random::Random;
use smartevse_sim::rs485::{LineFaults, TapFaults};
use smartevse_types::Phase;

use super::rig::{Group, Plan};

const EVSES: usize = 8;
const DAY_S: u64 = 86_400;
const MAINS_A: f64 = 45.0;
const CIRCUIT_A: f64 = 40.0;

/// An excess that counts: what is less is the noise and the resolution of the
/// meter and eight times the smallest step of a pulse width, 0.06 A.
const SLACK_A: f64 = 0.5;

/// Longest excess above MAINS: a node that hears nothing any more stops 12 s
/// later and opens within 7 s (power share 6.2).
const REACTION_S: u64 = 20;

/// The same while the mains meter is silent: its last reading counts for 11 s.
const BLIND_REACTION_S: u64 = REACTION_S + 11;

/// Longest wait of a vehicle while nothing is wrong with its own charger: with
/// room for four of eight, seven others have their turns of 30 min twice
/// (L-01); each restart of the master begins the order anew.
const LONGEST_WAIT_S: u64 = 6 * 3_600;

/// What is watched every second.
#[derive(Debug, Default)]
struct Record {
    /// Seconds in a row above MAINS because of the vehicles, now and worst.
    over_s: (u64, u64),
    /// The worst while the mains meter was silent.
    over_blind_s: u64,
    /// The meter was silent in this excess.
    blind: bool,
    over_peak_a: f64,
    waits_s: [u64; EVSES],
    longest_wait_s: u64,
    stops: u64,
    unexplained: Vec<(u64, usize)>,
    charged: [bool; EVSES],
}

impl Record {
    fn look(&mut self, group: &mut Group, chaos: &Chaos) {
        self.look_at_mains(group, chaos.meter_until > 0);
        for evse in 0..EVSES {
            self.look_at(group, chaos, evse);
        }
    }

    fn look_at_mains(&mut self, group: &mut Group, silent: bool) {
        let world = group.run.world();
        let (net, cars) = (world.net_a(), world.cars_a());
        let over = (0..3).map(|phase| (net[phase] - MAINS_A).max(0.0).min(cars[phase]));
        let over = over.fold(0.0, f64::max);
        self.over_peak_a = self.over_peak_a.max(over);
        self.over_s.0 = if over > SLACK_A { self.over_s.0 + 1 } else { 0 };
        self.blind = silent || (self.blind && self.over_s.0 > 0);
        if self.blind {
            self.over_blind_s = self.over_blind_s.max(self.over_s.0);
        } else {
            self.over_s.1 = self.over_s.1.max(self.over_s.0);
        }
    }

    fn look_at(&mut self, group: &mut Group, chaos: &Chaos, evse: usize) {
        let draws = group.amps(evse) > 0.1 || group.run.world().car_a(evse)[1] > 0.1;
        let draws = draws || group.run.world().car_a(evse)[2] > 0.1;
        let wants = group
            .run
            .world()
            .car(evse)
            .is_some_and(|car| !car.is_full());
        let waits = wants && !draws && !chaos.troubles(evse) && group.run.is_powered(evse);
        self.waits_s[evse] = if waits { self.waits_s[evse] + 1 } else { 0 };
        self.longest_wait_s = self.longest_wait_s.max(self.waits_s[evse]);
        let status = group.run.seat(evse).unwrap().watched().status();
        let closed = status.contactor1.is_closed();
        let plugged = group.run.world().car(evse).is_some();
        self.stops += u64::from(self.charged[evse] && !closed);
        self.charged[evse] = closed;
        let silent = !closed && status.block.is_none() && status.faults.is_empty();
        if plugged && silent && group.run.is_powered(evse) {
            self.unexplained.push((group.second, evse));
        }
    }
}

/// What is broken, and until when.
struct Chaos {
    random: Random,
    until: [u64; EVSES],
    away_until: [u64; EVSES],
    meter_until: u64,
    counts: [u64; 8],
}

impl Chaos {
    fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            until: [0; EVSES],
            away_until: [0; EVSES],
            meter_until: 0,
            counts: [0; 8],
        }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.random.next_bits() % end
    }

    /// Something is wrong with it, with its master or with the meter: nobody
    /// promises it current now.
    fn troubles(&self, evse: usize) -> bool {
        self.until[evse] > 0 || self.until[0] > 0 || self.meter_until > 0
    }

    fn step(&mut self, group: &mut Group) {
        self.repair(group);
        if self.below(120) != 0 {
            return;
        }
        let evse = self.below(EVSES as u64) as usize;
        let span = group.second + 1 + self.below(60);
        let kind = self.below(8) as usize;
        self.counts[kind] += 1;
        match kind {
            0 => self.cut(group, evse, span),
            1 => self.power_off(group, evse, span),
            2 => group.restart(evse),
            3 => self.plug(group, evse),
            4 => self.noise(group),
            5 => {
                group.run.world().set_mains_meter_silent(true);
                self.meter_until = span;
            }
            6 => {
                let house = [0, 1, 2].map(|_| self.below(20) as f64 - 2.0);
                group.run.world().set_house(house);
            }
            _ => {
                group.run.world().unplug(evse);
                self.away_until[evse] = group.second + 60 * (1 + self.below(60));
            }
        }
    }

    fn repair(&mut self, group: &mut Group) {
        for evse in 0..EVSES {
            if self.until[evse] == group.second {
                self.until[evse] = 0;
                group.run.set_tap(evse, TapFaults::default());
                if !group.run.is_powered(evse) {
                    group.restart(evse);
                }
            }
            if self.away_until[evse] == group.second {
                self.plug(group, evse);
            }
            let full = |car: &smartevse_sim::car::Car| car.is_full();
            let world = group.run.world();
            if world.car(evse).is_some_and(full) && self.away_until[evse] <= group.second {
                world.unplug(evse);
                self.away_until[evse] = group.second + 60 * (1 + self.below(120));
            }
        }
        if self.meter_until == group.second {
            self.meter_until = 0;
            group.run.world().set_mains_meter_silent(false);
        }
    }

    fn cut(&mut self, group: &mut Group, evse: usize, until: u64) {
        let faults = TapFaults {
            cut: true,
            ..TapFaults::default()
        };
        group.run.set_tap(evse, faults);
        self.until[evse] = self.until[evse].max(until);
    }

    fn power_off(&mut self, group: &mut Group, evse: usize, until: u64) {
        group.run.power_off(evse);
        self.until[evse] = self.until[evse].max(until);
    }

    /// Another vehicle comes at once.
    fn plug(&mut self, group: &mut Group, evse: usize) {
        let phases = [Phase::L1, Phase::L2, Phase::L3];
        let turn = self.below(3) as usize;
        let car = CarModel {
            phases: 1 + self.below(3) as usize,
            phase_map: [0, 1, 2].map(|at| phases[(at + turn) % 3]),
            max_a: [6.0, 10.0, 13.0, 16.0][self.below(4) as usize],
            delay_s: 0.5 + self.below(4) as f64,
            need_wh: 1_000.0 + 1_000.0 * self.below(40) as f64,
            ..CarModel::default()
        };
        group.run.world().plug(evse, car);
    }

    /// Up to one wrong bit in 250 bytes.
    fn noise(&mut self, group: &mut Group) {
        let faults = LineFaults {
            noise_ppm: (self.below(3) * self.below(2_000)) as u32,
            ..LineFaults::default()
        };
        group.run.line().unwrap().set_faults(faults);
    }
}

fn print_figures(group: &mut Group, chaos: &Chaos, record: &Record) {
    let energy = group.energy_wh() / 1_000.0;
    println!(
        "{} h: {} faults {:?}, {} stops, {} of them unexplained, highest {:.2} A of {CIRCUIT_A} A, above MAINS at most {} s, {} s with a silent meter, and {:.1} A, longest wait {} s, {energy:.0} kWh",
        group.second / 3_600,
        chaos.counts.iter().sum::<u64>(),
        chaos.counts,
        record.stops,
        record.unexplained.len(),
        group.highest_a,
        record.over_s.1,
        record.over_blind_s,
        record.over_peak_a,
        record.longest_wait_s,
    );
}

/// I-01, I-02, L-01, L-04 and the reasons of design §3.5 over a long time:
/// CIRCUIT is never exceeded, MAINS never longer than the reaction time, every
/// vehicle gets its turn, every stop has a reason, and no oracle fires.
/// `SMARTEVSE_GROUP_HOURS` sets the length; the default is short.
#[test]
fn when_everything_breaks_now_and_then_then_all_promises_hold() {
    let hours = std::env::var("SMARTEVSE_GROUP_HOURS").ok();
    let seconds = hours
        .and_then(|text| text.parse::<u64>().ok())
        .map_or(3 * 3_600, |h| h * 3_600);
    let mut group = Group::start(&Plan {
        mode: "smart",
        evses: EVSES,
        circuit_a: CIRCUIT_A as u16,
        mains_a: MAINS_A as u16,
        settings: r#""rotation_min": 30,"#,
        ..Plan::default()
    });
    let (mut chaos, mut record) = (Chaos::new(11), Record::default());
    for _ in 0..seconds.div_ceil(DAY_S) {
        let rest = seconds - group.second;
        group.pass(rest.min(DAY_S), |group| {
            record.look(group, &chaos);
            chaos.step(group);
        });
        print_figures(&mut group, &chaos, &record);
    }
    let hits = group.run.seat(0).unwrap().checks().unwrap().group_hits();
    println!(
        "since the last restart of the master: {:?}",
        hits.collect::<Vec<_>>()
    );
    assert!(group.highest_a <= CIRCUIT_A + 0.01, "{}", group.highest_a);
    assert!(record.over_s.1 <= REACTION_S, "{:?}", record.over_s);
    assert!(record.over_blind_s <= BLIND_REACTION_S, "{record:?}");
    assert!(record.longest_wait_s <= LONGEST_WAIT_S, "{record:?}");
    assert_eq!(record.unexplained, []);
}
