//! What the host of a node has to do after a frame.

use smartevse_types::{Access, DeciAmps, Mode, PerPhase, Seconds};

use super::setting::SettingId;
use super::state::ErrorBits;

/// Permission of the master (power share 5.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Grant {
    /// A → B: the pilot may offer current.
    B,
    /// B → C: the contactor may close.
    C,
}

/// One thing to do. All are facts and wishes: none sets a state, the charging
/// control judges each of them (charging I-31).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// The request of the node was granted; see [`Node::grant`](super::Node::grant).
    Granted(Grant),
    /// The share from now on; 0 = stop through C1.
    Share(DeciAmps),
    /// Mains currents as used by the master.
    MainsSeen(PerPhase<DeciAmps>),
    /// The error bits that come from the bus, all of them: LESS_6A from the
    /// master, CT_NOCOMM from the master or its silence.
    ErrorSet(ErrorBits),
    /// Change of mode, to be run as one (phases, delays), not as a stored value.
    Mode(Mode),
    /// The solar stop timer; 0 = off.
    SolarTimer(Seconds),
    /// Access; never a way out of Off.
    Access(Access),
    /// A wish for a setting, already inside its range.
    Setting(SettingId, u16),
    /// Whether a second master is heard: configuration error, MIN at most.
    SecondMaster(bool),
}

/// Most effects of one frame: a whole block and what a broadcast brings.
const MOST: usize = 24;

/// The effects of one call, in order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Effects {
    items: [Option<Effect>; MOST],
}

impl Effects {
    /// No effect.
    pub const NONE: Self = Self {
        items: [None; MOST],
    };

    /// Adds an effect. There is room for one of each register of a block.
    pub(crate) fn push(&mut self, effect: Effect) {
        if let Some(place) = self.items.iter_mut().find(|place| place.is_none()) {
            *place = Some(effect);
        }
    }

    /// The effects in order.
    pub fn iter(&self) -> impl Iterator<Item = Effect> + '_ {
        self.items.iter().copied().flatten()
    }
}
