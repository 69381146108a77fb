//! Menu invariants 15 to 20 and 24 to 29 under random hands: any buttons at
//! any time, with remote changes and facts in between.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use smartevse_core::command::{Command, Origin};
use smartevse_core::faults::Faults;
use smartevse_core::hardware::ButtonSet;
use smartevse_core::options::Role;
use smartevse_core::registry::SettingId;
use smartevse_core::settings::{ApplyContext, Patch, apply};
use smartevse_core::state::ChargeState;
use smartevse_menu::values::Choosing;
use smartevse_menu::visibility::visible;
use smartevse_menu::{Facts, Frame, Row, draw};
use smartevse_types::{Access, Celsius, DeciAmps, Duration, PerPhase};

use crate::rig::Rig;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Move {
    Levels(u8),
    Tap(u8),
    Hold(u8, u16),
    Edit(SettingId, i8, bool),
    Exit,
    Remote(u8, bool),
    Wait(u32),
    Write(SettingId, u16),
    Role(u16),
    Facts(u8, bool),
    Lock(bool),
    Station(u16, u8, i16),
    Random(u32),
}

fn moves() -> impl Strategy<Value = Move> {
    let id = prop::sample::select(SettingId::ALL.to_vec());
    prop_oneof![
        1 => (0..8_u8).prop_map(Move::Levels),
        8 => prop::sample::select(vec![1_u8, 2, 4]).prop_map(Move::Tap),
        2 => (prop::sample::select(vec![1_u8, 2, 4]), 0..3_000_u16)
            .prop_map(|(set, ms)| Move::Hold(set, ms)),
        8 => (id.clone(), -9..9_i8, any::<bool>())
            .prop_map(|(id, steps, ends)| Move::Edit(id, steps, ends)),
        2 => Just(Move::Exit),
        1 => (0..8_u8, any::<bool>()).prop_map(|(set, on)| Move::Remote(set, on)),
        4 => prop_oneof![0..200_u32, 1_900..2_200_u32, 0..10_000_u32].prop_map(Move::Wait),
        1 => (110_000..130_000_u32).prop_map(Move::Wait),
        2 => (id, prop_oneof![0..30_u16, any::<u16>()]).prop_map(|(id, value)| Move::Write(id, value)),
        1 => (0..9_u16).prop_map(Move::Role),
        1 => (0..3_u8, any::<bool>()).prop_map(|(version, cts)| Move::Facts(version, cts)),
        1 => any::<bool>().prop_map(Move::Lock),
        1 => (any::<u16>(), 0..15_u8, any::<i16>()).prop_map(|(f, s, c)| Move::Station(f, s, c)),
        1 => any::<u32>().prop_map(Move::Random),
    ]
}

/// A rig whose menu is often open, with its shadow: the settings as they would
/// be without a menu.
struct Hands {
    rig: Rig,
    shadow: smartevse_core::settings::Settings,
    seen: usize,
    frame: Frame,
}

impl Hands {
    fn new() -> Self {
        let rig = Rig::new(&[
            (SettingId::Mode, 2),
            (SettingId::MainsMet, 4),
            (SettingId::Wifi, 1),
        ]);
        Self {
            shadow: rig.settings,
            rig,
            seen: 0,
            frame: Frame::new(),
        }
    }

    fn act(&mut self, step: &Move) {
        let now = self.rig.now;
        match step {
            Move::Levels(bits) => self.rig.levels(ButtonSet::from_bits_truncate(*bits)),
            Move::Tap(bits) => self.hold(*bits, 60),
            Move::Hold(bits, ms) => self.hold(*bits, u64::from(*ms)),
            Move::Edit(id, steps, ends) => self.edit(*id, *steps, *ends),
            Move::Exit => {
                if self.go(Row::Exit) {
                    self.hold(2, 60);
                }
            }
            Move::Remote(bits, on) => {
                let button = ButtonSet::from_bits_truncate(*bits);
                self.rig.menu.remote_button(now, button, *on);
            }
            Move::Wait(ms) => self.wait(u64::from(*ms)),
            Move::Write(id, value) => self.write(&Patch::new().with(*id, *value)),
            Move::Role(role) => self.write(&Patch::new().with(SettingId::PwrShare, *role)),
            Move::Facts(version, cts) => {
                self.rig.around.facts = Facts {
                    sensorbox_version: *version,
                    sensorbox_cts: *cts,
                };
            }
            Move::Lock(on) => self.rig.around.lcd_locked = *on,
            Move::Station(faults, state, current) => self.station(*faults, *state, *current),
            Move::Random(word) => self.rig.around.entropy = *word,
        }
        self.poll();
    }

    fn hold(&mut self, bits: u8, ms: u64) {
        self.rig.levels(ButtonSet::empty());
        self.wait(60);
        self.rig.levels(ButtonSet::from_bits_truncate(bits));
        self.wait(ms);
        self.rig.levels(ButtonSet::empty());
        self.wait(60);
    }

    /// Walks to a row, if there is a way.
    fn go(&mut self, row: Row) -> bool {
        for _ in 0..45 {
            if self.rig.menu.editing().is_some() {
                self.hold(2, 60);
            }
            if self.rig.row() == Some(row) {
                return true;
            }
            if !self.rig.menu.is_open() {
                return false;
            }
            self.hold(4, 60);
        }
        false
    }

    /// Changes a value by some presses and perhaps commits it.
    fn edit(&mut self, id: SettingId, steps: i8, ends: bool) {
        if !self.go(Row::Setting(id)) {
            return;
        }
        self.hold(2, 60);
        for _ in 0..steps.unsigned_abs() {
            self.hold(if steps < 0 { 1 } else { 4 }, 60);
        }
        if ends {
            self.hold(2, 60);
        }
    }

    /// Another writer changes the live settings.
    fn write(&mut self, patch: &Patch) {
        for settings in [&mut self.rig.settings, &mut self.shadow] {
            if let Ok(applied) = apply(settings, patch, Origin::Bus, ApplyContext::default()) {
                *settings = applied.settings;
            }
        }
        self.rig.plan.mode = self.rig.settings.mode();
    }

    fn station(&mut self, faults: u16, state: u8, current: i16) {
        let rig = &mut self.rig;
        rig.charger.faults = Faults::from_bits_truncate(faults);
        rig.charger.state = ChargeState::ALL[usize::from(state)];
        rig.charger.offered = DeciAmps::from_deci(i32::from(current) * 1_000);
        rig.charger.temperature = Some(Celsius::from_celsius(current));
        let currents = PerPhase::splat(DeciAmps::from_deci(i32::from(current)));
        rig.meters.mains.currents.update(currents, rig.now);
    }

    fn wait(&mut self, ms: u64) {
        let end = self.rig.now + Duration::from_millis(ms);
        loop {
            let deadline = self.poll();
            if deadline > end {
                break;
            }
            self.rig.now = deadline;
        }
        self.rig.now = end;
    }

    /// Polls and checks everything that must always hold.
    fn poll(&mut self) -> smartevse_types::Instant {
        let live = self.rig.settings;
        let open = self.rig.menu.is_open();
        let draft = self.rig.menu.draft().copied();
        let output = self.rig.poll();
        assert!(output.deadline >= self.rig.now);
        let new: Vec<_> = self.rig.commands[self.seen..].to_vec();
        self.seen = self.rig.commands.len();
        for command in &new {
            self.check_command(command, open, draft.as_ref(), &live);
        }
        self.check_place();
        if output.redraw {
            self.check_screen();
        }
        if self.rig.around.lcd_locked {
            // The chord at power-up locks.
            let only_resets = new.iter().all(|c| match c {
                Command::KeyPress | Command::TeachCards(None) => true,
                Command::SetLcdLock(locked) => *locked,
                _ => false,
            });
            assert!(only_resets, "invariant 25: {new:?}");
            assert!(!self.rig.menu.is_open() && output.app_pin.is_none());
        }
        if !self.rig.menu.is_open() {
            assert!(output.app_pin.is_none(), "invariant 29");
        }
        // Invariants 17 and 18: the live settings are those of the shadow.
        assert_eq!(self.rig.settings, self.shadow);
        output.deadline
    }

    fn check_command(
        &mut self,
        command: &Command,
        open: bool,
        draft: Option<&Patch>,
        live: &smartevse_core::settings::Settings,
    ) {
        let Command::Change(patch) = command else {
            assert!(!matches!(command, Command::SetMode(_)));
            return;
        };
        let context = ApplyContext::default();
        let applied = apply(live, patch, Origin::Lcd, context).unwrap();
        self.shadow = applied.settings;
        let ids = patch.ids();
        let network = ids.contains(SettingId::Wifi) || ids.contains(SettingId::Sb2Wifi);
        if !open {
            assert_eq!(ids.len(), 1, "outside the menu only the mode changes");
            assert!(ids.contains(SettingId::Mode));
        } else if network {
            assert_eq!(ids.len(), 1);
        } else {
            // Invariant 19: exactly what was committed.
            assert!(!self.rig.menu.is_open());
            assert_eq!(Some(patch), draft);
            assert!(!ids.contains(SettingId::AppPin));
        }
    }

    /// Invariants 16, 20 and 28.
    fn check_place(&self) {
        let Some(row) = self.rig.menu.row() else {
            return;
        };
        let draft = self.rig.menu.draft().unwrap();
        let value = |id| {
            draft
                .value(id)
                .unwrap_or_else(|| self.rig.settings.value(id))
        };
        let rows = visible(value, self.rig.around.facts);
        assert!(row.is_visible(rows), "invariant 16: {row:?}");
        let choosing = Choosing {
            role: Role::from_raw(value(SettingId::PwrShare)).unwrap(),
            context: ApplyContext::default(),
        };
        for (id, value) in draft.iter() {
            assert!(id.facts().kind.accepts(value), "{id} = {value}");
        }
        if let (Row::Setting(id), Some(value)) = (row, self.rig.menu.editing()) {
            let untouched = value == self.rig.settings.value(id) || draft.value(id) == Some(value);
            let action = id == SettingId::AppPin;
            // A remote change of the role can overtake an option being edited.
            let overtaken = matches!(id, SettingId::Contact2 | SettingId::Switch);
            let legal = choosing.allows(id, value) || untouched || action || overtaken;
            assert!(legal, "invariant 20: {id} = {value}");
        }
    }

    /// Invariant 35: every state can be drawn.
    fn check_screen(&mut self) {
        let model = self.rig.model();
        draw(&mut self.frame, &model).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn when_any_hand_presses_anything_then_the_rules_hold(steps in prop::collection::vec(moves(), 1..80)) {
        let mut hands = Hands::new();
        hands.rig.open();
        for step in &steps {
            hands.act(step);
            if !hands.rig.menu.is_open() && !hands.rig.around.lcd_locked && hands.rig.now.as_secs().is_multiple_of(3) {
                hands.rig.levels(ButtonSet::MIDDLE);
                hands.wait(2_100);
                hands.rig.levels(ButtonSet::empty());
                hands.wait(60);
            }
        }
        // Invariant 27: left alone, every menu ends (Learn may pause it).
        hands.rig.levels(ButtonSet::empty());
        hands.wait(730_000);
        prop_assert!(!hands.rig.menu.is_open());
        // Invariant 26: the next menu starts as a fresh one.
        hands.rig.around.lcd_locked = false;
        hands.rig.charger.faults = Faults::empty();
        hands.rig.directive.access = Access::On;
        hands.wait(5_000);
        hands.rig.levels(ButtonSet::MIDDLE);
        hands.wait(2_100);
        prop_assert_eq!(hands.rig.menu.row(), Some(Row::Setting(SettingId::Mode)));
        prop_assert_eq!(hands.rig.menu.editing(), None);
        prop_assert!(hands.rig.menu.draft().unwrap().is_empty());
    }

    /// Invariants 18 and 26: a time-out in any state leaves no trace.
    #[test]
    fn when_polls_are_late_or_at_odd_times_then_nothing_panics(
        steps in prop::collection::vec((0..8_u8, 0..20_000_000_u64), 1..60),
    ) {
        let mut hands = Hands::new();
        for (levels, micros) in &steps {
            hands.rig.levels(ButtonSet::from_bits_truncate(*levels));
            hands.rig.now += Duration::from_micros(*micros);
            hands.poll();
        }
    }
}

/// The hands reach what the rules are about.
#[test]
fn when_random_hands_press_then_they_reach_every_kind_of_change() {
    let mut runner = TestRunner::deterministic();
    let strategy = prop::collection::vec(moves(), 40..80);
    let (mut applied, mut networks, mut taught, mut access, mut pins) = (0, 0, 0, 0, 0);
    for _ in 0..60 {
        let mut hands = Hands::new();
        hands.rig.open();
        for step in strategy.new_tree(&mut runner).unwrap().current() {
            hands.act(&step);
            pins += usize::from(hands.rig.last.unwrap().app_pin.is_some());
            let reopen = hands.rig.now.as_secs().is_multiple_of(2);
            if reopen && !hands.rig.menu.is_open() && !hands.rig.around.lcd_locked {
                hands.act(&Move::Levels(2));
                hands.wait(2_100);
                hands.act(&Move::Levels(0));
            }
        }
        for command in &hands.rig.commands {
            match command {
                Command::Change(patch) if patch.ids().contains(SettingId::Wifi) => networks += 1,
                Command::Change(_) => applied += 1,
                Command::TeachCards(Some(_)) => taught += 1,
                Command::SetAccess(_) => access += 1,
                _ => {}
            }
        }
    }
    let reached = [applied, networks, taught, access, pins];
    assert!(reached.iter().all(|count| *count >= 4), "{reached:?}");
}
