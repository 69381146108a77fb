//! Planning, meter line and status light in the middle executor.

use core::cell::RefCell;
use core::future::pending;

use embassy_executor::task;
use embassy_futures::select::select;
use embassy_time::{Duration, Instant as Tick, Ticker, Timer};
use embedded_io_async::Write;
use smartevse::meter_line::MeterLine;
use smartevse::tasks::{Clock, LineNews, serve_line};
use smartevse::{Manager, Setup};
use smartevse_core::command::Origin;
use smartevse_core::hardware::StatusLight;
use smartevse_types::{Access, Instant};

use super::{BUTTON_WISH, CONSOLE_ANSWER, CONSOLE_WISH, DIRECTIVE, FACTS, PLANNING_BEAT, STATUS};
use crate::firmware::hardware::{Line, PlanningParts};
use crate::firmware::now;
use crate::meters;

/// Rhythm of planning; it works only when it is due.
const RHYTHM: Duration = Duration::from_millis(10);

/// Pause before a line that failed is served again.
const PAUSE: Duration = Duration::from_millis(100);

/// The clock of the chip.
struct ChipClock;

impl Clock for ChipClock {
    fn now(&self) -> Instant {
        now()
    }

    async fn wait_until(&self, at: Instant) {
        Timer::at(Tick::from_micros(at.as_micros())).await;
    }
}

/// Takes the wishes that wait.
fn take_wishes(manager: &mut Manager, now: Instant) {
    if let Some(wish) = CONSOLE_WISH.take() {
        // An answer that nobody fetched belongs to a console that gave up.
        let _ = CONSOLE_ANSWER.take();
        let _ = CONSOLE_ANSWER.put(manager.command(now, Origin::Lcd, wish));
    }
    if let Some(wish) = BUTTON_WISH.take() {
        // A button has no way to be told why it was refused.
        let _ = manager.command(now, Origin::Button, wish);
    }
}

/// One turn of planning. Gives the settings of the meters.
fn turn(manager: &mut Manager, light: &mut impl StatusLight) -> [u8; 4] {
    let now = now();
    let status = STATUS.get().unwrap_or_default();
    take_wishes(manager, now);
    if manager.is_due(now, &status) {
        DIRECTIVE.set(Some(manager.poll(now, &status)));
    }
    // A dark light does not keep anybody from charging.
    let _ = light.show(manager.light(&status).at(now));
    PLANNING_BEAT.set(now);
    meters::choice(manager.snapshot(&status).in_force)
}

/// Plans until the settings name other meters.
async fn steer(manager: &RefCell<Manager>, light: &mut impl StatusLight, choice: [u8; 4]) {
    let mut ticker = Ticker::every(RHYTHM);
    loop {
        ticker.next().await;
        if let Ok(mut manager) = manager.try_borrow_mut()
            && turn(&mut manager, light) != choice
        {
            return;
        }
    }
}

/// Serves the line for ever; without meters it stays silent.
async fn serve(port: &mut Line, line: Option<MeterLine>, manager: &RefCell<Manager>) {
    let Some(mut line) = line else {
        return pending().await;
    };
    loop {
        // A failure shows as readings that do not come.
        let _ = serve_line(port, &mut line, &ChipClock, |news| {
            if let LineNews::Reading(event) = news
                && let Ok(mut manager) = manager.try_borrow_mut()
            {
                manager.event(event);
            }
        })
        .await;
        Timer::after(PAUSE).await;
        line.reconnected(now());
    }
}

/// Plans and serves the meter line.
#[task]
pub async fn plan(mut parts: PlanningParts, access: Access) {
    let setup = Setup {
        facts: FACTS,
        access,
        ..Setup::default()
    };
    let manager = RefCell::new(Manager::new(&setup, now()));
    loop {
        let choice = manager
            .try_borrow_mut()
            .map_or([0; 4], |mut manager| turn(&mut manager, &mut parts.light));
        let line = meters::line(&meters::chosen(choice));
        select(
            serve(&mut parts.line, line, &manager),
            steer(&manager, &mut parts.light, choice),
        )
        .await;
        // A question may have been cut off: the line must listen again.
        let _ = parts.line.flush().await;
    }
}
