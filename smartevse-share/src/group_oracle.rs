//! The numbered invariants of the regulation as a table that watches the total
//! of a group.
//!
//! Feed it each call with its outcome, in order of time, as
//! [`Oracle`](crate::oracle::Oracle) of a lone EVSE.
//! speak of one EVSE and have no meaning for a total; how it is divided is for
//! [`ShareOracle`](crate::share_oracle::ShareOracle).

use smartevse_types::{DeciAmps, Duration, Instant, Minutes, Mode, PhaseSet};

use crate::RESPONSE_TIME;
use crate::config::{Config, Role};
use crate::constraint::{Constraint, Constraints};
use crate::oracle::{Verdict, Violation};
use crate::plan::Plan;
use crate::site::{EvseView, Site};

/// One call of the regulator for `N` EVSEs, and its outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupMoment<const N: usize> {
    /// Time of the call.
    pub now: Instant,
    /// Settings given to it.
    pub config: Config,
    /// Measurements given to it.
    pub site: Site,
    /// The EVSEs given to it.
    pub evses: [EvseView; N],
    /// What it decided.
    pub plan: Plan,
}

/// What an invariant may look at besides the present call.
#[derive(Clone, Copy, Debug)]
pub struct GroupMemory<const N: usize> {
    previous: Option<GroupMoment<N>>,
    lowered_at: Option<Instant>,
    relay_open_since: Option<Instant>,
    charging_since: Option<Instant>,
}

/// One numbered invariant.
pub struct GroupInvariant<const N: usize> {
    /// Its number in the regulation specification, chapter 14.
    pub number: u8,
    /// What it demands.
    pub text: &'static str,
    /// Judges one call.
    pub check: fn(&GroupMemory<N>, &GroupMoment<N>) -> Verdict,
}

/// Number of rows.
pub const GROUP_ROWS: usize = 8;

/// All rows, in order of their numbers.
#[must_use]
pub const fn group_invariants<const N: usize>() -> [GroupInvariant<N>; GROUP_ROWS] {
    [
        row(1, "the total keeps to CIRCUIT and the caps", total_fits),
        row(2, "stale mains data gives no current", stale_gives_nothing),
        row(3, "the same inputs change nothing", repetition_is_silent),
        row(4, "an overload lowers the total at once", overload_lowers),
        row(5, "no raise in an overload", no_early_raise),
        row(11, "no stop for lack of sun in 60 s", runs_for_a_while),
        row(12, "STOP = 0 never stops for lack of sun", never_stops),
        row(19, "an open grid relay limits the sum", relay_limits),
    ]
}

const fn row<const N: usize>(
    number: u8,
    text: &'static str,
    check: fn(&GroupMemory<N>, &GroupMoment<N>) -> Verdict,
) -> GroupInvariant<N> {
    GroupInvariant {
        number,
        text,
        check,
    }
}

/// Watches the regulator of one group and counts how often each invariant
/// mattered.
#[derive(Clone, Copy, Debug)]
pub struct GroupOracle<const N: usize> {
    memory: GroupMemory<N>,
    hits: [u64; GROUP_ROWS],
}

impl<const N: usize> Default for GroupOracle<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> GroupOracle<N> {
    /// An oracle that has seen nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            memory: GroupMemory {
                previous: None,
                lowered_at: None,
                relay_open_since: None,
                charging_since: None,
            },
            hits: [0; GROUP_ROWS],
        }
    }

    /// Judges one call.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold.
    pub fn check(&mut self, moment: &GroupMoment<N>) -> Result<(), Violation> {
        self.memory.prepare(moment);
        let verdict = self.judge(moment);
        self.memory.remember(moment);
        verdict
    }

    /// Invariants with the number of calls in which each one had to hold.
    pub fn hits(&self) -> impl Iterator<Item = (u8, u64)> {
        let numbers = group_invariants::<N>().map(|invariant| invariant.number);
        numbers.into_iter().zip(self.hits)
    }

    fn judge(&mut self, moment: &GroupMoment<N>) -> Result<(), Violation> {
        for (invariant, hits) in group_invariants::<N>().iter().zip(&mut self.hits) {
            let GroupInvariant { number, text, .. } = *invariant;
            match (invariant.check)(&self.memory, moment) {
                Verdict::Silent => {}
                Verdict::Holds => *hits = hits.saturating_add(1),
                Verdict::Broken => return Err(Violation { number, text }),
            }
        }
        Ok(())
    }
}

impl<const N: usize> GroupMemory<N> {
    fn prepare(&mut self, moment: &GroupMoment<N>) {
        let now = moment.now;
        let hold = |since: Option<Instant>, on: bool| on.then(|| since.unwrap_or(now));
        self.relay_open_since = hold(self.relay_open_since, moment.site.grid_relay_open);
        self.charging_since = hold(self.charging_since, moment.charging() > 0);
    }

    fn remember(&mut self, moment: &GroupMoment<N>) {
        let lower = self.previous.is_some_and(|old| {
            moment.plan.budget < old.plan.budget || moment.announced() < old.announced()
        });
        if lower {
            self.lowered_at = Some(moment.now);
        }
        self.previous = Some(*moment);
    }

    /// The previous call, if the same EVSEs charged then under the same rules
    /// and nobody waits.
    fn steady_before(&self, moment: &GroupMoment<N>) -> Option<GroupMoment<N>> {
        let old = self.previous?;
        let same = old.config == moment.config && old.members() == moment.members();
        let calm = moment.charging() > 0
            && moment.evses.iter().all(|evse| evse.wants == evse.charging)
            && moment.site.reserved == old.site.reserved;
        let regular = moment.plan.available && old.plan.available && moment.config.guards_mains();
        (same && calm && regular).then_some(old)
    }

    /// Whether a decrease is still on its way into the measurements.
    fn is_lowered_after(&self, moment: Instant) -> bool {
        self.lowered_at.is_some_and(|at| at > moment)
    }
}

impl<const N: usize> GroupMoment<N> {
    fn charging(&self) -> usize {
        self.evses.iter().filter(|evse| evse.charging).count()
    }

    /// Set-points of those that charge.
    fn announced(&self) -> DeciAmps {
        let charging = self.evses.iter().filter(|evse| evse.charging);
        charging.map(|evse| evse.set_point).sum()
    }

    fn members(&self) -> [(bool, bool, bool); N] {
        self.evses
            .map(|evse| (evse.wants, evse.charging, evse.active))
    }

    /// Limits on mains, on the phases that somebody loads.
    fn tightest_on_mains(&self) -> Option<Constraint> {
        let charging = self.evses.iter().filter(|evse| evse.charging);
        let phases = charging.fold(PhaseSet::empty(), |set, evse| set | evse.phases);
        let limits = Constraints::of(&self.config, &self.site, phases);
        let by_circuit =
            |limit: &Constraint| matches!(limit.by, smartevse_types::LimitedBy::Circuit(_));
        let on_mains = limits.iter().filter(|limit| !by_circuit(limit));
        on_mains.min_by_key(|limit| limit.room()).copied()
    }

    fn has_new_mains(&self, old: &Self) -> bool {
        let pair = self.site.mains.sample().zip(old.site.mains.sample());
        pair.is_some_and(|(new, old)| {
            let news = new.sequence != old.sequence && new.at > old.at && new.value != old.value;
            news && new.at <= self.now
        })
    }
}

fn claim(holds: bool) -> Verdict {
    if holds {
        Verdict::Holds
    } else {
        Verdict::Broken
    }
}

fn total_fits<const N: usize>(_: &GroupMemory<N>, moment: &GroupMoment<N>) -> Verdict {
    let (config, site) = (&moment.config, &moment.site);
    if moment.plan.budget <= DeciAmps::ZERO {
        return Verdict::Silent;
    }
    let asking = moment
        .evses
        .iter()
        .filter(|evse| evse.wants || evse.charging);
    let caps: DeciAmps = asking.map(|evse| evse.cap).sum();
    let circuit = config.role != Role::Master || moment.plan.budget <= config.circuit.to_deci();
    claim(circuit && moment.plan.budget <= caps + site.reserved)
}

fn stale_gives_nothing<const N: usize>(_: &GroupMemory<N>, moment: &GroupMoment<N>) -> Verdict {
    let limit = moment.config.tuning.mains_timeout;
    let sample = moment.site.mains.sample();
    let fresh = sample.is_some_and(|sample| moment.now.since(sample.at) <= limit);
    if fresh || !moment.config.needs_mains() {
        return Verdict::Silent;
    }
    let plan = &moment.plan;
    claim(plan.mains_stale && !plan.available && plan.budget <= DeciAmps::ZERO)
}

fn repetition_is_silent<const N: usize>(
    memory: &GroupMemory<N>,
    moment: &GroupMoment<N>,
) -> Verdict {
    let Some(old) = memory.previous else {
        return Verdict::Silent;
    };
    let same = (old.config, old.site, old.evses) == (moment.config, moment.site, moment.evses);
    if !same || moment.now >= old.plan.deadline || moment.now < old.now {
        return Verdict::Silent;
    }
    claim(old.plan == moment.plan)
}

fn overload_lowers<const N: usize>(memory: &GroupMemory<N>, moment: &GroupMoment<N>) -> Verdict {
    let Some(old) = memory.steady_before(moment) else {
        return Verdict::Silent;
    };
    let worst = moment.tightest_on_mains();
    let Some(worst) = worst.filter(|_| moment.has_new_mains(&old)) else {
        return Verdict::Silent;
    };
    let pending = memory.is_lowered_after(worst.measured.1 - RESPONSE_TIME);
    if worst.room() >= DeciAmps::ZERO || pending {
        return Verdict::Silent;
    }
    let total = moment.plan.budget;
    claim(total < old.plan.budget || total <= moment.config.floor())
}

fn no_early_raise<const N: usize>(memory: &GroupMemory<N>, moment: &GroupMoment<N>) -> Verdict {
    let Some(old) = memory.steady_before(moment) else {
        return Verdict::Silent;
    };
    let overload = moment
        .tightest_on_mains()
        .is_some_and(|limit| limit.room() < DeciAmps::ZERO);
    if !overload {
        return Verdict::Silent;
    }
    claim(moment.plan.budget <= old.plan.budget)
}

/// A stop for lack of sun that begins with this call.
fn fades_now<const N: usize>(memory: &GroupMemory<N>, moment: &GroupMoment<N>) -> bool {
    let fades =
        |moment: &GroupMoment<N>| moment.plan.stop && moment.plan.no_sun && moment.charging() > 0;
    fades(moment) && !memory.previous.is_some_and(|old| fades(&old))
}

fn runs_for_a_while<const N: usize>(memory: &GroupMemory<N>, moment: &GroupMoment<N>) -> Verdict {
    if !fades_now(memory, moment) {
        return Verdict::Silent;
    }
    let since = memory.charging_since.unwrap_or(moment.now);
    claim(moment.now.since(since) >= moment.config.tuning.solar_min_run)
}

fn never_stops<const N: usize>(memory: &GroupMemory<N>, moment: &GroupMoment<N>) -> Verdict {
    let solar = moment.config.mode == Mode::Solar && moment.charging() > 0;
    if !solar || moment.config.stop != Minutes::ZERO {
        return Verdict::Silent;
    }
    claim(!fades_now(memory, moment))
}

/// Longest reaction to the relay.
const RELAY_TIME: Duration = Duration::from_secs(10);

fn relay_limits<const N: usize>(memory: &GroupMemory<N>, moment: &GroupMoment<N>) -> Verdict {
    let open = memory.relay_open_since.map(|since| moment.now.since(since));
    if open.is_none_or(|span| span < RELAY_TIME) {
        return Verdict::Silent;
    }
    let asking = moment
        .evses
        .iter()
        .filter(|evse| evse.wants || evse.charging);
    let most = asking.map(|evse| evse.phases.count()).max().unwrap_or(0);
    let sum = moment.plan.budget.times(i32::from(most));
    claim(sum <= moment.config.tuning.relay_budget)
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::{Amps, Latest, PerPhase};

    const fn da(value: i32) -> DeciAmps {
        DeciAmps::from_deci(value)
    }

    /// Two EVSEs charge with 10 A each on 25 A, with so much on mains.
    fn moment(seconds: u64, mains: i32, number: u32) -> GroupMoment<2> {
        let config = Config {
            mode: Mode::Smart,
            role: Role::Master,
            mains: Amps::from_amps(25),
            circuit: Amps::from_amps(32),
            has_mains_meter: true,
            ..Config::default()
        };
        let mut sampled = Latest::NEVER;
        if number > 0 {
            sampled.update(PerPhase::new([da(0); 3]), Instant::ZERO);
        }
        let at = Instant::from_secs(seconds);
        sampled.update(PerPhase::new([da(mains); 3]), at);
        let evse = EvseView {
            wants: true,
            charging: true,
            active: true,
            set_point: da(100),
            cap: da(160),
            ..EvseView::default()
        };
        GroupMoment {
            now: Instant::from_secs(seconds),
            config,
            site: Site {
                mains: sampled,
                ..Site::default()
            },
            evses: [evse; 2],
            plan: Plan {
                budget: da(200),
                available: true,
                ..Plan::default()
            },
        }
    }

    fn number(before: &[GroupMoment<2>], moment: &GroupMoment<2>) -> Option<u8> {
        let mut oracle = GroupOracle::new();
        for one in before {
            assert_eq!(oracle.check(one), Ok(()));
        }
        oracle.check(moment).err().map(|broken| broken.number)
    }

    fn with(
        mut moment: GroupMoment<2>,
        change: impl FnOnce(&mut GroupMoment<2>),
    ) -> GroupMoment<2> {
        change(&mut moment);
        moment
    }

    /// each falsified total is found, the true one is not.
    #[test]
    fn when_the_total_is_above_circuit_or_caps_then_row_1_fires() {
        let fair = moment(100, 230, 0);
        assert_eq!(number(&[], &fair), None);
        assert_eq!(
            number(&[], &with(fair, |it| it.plan.budget = da(321))),
            Some(1)
        );
        let small = with(fair, |it| it.config.circuit = Amps::from_amps(19));
        assert_eq!(number(&[], &small), Some(1));
    }

    ///
    #[test]
    fn when_mains_is_stale_and_current_is_planned_then_row_2_fires() {
        let stale = with(moment(100, 230, 0), |it| it.now = Instant::from_secs(120));
        assert_eq!(number(&[], &stale), Some(2));
        let obeys = with(stale, |it| {
            it.plan = Plan {
                mains_stale: true,
                ..Plan::default()
            };
        });
        assert_eq!(number(&[], &obeys), None);
    }

    ///
    #[test]
    fn when_a_repetition_changes_the_plan_then_row_3_fires() {
        let first = moment(100, 230, 0);
        let again = with(first, |it| it.now = Instant::from_secs(101));
        assert_eq!(number(&[first], &again), None);
        let other = with(again, |it| it.plan.budget = da(190));
        assert_eq!(number(&[first], &other), Some(3));
    }

    ///
    #[test]
    fn when_an_overload_does_not_lower_then_row_4_or_5_fires() {
        let first = moment(100, 240, 0);
        let mut over = moment(102, 290, 1);
        assert_eq!(number(&[first], &over), Some(4));
        over.plan.budget = da(160);
        assert_eq!(number(&[first], &over), None);
        let old = with(first, |it| it.site.mains = over.site.mains);
        let old = with(old, |it| it.plan.budget = da(100));
        let raised = with(over, |it| {
            let counted = smartevse_types::WattHours::from_wh(1);
            it.site.import_energy.update(counted, it.now);
        });
        assert_eq!(number(&[old], &raised), Some(5));
    }

    fn sunless(seconds: u64) -> GroupMoment<2> {
        with(moment(seconds, 30, 0), |it| {
            it.config.mode = Mode::Solar;
            it.plan = Plan {
                stop: true,
                no_sun: true,
                ..Plan::default()
            };
        })
    }

    ///
    #[test]
    fn when_the_sun_stops_too_early_then_row_11_or_12_fires() {
        let sunny = with(sunless(100), |it| it.plan.stop = false);
        assert_eq!(number(&[sunny], &sunless(159)), Some(11));
        assert_eq!(number(&[sunny], &sunless(160)), None);
        let never = with(sunless(160), |it| it.config.stop = Minutes::ZERO);
        assert_eq!(number(&[sunny], &never), Some(12));
    }

    ///
    #[test]
    fn when_the_relay_is_open_for_10_s_then_row_19_fires() {
        let open = |seconds| with(moment(seconds, 230, 0), |it| it.site.grid_relay_open = true);
        assert_eq!(number(&[open(100)], &open(109)), None);
        assert_eq!(number(&[open(100)], &open(110)), Some(19));
        let obeys = with(open(110), |it| it.plan.budget = da(60));
        assert_eq!(number(&[open(100)], &obeys), None);
    }
}
