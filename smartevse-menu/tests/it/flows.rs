//! What people do at the charger, step by step.

use smartevse_core::command::{Command, Refused, Teach};
use smartevse_core::faults::Faults;
use smartevse_core::hardware::ButtonSet;
use smartevse_core::io::Contactor;
use smartevse_core::options::SensorboxWifi;
use smartevse_core::registry::SettingId;
use smartevse_core::sensorbox::{SensorboxNetwork, SensorboxReport};
use smartevse_core::settings::Patch;
use smartevse_core::state::ChargeState;
use smartevse_menu::surroundings::PortalPassword;
use smartevse_menu::{Row, Screen};
use smartevse_types::{Access, Duration, Instant, Mode};

use crate::rig::{LEFT, MIDDLE, RIGHT, Rig, settings};
use crate::scenes::rig_with;

const SOLAR: &[(SettingId, u16)] = &[(SettingId::Mode, 2), (SettingId::MainsMet, 4)];

fn large(rig: &Rig) -> String {
    match rig.model().screen {
        Screen::Panel(panel) => format!("{} {}", panel.top, panel.bottom),
        Screen::Fault(lines) => lines.map(|line| line.to_string()).join(" "),
        Screen::Sentence(text) => text.to_owned(),
        Screen::Row(row) => format!("{} {}", row.label, row.value),
        Screen::Picture(picture) => picture.text.to_string(),
    }
}

fn context(rig: &Rig) -> String {
    match rig.model().screen {
        Screen::Row(row) => row.context.to_string(),
        _ => panic!("no row is shown"),
    }
}

/// Menu invariant 24: the press counts after 30 ms, the release too.
#[test]
fn when_the_middle_button_is_held_for_two_seconds_then_the_menu_opens() {
    let mut rig = Rig::new(&[]);
    rig.wait(100);
    rig.hold(MIDDLE, 1_999);
    assert!(!rig.menu.is_open() && rig.commands.is_empty());
    rig.hold(MIDDLE, 2_000);
    assert_eq!(rig.row(), Some(Row::Setting(SettingId::Mode)));
}

/// Menu specification §5.2: the buttons must stay the same for the whole hold.
#[test]
fn when_a_second_button_joins_the_hold_then_nothing_happens() {
    let mut rig = Rig::new(SOLAR);
    rig.levels(LEFT);
    rig.wait(1_000);
    rig.levels(LEFT | MIDDLE);
    rig.wait(3_000);
    rig.levels(ButtonSet::empty());
    rig.wait(100);
    assert!(rig.commands.is_empty() && !rig.menu.is_open());
}

/// Menu specification §5.2: left stops after 2 s, a short press toggles Smart
/// and Solar, right starts after 2 s when access is off.
#[test]
fn when_left_and_right_are_held_then_access_ends_and_begins() {
    let mut rig = Rig::new(SOLAR);
    rig.hold(RIGHT, 2_500);
    assert!(rig.commands.is_empty());
    rig.hold(LEFT, 2_500);
    assert_eq!(rig.commands, [Command::SetAccess(Access::Off)]);
    rig.hold(RIGHT, 1_500);
    assert_eq!(rig.commands.len(), 1);
    rig.hold(RIGHT, 2_500);
    assert_eq!(rig.commands[1], Command::SetAccess(Access::On));
    rig.press(LEFT);
    assert_eq!(rig.mode(), Mode::Smart);
    rig.press(LEFT);
    assert_eq!(rig.mode(), Mode::Solar);
    let mut normal = Rig::new(&[]);
    normal.press(LEFT);
    assert!(normal.commands.is_empty());
}

/// I-23, menu specification §5.2: a press at the device resets a trip, a
/// remote one does not; the same press does not toggle the mode.
#[test]
fn when_the_residual_current_tripped_then_a_press_here_resets_it() {
    let mut rig = Rig::new(SOLAR);
    rig.charger.faults = Faults::RCM_TRIPPED;
    rig.menu.remote_button(rig.now, LEFT, true);
    rig.wait(100);
    rig.menu.remote_button(rig.now, LEFT, false);
    rig.wait(100);
    assert!(!rig.commands.contains(&Command::KeyPress));
    rig.commands.clear();
    rig.press(LEFT);
    assert_eq!(rig.commands, [Command::KeyPress]);
    rig.around.lcd_locked = true;
    rig.press(MIDDLE);
    assert_eq!(rig.commands, [Command::KeyPress; 2]);
}

/// Menu specification §5.5: nothing is live before EXIT, everything after.
#[test]
fn when_the_menu_is_left_through_exit_then_the_draft_is_applied_as_a_whole() {
    let mut rig = Rig::new(&[]);
    rig.choose(SettingId::Max, 20);
    rig.choose(SettingId::MaxTemp, 60);
    assert!(rig.commands.is_empty());
    rig.exit();
    let patch = Patch::new()
        .with(SettingId::Max, 20)
        .with(SettingId::MaxTemp, 60);
    assert_eq!(rig.commands, [Command::Change(patch), Command::EndDelays]);
    assert_eq!(rig.settings.value(SettingId::Max), 20);
}

/// Menu invariant 34: a menu without a change writes nothing. Menu
/// specification §5.6: EXIT ends the delays all the same.
#[test]
fn when_nothing_was_changed_then_exit_writes_nothing() {
    let mut rig = Rig::new(&[]);
    rig.edit(SettingId::Max);
    rig.press(RIGHT);
    rig.press(LEFT);
    rig.press(MIDDLE);
    rig.exit();
    assert_eq!(rig.commands, [Command::EndDelays]);
}

/// Menu rules X1 and X2: the changes are told in words.
#[test]
fn when_the_draft_is_contradictory_then_exit_says_what_was_changed() {
    let mut rig = Rig::new(&[]);
    rig.choose(SettingId::Mode, 1);
    rig.exit();
    assert_eq!(rig.mode(), Mode::Normal);
    assert!(large(&rig).starts_with("MODE set to Normal"));
    rig.wait(5_000);
    assert!(large(&rig).starts_with("READY"));
}

/// Menu specification §5.5: the role changed under the draft; the refusal is
/// shown.
#[test]
fn when_the_station_refuses_the_draft_then_the_reason_is_shown() {
    let mut rig = Rig::new(&[(SettingId::Mode, 1), (SettingId::MainsMet, 4)]);
    rig.choose(SettingId::Mains, 30);
    rig.settings = settings(&[(SettingId::PwrShare, 3), (SettingId::MainsMet, 4)]);
    rig.exit();
    assert_eq!(large(&rig), Refused::NotForThisRole.text());
    assert_eq!(rig.commands, [Command::EndDelays]);
}

/// Menu specification §5.4: a remote change hides the row that is edited.
#[test]
fn when_the_edited_row_disappears_then_the_edit_is_cancelled() {
    let mut rig = Rig::new(&[(SettingId::Wifi, 1)]);
    rig.edit(SettingId::AppServer);
    rig.settings = settings(&[]);
    rig.poll();
    assert_eq!(rig.row(), Some(Row::Setting(SettingId::MaxTemp)));
    assert_eq!(rig.menu.editing(), None);
}

/// Menu invariant 27, menu specification §5.7.
#[test]
fn when_nobody_presses_for_two_minutes_then_the_menu_is_left_without_a_change() {
    let mut rig = Rig::new(&[]);
    rig.choose(SettingId::Max, 20);
    rig.wait(119_000);
    assert!(rig.menu.is_open());
    rig.wait(2_000);
    assert!(!rig.menu.is_open() && rig.commands.is_empty());
    rig.open();
    assert_eq!(rig.row(), Some(Row::Setting(SettingId::Mode)));
    assert_eq!(rig.menu.editing(), None);
    assert!(rig.menu.draft().unwrap().is_empty());
}

/// Menu specification §5.7: the portal pauses the time-out for ten minutes.
#[test]
fn when_the_portal_runs_then_the_menu_stays_open_for_ten_minutes_more() {
    let mut rig = rig_with(SettingId::Wifi, Some(2));
    rig.around.wifi.portal = PortalPassword::new(*b"0a1b2c3d");
    rig.go(Row::Setting(SettingId::Wifi));
    rig.wait(600_000);
    assert!(rig.menu.is_open());
    rig.wait(121_000);
    assert!(!rig.menu.is_open());
}

/// Menu rules X11 and X12, decision 44: Learn and Delete act while they are
/// selected; DeleteAll acts once at EXIT.
#[test]
fn when_cards_are_taught_then_the_reader_is_told_when_it_begins_and_ends() {
    let mut rig = Rig::new(&[(SettingId::Rfid, 2)]);
    rig.edit(SettingId::Rfid);
    rig.press(RIGHT);
    rig.press(RIGHT);
    rig.press(RIGHT);
    let teach = |task| Command::TeachCards(task);
    let expected = [
        teach(Some(Teach::Learn)),
        teach(Some(Teach::Delete)),
        teach(None),
    ];
    assert_eq!(rig.commands, expected);
    rig.press(MIDDLE);
    rig.exit();
    assert_eq!(
        rig.commands[3],
        Command::Change(Patch::new().with(SettingId::Rfid, 5))
    );
    assert_eq!(rig.settings.value(SettingId::Rfid), 0);
}

/// Menu specification §5.7: Learn pauses the time-out, and a time-out or a
/// lock ends it.
#[test]
fn when_learn_is_left_alone_then_it_ends_with_the_menu() {
    let mut rig = Rig::new(&[(SettingId::Rfid, 2)]);
    rig.edit(SettingId::Rfid);
    rig.press(RIGHT);
    rig.wait(500_000);
    assert_eq!(rig.commands, [Command::TeachCards(Some(Teach::Learn))]);
    rig.wait(300_000);
    assert!(!rig.menu.is_open());
    assert_eq!(rig.commands[1], Command::TeachCards(None));
}

/// Menu rules X17 and X18: WIFI acts at once and survives a time-out.
#[test]
fn when_wifi_is_committed_then_it_is_stored_at_once() {
    let mut rig = Rig::new(&[]);
    rig.choose(SettingId::Wifi, 2);
    assert_eq!(
        rig.commands,
        [Command::Change(Patch::new().with(SettingId::Wifi, 2))]
    );
    rig.choose(SettingId::Max, 20);
    rig.wait(130_000);
    assert_eq!(rig.settings.value(SettingId::Wifi), 2);
    assert_eq!(rig.settings.value(SettingId::Max), 16);
}

/// Menu specification §8.2: the steps of SetupWifi.
#[test]
fn when_wifi_is_set_up_then_the_context_line_guides() {
    let mut rig = Rig::new(&[]);
    rig.edit(SettingId::Wifi);
    rig.press(RIGHT);
    assert_eq!(context(&rig), "O button starts portal");
    rig.press(MIDDLE);
    rig.around.wifi.portal = PortalPassword::new(*b"0a1b2c3d");
    rig.poll();
    assert_eq!(large(&rig), "SmartEVSE-config 0a1b2c3d");
    rig.press(RIGHT);
    assert_eq!(context(&rig), "Portal PW: 0a1b2c3d");
}

/// Decision 60, menu invariant 29: a PIN is made by the middle button, stays
/// while browsing, ends after 120 s or with the menu.
#[test]
fn when_an_app_pin_is_made_then_it_lives_for_two_minutes_in_the_menu() {
    let mut rig = Rig::new(&[(SettingId::Wifi, 1)]);
    rig.around.identity.serial = 12_345;
    rig.around.entropy = 34_511;
    rig.go(Row::Setting(SettingId::AppPin));
    assert_eq!(large(&rig), "APP PIN Create PIN");
    rig.press(MIDDLE);
    assert_eq!(large(&rig), "APP PIN 034512");
    assert_eq!(context(&rig), "SmartEVSE-12345");
    rig.press(RIGHT);
    assert_eq!(large(&rig), "APP PIN 034512");
    rig.press(MIDDLE);
    rig.press(RIGHT);
    assert!(rig.last.unwrap().app_pin.is_some());
    rig.wait(60_000);
    rig.press(RIGHT);
    rig.wait(58_000);
    assert!(rig.last.unwrap().app_pin.is_some());
    rig.wait(2_000);
    assert!(rig.menu.is_open());
    assert_eq!(rig.last.unwrap().app_pin.map(|pin| pin.number()), None);
}

/// A random word is never used twice.
#[test]
fn when_there_is_no_new_random_word_then_the_pin_waits_for_one() {
    let mut rig = Rig::new(&[(SettingId::Wifi, 1)]);
    rig.around.entropy = 5;
    rig.edit(SettingId::AppPin);
    let first = rig.last.unwrap().app_pin;
    assert!(first.is_some());
    rig.press(MIDDLE);
    rig.press(MIDDLE);
    assert_eq!(rig.last.unwrap().app_pin, None);
    rig.around.entropy = 6;
    rig.poll();
    assert!(
        rig.last
            .unwrap()
            .app_pin
            .is_some_and(|pin| Some(pin) != first)
    );
    rig.exit_by_lock();
    assert_eq!(rig.last.unwrap().app_pin, None);
}

impl Rig {
    fn exit_by_lock(&mut self) {
        self.around.lcd_locked = true;
        self.poll();
        assert!(!self.menu.is_open());
    }
}

/// Menu invariant 25: with the LCD locked nothing but the reset of a trip.
#[test]
fn when_the_lcd_is_locked_then_presses_only_light_the_display() {
    let mut rig = Rig::new(SOLAR);
    rig.around.lcd_locked = true;
    rig.wait(130_000);
    assert_eq!(rig.last.unwrap().backlight, 0);
    for buttons in [LEFT, MIDDLE, RIGHT, LEFT | RIGHT, MIDDLE | RIGHT] {
        rig.hold(buttons, 2_500);
        assert!(!rig.menu.is_open());
    }
    assert!(rig.commands.is_empty());
    assert_eq!(rig.last.unwrap().backlight, 255);
    rig.press(LEFT);
    assert_eq!(large(&rig), "LCD LOCKED");
    rig.menu.remote_button(rig.now, MIDDLE, true);
    rig.wait(3_000);
    assert!(!rig.menu.is_open());
}

/// Menu specification §7: middle and right at power-up toggle the lock.
#[test]
fn when_two_buttons_are_held_at_power_up_then_the_lock_changes() {
    let mut rig = Rig::new(&[]);
    rig.levels(MIDDLE | RIGHT);
    rig.poll();
    rig.now += Duration::from_millis(30);
    for _ in 0..2 {
        rig.poll();
        assert_eq!(rig.commands, [Command::SetLcdLock(true)]);
    }
    let mut late = Rig::new(&[]);
    late.poll();
    late.wait(2_000);
    late.hold(MIDDLE | RIGHT, 500);
    assert!(!late.around.lcd_locked);
}

/// Own decision: LCD PIN protects the remote buttons, so they cannot change it.
#[test]
fn when_the_button_is_a_remote_one_then_the_lcd_pin_cannot_be_edited() {
    let mut rig = Rig::new(&[]);
    rig.go(Row::Setting(SettingId::LcdPin));
    rig.menu.remote_button(rig.now, MIDDLE, true);
    rig.wait(100);
    assert!(large(&rig).contains("LCD PIN can only"));
    rig.menu.remote_button(rig.now, MIDDLE, false);
    rig.wait(100);
    assert_eq!(rig.menu.editing(), None);
    rig.press(MIDDLE);
    assert_eq!(rig.menu.editing(), Some(0));
}

/// Menu specification §9.4: left and right start the display anew; so does an
/// opening contactor, 200 ms later; the picture is repeated every minute.
#[test]
fn when_the_display_may_be_disturbed_then_it_is_started_anew() {
    let mut rig = Rig::new(&[]);
    rig.wait(10_000);
    rig.levels(LEFT | RIGHT);
    rig.poll();
    rig.now += Duration::from_millis(30);
    assert!(rig.poll().restart_display);
    assert!(!rig.poll().restart_display);
    rig.levels(ButtonSet::empty());
    rig.charger.contactor1 = Contactor::Closed;
    rig.wait(500);
    rig.charger.contactor1 = Contactor::Open;
    let opened = rig.now;
    rig.poll();
    while !rig.poll().restart_display {
        rig.now = rig.last.unwrap().deadline;
    }
    assert_eq!(rig.now.since(opened), Duration::from_millis(200));
    let drawn = rig.now;
    while !rig.poll().redraw || rig.now == drawn {
        rig.now = rig.last.unwrap().deadline;
    }
    assert_eq!(rig.now.since(drawn), Duration::from_secs(60));
}

/// Menu specification §9.4: lit by changes, held while charging and during a
/// fault.
#[test]
fn when_something_happens_then_the_display_is_lit() {
    let mut rig = Rig::new(&[]);
    rig.wait(200_000);
    assert_eq!(rig.last.unwrap().backlight, 0);
    rig.charger.state = ChargeState::C;
    rig.wait(500_000);
    assert_eq!(rig.last.unwrap().backlight, 255);
    rig.charger.state = ChargeState::B1;
    rig.wait(119_000);
    assert_eq!(rig.last.unwrap().backlight, 255);
    rig.wait(2_000);
    assert_eq!(rig.last.unwrap().backlight, 0);
    rig.charger.faults = Faults::NO_SUN;
    rig.wait(1_000);
    assert_eq!(rig.last.unwrap().backlight, 0);
    rig.charger.faults = Faults::TEMP_HIGH;
    rig.wait(1_000);
    assert_eq!(rig.last.unwrap().backlight, 255);
    let mut asked = Rig::new(&[]);
    asked.menu.light(asked.now, Duration::ZERO);
    assert_eq!(asked.poll().backlight, 0);
}

/// Menu specification §10.3: the help appears after 5 s and scrolls.
#[test]
fn when_nobody_presses_then_the_help_appears_and_the_label_stays() {
    let mut rig = Rig::new(&[]);
    rig.open();
    let help = |rig: &Rig| match rig.model().screen {
        Screen::Row(row) => row.help.map(|help| help.to_string()),
        _ => None,
    };
    rig.wait(4_000);
    assert_eq!(help(&rig), None);
    rig.wait(1_500);
    assert_eq!(help(&rig).as_deref(), Some("Normal, Smart or Solar EV"));
    assert_eq!(large(&rig), "MODE Normal");
    rig.wait(3_000);
    assert!(help(&rig).is_some_and(|help| help != "Normal, Smart or Solar EV"));
    rig.press(RIGHT);
    assert_eq!(help(&rig), None);
}

/// Menu invariant 31: moments far from the start change nothing.
#[test]
fn when_the_clock_passes_32_bits_of_milliseconds_then_nothing_changes() {
    let mut rig = Rig::new(&[]);
    rig.now = Instant::from_millis(u64::from(u32::MAX) - 1_000);
    rig.choose(SettingId::Max, 20);
    rig.wait(100_000);
    rig.exit();
    assert_eq!(rig.settings.value(SettingId::Max), 20);
}

/// Polls every 10 ms and polls at the deadline, rounded up to the next 10 ms,
/// give the same trace.
#[test]
fn when_the_menu_is_polled_more_often_then_the_trace_is_the_same() {
    let run = |step: Option<u64>| {
        let mut rig = Rig::new(SOLAR);
        let mut trace = Vec::new();
        let script = [
            (MIDDLE, 2_100),
            (RIGHT, 1_900),
            (MIDDLE, 60),
            (RIGHT, 3_000),
        ];
        for (buttons, ms) in script {
            for levels in [buttons, ButtonSet::empty()] {
                rig.levels(levels);
                let length = if levels.is_empty() { 7_000 } else { ms };
                let end = rig.now + Duration::from_millis(length);
                while rig.now < end {
                    let output = rig.poll();
                    if output.redraw {
                        trace.push((rig.now, rig.model()));
                    }
                    let due = output.deadline.as_micros().div_ceil(10_000);
                    let next = match step {
                        Some(ms) => rig.now + Duration::from_millis(ms),
                        None => Instant::from_millis(due * 10),
                    };
                    rig.now = next.earliest(end);
                }
            }
        }
        (trace, rig.commands)
    };
    let sparse = run(None);
    assert!(sparse.0.len() >= 25, "{}", sparse.0.len());
    assert_eq!(sparse, run(Some(10)));
}

/// Menu specification §10.5: a fault begins with its own text, whenever it
/// comes.
#[test]
fn when_a_trip_comes_then_its_text_is_shown_before_the_advice() {
    for seconds in 0..8 {
        let mut rig = Rig::new(SOLAR);
        rig.wait(seconds * 1_000 + 300);
        rig.charger.faults = Faults::RCM_TRIPPED;
        rig.wait(100);
        assert_eq!(large(&rig), "RESIDUAL FAULT CURRENT DETECTED");
        rig.wait(4_000);
        assert_eq!(large(&rig), "PRESS BUTTON TO RESET");
    }
}

/// A fault that comes is not covered by sentences about settings.
#[test]
fn when_a_fault_comes_then_it_takes_the_place_of_a_notice() {
    let mut rig = Rig::new(&[]);
    rig.choose(SettingId::Mode, 1);
    rig.exit();
    assert!(large(&rig).starts_with("MODE set"));
    rig.charger.faults = Faults::TEMP_HIGH;
    rig.poll();
    assert_eq!(large(&rig), "HIGH TEMP ERROR CHARGING STOPPED");
}

/// Menu specification §8.3: the row follows what the Sensorbox tells, from the
/// first report to the password of its portal.
#[test]
fn when_a_sensorbox_tells_of_its_network_then_the_row_shows_it() {
    let sb2 = Row::Setting(SettingId::Sb2Wifi);
    let mut rig = Rig::new(&[(SettingId::MainsMet, 1)]);
    let told = |mode, is_connected, password| SensorboxReport {
        software: 1,
        has_transformers: true,
        network: Some(SensorboxNetwork {
            mode: Some(mode),
            is_connected,
            address: [192, 168, 1, 21],
            password,
        }),
    };
    let tell = |rig: &mut Rig, report: SensorboxReport| {
        rig.around = rig.around.with_sensorbox(Some(&report));
        rig.poll();
    };
    tell(&mut rig, told(SensorboxWifi::Disabled, false, None));
    rig.open();
    rig.choose(SettingId::Sb2Wifi, SensorboxWifi::Portal.raw());
    let portal = Patch::new().with(SettingId::Sb2Wifi, SensorboxWifi::Portal.raw());
    assert!(rig.commands.contains(&Command::Change(portal)));
    assert_eq!(rig.row(), Some(sb2));
    assert_eq!(context(&rig), "", "the box has not opened it yet");
    let password = Some(*b"8a7b6c5d");
    tell(&mut rig, told(SensorboxWifi::Portal, false, password));
    assert_eq!(context(&rig), "Portal PW: 8a7b6c5d");
    // The station adopts what the box does when it has joined a network.
    rig.settings = settings(&[(SettingId::MainsMet, 1), (SettingId::Sb2Wifi, 1)]);
    tell(&mut rig, told(SensorboxWifi::Enabled, true, None));
    assert_eq!(context(&rig), "SB2: 192.168.1.21");
    tell(&mut rig, told(SensorboxWifi::Enabled, false, None));
    assert_eq!(context(&rig), "Not connected to WiFi");
}
