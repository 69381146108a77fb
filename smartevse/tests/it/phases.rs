//! One phase or three, decided by the sun, on a whole station.

use smartevse::core::event::{Event, Fact, MeterReading};
use smartevse::core::registry::SettingId;
use smartevse::core::settings::load;
use smartevse::types::{Access, DeciAmps, PerPhase};
use smartevse::{Planning, Setup};

use crate::bench::{Bench, Car};

/// A sunny roof beside a station that chooses its phases.
struct Roof {
    bench: Bench,
    /// How often the second contactor moved.
    moves: usize,
}

impl Roof {
    fn new() -> Self {
        let stored = [
            (SettingId::MainsMet, 9),
            (SettingId::Mode, 2),
            (SettingId::Contact2, 4),
        ];
        let bench = Bench::new(&Setup {
            settings: load(stored).settings,
            access: Access::On,
            planning: Planning::Regulated,
            ..Setup::default()
        });
        Self { bench, moves: 0 }
    }

    /// Export of the roof on each phase, less what the car takes; 0.1 A.
    fn measure(&mut self, sun: i32) {
        let outputs = &self.bench.outputs;
        let offered = self.bench.station.status().offered.as_deci();
        let first = i32::from(outputs.contactor1.is_closed()) * offered;
        let others = i32::from(outputs.contactor2.is_closed()) * first;
        let net = [first - sun, others - sun, others - sun];
        let reading = MeterReading {
            currents: Some(PerPhase::new(net.map(DeciAmps::from_deci))),
            ..MeterReading::default()
        };
        self.bench.station.event(Event {
            at: self.bench.now,
            fact: Fact::Mains(reading),
        });
    }

    /// Seconds of sun; the second contactor is watched at each poll.
    fn shine(&mut self, sun: i32, seconds: u32) {
        for poll in 0..seconds * 100 {
            if poll % 100 == 0 {
                self.measure(sun);
            }
            let before = self.bench.outputs;
            self.bench.tick();
            let after = self.bench.outputs;
            if before.contactor2 != after.contactor2 {
                self.moves += 1;
                let opens_with_it = !after.contactor1.is_closed();
                let was_open = !before.contactor1.is_closed() || !after.contactor2.is_closed();
                assert!(opens_with_it && was_open, "C2 moved under load");
            }
        }
    }

    fn closed(&self) -> (bool, bool) {
        let outputs = &self.bench.outputs;
        (
            outputs.contactor1.is_closed(),
            outputs.contactor2.is_closed(),
        )
    }
}

/// the second contactor never moves while the main one is closed, also
/// when the sun asks for one phase and for three again.
#[test]
fn when_the_sun_changes_the_phases_then_c2_moves_with_c1_open() {
    let mut roof = Roof::new();
    roof.shine(120, 40);
    roof.bench.car = Car::Connected;
    roof.shine(120, 5);
    roof.bench.car = Car::Asks;
    roof.shine(120, 60);
    assert_eq!(roof.closed(), (true, true));
    roof.shine(30, 150);
    assert_eq!(roof.closed(), (true, false), "9 A are enough for one phase");
    roof.shine(120, 500);
    assert_eq!(roof.closed(), (true, true));
    assert!(roof.moves >= 3, "{}", roof.moves);
}
