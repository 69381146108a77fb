//! Golden pictures as text: `#` is a dark pixel. `BLESS=1` writes them anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use smartevse_core::registry::{Kind, SettingId};
use smartevse_menu::{Frame, draw};

use crate::scenes::{self, Scene};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"))
}

fn frame(scene: &Scene) -> Frame {
    let mut frame = Frame::new();
    draw(&mut frame, &scene.1).unwrap();
    frame
}

/// Rows of a picture; what is empty at the right and below is left out.
fn text(frame: &Frame, rows: std::ops::Range<usize>) -> String {
    let mut text = String::new();
    for y in rows {
        let row: String = (0..128)
            .map(|x| if frame.is_set(x, y) { '#' } else { '.' })
            .collect();
        writeln!(text, "{}", row.trim_end_matches('.')).unwrap();
    }
    text
}

fn check(name: &str, actual: &str) {
    let path = folder().join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, actual).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == actual,
        "{name} differs; BLESS=1 writes it anew:\n{actual}"
    );
}

fn names(sub: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder().join(sub)).unwrap();
    let files = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    files.filter(|name| name.ends_with(".txt")).collect()
}

fn screens() -> Vec<Scene> {
    let groups = [
        scenes::normal(),
        scenes::notices(),
        scenes::faults(),
        scenes::pictures(),
        scenes::special_rows(),
    ];
    groups.into_iter().flatten().collect()
}

/// Menu invariant 36: every screen of chapter 10.
#[test]
fn when_screens_are_drawn_then_they_are_the_golden_ones() {
    let mut expected = BTreeSet::new();
    for scene in screens() {
        let name = format!("{}.txt", scene.0);
        check(&format!("screens/{name}"), &text(&frame(&scene), 0..64));
        assert!(expected.insert(name), "{} twice", scene.0);
    }
    assert_eq!(names("screens"), expected);
    assert!(expected.len() >= 80, "{}", expected.len());
}

/// Every row with every option: the whole picture of the first one, then the
/// line of the value and the context.
#[test]
fn when_rows_are_drawn_then_they_are_the_golden_ones() {
    let mut options = 0;
    for id in SettingId::ALL {
        let scenes = scenes::row(*id);
        let mut all = String::new();
        for (at, scene) in scenes.iter().enumerate() {
            let picture = frame(scene);
            writeln!(all, "== {} {}", id.facts().label, scene.0).unwrap();
            match at {
                0 => all += &text(&picture, 0..64),
                1 => all += &text(&picture, 48..56),
                _ => {
                    all += &text(&picture, 0..8);
                    all += &text(&picture, 32..50);
                }
            }
        }
        check(&format!("rows/{id}.txt"), &all);
        let expected = match id.facts().kind {
            Kind::Options(choices) => choices.len(),
            _ => scenes::values(*id).len(),
        };
        assert_eq!(scenes.len(), expected + 2, "{id}");
        options += expected;
    }
    let files: BTreeSet<_> = SettingId::ALL
        .iter()
        .map(|id| format!("{id}.txt"))
        .collect();
    assert_eq!(names("rows"), files);
    assert!(options >= 190, "{options}");
}
