//! What the vehicle takes, where a meter tells.

use smartevse_types::{DeciAmps, Duration, Instant};

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
        measured: Option<(u32, Instant, DeciAmps)>,
        offered: DeciAmps,
    ) {
        let Some((number, at, current)) = measured.filter(|(_, at, _)| *at <= now) else {
            return;
        };
        if self.last.is_some_and(|(last, ..)| last == number) {
            return;
        }
        self.last = Some((number, at, current));
        let below = current < offered - LEFT_OVER;
        let since = self.below_since.unwrap_or(at);
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

    fn feed(draw: &mut Draw, secs: u64, deci: i32) {
        let (at, number) = (Instant::from_secs(secs), u32::try_from(secs).unwrap());
        let current = DeciAmps::from_deci(deci);
        draw.observe(at, Some((number, at, current)), DeciAmps::from_deci(160));
    }

    /// Regulation 6.3: anti-wind-up after 20 s.
    #[test]
    fn when_the_vehicle_takes_less_for_20_s_then_it_is_told() {
        let mut draw = Draw::default();
        feed(&mut draw, 0, 100);
        feed(&mut draw, 19, 149);
        assert!(!draw.is_idle_below());
        feed(&mut draw, 20, 100);
        assert!(draw.is_idle_below());
        feed(&mut draw, 22, 150);
        assert!(!draw.is_idle_below());
    }

    #[test]
    fn when_the_measurement_is_old_then_it_explains_nothing() {
        let mut draw = Draw::default();
        feed(&mut draw, 10, 100);
        let near = |secs| draw.measured_near(Instant::from_secs(secs));
        assert_eq!(near(14), Some(DeciAmps::from_deci(100)));
        assert_eq!(near(15), None);
    }
}
