//! The operator at the console: types lines on USART1.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rigless::chip::Timeline;
use rigless::chip::uart::Peer;
use rigless::snapshot::Store;
use rigless::time::VirtualNanos;

/// What goes to and fro at the console.
#[derive(Clone, Debug, Default)]
pub struct Console {
    /// Typed and not sent yet.
    typed: Arc<Mutex<VecDeque<u8>>>,
    /// Printed by the firmware and not read yet.
    printed: Arc<Mutex<Vec<u8>>>,
}

impl Console {
    /// Types a line.
    pub fn type_line(&self, line: &str) {
        let mut keys = self.typed.lock().unwrap_or_else(PoisonError::into_inner);
        keys.extend(line.bytes());
        keys.push_back(b'\n');
    }

    /// Takes what the firmware printed since the last time.
    #[must_use]
    pub fn take_printed(&self) -> String {
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&std::mem::take(&mut *printed)).into_owned()
    }
}

impl Store for Console {}

impl Peer for Console {
    fn receive(&mut self, word: u16, _context: &mut Timeline<'_, '_>) {
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        printed.push((word & 0xFF) as u8);
    }

    fn transmit(&mut self, _now: VirtualNanos) -> Option<u16> {
        let mut keys = self.typed.lock().unwrap_or_else(PoisonError::into_inner);
        keys.pop_front().map(u16::from)
    }
}
