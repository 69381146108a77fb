//! The bench: walks through the checklist of a new board on the console.
//!
//! **Mains off, no vehicle.** The contactors close, the pilot runs, the lock
//! moves and the settings area is erased. The watchdog has a long period here.

use core::fmt::{Debug, Display, Write as _};

use embassy_futures::block_on;
use embassy_stm32::usart::BufferedUart;
use embedded_io_async::{Read, ReadReady, Write};
use heapless::String;
use smartevse::port::ResetCause;
use smartevse_core::contract::{self, Bench};
use smartevse_core::hardware::{
    Board, ButtonSet, Buttons, CableLock, ControlPilot, Error, Watchdog,
};
use smartevse_core::io::{Inputs, PilotSwitch};
use smartevse_core::options::LockKind;
use smartevse_types::{Duration, DutyPermille, Instant};

use super::flash::Sectors;
use super::hardware::{FrontParts, Hardware, Keys, Line};
use super::tasks::board;
use super::{now, run, stop};
use crate::storage::SettingsArea;

/// Period of the watchdog on the bench.
const PERIOD: Duration = Duration::from_secs(20);

/// How often a measured value is shown.
const SHOW: Duration = Duration::from_millis(500);

/// The person at the bench: console, clock and watchdog.
struct Desk<W> {
    console: BufferedUart<'static>,
    watchdog: W,
}

impl<W: Watchdog> Bench for Desk<W> {
    fn now(&mut self) -> Instant {
        now()
    }

    fn wait(&mut self, span: Duration) {
        let until = now() + span;
        while now() < until {
            self.watchdog.feed();
        }
    }
}

impl<W: Watchdog> Desk<W> {
    fn say(&mut self, text: impl Display) {
        let mut line = String::<256>::new();
        let _ = write!(line, "{text}\r\n");
        let _ = block_on(self.console.write_all(line.as_bytes()));
        self.watchdog.feed();
    }

    /// Whether Enter was pressed.
    fn enter(&mut self) -> bool {
        let mut byte = [0];
        while self.console.read_ready().unwrap_or(false) {
            let _ = block_on(self.console.read(&mut byte));
            if byte == *b"\r" || byte == *b"\n" {
                return true;
            }
        }
        false
    }

    /// Names the step and shows a value until Enter is pressed.
    fn watch<T: Debug>(&mut self, title: &str, mut value: impl FnMut() -> T) {
        self.say(format_args!("-- {title} (Enter goes on)"));
        while !self.enter() {
            self.say(format_args!("{:?}", value()));
            self.wait(SHOW);
        }
    }

    /// Names a step that the person does and waits for Enter.
    fn ask(&mut self, title: &str) {
        self.say(format_args!("-- {title} (Enter goes on)"));
        while !self.enter() {
            self.wait(Duration::from_millis(10));
        }
    }

    fn verdict(&mut self, title: &str, verdict: Result<(), impl Display>) {
        match verdict {
            Ok(()) => self.say(format_args!("ok: {title}")),
            Err(violation) => self.say(format_args!("FAILED: {title}: {violation}")),
        }
    }
}

/// Runs the bench.
pub fn bench() -> ! {
    let Some((hardware, cause)) = run::start() else {
        stop::halt()
    };
    walk(hardware, cause)
}

fn walk(hardware: Hardware, cause: ResetCause) -> ! {
    let (mut board, mut watchdog) = board(hardware.charging);
    let started = watchdog.start(PERIOD).map_err(|error| error.kind().text());
    let FrontParts {
        console,
        keys,
        mut display,
        mut backlight,
    } = hardware.front;
    let mut desk = Desk { console, watchdog };
    desk.say(format_args!("bring-up: start after {cause}"));
    desk.verdict("watchdog takes its bench period", started);
    desk.ask("MAINS OFF, NO VEHICLE. Held in reset: SSR1, SSR2, ACTA, ACTB low, CPOFF high");
    pilot(&mut desk, &mut board.pilot);
    let verdict = contract::contactors_follow(&mut board.contactors, &mut desk);
    desk.verdict("contactors: each of them was heard?", verdict);
    lock(&mut desk, &mut board.lock);
    let verdict = contract::monitor_test(&mut board.residual_current, &mut desk);
    desk.verdict("residual-current monitor and its test", verdict);
    let mut inputs = Inputs::default();
    desk.watch("proximity, temperature, switch", || {
        board.sample(now(), &mut inputs);
        (inputs.proximity, inputs.temperature, inputs.switch)
    });
    let verdict = contract::status_light(&mut board.light);
    desk.verdict("status light went through its colours", verdict);
    line(&mut desk, hardware.line);
    let started = block_on(display.start());
    desk.verdict("display", started.map_err(|_| "bus failed"));
    backlight.set_duty_cycle_fully_on();
    buttons(&mut desk, keys);
    backlight.set_duty_cycle_fully_off();
    storage(&mut desk, hardware.storage);
    desk.say("-- watchdog: the program starts again within 20 s and names it");
    stop::halt()
}

/// Levels, frequency and classification of the pilot.
fn pilot<W: Watchdog>(desk: &mut Desk<W>, pilot: &mut impl ControlPilot) {
    let verdict = contract::control_pilot(pilot);
    desk.verdict("pilot accepts its commands", verdict);
    let verdict = contract::pilot_levels(pilot, desk);
    desk.verdict("pilot levels of the open connector", verdict);
    for permille in [1_000, 100, 250, 500, 960] {
        let set = pilot
            .set_switch(PilotSwitch::Closed)
            .and(pilot.set_duty(DutyPermille::from_permille(permille)));
        desk.verdict("duty is set", set.map_err(|error| error.kind().text()));
        desk.watch(
            "12 V, 1 kHz within 0.5 %, duty within 0.5 %; then 9, 6, 3 V, short, no diode",
            || (permille, pilot.sample(now()).ok().flatten()),
        );
    }
    let parked = contract::control_pilot(pilot);
    desk.verdict("pilot is isolated again", parked);
}

/// Both types of actuator.
fn lock<W: Watchdog>(desk: &mut Desk<W>, lock: &mut impl CableLock) {
    for (kind, title) in [
        (LockKind::Solenoid, "solenoid follows"),
        (LockKind::Motor, "motor follows"),
    ] {
        lock.set_kind(kind);
        desk.ask("plug in; the lock moves");
        let verdict = contract::lock_travel(lock, desk);
        desk.verdict(title, verdict);
    }
}

fn line<W: Watchdog>(desk: &mut Desk<W>, mut line: Line) {
    let verdict = block_on(contract::meter_bus(&mut line));
    desk.verdict("serial line sends eight bytes of 0x55", verdict);
}

fn buttons<W: Watchdog>(desk: &mut Desk<W>, mut keys: Keys) {
    desk.ask("backlight shines; release all buttons");
    let verdict = block_on(contract::buttons(&mut keys));
    desk.verdict("released buttons read as released", verdict);
    let mut known = ButtonSet::empty();
    for _ in 0..6 {
        desk.say("press or release a button within 15 s");
        if let Ok(pressed) = block_on(keys.wait_change(known)) {
            known = pressed;
            desk.say(format_args!("{:?}", pressed));
        }
    }
}

fn storage<W: Watchdog>(desk: &mut Desk<W>, mut area: SettingsArea<Sectors>) {
    desk.ask("the settings area is erased now");
    let verdict = block_on(contract::storage(&mut area));
    desk.verdict("settings area", verdict);
    let verdict = block_on(contract::storage_stalls(&mut area, desk));
    desk.verdict("settings area keeps its stated stalls", verdict);
}
