//! The order in which EVSEs are served: power share 8.2.
//!
//! One number for each EVSE holds everything that decides, the best rank is
//! the smallest: class (candidates that may be idle come last), lap of the
//! rotation, base order of the strategy, index. The order is kept between
//! calls; sorting what is already in order costs one pass.

use smartevse_types::Instant;

use crate::allocate::Member;
use crate::share_config::Priority;

/// Which EVSEs come before which others, whatever the strategy says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// Wants current.
    Normal,
    /// Was idle; may be tried again where it displaces nobody (decision 35).
    Retry,
    /// Was idle not long ago.
    Idle,
    /// Does not want current, or cannot get any.
    Out,
}

/// Laps that a key can hold.
pub const LAPS: u16 = 1 << 13;

/// Place in the base order of a strategy: the smallest has the best rank.
///
/// Known times come before unknown ones; times within one second are equal
/// (power share 8.2).
#[must_use]
pub fn base(priority: Priority, connected_at: Option<Instant>) -> u32 {
    const LAST: u32 = u32::MAX - 1;
    if priority == Priority::ModbusAddress {
        return 0;
    }
    let seconds = connected_at.map(|at| u32::try_from(at.as_secs()).unwrap_or(LAST).min(LAST));
    match priority {
        Priority::ModbusAddress => 0,
        Priority::FirstConnected => seconds.unwrap_or(u32::MAX),
        Priority::LastConnected => seconds.map_or(u32::MAX, |at| LAST.saturating_sub(at)),
    }
}

/// The sort key of an EVSE.
#[must_use]
pub fn key(class: Class, lap: u16, base: u32, index: u16) -> u64 {
    let class = match class {
        Class::Normal => 0_u64,
        Class::Retry => 1,
        Class::Idle => 2,
        Class::Out => 3,
    };
    let lap = u64::from(lap.min(LAPS));
    class << 62 | lap << 48 | u64::from(base) << 16 | u64::from(index)
}

/// Up to this number a simple insertion is the fastest.
const FEW: usize = 24;

/// Puts the members into rank order.
pub fn sort(members: &mut [Member]) {
    let keys = |pair: &[Member]| matches!(pair, [a, b] if a.turn.key <= b.turn.key);
    if members.windows(2).all(keys) {
        return;
    }
    if members.len() <= FEW {
        insertion_sort(members);
    } else {
        heap_sort(members);
    }
}

/// Exchanges two members if the first has a worse rank than the second.
fn order(members: &mut [Member], first: usize, second: usize) -> bool {
    let (Some(a), Some(b)) = (members.get(first).copied(), members.get(second).copied()) else {
        return false;
    };
    if a.turn.key <= b.turn.key {
        return false;
    }
    if let Some(place) = members.get_mut(first) {
        *place = b;
    }
    if let Some(place) = members.get_mut(second) {
        *place = a;
    }
    true
}

fn insertion_sort(members: &mut [Member]) {
    for end in 1..members.len() {
        let mut at = end;
        while at > 0 && order(members, at.saturating_sub(1), at) {
            at = at.saturating_sub(1);
        }
    }
}

fn heap_sort(members: &mut [Member]) {
    let len = members.len();
    for root in (0..len / 2).rev() {
        sift_down(members, root, len);
    }
    for end in (1..len).rev() {
        exchange(members, 0, end);
        sift_down(members, 0, end);
    }
}

fn exchange(members: &mut [Member], first: usize, second: usize) {
    if let Ok([a, b]) = members.get_disjoint_mut([first, second]) {
        core::mem::swap(a, b);
    }
}

/// Restores the heap (the worst rank on top) below one place.
fn sift_down(members: &mut [Member], root: usize, len: usize) {
    let key = |members: &[Member], at: usize| members.get(at).map_or(0, |member| member.turn.key);
    let mut at = root;
    loop {
        let left = at.saturating_mul(2).saturating_add(1);
        let right = left.saturating_add(1);
        if left >= len {
            return;
        }
        let right_is_worse = right < len && key(members, right) > key(members, left);
        let child = if right_is_worse { right } else { left };
        if key(members, at) >= key(members, child) {
            return;
        }
        exchange(members, at, child);
        at = child;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::DeciAmps;

    fn at(seconds: u64) -> Option<Instant> {
        Some(Instant::from_secs(seconds))
    }

    /// Power share 8.2: known before unknown, whatever the direction.
    #[test]
    fn when_times_are_known_then_they_come_before_unknown_ones() {
        for priority in [Priority::FirstConnected, Priority::LastConnected] {
            assert!(base(priority, at(0)) < base(priority, None));
            assert!(base(priority, at(u64::MAX / 2_000_000)) < base(priority, None));
        }
        assert!(base(Priority::FirstConnected, at(1)) < base(Priority::FirstConnected, at(2)));
        assert!(base(Priority::LastConnected, at(1)) > base(Priority::LastConnected, at(2)));
        assert_eq!(
            base(Priority::ModbusAddress, at(7)),
            base(Priority::ModbusAddress, None)
        );
    }

    /// T23: the same second counts as the same time.
    #[test]
    fn when_plugged_in_within_a_second_then_the_times_are_equal() {
        let early = Some(Instant::from_millis(5_001));
        let late = Some(Instant::from_millis(5_999));
        assert_eq!(
            base(Priority::FirstConnected, early),
            base(Priority::FirstConnected, late)
        );
    }

    #[test]
    fn when_keys_are_compared_then_class_beats_lap_beats_base_beats_index() {
        let list = [
            key(Class::Normal, 0, 5, 9),
            key(Class::Normal, 0, 6, 1),
            key(Class::Normal, 0, 6, 2),
            key(Class::Normal, 1, 0, 0),
            key(Class::Normal, LAPS, u32::MAX, u16::MAX),
            key(Class::Retry, 0, 0, 0),
            key(Class::Idle, 0, 0, 0),
            key(Class::Out, 0, 0, 0),
        ];
        assert!(list.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn when_sorted_then_every_length_is_in_order() {
        let mut seed = 12_345_u64;
        for len in [0, 1, 2, 3, 8, 24, 25, 26, 64, 511, 512] {
            let member = Member::new(DeciAmps::ZERO, DeciAmps::ZERO);
            let mut members = vec_of(member, len);
            let members = &mut members[..len];
            for member in members.iter_mut() {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                member.turn.key = seed >> 33;
            }
            let sum = |list: &[Member]| list.iter().fold(0, |sum, m| sum ^ m.turn.key);
            let before = sum(members);
            sort(members);
            assert!(
                members.windows(2).all(|p| p[0].turn.key <= p[1].turn.key),
                "{len}"
            );
            assert_eq!(sum(members), before);
        }
    }

    fn vec_of(member: Member, len: usize) -> [Member; 512] {
        assert!(len <= 512);
        [member; 512]
    }
}
