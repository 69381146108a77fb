//! Draws every screen into sheets of pictures: `docs/lcd/*.png`.
//!
//! `cargo run -p smartevse-menu --example sheets`
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a tool for the desk"
)]

use std::fs::{File, create_dir_all};
use std::io::BufWriter;
use std::path::Path;

use smartevse_core::registry::SettingId;
use smartevse_menu::{Frame, draw};

#[expect(dead_code, reason = "made for the tests, which use all of it")]
#[path = "../tests/it/rig.rs"]
mod rig;
#[path = "../tests/it/scenes.rs"]
mod scenes;

/// Pixels of the picture for one of the display.
const SCALE: usize = 3;
/// Display pixels between two screens.
const GAP: usize = 6;
/// Screens side by side.
const COLUMNS: usize = 4;

const PAPER: u8 = 0;
const GLASS: u8 = 1;
const INK: u8 = 2;
/// Page, display, dark pixel: red, green, blue.
const PALETTE: [u8; 9] = [0x50, 0x58, 0x60, 0xC8, 0xDC, 0xA0, 0x18, 0x20, 0x30];

fn sheet(name: &str, scenes: &[scenes::Scene]) {
    let rows = scenes.len().div_ceil(COLUMNS);
    let width = (COLUMNS * (128 + GAP) + GAP) * SCALE;
    let height = (rows * (64 + GAP) + GAP) * SCALE;
    let mut image = vec![PAPER; width * height];
    for (at, (_, model)) in scenes.iter().enumerate() {
        let mut frame = Frame::new();
        draw(&mut frame, model).unwrap();
        let left = (GAP + at % COLUMNS * (128 + GAP)) * SCALE;
        let top = (GAP + at / COLUMNS * (64 + GAP)) * SCALE;
        for (x, y) in (0..128 * SCALE).flat_map(|x| (0..64 * SCALE).map(move |y| (x, y))) {
            let dark = frame.is_set(x / SCALE, y / SCALE);
            image[(top + y) * width + left + x] = if dark { INK } else { GLASS };
        }
    }
    write(name, width, height, &image);
}

fn write(name: &str, width: usize, height: usize, image: &[u8]) {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/lcd"));
    create_dir_all(folder).unwrap();
    let file = BufWriter::new(File::create(folder.join(format!("{name}.png"))).unwrap());
    let size = |pixels: usize| u32::try_from(pixels).unwrap();
    let mut encoder = png::Encoder::new(file, size(width), size(height));
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(PALETTE.to_vec());
    encoder.set_compression(png::Compression::High);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(image)
        .unwrap();
    println!("{name}.png: {width} x {height}");
}

fn main() {
    sheet("normal", &scenes::normal());
    sheet("notices", &scenes::notices());
    sheet("faults", &scenes::faults());
    sheet("smart-and-solar", &scenes::pictures());
    sheet("special-rows", &scenes::special_rows());
    let mut browse = Vec::new();
    let mut options = Vec::new();
    for id in SettingId::ALL {
        let mut row = scenes::row(*id).into_iter();
        browse.extend(row.next());
        // The help line is the same picture with other words below.
        let help = row.next();
        browse.extend(help.filter(|_| *id == SettingId::Mode));
        options.extend(row);
    }
    sheet("rows", &browse);
    for (at, part) in options.chunks(60).enumerate() {
        sheet(&format!("options-{}", at + 1), part);
    }
}
