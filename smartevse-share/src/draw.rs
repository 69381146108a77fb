//! What the vehicle takes, where a meter tells.

use smartevse_types::{DeciAmps, Duration, Instant, Phase, PhaseSet};

use crate::site::PhaseCurrents;

/// Oldest measurement of a vehicle that explains a mains sample
/// (regulation 6.1).
const MAX_AGE: Duration = Duration::from_secs(4);
/// A vehicle takes less than offered when this much is left over for
/// [`IDLE_SPAN`] (regulation 6.3).
const LEFT_OVER: DeciAmps = DeciAmps::from_deci(10);
const IDLE_SPAN: Duration = Duration::from_secs(20);

/// The latest measured current of a vehicle.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Draw {
    last: Option<(u32, Instant, DeciAmps)>,
    below_since: Option<Instant>,
}

impl Draw {
    /// Takes a measurement into account, each one once.
    pub(crate) fn observe(
        &mut self,
        now: Instant,
        latest: &PhaseCurrents,
        phases: PhaseSet,
        offered: DeciAmps,
    ) {
        let Some(sample) = latest.sample().filter(|sample| sample.at <= now) else {
            return;
        };
        if self
            .last
            .is_some_and(|(sequence, ..)| sequence == sample.sequence)
        {
            return;
        }
        let loaded = Phase::ALL.into_iter().filter(|phase| phases.has(*phase));
        let highest = loaded.map(|phase| sample.value.of(phase));
        let current = highest.fold(DeciAmps::ZERO, DeciAmps::max);
        self.last = Some((sample.sequence, sample.at, current));
        let below = current < offered - LEFT_OVER;
        let since = self.below_since.unwrap_or(sample.at);
        self.below_since = below.then_some(since);
    }

    /// The measured current, if it is of about the same time.
    pub(crate) fn measured_near(&self, at: Instant) -> Option<DeciAmps> {
        let (_, measured_at, current) = self.last?;
        let apart = at.since(measured_at).max(measured_at.since(at));
        (apart <= MAX_AGE).then_some(current)
    }

    /// Whether the vehicle has left more than 1 A unused for 20 s.
    pub(crate) fn is_idle_below(&self) -> bool {
        let last = self.last.zip(self.below_since);
        last.is_some_and(|((_, at, _), since)| at.since(since) >= IDLE_SPAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::PerPhase;

    fn feed(draw: &mut Draw, latest: &mut PhaseCurrents, secs: u64, deci: i32) {
        let at = Instant::from_secs(secs);
        let current = PerPhase::new([deci, 0, 0]).map(DeciAmps::from_deci);
        latest.update(current, at);
        draw.observe(at, latest, PhaseSet::THREE, DeciAmps::from_deci(160));
    }

    /// Regulation 6.3: anti-wind-up after 20 s.
    #[test]
    fn when_the_vehicle_takes_less_for_20_s_then_it_is_told() {
        let (mut draw, mut latest) = (Draw::default(), PhaseCurrents::NEVER);
        feed(&mut draw, &mut latest, 0, 100);
        feed(&mut draw, &mut latest, 19, 149);
        assert!(!draw.is_idle_below());
        feed(&mut draw, &mut latest, 20, 100);
        assert!(draw.is_idle_below());
        feed(&mut draw, &mut latest, 22, 150);
        assert!(!draw.is_idle_below());
    }

    #[test]
    fn when_the_measurement_is_old_then_it_explains_nothing() {
        let (mut draw, mut latest) = (Draw::default(), PhaseCurrents::NEVER);
        feed(&mut draw, &mut latest, 10, 100);
        let near = |secs| draw.measured_near(Instant::from_secs(secs));
        assert_eq!(near(14), Some(DeciAmps::from_deci(100)));
        assert_eq!(near(15), None);
    }
}
