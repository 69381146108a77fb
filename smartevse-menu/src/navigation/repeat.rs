//! Auto-repeat of a held button (menu specification §5.4).

use smartevse_types::{Duration, Instant};

use crate::values::Direction;

/// Time from the press to the first repeat.
const FIRST: Duration = Duration::from_millis(500);
/// Shortest interval.
const FLOOR: Duration = Duration::from_millis(20);

/// Repeats after which the steps of a wide number grow, and their size.
const SIZES: [(u16, u16); 3] = [(100, 1000), (60, 100), (20, 10)];

/// A held button.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Repeat {
    direction: Direction,
    due: Instant,
    interval: Duration,
    count: u16,
}

impl Repeat {
    /// Begins with a press.
    pub fn new(pressed_at: Instant, direction: Direction) -> Self {
        Self {
            direction,
            due: pressed_at + FIRST,
            interval: FIRST,
            count: 0,
        }
    }

    /// Direction of the held button.
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// When the next repeat is due.
    pub const fn due(&self) -> Instant {
        self.due
    }

    /// Takes a repeat; the next one comes sooner: the interval shrinks by an
    /// eighth, down to 20 ms. Late polls lose repeats, they never bunch.
    pub fn take(&mut self, now: Instant) -> bool {
        if now < self.due {
            return false;
        }
        self.count = self.count.saturating_add(1);
        let ms = self.interval.as_millis();
        let next = Duration::from_millis(ms.saturating_sub(ms / 8));
        self.interval = next.max(FLOOR);
        self.due = now + self.interval;
        true
    }

    /// Size of the present step: 1 for a narrow range, else 1, 10, 100, 1000.
    pub fn size(&self, wide: bool) -> u16 {
        let grown = SIZES.iter().find(|row| wide && self.count > row.0);
        grown.map_or(1, |row| row.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Menu specification §5.4: 500, 438, 384, 336, 294 … with a floor of
    /// 20 ms.
    #[test]
    fn when_a_button_is_held_then_the_intervals_shrink_to_the_floor() {
        let mut repeat = Repeat::new(Instant::ZERO, Direction::Up);
        let mut last = Instant::ZERO;
        let mut intervals = [0; 40];
        for slot in &mut intervals {
            let due = repeat.due();
            *slot = due.since(last).as_millis();
            assert!(!repeat.take(due - Duration::from_millis(1)));
            assert!(repeat.take(due));
            last = due;
        }
        assert_eq!(intervals[..6], [500, 438, 384, 336, 294, 258]);
        assert_eq!(intervals[39], 20);
        assert_eq!(repeat.direction(), Direction::Up);
    }

    /// Menu specification §5.4: 20 steps of 1, 40 of 10, 40 of 100, then 1000.
    #[test]
    fn when_a_button_is_held_then_the_steps_of_a_wide_number_grow() {
        let mut repeat = Repeat::new(Instant::ZERO, Direction::Up);
        let mut sizes = [0; 102];
        for slot in &mut sizes {
            assert!(repeat.take(repeat.due()));
            *slot = repeat.size(true);
            assert_eq!(repeat.size(false), 1);
        }
        let from = |at: usize| (sizes[at - 1], sizes[at]);
        assert_eq!(
            (from(20), from(60), from(100)),
            ((1, 10), (10, 100), (100, 1000))
        );
    }
}
