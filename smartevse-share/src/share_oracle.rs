//! The numbered invariants of the scheduler as a table that watches a group.
//!
//! Feed it each call with its outcome, in order of time; it answers with the
//! number of the first invariant that does not hold. I-09 (monotone) compares
//! two runs and is a property test, I-17 and I-24 are tests of settings and of
//! extreme inputs, I-15, I-19 and I-20 belong to the bus protocol.

use smartevse_types::{DeciAmps, Duration, Instant};

use crate::limit::Limit;
use crate::oracle::{Verdict, Violation};
use crate::scheduler::ShareDecision;
use crate::share_checks::{
    bottleneck, capacities, clock_bounded, equals_are_equal, flows, idle_is_measured, in_range,
    is_active, lost_is_kept, no_early_increase, one_swap, plug_in_stays, rank_counts,
    reasons_given, repetition_is_silent, room_is_used, shares_fit, shortage_is_true, states_agree,
    turns_last,
};
use crate::share_config::{OrdersSent, ShareConfig, ShareView};
use crate::slot::{Slot, Wait};

/// Limits that the repetition row compares.
pub(crate) const LIMITS: usize = 8;

/// One call of the scheduler and its outcome.
#[derive(Clone, Copy, Debug)]
pub struct ShareMoment<'a, const N: usize> {
    /// Time of the call.
    pub now: Instant,
    /// Settings given to it.
    pub config: ShareConfig,
    /// The EVSEs given to it.
    pub views: [ShareView; N],
    /// The telegram given to it.
    pub sent: Option<OrdersSent<'a>>,
    /// Whether a grace period ran.
    pub grace_running: bool,
    /// The limits after the call.
    pub limits: &'a [Limit],
    /// The EVSEs after the call.
    pub slots: [Slot; N],
    /// What it decided.
    pub decision: ShareDecision,
}

/// What an invariant may look at besides the present call.
#[derive(Clone, Copy, Debug)]
pub struct ShareMemory<const N: usize> {
    pub(crate) previous: Option<Before<N>>,
    /// Since when each EVSE is Active; a turn from before a start counts from
    /// when it was heard of.
    pub(crate) active_since: [Instant; N],
    /// It was marked as idle and still wants current.
    pub(crate) was_idle: [bool; N],
    pub(crate) last_swap: Option<Instant>,
    pub(crate) has_rotated: bool,
    /// The last set-point above zero that was sent to each EVSE.
    pub(crate) nonzero: [Option<(DeciAmps, Instant)>; N],
}

/// The call before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before<const N: usize> {
    pub(crate) config: ShareConfig,
    pub(crate) views: [ShareView; N],
    pub(crate) slots: [Slot; N],
    pub(crate) capacities: [DeciAmps; LIMITS],
    pub(crate) flows: [DeciAmps; N],
    pub(crate) sent_at: Option<Instant>,
    pub(crate) grace_running: bool,
    pub(crate) decision: ShareDecision,
}

/// One numbered invariant.
pub struct ShareInvariant<const N: usize> {
    /// Its number in the power-share specification, chapter 12.
    pub number: u8,
    /// What it demands.
    pub text: &'static str,
    /// Judges one call.
    pub check: fn(&ShareMemory<N>, &ShareMoment<'_, N>) -> Verdict,
}

/// Number of rows.
pub const ROWS: usize = 17;

/// All rows, in order of their numbers.
#[must_use]
pub const fn invariants<const N: usize>() -> [ShareInvariant<N>; ROWS] {
    [
        row(1, "the shares keep to every limit", shares_fit),
        row(
            2,
            "an increase waits for what others may still take",
            no_early_increase,
        ),
        row(3, "a set-point is 0 or from MIN to the cap", in_range),
        row(
            4,
            "Active is who has a share, Inactive who wants none",
            states_agree,
        ),
        row(5, "a better rank is served first", rank_counts),
        row(6, "nobody waits while there is room", room_is_used),
        row(
            7,
            "who has less is held back by a used-up limit",
            bottleneck,
        ),
        row(8, "equal EVSEs have equal shares", equals_are_equal),
        row(10, "a turn lasts at least IDLE TMO", turns_last),
        row(11, "one hand-over a second", one_swap),
        row(12, "the rotation clock keeps to ROTATION", clock_bounded),
        row(13, "a shortage is when nobody is served", shortage_is_true),
        row(14, "the same inputs change nothing", repetition_is_silent),
        row(
            16,
            "the current of a lost node is kept for 20 s",
            lost_is_kept,
        ),
        row(
            18,
            "who waits has a reason, who charges has none",
            reasons_given,
        ),
        row(21, "only an own measurement makes idle", idle_is_measured),
        row(22, "the time of the plug-in stays", plug_in_stays),
    ]
}

const fn row<const N: usize>(
    number: u8,
    text: &'static str,
    check: fn(&ShareMemory<N>, &ShareMoment<'_, N>) -> Verdict,
) -> ShareInvariant<N> {
    ShareInvariant {
        number,
        text,
        check,
    }
}

/// Watches one group and counts how often each invariant mattered.
#[derive(Clone, Copy, Debug)]
pub struct ShareOracle<const N: usize> {
    memory: ShareMemory<N>,
    hits: [u64; ROWS],
}

impl<const N: usize> Default for ShareOracle<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> ShareOracle<N> {
    /// An oracle that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        let memory = ShareMemory {
            previous: None,
            active_since: [Instant::ZERO; N],
            was_idle: [false; N],
            last_swap: None,
            has_rotated: false,
            nonzero: [None; N],
        };
        Self {
            memory,
            hits: [0; ROWS],
        }
    }

    /// Judges one call.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold.
    pub fn check(&mut self, moment: &ShareMoment<'_, N>) -> Result<(), Violation> {
        self.memory.prepare(moment);
        let verdict = self.judge(moment);
        self.memory.remember(moment);
        verdict
    }

    /// Invariants with the number of calls in which each one had to hold.
    pub fn hits(&self) -> impl Iterator<Item = (u8, u64)> {
        let numbers = invariants::<N>().map(|invariant| invariant.number);
        numbers.into_iter().zip(self.hits)
    }

    fn judge(&mut self, moment: &ShareMoment<'_, N>) -> Result<(), Violation> {
        for (invariant, hits) in invariants::<N>().iter().zip(&mut self.hits) {
            let ShareInvariant { number, text, .. } = *invariant;
            match (invariant.check)(&self.memory, moment) {
                Verdict::Silent => {}
                Verdict::Holds => *hits = hits.saturating_add(1),
                Verdict::Broken => return Err(Violation { number, text }),
            }
        }
        Ok(())
    }
}

impl<const N: usize> ShareMemory<N> {
    fn prepare(&mut self, moment: &ShareMoment<'_, N>) {
        if let Some(sent) = moment.sent {
            for (nonzero, current) in self.nonzero.iter_mut().zip(sent.currents) {
                if *current > DeciAmps::ZERO {
                    *nonzero = Some((*current, sent.at));
                }
            }
        }
        self.has_rotated |= moment.config.rotation_time() > Duration::ZERO;
    }

    fn remember(&mut self, moment: &ShareMoment<'_, N>) {
        let old = self.previous.map(|before| before.slots);
        let old = old.unwrap_or([Slot::default(); N]);
        for (since, (now, old)) in self
            .active_since
            .iter_mut()
            .zip(moment.slots.iter().zip(&old))
        {
            if is_active(now) && !is_active(old) {
                *since = turn_began(now, old, moment.now);
            }
        }
        for (idle, (slot, view)) in self
            .was_idle
            .iter_mut()
            .zip(moment.slots.iter().zip(&moment.views))
        {
            let left = view.online && !view.is_wanting();
            *idle = !left && (*idle || slot.wait == Some(Wait::Idle));
        }
        if moment.decision.handed_over.is_some() {
            self.last_swap = Some(moment.now);
        }
        self.previous = Some(Before {
            config: moment.config,
            views: moment.views,
            slots: moment.slots,
            capacities: capacities(moment.limits),
            flows: flows(moment),
            sent_at: moment.sent.map(|sent| sent.at),
            grace_running: moment.grace_running,
            decision: moment.decision,
        });
    }
}

/// When a turn began that the call before did not know: in this call, unless
/// the EVSE is seen for the first time and was charging already. Such a turn
/// was taken over, and is not older than what is known of its charge.
fn turn_began(slot: &Slot, old: &Slot, now: Instant) -> Instant {
    match slot.charging_since {
        Some(charging) if !old.known => slot.active_since.latest(charging).earliest(now),
        Some(_) | None => now,
    }
}

#[cfg(test)]
mod tests {
    use smartevse_types::{LimitedBy, Phase};

    use super::*;
    use crate::group::Group;
    use crate::limit::Conductor;
    use crate::scheduler::ShareInputs;
    use crate::share_config::{AntiFlap, Contactor};

    const MIN: DeciAmps = DeciAmps::from_deci(60);

    fn config() -> ShareConfig {
        ShareConfig {
            anti_flap: AntiFlap::DOCUMENTED,
            ..ShareConfig::default()
        }
    }

    /// EVSE 1 charges; EVSE 0 is of a better rank and asks or not.
    fn views(now: Instant, asks: bool) -> [ShareView; 2] {
        let view = ShareView {
            online: true,
            connected: true,
            seen_at: now,
            cap: DeciAmps::from_deci(160),
            ..ShareView::default()
        };
        let first = ShareView {
            wants: asks,
            contactor: Contactor::Open,
            ..view
        };
        let second = ShareView {
            wants: true,
            contactor: Contactor::Closed,
            ..view
        };
        [first, second]
    }

    /// One round with room for one EVSE, and its judgement.
    fn round(
        group: &mut Group<2>,
        oracle: &mut ShareOracle<2>,
        (now, asks): (Instant, bool),
    ) -> (bool, Result<(), Violation>) {
        let by = LimitedBy::Circuit(Phase::L1);
        let mut limits = [Limit::new(MIN, Conductor::Phase(Phase::L1), by)];
        let (config, views) = (config(), views(now, asks));
        let inputs = ShareInputs {
            views: &views,
            ..ShareInputs::default()
        };
        let decision = group.step(now, &config, &inputs, &mut limits);
        let verdict = oracle.check(&ShareMoment {
            now,
            config,
            views,
            sent: None,
            grace_running: false,
            limits: &limits,
            slots: *group.slots(),
            decision,
        });
        (decision.handed_over.is_some(), verdict)
    }

    /// Plays on from 72 s, with both asking, until the hand-over: its second and
    /// its judgement.
    fn play(group: &mut Group<2>, oracle: &mut ShareOracle<2>) -> (u64, Result<(), Violation>) {
        for second in 72..200 {
            let (ends, verdict) = round(group, oracle, (Instant::from_secs(second), true));
            if ends || verdict.is_err() {
                return (second, verdict);
            }
        }
        (200, Ok(()))
    }

    /// The first round after a start, 5 s after what was heard. `since` = begin
    /// of the turn that EVSE 1 has according to its slot; `None` = not restored.
    fn start(since: Option<u64>) -> (Group<2>, ShareOracle<2>) {
        let (mut group, mut oracle) = (Group::new(), ShareOracle::new());
        let (heard, slot) = (Instant::from_secs(66), group.slot_mut(1).unwrap());
        if let Some(since) = since {
            slot.restore(None, Some(heard), Some(Instant::from_secs(since)));
            slot.sent(MIN, heard);
        }
        let first = (Instant::from_secs(71), false);
        assert_eq!(round(&mut group, &mut oracle, first), (false, Ok(())));
        (group, oracle)
    }

    /// I-10: a turn that lasted when the master started counts from when it was
    /// heard of, not from the first round after it.
    #[test]
    fn when_a_turn_was_taken_over_then_its_time_before_the_first_round_counts() {
        let (mut group, mut oracle) = start(Some(66));
        assert_eq!(play(&mut group, &mut oracle), (126, Ok(())));
    }

    fn number((second, verdict): (u64, Result<(), Violation>)) -> (u64, Option<u8>) {
        (second, verdict.err().map(|violation| violation.number))
    }

    /// I-10: a turn that was taken over does not count from before its charge.
    #[test]
    fn when_a_turn_was_taken_over_as_older_than_its_charge_then_row_10_fires() {
        let (mut group, mut oracle) = start(Some(0));
        assert_eq!(number(play(&mut group, &mut oracle)), (72, Some(10)));
    }

    /// I-10: the scheduler's own turn counts from the call that gave it,
    /// whatever the slot says later.
    #[test]
    fn when_an_own_turn_is_taken_for_an_old_one_then_row_10_fires() {
        let (mut group, mut oracle) = start(None);
        group.slot_mut(1).unwrap().active_since = Instant::ZERO;
        assert_eq!(number(play(&mut group, &mut oracle)), (72, Some(10)));
    }
}
