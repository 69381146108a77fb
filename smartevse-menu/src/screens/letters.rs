//! Letters and rules.

use embedded_graphics::Drawable;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::mono_font::ascii::{FONT_7X14_BOLD, FONT_9X15_BOLD};
use embedded_graphics::mono_font::iso_8859_1::FONT_5X8;
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::renderer::TextRenderer;
use embedded_graphics::text::{Alignment, Baseline, Text, TextStyleBuilder};

use crate::line::{COLUMNS, Line};

/// Width of the display.
const WIDTH: i32 = 128;
/// Pitch of the large letters.
const LARGE_PITCH: i32 = 9;
/// Large letters that fit into a line; longer lines get a narrower font.
const LARGE_LETTERS: usize = 14;

/// Where a small text stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// At the left edge.
    Left,
    /// Begins at this column.
    From(i32),
    /// Ends before this column.
    Until(i32),
    /// Around this column.
    Around(i32),
}

impl Side {
    const fn anchor(self) -> (i32, Alignment) {
        match self {
            Self::Left => (1, Alignment::Left),
            Self::From(x) => (x, Alignment::Left),
            // The last column of the letter cell is empty.
            Self::Until(x) => (x.saturating_sub(1), Alignment::Right),
            Self::Around(x) => (x, Alignment::Center),
        }
    }
}

fn write<D>(
    target: &mut D,
    text: &str,
    font: &MonoFont<'_>,
    at: Point,
    alignment: Alignment,
) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    if text.is_empty() {
        return Ok(());
    }
    let letters = MonoTextStyle::new(font, BinaryColor::On);
    let style = TextStyleBuilder::new()
        .alignment(alignment)
        .baseline(Baseline::Top)
        .build();
    Text::with_text_style(text, at, letters, style).draw(target)?;
    Ok(())
}

/// Writes small letters; 25 fill the display.
pub(super) fn small<D>(target: &mut D, text: &str, y: i32, side: Side) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    let (x, alignment) = side.anchor();
    write(target, text, &FONT_5X8, Point::new(x, y), alignment)
}

/// Writes large letters in the middle; 14 fill the display, up to 18 are
/// written narrower.
pub(super) fn large<D>(target: &mut D, line: &Line, y: i32) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    let font = match line.chars() {
        0..=LARGE_LETTERS => &FONT_9X15_BOLD,
        _ => &FONT_7X14_BOLD,
    };
    let middle = Point::new(WIDTH / 2, y);
    write(target, line.as_str(), font, middle, Alignment::Center)
}

/// Draws the arrows beside a large line, if there is room.
pub(super) fn arrows<D>(target: &mut D, y: i32, line: &Line) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    if line.chars() > LARGE_LETTERS {
        return Ok(());
    }
    let font = &FONT_9X15_BOLD;
    write(target, "<", font, Point::new(0, y), Alignment::Left)?;
    let right = Point::new(WIDTH.saturating_sub(LARGE_PITCH), y);
    write(target, ">", font, right, Alignment::Left)
}

/// Draws a horizontal rule.
pub(super) fn rule<D>(target: &mut D, y: i32) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    let area = Rectangle::new(Point::new(0, y), Size::new(128, 1));
    target.fill_solid(&area, BinaryColor::On)
}

/// Underlines a character of the value of a row.
pub(super) fn underline<D>(target: &mut D, line: &Line, digit: u8) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    let style = MonoTextStyle::new(&FONT_9X15_BOLD, BinaryColor::On);
    let text = style.measure_string(line.as_str(), Point::zero(), Baseline::Top);
    let width = i32::try_from(text.bounding_box.size.width).unwrap_or(0);
    let start = WIDTH.saturating_sub(width) / 2;
    let x = start.saturating_add(i32::from(digit).saturating_mul(LARGE_PITCH));
    let area = Rectangle::new(Point::new(x, 47), Size::new(8, 2));
    target.fill_solid(&area, BinaryColor::On)
}

/// Lines of a sentence, broken at spaces.
pub(super) fn spans(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let (line, tail) = rest.split_at_checked(break_at(rest)).unwrap_or((rest, ""));
        rest = tail;
        Some(line.trim_end())
    })
}

/// Where a text is broken: behind its last word that fits.
fn break_at(text: &str) -> usize {
    let Some((limit, _)) = text.char_indices().nth(COLUMNS) else {
        return text.len();
    };
    let words = text.match_indices(' ').map(|(at, _)| at);
    let last = words.take_while(|at| *at <= limit).last();
    last.filter(|at| *at > 0).unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use smartevse_core::command::Refused;
    use smartevse_core::settings::{ConfigWarnings, Notices};
    use std::vec::Vec;

    #[test]
    fn when_a_sentence_is_long_then_it_is_broken_at_spaces() {
        let lines: Vec<_> = spans("MODE set to Normal: no mains meter is configured").collect();
        assert_eq!(
            lines,
            ["MODE set to Normal: no", "mains meter is configured"]
        );
        let word = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
        let lines: Vec<_> = spans(word).collect();
        assert_eq!((lines[0].len(), lines[1].len()), (25, 5));
        assert_eq!(spans("  ").count(), 0);
    }

    /// Every sentence that the menu can show fits into four lines.
    #[test]
    fn when_any_sentence_is_shown_then_it_fits() {
        let refused = [
            Refused::Range.text(),
            Refused::NoMainsMeter.text(),
            Refused::NotForThisRole.text(),
            Refused::LocalOnly.text(),
            Refused::Busy.text(),
        ];
        let all = Notices::all().texts().chain(ConfigWarnings::all().texts());
        for text in all.chain(refused) {
            assert!(spans(text).count() <= 4, "{text}");
            assert!(spans(text).all(|line| line.len() <= COLUMNS), "{text}");
        }
    }
}
