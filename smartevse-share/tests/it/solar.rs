//! Solar with a vehicle, a house and the sun; a second contactor that obeys.

use smartevse_share::oracle::Oracle;
use smartevse_share::{Config, Contact2, EvseView, Plan, Regulator, Site};
use smartevse_types::{Amps, Duration, Instant, LimitedBy, Minutes, Mode, PhaseSet};

use crate::bench::{currents, deci};

pub fn solar(contact2: Contact2) -> Config {
    Config {
        mode: Mode::Solar,
        has_mains_meter: true,
        contact2,
        ..Config::default()
    }
}

/// One charger in the sun, a sample every 2 s.
pub struct Roof {
    pub now: Instant,
    pub config: Config,
    pub site: Site,
    pub evse: EvseView,
    pub plan: Plan,
    pub oracle: Oracle,
    /// The vehicle lags behind the offer by one sample more than this, 0–4.
    pub lag: usize,
    /// Closings of the contactor with the phases of each.
    pub closings: Vec<(u64, u8)>,
    pub changes: u32,
    offers: [i32; 5],
    ready_at: Instant,
    regulator: Regulator,
    house: [i32; 3],
}

impl Roof {
    pub fn new(config: Config) -> Self {
        let three = config.contact2.three_phase(Mode::Solar).unwrap_or(true);
        let evse = EvseView {
            wants: true,
            cap: config.max.to_deci(),
            phases: phases(three),
            ..EvseView::default()
        };
        Self {
            now: Instant::from_secs(1_000),
            config,
            site: Site::default(),
            evse,
            plan: Plan::default(),
            oracle: Oracle::new(),
            lag: 0,
            closings: Vec::new(),
            changes: 0,
            offers: [0; 5],
            ready_at: Instant::ZERO,
            regulator: Regulator::new(),
            house: [0; 3],
        }
    }

    pub fn secs(&self) -> u64 {
        self.now.as_secs() - 1_000
    }

    /// Current of the vehicle per phase.
    pub fn draw(&self) -> i32 {
        if self.evse.charging {
            self.offers[self.lag.min(4)]
        } else {
            0
        }
    }

    pub fn net(&self) -> i32 {
        self.site.mains.sample().unwrap().value.sum().as_deci()
    }

    fn call(&mut self) {
        let before = self.plan.offered;
        let evses = [self.evse];
        self.plan = self
            .regulator
            .step(self.now, &self.config, &self.site, &evses);
        self.changes += u32::from(before != self.plan.offered);
        let verdict = self
            .oracle
            .check(self.now, &self.config, &self.site, &self.evse, &self.plan);
        assert_eq!(verdict, Ok(()), "at {} s: {:?}", self.secs(), self.plan);
    }

    /// The charger: opens at once, closes again after 16 s.
    fn contactor(&mut self) {
        let wanted = phases(self.plan.three_phase);
        let wrong = wanted != self.evse.phases;
        if self.evse.charging && (self.plan.offered == deci(0) || wrong) {
            self.evse.charging = false;
            self.ready_at = self.now + Duration::from_secs(16);
        } else if !self.evse.charging && self.plan.available && self.now >= self.ready_at {
            self.evse.charging = true;
            self.evse.phases = wanted;
            self.offers = [0, 60, 60, 60, 60];
            let phases = wanted.count();
            self.closings.push((self.secs(), phases));
        } else {
            return;
        }
        self.call();
    }

    /// Two seconds with this net current of the house, sum of the phases.
    pub fn tick(&mut self, house: i32) {
        self.now += Duration::from_secs(2);
        // The last digit of a real meter moves.
        let ripple = i32::try_from(self.now.as_secs() / 2 % 2).unwrap();
        self.house = [
            house / 3 - ripple,
            house / 3 + ripple,
            house - house / 3 * 2,
        ];
        let draw = self.draw();
        let mut raw = self.house;
        for (load, _) in raw.iter_mut().zip(0..self.evse.phases.count()) {
            *load += draw;
        }
        self.site.mains.update(currents(raw), self.now);
        self.call();
        self.contactor();
        self.offers.rotate_right(1);
        self.offers[0] = self.plan.offered.as_deci();
    }

    pub fn run(&mut self, house: i32, secs: u64) {
        for _ in 0..secs / 2 {
            self.tick(house);
        }
    }

    pub fn offered(&self) -> i32 {
        self.plan.offered.as_deci()
    }
}

fn phases(three: bool) -> PhaseSet {
    if three {
        PhaseSet::THREE
    } else {
        PhaseSet::SINGLE
    }
}

/// Regulation 6.4 and 6.5: 15 s of export, 40 s at MIN, then the surplus.
#[test]
fn when_the_sun_shines_then_a_charge_starts_at_min_and_follows() {
    let mut roof = Roof::new(solar(Contact2::AlwaysOff));
    roof.run(-30, 60);
    assert!(!roof.plan.available && roof.plan.no_sun);
    roof.run(-120, 14);
    assert!(!roof.plan.available);
    roof.run(-120, 4);
    assert!(roof.evse.charging && !roof.plan.no_sun);
    roof.run(-120, 36);
    assert_eq!(
        (roof.offered(), roof.plan.limited_by),
        (60, LimitedBy::Start)
    );
    roof.run(-120, 40);
    assert!((roof.offered() - 120).abs() <= 5, "{}", roof.offered());
    assert_eq!(roof.plan.limited_by, LimitedBy::Solar);
}

/// Quality targets of regulation 6.4: settled in 40 s, no overshoot above
/// 0.5 A per phase, calm in steady sun; with lags of 2 to 6 s.
#[test]
fn when_the_surplus_steps_by_3_kw_then_it_is_followed() {
    for (contact2, phases) in [(Contact2::AlwaysOff, 1), (Contact2::AlwaysOn, 3)] {
        for lag in 0..=2 {
            let config = Config {
                max: Amps::from_amps(32),
                ..solar(contact2)
            };
            let mut roof = Roof::new(config);
            roof.lag = lag;
            let low = -70 * phases;
            roof.run(low, 200);
            let mut least = 0;
            for _ in 0..20 {
                roof.tick(low - 130);
                least = least.max(roof.net());
            }
            let (net, text) = (roof.net(), format!("{contact2:?}, lag {lag}"));
            assert!(net.abs() <= 5 * phases, "{text}: {net} after 40 s");
            assert!(least <= 5 * phases, "{text}: import of {least}");
            let before = roof.changes;
            roof.run(low - 130, 300);
            assert!(roof.changes - before <= 20, "{text}: not calm");
        }
    }
}

/// Regulation 6.5: STOP, the restart, and STOP = 0.
#[test]
fn when_the_sun_fades_then_the_stop_timer_ends_the_charge() {
    for minutes in [0, 2] {
        let config = Config {
            stop: Minutes::from_minutes(minutes),
            ..solar(Contact2::AlwaysOff)
        };
        let mut roof = Roof::new(config);
        roof.run(-100, 200);
        assert!(roof.evse.charging && roof.plan.solar_stop.is_none());
        roof.run(-10, 60);
        assert_eq!(roof.offered(), 60);
        assert_eq!(roof.plan.solar_stop.is_some(), minutes > 0);
        assert!(roof.plan.grace_running);
        roof.run(-10, 80);
        assert_eq!(roof.plan.stop, minutes > 0);
        assert_eq!(roof.plan.no_sun, minutes > 0);
        assert_eq!(roof.evse.charging, minutes == 0);
    }
}

/// Regulation 6.5: enough for 10 s cancels the timer.
#[test]
fn when_the_sun_recovers_then_the_stop_timer_is_cancelled() {
    let mut roof = Roof::new(solar(Contact2::AlwaysOff));
    roof.run(-100, 200);
    roof.run(-10, 60);
    assert!(roof.plan.solar_stop.is_some());
    roof.run(-62, 8);
    assert!(roof.plan.solar_stop.is_some());
    roof.run(-62, 8);
    assert!(roof.plan.solar_stop.is_none() && roof.offered() == 60);
}

/// Menu 5.6, D-221: somebody at the charger ends the timer; lack of sun starts
/// it anew, and nothing else changes.
#[test]
fn when_the_stop_timer_is_ended_by_hand_then_it_begins_anew() {
    let mut roof = Roof::new(solar(Contact2::AlwaysOff));
    roof.run(-100, 200);
    roof.run(-10, 60);
    let (before, offered) = (roof.plan.solar_stop, roof.offered());
    assert!(before.is_some());
    roof.regulator.end_stop_timer();
    roof.run(-10, 3);
    assert!(roof.plan.solar_stop > before && roof.offered() == offered);
}

/// Regulation 6.5: a mode change ends the timer; Smart goes on with what
/// MAINS leaves.
#[test]
fn when_the_mode_changes_then_the_stop_timer_ends() {
    let mut roof = Roof::new(solar(Contact2::AlwaysOff));
    roof.run(-100, 200);
    roof.run(-10, 60);
    roof.config.mode = Mode::Smart;
    roof.run(-10, 60);
    assert!(roof.plan.solar_stop.is_none() && roof.offered() == 160);
}

/// Regulation 1.1, IMPORT: a sum that may be imported.
#[test]
fn when_import_is_allowed_then_the_set_point_is_higher_by_it() {
    for (phases, contact2) in [(1, Contact2::AlwaysOff), (3, Contact2::AlwaysOn)] {
        let config = Config {
            import: Amps::from_amps(6),
            ..solar(contact2)
        };
        let mut roof = Roof::new(config);
        roof.run(-60 * phases, 300);
        let expected = 60 + 60 / phases;
        let found = roof.offered();
        assert!((found - expected).abs() <= 4, "{phases}: {found}");
    }
}

/// sums are sums; three phases get a third each.
#[test]
fn when_three_phases_share_the_surplus_then_each_gets_a_third() {
    for surplus in [210, 300, 420] {
        let settled = |contact2| {
            let config = Config {
                max: Amps::from_amps(48),
                mains: Amps::from_amps(63),
                ..solar(contact2)
            };
            let mut roof = Roof::new(config);
            roof.run(-surplus, 400);
            roof.offered()
        };
        let (one, three) = (settled(Contact2::AlwaysOff), settled(Contact2::AlwaysOn));
        assert!((one - 3 * three).abs() <= 12, "{one} {three}");
    }
}

/// Regulation 4: the charge current of the battery belongs to the vehicle; a
/// value older than 11 s changes nothing.
#[test]
fn when_the_battery_charges_then_its_current_is_surplus() {
    let mut roof = Roof::new(solar(Contact2::AlwaysOff));
    roof.run(-70, 300);
    let without = roof.offered();
    for _ in 0..60 {
        roof.site.battery.update(deci(40), roof.now);
        roof.tick(-70);
    }
    let with = roof.offered();
    assert!((with - without - 40).abs() <= 5, "{without} {with}");
    roof.run(-70, 40);
    assert!((roof.offered() - without).abs() <= 5);
}

/// Regulation 4, X-03: MAINS looks at the raw current.
#[test]
fn when_the_battery_hides_current_then_mains_still_limits() {
    let mut roof = Roof::new(solar(Contact2::AlwaysOn));
    for _ in 0..150 {
        roof.site.battery.update(deci(900), roof.now);
        roof.tick(360);
        assert!(roof.draw() + 120 <= 251, "{}", roof.draw());
    }
    assert!(roof.evse.charging && roof.offered() <= 131);
}

/// Regulation 8.3: 21 A to begin with three phases, down in the cloud, up in
/// the sun, not before 300 s.
#[test]
fn when_auto_then_the_phases_follow_the_surplus() {
    let mut roof = Roof::new(solar(Contact2::Auto));
    roof.run(-240, 200);
    assert_eq!(roof.closings, [(18, 3)]);
    roof.run(-100, 80);
    let (single, phases) = roof.closings[1];
    assert!(
        (246..=256).contains(&single) && phases == 1,
        "{:?}",
        roof.closings
    );
    roof.run(-300, 270);
    assert_eq!(roof.closings.len(), 2);
    roof.run(-300, 120);
    let (three, phases) = roof.closings[2];
    assert!(three >= single + 300 && phases == 3);
    assert_eq!(roof.oracle.hits().find(|(n, _)| *n == 10), Some((10, 1)));
}

/// Regulation 8.3: mild lack waits for STOP, and nothing stops meanwhile.
#[test]
fn when_a_little_is_missing_then_one_phase_follows_after_stop() {
    let config = Config {
        stop: Minutes::from_minutes(3),
        ..solar(Contact2::Auto)
    };
    let mut roof = Roof::new(config);
    roof.run(-240, 120);
    roof.run(-150, 170);
    assert_eq!((roof.closings.len(), roof.plan.solar_stop), (1, None));
    roof.run(-150, 60);
    assert_eq!(roof.closings.last().map(|closing| closing.1), Some(1));
    assert!(!roof.plan.stop);
}

/// Regulation 8.3: Smart returns to three phases.
#[test]
fn when_auto_and_smart_then_three_phases_are_wanted() {
    let mut roof = Roof::new(solar(Contact2::Auto));
    roof.run(-100, 120);
    assert_eq!(roof.closings.last().map(|closing| closing.1), Some(1));
    roof.config.mode = Mode::Smart;
    roof.run(-100, 60);
    assert_eq!(roof.closings.last().map(|closing| closing.1), Some(3));
}

/// Decision 39, R-19: the open relay and MIN = 8 A leave one phase, or
/// nothing.
#[test]
fn when_the_relay_leaves_less_than_three_times_min_then_one_phase_remains() {
    for (contact2, expected) in [(Contact2::Auto, Some(1)), (Contact2::AlwaysOn, None)] {
        let config = Config {
            mode: Mode::Smart,
            min: Amps::from_amps(8),
            ..solar(contact2)
        };
        let mut roof = Roof::new(config);
        roof.run(0, 60);
        assert!(roof.evse.charging);
        roof.site.grid_relay_open = true;
        roof.run(0, 2);
        assert!(!roof.evse.charging);
        roof.run(0, 60);
        let phases = roof.evse.charging.then(|| roof.evse.phases.count());
        assert_eq!(phases, expected);
    }
}

/// Regulation 6.7: an overload of L2 that one phase avoids.
#[test]
fn when_one_phase_would_do_then_it_comes_before_a_stop() {
    let mut roof = Roof::new(solar(Contact2::Auto));
    roof.run(-240, 120);
    assert_eq!(roof.closings.len(), 1);
    for _ in 0..4 {
        roof.now += Duration::from_secs(2);
        let ripple = i32::try_from(roof.secs() / 2 % 2).unwrap();
        let draw = roof.draw();
        let raw = [draw - 400, draw + 230 + ripple, draw - 300];
        roof.site.mains.update(currents(raw), roof.now);
        roof.call();
    }
    assert!(!roof.plan.three_phase && !roof.plan.stop, "{:?}", roof.plan);
}

/// Regulation 8.1: a meter proves that two phases stay idle, so the surplus
/// counts for one.
#[test]
fn when_a_meter_shows_one_phase_then_the_surplus_goes_to_it() {
    let mut roof = Roof::new(solar(Contact2::AlwaysOn));
    roof.run(-200, 20);
    for n in 0..60 {
        roof.now += Duration::from_secs(2);
        let (draw, ripple) = (roof.draw(), n % 2);
        roof.site
            .mains
            .update(currents([draw - 110 - ripple, 0, 0]), roof.now);
        roof.evse.measured.update(currents([draw, 0, 0]), roof.now);
        roof.call();
        roof.offers.rotate_right(1);
        roof.offers[0] = roof.plan.offered.as_deci();
    }
    assert!((roof.offered() - 110).abs() <= 5, "{}", roof.offered());
}
