//! What the master knows about one EVSE of its group.

use smartevse_core::faults::Faults;
use smartevse_core::group::NodeReport;
use smartevse_core::state::ChargeState;
use smartevse_types::{Access, DeciAmps, Duration, Instant, Latest, PerPhase};

/// How long a vehicle may take to ask for current once it is offered: after
/// that it wants nothing until it asks.
pub(super) const ANSWER_TIME: Duration = Duration::from_secs(20);

/// How long an EVSE that has its share may stay in B1, with all its restart
/// delays, before it counts as not wanting.
pub(super) const RESTART_TIME: Duration = Duration::from_secs(90);

/// Faults on a node that come from its master.
pub(super) const FROM_MASTER: Faults = Faults::LESS_6A.union(Faults::CT_NOCOMM);

/// One EVSE of the group; the master's own one is told like a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Member {
    pub(super) report: NodeReport,
    /// For when the report holds; `None` = never heard of.
    pub(super) at: Option<Instant>,
    /// It did not answer five polls in a row.
    pub(super) lost: bool,
    /// It has access and no fault, and its vehicle asks or has asked for current
    /// (power share §8.1).
    pub(super) wants: bool,
    /// When its contactor closed.
    pub(super) charging_since: Option<Instant>,
    /// Currents of its EV meter.
    pub(super) currents: Latest<PerPhase<DeciAmps>>,
    /// Highest measured phase, of its EV meter or as it tells itself.
    pub(super) measured: Latest<DeciAmps>,
    /// When it came into its present state.
    since: Instant,
}

impl Member {
    pub(super) fn is_online(&self) -> bool {
        self.at.is_some() && !self.lost
    }

    pub(super) fn is_connected(&self) -> bool {
        self.at.is_some() && self.report.state != ChargeState::A
    }

    /// The contactor is closed.
    pub(super) fn is_closed(&self) -> bool {
        matches!(
            self.report.state,
            ChargeState::C | ChargeState::D | ChargeState::C1
        )
    }

    /// Current flows and is not being stopped.
    pub(super) fn is_charging(&self) -> bool {
        matches!(self.report.state, ChargeState::C | ChargeState::D)
    }

    /// The pilot shows the vehicle what it may draw, and the contactor is open.
    pub(super) fn is_offered(&self) -> bool {
        matches!(
            self.report.state,
            ChargeState::B | ChargeState::CommBOk | ChargeState::Activate
        )
    }

    /// The contactor is open, but a grant may be on its way.
    pub(super) fn may_close(&self) -> bool {
        matches!(self.report.state, ChargeState::CommC | ChargeState::CommCOk)
    }

    /// Takes an answer. `served` = it has its share.
    pub(super) fn hear(&mut self, report: NodeReport, at: Instant, served: bool) {
        let before = self.report.state;
        if self.at.is_none() || before != report.state {
            self.since = at;
        }
        if let Some(current) = report.measured {
            self.measured.update(current, at);
        }
        self.report = report;
        (self.at, self.lost) = (Some(at), false);
        self.charging_since = match self.is_closed() {
            true => self.charging_since.or(Some(at)),
            false => None,
        };
        self.judge_wish(before, served);
    }

    /// No answer for five polls.
    pub(super) fn lose(&mut self) {
        self.lost = true;
        self.wants = false;
    }

    /// Takes a reading of its EV meter.
    pub(super) fn measure(&mut self, currents: PerPhase<DeciAmps>, at: Instant) {
        self.currents.update(currents, at);
        self.measured.update(currents.max(), at);
    }

    /// Whether its vehicle wants current; a pause does not end it, a vehicle
    /// that leaves C by itself or does not answer an offer does.
    fn judge_wish(&mut self, before: ChargeState, served: bool) {
        let allowed = self.report.access == Some(Access::On);
        let faulty = !self.report.faults.difference(FROM_MASTER).is_empty();
        if !allowed || faulty || !self.is_connected() {
            self.wants = false;
            return;
        }
        let lasts = self.at.unwrap_or(self.since).since(self.since);
        match self.report.state {
            ChargeState::C
            | ChargeState::D
            | ChargeState::CommB
            | ChargeState::CommC
            | ChargeState::CommCOk => self.wants = true,
            ChargeState::B | ChargeState::Activate => {
                let left_c = matches!(before, ChargeState::C | ChargeState::D);
                self.wants &= !left_c && lasts <= ANSWER_TIME;
            }
            ChargeState::B1 => self.wants &= !served || lasts <= RESTART_TIME,
            ChargeState::A
            | ChargeState::C1
            | ChargeState::CommBOk
            | ChargeState::ModemRequest
            | ChargeState::ModemWait
            | ChargeState::ModemDone
            | ChargeState::ModemDenied => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::from_secs(secs)
    }

    fn report(state: ChargeState) -> NodeReport {
        NodeReport {
            state,
            access: Some(Access::On),
            ..NodeReport::default()
        }
    }

    /// Power share 8.1, PS3: a pause leaves C and does not end the wish.
    #[test]
    fn when_it_is_paused_then_it_still_wants() {
        let mut member = Member::default();
        let steps = [
            (1, ChargeState::CommB),
            (3, ChargeState::B),
            (5, ChargeState::CommC),
            (7, ChargeState::C),
            (9, ChargeState::C1),
            (11, ChargeState::B1),
            (4000, ChargeState::B1),
        ];
        for (secs, state) in steps {
            member.hear(report(state), at(secs), false);
            assert!(member.wants, "{state}");
        }
        member.hear(report(ChargeState::A), at(4002), false);
        assert!(!member.wants && !member.is_connected());
    }

    /// Power share 8.5: a vehicle that leaves C by itself wants nothing until
    /// it asks again.
    #[test]
    fn when_the_vehicle_is_full_then_it_wants_nothing() {
        let mut member = Member::default();
        member.hear(report(ChargeState::C), at(1), true);
        member.hear(report(ChargeState::B), at(3), true);
        assert!(!member.wants);
        member.hear(report(ChargeState::CommC), at(90), true);
        assert!(member.wants);
    }

    #[test]
    fn when_an_offer_is_not_answered_then_the_wish_ends() {
        let mut member = Member::default();
        member.hear(report(ChargeState::CommB), at(1), true);
        for (secs, wants) in [(10, true), (30, true), (31, false)] {
            member.hear(report(ChargeState::B), at(secs), true);
            assert_eq!(member.wants, wants, "{secs}");
        }
        member.hear(report(ChargeState::CommB), at(40), true);
        member.hear(report(ChargeState::B1), at(50), true);
        member.hear(report(ChargeState::B1), at(140), true);
        assert!(member.wants, "restart delays");
        member.hear(report(ChargeState::B1), at(141), true);
        assert!(!member.wants);
    }

    /// Power share 8.1: access off, a fault of its own and a lost link end the
    /// wish; LESS_6A does not.
    #[test]
    fn when_it_may_not_charge_then_it_wants_nothing() {
        let charging = report(ChargeState::C);
        let spoil = [
            (Faults::LESS_6A, Some(Access::On), true),
            (Faults::TEMP_HIGH, Some(Access::On), false),
            (Faults::empty(), Some(Access::Off), false),
            (Faults::empty(), None, false),
        ];
        for (faults, access, wants) in spoil {
            let mut member = Member::default();
            let report = NodeReport {
                faults,
                access,
                ..charging
            };
            member.hear(report, at(1), true);
            assert_eq!(member.wants, wants, "{faults:?} {access:?}");
        }
        let mut member = Member::default();
        member.hear(charging, at(1), true);
        member.lose();
        assert!(!member.wants && !member.is_online());
    }
}
