//! A Modbus RTU meter on the RS-485 line: the input registers of an Eastron
//! SDM630, as far as chargers read them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rigless::chip::Timeline;
use rigless::chip::uart::Peer;
use rigless::snapshot::Store;
use rigless::time::VirtualNanos;

/// Time of one character at 9600 baud, nanoseconds.
const CHARACTER: u64 = 1_041_667;

/// Time between the last character of a request and the first of the reply.
const REACTION: u64 = 8_000_000;

/// Silence that ends a frame: 3.5 characters.
const GAP: u64 = CHARACTER * 7 / 2;

/// What the meter measures, and what it was asked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MeterState {
    /// Unit address, 1 to 247.
    pub address: u8,
    /// The meter does not answer.
    pub silent: bool,
    /// Current of each phase, amperes.
    pub amps: [f32; 3],
    /// Current of the house on each phase, amperes; the meter shows it plus
    /// the car's.
    pub house: [f32; 3],
    /// Requests understood.
    pub asked: u32,
    /// Characters heard, understood or not.
    pub heard: u32,
}

impl Default for MeterState {
    fn default() -> Self {
        Self {
            address: 10,
            silent: false,
            amps: [0.0; 3],
            house: [0.0; 3],
            asked: 0,
            heard: 0,
        }
    }
}

impl MeterState {
    /// Measures house and car.
    pub fn measure(&mut self, car: [f64; 3]) {
        for ((shown, house), car) in self.amps.iter_mut().zip(self.house).zip(car) {
            *shown = house + car as f32;
        }
    }
}

/// Handle to the state of a meter that hangs on the line.
pub type MeterHandle = Arc<Mutex<MeterState>>;

/// The meter's end of the line.
#[derive(Debug)]
pub struct ModbusMeter {
    state: MeterHandle,
    frame: Vec<u8>,
    last: u64,
    reply: VecDeque<(VirtualNanos, u16)>,
}

impl Store for ModbusMeter {}

impl ModbusMeter {
    /// Makes a meter with a shared state.
    #[must_use]
    pub fn new(state: MeterHandle) -> Self {
        Self {
            state,
            frame: Vec::new(),
            last: 0,
            reply: VecDeque::new(),
        }
    }

    fn hear(&mut self, byte: u8, now: u64) {
        if now.saturating_sub(self.last) > CHARACTER + GAP {
            self.frame.clear();
        }
        self.last = now;
        self.frame.push(byte);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.heard += 1;
        let Some(answer) = answer(&self.frame, &mut state) else {
            return;
        };
        self.frame.clear();
        let first = now + REACTION;
        let due = (1..).map(|nth: u64| VirtualNanos(first + nth * CHARACTER));
        self.reply
            .extend(due.zip(answer.into_iter().map(u16::from)));
    }
}

impl Peer for ModbusMeter {
    fn receive(&mut self, word: u16, context: &mut Timeline<'_, '_>) {
        self.hear((word & 0xFF) as u8, context.now().0);
        for (at, _) in &self.reply {
            context.schedule(*at);
        }
    }

    fn transmit(&mut self, now: VirtualNanos) -> Option<u16> {
        let (at, _) = self.reply.front()?;
        if *at > now {
            return None;
        }
        self.reply.pop_front().map(|(_, word)| word)
    }
}

/// The reply to a complete, sound request for this meter.
fn answer(frame: &[u8], state: &mut MeterState) -> Option<Vec<u8>> {
    let &[
        address,
        function,
        first_high,
        first_low,
        _,
        count,
        crc_low,
        crc_high,
    ] = frame
    else {
        return None;
    };
    let sound = crc(&frame[..6]) == u16::from_le_bytes([crc_low, crc_high]);
    if !sound || address != state.address || function != 4 {
        return None;
    }
    state.asked += 1;
    if state.silent {
        return None;
    }
    let first = u16::from_be_bytes([first_high, first_low]);
    let mut reply = vec![address, function, count.saturating_mul(2)];
    for register in first..first.saturating_add(u16::from(count)) {
        reply.extend(register_of(register, state).to_be_bytes());
    }
    reply.extend(crc(&reply).to_le_bytes());
    Some(reply)
}

/// One input register; floats take two, high word first.
fn register_of(register: u16, state: &MeterState) -> u16 {
    let bits = value_of(register & !1, state).to_bits();
    let half = if register.is_multiple_of(2) {
        bits >> 16
    } else {
        bits
    };
    (half & 0xFFFF) as u16
}

fn value_of(register: u16, state: &MeterState) -> f32 {
    let [l1, l2, l3] = state.amps;
    match register {
        0 | 2 | 4 => 230.0,
        6 => l1,
        8 => l2,
        10 => l3,
        12 => l1 * 230.0,
        14 => l2 * 230.0,
        16 => l3 * 230.0,
        52 => (l1 + l2 + l3) * 230.0,
        70 => 50.0,
        72 => 12.5,
        74 => 0.25,
        _ => 0.0,
    }
}

fn crc(bytes: &[u8]) -> u16 {
    let mut crc = 0xFFFF_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            let low = crc & 1 == 1;
            crc >>= 1;
            crc ^= if low { 0xA001 } else { 0 };
        }
    }
    crc
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENTS: [u8; 8] = [0x0A, 0x04, 0x00, 0x06, 0x00, 0x06, 0x91, 0x72];

    #[test]
    fn when_asked_for_the_currents_then_three_floats_come() {
        let mut state = MeterState {
            amps: [1.0, -2.5, 0.0],
            ..MeterState::default()
        };
        let reply = answer(&CURRENTS, &mut state).unwrap();
        assert_eq!(reply[..3], [0x0A, 0x04, 12]);
        assert_eq!(reply[3..7], 1.0_f32.to_be_bytes());
        assert_eq!(reply[7..11], (-2.5_f32).to_be_bytes());
        assert_eq!(crc(&reply), 0, "a frame with its own sum checks to zero");
    }

    #[test]
    fn when_silent_or_spoilt_or_for_another_then_nothing_comes() {
        let mut silent = MeterState {
            silent: true,
            ..MeterState::default()
        };
        assert_eq!(answer(&CURRENTS, &mut silent), None);
        assert_eq!(silent.asked, 1);
        let mut other = MeterState {
            address: 11,
            ..MeterState::default()
        };
        assert_eq!(answer(&CURRENTS, &mut other), None);
        let mut spoilt = CURRENTS;
        spoilt[3] ^= 1;
        assert_eq!(answer(&spoilt, &mut MeterState::default()), None);
    }
}
