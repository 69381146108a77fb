//! Pictograms of the picture of mains, house and vehicle.

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::BinaryColor;

/// A small bitmap: rows from the top, the leftmost pixel in the highest bit.
pub(super) struct Icon {
    width: u8,
    rows: &'static [u32],
}

/// The sun, 13 × 13.
#[rustfmt::skip]
pub(super) const SUN: Icon = Icon {
    width: 13,
    rows: &[
        0b0000001000000,
        0b0100001000010,
        0b0010000000100,
        0b0000111110000,
        0b0001000001000,
        0b0001000001000,
        0b1101000001011,
        0b0001000001000,
        0b0001000001000,
        0b0000111110000,
        0b0010000000100,
        0b0100001000010,
        0b0000001000000,
    ],
};

/// A clock, 7 × 7.
#[rustfmt::skip]
pub(super) const CLOCK: Icon = Icon {
    width: 7,
    rows: &[
        0b0011100,
        0b0101010,
        0b1001001,
        0b1001101,
        0b1000001,
        0b0100010,
        0b0011100,
    ],
};

/// A car, 32 × 15.
#[rustfmt::skip]
pub(super) const CAR: Icon = Icon {
    width: 32,
    rows: &[
        0b00000000000011111111100000000000,
        0b00000000001100001000011000000000,
        0b00000000010000001000000100000000,
        0b00000000100000001000000010000000,
        0b00000001000000001000000001000000,
        0b00001111111111111111111111000000,
        0b00110000000010000000100001111000,
        0b01000000000010000000100000000110,
        0b01000000000010000000100000000001,
        0b10000000000000000000000000000001,
        0b10000111000000000000000011100001,
        0b10001000100000000000000100010001,
        0b01111000111111111111111100011110,
        0b00001000100000000000000100010000,
        0b00000111000000000000000011100000,
    ],
};

/// A parcel of energy, 5 × 5.
#[rustfmt::skip]
pub(super) const BLOB: Icon = Icon {
    width: 5,
    rows: &[
        0b01110,
        0b11111,
        0b11111,
        0b11111,
        0b01110,
    ],
};

/// The sum sign, 5 × 7.
#[rustfmt::skip]
pub(super) const SUM: Icon = Icon {
    width: 5,
    rows: &[
        0b11111,
        0b10000,
        0b01000,
        0b00100,
        0b01000,
        0b10000,
        0b11111,
    ],
};

/// A stroke from one point to another: x, y, x, y.
type Stroke = [i32; 4];

/// A pylon of the grid: columns 0 to 18, rows 1 to 30.
pub(super) const PYLON: &[Stroke] = &[
    [9, 1, 2, 30],
    [9, 1, 16, 30],
    [1, 8, 17, 8],
    [1, 8, 1, 11],
    [17, 8, 17, 11],
    [0, 15, 18, 15],
    [0, 15, 0, 18],
    [18, 15, 18, 18],
    [6, 15, 14, 22],
    [12, 15, 4, 22],
    [4, 22, 16, 30],
    [14, 22, 2, 30],
];

/// A house: columns 50 to 72, apex at row 4, eaves at row 15.
pub(super) const HOUSE: &[Stroke] = &[
    [61, 4, 50, 15],
    [61, 4, 72, 15],
    [53, 13, 53, 30],
    [69, 13, 69, 30],
    [53, 30, 69, 30],
];

/// Draws a bitmap with its corner at a point.
pub(super) fn icon<D>(target: &mut D, icon: &Icon, x: i32, y: i32) -> Result<(), D::Error>
where
    D: DrawTarget<Color = BinaryColor>,
{
    let width = icon.width;
    let pixels = icon.rows.iter().zip(y..).flat_map(|(row, y)| {
        let set = move |place: &u8| row >> width.saturating_sub(1).saturating_sub(*place) & 1 == 1;
        let at = move |place: u8| Point::new(x.saturating_add(i32::from(place)), y);
        (0..width)
            .filter(set)
            .map(move |place| Pixel(at(place), BinaryColor::On))
    });
    target.draw_iter(pixels)
}
