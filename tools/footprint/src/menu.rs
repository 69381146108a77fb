//! `smartevse-menu`: the menu, its screens and the remote picture. It brings
//! the formatting of the core library with it, so it is a program of its own.

use smartevse_core::command::{Accepted, Refused};
use smartevse_core::directive::{ChargerStatus, Directive};
use smartevse_core::hardware::ButtonSet;
use smartevse_core::registry::{SettingId, SettingSet};
use smartevse_core::settings::{ApplyContext, Settings};
use smartevse_core::snapshot::{MetersStatus, PlanStatus, Section, Snapshot};
use smartevse_menu::remote::{BMP_SIZE, ButtonMessage, LcdError, PinGate, RemoteButton, write_bmp};
use smartevse_menu::row::Row;
use smartevse_menu::surroundings::PortalPassword;
use smartevse_menu::texts::{help, value_line};
use smartevse_menu::values::{Choosing, Direction, Stride, is_wide};
use smartevse_menu::visibility::{Facts, visible};
use smartevse_menu::{AppPin, Frame, Line, Menu, Model, Surroundings, draw};
use smartevse_types::{Duration, Instant};

use crate::text::show;
use crate::{consume, opaque};

/// Calls what has logic in it.
pub fn exercise() {
    menu();
    rows();
    values();
    screens();
    remote();
    small();
}

fn now() -> Instant {
    opaque(Instant::ZERO)
}

fn menu() {
    let mut menu = opaque(Menu::with_context(opaque(ApplyContext::default())));
    menu.buttons(now(), opaque(ButtonSet::empty()));
    menu.remote_button(now(), opaque(ButtonSet::LEFT), opaque(true));
    menu.surroundings(opaque(Surroundings::default()));
    let answer: Result<Accepted, Refused> = opaque(Err(Refused::Range));
    menu.answered(now(), answer);
    menu.light(now(), opaque(Duration::ZERO));
    let mut menu = opaque(menu);
    let (charger, directive) = opaque((ChargerStatus::default(), Directive::default()));
    let (plan, meters) = opaque((PlanStatus::default(), MetersStatus::default()));
    let (settings, in_force) = opaque((Settings::default(), Settings::default()));
    let snapshot = opaque(Snapshot {
        group: Section::Absent,
        at: now(),
        charger: &charger,
        directive: &directive,
        plan: &plan,
        meters: &meters,
        settings: &settings,
        in_force: &in_force,
        waiting: opaque(SettingSet::EMPTY),
        wall_clock: opaque(Some(1)),
    });
    let output = opaque(menu.poll(now(), &snapshot));
    consume(output.commands.is_empty());
    output.commands.iter().for_each(consume);
    let menu = opaque(menu);
    consume((menu.is_open(), menu.row(), menu.editing(), menu.draft()));
    let model = opaque(menu.model(now(), &snapshot));
    let mut frame = opaque(Frame::new());
    consume((menu.draw(&mut frame, &model), frame));
}

fn rows() {
    let shown = opaque(SettingSet::EMPTY);
    let (row, to) = opaque((Row::Exit, Direction::Up));
    consume((row.setting(), row.is_visible(shown)));
    consume((row.step(shown, to, opaque(true)), row.or_next(shown)));
    let settings = opaque(Settings::default());
    consume(visible(|id| settings.value(id), opaque(Facts::default())));
}

fn values() {
    let id = opaque(SettingId::Mode);
    let choosing = opaque(Choosing {
        role: Settings::default().role(),
        context: ApplyContext::default(),
    });
    let (to, stride) = opaque((Direction::Up, Stride::PRESS));
    consume(choosing.allows(id, opaque(1)));
    consume((choosing.step(id, opaque(1), to, stride), is_wide(id)));
    consume((help(id), value_line(id, opaque(1))));
}

fn screens() {
    let model = opaque(Model::boot(opaque("SmartEVSE"), opaque("board")));
    let mut frame = opaque(Frame::new());
    consume(draw(&mut frame, &model));
    let frame = opaque(frame);
    consume((frame.page(opaque(1)), frame.as_bytes()));
    consume(frame.is_set(opaque(1), opaque(2)));
    let mut file = opaque([0; BMP_SIZE]);
    write_bmp(&frame, opaque([1, 2, 3]), &mut file);
    consume(file);
}

fn remote() {
    if let Ok(button) = RemoteButton::parse(opaque("left")) {
        let button = opaque(button);
        let pressed = opaque(true);
        consume((button.name(), button.set()));
        show(ButtonMessage { button, pressed });
    }
    consume(opaque(LcdError::Unauthorized).word());
    show(opaque(LcdError::Unauthorized));
    let mut gate = opaque(PinGate::new());
    let session = gate.verify(now(), opaque("1234"), opaque(Some(1)));
    if let Ok(mut session) = opaque(session) {
        consume(session.allows(now(), opaque(Some(1))));
    }
    consume(gate);
}

fn small() {
    consume(AppPin::from_random(opaque(1)).map(AppPin::number));
    let line = opaque(Line::of(format_args!("{}", opaque(1_u16))));
    consume((line.as_str(), line.is_empty(), line.chars()));
    if let Some(password) = PortalPassword::new(opaque([65; 8])) {
        consume(opaque(password).as_str());
    }
}
