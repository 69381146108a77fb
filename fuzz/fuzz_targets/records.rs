//! Records: arbitrary bytes never panic and give legal values; what is read is
//! read again after it was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartevse_core::charger::BootRecord;
use smartevse_core::records::access::AccessRecord;
use smartevse_core::records::cards::{Directory, import_image, parse_part};
use smartevse_core::records::energy::EnergyRecord;
use smartevse_core::records::upstream::Import;
use smartevse_core::records::{Frame, Key, LARGEST_FRAME, settings};
use smartevse_core::settings::Settings;

fn again<T: PartialEq + core::fmt::Debug>(
    value: T,
    emit: impl Fn(&T, &mut [u8]) -> usize,
    parse: impl Fn(&Frame<'_>) -> T,
) {
    let mut bytes = [0; LARGEST_FRAME];
    let length = emit(&value, &mut bytes);
    let frame = Frame::parse(&bytes[..length]).unwrap();
    assert_eq!(parse(&frame), value);
}

fn decode(frame: &Frame<'_>) {
    if let Ok(record) = AccessRecord::parse(frame) {
        let emit = |r: &AccessRecord, b: &mut [u8]| r.emit(b).unwrap();
        again(record, emit, |f| AccessRecord::parse(f).unwrap());
    }
    if let Ok(record) = BootRecord::parse(frame) {
        let emit = |r: &BootRecord, b: &mut [u8]| r.emit(b).unwrap();
        again(record, emit, |f| BootRecord::parse(f).unwrap());
    }
    if let Ok(record) = EnergyRecord::parse(frame) {
        let emit = |r: &EnergyRecord, b: &mut [u8]| r.emit(b).unwrap();
        again(record, emit, |f| EnergyRecord::parse(f).unwrap());
    }
    let _ = Directory::parse(frame);
    let _ = parse_part(frame.key, frame);
    if let Ok(found) = settings::parse(frame) {
        let loaded = found.loaded.settings;
        assert_eq!(Settings::from_values(*loaded.values()), Ok(loaded));
        let mut bytes = [0; LARGEST_FRAME];
        let length = settings::emit(&loaded, &found.unknown, &mut bytes).unwrap();
        let frame = Frame::parse(&bytes[..length]).unwrap();
        let again = settings::parse(&frame).unwrap();
        assert_eq!(again.loaded.settings, loaded);
        assert!(again.unknown.iter().eq(found.unknown.iter()));
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(frame) = Frame::parse(data) {
        decode(&frame);
    }
    // Right checksums are rare: the same bytes as payload of a good frame.
    if let [number, version, payload @ ..] = data {
        if let Some(key) = Key::new(number % 8) {
            decode(&Frame {
                key,
                version: version % 3,
                payload: &payload[..payload.len().min(248)],
            });
        }
    }
    let _ = import_image(data);
    if let Ok(text) = core::str::from_utf8(data) {
        let mut import = Import::new();
        for line in text.lines() {
            import.line(line);
        }
        let settings = import.finish().loaded.settings;
        assert_eq!(Settings::from_values(*settings.values()), Ok(settings));
    }
});
