//! Wishes that the rules deny.

use smartevse::core::card::Uid;
use smartevse::core::command::{Command, Origin, Refused, Teach};
use smartevse::core::registry::SettingId;
use smartevse::core::settings::Patch;
use smartevse::types::{DeciAmps, DutyPermille, Instant, Mode};
use smartevse::{Setup, Station};

fn refused(origin: Origin, command: Command) -> Option<Refused> {
    let mut station = Station::new(&Setup::default(), Instant::ZERO);
    station.command(Instant::ZERO, origin, command).err()
}

#[test]
fn when_no_mains_meter_is_configured_then_smart_is_refused() {
    for mode in [Mode::Smart, Mode::Solar] {
        assert_eq!(
            refused(Origin::Rest, Command::SetMode(mode)),
            Some(Refused::NoMainsMeter)
        );
    }
    assert_eq!(refused(Origin::Rest, Command::SetMode(Mode::Normal)), None);
}

/// I-23: the residual-current latch and contactor faults are never cleared
/// from a network.
#[test]
fn when_a_network_asks_for_a_reset_then_it_is_refused() {
    let remote = [
        Origin::Rest,
        Origin::Mqtt,
        Origin::Ocpp,
        Origin::Bus,
        Origin::App,
    ];
    for origin in remote {
        for command in [
            Command::ResetResidualCurrent,
            Command::ResetContactorFault,
            Command::KeyPress,
        ] {
            assert_eq!(refused(origin, command), Some(Refused::LocalOnly));
        }
    }
    assert_eq!(refused(Origin::Button, Command::ResetResidualCurrent), None);
}

/// Charging 12.2: an override lies between MIN and MAX.
#[test]
fn when_an_override_is_out_of_range_then_it_is_refused() {
    for deci in [-1, 1, 59, 161, i32::MAX, i32::MIN] {
        let command = Command::SetOverride(DeciAmps::from_deci(deci));
        assert_eq!(
            refused(Origin::Rest, command),
            Some(Refused::Range),
            "{deci}"
        );
    }
    assert_eq!(
        refused(Origin::Rest, Command::SetOverride(DeciAmps::from_deci(60))),
        None
    );
    assert_eq!(
        refused(Origin::Rest, Command::SetOverride(DeciAmps::ZERO)),
        None
    );
}

/// I-18: never a duty that means nothing.
#[test]
fn when_a_duty_means_nothing_then_it_is_refused() {
    for duty in [1, 49, 51, 99, 961, 999, 1001, u16::MAX] {
        let command = Command::SetDutyOverride(Some(DutyPermille::from_permille(duty)));
        assert_eq!(
            refused(Origin::Mqtt, command),
            Some(Refused::Range),
            "{duty}"
        );
    }
}

/// Contract 11: a patch is applied as a whole or not at all.
#[test]
fn when_one_value_is_out_of_range_then_nothing_changes() {
    let mut station = Station::new(&Setup::default(), Instant::ZERO);
    let patch = Patch::new()
        .with(SettingId::Min, 8)
        .with(SettingId::Max, 81);
    let answer = station.command(Instant::ZERO, Origin::Lcd, Command::Change(patch));
    assert_eq!(answer, Err(Refused::OutOfRange(SettingId::Max)));
    assert_eq!(station.snapshot().settings.value(SettingId::Min), 6);
}

#[test]
fn when_the_reader_is_off_or_remote_then_cards_are_not_managed() {
    let uid = Uid::parse("04A1B2C3D4E5F6").unwrap();
    assert_eq!(
        refused(Origin::Mqtt, Command::ShowCard(uid)),
        Some(Refused::ReaderDisabled)
    );
    let teach = Command::TeachCards(Some(Teach::Learn));
    assert_eq!(refused(Origin::Rest, teach), Some(Refused::LocalOnly));
}
