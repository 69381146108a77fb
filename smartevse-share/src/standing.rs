//! What holds for a group as a whole, gathered in one pass each.

use smartevse_types::{DeciAmps, Instant};

use crate::allocate::Member;
use crate::share_config::ShareView;
use crate::slot::Slot;

/// What the reports of all EVSEs say together.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen {
    /// Somebody began to want current.
    pub(crate) newcomers: bool,
    /// Kept for EVSEs that no order reaches; 0.1 A.
    pub(crate) beyond_control: DeciAmps,
    /// The first that does not obey.
    pub(crate) rogue: Option<u16>,
}

impl Seen {
    /// Takes in one EVSE after it was observed.
    pub(crate) fn note(&mut self, slot: &Slot, view: &ShareView, index: u16, now: Instant) {
        self.newcomers |= slot.newcomer;
        self.beyond_control += slot.exposure.beyond_control(view, now);
        if self.rogue.is_none() && slot.exposure.is_rogue() {
            self.rogue = Some(index);
        }
    }
}

/// How the members stand after the decision.
#[derive(Clone, Copy, Default)]
pub(crate) struct Standing {
    /// Somebody could be served.
    pub(crate) wanted: bool,
    /// Somebody is served.
    pub(crate) served: bool,
    /// Somebody waits who could be served.
    pub(crate) waiting: bool,
}

impl Standing {
    pub(crate) fn of(members: &[Member]) -> Self {
        let mut all = Self::default();
        for member in members {
            all.served |= member.admitted;
            all.wanted |= member.turn.candidate;
            all.waiting |= member.turn.candidate && !member.admitted;
        }
        all
    }
}
