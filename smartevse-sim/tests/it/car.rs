//! The vehicle model against the rules of design §6.

use proptest::prelude::*;
use smartevse_sim::car::{Car, CarModel, Sleep, Supply};
use smartevse_sim::connector::{PilotLoad, PilotSeen};
use smartevse_types::{Duration, Instant, Phase};

const STEP: Duration = Duration::from_millis(100);

/// A vehicle with the supply that a test sets.
struct Bench {
    car: Car,
    now: Instant,
    supply: Supply,
}

impl Bench {
    fn new(model: CarModel) -> Self {
        Self {
            car: Car::new(model),
            now: Instant::ZERO,
            supply: Supply::default(),
        }
    }

    fn pulse(&mut self, permille: u16) -> &mut Self {
        self.supply.pilot = PilotSeen::Pulse(permille);
        self
    }

    fn steady(&mut self) -> &mut Self {
        self.supply.pilot = PilotSeen::SteadyHigh;
        self
    }

    fn close(&mut self, main: bool, others: bool) -> &mut Self {
        (self.supply.main, self.supply.others) = (main, others);
        self.car.supply(self.supply);
        self
    }

    fn run(&mut self, seconds: f64) -> &mut Self {
        for _ in 0..(seconds * 10.0).round() as u64 {
            self.car.supply(self.supply);
            self.car.step(self.now, STEP);
            self.car.integrate(STEP);
            self.now += STEP;
        }
        self
    }

    fn load(&self) -> PilotLoad {
        self.car.side().load
    }

    /// Charging at 16 A on three phases.
    fn charging(model: CarModel) -> Self {
        let mut bench = Self::new(model);
        bench.pulse(267).run(2.0).close(true, true).run(20.0);
        bench
    }
}

#[test]
fn when_the_pulse_appears_then_it_asks_one_second_later() {
    let mut bench = Bench::new(CarModel::default());
    bench.steady().run(5.0);
    assert_eq!(bench.load(), PilotLoad::Connected);
    bench.pulse(267).run(1.0);
    assert_eq!(bench.load(), PilotLoad::Connected);
    bench.run(0.1);
    assert_eq!(bench.load(), PilotLoad::Ready);
}

#[test]
fn when_the_duty_asks_for_digital_communication_then_it_does_not_ask() {
    let mut bench = Bench::new(CarModel::default());
    bench.pulse(50).run(10.0);
    assert_eq!(bench.load(), PilotLoad::Connected);
}

#[test]
fn when_the_contactor_closes_then_it_starts_at_six_amperes_and_ramps() {
    let mut bench = Bench::new(CarModel::default());
    bench.pulse(267).run(2.0).close(true, true).run(0.9);
    assert_eq!(bench.car.current_a(), 0.0);
    bench.run(0.2);
    assert_eq!(bench.car.current_a(), 6.0);
    bench.run(1.0);
    assert!((bench.car.current_a() - 10.0).abs() < 1e-6);
    bench.run(5.0);
    assert_eq!(bench.car.current_a(), 16.0);
}

#[test]
fn when_the_offer_falls_then_it_follows_after_its_delay() {
    let mut bench = Bench::charging(CarModel {
        delay_s: 5.0,
        ramp_down_a_s: 2.0,
        ..CarModel::default()
    });
    bench.pulse(100).run(4.9);
    assert_eq!(bench.car.current_a(), 16.0);
    bench.run(2.6);
    assert!((bench.car.current_a() - 11.0).abs() < 0.3);
    bench.run(5.0);
    assert_eq!(bench.car.current_a(), 6.0);
}

#[test]
fn when_the_pulse_stops_then_it_ramps_down_at_once_and_goes_to_nine_volts() {
    let mut bench = Bench::charging(CarModel::default());
    bench.steady().run(1.0);
    assert!((bench.car.current_a() - 8.0).abs() < 1e-6);
    assert_eq!(bench.load(), PilotLoad::Ready);
    bench.run(1.1);
    assert_eq!(bench.car.current_a(), 0.0);
    assert_eq!(bench.load(), PilotLoad::Connected);
}

#[test]
fn when_the_contactor_opens_then_the_current_is_zero_at_once() {
    let mut bench = Bench::charging(CarModel::default());
    bench.close(false, false);
    assert_eq!(bench.car.current_a(), 0.0);
    assert_eq!(bench.car.mains_currents(), [0.0; 3]);
}

#[test]
fn when_it_has_what_it_needs_then_it_stops() {
    for stays in [false, true] {
        let mut bench = Bench::charging(CarModel {
            need_wh: 100.0,
            stays_in_c_when_full: stays,
            ..CarModel::default()
        });
        bench.run(60.0);
        assert!(bench.car.is_full());
        assert!(bench.car.energy_wh() < 104.0);
        let expected = if stays {
            PilotLoad::Ready
        } else {
            PilotLoad::Connected
        };
        assert_eq!(bench.load(), expected);
        bench.steady().run(3.0).pulse(267).run(3.0);
        assert_eq!(bench.load(), PilotLoad::Connected);
    }
}

#[test]
fn when_its_conductors_are_swapped_then_they_load_their_phases() {
    let mut bench = Bench::charging(CarModel {
        phases: 2,
        phase_map: [Phase::L3, Phase::L1, Phase::L2],
        ..CarModel::default()
    });
    assert_eq!(bench.car.mains_currents(), [16.0, 0.0, 16.0]);
    bench.close(true, false);
    assert_eq!(bench.car.mains_currents(), [0.0, 0.0, 16.0]);
}

#[test]
fn when_an_hour_passes_then_the_energy_is_that_of_230_volts() {
    let mut bench = Bench::charging(CarModel::default());
    let before = bench.car.energy_wh();
    bench.run(3_600.0);
    assert!((bench.car.energy_wh() - before - 16.0 * 3.0 * 230.0).abs() < 1e-3);
}

/// Charging 14(b): deaf, asleep, toggling, ventilated, shorted, no diode.
#[test]
fn when_the_vehicle_is_awkward_then_the_data_says_how() {
    let mut deaf = Bench::charging(CarModel {
        deaf: true,
        ..CarModel::default()
    });
    deaf.steady().run(30.0);
    assert_eq!(deaf.car.current_a(), 16.0);
    assert_eq!(deaf.load(), PilotLoad::Ready);

    let mut asleep = Bench::new(CarModel {
        sleep: Sleep::UntilSteadyLow(4.0),
        ..CarModel::default()
    });
    asleep.pulse(267).run(60.0);
    assert_eq!(asleep.load(), PilotLoad::Connected);
    asleep.supply.pilot = PilotSeen::SteadyLow;
    asleep.run(4.2).pulse(267).run(1.2);
    assert_eq!(asleep.load(), PilotLoad::Ready);

    let mut toggling = Bench::new(CarModel {
        toggles_every_s: Some(2.0),
        ..CarModel::default()
    });
    toggling.pulse(267).run(2.0);
    assert_eq!(toggling.load(), PilotLoad::Ready);
    toggling.run(2.0);
    assert_eq!(toggling.load(), PilotLoad::Connected);

    let ventilated = Bench::charging(CarModel {
        ventilated: true,
        ..CarModel::default()
    });
    assert_eq!(ventilated.load(), PilotLoad::Ventilated);
    let shorted = Bench::new(CarModel {
        shorted: true,
        ..CarModel::default()
    });
    assert_eq!(shorted.load(), PilotLoad::Shorted);
    let no_diode = Bench::new(CarModel {
        diode: false,
        ..CarModel::default()
    });
    assert!(!no_diode.car.side().diode);
    let mut eager = Bench::new(CarModel {
        always_asks: true,
        ..CarModel::default()
    });
    eager.steady().run(5.0);
    assert_eq!(eager.load(), PilotLoad::Ready);
}

proptest! {
    /// A vehicle that hears never draws more than it was offered during its
    /// reaction time, and nothing through an open contactor.
    #[test]
    fn when_offers_change_then_the_current_stays_below_the_recent_ones(
        offers in prop::collection::vec((prop::sample::select(vec![1000_u16, 100, 150, 200, 267]), 1_u64..80, any::<bool>()), 1..30),
    ) {
        let model = CarModel { ramp_down_a_s: 8.0, ..CarModel::default() };
        let mut bench = Bench::new(model);
        let mut recent = std::collections::VecDeque::from(vec![0.0_f64; 40]);
        for (duty, steps, closed) in offers {
            bench.pulse(duty).close(closed, closed);
            for _ in 0..steps {
                bench.run(0.1);
                recent.pop_front();
                recent.push_back(bench.supply.pilot.offer_a());
                let most = recent.iter().copied().fold(0.0, f64::max);
                prop_assert!(bench.car.current_a() <= most + 1e-9);
                prop_assert!(closed || bench.car.current_a() == 0.0);
            }
        }
    }
}
