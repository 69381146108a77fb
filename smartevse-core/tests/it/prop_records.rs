//! Decoders of records: any bytes, any values.

use proptest::collection::vec;
use proptest::prelude::*;
use smartevse_core::charger::BootRecord;
use smartevse_core::records::access::AccessRecord;
use smartevse_core::records::cards::{Directory, import_image, parse_part};
use smartevse_core::records::energy::EnergyRecord;
use smartevse_core::records::settings::{self, UnknownValues};
use smartevse_core::records::upstream::Import;
use smartevse_core::records::{Frame, Key, LARGEST_FRAME};
use smartevse_core::registry::SettingId;
use smartevse_core::settings::{Settings, load};

fn parse_all(frame: &Frame<'_>) {
    let _ = AccessRecord::parse(frame);
    let _ = BootRecord::parse(frame);
    let _ = EnergyRecord::parse(frame);
    let _ = Directory::parse(frame);
    let _ = parse_part(frame.key, frame);
    if let Ok(found) = settings::parse(frame) {
        let values = *found.loaded.settings.values();
        assert_eq!(Settings::from_values(values), Ok(found.loaded.settings));
    }
}

proptest! {
    /// Menu 12, 33: arbitrary bytes never panic and give legal settings.
    #[test]
    fn when_any_bytes_are_decoded_then_values_are_legal(
        number in 1_u8..64,
        version in 0_u8..3,
        payload in vec(any::<u8>(), 0..248),
    ) {
        let key = Key::new(number).unwrap();
        parse_all(&Frame { key, version, payload: &payload });
        let _ = Frame::parse(&payload);
        let _ = import_image(&payload);
    }

    /// Menu 12, 33: save and load is the identity.
    #[test]
    fn when_settings_are_stored_then_the_same_come_back(
        pairs in vec((0_usize..SettingId::COUNT, any::<u16>()), 0..60),
    ) {
        let pairs = pairs.into_iter().map(|(n, value)| (SettingId::ALL[n], value));
        let settings = load(pairs).settings;
        let mut bytes = [0xFF; LARGEST_FRAME];
        settings::emit(&settings, &UnknownValues::EMPTY, &mut bytes).unwrap();
        let found = settings::parse(&Frame::parse(&bytes).unwrap()).unwrap();
        prop_assert_eq!(found.loaded.settings, settings);
        prop_assert!(found.loaded.notices.is_empty() && found.missing.is_empty());
    }

    /// One or two bits that flip never make another record.
    #[test]
    fn when_two_bits_flip_then_nothing_is_read(
        payload in vec(any::<u8>(), 0..200),
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
    ) {
        let mut bytes = [0xFF; LARGEST_FRAME];
        let frame = Frame { key: Key::ACCESS, version: 1, payload: &payload };
        let bits = frame.emit(&mut bytes).unwrap() * 8;
        let (first, second) = (first.index(bits), second.index(bits));
        bytes[first / 8] ^= 1 << (first % 8);
        if first != second {
            bytes[second / 8] ^= 1 << (second % 8);
        }
        prop_assert!(Frame::parse(&bytes).is_err());
    }

    /// Menu 6: a dump of anything gives legal settings.
    #[test]
    fn when_any_text_is_imported_then_settings_are_legal(
        lines in vec("[A-Za-z0-9]{0,12}[,=:]?(data|u8|u16)?[,=]?(u8|u16)?[,=]?[0-9a-fx]{0,6}", 0..30),
        ids in vec((0_usize..SettingId::COUNT, any::<u32>()), 0..20),
    ) {
        let mut import = Import::new();
        for line in &lines {
            import.line(line);
        }
        for (n, value) in ids {
            if let Some(key) = SettingId::ALL[n].facts().key {
                import.line(&format!("{}={value}", key.name));
            }
        }
        let settings = import.finish().loaded.settings;
        prop_assert_eq!(Settings::from_values(*settings.values()), Ok(settings));
    }
}
