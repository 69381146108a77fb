//! One line of text on the display.

use core::fmt::{self, Write};

/// Characters of the small font that fit on the display.
pub const COLUMNS: usize = 25;

/// Room for [`COLUMNS`] characters, three of which may take two bytes.
const BYTES: usize = COLUMNS + 3;

/// A short text. What does not fit is left out.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line {
    bytes: [u8; BYTES],
    len: u8,
}

impl Line {
    /// The empty text.
    pub const EMPTY: Self = Self {
        bytes: [0; BYTES],
        len: 0,
    };

    /// Writes a text.
    #[must_use]
    pub fn of(text: fmt::Arguments<'_>) -> Self {
        let mut line = Self::EMPTY;
        // Writing to a line cannot fail.
        let _ = line.write_fmt(text);
        line
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let written = self.bytes.get(..usize::from(self.len)).unwrap_or(&[]);
        core::str::from_utf8(written).unwrap_or("")
    }

    /// Whether there is no text.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of characters.
    #[must_use]
    pub fn chars(&self) -> usize {
        self.as_str().chars().count()
    }

    fn push(&mut self, letter: char) {
        let mut buffer = [0; 4];
        let letter = letter.encode_utf8(&mut buffer).as_bytes();
        let start = usize::from(self.len);
        let end = start.saturating_add(letter.len());
        if let Some(room) = self.bytes.get_mut(start..end) {
            room.copy_from_slice(letter);
            self.len = u8::try_from(end).unwrap_or(self.len);
        }
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        let mut line = Self::EMPTY;
        text.chars().for_each(|letter| line.push(letter));
        line
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().for_each(|letter| self.push(letter));
        Ok(())
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn when_a_text_is_too_long_then_whole_characters_are_left_out() {
        let text = "x".repeat(27);
        let line = Line::of(format_args!("{}°", "x".repeat(26)));
        assert_eq!(line.chars(), 27);
        let line = Line::of(format_args!("{text}°"));
        assert_eq!(line.as_str(), text);
        assert_eq!(
            std::format!("{line} {line:?}"),
            std::format!("{text} {text:?}")
        );
        assert!(Line::EMPTY.is_empty() && !Line::from("a").is_empty());
    }
}
