//! The blocks as structs; every decoder takes any words.

use smartevse_types::{Access, Amps, Celsius, DeciAmps, Mode, PerPhase, Seconds};

use super::registers::Block;
use super::setting::SettingId;
use super::state::{ErrorBits, NodeState};

/// A number from the wire that may have no meaning; it stays visible then.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Code<T> {
    /// A number with a meaning.
    Known(T),
    /// Any other number.
    Unknown(u16),
}

impl<T: Copy> Code<T> {
    /// The meaning, if there is one.
    #[must_use]
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

/// The mode of a number on the wire.
pub(crate) const fn mode_of(word: u16) -> Code<Mode> {
    match word {
        0 => Code::Known(Mode::Normal),
        1 => Code::Known(Mode::Smart),
        2 => Code::Known(Mode::Solar),
        other => Code::Unknown(other),
    }
}

/// The access of a number on the wire.
pub(crate) const fn access_of(word: u16) -> Code<Access> {
    match word {
        0 => Code::Known(Access::Off),
        1 => Code::Known(Access::On),
        2 => Code::Known(Access::Pause),
        other => Code::Unknown(other),
    }
}

/// A current as an unsigned word; what does not fit stays at the end.
pub(crate) fn current_word(current: DeciAmps) -> u16 {
    u16::try_from(current.as_deci().max(0)).unwrap_or(u16::MAX)
}

fn signed_word(value: i32) -> u16 {
    let bounded = value.clamp(i32::from(i16::MIN), i32::from(i16::MAX));
    let short = i16::try_from(bounded).unwrap_or_default();
    u16::from_be_bytes(short.to_be_bytes())
}

const fn signed(word: u16) -> i16 {
    i16::from_be_bytes(word.to_be_bytes())
}

/// Number in register 0x0009 for a current that nobody measures.
const NOT_MEASURED: u16 = u16::MAX;

/// The status block 0x0000–0x000B (power share 4.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NodeStatus {
    /// State of the charging control.
    pub state: NodeState,
    /// Error bits 0–7.
    pub errors: ErrorBits,
    /// Present set-point; dA.
    pub set_point: DeciAmps,
    /// Mode.
    pub mode: Code<Mode>,
    /// Solar stop timer; s, 0 = off.
    pub solar_timer: Seconds,
    /// Authorisation.
    pub access: Code<Access>,
    /// The EV meter settings changed since the master read them.
    pub config_changed: bool,
    /// Lower of MAX and cable; A, 0–255.
    pub capacity: Amps,
    /// Phases in use; 0 = the node does not tell.
    pub phases: u8,
    /// Highest measured phase; dA. `None` unless the node tells its phases:
    /// firmware without this register sends 0, which is no measurement (I-21).
    pub measured: Option<DeciAmps>,
    /// Temperature.
    pub temperature: Celsius,
    /// Low word of the serial number.
    pub serial: u16,
}

impl Default for NodeStatus {
    fn default() -> Self {
        Self::from_words([0; 12])
    }
}

impl NodeStatus {
    /// Number of registers that every version has.
    pub const SHORT: usize = 8;

    /// Reads the block; total. `None` with fewer than 8 registers; registers
    /// that are missing behind them read 0.
    #[must_use]
    pub fn decode(words: &[u16]) -> Option<Self> {
        let mut all = [0; 12];
        if words.len() < Self::SHORT {
            return None;
        }
        for (slot, word) in all.iter_mut().zip(words) {
            *slot = *word;
        }
        Some(Self::from_words(all))
    }

    fn from_words(words: [u16; 12]) -> Self {
        let [
            state,
            errors,
            set_point,
            mode,
            timer,
            access,
            changed,
            capacity,
            phases,
            measured,
            temperature,
            serial,
        ] = words;
        let [_, capacity] = capacity.to_be_bytes();
        let phases = u8::try_from(phases).ok().filter(|phases| *phases <= 3);
        let phases = phases.unwrap_or_default();
        let is_measured = phases > 0 && measured != NOT_MEASURED;
        Self {
            state: NodeState::from_word(state),
            errors: ErrorBits::from_word(errors),
            set_point: DeciAmps::from_deci(i32::from(set_point)),
            mode: mode_of(mode),
            solar_timer: Seconds::from_secs(u32::from(timer)),
            access: access_of(access),
            config_changed: changed != 0,
            capacity: Amps::from_amps(u16::from(capacity)),
            phases,
            measured: is_measured.then(|| DeciAmps::from_deci(i32::from(measured))),
            temperature: Celsius::from_celsius(signed(temperature)),
            serial,
        }
    }

    /// The registers of the block.
    #[must_use]
    pub fn encode(&self) -> [u16; 12] {
        let mode = match self.mode {
            Code::Known(mode) => mode as u16,
            Code::Unknown(word) => word,
        };
        let access = match self.access {
            Code::Known(access) => access as u16,
            Code::Unknown(word) => word,
        };
        [
            self.state.to_word(),
            self.errors.to_word(),
            current_word(self.set_point),
            mode,
            u16::try_from(self.solar_timer.as_secs()).unwrap_or(u16::MAX),
            access,
            u16::from(self.config_changed),
            self.capacity.as_amps().min(255),
            u16::from(self.phases),
            self.measured.map_or(NOT_MEASURED, current_word),
            signed_word(i32::from(self.temperature.as_celsius())),
            self.serial,
        ]
    }
}

/// The broadcast block 0x0020–0x002A (power share 4.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Currents {
    /// Set-points of the master and of Node 1–7; dA.
    pub set_points: [DeciAmps; 8],
    /// Mains currents; `None` in the form with 8 registers.
    pub mains: Option<PerPhase<DeciAmps>>,
}

impl Currents {
    /// Highest set-point that a broadcast may carry; dA (decision 15).
    pub const MOST: DeciAmps = DeciAmps::from_deci(800);

    /// Reads 8 or 11 registers; `None` for any other number.
    #[must_use]
    pub fn decode(words: &[u16]) -> Option<Self> {
        let (set_points, rest) = words.split_first_chunk::<8>()?;
        let mains = match *rest {
            [] => None,
            [l1, l2, l3] => {
                let amps = |word| DeciAmps::from_deci(i32::from(signed(word)));
                Some(PerPhase::new([l1, l2, l3].map(amps)))
            }
            _ => return None,
        };
        let set_points = set_points.map(|word| DeciAmps::from_deci(i32::from(word)));
        Some(Self { set_points, mains })
    }

    /// Writes the registers and gives their number, 8 or 11.
    #[must_use]
    pub fn encode(&self) -> ([u16; 11], usize) {
        let mut words = [0; 11];
        for (word, current) in words.iter_mut().zip(self.set_points) {
            *word = current_word(current);
        }
        let Some(mains) = self.mains else {
            return (words, 8);
        };
        for (word, current) in words.iter_mut().skip(8).zip(mains.as_array()) {
            *word = signed_word(current.as_deci());
        }
        (words, 11)
    }
}

/// The settings block 0x0100–0x0109 of one node (power share 4.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct NodeConfig {
    /// The registers in order.
    pub words: [u16; 10],
}

/// The settings block 0x0200–0x0215 of the group, in the order as sent
/// (power share 4.4). MIN is not in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SystemConfig {
    /// The registers in order.
    pub words: [u16; 22],
}

impl NodeConfig {
    /// The value of a setting, if it is in this block.
    #[must_use]
    pub fn value(&self, id: SettingId) -> Option<u16> {
        value(Block::NodeConfig, &self.words, id)
    }

    /// The same block with another value; unchanged if the setting is not in it.
    #[must_use]
    pub fn with(mut self, id: SettingId, value: u16) -> Self {
        put(Block::NodeConfig, &mut self.words, id, value);
        self
    }
}

impl SystemConfig {
    /// The value of a setting, if it is in this block.
    #[must_use]
    pub fn value(&self, id: SettingId) -> Option<u16> {
        value(Block::SystemConfig, &self.words, id)
    }

    /// The same block with another value; unchanged if the setting is not in it.
    #[must_use]
    pub fn with(mut self, id: SettingId, value: u16) -> Self {
        put(Block::SystemConfig, &mut self.words, id, value);
        self
    }
}

fn value(block: Block, words: &[u16], id: SettingId) -> Option<u16> {
    let (found, at) = id.place()?;
    (found == block).then(|| words.get(at).copied())?
}

fn put(block: Block, words: &mut [u16], id: SettingId, value: u16) {
    if let Some((found, at)) = id.place() {
        let slot = words.get_mut(at).filter(|_| found == block);
        slot.into_iter().for_each(|slot| *slot = value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Power share 5.2: the answer of a node that asks for C.
    #[test]
    fn when_the_example_status_is_read_then_it_asks_for_c() {
        let words = [6, 0, 0x3C, 1, 0, 1, 0, 0x10];
        let status = NodeStatus::decode(&words).unwrap();
        assert_eq!(status.state, NodeState::CommC);
        assert_eq!(status.set_point, DeciAmps::from_deci(60));
        assert_eq!(status.mode, Code::Known(Mode::Smart));
        assert_eq!(status.capacity, Amps::from_amps(16));
        assert_eq!(status.measured, None, "not told");
        assert_eq!(status.encode()[..8], words);
        assert_eq!(NodeStatus::decode(&words[..7]), None);
    }

    /// I-21: the 0 of firmware that does not measure is no measurement.
    #[test]
    fn when_the_node_tells_no_phases_then_its_current_is_unknown() {
        let mut words = [0; 12];
        assert_eq!(NodeStatus::decode(&words).unwrap().measured, None);
        words[8] = 3;
        let zero = NodeStatus::decode(&words).unwrap().measured;
        assert_eq!(zero, Some(DeciAmps::ZERO));
        words[9] = 0xFFFF;
        assert_eq!(NodeStatus::decode(&words).unwrap().measured, None);
    }

    /// Power share 5.2: both forms of the broadcast.
    #[test]
    fn when_the_example_broadcast_is_written_then_the_words_match() {
        let amps = DeciAmps::from_deci;
        let mut currents = Currents {
            set_points: [160, 0, 60, 0, 0, 0, 0, 0].map(amps),
            mains: Some(PerPhase::new([125, -20, 5].map(amps))),
        };
        let (words, count) = currents.encode();
        assert_eq!(count, 11);
        assert_eq!(words, [0xA0, 0, 0x3C, 0, 0, 0, 0, 0, 0x7D, 0xFFEC, 5]);
        assert_eq!(Currents::decode(&words), Some(currents));
        currents.mains = None;
        assert_eq!(Currents::decode(&words[..8]), Some(currents));
        assert_eq!(Currents::decode(&words[..9]), None);
    }

    /// Power share 4.3, 4.4: each block holds its own settings only.
    #[test]
    fn when_a_setting_is_in_the_other_block_then_there_is_no_value() {
        let node = NodeConfig::default().with(SettingId::Max, 16);
        assert_eq!(node.value(SettingId::Max), Some(16));
        assert_eq!(node.words[3], 16);
        assert_eq!(node.value(SettingId::Mains), None);
        let system = SystemConfig::default().with(SettingId::Mains, 25);
        assert_eq!(system.words[4], 25);
        assert_eq!(system.with(SettingId::Max, 9), system);
    }
}
