//! The card reader: it answers like a 1-Wire key on the line of the switch.

use embedded_hal_async::delay::DelayNs;

use crate::card::Uid;
use crate::hardware::{CardReader, ErrorKind, ErrorType};

/// Command that asks for the eight bytes of the key.
const READ_ROM: u8 = 0x33;
/// First byte of the older reader: six bytes of UID follow.
const OLD_READER: u8 = 0x01;
/// Pause between two looks for a card, ms.
const PAUSE_MS: u32 = 300;

/// Why eight bytes are no card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CardError {
    /// The checksum does not match: read again.
    Checksum,
    /// All bytes are zero: a line held low, whose checksum would match.
    Silent,
}

/// Checksum of 1-Wire keys: CRC-8, polynomial 0x8C reflected, start 0.
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| {
            if crc & 1 == 0 {
                crc >> 1
            } else {
                crc >> 1 ^ 0x8C
            }
        })
    })
}

/// Decodes the eight bytes of the reader (charging specification §6.2).
///
/// # Errors
///
/// [`CardError`] when the bytes are not those of a card.
fn decode(bytes: [u8; 8]) -> Result<Uid, CardError> {
    let [first, b1, b2, b3, b4, b5, b6, crc] = bytes;
    if bytes == [0; 8] {
        return Err(CardError::Silent);
    }
    if crc8(&[first, b1, b2, b3, b4, b5, b6]) != crc {
        return Err(CardError::Checksum);
    }
    let uid = if first == OLD_READER {
        Uid::new(&[b1, b2, b3, b4, b5, b6])
    } else {
        Uid::new(&[first, b1, b2, b3, b4, b5, b6])
    };
    uid.ok_or(CardError::Checksum)
}

/// An open-drain line with a clock for its slots.
pub trait SlotLine {
    /// Pulls the line low or lets it go.
    fn pull_low(&mut self, low: bool);

    /// Reads the line.
    fn is_high(&mut self) -> bool;

    /// Lets microseconds pass, at least.
    fn pass(&mut self, us: u32);

    /// Runs a part of a slot, at most 75 µs, without interrupts; a board whose
    /// processor has other means may leave this out.
    fn undisturbed<R>(&mut self, part: impl FnOnce(&mut Self) -> R) -> R {
        part(self)
    }
}

/// Pulls low, waits, lets go and waits; gives the level after the second wait.
///
/// Interrupts are held off: at most 75 µs, so that a pilot sample may come
/// late and be thrown away, but no bit can be misread.
fn pulse<L: SlotLine>(line: &mut L, low_us: u32, look_us: u32) -> bool {
    line.undisturbed(|line| {
        line.pull_low(true);
        line.pass(low_us);
        line.pull_low(false);
        line.pass(look_us);
        line.is_high()
    })
}

/// Resets the bus; gives whether somebody answered.
fn reset<L: SlotLine>(line: &mut L) -> bool {
    if !line.is_high() {
        // The switch is pressed: no room for slots.
        return false;
    }
    line.pull_low(true);
    line.pass(480);
    let answered = line.undisturbed(|line| {
        line.pull_low(false);
        line.pass(70);
        !line.is_high()
    });
    line.pass(410);
    answered && line.is_high()
}

fn write_bit<L: SlotLine>(line: &mut L, bit: bool) {
    let (low, rest) = if bit { (6, 69) } else { (65, 10) };
    let _ = pulse(line, low, 0);
    line.pass(rest);
}

fn read_bit<L: SlotLine>(line: &mut L) -> bool {
    let bit = pulse(line, 6, 8);
    line.pass(61);
    bit
}

fn read_byte<L: SlotLine>(line: &mut L) -> u8 {
    (0..8).fold(0, |byte, place| byte | u8::from(read_bit(line)) << place)
}

/// Looks for a card once; `None` when nobody answers.
pub fn look_for_card<L: SlotLine>(line: &mut L) -> Option<Result<Uid, CardError>> {
    if !reset(line) {
        return None;
    }
    for place in 0..8 {
        write_bit(line, READ_ROM >> place & 1 == 1);
    }
    let mut bytes = [0; 8];
    for byte in &mut bytes {
        *byte = read_byte(line);
    }
    Some(decode(bytes))
}

/// The card reader on its line.
#[derive(Debug)]
pub struct OneWireReader<L, D> {
    line: L,
    delay: D,
    present: Option<Uid>,
}

impl<L: SlotLine, D: DelayNs> OneWireReader<L, D> {
    /// Makes a reader.
    #[must_use]
    pub const fn new(line: L, delay: D) -> Self {
        Self {
            line,
            delay,
            present: None,
        }
    }

    /// Looks once; gives a card that was not there before.
    fn arrived(&mut self) -> Option<Uid> {
        let seen = match look_for_card(&mut self.line) {
            None => None,
            Some(Ok(uid)) => Some(uid),
            // Read again; a card that lay there stays noted.
            Some(Err(_)) => return None,
        };
        let before = core::mem::replace(&mut self.present, seen);
        seen.filter(|uid| before.is_none_or(|old| !old.matches(uid)))
    }
}

impl<L, D> ErrorType for OneWireReader<L, D> {
    type Error = ErrorKind;
}

impl<L: SlotLine, D: DelayNs> CardReader for OneWireReader<L, D> {
    async fn next_card(&mut self) -> Result<Uid, ErrorKind> {
        loop {
            self.delay.delay_ms(PAUSE_MS).await;
            if let Some(uid) = self.arrived() {
                return Ok(uid);
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test code counts freely")]
mod tests {
    use super::*;

    /// A reader in microseconds: answers resets, takes the command, sends bits.
    #[derive(Default)]
    struct Key {
        now: u32,
        fell: u32,
        low: bool,
        pressed: bool,
        answer_until: u32,
        answer_from: u32,
        command: u8,
        bits: u32,
        card: Option<[u8; 8]>,
    }

    impl SlotLine for Key {
        fn pull_low(&mut self, low: bool) {
            if low && !self.low {
                self.fell = self.now;
                self.slot_begins();
            }
            if !low && self.low {
                self.slot_ends(self.now - self.fell);
            }
            self.low = low;
        }

        fn is_high(&mut self) -> bool {
            let answers = (self.answer_from..self.answer_until).contains(&self.now);
            !self.low && !self.pressed && !answers
        }

        fn pass(&mut self, us: u32) {
            self.now += us;
        }
    }

    impl Key {
        fn slot_begins(&mut self) {
            let Some(card) = self.card else { return };
            if (8..72).contains(&self.bits) && self.command == READ_ROM {
                let index = self.bits as usize - 8;
                if card[index / 8] >> (index % 8) & 1 == 0 {
                    (self.answer_from, self.answer_until) = (self.now, self.now + 30);
                }
            }
        }

        fn slot_ends(&mut self, length: u32) {
            if length >= 480 {
                (self.bits, self.command) = (0, 0);
                if self.card.is_some() {
                    (self.answer_from, self.answer_until) = (self.now + 30, self.now + 150);
                }
                return;
            }
            if self.bits < 8 {
                assert!(length <= 15 || (60..=120).contains(&length));
                self.command |= u8::from(length <= 15) << self.bits;
            }
            self.bits += 1;
        }
    }

    struct NoWait;

    impl DelayNs for NoWait {
        async fn delay_ns(&mut self, _ns: u32) {}
    }

    const OLD: [u8; 8] = with_crc([0x01, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66]);
    const NEW: [u8; 8] = with_crc([0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6]);

    const fn with_crc(b: [u8; 7]) -> [u8; 8] {
        let mut crc = 0;
        let mut bit = 0;
        while bit < 56 {
            let mixed = (crc ^ (b[bit / 8] >> (bit % 8))) & 1;
            crc = (crc >> 1) ^ (0x8C * mixed);
            bit += 1;
        }
        [b[0], b[1], b[2], b[3], b[4], b[5], b[6], crc]
    }

    /// The example of the maker's application note 27.
    #[test]
    fn when_the_key_of_the_note_is_summed_then_the_checksum_is_its_own() {
        assert_eq!(crc8(&[0x02, 0x1C, 0xB8, 0x01, 0, 0, 0]), 0xA2);
    }

    /// Charging 6.2: family 0x01 is the old reader with six bytes.
    #[test]
    fn when_the_reader_is_old_or_new_then_the_uid_has_six_or_seven_bytes() {
        let old = decode(OLD).unwrap();
        assert_eq!(old.as_bytes(), [0x11, 0x22, 0x33, 0x44, 0x55, 0x66]);
        assert_eq!(decode(NEW).unwrap().as_bytes(), &NEW[..7]);
    }

    #[test]
    fn when_any_bit_is_wrong_then_the_card_is_refused() {
        for bit in 0..64 {
            let mut bytes = NEW;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(bytes), Err(CardError::Checksum));
        }
        assert_eq!(decode([0; 8]), Err(CardError::Silent));
        assert_eq!(decode([0xFF; 8]), Err(CardError::Checksum));
    }

    #[test]
    fn when_a_card_is_there_then_its_bytes_are_read() {
        for card in [OLD, NEW] {
            let mut key = Key {
                card: Some(card),
                ..Key::default()
            };
            assert_eq!(look_for_card(&mut key), Some(decode(card)));
        }
        assert_eq!(look_for_card(&mut Key::default()), None);
    }

    /// The switch shares the line: pressed, there is no reader.
    #[test]
    fn when_the_switch_is_pressed_then_the_line_is_left_alone() {
        let mut key = Key {
            card: Some(NEW),
            pressed: true,
            ..Key::default()
        };
        assert_eq!(look_for_card(&mut key), None);
        assert_eq!(key.now, 0);
    }

    #[test]
    fn when_a_card_stays_then_it_is_given_once() {
        let key = Key {
            card: Some(NEW),
            ..Key::default()
        };
        let mut reader = OneWireReader::new(key, NoWait);
        assert_eq!(reader.arrived(), decode(NEW).ok());
        assert_eq!(reader.arrived(), None);
        reader.line.card = Some(with_crc([9; 7]).map(|byte| byte ^ 1));
        assert_eq!(reader.arrived(), None);
        reader.line.card = None;
        assert_eq!(reader.arrived(), None);
        reader.line.card = Some(NEW);
        assert!(reader.arrived().is_some());
    }
}
