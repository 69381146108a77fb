//! The picture in letters: half blocks where there is room, else Braille.

use smartevse_menu::remote::{BMP_SIZE, HEIGHT, WIDTH};

/// Bytes of the file before the rows.
const HEADER: usize = 62;
/// Bytes of a row.
const ROW: usize = WIDTH / 8;

/// Bits of the dots in a Braille letter, row by row.
const BRAILLE: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// A picture of the display.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Picture([u8; HEIGHT * ROW]);

impl Picture {
    /// Takes the rows of a BMP file of the display.
    #[must_use]
    pub fn of(file: &[u8; BMP_SIZE]) -> Self {
        let mut rows = [0; HEIGHT * ROW];
        let upwards = file[HEADER..].chunks_exact(ROW).rev();
        for (row, from) in rows.chunks_exact_mut(ROW).zip(upwards) {
            row.copy_from_slice(from);
        }
        Self(rows)
    }

    fn is_set(&self, x: usize, y: usize) -> bool {
        self.0[y * ROW + x / 8] >> (7 - x % 8) & 1 == 1
    }

    /// The picture for a terminal of this size, with one line left below it;
    /// `None` = it does not fit.
    #[must_use]
    pub fn text(&self, columns: u16, lines: u16) -> Option<String> {
        if columns >= 128 && lines >= 33 {
            Some(self.half_blocks())
        } else if columns >= 64 && lines >= 17 {
            Some(self.braille())
        } else {
            None
        }
    }

    fn half_blocks(&self) -> String {
        let letter = |x, y| match (self.is_set(x, y), self.is_set(x, y + 1)) {
            (false, false) => ' ',
            (true, false) => '▀',
            (false, true) => '▄',
            (true, true) => '█',
        };
        let line = |y| {
            (0..WIDTH)
                .map(|x| letter(x, y))
                .chain(['\n'])
                .collect::<String>()
        };
        (0..HEIGHT).step_by(2).map(line).collect()
    }

    fn braille(&self) -> String {
        let letter = |x, y| {
            let dots = BRAILLE.iter().enumerate().flat_map(|(dy, row)| {
                let set =
                    move |(dx, bit): (usize, &u32)| self.is_set(x + dx, y + dy).then_some(*bit);
                row.iter().enumerate().filter_map(set)
            });
            char::from_u32(0x2800 + dots.sum::<u32>()).unwrap_or(' ')
        };
        let line = |y| {
            let letters = (0..WIDTH).step_by(2).map(|x| letter(x, y));
            letters.chain(['\n']).collect::<String>()
        };
        (0..HEIGHT).step_by(4).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_menu::remote::{BLACK, Frame, write_bmp};
    use smartevse_menu::{Model, draw};

    fn picture() -> (Frame, Picture) {
        let mut frame = Frame::new();
        let Ok(()) = draw(&mut frame, &Model::boot("SmartEVSE", "host"));
        let mut file = [0; BMP_SIZE];
        write_bmp(&frame, BLACK, &mut file);
        (frame, Picture::of(&file))
    }

    #[test]
    fn when_a_file_is_read_then_every_pixel_is_in_its_place() {
        let (frame, picture) = picture();
        for (x, y) in (0..WIDTH).flat_map(|x| (0..HEIGHT).map(move |y| (x, y))) {
            assert_eq!(picture.is_set(x, y), frame.is_set(x, y), "{x}, {y}");
        }
    }

    #[test]
    fn when_the_terminal_is_narrow_then_braille_or_nothing() {
        let (frame, picture) = picture();
        let size = |text: &str| {
            (
                text.lines().next().unwrap().chars().count(),
                text.lines().count(),
            )
        };
        let blocks = picture.text(128, 33).unwrap();
        let braille = picture.text(127, 33).unwrap();
        assert_eq!((size(&blocks), size(&braille)), ((128, 32), (64, 16)));
        assert_eq!(picture.text(64, 16), None);
        let dark: u32 = frame.as_bytes().iter().map(|byte| byte.count_ones()).sum();
        let half = |letter| match letter {
            '█' => 2,
            '▀' | '▄' => 1,
            _ => 0,
        };
        assert_eq!(blocks.chars().map(half).sum::<u32>(), dark);
        let dots = braille.chars().filter(|letter| *letter != '\n');
        assert_eq!(
            dots.map(|dot| (dot as u32 & 0xFF).count_ones())
                .sum::<u32>(),
            dark
        );
    }
}
