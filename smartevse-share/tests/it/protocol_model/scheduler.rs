//! A small honest scheduler: one budget, equal parts, two-phase commit.

use smartevse_share::protocol::{Answer, Master, NodeReport, NodeState, Orders, Presence};
use smartevse_types::{DeciAmps, Instant};

use super::Without;

const SIX: DeciAmps = DeciAmps::from_deci(60);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Toy {
    pub(crate) budget: DeciAmps,
    /// The second node comes first.
    pub(crate) reversed: bool,
    pub(crate) without: Without,
    ordered: [DeciAmps; 8],
    version: u32,
}

impl Toy {
    pub(crate) fn new(budget: DeciAmps, without: Without) -> Self {
        Self {
            budget,
            reversed: false,
            without,
            ordered: [DeciAmps::ZERO; 8],
            version: 0,
        }
    }

    /// The new orders from what the master knows.
    pub(crate) fn step<const N: usize>(&mut self, master: &Master, now: Instant) -> Orders {
        let targets = if master.is_settled(now) {
            self.targets::<N>(master, now)
        } else {
            core::array::from_fn(|index| running(&master.report(index)))
        };
        let before = self.ordered;
        for (index, target) in targets.into_iter().enumerate().skip(1).take(N) {
            self.ordered[index] = self.commit::<N>(master, index, target, now);
        }
        if before != self.ordered || self.version == 0 {
            self.version += 1;
        }
        let mut answers = [Answer::Wait; 8];
        for (index, answer) in answers.iter_mut().enumerate().skip(1).take(N) {
            if master.is_settled(now) && is_here(&master.report(index)) {
                let served = self.ordered[index] > DeciAmps::ZERO;
                *answer = if served {
                    Answer::GrantC
                } else {
                    Answer::Refuse
                };
            }
        }
        Orders {
            version: self.version,
            issued: now,
            set_points: self.ordered,
            answers,
            ..Orders::default()
        }
    }

    fn targets<const N: usize>(&self, master: &Master, now: Instant) -> [DeciAmps; 8] {
        let lost = (1..=N).filter(|index| !master.report(*index).is_online());
        let reserved: DeciAmps = lost.map(|index| self.exposure(master, index, now)).sum();
        let budget = self.budget - reserved;
        let mut order: Vec<usize> = (1..=N)
            .filter(|index| is_here(&master.report(*index)))
            .collect();
        if self.reversed {
            order.reverse();
        }
        let room = usize::try_from(budget.as_deci().max(0) / 60).unwrap();
        order.truncate(room);
        let mut targets = [DeciAmps::ZERO; 8];
        for index in &order {
            targets[*index] = budget.divided_by(i32::try_from(order.len()).unwrap());
        }
        targets
    }

    /// Decreases at once, increases as far as everybody else has really given.
    fn commit<const N: usize>(
        &self,
        master: &Master,
        index: usize,
        target: DeciAmps,
        now: Instant,
    ) -> DeciAmps {
        let ordered = self.ordered[index];
        if target <= ordered || self.without == Without::Commitment {
            return target;
        }
        let others = (1..=N).filter(|other| *other != index);
        let committed =
            others.map(|other| self.exposure(master, other, now).max(self.ordered[other]));
        let free = self.budget - committed.sum();
        let raised = target.min(free);
        if raised >= SIX {
            raised.max(ordered)
        } else {
            ordered
        }
    }

    fn exposure(&self, master: &Master, index: usize, now: Instant) -> DeciAmps {
        let is_lost = matches!(master.report(index).presence, Presence::Offline(_));
        if is_lost && self.without == Without::Reservation {
            return DeciAmps::ZERO;
        }
        master.exposure(index, now)
    }
}

fn is_here(report: &NodeReport) -> bool {
    report.is_online() && report.status.state.is_connected() && !report.rogue
}

/// What a node that was found charging goes on with.
fn running(report: &NodeReport) -> DeciAmps {
    if report.is_online() && report.status.state == NodeState::C {
        report.status.set_point
    } else {
        DeciAmps::ZERO
    }
}
