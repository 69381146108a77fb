//! Water-filling: one common level for all who share a limit.
//!
//! A level λ gives each member `weight · λ`, but at least its minimum and at
//! most its cap. The level rises until a limit is used up; the members of that
//! limit keep their value, the others rise on (progressive filling, power share
//! 10.2). Each level is found by Newton steps inside a bracket, exact to the
//! last unit: one more unit would break the limit.
//!
//! With one limit for everybody the unit is 0.1 A and the result is exact. With
//! several limits the unit is 2⁻²⁴ of it; what is cut off is then handed out
//! again in steps of 0.1 A.

use smartevse_types::DeciAmps;

use crate::allocate::Member;
use crate::limit::{self, Limit, Place};

/// Bits behind the point of a fine current.
const SHIFT: u32 = 24;
/// 0.1 A as a fine current.
const ONE: i64 = 1 << SHIFT;
/// A fraction above this is a whole number that lost its last bits.
const NEARLY_ONE: i64 = ONE.saturating_sub(ONE >> 8);
/// Newton steps before the bracket is halved instead, so that no arrangement
/// of caps can make the search long.
const NEWTON_STEPS: u32 = 6;

/// Raises the members that are not settled from their minimum.
pub(crate) fn fill(members: &mut [Member], limits: &mut [Limit], rising: &Rising) {
    match rising.count {
        0 => {}
        _ if rising.is_mixed => fill_many(members, limits),
        _ => fill_one(members, limits, rising),
    }
}

/// The members that can rise; 0.1 A.
pub(crate) struct Rising {
    place: Place,
    /// They count differently in some limit, or have weights.
    is_mixed: bool,
    count: i32,
    /// Sum of their minima.
    minima: DeciAmps,
    /// The highest of their minima.
    highest_min: DeciAmps,
    /// The lowest and the highest of their caps.
    lowest: DeciAmps,
    highest: DeciAmps,
}

impl Rising {
    pub(crate) const NOBODY: Self = Self {
        place: Place::ALL,
        is_mixed: false,
        count: 0,
        minima: DeciAmps::ZERO,
        highest_min: DeciAmps::ZERO,
        lowest: DeciAmps::MAX,
        highest: DeciAmps::ZERO,
    };

    /// Counts one more that can rise.
    pub(crate) fn add(&mut self, member: &Member) {
        if self.count == 0 {
            self.place = member.place;
        }
        self.is_mixed |= member.weight > 1 || member.place != self.place;
        self.count = self.count.saturating_add(1);
        self.minima += member.min;
        self.highest_min = self.highest_min.max(member.min);
        self.lowest = self.lowest.min(member.max);
        self.highest = self.highest.max(member.max);
    }
}

fn fill_one(members: &mut [Member], limits: &mut [Limit], all: &Rising) {
    let room = limit::room(limits, all.place);
    let (level, mut rest) = level_of(members, all, room.as_deci().max(0));
    let mut given = DeciAmps::ZERO;
    for member in members.iter_mut().filter(|member| !member.settled) {
        let value = level.max(member.min).min(member.max);
        let extra = rest > DeciAmps::ZERO && value == level && level < member.max;
        let unit = DeciAmps::from_deci(i32::from(extra));
        rest -= unit;
        member.current = value + unit;
        given += member.current - member.min;
    }
    limit::take(limits, all.place, given);
}

/// The highest whole level at which they take no more than this above their
/// minima, and what is left above it.
fn level_of(members: &[Member], all: &Rising, room: i32) -> (DeciAmps, DeciAmps) {
    let rising = || members.iter().filter(|member| !member.settled);
    let budget = room.saturating_add(all.minima.as_deci());
    let (mut low, mut high) = (0, all.highest.as_deci().saturating_add(1));
    let mut level = budget.checked_div(all.count).unwrap_or(0);
    if level >= all.highest_min.as_deci() && level < all.lowest.as_deci() {
        let even = level.saturating_mul(all.count);
        let rest = DeciAmps::from_deci(budget.saturating_sub(even));
        return (DeciAmps::from_deci(level), rest);
    }
    for step in 0..=NEWTON_STEPS.saturating_add(i32::BITS) {
        let (mut sum, mut linear) = (0_i32, 0_i32);
        for member in rising() {
            let (min, max) = (member.min.as_deci(), member.max.as_deci());
            sum = sum.saturating_add(level.max(min).min(max));
            linear = linear.saturating_add(i32::from(level >= min && level < max));
        }
        let rest = budget.saturating_sub(sum);
        if rest >= 0 {
            if rest < linear {
                return (DeciAmps::from_deci(level), DeciAmps::from_deci(rest));
            }
            low = level;
        } else {
            high = level;
        }
        if high.saturating_sub(low) <= 1 {
            break;
        }
        level = next_level((low, high), level, (rest, linear), step);
    }
    (DeciAmps::from_deci(low), DeciAmps::ZERO)
}

/// A Newton step, or half the bracket where that leads outside of it.
fn next_level(bracket: (i32, i32), level: i32, (rest, linear): (i32, i32), step: u32) -> i32 {
    let (low, high) = bracket;
    let newton = level.saturating_add(rest.div_euclid(linear.max(1)));
    if step < NEWTON_STEPS && newton > low && newton < high {
        return newton;
    }
    low.midpoint(high)
}

fn fill_many(members: &mut [Member], limits: &mut [Limit]) {
    prepare(members, limits);
    for _ in 0..=limits.len() {
        let levels = limits.iter().filter_map(|limit| fine_level(members, limit));
        let Some((level, tightest)) = lowest(levels) else {
            break;
        };
        freeze(members, limits, level, &tightest);
    }
    settle_rest(members);
    hand_out(members, limits);
}

/// Sets the fine room of each limit to what its rising members may have
/// together.
fn prepare(members: &mut [Member], limits: &mut [Limit]) {
    for limit in limits.iter_mut() {
        limit.fine = i64::from(limit.left.as_deci()).saturating_mul(ONE);
    }
    for member in members.iter().filter(|member| !member.settled) {
        for limit in limits.iter_mut() {
            let part = fine(member.min).saturating_mul(i64::from(limit.weight(member.place)));
            limit.fine = limit.fine.saturating_add(part);
        }
    }
}

/// The level at which a limit is used up; `None` if its members all reach
/// their caps or have settled.
fn fine_level(members: &[Member], limit: &Limit) -> Option<(i64, Limit)> {
    let of_limit = |member: &&Member| !member.settled && limit.weight(member.place) > 0;
    let rising = || members.iter().filter(of_limit);
    let highest = rising().map(|member| member.max).max()?;
    let (mut low, mut high) = (0_i64, fine(highest).saturating_add(1));
    if demand(rising(), limit, high).0 <= limit.fine {
        return None;
    }
    let mut level = low.midpoint(high);
    for step in 0..=NEWTON_STEPS.saturating_add(i64::BITS) {
        let (sum, slope) = demand(rising(), limit, level);
        let rest = limit.fine.saturating_sub(sum);
        if rest >= 0 {
            low = level;
        } else {
            high = level;
        }
        if high.saturating_sub(low) <= 1 || (rest >= 0 && rest < slope) {
            break;
        }
        let newton = level.saturating_add(rest.div_euclid(slope.max(1)));
        let inside = step < NEWTON_STEPS && newton > low && newton < high;
        level = if inside { newton } else { low.midpoint(high) };
    }
    Some((low, *limit))
}

/// What the members of a limit take at a level, and how much more at the next.
fn demand<'a>(members: impl Iterator<Item = &'a Member>, limit: &Limit, level: i64) -> (i64, i64) {
    members.fold((0, 0), |(sum, slope), member| {
        let count = i64::from(limit.weight(member.place));
        let value = value_at(member, level);
        let rises =
            value >= fine(member.min) && value < fine(member.max) && !held_up(member, level);
        let step = count.saturating_mul(weight_of(member));
        (
            i64::saturating_add(sum, count.saturating_mul(value)),
            i64::saturating_add(slope, step.saturating_mul(i64::from(rises))),
        )
    })
}

/// Whether its minimum is above its part of the level.
fn held_up(member: &Member, level: i64) -> bool {
    level.saturating_mul(weight_of(member)) < fine(member.min)
}

fn weight_of(member: &Member) -> i64 {
    i64::from(member.weight.max(1))
}

fn fine(current: DeciAmps) -> i64 {
    i64::from(current.as_deci()).saturating_mul(ONE)
}

fn value_at(member: &Member, level: i64) -> i64 {
    let (min, max) = (fine(member.min), fine(member.max));
    level.saturating_mul(weight_of(member)).max(min).min(max)
}

fn lowest(levels: impl Iterator<Item = (i64, Limit)>) -> Option<(i64, Limit)> {
    levels.min_by_key(|(level, _)| *level)
}

/// Settles the members of the tightest limit and all at their cap.
fn freeze(members: &mut [Member], limits: &mut [Limit], level: i64, tightest: &Limit) {
    for member in members.iter_mut().filter(|member| !member.settled) {
        let value = value_at(member, level);
        if tightest.weight(member.place) == 0 && value < fine(member.max) {
            continue;
        }
        (member.fine, member.settled) = (value, true);
        for limit in limits.iter_mut() {
            let part = value.saturating_mul(i64::from(limit.weight(member.place)));
            limit.fine = limit.fine.saturating_sub(part);
        }
        accept(member);
    }
}

/// No limit binds the rest: everybody gets its cap.
fn settle_rest(members: &mut [Member]) {
    for member in members.iter_mut().filter(|member| !member.settled) {
        member.fine = fine(member.max);
        accept(member);
        member.settled = true;
    }
}

fn accept(member: &mut Member) {
    let whole = i32::try_from(member.fine >> SHIFT).unwrap_or(0);
    member.current = DeciAmps::from_deci(whole);
}

/// Takes the raises out of the limits and gives the cut-off parts back in
/// steps of 0.1 A, in rank order: first to those that lost only their last
/// bits, then to those that stand at a level, then to anybody.
fn hand_out(members: &mut [Member], limits: &mut [Limit]) {
    for member in members.iter().filter(|member| member.admitted) {
        limit::take(limits, member.place, member.current - member.min);
    }
    let fraction = |member: &Member| member.fine & ONE.saturating_sub(1);
    give_one(members, limits, |member| fraction(member) >= NEARLY_ONE);
    give_one(members, limits, |member| {
        fraction(member) > 0 && fraction(member) < NEARLY_ONE
    });
    give_one(members, limits, |member| fraction(member) == 0);
}

fn give_one(members: &mut [Member], limits: &mut [Limit], chosen: impl Fn(&Member) -> bool) {
    let unit = DeciAmps::from_deci(1);
    for member in members.iter_mut() {
        let open = member.admitted && member.max > member.current && member.fine > 0;
        if open && chosen(member) && limit::fits(limits, member.place, unit) {
            member.current += unit;
            limit::take(limits, member.place, unit);
        }
    }
}
