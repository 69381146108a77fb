//! Text on the console: one line in, one line out.
//!
//! | Line | Effect |
//! |---|---|
//! | `status` | state, offer, reason, faults |
//! | `access on`, `access off` | sets the access |
//! | `set NAME VALUE` | changes a setting; names and values as on the LCD |
//! | `stack` | bytes of the stack that were never used |
//! | `key` | a short press of a key |
//! | `reset rcm`, `reset contactor` | resets a latched fault |
//!
//! The console stands at the device, so its rights are those of the LCD.

use core::fmt::{self, Write};

use smartevse_core::command::Command;
use smartevse_core::directive::ChargerStatus;
use smartevse_core::registry::{SettingId, parse_value};
use smartevse_core::settings::Patch;
use smartevse_types::Access;

/// Longest line, bytes.
pub const LONGEST_LINE: usize = 64;

/// What a line asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    /// Nothing: an empty line.
    Nothing,
    /// The status.
    Status,
    /// The unused part of the stack.
    Stack,
    /// A wish to the charger.
    Wish(Command),
    /// The line cannot be understood.
    Unknown,
}

/// Lines without arguments.
const LINES: [(&str, Request); 8] = [
    ("", Request::Nothing),
    ("status", Request::Status),
    ("stack", Request::Stack),
    ("access on", Request::Wish(Command::SetAccess(Access::On))),
    ("access off", Request::Wish(Command::SetAccess(Access::Off))),
    ("key", Request::Wish(Command::KeyPress)),
    ("reset rcm", Request::Wish(Command::ResetResidualCurrent)),
    (
        "reset contactor",
        Request::Wish(Command::ResetContactorFault),
    ),
];

/// Reads a line.
#[must_use]
pub fn parse(line: &str) -> Request {
    let line = line.trim();
    if let Some(change) = line.strip_prefix("set ") {
        return setting(change).unwrap_or(Request::Unknown);
    }
    LINES
        .iter()
        .find(|(text, _)| *text == line)
        .map_or(Request::Unknown, |(_, request)| *request)
}

fn setting(change: &str) -> Option<Request> {
    let (name, value) = change.trim().split_once(' ')?;
    let id = SettingId::parse(name)?;
    let value = parse_value(id, value)?;
    Some(Request::Wish(Command::Change(Patch::new().with(id, value))))
}

/// Collects the bytes of a line.
#[derive(Clone, Copy, Debug)]
pub struct LineBuffer {
    bytes: [u8; LONGEST_LINE],
    used: usize,
    /// The line is too long; the rest of it is thrown away.
    spilt: bool,
}

impl LineBuffer {
    /// Makes an empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: [0; LONGEST_LINE],
            used: 0,
            spilt: false,
        }
    }

    /// Takes a byte; gives the request at the end of a line.
    pub fn push(&mut self, byte: u8) -> Option<Request> {
        if byte == b'\r' || byte == b'\n' {
            let request = self.request();
            *self = Self::new();
            return Some(request);
        }
        match self.bytes.get_mut(self.used) {
            Some(place) => {
                *place = byte;
                self.used = self.used.saturating_add(1);
            }
            None => self.spilt = true,
        }
        None
    }

    fn request(&self) -> Request {
        let bytes = self.bytes.get(..self.used).unwrap_or(&[]);
        match core::str::from_utf8(bytes) {
            Ok(line) if !self.spilt => parse(line),
            _ => Request::Unknown,
        }
    }
}

impl Default for LineBuffer {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes the status as one line without its end.
///
/// # Errors
///
/// Those of `out`.
pub fn write_status(status: &ChargerStatus, access: Access, out: &mut impl Write) -> fmt::Result {
    write!(
        out,
        "{} state {} offers {} duty {} access {:?}",
        status.at, status.state, status.offered, status.duty, access
    )?;
    if let Some(block) = status.block {
        write!(out, ", {}", block.text())?;
    }
    if let Some(fault) = status.faults.shown() {
        write!(out, ", fault: {}", fault.text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(text: &str) -> Option<Request> {
        let mut buffer = LineBuffer::new();
        text.bytes().filter_map(|byte| buffer.push(byte)).last()
    }

    #[test]
    fn when_a_line_is_known_then_it_is_a_wish() {
        let on = Request::Wish(Command::SetAccess(Access::On));
        assert_eq!(feed("access on\r"), Some(on));
        assert_eq!(feed("  key \n"), Some(Request::Wish(Command::KeyPress)));
        assert_eq!(feed("\n"), Some(Request::Nothing));
        assert_eq!(feed("status"), None);
    }

    #[test]
    fn when_a_setting_is_named_then_it_is_a_patch() {
        let patch = Patch::new().with(SettingId::Max, 20);
        let wish = Request::Wish(Command::Change(patch));
        assert_eq!(parse("set max 20"), wish);
        for bad in ["set max", "set max 900", "set nothing 1", "set  ", "max 3"] {
            assert_eq!(parse(bad), Request::Unknown, "{bad}");
        }
    }

    #[test]
    fn when_a_line_is_too_long_or_not_text_then_it_is_refused_and_the_next_one_is_read() {
        let mut buffer = LineBuffer::new();
        for _ in 0..200 {
            assert_eq!(buffer.push(b's'), None);
        }
        assert_eq!(buffer.push(b'\n'), Some(Request::Unknown));
        assert_eq!(buffer.push(0xFF), None);
        assert_eq!(buffer.push(b'\n'), Some(Request::Unknown));
        let last = "status\n"
            .bytes()
            .filter_map(|byte| buffer.push(byte))
            .last();
        assert_eq!(last, Some(Request::Status));
    }

    #[test]
    fn when_the_status_is_written_then_it_names_state_and_reason() {
        let mut text = heapless::String::<160>::new();
        write_status(&ChargerStatus::default(), Access::Off, &mut text).unwrap();
        assert!(text.contains("state A"), "{text}");
    }
}
