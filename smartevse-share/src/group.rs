//! A group of EVSEs with its memory in one place.

use smartevse_types::{DeciAmps, Instant};

use crate::allocate::Member;
use crate::limit::Limit;
use crate::scheduler::{Scheduler, ShareDecision, ShareInputs, ShareTable};
use crate::share_config::ShareConfig;
use crate::slot::Slot;

/// A scheduler with the memory of `N` EVSEs; index 0 is the Master.
///
/// # Examples
///
/// Two vehicles, current for one: the Master is served, Node 1 waits.
///
/// ```
/// use smartevse_share::{Conductor, Group, Limit, Schedule, ShareConfig, ShareInputs, ShareView};
/// use smartevse_types::{DeciAmps, Instant, LimitedBy, Phase};
///
/// let da = DeciAmps::from_deci;
/// let view = ShareView {
///     online: true,
///     connected: true,
///     wants: true,
///     cap: da(320),
///     ..ShareView::default()
/// };
/// let mut group: Group<2> = Group::new();
/// let mut limits = [Limit::new(da(110), Conductor::Phase(Phase::L1), LimitedBy::Circuit(Phase::L1))];
/// let inputs = ShareInputs { views: &[view; 2], ..ShareInputs::default() };
/// let now = Instant::from_secs(1);
/// let decision = group.step(now, &ShareConfig::default(), &inputs, &mut limits);
/// assert!(!decision.nobody_served);
/// assert_eq!(group.orders(), [da(110), da(0)]);
/// assert_eq!(group.slots().map(|slot| slot.schedule()), [Schedule::Active, Schedule::Paused]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Group<const N: usize = 8> {
    slots: [Slot; N],
    members: [Member; N],
    scheduler: Scheduler,
}

impl<const N: usize> Default for Group<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Group<N> {
    /// A group without history.
    #[must_use]
    pub fn new() -> Self {
        Self {
            slots: [Slot::default(); N],
            members: [Member::new(DeciAmps::ZERO, DeciAmps::ZERO); N],
            scheduler: Scheduler::new(),
        }
    }

    /// Decides who gets how much, see [`Scheduler::step`].
    pub fn step(
        &mut self,
        now: Instant,
        config: &ShareConfig,
        inputs: &ShareInputs<'_>,
        limits: &mut [Limit],
    ) -> ShareDecision {
        let table = ShareTable {
            slots: &mut self.slots,
            members: &mut self.members,
            limits,
        };
        self.scheduler.step(now, config, inputs, table)
    }

    /// What is decided and remembered for each EVSE.
    #[must_use]
    pub const fn slots(&self) -> &[Slot; N] {
        &self.slots
    }

    /// One EVSE, for instance to restore its history.
    pub fn slot_mut(&mut self, index: usize) -> Option<&mut Slot> {
        self.slots.get_mut(index)
    }

    /// The set-points to announce now, by index; 0.1 A.
    #[must_use]
    pub fn orders(&self) -> [DeciAmps; N] {
        self.of_each(Slot::order)
    }

    /// Place of an EVSE in the order of service, 0 = first; `None` when it
    /// takes no part.
    #[must_use]
    pub fn rank(&self, index: usize) -> Option<usize> {
        let mut order = self.members.iter().filter(|one| one.turn.candidate);
        order.position(|one| usize::from(one.turn.index) == index)
    }

    /// The shares, by index; 0.1 A.
    #[must_use]
    pub fn allocated(&self) -> [DeciAmps; N] {
        self.of_each(Slot::allocated)
    }

    /// A current of each slot. `map` would copy all slots to the stack first.
    fn of_each(&self, current: fn(&Slot) -> DeciAmps) -> [DeciAmps; N] {
        let mut all = [DeciAmps::ZERO; N];
        for (place, slot) in all.iter_mut().zip(&self.slots) {
            *place = current(slot);
        }
        all
    }
}
