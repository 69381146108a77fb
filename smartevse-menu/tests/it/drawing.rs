//! Drawing: inside the display, the same every time, the same as a BMP.

use std::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::Point;
use embedded_graphics::geometry::{OriginDimensions, Size};
use embedded_graphics::image::GetPixel;
use embedded_graphics::pixelcolor::BinaryColor;
use smartevse_core::registry::SettingId;
use smartevse_menu::remote::{BLACK, BMP_SIZE, write_bmp};
use smartevse_menu::{Frame, draw};

use crate::scenes;

/// A display that tolerates nothing outside and counts pixels.
#[derive(Default)]
struct Strict {
    pixels: usize,
}

impl OriginDimensions for Strict {
    fn size(&self) -> Size {
        Size::new(128, 64)
    }
}

impl DrawTarget for Strict {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(point, color) in pixels {
            let inside = (0..128).contains(&point.x) && (0..64).contains(&point.y);
            assert!(inside, "{point:?} lies outside");
            self.pixels += usize::from(color == BinaryColor::On);
        }
        Ok(())
    }
}

fn all() -> Vec<scenes::Scene> {
    let rows = SettingId::ALL.iter().flat_map(|id| scenes::row(*id));
    let groups = [
        scenes::normal(),
        scenes::notices(),
        scenes::faults(),
        scenes::pictures(),
        scenes::special_rows(),
    ];
    groups.into_iter().flatten().chain(rows).collect()
}

/// Menu invariant 35.
#[test]
fn when_any_screen_is_drawn_then_no_pixel_lies_outside() {
    for (name, model) in all() {
        let mut display = Strict::default();
        draw(&mut display, &model).unwrap();
        assert!((10..3_000).contains(&display.pixels), "{name}");
        let (mut once, mut again) = (Frame::new(), Frame::new());
        draw(&mut once, &model).unwrap();
        again.clear(BinaryColor::On).unwrap();
        draw(&mut again, &model).unwrap();
        assert!(once == again, "{name} depends on what was there before");
    }
}

/// Menu invariant 37: another decoder finds the picture again.
#[test]
fn when_a_picture_is_sent_as_bmp_then_a_decoder_finds_it_again() {
    for (name, model) in scenes::pictures() {
        let mut frame = Frame::new();
        draw(&mut frame, &model).unwrap();
        let mut file = [0; BMP_SIZE];
        write_bmp(&frame, BLACK, &mut file);
        let bmp = tinybmp::Bmp::<BinaryColor>::from_slice(&file).unwrap();
        assert_eq!(bmp.size(), Size::new(128, 64));
        for (x, y) in (0..128).flat_map(|x| (0..64).map(move |y| (x, y))) {
            // White is "on" for the decoder, ink is "on" for the display.
            let ink = bmp.pixel(Point::new(x, y)) == Some(BinaryColor::Off);
            let (x, y) = (usize::try_from(x).unwrap(), usize::try_from(y).unwrap());
            assert_eq!(ink, frame.is_set(x, y), "{name} {x} {y}");
        }
    }
}
