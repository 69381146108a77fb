//! The screen as lines of text: for logs, tests and readers without a picture.

use core::fmt;

use super::{Model, Picture, RowScreen, Screen};
use crate::line::Line;

/// One line for each text of the screen, from top to bottom, each ended by a
/// line feed; empty texts are left out. What `<` and `>` change at the moment
/// stands between `<` and `>`.
impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.screen {
            Screen::Panel(panel) => lines(f, &[panel.top, panel.bottom, panel.below]),
            Screen::Fault(fault) => lines(f, fault),
            Screen::Sentence(sentence) => writeln!(f, "{sentence}"),
            Screen::Row(row) => row.fmt(f),
            Screen::Picture(picture) => picture.fmt(f),
        }
    }
}

fn lines(f: &mut fmt::Formatter<'_>, texts: &[Line]) -> fmt::Result {
    texts
        .iter()
        .try_for_each(|text| match text.as_str().trim() {
            "" => Ok(()),
            text => writeln!(f, "{text}"),
        })
}

impl fmt::Display for RowScreen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (label, value) = (self.label.as_str().trim(), self.value.as_str().trim());
        lines(f, &[self.context])?;
        if self.editing {
            writeln!(f, "{label}\n< {value} >")?;
        } else {
            writeln!(f, "< {label} >\n{value}")?;
        }
        lines(f, &[self.help.unwrap_or(Line::EMPTY), self.below])
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, &self.currents)?;
        lines(f, &[self.timer, self.energy, self.vehicle])?;
        lines(f, &[self.text, self.below])
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::ToString;

    #[test]
    fn when_a_row_is_told_then_the_arrows_stand_at_what_they_change() {
        let mut row = RowScreen {
            label: Line::from("MODE"),
            value: Line::from("Smart"),
            below: Line::from("24°C"),
            ..RowScreen::default()
        };
        let text = |row| {
            let screen = Screen::Row(row);
            Model { screen }.to_string()
        };
        assert_eq!(text(row), "< MODE >\nSmart\n24°C\n");
        row.editing = true;
        assert_eq!(text(row), "MODE\n< Smart >\n24°C\n");
    }

    #[test]
    fn when_other_screens_are_told_then_empty_texts_are_left_out() {
        let boot = Model::boot("SmartEVSE", "v3").to_string();
        assert_eq!(boot, "SmartEVSE\nv3\n");
        let screen = Screen::Sentence("Not now");
        assert_eq!(Model { screen }.to_string(), "Not now\n");
        let screen = Screen::Picture(Picture {
            currents: ["3A", "-2A", ""].map(Line::from),
            text: Line::from("CHARGING"),
            ..Picture::default()
        });
        assert_eq!(Model { screen }.to_string(), "3A\n-2A\nCHARGING\n");
    }
}
