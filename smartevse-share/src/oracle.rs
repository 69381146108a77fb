//! The numbered invariants as a table that watches a regulator.
//!
//! Feed it each call with its outcome, in order of time; it answers with the
//! number of the first invariant that does not hold. Invariants about surplus
//! and phase changes have no row yet
//! compare two runs and are property tests of this crate.

use smartevse_types::{DeciAmps, Duration, Instant, Mode};

use crate::RESPONSE_TIME;
use crate::ceiling::{Ceiling, is_announceable};
use crate::config::{Config, Role};
use crate::constraint::{Constraint, Constraints};
use crate::plan::Plan;
use crate::site::{EvseView, Site};
use crate::start::may_start;

/// One call of the regulator and its outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Time of the call.
    pub now: Instant,
    /// Settings given to it.
    pub config: Config,
    /// Measurements given to it.
    pub site: Site,
    /// The EVSE given to it.
    pub evse: EvseView,
    /// What it decided.
    pub plan: Plan,
}

/// What an invariant may look at besides the present call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    previous: Option<Moment>,
    lowered_at: Option<Instant>,
    relay_open_since: Option<Instant>,
    startable_since: Option<Instant>,
}

/// Whether an invariant had something to say, and what.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verdict {
    /// Its condition was not given.
    Silent,
    /// It holds.
    Holds,
    /// It is violated.
    Broken,
}

/// One numbered invariant.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// Its number in the regulation specification, chapter 14.
    pub number: u8,
    /// What it demands.
    pub text: &'static str,
    /// Judges one call.
    pub check: fn(&Memory, &Moment) -> Verdict,
}

/// A violated invariant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Violation {
    /// Number of the invariant: 1 means R-01.
    pub number: u8,
    /// What it demands.
    pub text: &'static str,
}

/// All rows, in order of their numbers.
pub const INVARIANTS: [Invariant; 9] = [
    row(1, "a set-point is 0 or from MIN to the cap", announceable),
    row(2, "stale mains data gives no current", stale_gives_nothing),
    row(3, "the same inputs change nothing", repetition_is_silent),
    row(
        4,
        "an overload lowers the set-point at once",
        overload_lowers,
    ),
    row(
        5,
        "no raise in an overload or soon after a decrease",
        no_early_raise,
    ),
    row(13, "Normal does not look at meters", normal_is_blind),
    row(14, "an override only lowers", override_lowers),
    row(
        18,
        "a waiting EVSE with room is offered current",
        waiting_ends,
    ),
    row(19, "an open grid relay limits the sum", relay_limits),
];

const fn row(number: u8, text: &'static str, check: fn(&Memory, &Moment) -> Verdict) -> Invariant {
    Invariant {
        number,
        text,
        check,
    }
}

/// Watches one regulator and counts how often each invariant mattered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Oracle {
    memory: Memory,
    hits: [u64; INVARIANTS.len()],
}

impl Oracle {
    /// An oracle that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges one call.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold.
    pub fn check(
        &mut self,
        now: Instant,
        config: &Config,
        site: &Site,
        evse: &EvseView,
        plan: &Plan,
    ) -> Result<(), Violation> {
        let (config, site, evse, plan) = (*config, *site, *evse, *plan);
        let moment = Moment {
            now,
            config,
            site,
            evse,
            plan,
        };
        self.memory.prepare(&moment);
        let verdict = self.judge(&moment);
        self.memory.remember(&moment);
        verdict
    }

    /// Invariants with the number of calls in which each one had to hold.
    pub fn hits(&self) -> impl Iterator<Item = (u8, u64)> {
        let numbers = INVARIANTS.iter().map(|invariant| invariant.number);
        numbers.zip(self.hits)
    }

    fn judge(&mut self, moment: &Moment) -> Result<(), Violation> {
        for (invariant, hits) in INVARIANTS.iter().zip(&mut self.hits) {
            let Invariant { number, text, .. } = *invariant;
            match (invariant.check)(&self.memory, moment) {
                Verdict::Silent => {}
                Verdict::Holds => *hits = hits.saturating_add(1),
                Verdict::Broken => return Err(Violation { number, text }),
            }
        }
        Ok(())
    }
}

impl Memory {
    fn prepare(&mut self, moment: &Moment) {
        let now = moment.now;
        let hold = |since: Option<Instant>, on: bool| on.then(|| since.unwrap_or(now));
        self.relay_open_since = hold(self.relay_open_since, moment.site.grid_relay_open);
        self.startable_since = hold(self.startable_since, waits_with_room(moment));
    }

    fn remember(&mut self, moment: &Moment) {
        let before = self.previous.map_or(DeciAmps::ZERO, |old| old.plan.offered);
        let charged = self.previous.is_some_and(|old| old.evse.charging);
        if charged && moment.plan.offered < before {
            self.lowered_at = Some(moment.now);
        }
        self.previous = Some(*moment);
    }

    /// The previous call, if the EVSE was charging then under the same rules.
    fn charging_before(&self, moment: &Moment) -> Option<Moment> {
        let old = self.previous?;
        let same = old.config == moment.config && old.evse.charging && moment.evse.charging;
        let regular = moment.plan.available && old.plan.available && moment.config.guards_mains();
        (same && regular).then_some(old)
    }

    /// Whether a decrease is still on its way into the measurements.
    fn is_lowered_after(&self, moment: Instant) -> bool {
        self.lowered_at.is_some_and(|at| at > moment)
    }
}

fn claim(holds: bool) -> Verdict {
    if holds {
        Verdict::Holds
    } else {
        Verdict::Broken
    }
}

fn announceable(_: &Memory, moment: &Moment) -> Verdict {
    let (offered, config) = (moment.plan.offered, &moment.config);
    if offered == DeciAmps::ZERO {
        return Verdict::Silent;
    }
    let cap = config.max.to_deci().min(moment.evse.cap);
    claim(is_announceable(offered) && offered >= config.floor() && offered <= cap)
}

fn stale_gives_nothing(_: &Memory, moment: &Moment) -> Verdict {
    let sample = moment.site.mains.sample();
    let limit = moment.config.tuning.mains_timeout;
    let fresh = sample.is_some_and(|sample| moment.now.since(sample.at) <= limit);
    if fresh || !moment.config.needs_mains() {
        return Verdict::Silent;
    }
    let plan = &moment.plan;
    claim(plan.mains_stale && !plan.available && plan.offered == DeciAmps::ZERO)
}

fn repetition_is_silent(memory: &Memory, moment: &Moment) -> Verdict {
    let Some(old) = memory.previous else {
        return Verdict::Silent;
    };
    let same = (old.config, old.site, old.evse) == (moment.config, moment.site, moment.evse);
    if !same || moment.now >= old.plan.deadline || moment.now < old.now {
        return Verdict::Silent;
    }
    claim(old.plan == moment.plan)
}

/// Limits on mains whose measurement is new in this call.
fn new_limits(old: &Moment, moment: &Moment) -> Option<Constraints> {
    let (sample, last) = (moment.site.mains.sample()?, old.site.mains.sample());
    let news = last.is_none_or(|last| {
        sample.sequence != last.sequence && sample.at > last.at && sample.value != last.value
    });
    let present = sample.at <= moment.now;
    let list = Constraints::of(&moment.config, &moment.site, moment.evse.phases);
    (news && present).then_some(list)
}

fn overload_lowers(memory: &Memory, moment: &Moment) -> Verdict {
    let Some(old) = memory.charging_before(moment) else {
        return Verdict::Silent;
    };
    let Some(limits) = new_limits(&old, moment) else {
        return Verdict::Silent;
    };
    let on_mains =
        |limit: &&Constraint| !matches!(limit.by, smartevse_types::LimitedBy::Circuit(_));
    let Some(worst) = limits
        .iter()
        .filter(on_mains)
        .min_by_key(|limit| limit.room())
    else {
        return Verdict::Silent;
    };
    let pending = memory.is_lowered_after(worst.measured.1 - RESPONSE_TIME);
    if worst.room() >= DeciAmps::ZERO || pending {
        return Verdict::Silent;
    }
    let offered = moment.plan.offered;
    claim(offered < old.plan.offered || offered <= moment.config.floor())
}

fn no_early_raise(memory: &Memory, moment: &Moment) -> Verdict {
    let Some(old) = memory.charging_before(moment) else {
        return Verdict::Silent;
    };
    let limits = Constraints::of(&moment.config, &moment.site, moment.evse.phases);
    let overload = limits
        .tightest()
        .is_some_and(|limit| limit.room() < DeciAmps::ZERO);
    let pending = memory.is_lowered_after(moment.now - RESPONSE_TIME);
    if !overload && !pending {
        return Verdict::Silent;
    }
    claim(moment.plan.offered <= old.plan.offered)
}

fn normal_is_blind(_: &Memory, moment: &Moment) -> Verdict {
    let config = &moment.config;
    let applies = config.mode == Mode::Normal && config.role == Role::StandAlone;
    if !applies || config.normal_respects_mains || !moment.evse.wants {
        return Verdict::Silent;
    }
    let blind = Site {
        grid_relay_open: moment.site.grid_relay_open,
        ..Site::default()
    };
    let ceiling = Ceiling::of(config, &blind, &moment.evse).current;
    let floor = config.floor();
    let expected = match (ceiling >= floor, moment.evse.charging) {
        (false, _) => DeciAmps::ZERO,
        (true, true) => ceiling,
        (true, false) => floor,
    };
    claim(moment.plan.offered == expected)
}

fn override_lowers(_: &Memory, moment: &Moment) -> Verdict {
    if moment.evse.override_current.is_none() || moment.plan.offered == DeciAmps::ZERO {
        return Verdict::Silent;
    }
    let free = EvseView {
        override_current: None,
        ..moment.evse
    };
    let ceiling = Ceiling::of(&moment.config, &moment.site, &free);
    claim(moment.plan.offered <= ceiling.current)
}

/// Longest wait of an EVSE for which MIN is free.
const LONGEST_WAIT: Duration = Duration::from_secs(90);

fn waits_with_room(moment: &Moment) -> bool {
    let (config, evse) = (&moment.config, &moment.evse);
    let built = config.mode != Mode::Solar && config.role != Role::Node;
    let sighted = !moment.plan.mains_stale && !moment.plan.ev_stale && !config.has_ev_meter;
    let waits = evse.wants && !evse.charging && evse.phases.count() > 0;
    built && sighted && waits && may_start(config, &moment.site, evse, &[])
}

fn waiting_ends(memory: &Memory, moment: &Moment) -> Verdict {
    let waited = memory.startable_since.map(|since| moment.now.since(since));
    match waited {
        Some(span) if span > LONGEST_WAIT => claim(moment.plan.offered > DeciAmps::ZERO),
        Some(_) | None => Verdict::Silent,
    }
}

/// Longest reaction to the relay.
const RELAY_TIME: Duration = Duration::from_secs(10);

fn relay_limits(memory: &Memory, moment: &Moment) -> Verdict {
    let open = memory.relay_open_since.map(|since| moment.now.since(since));
    match open {
        Some(span) if span >= RELAY_TIME => {
            let phases = i32::from(moment.evse.phases.count());
            let sum = moment.plan.offered.times(phases);
            claim(sum <= moment.config.tuning.relay_budget)
        }
        Some(_) | None => Verdict::Silent,
    }
}
