//! Records that storage should hold, as latest values with a version.

use smartevse_core::event::Record;

const RECORDS: [Record; 5] = [
    Record::Latches,
    Record::Access,
    Record::Settings,
    Record::Cards,
    Record::Energy,
];

/// Versions of the records, wanted and stored.
///
/// A record stays unsaved until storage confirms its present version; the most
/// important one comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Records {
    wanted: [u32; 5],
    stored: [u32; 5],
}

impl Records {
    /// The value of a record changed.
    pub fn changed(&mut self, record: Record) {
        for (version, this) in self.wanted.iter_mut().zip(RECORDS) {
            if this == record {
                *version = version.wrapping_add(1);
            }
        }
    }

    /// Storage holds this version of a record.
    pub fn stored(&mut self, record: Record, version: u32) {
        for (stored, this) in self.stored.iter_mut().zip(RECORDS) {
            if this == record {
                *stored = version;
            }
        }
    }

    /// Records that are not stored yet with their versions, the most important
    /// first.
    pub fn unsaved(self) -> impl Iterator<Item = (Record, u32)> {
        RECORDS
            .into_iter()
            .zip(self.wanted)
            .zip(self.stored)
            .filter(|((_, wanted), stored)| wanted != stored)
            .map(|(wanted, _)| wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_an_old_version_is_confirmed_then_the_record_stays_unsaved() {
        let mut records = Records::default();
        assert_eq!(records.unsaved().count(), 0);
        records.changed(Record::Settings);
        records.changed(Record::Settings);
        records.changed(Record::Access);
        records.stored(Record::Settings, 1);
        assert!(
            records
                .unsaved()
                .eq([(Record::Access, 1), (Record::Settings, 2)])
        );
        records.stored(Record::Settings, 2);
        assert!(records.unsaved().eq([(Record::Access, 1)]));
    }
}
