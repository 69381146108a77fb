//! Limits of one EVSE that need no measurement of the site.

use smartevse_types::{Amps, DeciAmps, LimitedBy, Mode};

use crate::config::{Config, Role};
use crate::site::{EvseView, Site};

/// The hard end of every set-point (decision 15).
pub(crate) const HARD_CAP: DeciAmps = DeciAmps::from_deci(800);

/// The highest current that one EVSE may offer, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ceiling {
    /// Highest current per phase; 0.1 A. Below MIN: no charging at all.
    pub current: DeciAmps,
    /// What sets it.
    pub by: LimitedBy,
}

impl Ceiling {
    /// Works through the final clamp (regulation 7); each step may only lower.
    #[must_use]
    pub fn of(config: &Config, site: &Site, evse: &EvseView) -> Self {
        let max = Self {
            current: config.max.to_deci().min(HARD_CAP),
            by: LimitedBy::Max,
        };
        max.lowered(Some(evse.cap), LimitedBy::Cable)
            .lowered(master_circuit(config), circuit_name(evse))
            .lowered(ocpp(config, evse), LimitedBy::Ocpp)
            .lowered(requested(config, evse), LimitedBy::Override)
            .lowered(relay(config, site, evse), LimitedBy::GridRelay)
    }

    pub(crate) fn lowered(self, limit: Option<DeciAmps>, by: LimitedBy) -> Self {
        match limit {
            Some(current) if current < self.current => Self { current, by },
            Some(_) | None => self,
        }
    }
}

/// A master keeps to CIRCUIT even without a meter (regulation 6.1).
fn master_circuit(config: &Config) -> Option<DeciAmps> {
    (config.role == Role::Master).then(|| config.circuit.to_deci())
}

fn circuit_name(evse: &EvseView) -> LimitedBy {
    let phase = smartevse_types::Phase::ALL
        .into_iter()
        .find(|phase| evse.phases.has(*phase));
    phase.map_or(LimitedBy::Share, LimitedBy::Circuit)
}

fn ocpp(config: &Config, evse: &EvseView) -> Option<DeciAmps> {
    let limit = evse.ocpp_limit?.max(DeciAmps::ZERO);
    (config.role == Role::StandAlone).then_some(limit)
}

/// An override outside MIN–MAX, or in Solar, is ignored (regulation 7.4).
fn requested(config: &Config, evse: &EvseView) -> Option<DeciAmps> {
    let wish = evse.override_current?;
    let in_range = wish >= config.floor() && wish <= config.max.to_deci();
    (in_range && config.mode != Mode::Solar).then_some(wish)
}

/// An open relay leaves a sum for all phases together (regulation 11).
fn relay(config: &Config, site: &Site, evse: &EvseView) -> Option<DeciAmps> {
    let phases = i32::from(evse.phases.count());
    let share = config.tuning.relay_budget.divided_by(phases);
    site.grid_relay_open.then_some(share)
}

/// Whether a current is one that IEC 61851-1 can announce: 0 or 6–80 A.
#[must_use]
pub fn is_announceable(current: DeciAmps) -> bool {
    let lowest = Amps::from_amps(6).to_deci();
    current == DeciAmps::ZERO || (current >= lowest && current <= HARD_CAP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::PhaseSet;

    fn evse(cap: i32) -> EvseView {
        EvseView {
            wants: true,
            cap: DeciAmps::from_deci(cap),
            ..EvseView::default()
        }
    }

    fn ceiling(config: &Config, site: &Site, evse: &EvseView) -> (i32, LimitedBy) {
        let found = Ceiling::of(config, site, evse);
        (found.current.as_deci(), found.by)
    }

    /// Regulation 11 and the last line of chapter 15.
    #[test]
    fn when_the_relay_opens_then_the_sum_is_18_a() {
        let config = Config {
            max: Amps::from_amps(32),
            ..Config::default()
        };
        let site = Site {
            grid_relay_open: true,
            ..Site::default()
        };
        let mut evse = evse(320);
        assert_eq!(ceiling(&config, &site, &evse), (60, LimitedBy::GridRelay));
        evse.phases = PhaseSet::SINGLE;
        assert_eq!(ceiling(&config, &site, &evse), (180, LimitedBy::GridRelay));
    }

    /// an override only lowers.
    #[test]
    fn when_overridden_then_the_cable_still_limits() {
        let config = Config {
            max: Amps::from_amps(32),
            ..Config::default()
        };
        let site = Site::default();
        let mut evse = evse(130);
        evse.override_current = Some(DeciAmps::from_deci(320));
        assert_eq!(ceiling(&config, &site, &evse), (130, LimitedBy::Cable));
        evse.override_current = Some(DeciAmps::from_deci(80));
        assert_eq!(ceiling(&config, &site, &evse), (80, LimitedBy::Override));
        evse.override_current = Some(DeciAmps::from_deci(50));
        assert_eq!(ceiling(&config, &site, &evse), (130, LimitedBy::Cable));
    }

    #[test]
    fn when_the_central_system_limits_then_only_stand_alone() {
        let mut config = Config::default();
        let mut evse = evse(160);
        evse.ocpp_limit = Some(DeciAmps::from_deci(40));
        let site = Site::default();
        assert_eq!(ceiling(&config, &site, &evse), (40, LimitedBy::Ocpp));
        config.role = Role::Master;
        assert_eq!(ceiling(&config, &site, &evse), (160, LimitedBy::Max));
    }

    /// I-03: 0, or 6 to 80 A.
    #[test]
    fn when_between_zero_and_6_a_then_a_current_cannot_be_announced() {
        let cases = [(-1, false), (0, true), (1, false), (59, false), (60, true)];
        for (deci, can) in cases.into_iter().chain([(800, true), (801, false)]) {
            assert_eq!(is_announceable(DeciAmps::from_deci(deci)), can, "{deci}");
        }
    }
}
