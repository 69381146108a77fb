//! Which samples are news: a cycle acts on a sample at most once.

use smartevse_types::{DeciAmps, Instant, PerPhase, Sample};

use crate::RESPONSE_TIME;
use crate::site::PhaseCurrents;

/// Remembers the last sample that was acted on (regulation 2.3).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gate {
    last: Option<Sample<PerPhase<DeciAmps>>>,
}

impl Gate {
    /// Gives the sample if it is news.
    ///
    /// A kept running number is a repeat. So are three identical values that
    /// are less than the response time of a vehicle younger: the transport may
    /// be one that cannot tell.
    pub(crate) fn admit(
        &mut self,
        now: Instant,
        latest: &PhaseCurrents,
    ) -> Option<Sample<PerPhase<DeciAmps>>> {
        let sample = latest.sample()?;
        if self.last.is_some_and(|last| is_repeat(&last, &sample)) || sample.at > now {
            return None;
        }
        self.last = Some(sample);
        Some(sample)
    }
}

fn is_repeat(last: &Sample<PerPhase<DeciAmps>>, new: &Sample<PerPhase<DeciAmps>>) -> bool {
    let same_value = new.value == last.value && new.at.since(last.at) < RESPONSE_TIME;
    new.sequence == last.sequence || new.at <= last.at || same_value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::from_secs(secs)
    }

    fn currents(deci: i32) -> PerPhase<DeciAmps> {
        PerPhase::splat(DeciAmps::from_deci(deci))
    }

    /// R-03, regulation 2.3.
    #[test]
    fn when_the_same_sample_comes_again_then_it_is_no_news() {
        let (mut gate, mut mains) = (Gate::default(), PhaseCurrents::NEVER);
        mains.update(currents(100), at(1));
        assert!(gate.admit(at(1), &mains).is_some());
        assert!(gate.admit(at(9), &mains).is_none());
    }

    /// Regulation 2.3: identical values are a repeat for 5 s.
    #[test]
    fn when_values_are_identical_then_they_are_news_after_five_seconds() {
        let (mut gate, mut mains) = (Gate::default(), PhaseCurrents::NEVER);
        mains.update(currents(100), at(1));
        assert!(gate.admit(at(1), &mains).is_some());
        mains.update(currents(100), at(5));
        assert!(gate.admit(at(5), &mains).is_none());
        mains.update(currents(100), at(6));
        assert!(gate.admit(at(6), &mains).is_some());
    }

    #[test]
    fn when_a_sample_comes_from_the_future_then_it_waits() {
        let (mut gate, mut mains) = (Gate::default(), PhaseCurrents::NEVER);
        mains.update(currents(100), at(9));
        assert!(gate.admit(at(8), &mains).is_none());
        assert!(gate.admit(at(9), &mains).is_some());
    }
}
