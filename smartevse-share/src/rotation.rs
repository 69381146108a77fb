//! Whose turn it is: power share 8.4.
//!
//! Who hands over goes one lap further and thereby behind everybody who has
//! not had his turn in this lap. The laps are part of the sort key, so the
//! position survives every later decision.

use smartevse_types::{Duration, Instant};

use crate::allocate::Member;
use crate::rank::LAPS;
use crate::slot::Slot;

/// The clock of the rotation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rotation {
    due: Option<Instant>,
}

impl Rotation {
    /// Time until the next turn; zero when it does not run (I-12).
    #[must_use]
    pub fn left(&self, now: Instant) -> Duration {
        self.due.map_or(Duration::ZERO, |due| due.since(now))
    }

    /// When the next turn is due.
    #[must_use]
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Starts the clock: the second that has just passed counts already.
    pub fn start(&mut self, now: Instant, interval: Duration) {
        self.due = Some(now + interval - Duration::from_secs(1));
    }

    /// Starts the clock anew after a hand-over; zero = no rotation.
    pub fn reload(&mut self, now: Instant, interval: Duration) {
        self.due = (interval > Duration::ZERO).then_some(now + interval);
    }

    /// Keeps the clock within a new, shorter interval.
    pub fn shorten(&mut self, now: Instant, interval: Duration) {
        self.due = self.due.map(|due| due.earliest(now + interval));
    }

    /// Stops the clock.
    pub fn stop(&mut self) {
        self.due = None;
    }
}

/// The part of a key below the lap: base order and index.
const BASE_BITS: u64 = (1 << 48) - 1;

/// Sends the leaver behind its successor and everybody else of its lap.
pub(crate) fn hand_over(slots: &mut [Slot], leaver: &Member, successor: &Member) {
    let lap_of = |slots: &[Slot], member: &Member| {
        let slot = slots.get(usize::from(member.turn.index));
        slot.map_or(0, |slot| slot.lap)
    };
    let (old, ahead) = (lap_of(slots, leaver), lap_of(slots, successor));
    let base = |member: &Member| member.turn.key & BASE_BITS;
    let behind = if base(leaver) > base(successor) {
        ahead
    } else {
        ahead.saturating_add(1)
    };
    if let Some(slot) = slots.get_mut(usize::from(leaver.turn.index)) {
        slot.lap = old.saturating_add(1).max(behind);
    }
    close_up(slots, old);
}

/// Keeps the laps together: nobody stays more than one lap behind, and the
/// last lap is number 0.
fn close_up(slots: &mut [Slot], lap: u16) {
    let last = lap.saturating_sub(1);
    for slot in slots.iter_mut() {
        slot.lap = slot.lap.max(last);
    }
    let least = slots.iter().map(|slot| slot.lap).min().unwrap_or(0);
    for slot in slots {
        slot.lap = slot.lap.saturating_sub(least).min(LAPS);
    }
}

/// The lap in which a newcomer begins: where the rotation would find it.
///
/// `others` are lap and base order of those that want current already.
pub(crate) fn first_lap(own: u64, others: impl Iterator<Item = (u16, u64)> + Clone) -> u16 {
    let laps = others.clone().map(|(lap, _)| lap);
    let Some(least) = laps.clone().min() else {
        return 0;
    };
    let is_even = laps.max() == Some(least);
    let head_is_before = others
        .into_iter()
        .any(|(lap, base)| lap == least && base < own);
    if is_even || head_is_before {
        least
    } else {
        least.saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rank::{Class, key};
    use smartevse_types::DeciAmps;

    fn member(index: u16) -> Member {
        let mut member = Member::new(DeciAmps::ZERO, DeciAmps::ZERO);
        member.turn.index = index;
        member.turn.key = key(Class::Normal, 0, 0, index);
        member
    }

    fn laps(slots: &[Slot; 3]) -> [u16; 3] {
        slots.map(|slot| slot.lap)
    }

    /// T14: the pairs {0,1}, {1,2}, {2,0}, {0,1}.
    #[test]
    fn when_everybody_had_a_turn_then_the_laps_are_even_again() {
        let mut slots = [Slot::default(); 3];
        hand_over(&mut slots, &member(0), &member(2));
        assert_eq!(laps(&slots), [1, 0, 0]);
        hand_over(&mut slots, &member(1), &member(0));
        assert_eq!(laps(&slots), [1, 1, 0]);
        hand_over(&mut slots, &member(2), &member(1));
        assert_eq!(laps(&slots), [0, 0, 0]);
    }

    #[test]
    fn when_the_successor_is_a_lap_ahead_then_the_leaver_goes_behind_it() {
        let mut slots = [Slot::default(); 3];
        slots[2].lap = 1;
        hand_over(&mut slots, &member(0), &member(2));
        assert_eq!(laps(&slots), [2, 0, 1]);
        hand_over(&mut slots, &member(0), &member(2));
        assert_eq!(laps(&slots), [2, 0, 0]);
    }

    /// A newcomer joins where the rotation would find it.
    #[test]
    fn when_a_newcomer_is_before_the_head_then_it_waits_for_the_next_lap() {
        let others = [(1_u16, 10_u64), (0, 20), (0, 30)];
        assert_eq!(first_lap(40, others.into_iter()), 0);
        assert_eq!(first_lap(25, others.into_iter()), 0);
        assert_eq!(first_lap(15, others.into_iter()), 1);
        assert_eq!(first_lap(5, others.into_iter()), 1);
        assert_eq!(first_lap(5, [(3, 10), (3, 20)].into_iter()), 3);
        assert_eq!(first_lap(5, core::iter::empty()), 0);
    }

    /// Power share 8.4: 1800 → 1799 in the starting tick; a reload is whole.
    #[test]
    fn when_started_then_the_starting_second_counts() {
        let (now, interval) = (Instant::from_secs(100), Duration::from_minutes(30));
        let mut rotation = Rotation::default();
        assert_eq!(rotation.left(now), Duration::ZERO);
        rotation.start(now, interval);
        assert_eq!(rotation.left(now), Duration::from_secs(1799));
        rotation.reload(now, interval);
        assert_eq!(rotation.left(now), Duration::from_secs(1800));
        rotation.shorten(now, Duration::from_secs(60));
        assert_eq!(rotation.left(now), Duration::from_secs(60));
        rotation.reload(now, Duration::ZERO);
        assert_eq!(rotation.due(), None);
    }
}
