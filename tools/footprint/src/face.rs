//! The menu in the loops of a firmware, without its loops.

use smartevse::Setup;
use smartevse::port::{Face, Hub, Planner};
use smartevse_core::command::{Accepted, Refused};
use smartevse_core::directive::ChargerStatus;
use smartevse_core::hardware::ButtonSet;
use smartevse_menu::{Frame, draw};
use smartevse_types::Instant;

use crate::{consume, opaque};

/// What the contexts share.
static HUB: Hub = Hub::new();

/// Lets the menu act, and draws what it shows.
pub fn exercise() {
    let now = opaque(Instant::ZERO);
    let status = opaque(ChargerStatus::default());
    let mut planner = opaque(Planner::new(&opaque(Setup::default()), now));
    let mut face = opaque(Face::new());
    planner.face(now, &status, &mut face, opaque(ButtonSet::empty()));
    let answer: Result<Accepted, Refused> = opaque(Err(Refused::Range));
    face.answered(now, answer);
    for shown in [opaque(face).shown(), HUB.shown()].into_iter().flatten() {
        let mut frame = opaque(Frame::new());
        consume((draw(&mut frame, &shown.model), frame));
        consume((shown.drawing, shown.restart, shown.backlight));
    }
}
