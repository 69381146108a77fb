//! The menu under any hand: bytes become buttons, times, remote changes and
//! facts. Nothing panics, a hidden row is never selected, what is committed is
//! legal, and every state can be drawn.
//!
//! Each step takes three bytes: what happens, its value, the time after it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartevse_core::access::CardStatus;
use smartevse_core::command::{Command, Origin};
use smartevse_core::directive::{ChargerStatus, Directive};
use smartevse_core::faults::Faults;
use smartevse_core::hardware::ButtonSet;
use smartevse_core::registry::{SettingId, SettingSet};
use smartevse_core::settings::{ApplyContext, Patch, Settings, apply};
use smartevse_core::snapshot::{MetersStatus, PlanStatus, Section, Snapshot};
use smartevse_core::state::ChargeState;
use smartevse_menu::remote::{BLACK, BMP_SIZE, write_bmp};
use smartevse_menu::surroundings::PortalPassword;
use smartevse_menu::visibility::visible;
use smartevse_menu::{Frame, Menu, Surroundings};
use smartevse_types::{Access, DeciAmps, Duration, Instant, PerPhase, WattHours, Watts};

struct World {
    now: Instant,
    menu: Menu,
    around: Surroundings,
    charger: ChargerStatus,
    directive: Directive,
    plan: PlanStatus,
    meters: MetersStatus,
    settings: Settings,
    clock: Option<u64>,
    frame: Frame,
}

impl World {
    fn new() -> Self {
        Self {
            now: Instant::from_secs(100),
            menu: Menu::with_context(ApplyContext { ocpp: false }),
            around: Surroundings::default(),
            charger: ChargerStatus::default(),
            directive: Directive::default(),
            plan: PlanStatus::default(),
            meters: MetersStatus::default(),
            settings: Settings::default(),
            clock: None,
            frame: Frame::new(),
        }
    }

    fn act(&mut self, what: u8, value: u8) {
        let word = u32::from(value).wrapping_mul(0x0101_0101);
        match what % 16 {
            0..=5 => {
                let levels = ButtonSet::from_bits_truncate(value);
                self.menu.buttons(self.now, levels);
            }
            6 => {
                let button = ButtonSet::from_bits_truncate(value);
                self.menu.remote_button(self.now, button, value & 8 != 0);
            }
            7 => self.write(what, u16::from(value)),
            8 => self.around.facts.sensorbox_version = value % 3,
            9 => self.around.facts.sensorbox_cts = value & 1 != 0,
            10 => self.around.lcd_locked = value % 8 == 7,
            11 => self.charger.faults = Faults::from_bits_truncate(1 << (value % 16)),
            12 => {
                let states = ChargeState::ALL;
                self.charger.state = states[usize::from(value) % states.len()];
                self.directive.access =
                    [Access::Off, Access::On, Access::Pause][usize::from(value) % 3];
            }
            13 => self.measure(word as i32),
            14 => {
                self.around.entropy = word;
                self.clock = (value & 1 != 0).then_some(u64::from(word) << (value % 32));
                self.around.zone_minutes = i16::from_le_bytes([value, value]);
            }
            _ => {
                self.around.wifi.portal = PortalPassword::new([value; 8]);
                self.around.wifi.address = (value & 2 != 0).then_some([value; 4]);
                self.around.card = if value & 1 == 0 {
                    CardStatus::Ready
                } else {
                    CardStatus::Stored
                };
            }
        }
    }

    fn write(&mut self, what: u8, value: u16) {
        let id = SettingId::ALL[usize::from(what) * 3 % SettingId::COUNT];
        let wide = value.wrapping_mul(257);
        for value in [value, wide] {
            let patch = Patch::new().with(id, value);
            if let Ok(applied) = apply(&self.settings, &patch, Origin::Bus, ApplyContext::default())
            {
                self.settings = applied.settings;
            }
        }
    }

    fn measure(&mut self, value: i32) {
        let currents = PerPhase::splat(DeciAmps::from_deci(value));
        self.meters.mains.currents.update(currents, self.now);
        self.meters.ev.currents.update(currents, self.now);
        self.meters
            .ev
            .power
            .update(Watts::from_watts(value), self.now);
        self.around.charged = Some(WattHours::from_wh(i64::from(value) << 24));
        self.charger.offered = DeciAmps::from_deci(value);
    }

    fn poll(&mut self) -> Instant {
        self.menu.surroundings(self.around);
        self.plan.mode = self.settings.mode();
        let snapshot = Snapshot {
            at: self.now,
            charger: &self.charger,
            directive: &self.directive,
            plan: &self.plan,
            meters: &self.meters,
            group: Section::Absent,
            settings: &self.settings,
            in_force: &self.settings,
            waiting: SettingSet::EMPTY,
            wall_clock: self.clock,
        };
        let output = self.menu.poll(self.now, &snapshot);
        assert!(output.deadline >= self.now, "a deadline in the past");
        if output.redraw {
            let model = self.menu.model(self.now, &snapshot);
            let drawn = self.menu.draw(&mut self.frame, &model);
            assert!(drawn.is_ok());
            write_bmp(&self.frame, BLACK, &mut [0; BMP_SIZE]);
        }
        for command in output.commands.iter() {
            if let Command::Change(patch) = command {
                let context = ApplyContext::default();
                let applied = apply(&self.settings, patch, Origin::Lcd, context);
                self.settings = applied.expect("judged before").settings;
            }
        }
        self.check();
        output.deadline
    }

    fn check(&self) {
        let (Some(row), Some(draft)) = (self.menu.row(), self.menu.draft()) else {
            return;
        };
        for (id, value) in draft.iter() {
            assert!(id.facts().kind.accepts(value), "{id} = {value}");
        }
        let value = |id| draft.value(id).unwrap_or_else(|| self.settings.value(id));
        let rows = visible(value, self.around.facts);
        // Commands of this very poll may hide the row until the next one.
        let next = row.or_next(rows);
        assert!(next.is_visible(rows));
    }
}

fuzz_target!(|data: &[u8]| {
    let mut world = World::new();
    for step in data.chunks_exact(3) {
        let [what, value, time] = *step else { return };
        world.act(what, value);
        let span = Duration::from_millis(u64::from(time) * u64::from(time) / 8);
        let end = world.now + span;
        for _ in 0..64 {
            let deadline = world.poll();
            if deadline > end {
                break;
            }
            world.now = deadline;
        }
        world.now = end;
    }
});
