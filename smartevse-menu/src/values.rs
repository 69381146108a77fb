//! Which values can be chosen, and how a press moves through them.

use smartevse_core::options::{Contact2, RfidMode, Role, SwitchKind};
use smartevse_core::registry::{Choice, Gap, Kind, SettingId};
use smartevse_core::settings::ApplyContext;

/// Direction of a step.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// To smaller values, or to the option before (left button).
    Down,
    /// To larger values, or to the next option (right button).
    Up,
}

/// What decides about options (menu specification §3.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Choosing {
    /// Role in the draft.
    pub role: Role,
    /// What the firmware can do.
    pub context: ApplyContext,
}

/// How far a step goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stride {
    /// Whether the step may go round the ends.
    pub wraps: bool,
    /// Distance in a number; larger ones end on a multiple of themselves.
    pub size: u16,
}

impl Stride {
    /// One fresh press.
    pub const PRESS: Self = Self {
        wraps: true,
        size: 1,
    };
}

/// Options that do not exist on a node.
const NOT_ON_NODES: &[(SettingId, u16)] = &[
    (SettingId::Contact2, Contact2::Auto.raw()),
    (SettingId::Switch, SwitchKind::GridRelay.raw()),
];

impl Choosing {
    /// Whether a value of a setting can be chosen.
    #[must_use]
    pub fn allows(self, id: SettingId, value: u16) -> bool {
        let off_node = self.role.is_node() && NOT_ON_NODES.contains(&(id, value));
        let remote_reader = id == SettingId::Rfid && value == RfidMode::Remote.raw();
        id.facts().kind.accepts(value) && !off_node && (self.context.ocpp || !remote_reader)
    }

    /// The value that a step leads to; `None` where there is none.
    ///
    /// From a value that cannot be chosen, a step leads to the nearest one in
    /// its direction (menu specification §5.4).
    #[must_use]
    pub fn step(self, id: SettingId, value: u16, to: Direction, stride: Stride) -> Option<u16> {
        match id.facts().kind {
            Kind::Options(choices) => self.step_option(id, choices, value, to, stride.wraps),
            Kind::Number { min, max, gap, .. } => {
                let range = Range { min, max, gap };
                range.step(value, to, stride)
            }
            Kind::PowerOfTen { max } => {
                let range = Range {
                    min: 0,
                    max,
                    gap: None,
                };
                range.step(value, to, stride)
            }
            Kind::Pin | Kind::Action => None,
        }
    }

    fn step_option(
        self,
        id: SettingId,
        choices: &[Choice],
        value: u16,
        to: Direction,
        wraps: bool,
    ) -> Option<u16> {
        let at = choices.iter().position(|choice| choice.value == value)?;
        let before = choices.get(..at)?;
        let behind = choices.get(at.saturating_add(1)..)?;
        let found = match to {
            Direction::Up => self.first(id, behind.iter()),
            Direction::Down => self.first(id, before.iter().rev()),
        };
        let round = || match to {
            Direction::Up => self.first(id, before.iter()),
            Direction::Down => self.first(id, behind.iter().rev()),
        };
        found.or_else(|| if wraps { round() } else { None })
    }

    fn first<'a>(self, id: SettingId, mut rest: impl Iterator<Item = &'a Choice>) -> Option<u16> {
        rest.find(|choice| self.allows(id, choice.value))
            .map(|choice| choice.value)
    }
}

/// Whether a held button may take larger steps: ranges above 200.
#[must_use]
pub fn is_wide(id: SettingId) -> bool {
    match id.facts().kind {
        Kind::Number { min, max, .. } => max.saturating_sub(min) > 200,
        Kind::Options(_) | Kind::PowerOfTen { .. } | Kind::Pin | Kind::Action => false,
    }
}

/// Legal values of a number.
struct Range {
    min: u16,
    max: u16,
    gap: Option<Gap>,
}

impl Range {
    fn step(&self, value: u16, to: Direction, stride: Stride) -> Option<u16> {
        let (end, other_end) = match to {
            Direction::Up => (self.max, self.min),
            Direction::Down => (self.min, self.max),
        };
        if value == end {
            return stride.wraps.then_some(other_end);
        }
        let next = match to {
            Direction::Up => above(value, stride.size),
            Direction::Down => below(value, stride.size),
        };
        Some(self.beyond_gap(next.max(self.min).min(self.max), to))
    }

    fn beyond_gap(&self, value: u16, to: Direction) -> u16 {
        match self.gap {
            Some(gap) if (gap.from..=gap.to).contains(&value) => match to {
                Direction::Up => gap.to.saturating_add(1),
                Direction::Down => gap.from.saturating_sub(1),
            },
            Some(_) | None => value,
        }
    }
}

/// The next multiple of `size` above a value.
fn above(value: u16, size: u16) -> u16 {
    let over = value.checked_rem(size).unwrap_or(0);
    value.saturating_add(size.saturating_sub(over))
}

/// The next multiple of `size` below a value.
fn below(value: u16, size: u16) -> u16 {
    match value.checked_rem(size).unwrap_or(0) {
        0 => value.saturating_sub(size),
        over => value.saturating_sub(over),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Choosing = Choosing {
        role: Role::Disabled,
        context: ApplyContext { ocpp: true },
    };
    const NODE: Choosing = Choosing {
        role: Role::Node1,
        context: ApplyContext { ocpp: false },
    };

    fn up(id: SettingId, value: u16) -> Option<u16> {
        ALONE.step(id, value, Direction::Up, Stride::PRESS)
    }

    fn down(id: SettingId, value: u16) -> Option<u16> {
        ALONE.step(id, value, Direction::Down, Stride::PRESS)
    }

    /// Menu specification §5.4: right from 0 gives 10, left from 10 gives 0,
    /// left from 0 the maximum.
    #[test]
    fn when_a_number_has_a_gap_then_a_press_jumps_over_it() {
        assert_eq!(up(SettingId::Capacity, 0), Some(10));
        assert_eq!(down(SettingId::Capacity, 10), Some(0));
        assert_eq!(down(SettingId::Capacity, 0), Some(600));
        assert_eq!(up(SettingId::Rotation, 0), Some(30));
        assert_eq!(down(SettingId::Rotation, 30), Some(0));
        assert_eq!(up(SettingId::Max, 80), Some(6));
        assert_eq!(up(SettingId::EmVolDiv, 7), Some(0));
    }

    /// Decision 21: WIFI and CONTACT 2 cycle in the order of the guide.
    #[test]
    fn when_options_are_cycled_then_the_order_is_that_of_the_guide() {
        assert_eq!(up(SettingId::Wifi, 0), Some(2));
        assert_eq!(up(SettingId::Wifi, 2), Some(1));
        assert_eq!(up(SettingId::Contact2, 1), Some(3));
        assert_eq!(up(SettingId::Contact2, 4), Some(0));
        assert_eq!(up(SettingId::EvMeter, 0), Some(2));
    }

    /// Menu specification §3.3 and §5.4: Auto and Grid Relay do not exist on
    /// a node; without OCPP RFID has no Rmt/OCPP.
    #[test]
    fn when_an_option_cannot_be_chosen_then_it_is_left_out() {
        let node = |id, value, to| NODE.step(id, value, to, Stride::PRESS);
        assert_eq!(node(SettingId::Contact2, 2, Direction::Up), Some(0));
        assert_eq!(node(SettingId::Contact2, 4, Direction::Down), Some(2));
        assert_eq!(node(SettingId::Switch, 4, Direction::Up), Some(6));
        assert_eq!(node(SettingId::Rfid, 5, Direction::Up), Some(0));
        assert_eq!(up(SettingId::Rfid, 5), Some(6));
    }

    /// Menu specification §5.4: larger steps end on multiples and never wrap.
    #[test]
    fn when_a_button_is_held_then_steps_align_and_stop_at_the_end() {
        let held = |value, to, size| {
            let stride = Stride { wraps: false, size };
            ALONE.step(SettingId::EmPowReg, value, to, stride)
        };
        assert_eq!(held(23, Direction::Up, 10), Some(30));
        assert_eq!(held(23, Direction::Down, 10), Some(20));
        assert_eq!(held(20, Direction::Down, 10), Some(10));
        assert_eq!(held(65_000, Direction::Up, 1000), Some(65_534));
        assert_eq!(held(65_534, Direction::Up, 1000), None);
        assert_eq!(held(500, Direction::Down, 1000), Some(0));
        assert_eq!(held(0, Direction::Down, 1), None);
    }
}
