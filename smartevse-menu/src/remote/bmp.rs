//! The picture as a BMP file (menu specification §11).

use super::frame::{Frame, HEIGHT};

/// Bytes of the file: headers, two colours, 64 rows of 16 bytes.
pub const BMP_SIZE: usize = 1086;

/// Bytes before the rows.
const HEADER: usize = 62;
/// Bytes of a row.
const ROW: usize = 16;

/// Colour of dark pixels: red, green, blue.
pub type Ink = [u8; 3];

/// Black ink.
pub const BLACK: Ink = [0; 3];

/// File header, information header and palette; the ink is filled in.
const HEAD: [u8; HEADER] = [
    // "BM", file size 1086, reserved, offset of the rows 62
    b'B', b'M', 0x3E, 0x04, 0, 0, 0, 0, 0, 0, 62, 0, 0, 0, //
    // Header size 40, 128 × 64 pixels
    40, 0, 0, 0, 128, 0, 0, 0, 64, 0, 0, 0, //
    // One plane, one bit, not compressed, 1024 bytes of rows
    1, 0, 1, 0, 0, 0, 0, 0, 0, 4, 0, 0, //
    // 2835 pixels a metre twice, two colours, all important
    0x13, 0x0B, 0, 0, 0x13, 0x0B, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, //
    // White, ink
    0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0,
];

/// Place of the ink: blue, green, red.
const INK: usize = 58;

/// Writes a picture as a BMP file.
pub fn write_bmp(frame: &Frame, ink: Ink, file: &mut [u8; BMP_SIZE]) {
    let (head, rows) = file.split_at_mut(HEADER);
    head.copy_from_slice(&HEAD);
    let colour = head.iter_mut().skip(INK);
    for (to, from) in colour.zip(ink.iter().rev()) {
        *to = *from;
    }
    for (y, row) in (0..HEIGHT).rev().zip(rows.chunks_exact_mut(ROW)) {
        for (at, byte) in row.iter_mut().enumerate() {
            *byte = eight_pixels(frame, at.saturating_mul(8), y);
        }
    }
}

/// Eight pixels from column `x` on, the leftmost in the highest bit.
fn eight_pixels(frame: &Frame, x: usize, y: usize) -> u8 {
    let columns = frame.page(y / 8).iter().skip(x).take(8);
    columns.fold(0, |byte, column| byte << 1 | (column >> (y % 8) & 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Menu invariant 37: size field, offset, ink.
    #[test]
    fn when_a_picture_is_written_then_the_header_tells_its_size() {
        let mut file = [0xAA; BMP_SIZE];
        write_bmp(&Frame::new(), [1, 2, 3], &mut file);
        assert_eq!(file[..2], *b"BM");
        assert_eq!(u32::from_le_bytes(file[2..6].try_into().unwrap()), 1086);
        assert_eq!(file[54..62], [0xFF, 0xFF, 0xFF, 0, 3, 2, 1, 0]);
        assert!(file[62..].iter().all(|byte| *byte == 0));
    }
}
