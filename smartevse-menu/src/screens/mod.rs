//! The screens, drawn on any 128 × 64 one-bit target (menu specification §9,
//! §10).

mod icons;
mod letters;
mod picture;

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::pixelcolor::BinaryColor;

use self::letters::{Side, large, rule, small, spans, underline};
use crate::line::Line;
use crate::model::{Model, RowScreen, Screen};
use crate::navigation::Menu;

/// Large lines begin at these rows.
const LARGE: [i32; 4] = [0, 16, 32, 48];
/// The rules.
const RULES: [i32; 2] = [10, 52];
/// Small line at the bottom.
const BOTTOM: i32 = 56;
/// Small line in place of the lower rule.
const HELP: i32 = 48;

/// Draws what a model says; every pixel is set.
///
/// # Errors
///
/// Those of the target.
pub fn draw<D>(target: &mut D, model: &Model) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    target.clear(BinaryColor::Off)?;
    match &model.screen {
        Screen::Panel(panel) => {
            rules(target)?;
            large(target, &panel.top, 16)?;
            large(target, &panel.bottom, 32)?;
            small(target, panel.below.as_str(), BOTTOM, Side::Left)
        }
        Screen::Fault(lines) => fault(target, lines),
        Screen::Sentence(text) => sentence(target, text),
        Screen::Row(row) => draw_row(target, row),
        Screen::Picture(picture) => picture::draw_picture(target, picture),
    }
}

impl Menu {
    /// Draws what a model says; every pixel is set. The model is that of
    /// [`model`](Menu::model) or [`Model::boot`].
    ///
    /// # Errors
    ///
    /// Those of the target.
    pub fn draw<D>(&self, target: &mut D, model: &Model) -> Result<(), D::Error>
    where
        D: DrawTarget<Color = BinaryColor>,
    {
        draw(target, model)
    }
}

fn rules<D: DrawTarget<Color = BinaryColor>>(target: &mut D) -> Result<(), D::Error> {
    RULES.into_iter().try_for_each(|y| rule(target, y))
}

fn fault<D>(target: &mut D, lines: &[Line; 4]) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    let mut rows = lines.iter().zip(LARGE);
    rows.try_for_each(|(line, y)| large(target, line, y))
}

/// A sentence between the rules, at most four lines.
fn sentence<D>(target: &mut D, text: &str) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    rules(target)?;
    let mut lines = spans(text).zip([14, 23, 32, 41]);
    lines.try_for_each(|(line, y)| small(target, line, y, Side::Left))
}

fn draw_row<D>(target: &mut D, row: &RowScreen) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    let [upper, lower] = RULES;
    small(target, row.context.as_str(), 0, Side::Left)?;
    rule(target, upper)?;
    large(target, &row.label, 16)?;
    large(target, &row.value, 32)?;
    letters::arrows(target, if row.editing { 32 } else { 16 }, &row.label)?;
    match (&row.help, row.digit) {
        (Some(help), _) => small(target, help.as_str(), HELP, Side::Left)?,
        (None, Some(digit)) => {
            underline(target, &row.value, digit)?;
            rule(target, lower)?;
        }
        (None, None) => rule(target, lower)?,
    }
    small(target, row.below.as_str(), BOTTOM, Side::Left)
}
