//! State numbers and error bits as they cross the bus.

use super::effect::Grant;

/// State of a node as published in register 0x0000 (power share 4.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum NodeState {
    /// 0: no vehicle, or a vehicle without access.
    #[default]
    A,
    /// 1: energy offered.
    B,
    /// 2: charging.
    C,
    /// 3: charging with ventilation.
    D,
    /// 4: asks for A → B.
    CommB,
    /// 5: B granted.
    CommBOk,
    /// 6: asks for B → C.
    CommC,
    /// 7: C granted.
    CommCOk,
    /// 8: wake-up pulse.
    Activate,
    /// 9: vehicle connected, nothing offered.
    B1,
    /// 10: stopping, contactor still closed.
    C1,
    /// 11: modem requested.
    ModemRequest,
    /// 12: waiting for the modem.
    ModemWait,
    /// 13: modem finished.
    ModemDone,
    /// 14: vehicle refused.
    ModemDenied,
    /// A number without a meaning; it may be charging.
    Unknown(u8),
}

/// Every known state in the order of its number.
const KNOWN: [NodeState; 15] = [
    NodeState::A,
    NodeState::B,
    NodeState::C,
    NodeState::D,
    NodeState::CommB,
    NodeState::CommBOk,
    NodeState::CommC,
    NodeState::CommCOk,
    NodeState::Activate,
    NodeState::B1,
    NodeState::C1,
    NodeState::ModemRequest,
    NodeState::ModemWait,
    NodeState::ModemDone,
    NodeState::ModemDenied,
];

impl NodeState {
    /// Reads the low byte of register 0x0000; total.
    #[must_use]
    pub fn from_word(word: u16) -> Self {
        let [_, code] = word.to_be_bytes();
        let known = KNOWN.get(usize::from(code)).copied();
        known.unwrap_or(Self::Unknown(code))
    }

    /// The published number.
    #[must_use]
    pub fn to_word(self) -> u16 {
        if let Self::Unknown(code) = self {
            return u16::from(code);
        }
        let at = KNOWN.iter().position(|state| *state == self);
        at.and_then(|at| u16::try_from(at).ok()).unwrap_or_default()
    }

    /// Tells whether the contactor may be closed, or close without another
    /// grant (power share 9.2). An unknown number may be anything.
    #[must_use]
    pub const fn may_draw(self) -> bool {
        matches!(
            self,
            Self::C | Self::D | Self::C1 | Self::CommCOk | Self::Unknown(_)
        )
    }

    /// The grant that a node in this state waits for (power share 5.3).
    #[must_use]
    pub fn asks(self) -> Option<Grant> {
        let pairs = [(Self::CommB, Grant::B), (Self::CommC, Grant::C)];
        let found = pairs.into_iter().find(|(state, _)| *state == self);
        found.map(|(_, grant)| grant)
    }

    /// Tells whether a vehicle is connected, as far as the number says so.
    #[must_use]
    pub const fn is_connected(self) -> bool {
        !matches!(self, Self::A | Self::Unknown(_))
    }
}

/// Low byte of the error flags, the part that crosses the bus
/// (power share 4.1; decision 5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ErrorBits(u8);

impl ErrorBits {
    /// No error.
    pub const NONE: Self = Self(0);
    /// 1: less than MIN available.
    pub const LESS_6A: Self = Self(1);
    /// 2: no mains currents; on a node: no master.
    pub const CT_NOCOMM: Self = Self(2);
    /// 4: too hot.
    pub const TEMP_HIGH: Self = Self(4);
    /// 8: EV meter silent.
    pub const EV_NOCOMM: Self = Self(8);
    /// 16: residual current.
    pub const RCM_TRIPPED: Self = Self(16);
    /// 32: residual-current test.
    pub const RCM_TEST: Self = Self(32);
    /// 64: input-output test.
    pub const TEST_IO: Self = Self(64);
    /// 128: update running.
    pub const BL_FLASH: Self = Self(128);

    /// Reads the low byte of register 0x0001; total.
    #[must_use]
    pub const fn from_word(word: u16) -> Self {
        let [_, bits] = word.to_be_bytes();
        Self(bits)
    }

    /// The register word.
    #[must_use]
    pub const fn to_word(self) -> u16 {
        self.0 as u16
    }

    /// Tells whether all of these bits are set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The bits that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The bits that are in both.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Power share 4.1: every number keeps its meaning, unknown ones stay visible.
    #[test]
    fn when_a_number_is_read_then_it_is_written_back() {
        for word in 0..=255 {
            assert_eq!(NodeState::from_word(word).to_word(), word);
        }
        assert_eq!(NodeState::from_word(10), NodeState::C1);
        assert_eq!(NodeState::from_word(14), NodeState::ModemDenied);
        assert_eq!(NodeState::from_word(99), NodeState::Unknown(99));
        assert_eq!(NodeState::from_word(0x0102), NodeState::C, "low byte only");
    }

    /// Power share 9.2: what is not understood may draw.
    #[test]
    fn when_the_state_is_unknown_then_it_may_draw() {
        assert!(NodeState::Unknown(200).may_draw());
        assert!(NodeState::C1.may_draw() && NodeState::CommCOk.may_draw());
        assert!(!NodeState::CommC.may_draw() && !NodeState::B1.may_draw());
    }
}
