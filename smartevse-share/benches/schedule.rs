//! Time of one decision for 8, 64 and 512 EVSEs in a shortage.
//!
//! `cargo bench -p smartevse-share --bench schedule`

#![expect(clippy::arithmetic_side_effects, reason = "a bench counts freely")]

use std::hint::black_box;
use std::time::Instant as Clock;

use smartevse_share::{
    Conductor, Limit, Member, OrdersSent, Scheduler, ShareConfig, ShareInputs, ShareTable,
    ShareView, Slot,
};
use smartevse_types::{DeciAmps, Duration, Instant, LimitedBy, Phase};

/// Decisions of which the mean is taken.
const CALLS: u32 = 2_000;

fn main() {
    for evses in [8_u32, 64, 512] {
        let nanos = decide(evses).as_nanos() / u128::from(CALLS);
        println!("{evses} EVSEs: {nanos} ns for one decision");
    }
}

/// Decisions while the limit moves around half of what all need.
fn decide(evses: u32) -> std::time::Duration {
    let count = evses as usize;
    let view = ShareView {
        online: true,
        connected: true,
        wants: true,
        cap: DeciAmps::from_deci(320),
        ..ShareView::UNKNOWN
    };
    let views = vec![view; count];
    let mut slots = vec![Slot::default(); count];
    let mut members = vec![Member::new(DeciAmps::ZERO, DeciAmps::ZERO); count];
    let mut orders = vec![DeciAmps::ZERO; count];
    let mut scheduler = Scheduler::new();
    let config = ShareConfig::default();
    let half = i32::try_from(evses).unwrap_or(0).saturating_mul(30);
    let mut now = Instant::from_secs(1);
    let start = Clock::now();
    for call in 0..CALLS {
        now += Duration::from_secs(2);
        let capacity = half.saturating_add(i32::from(call % 7 == 0) * 60).max(60);
        let by = LimitedBy::Circuit(Phase::L1);
        let mut limits = Phase::ALL
            .map(|phase| Limit::new(DeciAmps::from_deci(capacity), Conductor::Phase(phase), by));
        let inputs = ShareInputs {
            views: &views,
            sent: Some(OrdersSent {
                at: now,
                currents: &orders,
            }),
            grace_running: false,
        };
        let table = ShareTable {
            slots: &mut slots,
            members: &mut members,
            limits: &mut limits,
        };
        black_box(scheduler.step(now, &config, &inputs, table));
        for (order, slot) in orders.iter_mut().zip(&slots) {
            *order = slot.order();
        }
    }
    start.elapsed()
}
