//! One picture of the display.

use core::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::pixelcolor::BinaryColor;

/// Columns of the display.
pub const WIDTH: usize = 128;
/// Rows of the display.
pub const HEIGHT: usize = 64;
/// Pages of the display: 8 rows each.
pub const PAGES: usize = 8;

/// A picture in the order of an ST7565: pages of columns, the lowest bit on
/// top. 1024 bytes.
///
/// It is the shadow of the display: ports copy it page by page, a web page gets
/// it as BMP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    pages: [[u8; WIDTH]; PAGES],
}

impl Default for Frame {
    fn default() -> Self {
        Self::new()
    }
}

impl Frame {
    /// Makes an empty picture.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            pages: [[0; WIDTH]; PAGES],
        }
    }

    /// Columns of a page, 0..8; empty for others.
    #[must_use]
    pub fn page(&self, page: usize) -> &[u8] {
        self.pages.get(page).map_or(&[], |columns| columns)
    }

    /// All bytes, page by page.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.pages.as_flattened()
    }

    /// Whether a pixel is dark; pixels outside are not.
    #[must_use]
    pub fn is_set(&self, x: usize, y: usize) -> bool {
        let column = self.pages.get(y / 8).and_then(|page| page.get(x));
        column.is_some_and(|column| column >> (y % 8) & 1 == 1)
    }

    fn set(&mut self, point: Point, color: BinaryColor) {
        let (Ok(x), Ok(y)) = (usize::try_from(point.x), usize::try_from(point.y)) else {
            return;
        };
        let Some(column) = self.pages.get_mut(y / 8).and_then(|page| page.get_mut(x)) else {
            return;
        };
        let bit = 1 << (y % 8);
        match color {
            BinaryColor::On => *column |= bit,
            BinaryColor::Off => *column &= !bit,
        }
    }
}

impl OriginDimensions for Frame {
    fn size(&self) -> Size {
        Size::new(128, 64)
    }
}

impl DrawTarget for Frame {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Self::Error>
    where
        I: IntoIterator<Item = Pixel<Self::Color>>,
    {
        for Pixel(point, color) in pixels {
            self.set(point, color);
        }
        Ok(())
    }

    fn clear(&mut self, color: Self::Color) -> Result<(), Self::Error> {
        let byte = if color.is_on() { u8::MAX } else { 0 };
        self.pages = [[byte; WIDTH]; PAGES];
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_pixels_are_set_then_they_lie_in_their_page_and_bit() {
        let mut frame = Frame::new();
        let point = |x, y| Pixel(Point::new(x, y), BinaryColor::On);
        let outside = [point(-1, 0), point(0, -1), point(128, 0), point(0, 64)];
        frame.draw_iter(outside).unwrap();
        assert_eq!(frame, Frame::default());
        frame.draw_iter([point(0, 0), point(127, 63)]).unwrap();
        assert_eq!((frame.page(0)[0], frame.page(7)[127]), (1, 0x80));
        assert!(frame.is_set(127, 63) && !frame.is_set(126, 63) && !frame.is_set(0, 64));
        assert_eq!((frame.as_bytes().len(), frame.page(8).len()), (1024, 0));
        let off = Pixel(Point::new(0, 0), BinaryColor::Off);
        frame.draw_iter([off]).unwrap();
        assert!(!frame.is_set(0, 0));
        frame.clear(BinaryColor::On).unwrap();
        assert!(frame.as_bytes().iter().all(|byte| *byte == 0xFF));
    }
}
