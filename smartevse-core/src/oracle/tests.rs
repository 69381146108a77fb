//! For each row a sequence that breaks it and one that satisfies it.

mod bench;
mod closing;
mod flow;
mod offer;
mod opening;

use super::*;

/// The whole state of the observer stays below 1.5 KiB.
#[test]
fn when_measured_then_the_state_is_small() {
    let size = core::mem::size_of::<Watch>();
    assert!(size <= 1_536, "{size} bytes");
}

#[test]
fn when_a_violation_is_shown_then_it_has_number_time_and_text() {
    extern crate std;
    let violation = Violation {
        number: 6,
        text: "closed at 9 V",
        at: Instant::from_millis(1_234),
    };
    assert_eq!(
        std::format!("{violation}"),
        "I-06 at 1234 ms: closed at 9 V"
    );
}

/// A watched charge from the start to the next vehicle has no violation and
/// observes what it passes through.
#[test]
fn when_a_charge_is_normal_then_nothing_is_reported() {
    let mut bench = bench::charging();
    bench.run(2_000);
    bench.unplug();
    bench.run(2_000);
    for number in [1, 2, 3, 4, 5, 6, 17, 18, 19, 20, 21, 29] {
        assert!(bench.hits(number) > 0, "I-{number:02} was not observed");
    }
    let silent = bench.watch.missing().count();
    assert!((1..20).contains(&silent), "{silent}");
}

/// After a reset the past is gone and the counters stay.
#[test]
fn when_restarted_then_only_the_counters_stay() {
    let mut bench = bench::charging();
    let hits = bench.hits(1);
    bench.watch.restart();
    bench.breaks_also(29);
    assert!(bench.hits(1) >= hits);
}

/// Any sequence of polls is judged without a panic (I-20), and time may jump
/// or stand still (I-26).
#[test]
fn when_anything_is_observed_then_it_never_panics() {
    use crate::io::{MilliVoltRange, PilotSample};
    use crate::state::ChargeState;
    use smartevse_types::{DeciAmps, Duration};

    let mut bench = bench::idle();
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for _ in 0..200_000 {
        let (a, b) = (next(), next());
        let exponent = (a % 40) as u32;
        bench.now += Duration::from_micros(b % 2_u64.pow(exponent));
        bench.level = None;
        bench.inputs.pilot = (a % 7 > 0).then(|| PilotSample {
            from: Instant::from_micros(next()),
            at: bench.now - Duration::from_micros(b % 60_000),
            high: MilliVoltRange::from_milli(b as i32, a as i32),
            low: (b % 2 == 0).then(|| MilliVoltRange::from_milli(a as i32, b as i32)),
        });
        bench.status.state = ChargeState::ALL[(a % 15) as usize];
        bench.status.offered = DeciAmps::from_deci(b as i32);
        bench.directive.grant.offered = DeciAmps::from_deci(a as i32);
        bench.directive.issued = (a % 5 > 0).then(|| Instant::from_micros(next()));
        bench.duty(b as u16);
        bench.set_contactors(a % 3 == 0, b % 3 == 0);
        bench.isolate(a % 11 == 0);
        let _ = bench.poll();
    }
    assert!(bench.hits(1) > 0 && bench.hits(29) > 0);
}
