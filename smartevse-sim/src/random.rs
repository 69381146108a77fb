//! A small generator with a seed, so that a simulation can be repeated.

/// Generator of pseudo-random numbers (the SplitMix64 sequence).
///
/// Not for anything that must be hard to guess.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Starts a sequence; the same seed gives the same sequence.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number, any 64 bits.
    pub fn next_bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The next number, evenly spread over `-half_width..half_width`.
    pub fn spread(&mut self, half_width: f64) -> f64 {
        // 53 bits fill the mantissa of an f64.
        let unit = (self.next_bits() >> 11) as f64 / (1_u64 << 53) as f64;
        (unit * 2.0 - 1.0) * half_width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_seed_is_equal_then_the_sequence_is() {
        let (mut a, mut b) = (Random::new(6), Random::new(6));
        assert!((0..100).all(|_| a.next_bits() == b.next_bits()));
        assert_ne!(a.next_bits(), Random::new(7).next_bits());
    }

    #[test]
    fn when_spread_then_the_numbers_fill_the_width() {
        let mut random = Random::new(1);
        let numbers: Vec<f64> = (0..10_000).map(|_| random.spread(0.6)).collect();
        assert!(numbers.iter().all(|n| n.abs() <= 0.6));
        let mean = numbers.iter().sum::<f64>() / 10_000.0;
        assert!(mean.abs() < 0.02);
        assert!(numbers.iter().any(|n| *n > 0.55) && numbers.iter().any(|n| *n < -0.55));
    }
}
