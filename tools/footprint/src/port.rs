//! `smartevse::port` without its loops: what the contexts of a firmware do.

use ::core::fmt::Write;

use smartevse::port::console::{LineBuffer, Request, write_status};
use smartevse::port::{
    CaptureCell, Control, ControlSetup, Hub, Kept, LastWords, MeterChoice, Part, Plan, Planner,
    ResetCause, SlotPin, Supervisor, meter_line, wish,
};
use smartevse::{Setup, Stored};
use smartevse_core::adapters::{
    AlarmCapture, MilliVoltSource, PilotSampler, PilotScale, look_for_card,
};
use smartevse_core::charger::{BoardFacts, BootRecord};
use smartevse_core::command::{Command, Origin};
use smartevse_core::directive::ChargerStatus;
use smartevse_core::event::{Event, Fact};
use smartevse_core::hardware::ButtonSet;
use smartevse_core::io::HardwareFaults;
use smartevse_core::settings::Settings;
use smartevse_types::{Access, Duration, Instant, MilliVolts};

use crate::pins::{self, Pin};
use crate::text::Drain;
use crate::{consume, opaque};

/// What the contexts share.
static HUB: Hub = Hub::new();
static KEPT: Kept = Kept::new();
static CAPTURE: CaptureCell<AlarmCapture<25>, 25> =
    CaptureCell::new(AlarmCapture::new(Duration::from_millis(10)));

/// Calls what has logic in it.
pub fn exercise() {
    control();
    planning();
    supervisor();
    console();
    reset();
    captured();
    hub();
}

fn now() -> Instant {
    opaque(Instant::ZERO)
}

fn control() {
    let facts = opaque(BoardFacts::default());
    let setup = ControlSetup::after_reset(facts, opaque(Duration::from_secs(2)), &KEPT)
        .with_stored(opaque(BootRecord::default()));
    let mut control = opaque(Control::new(&setup, now()));
    let plan = opaque(Plan::default());
    let alive = opaque([(Part::Planning, Instant::ZERO); 3]);
    let turn = control.turn(now(), &mut pins::board(), &plan, &alive, opaque(true));
    consume((turn.status, turn.feed));
}

fn planning() {
    let stored = Stored::unread(opaque(true));
    let setup = opaque(Setup::of_board(opaque(BoardFacts::default()), stored));
    let mut planner = opaque(Planner::new(&setup, now()));
    planner.event(opaque(Event {
        at: Instant::ZERO,
        fact: Fact::Card(None),
    }));
    let command = opaque(Command::SetAccess(Access::On));
    consume(planner.command(now(), opaque(Origin::Button), command));
    let plan = opaque(planner).turn(now(), &opaque(ChargerStatus::default()));
    consume(wish(
        opaque(ButtonSet::empty()),
        opaque(ButtonSet::MIDDLE),
        &plan,
    ));
    let choice = MeterChoice::of(&opaque(Settings::default()));
    consume(meter_line(opaque(choice)).is_some());
}

fn supervisor() {
    let mut supervisor = opaque(Supervisor::new(opaque(Duration::ZERO), now()));
    supervisor.alive(opaque(Part::Pilot), now());
    consume(supervisor.silent(now()));
    consume(supervisor.may_feed(now(), opaque(HardwareFaults::empty())));
    consume(supervisor.period(opaque(true), opaque(true)));
}

fn console() {
    let mut line = opaque(LineBuffer::new());
    for byte in opaque(*b"set max 20\n") {
        if let Some(Request::Wish(wish)) = line.push(byte) {
            consume(wish);
        }
    }
    let status = opaque(ChargerStatus::default());
    consume(write_status(&status, opaque(Access::On), &mut Drain));
}

fn reset() {
    KEPT.note(&opaque(ChargerStatus::default()));
    KEPT.leave(LastWords::panic_in(opaque(7)));
    consume(KEPT.latched());
    let rows = opaque([(1, ResetCause::Watchdog), (2, ResetCause::Software)]);
    let cause = ResetCause::of(opaque(2), &rows, KEPT.take_word());
    consume(write!(Drain, "{cause}"));
}

fn captured() {
    CAPTURE.with(|capture| consume(capture.poll_due(now())));
    let scale = PilotScale::reference(opaque(MilliVolts::ZERO));
    let mut sources = CAPTURE.sources(scale, opaque(None), now);
    consume(sources.pilot.summary(now()));
    consume(sources.proximity.milli_volts());
    consume(sources.temperature.milli_volts());
    consume(look_for_card(&mut SlotPin::new(Pin, NoDelay)));
}

fn hub() {
    HUB.tell(opaque(Event {
        at: Instant::ZERO,
        fact: Fact::Card(None),
    }));
    HUB.front_is_alive(now());
    HUB.permit_erase(opaque(true));
    consume((HUB.status(), HUB.current_plan()));
}

/// A delay that is over.
struct NoDelay;

impl embedded_hal::delay::DelayNs for NoDelay {
    fn delay_ns(&mut self, ns: u32) {
        consume(ns);
    }
}
