//! `smartevse-core`.

use smartevse_core::access::AccessControl;
use smartevse_core::card::Uid;
use smartevse_core::cards::CardList;
use smartevse_core::charger::{BoardFacts, BootRecord, Charger, resume_at};
use smartevse_core::command::{Origin, Refused};
use smartevse_core::directive::{Directive, SwitchStatus};
use smartevse_core::duty::{current_to_duty, duty_to_current};
use smartevse_core::faults::Faults;
use smartevse_core::io::{Inputs, PilotSample, ProximityInput};
use smartevse_core::options::{RfidMode, SwitchKind};
use smartevse_core::pilot::{PilotClass, classify, diode_good, is_fresh};
use smartevse_core::proximity::CableCoding;
use smartevse_core::registry::{SettingId, parse_value};
use smartevse_core::schedule::Schedule;
use smartevse_core::settings::{
    ApplyContext, Patch, SettingEvents, Settings, Situation, apply, load, promote,
};
use smartevse_core::state::ChargeState;
use smartevse_core::switch::SwitchFollower;
use smartevse_types::{Access, Celsius, DeciAmps, DutyPermille, Instant, Mode};

use crate::{adapters, consume, more, opaque, pins, records};

/// Calls what has logic in it.
pub fn exercise() {
    charger();
    tables();
    settings();
    changes();
    access();
    switch();
    schedule();
    pins::exercise();
    adapters::exercise();
    more::exercise();
    records::exercise();
}

fn charger() {
    let boot = opaque(BootRecord::default());
    let now = opaque(Instant::ZERO);
    let mut charger = opaque(Charger::new(opaque(BoardFacts::default()), boot, now));
    let directive = opaque(Directive::default());
    consume(charger.poll(opaque(now), &opaque(Inputs::default()), &directive));
    let charger = opaque(charger);
    consume((charger.status(), charger.deadline().earliest()));
    consume(resume_at(opaque(Celsius::MAX)));
}

fn tables() {
    consume(current_to_duty(opaque(DeciAmps::MAX)));
    consume(duty_to_current(opaque(DutyPermille::MAX)));
    let now = opaque(Instant::ZERO);
    let sample = opaque(PilotSample::from_class(
        opaque(PilotClass::A12),
        opaque(None),
        now,
        now,
    ));
    consume(classify(sample.as_ref(), now, opaque(None)));
    if let Some(sample) = sample {
        consume((is_fresh(&sample, now), diode_good(sample.low)));
    }
    consume(PilotClass::named(opaque("A12")).map(PilotClass::name));
    let coding = CableCoding::from_input(opaque(ProximityInput::Open));
    consume(coding.map(|coding| (coding.limit(), coding.is_defect())));
    let faults = opaque(Faults::empty());
    consume((
        faults.immediate(),
        faults.blocking(),
        faults.shown(),
        faults.published_byte(),
    ));
    faults.rows().for_each(consume);
    consume(Faults::named(opaque("")));
    let state = opaque(ChargeState::A);
    consume((
        state.id(),
        state.name(),
        state.text(),
        state.letter(faults),
        state.may_close(),
    ));
    consume(opaque(Refused::Range).text());
}

fn settings() {
    let settings = opaque(Settings::default());
    consume((
        settings.mode(),
        settings.config(),
        settings.effective_lock(),
        settings.role(),
    ));
    consume((
        settings.min(),
        settings.max(),
        settings.circuit(),
        settings.capacity(),
    ));
    consume((
        settings.warnings(),
        settings.custom_meter(),
        settings.group_address(),
    ));
    consume(settings.value(opaque(SettingId::Mode)));
    consume(Settings::from_values(opaque(*settings.values())));
    let stored = opaque([(SettingId::Mode, 1); SettingId::COUNT]);
    let count = opaque(stored.len());
    consume(load(stored.into_iter().take(count)));
    let text = opaque("Smart");
    consume((SettingId::parse(text), SettingId::with_key(text)));
    consume(SettingId::at_register(opaque(1)));
    let id = opaque(SettingId::Mode);
    consume((
        parse_value(id, text),
        id.facts().kind.bounds(),
        id.facts().may_hold(opaque(1)),
    ));
}

fn changes() {
    let settings = opaque(Settings::default());
    let mut patch = opaque(Patch::new());
    patch.set(opaque(SettingId::Min), opaque(6));
    let patch = opaque(patch);
    patch.iter().for_each(consume);
    consume(apply(
        &settings,
        &patch,
        opaque(Origin::Rest),
        opaque(ApplyContext::default()),
    ));
    let other = opaque(Settings::default());
    let situation = Situation {
        charging: opaque(true),
        plugged: opaque(true),
        restarting: opaque(false),
    };
    consume(promote(&settings, &other, situation));
    consume(SettingEvents::between(&settings, &other));
    settings.differences(&other).iter().for_each(consume);
}

fn access() {
    let Some(card) = Uid::new(&opaque([4; 7])) else {
        return;
    };
    consume(Uid::parse(opaque("04112233445566")));
    let mut cards = opaque(CardList::from_cards(&opaque([card; 4])));
    consume((cards.store(opaque(card)), cards.knows(&card), cards.len()));
    let mut cards = opaque(cards);
    consume(cards.delete(&card));
    cards.iter().for_each(consume);
    let mut access = opaque(AccessControl::new(opaque(Access::Off), opaque(cards)));
    let (now, mode) = opaque((Instant::ZERO, RfidMode::EnableAll));
    consume(access.card(opaque(Some(card)), mode));
    consume(access.step(now, opaque(true), mode));
    consume((
        access.set(opaque(Access::On)),
        access.window(opaque(Some(true))),
    ));
    access.erase_cards();
    let mut access = opaque(access);
    consume((
        access.take_remote_card(),
        access.deadline(),
        access.card_status().text(),
    ));
}

fn switch() {
    let mut follower = opaque(SwitchFollower::default());
    let now = opaque(Instant::ZERO);
    let kind = opaque(SwitchKind::AccessButton);
    let input = opaque(SwitchStatus::default());
    consume(follower.step(now, kind, input, opaque(Mode::Smart)));
    consume((
        follower.limits_power(kind),
        follower.deadline(kind),
        follower.moves(),
    ));
}

fn schedule() {
    let schedule = opaque(Schedule::new(
        opaque(0),
        opaque(None),
        opaque(None),
        opaque(true),
    ));
    consume(schedule.window(opaque(None)));
}
