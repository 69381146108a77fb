//! Which data is missing or too old (regulation 2.4).

use smartevse_types::{Duration, Instant, Mode};

use crate::config::Config;
use crate::site::{PhaseCurrents, Site};

/// Age at which an EV meter that guards CIRCUIT is no guard any more
/// (decision 13).
const CIRCUIT_TIMEOUT: Duration = Duration::from_secs(11);
/// Age at which a silent EV meter ends the charge (decision 38).
const EV_TIMEOUT: Duration = Duration::from_secs(64);
/// A sample is stale when its age exceeds the limit, not when it reaches it.
const JUST_AFTER: Duration = Duration::from_micros(1);

/// What cannot be trusted now, and when that may change by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Health {
    /// Mains data that charging needs is missing (CT_NOCOMM).
    pub(crate) mains_stale: bool,
    /// Mains data that only guards is missing: no raise, down to MIN.
    pub(crate) guard_stale: bool,
    /// Since when CIRCUIT has no guard.
    pub(crate) circuit_stale: Option<Instant>,
    /// The EV meter is silent (EV_NOCOMM).
    pub(crate) ev_stale: bool,
    /// Next moment at which one of these can begin.
    pub(crate) deadline: Instant,
}

impl Health {
    pub(crate) fn of(now: Instant, config: &Config, site: &Site) -> Self {
        let mains = expiry(&site.mains, config.tuning.mains_timeout);
        let circuit = expiry(&site.circuit, CIRCUIT_TIMEOUT);
        let silent = expiry(&site.circuit, EV_TIMEOUT);
        let guards = config.guards_circuit();
        let watches_ev = guards && config.mode != Mode::Normal;
        let mains_late = config.guards_mains() && now >= mains;
        let watched = [
            (config.guards_mains(), mains),
            (guards, circuit),
            (watches_ev, silent),
        ];
        Self {
            mains_stale: mains_late && config.needs_mains(),
            guard_stale: mains_late && !config.needs_mains(),
            circuit_stale: (guards && now >= circuit).then_some(circuit),
            ev_stale: watches_ev && now >= silent,
            deadline: next(now, &watched),
        }
    }
}

/// When the latest sample becomes stale; at once when there is none.
fn expiry(latest: &PhaseCurrents, max_age: Duration) -> Instant {
    let sample = latest.sample();
    sample.map_or(Instant::ZERO, |sample| sample.at + max_age + JUST_AFTER)
}

fn next(now: Instant, watched: &[(bool, Instant)]) -> Instant {
    let coming = watched.iter().filter(|(used, at)| *used && *at > now);
    coming
        .map(|(_, at)| *at)
        .fold(Instant::FAR_FUTURE, Instant::earliest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::{DeciAmps, PerPhase};

    fn smart() -> Config {
        Config {
            mode: Mode::Smart,
            has_mains_meter: true,
            has_ev_meter: true,
            ..Config::default()
        }
    }

    fn site(at: Instant) -> Site {
        let mut site = Site::default();
        site.mains.update(PerPhase::splat(DeciAmps::ZERO), at);
        site.circuit.update(PerPhase::splat(DeciAmps::ZERO), at);
        site
    }

    /// Decision 56, decision 38.
    #[test]
    fn when_data_ages_then_each_limit_is_reported_in_turn() {
        let site = site(Instant::from_secs(1));
        let at = |secs| Health::of(Instant::from_secs(secs), &smart(), &site);
        let fresh = at(12);
        assert!(!fresh.mains_stale && fresh.circuit_stale.is_none());
        let late = Health::of(fresh.deadline, &smart(), &site);
        assert!(late.mains_stale && late.circuit_stale.is_some() && !late.ev_stale);
        let silent = Health::of(late.deadline, &smart(), &site);
        assert!(silent.ev_stale);
        assert_eq!(silent.deadline, Instant::FAR_FUTURE);
    }

    /// Regulation 2.4: a dead meter does not matter in Normal.
    #[test]
    fn when_normal_then_nothing_is_stale() {
        let health = Health::of(Instant::from_secs(99), &Config::default(), &Site::default());
        assert!(!health.mains_stale && !health.ev_stale);
        assert_eq!(health.deadline, Instant::FAR_FUTURE);
    }
}
