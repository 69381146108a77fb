//! The numbered invariants as a table that watches a regulator.
//!
//! Feed it each call with its outcome, in order of time; it answers with the
//! number of the first invariant that does not hold. It watches a lone EVSE;
//! compare two runs and are property tests of
//! this crate, R-09 is about contactors and a row of the charging oracle, R-16
//! is the absence of overflow in all of them.

use smartevse_types::{DeciAmps, Duration, Instant, Minutes, Mode, PhaseSet};

use crate::RESPONSE_TIME;
use crate::battery::battery_current;
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
    charging_since: Option<Instant>,
    /// Phases of the latest closing, under one wish in Solar.
    closed_on: Option<u8>,
    /// When a closing on one phase followed one on three.
    single_since: Option<Instant>,
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
pub const INVARIANTS: [Invariant; 12] = [
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
    row(10, "300 s on one phase before three", holds_single_phase),
    row(11, "no stop for lack of sun in 60 s", runs_for_a_while),
    row(12, "STOP = 0 never stops for lack of sun", never_stops),
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
        // A late call has not seen the data become stale.
        let late = |old: Moment| now > old.plan.deadline;
        let changed = |old: Moment| old.config.mode != moment.config.mode;
        let anew = self.previous.is_some_and(|old| late(old) || changed(old));
        let waiting = self.startable_since.filter(|_| !anew);
        self.startable_since = hold(waiting, waits_with_room(moment));
        self.charging_since = hold(self.charging_since, moment.evse.charging);
        let config = &moment.config;
        let solar = config.mode == Mode::Solar && config.has_auto_phases();
        if !solar || !moment.evse.wants || moment.site.grid_relay_open {
            self.closed_on = None;
            self.single_since = None;
        }
    }

    fn remember(&mut self, moment: &Moment) {
        let before = self.previous.map_or(DeciAmps::ZERO, |old| old.plan.offered);
        let charged = self.previous.is_some_and(|old| old.evse.charging);
        if charged && moment.plan.offered < before {
            self.lowered_at = Some(moment.now);
        }
        if moment.evse.charging && !charged {
            let phases = moment.evse.phases.count();
            let before = self.closed_on.replace(phases);
            if before.is_some_and(|before| before > 1) && phases == 1 {
                self.single_since = Some(moment.now);
            }
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

fn holds_single_phase(memory: &Memory, moment: &Moment) -> Verdict {
    let begins = memory.charging_since == Some(moment.now);
    let (Some(since), true) = (memory.single_since, begins) else {
        return Verdict::Silent;
    };
    if moment.evse.phases.count() == 1 {
        return Verdict::Silent;
    }
    let span = moment.now.since(since);
    claim(span >= moment.config.tuning.phase_holddown)
}

/// A stop for lack of sun that begins with this call.
fn fades_now(memory: &Memory, moment: &Moment) -> bool {
    let fades = |moment: &Moment| moment.plan.stop && moment.plan.no_sun && moment.evse.charging;
    fades(moment) && !memory.previous.is_some_and(|old| fades(&old))
}

fn runs_for_a_while(memory: &Memory, moment: &Moment) -> Verdict {
    if !fades_now(memory, moment) {
        return Verdict::Silent;
    }
    let since = memory.charging_since.unwrap_or(moment.now);
    claim(moment.now.since(since) >= moment.config.tuning.solar_min_run)
}

fn never_stops(memory: &Memory, moment: &Moment) -> Verdict {
    let solar = moment.config.mode == Mode::Solar && moment.evse.charging;
    if !solar || moment.config.stop != Minutes::ZERO {
        return Verdict::Silent;
    }
    claim(!fades_now(memory, moment))
}

/// The EVSE with the phases that it would load at its next closing.
fn local(moment: &Moment) -> EvseView {
    let phases = match (moment.config.has_auto_phases(), moment.plan.three_phase) {
        (true, true) => PhaseSet::THREE,
        (true, false) => PhaseSet::SINGLE,
        (false, _) => moment.evse.phases,
    };
    if moment.evse.charging {
        moment.evse
    } else {
        EvseView {
            phases,
            ..moment.evse
        }
    }
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
    let ceiling = Ceiling::of(config, &blind, &local(moment)).current;
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
        ..local(moment)
    };
    let ceiling = Ceiling::of(&moment.config, &moment.site, &free);
    claim(moment.plan.offered <= ceiling.current)
}

/// Longest wait of an EVSE for which MIN is free.
const LONGEST_WAIT: Duration = Duration::from_secs(90);

fn waits_with_room(moment: &Moment) -> bool {
    let (config, evse) = (&moment.config, local(moment));
    let sighted = !moment.plan.mains_stale && !moment.plan.ev_stale && !config.has_ev_meter;
    let able = sighted && config.role != Role::Node && config.quarter.is_none();
    let waits = evse.wants && !evse.charging && evse.phases.count() > 0;
    able && waits && has_sun(moment) && may_start(config, &moment.site, &evse, &[])
}

/// More export than START, the home battery left out.
fn has_sun(moment: &Moment) -> bool {
    let (config, site) = (&moment.config, &moment.site);
    let battery = battery_current(moment.now, config.mode, site);
    let sum = site.mains.sample().map(|sample| sample.value.sum());
    let export = sum.map(|sum| battery - sum);
    config.mode != Mode::Solar || export.is_some_and(|export| export > config.start.to_deci())
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
            let phases = i32::from(local(moment).phases.count());
            let sum = moment.plan.offered.times(phases);
            claim(sum <= moment.config.tuning.relay_budget)
        }
        Some(_) | None => Verdict::Silent,
    }
}
