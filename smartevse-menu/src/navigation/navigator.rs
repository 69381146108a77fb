//! Rows, editing and the draft (menu specification §5.3, §5.5): pure
//! transitions without time.

use smartevse_core::command::Teach;
use smartevse_core::options::{RfidMode, Role, SensorboxWifi};
use smartevse_core::registry::{Kind, SettingId, SettingSet};
use smartevse_core::settings::{ApplyContext, Patch, Settings};

use crate::row::Row;
use crate::values::{Choosing, Direction, Stride};
use crate::visibility::{Facts, visible};

/// Digits of a PIN.
const DIGITS: u8 = 4;

/// What the navigator looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    /// Stored settings.
    pub live: &'a Settings,
    /// Facts that steer the rows.
    pub facts: Facts,
    /// What the firmware can do.
    pub context: ApplyContext,
}

/// A value that is being edited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Edit {
    /// Its present value.
    pub value: u16,
    /// Active digit of a PIN, 0 = the first one.
    pub digit: u8,
}

/// A press inside the menu.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Key {
    /// Left or right.
    Step(Direction),
    /// Middle.
    Enter,
}

/// What follows from a press.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    /// Nothing outside the menu.
    None,
    /// The menu is left through EXIT.
    Leave,
    /// This value is stored at once.
    Store(SettingId, u16),
    /// A new app PIN is wanted.
    CreatePin,
}

/// Place in the menu. What was committed is kept apart from the live settings,
/// so remote changes survive whatever happens to the draft.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Navigator {
    row: Row,
    edit: Option<Edit>,
    touched: Patch,
}

impl Navigator {
    /// Starts at the first row with an empty draft.
    pub const fn new() -> Self {
        Self {
            row: Row::Setting(SettingId::Mode),
            edit: None,
            touched: Patch::new(),
        }
    }

    /// The selected row.
    pub const fn row(&self) -> Row {
        self.row
    }

    /// The value that is being edited.
    pub const fn edit(&self) -> Option<Edit> {
        self.edit
    }

    /// What was committed.
    pub const fn touched(&self) -> &Patch {
        &self.touched
    }

    /// Value of a setting in the draft.
    pub fn value(&self, view: &View<'_>, id: SettingId) -> u16 {
        let touched = self.touched.value(id);
        touched.unwrap_or_else(|| view.live.value(id))
    }

    /// The value that is shown: edited or of the draft.
    pub fn shown(&self, view: &View<'_>, id: SettingId) -> u16 {
        self.edit
            .map_or_else(|| self.value(view, id), |edit| edit.value)
    }

    /// Rows that the draft makes visible.
    pub fn visible(&self, view: &View<'_>) -> SettingSet {
        visible(|id| self.value(view, id), view.facts)
    }

    fn choosing(&self, view: &View<'_>) -> Choosing {
        let role = Role::from_raw(self.value(view, SettingId::PwrShare));
        Choosing {
            role: role.unwrap_or(Role::Disabled),
            context: view.context,
        }
    }

    /// Moves on from a row that has disappeared; its edit is cancelled.
    pub fn follow(&mut self, view: &View<'_>) {
        let row = self.row.or_next(self.visible(view));
        if row != self.row {
            self.row = row;
            self.edit = None;
        }
    }

    /// Learn or Delete while it is selected (menu rule X12).
    pub fn teach(&self) -> Option<Teach> {
        let edit = self.edit.filter(|_| self.is_on(SettingId::Rfid))?;
        match RfidMode::from_raw(edit.value)? {
            RfidMode::Learn => Some(Teach::Learn),
            RfidMode::Delete => Some(Teach::Delete),
            RfidMode::Disabled
            | RfidMode::EnableAll
            | RfidMode::EnableOne
            | RfidMode::DeleteAll
            | RfidMode::Remote => None,
        }
    }

    /// Whether the row of SB2 WIFI shows Portal.
    pub fn shows_sensorbox_portal(&self, view: &View<'_>) -> bool {
        let portal = SensorboxWifi::Portal.raw();
        self.is_on(SettingId::Sb2Wifi) && self.shown(view, SettingId::Sb2Wifi) == portal
    }

    /// Whether this setting is selected.
    pub fn is_on(&self, id: SettingId) -> bool {
        self.row == Row::Setting(id)
    }

    /// Whether a held button repeats here.
    pub fn repeats(&self) -> bool {
        self.edit.is_none() || !(self.is_on(SettingId::LcdPin) || self.is_on(SettingId::AppPin))
    }

    /// A fresh press.
    pub fn press(&mut self, view: &View<'_>, key: Key) -> Effect {
        match (key, self.row) {
            (Key::Step(to), _) => {
                self.step(view, to, Stride::PRESS);
                Effect::None
            }
            (Key::Enter, Row::Exit) => Effect::Leave,
            (Key::Enter, Row::Setting(id)) => match self.edit {
                None => self.begin(view, id),
                Some(edit) => self.commit(view, id, edit.value),
            },
        }
    }

    /// A step of a press or of a held button.
    pub fn step(&mut self, view: &View<'_>, to: Direction, stride: Stride) {
        let Some(edit) = self.edit else {
            let row = self.row.step(self.visible(view), to, stride.wraps);
            self.row = row.unwrap_or(self.row);
            return;
        };
        let Some(id) = self.row.setting() else {
            return;
        };
        self.edit = Some(match id.facts().kind {
            Kind::Pin => edit.pin_key(to),
            Kind::Options(_) | Kind::Number { .. } | Kind::PowerOfTen { .. } | Kind::Action => {
                let next = self.choosing(view).step(id, edit.value, to, stride);
                Edit {
                    value: next.unwrap_or(edit.value),
                    ..edit
                }
            }
        });
    }

    fn begin(&mut self, view: &View<'_>, id: SettingId) -> Effect {
        self.edit = Some(Edit {
            value: self.value(view, id),
            digit: 0,
        });
        if id == SettingId::AppPin {
            Effect::CreatePin
        } else {
            Effect::None
        }
    }

    /// Ends the edit. The draft takes what may be chosen; Learn and Delete
    /// leave the mode as it was; the wireless networks act at once.
    fn commit(&mut self, view: &View<'_>, id: SettingId, value: u16) -> Effect {
        let teaching = self.teach().is_some();
        self.edit = None;
        if teaching || !self.choosing(view).allows(id, value) {
            return Effect::None;
        }
        if matches!(id, SettingId::Wifi | SettingId::Sb2Wifi) {
            return Effect::Store(id, value);
        }
        self.touched.set(id, value);
        Effect::None
    }
}

impl Edit {
    /// Left counts the active digit up, right goes to the next digit.
    fn pin_key(self, to: Direction) -> Self {
        let last = DIGITS.saturating_sub(1);
        match to {
            Direction::Up if self.digit >= last => Self { digit: 0, ..self },
            Direction::Up => Self {
                digit: self.digit.saturating_add(1),
                ..self
            },
            Direction::Down => Self {
                value: self.digit_up(last),
                ..self
            },
        }
    }

    fn digit_up(self, last: u8) -> u16 {
        let place = 10_u16.saturating_pow(u32::from(last.saturating_sub(self.digit)));
        let digit = self.value.checked_div(place).unwrap_or(0) % 10;
        if digit == 9 {
            self.value.saturating_sub(place.saturating_mul(9))
        } else {
            self.value.saturating_add(place)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::settings::Settings;

    const UP: Key = Key::Step(Direction::Up);
    const DOWN: Key = Key::Step(Direction::Down);

    fn view(live: &Settings) -> View<'_> {
        View {
            live,
            facts: Facts::default(),
            context: ApplyContext::default(),
        }
    }

    fn on(row: SettingId) -> Navigator {
        Navigator {
            row: Row::Setting(row),
            ..Navigator::new()
        }
    }

    /// Menu specification §5.5: a step acts on the edit buffer, the middle
    /// button on the draft, nothing on the live settings.
    #[test]
    fn when_a_value_is_committed_then_it_is_in_the_draft_only() {
        let live = Settings::default();
        let view = view(&live);
        let mut menu = on(SettingId::Max);
        assert_eq!(menu.press(&view, Key::Enter), Effect::None);
        menu.press(&view, UP);
        assert_eq!(menu.shown(&view, SettingId::Max), 17);
        assert_eq!(menu.value(&view, SettingId::Max), 16);
        menu.press(&view, Key::Enter);
        assert_eq!(menu.value(&view, SettingId::Max), 17);
        assert_eq!(menu.touched().value(SettingId::Max), Some(17));
        assert_eq!(menu.edit(), None);
    }

    /// Menu invariant 28, menu specification §5.3: left counts a digit up and
    /// wraps, right goes round the digits.
    #[test]
    fn when_a_pin_is_edited_then_each_digit_wraps_alone() {
        let live = Settings::default();
        let view = view(&live);
        let mut menu = on(SettingId::LcdPin);
        menu.press(&view, Key::Enter);
        for presses in [9, 4, 7, 18] {
            for _ in 0..presses {
                menu.press(&view, DOWN);
            }
            menu.press(&view, UP);
        }
        assert_eq!(
            menu.edit(),
            Some(Edit {
                value: 9478,
                digit: 0
            })
        );
        menu.press(&view, DOWN);
        assert_eq!(
            menu.edit(),
            Some(Edit {
                value: 478,
                digit: 0
            })
        );
        assert!(!menu.repeats());
    }

    /// Menu rule X12: Learn acts while it is selected and is never committed.
    #[test]
    fn when_learn_is_left_then_the_mode_is_the_one_before() {
        let live = Settings::default();
        let view = view(&live);
        let mut menu = on(SettingId::Rfid);
        menu.press(&view, Key::Enter);
        for _ in 0..3 {
            menu.press(&view, UP);
        }
        assert_eq!(menu.teach(), Some(Teach::Learn));
        menu.press(&view, UP);
        assert_eq!(menu.teach(), Some(Teach::Delete));
        menu.press(&view, Key::Enter);
        assert_eq!((menu.teach(), menu.touched().is_empty()), (None, true));
    }

    /// Menu rules X17 and X18: the wireless network is stored at once.
    #[test]
    fn when_the_network_is_committed_then_it_is_stored_at_once() {
        let live = Settings::default();
        let view = view(&live);
        let mut menu = on(SettingId::Wifi);
        menu.press(&view, Key::Enter);
        menu.press(&view, UP);
        assert_eq!(
            menu.press(&view, Key::Enter),
            Effect::Store(SettingId::Wifi, 2)
        );
        assert!(menu.touched().is_empty());
    }

    /// Menu specification §5.3: the row disappears, the edit is cancelled.
    #[test]
    fn when_the_row_disappears_then_the_next_one_is_selected() {
        let live = Settings::default();
        let view = view(&live);
        let mut menu = on(SettingId::AppPin);
        menu.edit = Some(Edit { value: 0, digit: 0 });
        menu.follow(&view);
        assert_eq!(
            (menu.row(), menu.edit()),
            (Row::Setting(SettingId::MaxTemp), None)
        );
    }
}
