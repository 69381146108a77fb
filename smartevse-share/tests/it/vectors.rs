//! The worked vectors of the regulation specification, chapter 15.

use smartevse_share::{Config, EvseView, Role, Site, may_start};
use smartevse_types::{Amps, Instant};

use crate::bench::{Bench, currents, deci, smart};

struct Start {
    id: u8,
    role: Role,
    mains: u16,
    circuit: u16,
    capacity: u16,
    raw: [i32; 3],
    circ: Option<i32>,
    ocpp: Option<i32>,
    expected: bool,
}

const PLAIN: Start = Start {
    id: 0,
    role: Role::StandAlone,
    mains: 25,
    circuit: 25,
    capacity: 0,
    raw: [0; 3],
    circ: None,
    ocpp: None,
    expected: true,
};

/// Vectors 2 to 10, 15 and 16: Smart. A sum of 100 or 200 lies on L1 where
/// only the sum is given.
const STARTS: [Start; 13] = [
    Start {
        id: 2,
        raw: [100; 3],
        ..PLAIN
    },
    Start {
        id: 3,
        mains: 10,
        raw: [200; 3],
        expected: false,
        ..PLAIN
    },
    Start {
        id: 4,
        raw: [190; 3],
        ..PLAIN
    },
    Start {
        id: 5,
        raw: [191; 3],
        expected: false,
        ..PLAIN
    },
    Start {
        id: 6,
        role: Role::Master,
        circuit: 20,
        circ: Some(50),
        ..PLAIN
    },
    Start {
        id: 7,
        role: Role::Master,
        circuit: 8,
        circ: Some(100),
        expected: false,
        ..PLAIN
    },
    Start {
        id: 8,
        capacity: 50,
        raw: [40, 30, 30],
        ..PLAIN
    },
    Start {
        id: 9,
        capacity: 10,
        raw: [80, 60, 60],
        expected: false,
        ..PLAIN
    },
    Start {
        id: 10,
        raw: [0; 3],
        ..PLAIN
    },
    Start {
        id: 15,
        ocpp: Some(40),
        expected: false,
        ..PLAIN
    },
    Start {
        id: 15,
        ocpp: Some(100),
        ..PLAIN
    },
    Start {
        id: 15,
        ocpp: None,
        ..PLAIN
    },
    Start {
        id: 16,
        role: Role::Master,
        ocpp: Some(30),
        ..PLAIN
    },
];

fn starts(case: &Start) -> bool {
    let config = Config {
        role: case.role,
        circuit: Amps::from_amps(case.circuit),
        capacity: Amps::from_amps(case.capacity),
        has_ev_meter: case.circ.is_some(),
        ..smart(case.mains, 16)
    };
    let mut site = Site::default();
    site.mains.update(currents(case.raw), Instant::ZERO);
    if let Some(load) = case.circ {
        site.circuit.update(currents([load; 3]), Instant::ZERO);
    }
    let evse = EvseView {
        wants: true,
        cap: deci(160),
        ocpp_limit: case.ocpp.map(deci),
        ..EvseView::default()
    };
    may_start(&config, &site, &evse, &[])
}

/// Regulation 15, 2–10, 15 and 16; regulation 6.6.
#[test]
fn when_one_more_evse_asks_then_the_start_check_answers() {
    for case in &STARTS {
        assert_eq!(starts(case), case.expected, "vector {}", case.id);
    }
}

/// Regulation 15, 1; R-13.
#[test]
fn when_normal_then_the_start_check_does_not_look_at_mains() {
    let mut site = Site::default();
    site.mains.update(currents([999; 3]), Instant::ZERO);
    let evse = EvseView {
        cap: deci(160),
        ..EvseView::default()
    };
    assert!(may_start(&Config::default(), &site, &evse, &[]));
}

/// Regulation 15, 20: a quarter of the room, at most 3 A.
#[test]
fn when_vector_20_then_the_set_point_rises_by_3_a() {
    let mut bench = Bench::new(smart(25, 16));
    bench.start([50; 3]);
    for n in 0..4 {
        bench.sample([243 + n % 2; 3]);
    }
    assert_eq!(bench.offered(), 60);
    bench.sample([110; 3]);
    assert_eq!(bench.offered(), 90);
}

/// Regulation 15, 21 to 24; R-04.
#[test]
fn when_vectors_21_to_24_then_the_overload_is_taken_off_in_full() {
    for (raw, expected) in [(270, 140), (310, 100), (258, 152), (380, 60)] {
        let mut bench = Bench::settled_at(smart(25, 16), 160);
        let plan = bench.sample([raw; 3]);
        assert_eq!(bench.offered(), expected, "raw {raw}");
        assert!(!plan.stop);
    }
}

/// Regulation 15, 24: the first of three hard samples (decision 49).
#[test]
fn when_vector_24_goes_on_then_the_third_sample_stops() {
    let mut bench = Bench::settled_at(smart(25, 16), 160);
    bench.sample([380; 3]);
    bench.sample([281; 3]);
    assert!(!bench.plan.stop || bench.plan.offered == deci(0));
    bench.sample([282; 3]);
    assert!(bench.plan.stop && !bench.plan.available);
    assert_eq!(bench.offered(), 0);
}

/// Regulation 15, 25: room below the dead band.
#[test]
fn when_vector_25_then_the_set_point_holds() {
    let mut bench = Bench::settled_at(smart(25, 16), 100);
    bench.sample([245; 3]);
    assert_eq!(bench.offered(), 100);
}

/// Regulation 10.2: rows 1, 2 and 4 (one cycle).
#[test]
fn when_capacity_limits_then_the_worked_examples_hold() {
    let config = |capacity| Config {
        capacity: Amps::from_amps(capacity),
        ..smart(25, 32)
    };
    let mut bench = Bench::settled_at(config(0), 160);
    bench.config = config(60);
    bench.sample([200, 180, 170]);
    assert_eq!(bench.offered(), 164);
    let mut bench = Bench::settled_at(config(0), 160);
    bench.config = config(60);
    bench.sample([240, 220, 200]);
    assert_eq!(bench.offered(), 140);
}

/// Regulation 10.2: rows 3 and 4. Row 3 is hard with CAP STOP = 0.
#[test]
fn when_capacity_is_tight_then_min_or_one_phase_remains() {
    let config = |capacity| Config {
        capacity: Amps::from_amps(capacity),
        ..smart(25, 32)
    };
    let mut bench = Bench::settled_at(config(0), 80);
    bench.config = config(30);
    bench.sample([150, 140, 130]);
    assert_eq!(bench.offered(), 60);
    assert!(bench.plan.capacity_stop.is_some() && bench.plan.grace_running);
    let mut bench = Bench::settled_at(config(0), 100);
    bench.config = config(20);
    bench.evse.phases = smartevse_types::PhaseSet::SINGLE;
    bench.sample([130, 20, 10]);
    assert_eq!(bench.offered(), 110);
}

/// Regulation 12: the sub-panel table.
#[test]
fn when_a_sub_panel_is_guarded_then_both_limits_hold() {
    for (house, washer, expected) in [(50, 0, 160), (50, 90, 70), (180, 0, 70)] {
        let config = Config {
            has_ev_meter: true,
            circuit: Amps::from_amps(16),
            ..smart(25, 16)
        };
        let mut bench = Bench::new(config);
        bench.site.circuit.update(currents([0; 3]), bench.now);
        bench.start([0; 3]);
        for n in 0..150 {
            let ripple = n % 2;
            let (now, car) = (bench.now, bench.offered());
            let (h, w) = if n < 40 { (0, 0) } else { (house, washer) };
            bench
                .site
                .circuit
                .update(currents([w + car - ripple; 3]), now);
            bench.sample([h + w + car - ripple; 3]);
        }
        let found = bench.offered();
        assert!((found - expected).abs() <= 1, "{house} {washer}: {found}");
    }
}
