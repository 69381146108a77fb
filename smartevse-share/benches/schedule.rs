//! Time of one decision for 8, 64 and 512 EVSEs in a shortage, one limit on each
//! phase: of the bare allocation, and of a whole call of the scheduler with its
//! clocks, reservations and two-phase commit.
//!
//! `cargo bench -p smartevse-share --bench schedule`
#![expect(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a program that only measures; the macro of criterion makes a public function"
)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use smartevse_share::{
    Conductor, Limit, Member, OrdersSent, Scheduler, Share, ShareConfig, ShareInputs, ShareTable,
    ShareView, Slot, allocate,
};
use smartevse_types::{DeciAmps, Duration, Instant, LimitedBy, Phase, PhaseSet};

const SIZES: [usize; 3] = [8, 64, 512];

const fn deci(value: i32) -> DeciAmps {
    DeciAmps::from_deci(value)
}

fn limits(capacity: i32) -> [Limit; 3] {
    let by = LimitedBy::Circuit(Phase::L1);
    Phase::ALL.map(|phase| Limit::new(deci(capacity), Conductor::Phase(phase), by))
}

/// Half of what all need at least.
const fn half(evses: usize) -> i32 {
    evses as i32 * 30
}

fn bare(c: &mut Criterion) {
    let mut group = c.benchmark_group("allocate");
    for evses in SIZES {
        group.throughput(Throughput::Elements(evses as u64));
        for (name, single) in [("three-phase", false), ("mixed", true)] {
            let mut members = vec![Member::new(deci(60), deci(320)); evses];
            let phases = [PhaseSet::L1, PhaseSet::L2, PhaseSet::L3, PhaseSet::THREE];
            for (member, phases) in members.iter_mut().zip(phases.iter().cycle()) {
                member.place.phases = if single { *phases } else { PhaseSet::THREE };
            }
            group.bench_function(BenchmarkId::new(name, evses), |bench| {
                bench.iter(|| {
                    let mut limits = limits(black_box(half(evses)));
                    allocate(black_box(&mut members), &mut limits, Share::Equal);
                });
            });
        }
    }
}

/// A group that lives on from call to call.
struct Site {
    scheduler: Scheduler,
    slots: Vec<Slot>,
    members: Vec<Member>,
    views: Vec<ShareView>,
    orders: Vec<DeciAmps>,
    config: ShareConfig,
    now: Instant,
}

impl Site {
    fn new(evses: usize) -> Self {
        let view = ShareView {
            online: true,
            connected: true,
            wants: true,
            cap: deci(320),
            ..ShareView::UNKNOWN
        };
        Self {
            scheduler: Scheduler::new(),
            slots: vec![Slot::default(); evses],
            members: vec![Member::new(DeciAmps::ZERO, DeciAmps::ZERO); evses],
            views: vec![view; evses],
            orders: vec![DeciAmps::ZERO; evses],
            config: ShareConfig::default(),
            now: Instant::from_secs(1),
        }
    }

    fn step(&mut self, capacity: i32) {
        self.now += Duration::from_secs(2);
        let inputs = ShareInputs {
            views: &self.views,
            sent: Some(OrdersSent {
                at: self.now,
                currents: &self.orders,
            }),
            grace_running: false,
        };
        let table = ShareTable {
            slots: &mut self.slots,
            members: &mut self.members,
            limits: &mut limits(capacity),
        };
        let decision = self.scheduler.step(self.now, &self.config, &inputs, table);
        black_box(decision);
        for (order, slot) in self.orders.iter_mut().zip(&self.slots) {
            *order = slot.order();
        }
    }
}

fn whole(c: &mut Criterion) {
    for (name, swing) in [("step, steady", 0), ("step, the limit moves", 60)] {
        let mut group = c.benchmark_group(name);
        for evses in SIZES {
            group.throughput(Throughput::Elements(evses as u64));
            let (mut site, mut call) = (Site::new(evses), 0_u32);
            group.bench_function(BenchmarkId::from_parameter(evses), |bench| {
                bench.iter(|| {
                    call = call.wrapping_add(1);
                    site.step(half(evses) + i32::from(call % 7 == 0) * swing);
                });
            });
        }
    }
}

criterion_group!(benches, bare, whole);
criterion_main!(benches);
