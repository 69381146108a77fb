//! The quarter-hour limit in a closed loop (regulation 10.3).

use smartevse_share::{Config, EvseView, QuarterPeak, Regulator, Site};
use smartevse_types::{Amps, Duration, Instant, LimitedBy, WattHours, Watts};

use crate::bench::{currents, deci, smart};

struct Grid {
    now: Instant,
    config: Config,
    site: Site,
    evse: EvseView,
    regulator: Regulator,
    with_register: bool,
    /// Energy in W·s.
    energy: i64,
    offered: i32,
    starved: u32,
    named: bool,
}

impl Grid {
    fn new(limit: i32, gross: bool) -> Self {
        let config = Config {
            mains: Amps::from_amps(40),
            quarter: Some(QuarterPeak {
                limit: Watts::from_watts(limit),
                gross,
            }),
            ..smart(40, 16)
        };
        let mut site = Site::default();
        site.wall_clock.update(900 * 1_000_000 - 300, Instant::ZERO);
        Self {
            now: Instant::ZERO,
            config,
            site,
            evse: EvseView {
                wants: true,
                cap: deci(160),
                ..EvseView::default()
            },
            regulator: Regulator::new(),
            with_register: false,
            energy: 0,
            offered: 0,
            starved: 0,
            named: false,
        }
    }

    /// Plays so many seconds; gives the average power of each full quarter.
    fn play(&mut self, secs: u64, house: impl Fn(u64) -> i32) -> Vec<i64> {
        let (mut averages, mut begin) = (Vec::new(), 0);
        let first = self.now.as_secs();
        for second in first..first + secs {
            if second % 900 == 300 {
                averages.push((self.energy - begin) / 900);
                begin = self.energy;
            }
            self.second(second, house(second));
        }
        averages.into_iter().skip(1).collect()
    }

    fn second(&mut self, second: u64, house: i32) {
        self.now += Duration::from_secs(1);
        let load = house + if self.evse.charging { self.offered } else { 0 };
        self.energy += i64::from(load) * 3 * 23;
        if self.with_register {
            let wh = WattHours::from_wh(self.energy / 3_600);
            self.site.import_energy.update(wh, self.now);
        }
        if second.is_multiple_of(2) {
            let ripple = i32::try_from(second / 2 % 2).unwrap();
            let raw = [load - ripple, load, load + ripple];
            self.site.mains.update(currents(raw), self.now);
        }
        let plan = self
            .regulator
            .step(self.now, &self.config, &self.site, &[self.evse]);
        self.named |= plan.limited_by == LimitedBy::QuarterPeak;
        self.evse.charging = plan.offered > deci(0);
        self.offered = plan.offered.as_deci();
        self.starved += u32::from(self.offered == 0);
    }
}

/// The metric of regulation 10.3: no quarter above the limit by more than 1 %,
/// and most of it is used.
#[test]
fn when_a_quarter_is_limited_then_its_average_keeps_to_it() {
    for with_register in [false, true] {
        let mut grid = Grid::new(6_000, false);
        grid.with_register = with_register;
        // An oven of 3.5 kW, 3 min of each 10, on a base of 0.7 kW.
        let averages = grid.play(4 * 3_600, |s| if s % 600 < 180 { 60 } else { 10 });
        assert!(averages.len() >= 14);
        for average in &averages {
            assert!(*average <= 6_060, "{averages:?}");
            assert!(*average >= 5_400, "{averages:?}");
        }
        assert!(grid.named);
    }
}

/// Regulation 10.3: net by default, gross on request.
#[test]
fn when_there_is_export_in_a_quarter_then_it_counts_unless_gross() {
    let used = |gross| {
        let mut grid = Grid::new(6_000, gross);
        grid.play(3_600, |s| if s % 900 < 300 { -300 } else { 60 });
        grid.energy
    };
    assert!(used(false) > used(true));
}

/// Regulation 10.3: without the time of day the windows begin with the first
/// sample, and the limit still holds.
#[test]
fn when_the_time_is_unknown_then_the_first_sample_aligns() {
    let mut grid = Grid::new(6_000, false);
    grid.site = Site::default();
    grid.play(3_600, |_| 10);
    let average = grid.energy / 3_600;
    assert!((5_000..=6_060).contains(&average), "{average}");
}

/// An overload of the quarter that MIN cannot end stops after 5 s.
#[test]
fn when_min_is_too_much_for_the_quarter_then_charging_stops() {
    let mut grid = Grid::new(3_000, false);
    grid.play(200, |_| 0);
    grid.play(400, |_| 80);
    assert!(grid.starved > 300);
}
