//! What prevents an offer, in the order in which it is shown.

use smartevse_types::{Access, BlockReason, Duration};

use super::Charger;
use super::agenda::Agenda;
use super::machine::Halt;
use super::timing::{DELAY_SHORTAGE, PILOT_ISOLATION};
use crate::duty::LOWEST_OFFER;
use crate::faults::Faults;
use crate::pilot::PilotClass;
use crate::state::ChargeState;

/// Faults that mean "wait for power", not "something is wrong".
pub const SHORTAGE: Faults = Faults::LESS_6A.union(Faults::NO_SUN);

impl Charger {
    /// Faults of this charger alone.
    pub(super) fn local_faults(&self) -> Faults {
        let mut faults = self.temperature.faults()
            | self.residual.faults()
            | self.feedback.faults()
            | self.cable.faults(self.lease.config());
        faults.set(Faults::PILOT_FAULT, self.machine.pilot_faults.active);
        faults.set(Faults::LOCK_FAULT, self.settled.lock_fault);
        faults.set(Faults::LESS_6A, self.machine.less_6a);
        faults
    }

    /// All faults. Without a vehicle nobody waits for power (I-21).
    pub(super) fn faults(&self) -> Faults {
        let all = self.local_faults() | self.lease.wish().faults;
        if self.presence.is_here() {
            all
        } else {
            all.difference(SHORTAGE)
        }
    }

    /// The first reason for which no energy may be offered; `None` = state B
    /// is possible.
    pub(super) fn obstacle(&self, agenda: &mut Agenda) -> Option<BlockReason> {
        self.basic_obstacle()
            .or_else(|| self.limit_obstacle(agenda))
            .or_else(|| self.waiting_obstacle(agenda))
            .or_else(|| self.power_obstacle())
    }

    /// Obstacles that also hold without a vehicle and without a wish.
    pub(super) fn standing_obstacle(&self) -> Option<BlockReason> {
        let blocking = self.faults().blocking().difference(SHORTAGE);
        let starting = !self.presence.is_known() || !self.temperature.is_known();
        if starting && blocking.is_empty() {
            Some(BlockReason::Starting)
        } else if self.mains_lost {
            Some(BlockReason::MainsLost)
        } else if !self.lease.is_valid() {
            Some(BlockReason::NoDirective)
        } else if !blocking.is_empty() {
            Some(BlockReason::Fault)
        } else {
            None
        }
    }

    fn basic_obstacle(&self) -> Option<BlockReason> {
        if let Some(reason) = self.standing_obstacle() {
            return Some(reason);
        }
        let wish = self.lease.wish();
        match (wish.access, self.machine.halt) {
            (Access::Off, _) => Some(planned(wish.reason, BlockReason::AccessOff)),
            (Access::Pause, _) => Some(planned(wish.reason, BlockReason::Paused)),
            (Access::On, Some(Halt::Button)) => Some(BlockReason::StoppedByButton),
            (Access::On, Some(Halt::Restart)) => Some(BlockReason::Starting),
            (Access::On, None) => None,
        }
    }

    fn limit_obstacle(&self, agenda: &mut Agenda) -> Option<BlockReason> {
        let config = self.lease.config();
        let begins = matches!(self.machine.state(), ChargeState::A | ChargeState::B1);
        if self.cable.limit(config).is_none() || (begins && self.cable.is_doubtful(config)) {
            return Some(BlockReason::NoCable);
        }
        if self.is_capped() {
            return Some(BlockReason::CapBelowMin);
        }
        let lock_out = self.machine.flapping_until?;
        agenda.left(lock_out).map(BlockReason::Flapping)
    }

    /// Cable, MAX and temperature leave less than MIN.
    pub(super) fn is_capped(&self) -> bool {
        self.offer.cap < self.lease.config().min.to_deci().max(LOWEST_OFFER)
    }

    /// What is left of the random delay after a power return.
    fn start_delay_left(&self, agenda: &mut Agenda) -> Option<Duration> {
        let start = self.isolated_until - PILOT_ISOLATION;
        let span = self.lease.config().start_delay.as_secs();
        agenda.left(start + Duration::from_secs(u64::from(span)))
    }

    fn waiting_obstacle(&self, agenda: &mut Agenda) -> Option<BlockReason> {
        if self.faults().intersects(SHORTAGE) {
            return Some(self.no_power());
        }
        if let Some(left) = self.delay_left(agenda) {
            return Some(BlockReason::ChargeDelay(left));
        }
        if let Some(left) = self.start_delay_left(agenda) {
            return Some(BlockReason::ChargeDelay(left));
        }
        if self.must_isolate() {
            return Some(BlockReason::PhaseSwitch);
        }
        if let Some(left) = self.cooldown(agenda) {
            return Some(BlockReason::Cooldown(left));
        }
        if !self.settled.lock_ready {
            return Some(BlockReason::LockNotConfirmed);
        }
        let untested = self.residual.awaits_test(self.test_context(agenda));
        untested.then_some(BlockReason::ResidualCurrentTest)
    }

    /// A node asks its master instead, and waits for its share in B.
    fn power_obstacle(&self) -> Option<BlockReason> {
        if self.lease.is_node() {
            return None;
        }
        let none = self.offer.current < LOWEST_OFFER || !self.lease.wish().grant.available;
        none.then(|| self.no_power())
    }

    fn no_power(&self) -> BlockReason {
        let reason = if self.faults().contains(Faults::NO_SUN) {
            BlockReason::WaitingForSolar
        } else {
            BlockReason::WaitingForPower
        };
        planned(self.lease.wish().reason, reason)
    }

    /// Restart delay still to run; a shortage holds it at its full value.
    pub(super) fn delay_left(&self, agenda: &mut Agenda) -> Option<Duration> {
        let left = agenda.left(self.machine.delay_until);
        if self.machine.shortage {
            let full = self.shortage_delay();
            return Some(left.map_or(full, |left| left.max(full)));
        }
        left
    }

    pub(super) fn shortage_delay(&self) -> Duration {
        self.lease.wish().shortage_delay.unwrap_or(DELAY_SHORTAGE)
    }

    /// Other phases than before are wanted for the same vehicle, and it has
    /// not seen the pilot isolated yet (I-15).
    pub(super) fn must_isolate(&self) -> bool {
        self.changes_phases() && !self.machine.isolated_since_open
    }

    fn changes_phases(&self) -> bool {
        self.contactors
            .last_three_phase()
            .is_some_and(|last| last != self.wants_three_phase())
    }

    /// Phases of the next closing.
    pub(super) fn wants_three_phase(&self) -> bool {
        self.lease.wish().three_phase && self.lease.config().contact2.may_close()
    }

    /// The 10 s after an opening by the charger or before other phases.
    fn cooldown(&self, agenda: &mut Agenda) -> Option<Duration> {
        let any = self.changes_phases();
        if any || !self.contactors.was_opened_by_vehicle() {
            self.contactors.cooldown(any, agenda)
        } else {
            None
        }
    }

    /// Planning would like this vehicle to start, and only power is missing
    /// (T05, T12).
    pub(super) fn lacks_power(&self, agenda: &mut Agenda) -> bool {
        !self.lease.is_node()
            && self.presence.is_here()
            && !self.pilot.sees(PilotClass::A12)
            && !self.lease.wish().grant.available
            && self.basic_obstacle().is_none()
            && self.limit_obstacle(agenda).is_none()
            && self.waiting_obstacle(agenda).is_none()
    }
}

fn planned(reason: Option<BlockReason>, otherwise: BlockReason) -> BlockReason {
    reason.unwrap_or(otherwise)
}

/// Whether an obstacle is shown to the vehicle in B1 (T06). The others are over
/// in a moment, or nobody wants to charge: the vehicle stays in A.
pub fn parks(reason: BlockReason) -> bool {
    match reason {
        BlockReason::Starting
        | BlockReason::NoVehicle
        | BlockReason::AccessOff
        | BlockReason::Paused
        | BlockReason::NoDirective
        | BlockReason::Schedule
        | BlockReason::MainsLost
        | BlockReason::LockNotConfirmed
        | BlockReason::ResidualCurrentTest
        | BlockReason::NoCable
        | BlockReason::Cooldown(_)
        | BlockReason::EvNotReady
        | BlockReason::VentilationNeeded
        | BlockReason::DiodeCheck
        | BlockReason::WaitingForMaster
        | BlockReason::Modem => false,
        BlockReason::StoppedByButton
        | BlockReason::WaitingForPower
        | BlockReason::WaitingForSolar
        | BlockReason::CapBelowMin
        | BlockReason::ChargeDelay(_)
        | BlockReason::Fault
        | BlockReason::Flapping(_)
        | BlockReason::PhaseSwitch => true,
    }
}
