//! Who may charge and with how much: power share 7 and 10.2.
//!
//! The members come in rank order. First everybody gets its minimum as long as
//! all limits allow it (a lexicographic choice: the best rank first, a later
//! and smaller one may still fit). What is left is shared by water-filling.

use smartevse_types::DeciAmps;

use crate::fill::{Rising, fill};
use crate::limit::{self, Limit, Place};

/// How the current above the minima is shared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Share {
    /// Everybody the same, as far as caps and limits allow (max-min fair).
    #[default]
    Equal,
    /// The best rank up to its cap, then the next one.
    PriorityFill,
}

/// One EVSE as the allocator sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// Lowest current; 0.1 A.
    pub min: DeciAmps,
    /// Highest current; 0.1 A. Below `min` it cannot charge.
    pub max: DeciAmps,
    /// Weight of its share; 1–255, default 1 (power share 10.2). 0 counts as 1.
    pub weight: u8,
    /// Where it is connected.
    pub place: Place,
    /// The outcome: it may charge.
    pub admitted: bool,
    /// The outcome; 0.1 A, 0 or from `min` to `max`.
    pub current: DeciAmps,
    /// `current` in fractions, while a common level is sought.
    pub(crate) fine: i64,
    /// Its current stands.
    pub(crate) settled: bool,
    /// What the scheduler has to remember while it decides.
    pub(crate) turn: Turn,
}

/// The scheduler's notes on one member.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Turn {
    /// Sort key: the smallest has the best rank.
    pub key: u64,
    /// Number of its EVSE.
    pub index: u16,
    /// It wants current and its cap reaches MIN.
    pub candidate: bool,
    /// It was Active before this decision.
    pub active: bool,
    /// It may not be displaced yet.
    pub protected: bool,
    /// It waits for its restart margin (anti-flap).
    pub held: bool,
}

impl Member {
    /// A member of weight 1 on all phases of circuit 0.
    #[must_use]
    pub fn new(min: DeciAmps, max: DeciAmps) -> Self {
        Self {
            min,
            max,
            weight: 1,
            place: Place::default(),
            admitted: false,
            current: DeciAmps::ZERO,
            fine: 0,
            settled: false,
            turn: Turn::default(),
        }
    }

    /// Whether its cap reaches its minimum (decision 36).
    #[must_use]
    pub fn is_capable(&self) -> bool {
        self.max >= self.min && self.max > DeciAmps::ZERO
    }
}

/// Shares the limits among members in rank order; each call is a fresh
/// decision without history.
///
/// Takes at most a few passes over the members for one limit, and at most as
/// many rounds as there are limits.
///
/// # Examples
///
/// Three EVSEs from 6 to 32 A, room for two (power share, row P10):
///
/// ```
/// use smartevse_share::{Conductor, Limit, Member, Share, allocate};
/// use smartevse_types::{DeciAmps, LimitedBy, Phase};
///
/// let da = DeciAmps::from_deci;
/// let mut members = [Member::new(da(60), da(320)); 3];
/// let circuit = LimitedBy::Circuit(Phase::L1);
/// let mut limits = [Limit::new(da(140), Conductor::Phase(Phase::L1), circuit)];
/// allocate(&mut members, &mut limits, Share::Equal);
/// assert_eq!(members.map(|member| member.current), [da(70), da(70), da(0)]);
/// ```
pub fn allocate(members: &mut [Member], limits: &mut [Limit], share: Share) {
    limit::open(limits);
    if allocate_alike(members, limits, share).is_none() {
        divide(members, limits, share);
    }
}

/// The same where every member counts the same in every limit; `None` if they
/// differ.
fn allocate_alike(members: &mut [Member], limits: &mut [Limit], share: Share) -> Option<()> {
    let place = members.first()?.place;
    let mut one = limit::merge(limits, place)?;
    let (before, mut left) = (one.left(), one.left());
    for member in members.iter_mut() {
        if member.place != place || member.weight > 1 {
            return None;
        }
        member.admitted = member.is_capable() && left >= member.min;
        if member.admitted {
            left -= member.min;
        }
    }
    one.left = left;
    spread(members, core::slice::from_mut(&mut one), share);
    limit::take(limits, place, before - one.left());
    Some(())
}

/// One limit in place of all, where every member counts the same: the place of
/// all, and the limit.
pub(crate) fn merged(members: &[Member], limits: &[Limit]) -> Option<(Place, Limit)> {
    let place = members.first()?.place;
    let same = |member: &Member| member.place == place && member.weight <= 1;
    if !members.iter().all(same) {
        return None;
    }
    Some((place, limit::merge(limits, place)?))
}

fn divide(members: &mut [Member], limits: &mut [Limit], share: Share) {
    for member in members.iter_mut() {
        member.admitted = member.is_capable() && limit::fits(limits, member.place, member.min);
        if member.admitted {
            limit::take(limits, member.place, member.min);
        }
    }
    spread(members, limits, share);
}

/// Shares what the minima of the admitted members left.
pub(crate) fn spread(members: &mut [Member], limits: &mut [Limit], share: Share) {
    let mut rising = Rising::NOBODY;
    for member in members.iter_mut() {
        member.current = if member.admitted {
            member.min
        } else {
            DeciAmps::ZERO
        };
        member.fine = 0;
        member.settled = !member.admitted || member.max <= member.min;
        if !member.settled {
            rising.add(member);
        }
    }
    match share {
        Share::Equal => fill(members, limits, &rising),
        Share::PriorityFill => fill_in_rank_order(members, limits),
    }
}

fn fill_in_rank_order(members: &mut [Member], limits: &mut [Limit]) {
    for member in members.iter_mut().filter(|member| !member.settled) {
        let extra = (member.max - member.min).min(limit::room(limits, member.place));
        if extra > DeciAmps::ZERO {
            member.current += extra;
            limit::take(limits, member.place, extra);
        }
    }
}
