//! The latest moments at which something happened.

use smartevse_types::Instant;

/// The latest `N` moments, `N` at most 255.
#[derive(Clone, Copy, Debug)]
pub struct Recent<const N: usize> {
    /// Oldest first; only the last `count` of them count.
    moments: [Instant; N],
    count: u8,
}

impl<const N: usize> Recent<N> {
    /// Nothing has happened yet.
    pub const NEVER: Self = Self {
        moments: [Instant::ZERO; N],
        count: 0,
    };

    pub fn note(&mut self, now: Instant) {
        let moments = self.moments.iter_mut().rev();
        moments.fold(now, |newer, moment| core::mem::replace(moment, newer));
        self.count = self.count.saturating_add(1);
    }

    /// The first of the latest `N`; `None` while there are fewer.
    pub fn oldest(&self) -> Option<Instant> {
        let full = usize::from(self.count) >= N;
        self.moments.first().copied().filter(|_| full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_noted_often_enough_then_the_oldest_is_known() {
        let mut recent = Recent::<2>::NEVER;
        let mut oldest = |secs| {
            recent.note(Instant::from_secs(secs));
            recent.oldest()
        };
        assert_eq!(oldest(1), None);
        assert_eq!(oldest(2), Some(Instant::from_secs(1)));
        for secs in 3..400 {
            assert_eq!(oldest(secs), Some(Instant::from_secs(secs - 1)));
        }
    }
}
