//! The picture of Smart and Solar (menu specification §9.3, §10.6).

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::primitives::{Line as Stroke, Primitive, PrimitiveStyle};
use embedded_graphics::{Drawable, Pixel};

use super::BOTTOM;
use super::icons::{BLOB, CAR, CLOCK, HOUSE, PYLON, SUM, SUN, icon};
use super::letters::{Side, large, small};
use crate::model::Picture;

/// Row of the lines between grid, house and vehicle.
const WIRE: i32 = 27;
/// Row of the large text.
const TEXT: i32 = 40;

/// Draws the picture.
pub(super) fn draw_picture<D>(target: &mut D, picture: &Picture) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    strokes(target, PYLON)?;
    strokes(target, HOUSE)?;
    icon(target, &CAR, 96, 16)?;
    wires(target, picture)?;
    for blob in [picture.grid_blob, picture.vehicle_blob].iter().flatten() {
        icon(target, &BLOB, i32::from(*blob), 25)?;
    }
    symbols(target, picture)?;
    figures(target, picture)?;
    large(target, &picture.text, TEXT)?;
    small(target, picture.below.as_str(), BOTTOM, Side::Left)
}

fn strokes<D>(target: &mut D, list: &[[i32; 4]]) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    let style = PrimitiveStyle::with_stroke(BinaryColor::On, 1);
    list.iter().try_for_each(|[x, y, to_x, to_y]| {
        Stroke::new(Point::new(*x, *y), Point::new(*to_x, *to_y))
            .into_styled(style)
            .draw(target)
    })
}

fn wires<D>(target: &mut D, picture: &Picture) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    let dot = |x| Pixel(Point::new(x, WIRE), BinaryColor::On);
    let gap = |x: &i32| picture.dashed && x % 8 >= 6;
    target.draw_iter((18..=49).filter(|x| !gap(x)).map(dot))?;
    if picture.connected {
        target.draw_iter((73..=95).map(dot))?;
    }
    Ok(())
}

fn symbols<D>(target: &mut D, picture: &Picture) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    if picture.sun {
        icon(target, &SUN, 74, 0)?;
    }
    if !picture.timer.is_empty() {
        icon(target, &CLOCK, 92, 0)?;
    }
    if picture.sum {
        icon(target, &SUM, 41, 8)?;
    }
    Ok(())
}

fn figures<D>(target: &mut D, picture: &Picture) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    for (current, y) in picture.currents.iter().zip([0, 8, 16]) {
        small(target, current.as_str(), y, Side::Until(46))?;
    }
    small(target, picture.timer.as_str(), 0, Side::From(101))?;
    small(target, picture.energy.as_str(), 8, Side::From(89))?;
    small(target, picture.vehicle.as_str(), 16, Side::Around(84))
}
