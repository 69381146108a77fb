//! Serialised forms. What comes in is checked.

use core::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::values::Values;
use super::{InvalidSettings, Patch, Settings};
use crate::registry::{SettingId, SettingSet};

/// Values in the order of the menu, not checked.
pub(super) struct RawValues(Values);

impl Serialize for RawValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(SettingId::COUNT)?;
        for value in &self.0 {
            tuple.serialize_element(value)?;
        }
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for RawValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(SettingId::COUNT, ValuesVisitor)
    }
}

struct ValuesVisitor;

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = RawValues;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} numbers", SettingId::COUNT)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawValues, A::Error> {
        let mut values = [0; SettingId::COUNT];
        for (index, slot) in values.iter_mut().enumerate() {
            let next = seq.next_element()?;
            *slot = next.ok_or_else(|| A::Error::invalid_length(index, &self))?;
        }
        Ok(RawValues(values))
    }
}

impl From<Settings> for RawValues {
    fn from(settings: Settings) -> Self {
        Self(*settings.values())
    }
}

impl TryFrom<RawValues> for Settings {
    type Error = InvalidSettings;

    fn try_from(raw: RawValues) -> Result<Self, InvalidSettings> {
        Self::from_values(raw.0)
    }
}

/// A patch as it is written.
#[derive(Serialize, Deserialize)]
pub(super) struct RawPatch {
    ids: SettingSet,
    values: RawValues,
}

impl From<Patch> for RawPatch {
    fn from(patch: Patch) -> Self {
        let mut values = [0; SettingId::COUNT];
        for (slot, id) in values.iter_mut().zip(SettingId::ALL) {
            *slot = patch.value(*id).unwrap_or(0);
        }
        Self {
            ids: patch.ids(),
            values: RawValues(values),
        }
    }
}

impl From<RawPatch> for Patch {
    fn from(raw: RawPatch) -> Self {
        let pairs = SettingId::ALL.iter().copied().zip(raw.values.0);
        pairs.filter(|(id, _)| raw.ids.contains(*id)).collect()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use serde::de::value::{Error as ValueError, SeqDeserializer};

    fn read(values: Values) -> Result<Settings, ValueError> {
        Settings::deserialize(SeqDeserializer::new(values.into_iter()))
    }

    #[test]
    fn when_serialised_values_are_legal_then_they_are_taken() {
        let settings = Settings::default();
        assert_eq!(read(*settings.values()), Ok(settings));
    }

    #[test]
    fn when_a_serialised_value_is_illegal_then_it_is_refused() {
        for (id, value) in [
            (SettingId::Max, 81),
            (SettingId::Capacity, 9),
            (SettingId::Rfid, 3),
            (SettingId::AppPin, 1),
            (SettingId::Min, 17),
        ] {
            let mut values = *Settings::default().values();
            values[id.index()] = value;
            assert!(read(values).is_err(), "{id}");
        }
    }

    #[test]
    fn when_serialised_values_contradict_then_they_are_refused() {
        let mut values = *Settings::default().values();
        values[SettingId::Mode.index()] = 1;
        assert!(read(values).is_err());
        let short = SeqDeserializer::<_, ValueError>::new([0_u16; 42].into_iter());
        assert!(Settings::deserialize(short).is_err());
    }

    /// Decision D-105: what was written is read back.
    #[test]
    fn when_written_and_read_then_settings_and_patches_are_the_same() {
        let settings = Settings::default();
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
        let patch = Patch::new()
            .with(SettingId::Max, 13)
            .with(SettingId::Min, 8);
        let text = serde_json::to_string(&patch).unwrap();
        assert_eq!(serde_json::from_str::<Patch>(&text).unwrap(), patch);
        let error = serde_json::from_str::<Settings>("7").unwrap_err();
        assert!(std::format!("{error}").contains("numbers"), "{error}");
    }
}
