//! The cells that the contexts of a firmware share, and the loops around them.

use core::convert::Infallible;
use core::future::pending;

use embassy_futures::select::select;
use embedded_io_async::{Read, Write};
use smartevse_core::command::{Accepted, Command, Origin, Refused};
use smartevse_core::directive::ChargerStatus;
use smartevse_core::event::Event;
#[cfg(feature = "menu")]
use smartevse_core::hardware::ButtonSet;
#[cfg(feature = "storage")]
use smartevse_core::hardware::Storage;
use smartevse_core::hardware::{Board, LONGEST_WATCHDOG, Watchdog};
use smartevse_core::options::SensorboxWifi;
use smartevse_types::{Duration, Instant};

use super::control::{Control, ControlSetup};
#[cfg(feature = "menu")]
use super::face::{Face, Shown};
use super::keep::Keep;
#[cfg(feature = "storage")]
use super::keeper::Keeper;
use super::planner::{Plan, Planner};
use super::supervisor::Part;
use crate::exchange::{Queue, Shared, Slot};
use crate::manager::LineFeed;
use crate::meter_line::{LineAction, LineEnd};
use crate::site_line::{MeterChoice, SiteLine, site_line};
use crate::station::Setup;
use crate::tasks::{Clock, LineNews, serve_line};

/// Rhythm of planning; it works only when it is due.
const PLANNING: Duration = Duration::from_millis(10);

/// Longest time until a line learns of a new plan.
const NEWS: Duration = Duration::from_millis(50);

/// Pause before a line that failed is served again.
const LINE_PAUSE: Duration = Duration::from_millis(100);

/// Longest time between two signs of life of a part that waits.
const BEAT: Duration = Duration::from_secs(1);

/// What the contexts of a firmware share; one `static` of it.
#[derive(Debug)]
pub struct Hub {
    plan: Shared<Option<Plan>>,
    feed: Shared<Option<LineFeed>>,
    sensorbox: Shared<Option<SensorboxWifi>>,
    status: Shared<Option<ChargerStatus>>,
    facts: Queue<Event, 8>,
    bus: Slot<Command>,
    console: Slot<Command>,
    answer: Slot<Result<Accepted, Refused>>,
    buttons: Slot<Command>,
    planning_alive: Shared<Instant>,
    line_alive: Shared<Instant>,
    front_alive: Shared<Instant>,
    erase_permit: Shared<bool>,
    erase_ready: Shared<bool>,
    #[cfg(feature = "menu")]
    levels: Shared<ButtonSet>,
    #[cfg(feature = "menu")]
    shown: Shared<Option<Shown>>,
}

impl Hub {
    /// Makes an empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            plan: Shared::new(None),
            feed: Shared::new(None),
            sensorbox: Shared::new(None),
            status: Shared::new(None),
            facts: Queue::new(),
            bus: Slot::new(),
            console: Slot::new(),
            answer: Slot::new(),
            buttons: Slot::new(),
            planning_alive: Shared::new(Instant::ZERO),
            line_alive: Shared::new(Instant::ZERO),
            front_alive: Shared::new(Instant::ZERO),
            erase_permit: Shared::new(false),
            erase_ready: Shared::new(false),
            #[cfg(feature = "menu")]
            levels: Shared::new(ButtonSet::empty()),
            #[cfg(feature = "menu")]
            shown: Shared::new(None),
        }
    }

    /// Latest status of the charging control.
    #[must_use]
    pub fn status(&self) -> ChargerStatus {
        self.status.get().unwrap_or_default()
    }

    /// Latest plan.
    #[must_use]
    pub fn current_plan(&self) -> Plan {
        self.plan.get().unwrap_or_default()
    }

    /// Hands a fact to planning. A full queue loses it: its source then looks
    /// silent, which can only lower a current.
    pub fn tell(&self, event: Event) {
        let _ = self.facts.put(event);
    }

    /// Leaves the wish of the console; `false` while the one before waits.
    pub(super) fn ask(&self, wish: Command) -> bool {
        self.console.put(wish).is_ok()
    }

    /// Takes the answer to the wish of the console.
    pub(super) fn answer(&self) -> Option<Result<Accepted, Refused>> {
        self.answer.take()
    }

    /// Leaves the wish of the buttons. A press that comes before the last one
    /// was taken is the same.
    pub(super) fn press(&self, wish: Command) {
        let _ = self.buttons.put(wish);
    }

    /// Notes a sign of life of the front ends.
    pub fn front_is_alive(&self, now: Instant) {
        self.front_alive.set(now);
    }

    /// Takes the latest levels of the buttons.
    #[cfg(feature = "menu")]
    pub(super) fn take_levels(&self, levels: ButtonSet) {
        self.levels.set(levels);
    }

    /// What the display shall show; `None` before the first turn of planning.
    #[cfg(feature = "menu")]
    #[must_use]
    pub fn shown(&self) -> Option<Shown> {
        self.shown.get()
    }

    /// Says whether a permit to erase flash holds: the settings store sets it
    /// around an erase.
    pub fn permit_erase(&self, permit: bool) {
        self.erase_permit.set(permit);
    }

    /// Whether an erase may begin: the permit holds, contactors are open, and
    /// the watchdog runs with the period of an erase.
    #[cfg(feature = "storage")]
    pub(super) fn erase_is_ready(&self) -> bool {
        self.erase_permit.get() && self.erase_ready.get()
    }

    /// The 10 ms loop. `tick` waits for the next turn; `after` sees each
    /// status, for instance to keep latched faults over a reset.
    ///
    /// # Errors
    ///
    /// That of the watchdog when it does not start; nothing was driven then.
    pub async fn control<W: Watchdog>(
        &self,
        mut board: impl Board,
        mut watchdog: W,
        clock: &impl Clock,
        setup: ControlSetup,
        mut tick: impl AsyncFnMut(),
        mut after: impl FnMut(&ChargerStatus),
    ) -> Result<Infallible, W::Error> {
        let mut period = LONGEST_WATCHDOG;
        watchdog.start(period)?;
        let mut control = Control::new(&setup, clock.now());
        loop {
            tick().await;
            let plan = self.current_plan();
            let alive = [
                (Part::Planning, self.planning_alive.get()),
                (Part::Line, self.line_alive.get()),
                (Part::Front, self.front_alive.get()),
            ];
            let permit = self.erase_permit.get();
            let turn = control.turn(clock.now(), &mut board, &plan, &alive, permit);
            self.status.set(Some(turn.status));
            after(&turn.status);
            match turn.feed {
                Some(wanted) if wanted == period => watchdog.feed(),
                // A period that is refused is asked for again.
                Some(wanted) if watchdog.start(wanted).is_ok() => period = wanted,
                Some(_) | None => {}
            }
            let long = turn.feed == Some(setup.erase_watchdog) && period == setup.erase_watchdog;
            self.erase_ready.set(permit && long);
        }
    }

    /// The planning half of a charger that stores nothing.
    pub async fn plan(&self, setup: &Setup<'_>, clock: &impl Clock) -> ! {
        self.plan_and_keep(setup, (), clock).await
    }

    /// The planning half. `keeper` brings what changed into the store; `setup`
    /// comes from what it [restored](Keeper::open).
    #[cfg(feature = "storage")]
    pub async fn plan_stored<S: Storage>(
        &self,
        setup: &Setup<'_>,
        keeper: Keeper<S>,
        clock: &impl Clock,
    ) -> ! {
        self.plan_and_keep(setup, keeper, clock).await
    }

    async fn plan_and_keep(
        &self,
        setup: &Setup<'_>,
        mut keeper: impl Keep,
        clock: &impl Clock,
    ) -> ! {
        let mut planner = Planner::new(setup, clock.now());
        #[cfg(feature = "menu")]
        let mut face = Face::new();
        loop {
            let now = clock.now();
            self.take_wishes(&mut planner, now);
            let status = self.status();
            let plan = planner.turn(now, &status);
            self.plan.set(Some(plan));
            self.sensorbox.set(planner.sensorbox_wifi());
            if plan.meters.address != 0 {
                self.feed.set(Some(planner.feed(&status)));
            }
            #[cfg(feature = "menu")]
            {
                planner.face(now, &status, &mut face, self.levels.get());
                self.shown.set(face.shown());
            }
            keeper.turn(self, &mut planner, now, &status).await;
            self.planning_alive.set(now);
            clock.wait_until(now + PLANNING).await;
        }
    }

    fn take_wishes(&self, planner: &mut Planner, now: Instant) {
        while let Some(event) = self.facts.take() {
            planner.event(event);
        }
        if let Some(wish) = self.console.take() {
            // An answer that nobody fetched belongs to a console that gave up.
            let _ = self.answer.take();
            let _ = self.answer.put(planner.command(now, Origin::Lcd, wish));
        }
        if let Some(wish) = self.bus.take() {
            // The bus has no way to be told why it was refused.
            let _ = planner.command(now, Origin::Bus, wish);
        }
        if let Some(wish) = self.buttons.take() {
            // A button has no way to be told why it was refused.
            let _ = planner.command(now, Origin::Button, wish);
        }
    }

    /// The line that the settings in force ask for: meters, a master's or a
    /// node's; without any of it it stays silent. Another role or another meter
    /// makes it anew.
    pub async fn serve_meters(&self, mut port: impl Read + Write, clock: &impl Clock) -> ! {
        let clock = Beating {
            clock,
            beat: &self.line_alive,
        };
        loop {
            let choice = self.current_plan().meters;
            let line = site_line(choice, clock.now());
            let serve = self.serve(&mut port, line, &clock);
            select(serve, self.other_meters(choice, &clock)).await;
            // A question may have been cut off: the line must listen again.
            let _ = port.flush().await;
        }
    }

    async fn serve(
        &self,
        port: &mut (impl Read + Write),
        line: Option<SiteLine>,
        clock: &impl Clock,
    ) {
        let Some(line) = line else {
            return pending().await;
        };
        let mut line = Informed { line, hub: self };
        loop {
            let news = |news| {
                match news {
                    LineNews::Fact(event) => self.tell(event),
                    // While the wish before waits, the bus repeats this one.
                    LineNews::Wish(wish) => drop(self.bus.put(wish)),
                    LineNews::Failed(..) => {}
                }
            };
            // A failure shows as readings that do not come.
            let _ = serve_line(port, &mut line, clock, news).await;
            let _ = port.flush().await;
            clock.wait_until(clock.now() + LINE_PAUSE).await;
            line.reconnected(clock.now());
        }
    }

    /// Waits until the settings name other meters.
    async fn other_meters(&self, choice: MeterChoice, clock: &impl Clock) {
        while self.current_plan().meters == choice {
            clock.wait_until(clock.now() + LINE_PAUSE).await;
        }
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self::new()
    }
}

/// A line that knows the plan in force at each poll.
struct Informed<'a> {
    line: SiteLine,
    hub: &'a Hub,
}

impl LineEnd for Informed<'_> {
    fn poll(&mut self, now: Instant) -> LineAction<'_> {
        if let Some(feed) = self.hub.feed.get() {
            self.line.feed(&feed);
        }
        self.line.want_wifi(self.hub.sensorbox.get());
        let action = self.line.poll(now);
        if let LineAction::Listen { until } = action {
            let until = until.earliest(now + NEWS);
            return LineAction::Listen { until };
        }
        action
    }

    fn transmitted(&mut self, now: Instant) {
        self.line.transmitted(now);
    }

    fn receive(&mut self, now: Instant, bytes: &[u8]) {
        self.line.receive(now, bytes);
    }

    fn reconnected(&mut self, now: Instant) {
        self.line.reconnected(now);
    }
}

/// A clock each look at which is a sign of life.
struct Beating<'a, C> {
    clock: &'a C,
    beat: &'a Shared<Instant>,
}

impl<C: Clock> Clock for Beating<'_, C> {
    fn now(&self) -> Instant {
        let now = self.clock.now();
        self.beat.set(now);
        now
    }

    async fn wait_until(&self, at: Instant) {
        loop {
            let now = self.now();
            if now >= at {
                return;
            }
            self.clock.wait_until(at.earliest(now + BEAT)).await;
        }
    }
}
