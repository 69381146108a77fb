//! Charging states with their published numbers and texts
//! (charging specification §2.1).

use core::fmt;

use crate::faults::Faults;

/// State of the charging control.
///
/// The numbers are published over Modbus and REST and never change. Suffix 1
/// means that the EVSE offers nothing; plain `B` and `C` are the IEC states B2
/// and C2.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[repr(u8)]
pub enum ChargeState {
    /// No vehicle, or a vehicle without access.
    #[default]
    A = 0,
    /// Vehicle connected, energy offered.
    B = 1,
    /// Energy flows.
    C = 2,
    /// Energy flows and the vehicle asked for ventilation.
    D = 3,
    /// A node asks its master for A → B.
    CommB = 4,
    /// The master granted B.
    CommBOk = 5,
    /// A node asks its master for B → C.
    CommC = 6,
    /// The master granted C.
    CommCOk = 7,
    /// Wake-up pulse.
    Activate = 8,
    /// Vehicle connected, nothing offered.
    B1 = 9,
    /// Nothing offered any more, the contactor still closed for a grace time.
    C1 = 10,
    /// Modem requested, pilot isolated.
    ModemRequest = 11,
    /// 5 % duty, waiting for the modem.
    ModemWait = 12,
    /// Modem finished, pilot isolated.
    ModemDone = 13,
    /// Vehicle refused.
    ModemDenied = 14,
}

impl ChargeState {
    /// Every state in the order of its number.
    pub const ALL: [Self; 15] = [
        Self::A,
        Self::B,
        Self::C,
        Self::D,
        Self::CommB,
        Self::CommBOk,
        Self::CommC,
        Self::CommCOk,
        Self::Activate,
        Self::B1,
        Self::C1,
        Self::ModemRequest,
        Self::ModemWait,
        Self::ModemDone,
        Self::ModemDenied,
    ];

    /// Published number.
    #[must_use]
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// Short name used in logs, traces and vectors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::CommB => "COMM_B",
            Self::CommBOk => "COMM_B_OK",
            Self::CommC => "COMM_C",
            Self::CommCOk => "COMM_C_OK",
            Self::Activate => "Activate",
            Self::B1 => "B1",
            Self::C1 => "C1",
            Self::ModemRequest => "MODEM_REQ",
            Self::ModemWait => "MODEM_WAIT",
            Self::ModemDone => "MODEM_DONE",
            Self::ModemDenied => "MODEM_DENIED",
        }
    }

    /// Text of the web page and of MQTT.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::A => "Ready to Charge",
            Self::B => "Connected to EV",
            Self::C => "Charging",
            Self::D => "D",
            Self::CommB => "Request State B",
            Self::CommBOk => "State B OK",
            Self::CommC => "Request State C",
            Self::CommCOk => "State C OK",
            Self::Activate => "Activate",
            Self::B1 => "Charging Stopped",
            Self::C1 => "Stop Charging",
            Self::ModemRequest => "Modem Setup",
            Self::ModemWait => "Modem Request",
            Self::ModemDone => "Modem Done",
            Self::ModemDenied => "Modem Denied",
        }
    }

    /// IEC 61851 letter as published in REST: `E` while any fault other than
    /// LESS_6A and NO_SUN is set.
    #[must_use]
    pub fn letter(self, faults: Faults) -> char {
        if !faults
            .difference(Faults::LESS_6A | Faults::NO_SUN)
            .is_empty()
        {
            return 'E';
        }
        match self {
            Self::A => 'A',
            Self::B
            | Self::CommB
            | Self::CommBOk
            | Self::Activate
            | Self::B1
            | Self::ModemRequest
            | Self::ModemWait
            | Self::ModemDone => 'B',
            Self::C | Self::CommC | Self::CommCOk | Self::C1 => 'C',
            Self::D => 'D',
            Self::ModemDenied => 'E',
        }
    }

    /// Whether the vehicle sees no pilot because the modem begins or ends.
    #[must_use]
    pub const fn isolates_for_modem(self) -> bool {
        matches!(
            self,
            Self::ModemRequest | Self::ModemDone | Self::ModemDenied
        )
    }

    /// Whether the main contactor may be closed in this state (I-01).
    #[must_use]
    pub const fn may_close(self) -> bool {
        matches!(self, Self::C | Self::D | Self::C1)
    }
}

impl fmt::Display for ChargeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn when_listed_then_the_numbers_are_the_published_ones() {
        for (number, state) in ChargeState::ALL.iter().enumerate() {
            assert_eq!(usize::from(state.id()), number);
        }
    }

    #[test]
    fn when_a_fault_is_set_then_the_letter_is_e() {
        assert_eq!(ChargeState::B1.letter(Faults::RCM_TRIPPED), 'E');
        assert_eq!(ChargeState::B1.letter(Faults::LESS_6A), 'B');
        assert_eq!(ChargeState::C1.letter(Faults::empty()), 'C');
    }

    /// Charging 2.1: published names, texts and letters.
    #[test]
    fn when_published_then_name_text_and_letter_are_those_of_the_table() {
        let table = [
            ("A", "Ready to Charge", 'A'),
            ("B", "Connected to EV", 'B'),
            ("C", "Charging", 'C'),
            ("D", "D", 'D'),
            ("COMM_B", "Request State B", 'B'),
            ("COMM_B_OK", "State B OK", 'B'),
            ("COMM_C", "Request State C", 'C'),
            ("COMM_C_OK", "State C OK", 'C'),
            ("Activate", "Activate", 'B'),
            ("B1", "Charging Stopped", 'B'),
            ("C1", "Stop Charging", 'C'),
            ("MODEM_REQ", "Modem Setup", 'B'),
            ("MODEM_WAIT", "Modem Request", 'B'),
            ("MODEM_DONE", "Modem Done", 'B'),
            ("MODEM_DENIED", "Modem Denied", 'E'),
        ];
        for (state, (name, text, letter)) in ChargeState::ALL.into_iter().zip(table) {
            assert_eq!((state.name(), state.text()), (name, text));
            assert_eq!(format!("{state}"), name);
            for waiting in [Faults::empty(), Faults::LESS_6A, Faults::NO_SUN] {
                assert_eq!(state.letter(waiting), letter, "{name}");
            }
        }
    }

    /// I-01
    #[test]
    fn when_listed_then_only_c_c1_and_d_may_close() {
        for state in ChargeState::ALL {
            let energy = matches!(state, ChargeState::C | ChargeState::C1 | ChargeState::D);
            assert_eq!(state.may_close(), energy, "{state:?}");
        }
    }

    use std::format;
}
