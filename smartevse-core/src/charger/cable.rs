//! Cable coding with its stability filter (charging specification §1.5).

use smartevse_types::DeciAmps;

use super::agenda::{Agenda, Hold};
use super::timing::CODING_STABLE;
use crate::directive::ChargerConfig;
use crate::faults::Faults;
use crate::io::{HardwareFaults, Inputs, ProximityInput};
use crate::options::CableKind;
use crate::proximity::CableCoding;

/// Watches the proximity contact.
#[derive(Clone, Copy, Debug, Default)]
pub struct CableWatch {
    coding: Option<CableCoding>,
    candidate: Option<CableCoding>,
    stable: Hold,
}

impl CableWatch {
    pub fn update(&mut self, inputs: &Inputs, agenda: &mut Agenda) {
        let input = if inputs.hardware.contains(HardwareFaults::PROXIMITY) {
            ProximityInput::Missing
        } else {
            inputs.proximity
        };
        let seen = CableCoding::from_input(input);
        if seen != self.candidate {
            self.candidate = seen;
            self.stable.clear();
        }
        if self.stable.holds_for(true, CODING_STABLE, agenda) {
            self.coding = seen;
        }
    }

    /// The coding that counts; a fixed cable has none.
    pub fn coding(&self, config: &ChargerConfig) -> Option<CableCoding> {
        match config.cable {
            CableKind::Socket => self.coding,
            CableKind::Fixed => None,
        }
    }

    /// Largest current of the cable; `None` = no energy (I-17). A smaller rating
    /// counts at once, a larger one when it is stable.
    pub fn limit(&self, config: &ChargerConfig) -> Option<DeciAmps> {
        let rating = |coding: Option<CableCoding>| coding.and_then(CableCoding::limit);
        let limit = match config.cable {
            CableKind::Fixed => config.max,
            CableKind::Socket => {
                let stable = rating(self.coding)?;
                rating(self.candidate).map_or(stable, |seen| seen.min(stable))
            }
        };
        Some(limit.to_deci())
    }

    /// The contact shows no rating now, although the latest stable one counts
    /// for a moment: nothing begins with it.
    pub fn is_doubtful(&self, config: &ChargerConfig) -> bool {
        let rated = self.candidate.and_then(CableCoding::limit).is_some();
        config.cable == CableKind::Socket && !rated
    }

    pub fn faults(&self, config: &ChargerConfig) -> Faults {
        let mut faults = Faults::empty();
        let defect = self.coding(config).is_some_and(CableCoding::is_defect);
        faults.set(Faults::CABLE_FAULT, defect);
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::{Instant, Ohms};

    fn at(watch: &mut CableWatch, millis: u64, ohms: u32) -> Option<CableCoding> {
        let proximity = ProximityInput::Resistance(Ohms::from_ohms(ohms));
        let inputs = Inputs {
            proximity,
            ..Inputs::default()
        };
        watch.update(&inputs, &mut Agenda::new(Instant::from_millis(millis)));
        watch.coding(&ChargerConfig::default())
    }

    /// charging 1.5
    /// I-04, I-17: a contact that bounces ends no charge and begins none.
    #[test]
    fn when_the_rating_disappears_then_nothing_begins() {
        let config = ChargerConfig {
            cable: CableKind::Socket,
            ..ChargerConfig::default()
        };
        let mut watch = CableWatch::default();
        at(&mut watch, 0, 220);
        at(&mut watch, 50, 220);
        assert!(!watch.is_doubtful(&config));
        at(&mut watch, 60, 5_000);
        assert!(watch.is_doubtful(&config) && watch.limit(&config).is_some());
        at(&mut watch, 110, 5_000);
        assert!(watch.limit(&config).is_none());
    }

    /// I-17: what is not certain yet can only lower the current.
    #[test]
    fn when_a_smaller_rating_shows_then_it_counts_at_once() {
        let config = ChargerConfig {
            cable: CableKind::Socket,
            ..ChargerConfig::default()
        };
        let mut watch = CableWatch::default();
        for (millis, ohms, deci) in [(0, 100, None), (50, 100, Some(630)), (60, 220, Some(320))] {
            at(&mut watch, millis, ohms);
            let limit = watch.limit(&config).map(DeciAmps::as_deci);
            assert_eq!(limit, deci, "{millis}");
        }
        at(&mut watch, 200, 220);
        at(&mut watch, 210, 100);
        assert_eq!(watch.limit(&config).map(DeciAmps::as_deci), Some(320));
    }

    #[test]
    fn when_a_coding_is_unchanged_for_50_ms_then_it_counts() {
        let mut watch = CableWatch::default();
        assert_eq!(at(&mut watch, 0, 220), None);
        assert_eq!(at(&mut watch, 50, 225), Some(CableCoding::A32));
        assert_eq!(at(&mut watch, 60, 1_500), Some(CableCoding::A32));
        assert_eq!(at(&mut watch, 70, 220), Some(CableCoding::A32));
        assert_eq!(at(&mut watch, 80, 1_500), Some(CableCoding::A32));
        assert_eq!(at(&mut watch, 130, 1_500), Some(CableCoding::A13));
    }

    /// charging 1.5: a fixed cable has the rating MAX, its contact is ignored.
    #[test]
    fn when_the_cable_is_fixed_then_its_limit_is_max() {
        let mut watch = CableWatch::default();
        at(&mut watch, 0, 20);
        at(&mut watch, 50, 20);
        let fixed = ChargerConfig {
            cable: CableKind::Fixed,
            ..ChargerConfig::default()
        };
        assert_eq!(watch.limit(&fixed), Some(DeciAmps::from_deci(160)));
        assert_eq!(watch.faults(&fixed), Faults::empty());
        let socket = ChargerConfig::default();
        assert_eq!(watch.limit(&socket), None);
        assert_eq!(watch.faults(&socket), Faults::CABLE_FAULT);
    }
}
