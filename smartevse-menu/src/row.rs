//! Rows of the menu: the visible settings and EXIT, a ring.

use smartevse_core::registry::{SettingId, SettingSet};

use crate::values::Direction;

/// One row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Row {
    /// A setting.
    Setting(SettingId),
    /// Leaves the menu; always there, always last.
    Exit,
}

impl Row {
    /// The setting of the row.
    #[must_use]
    pub const fn setting(self) -> Option<SettingId> {
        match self {
            Self::Setting(id) => Some(id),
            Self::Exit => None,
        }
    }

    /// Whether the row is offered.
    #[must_use]
    pub const fn is_visible(self, visible: SettingSet) -> bool {
        match self {
            Self::Setting(id) => visible.contains(id),
            Self::Exit => true,
        }
    }

    /// The next row in a direction; `None` at the end unless `wraps`.
    #[must_use]
    pub fn step(self, visible: SettingSet, to: Direction, wraps: bool) -> Option<Self> {
        match (self, to) {
            (Self::Exit, Direction::Up) => first(visible).filter(|_| wraps),
            (Self::Exit, Direction::Down) => last(visible),
            (Self::Setting(id), Direction::Up) => Some(after(visible, id)),
            (Self::Setting(id), Direction::Down) => {
                before(visible, id).or(wraps.then_some(Self::Exit))
            }
        }
    }

    /// The row itself, or the next visible one behind it.
    #[must_use]
    pub fn or_next(self, visible: SettingSet) -> Self {
        match self {
            Self::Setting(id) if !visible.contains(id) => after(visible, id),
            Self::Setting(_) | Self::Exit => self,
        }
    }
}

fn first(visible: SettingSet) -> Option<Row> {
    visible.iter().next().map(Row::Setting)
}

fn last(visible: SettingSet) -> Option<Row> {
    visible.iter().last().map(Row::Setting)
}

fn after(visible: SettingSet, id: SettingId) -> Row {
    visible
        .iter()
        .find(|other| *other > id)
        .map_or(Row::Exit, Row::Setting)
}

fn before(visible: SettingSet, id: SettingId) -> Option<Row> {
    visible
        .iter()
        .take_while(|other| *other < id)
        .last()
        .map(Row::Setting)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODE: Row = Row::Setting(SettingId::Mode);
    const MAX: Row = Row::Setting(SettingId::Max);

    /// Menu invariant 30: the rows are a ring with EXIT as the last one; a
    /// held button stops at its ends.
    #[test]
    fn when_the_ring_is_walked_then_exit_is_its_end() {
        let set = SettingSet::of(&[SettingId::Mode, SettingId::Max]);
        let up = |row: Row, wraps| row.step(set, Direction::Up, wraps);
        let down = |row: Row, wraps| row.step(set, Direction::Down, wraps);
        assert_eq!(up(MODE, true), Some(MAX));
        assert_eq!(up(MAX, false), Some(Row::Exit));
        assert_eq!(
            (up(Row::Exit, true), up(Row::Exit, false)),
            (Some(MODE), None)
        );
        assert_eq!(
            (down(MODE, true), down(MODE, false)),
            (Some(Row::Exit), None)
        );
        assert_eq!(down(Row::Exit, false), Some(MAX));
        assert_eq!(down(MAX, true), Some(MODE));
    }

    /// Menu specification §5.3: a row that disappears hands over to the next.
    #[test]
    fn when_a_row_is_hidden_then_the_next_visible_one_follows() {
        let set = SettingSet::of(&[SettingId::Mode, SettingId::Max]);
        assert_eq!(Row::Setting(SettingId::Mains).or_next(set), MAX);
        assert_eq!(Row::Setting(SettingId::IdleTmo).or_next(set), Row::Exit);
        assert_eq!(MAX.or_next(set), MAX);
        assert!(Row::Exit.is_visible(set) && !Row::Setting(SettingId::Min).is_visible(set));
        assert_eq!(
            (MAX.setting(), Row::Exit.setting()),
            (Some(SettingId::Max), None)
        );
    }
}
