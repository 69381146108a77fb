//! Meaning of the external switch input (charging specification §7).

use smartevse_types::{Access, Duration, Instant, Mode};

use crate::directive::SwitchStatus;
use crate::options::SwitchKind;

/// A press at least this long stops charging with option Sma-Sol B.
pub const LONG_PRESS: Duration = Duration::from_millis(1_500);

/// What a switch asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SwitchAction {
    /// Sets the access.
    Access(Access),
    /// Toggles between access on and off.
    ToggleAccess,
    /// Stops charging until somebody asks again.
    Stop,
    /// Selects a mode.
    Mode(Mode),
    /// Toggles Smart and Solar.
    ToggleSmartSolar,
    /// Toggles the custom flag.
    ToggleCustom,
    /// Sets the custom flag.
    Custom(bool),
}

/// Follows the debounced switch input.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SwitchFollower {
    kind: Option<SwitchKind>,
    closed: Option<bool>,
    pressed: Option<Instant>,
    moves: u8,
}

impl SwitchFollower {
    /// Counts every change of the input after the first reading: each one may
    /// reset the residual-current latch locally.
    #[must_use]
    pub const fn moves(&self) -> u8 {
        self.moves
    }

    /// Whether an open grid relay limits the power. An input that is not known
    /// yet limits, too: a broken wire must not lift the limit.
    #[must_use]
    pub fn limits_power(&self, kind: SwitchKind) -> bool {
        kind == SwitchKind::GridRelay && self.closed != Some(true)
    }

    /// Takes the present level and gives what it asks for.
    pub fn step(
        &mut self,
        now: Instant,
        kind: SwitchKind,
        input: SwitchStatus,
        mode: Mode,
    ) -> Option<SwitchAction> {
        if !input.known {
            return None;
        }
        let first = self.kind.replace(kind) != Some(kind) || self.closed.is_none();
        let before = self.closed.replace(input.closed);
        if first {
            self.pressed = None;
            return first_reading(kind, input.closed, mode);
        }
        if before == Some(input.closed) {
            return self.held(now, kind);
        }
        self.moves = self.moves.wrapping_add(1);
        if input.closed {
            self.press(now, kind, mode)
        } else {
            self.release(kind, mode)
        }
    }

    fn press(&mut self, now: Instant, kind: SwitchKind, mode: Mode) -> Option<SwitchAction> {
        self.pressed = Some(now);
        match kind {
            SwitchKind::Disabled => Some(SwitchAction::Stop),
            SwitchKind::AccessButton => Some(SwitchAction::ToggleAccess),
            SwitchKind::CustomButton => Some(SwitchAction::ToggleCustom),
            SwitchKind::SmartSolarButton | SwitchKind::GridRelay => None,
            SwitchKind::AccessSwitch | SwitchKind::SmartSolarSwitch | SwitchKind::CustomSwitch => {
                level(kind, true, mode)
            }
        }
    }

    fn release(&mut self, kind: SwitchKind, mode: Mode) -> Option<SwitchAction> {
        let short = self.pressed.take().is_some();
        match kind {
            SwitchKind::SmartSolarButton if short => Some(SwitchAction::ToggleSmartSolar),
            SwitchKind::SmartSolarButton
            | SwitchKind::Disabled
            | SwitchKind::AccessButton
            | SwitchKind::GridRelay
            | SwitchKind::CustomButton => None,
            SwitchKind::AccessSwitch | SwitchKind::SmartSolarSwitch | SwitchKind::CustomSwitch => {
                level(kind, false, mode)
            }
        }
    }

    fn held(&mut self, now: Instant, kind: SwitchKind) -> Option<SwitchAction> {
        if kind != SwitchKind::SmartSolarButton || now < self.deadline(kind) {
            return None;
        }
        self.pressed = None;
        Some(SwitchAction::Stop)
    }

    /// When [`step`](Self::step) has something to do by itself.
    #[must_use]
    pub fn deadline(&self, kind: SwitchKind) -> Instant {
        match self.pressed {
            Some(at) if kind == SwitchKind::SmartSolarButton => at + LONG_PRESS,
            Some(_) | None => Instant::FAR_FUTURE,
        }
    }
}

/// At the start, toggle switches are read and applied once; push buttons are
/// taken as released.
fn first_reading(kind: SwitchKind, closed: bool, mode: Mode) -> Option<SwitchAction> {
    match kind {
        SwitchKind::AccessSwitch | SwitchKind::SmartSolarSwitch | SwitchKind::CustomSwitch => {
            level(kind, closed, mode)
        }
        SwitchKind::Disabled
        | SwitchKind::AccessButton
        | SwitchKind::SmartSolarButton
        | SwitchKind::GridRelay
        | SwitchKind::CustomButton => None,
    }
}

fn level(kind: SwitchKind, closed: bool, mode: Mode) -> Option<SwitchAction> {
    match (kind, closed) {
        (SwitchKind::AccessSwitch, true) => Some(SwitchAction::Access(Access::On)),
        (SwitchKind::AccessSwitch, false) => Some(SwitchAction::Access(Access::Off)),
        (SwitchKind::SmartSolarSwitch, true) if mode == Mode::Solar => {
            Some(SwitchAction::Mode(Mode::Smart))
        }
        (SwitchKind::SmartSolarSwitch, false) if mode == Mode::Smart => {
            Some(SwitchAction::Mode(Mode::Solar))
        }
        (SwitchKind::CustomSwitch, closed) => Some(SwitchAction::Custom(closed)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(closed: bool) -> SwitchStatus {
        SwitchStatus {
            closed,
            known: true,
            changed: Instant::ZERO,
        }
    }

    fn play(kind: SwitchKind, mode: Mode, steps: &[(u64, bool)]) -> [Option<SwitchAction>; 4] {
        let mut follower = SwitchFollower::default();
        let mut actions = [None; 4];
        for (action, (ms, closed)) in actions.iter_mut().zip(steps) {
            *action = follower.step(Instant::from_millis(*ms), kind, input(*closed), mode);
        }
        actions
    }

    #[test]
    fn when_a_push_button_is_closed_at_the_start_then_nothing_toggles() {
        let actions = play(
            SwitchKind::AccessButton,
            Mode::Normal,
            &[(0, true), (500, false)],
        );
        assert_eq!(actions, [None; 4]);
    }

    #[test]
    fn when_a_toggle_switch_is_closed_at_the_start_then_it_applies() {
        let actions = play(SwitchKind::AccessSwitch, Mode::Normal, &[(0, true)]);
        assert_eq!(actions[0], Some(SwitchAction::Access(Access::On)));
    }

    #[test]
    fn when_the_smart_solar_button_is_held_then_it_stops_and_does_not_toggle() {
        let steps = [(0, false), (100, true), (1_600, true), (2_000, false)];
        let actions = play(SwitchKind::SmartSolarButton, Mode::Smart, &steps);
        assert_eq!(actions, [None, None, Some(SwitchAction::Stop), None]);
    }

    #[test]
    fn when_the_smart_solar_button_is_pressed_briefly_then_it_toggles_on_release() {
        let steps = [(0, false), (100, true), (700, false)];
        let actions = play(SwitchKind::SmartSolarButton, Mode::Smart, &steps);
        assert_eq!(actions[2], Some(SwitchAction::ToggleSmartSolar));
    }

    /// I-30: an unknown relay input limits.
    #[test]
    fn when_the_relay_is_unknown_or_open_then_power_is_limited() {
        let mut follower = SwitchFollower::default();
        assert!(follower.limits_power(SwitchKind::GridRelay));
        follower.step(
            Instant::ZERO,
            SwitchKind::GridRelay,
            input(true),
            Mode::Normal,
        );
        assert!(!follower.limits_power(SwitchKind::GridRelay));
        follower.step(
            Instant::ZERO,
            SwitchKind::GridRelay,
            input(false),
            Mode::Normal,
        );
        assert!(follower.limits_power(SwitchKind::GridRelay));
        assert!(!follower.limits_power(SwitchKind::Disabled));
        assert_eq!(follower.moves(), 1);
    }

    /// charging 7: what each kind does when it closes and when it opens.
    #[test]
    fn when_a_switch_moves_then_its_kind_decides() {
        use SwitchAction::{Access as Give, Custom, Mode as Choose};
        let (on, off) = (Give(Access::On), Give(Access::Off));
        let table = [
            (SwitchKind::Disabled, Some(SwitchAction::Stop), None),
            (
                SwitchKind::AccessButton,
                Some(SwitchAction::ToggleAccess),
                None,
            ),
            (SwitchKind::AccessSwitch, Some(on), Some(off)),
            (
                SwitchKind::SmartSolarButton,
                None,
                Some(SwitchAction::ToggleSmartSolar),
            ),
            (
                SwitchKind::SmartSolarSwitch,
                None,
                Some(Choose(Mode::Solar)),
            ),
            (SwitchKind::GridRelay, None, None),
            (
                SwitchKind::CustomButton,
                Some(SwitchAction::ToggleCustom),
                None,
            ),
            (
                SwitchKind::CustomSwitch,
                Some(Custom(true)),
                Some(Custom(false)),
            ),
        ];
        for (kind, closes, opens) in table {
            let steps = [(0, false), (100, true), (700, false)];
            let actions = play(kind, Mode::Smart, &steps);
            assert_eq!(actions[1..3], [closes, opens], "{kind}");
        }
        let steps = [(0, false), (100, true), (700, false)];
        let actions = play(SwitchKind::SmartSolarSwitch, Mode::Solar, &steps);
        assert_eq!(actions, [None, Some(Choose(Mode::Smart)), None, None]);
    }

    /// charging 7: an input that nobody could read moves nothing.
    #[test]
    fn when_the_input_is_unknown_then_nothing_happens() {
        let mut follower = SwitchFollower::default();
        let unknown = SwitchStatus::default();
        let kind = SwitchKind::AccessSwitch;
        let step = follower.step(Instant::ZERO, kind, unknown, Mode::Normal);
        assert_eq!((step, follower.moves()), (None, 0));
        assert_eq!(follower.deadline(kind), Instant::FAR_FUTURE);
    }

    /// charging 7: every change counts, the first reading does not.
    #[test]
    fn when_the_switch_moves_then_each_move_is_counted() {
        let mut follower = SwitchFollower::default();
        for (moves, closed) in [(0, false), (0, false), (1, true), (2, false)] {
            follower.step(
                Instant::ZERO,
                SwitchKind::CustomButton,
                input(closed),
                Mode::Normal,
            );
            assert_eq!(follower.moves(), moves);
        }
    }

    /// charging 7: only a press of Sma-Sol B is looked at again, after 1.5 s.
    #[test]
    fn when_a_button_is_pressed_then_the_long_press_is_a_deadline() {
        let kind = SwitchKind::SmartSolarButton;
        let mut follower = SwitchFollower::default();
        let at = Instant::from_secs(9);
        follower.step(Instant::ZERO, kind, input(false), Mode::Smart);
        assert_eq!(follower.deadline(kind), Instant::FAR_FUTURE);
        follower.step(at, kind, input(true), Mode::Smart);
        assert_eq!(follower.deadline(kind), at + LONG_PRESS);
        let other = follower.deadline(SwitchKind::AccessButton);
        assert_eq!(other, Instant::FAR_FUTURE);
    }
}
