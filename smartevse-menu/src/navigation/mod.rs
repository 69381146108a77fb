//! Navigation with three buttons (menu specification §5): levels and times in,
//! wishes and pictures out.

mod app_pin;
mod backlight;
mod idle;
mod navigator;
mod notice;
mod observer;
mod output;
mod panel;
mod repeat;

use smartevse_core::command::{Accepted, Command, Origin, Refused, Teach};
use smartevse_core::faults::Faults;
use smartevse_core::hardware::ButtonSet;
use smartevse_core::registry::SettingId;
use smartevse_core::settings::{ApplyContext, Patch, Settings, apply};
use smartevse_core::snapshot::Snapshot;
use smartevse_types::{Access, Duration, Instant, Mode};

pub use app_pin::AppPin;
pub use backlight::LIGHT_TIME;
pub use output::{Commands, MenuOutput};

pub(crate) use navigator::{Navigator, View};

use self::app_pin::PinState;
use self::backlight::Backlight;
use self::idle::Idle;
use self::navigator::{Effect, Key};
use self::notice::{Notice, Shown};
use self::observer::{Observer, holds_light};
use self::panel::{Change, Panel};
use self::repeat::Repeat;
use crate::help;
use crate::model::{HoldKind, MenuScene, Model, Scene};
use crate::row::Row;
use crate::surroundings::Surroundings;
use crate::values::{Direction, Stride, is_wide};

/// Time for which a button must be held.
const HOLD: Duration = Duration::from_secs(2);
/// The chord that toggles the LCD lock counts this long after the start.
const START_CHORD: Duration = Duration::from_secs(1);
/// The whole picture is repeated after this time.
const REFRESH: Duration = Duration::from_secs(60);

/// A button that is being held outside the menu.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Hold {
    kind: HoldKind,
    since: Instant,
    /// The same press cleared a residual-current trip.
    spent: bool,
}

/// What the buttons act on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// The status screens.
    Status,
    /// A button is being held.
    Hold(Hold),
    /// The menu is open.
    Open(Navigator),
}

/// The menu and the screens of one charger.
///
/// Poll it after each change of the buttons, the surroundings or the snapshot
/// and at the deadline of its output; more polls change nothing. See the
/// [crate page](crate) for the loop.
#[derive(Clone, Debug)]
pub struct Menu {
    context: ApplyContext,
    around: Surroundings,
    panel: Panel,
    pressed: ButtonSet,
    pressed_here: ButtonSet,
    place: Place,
    repeat: Option<Repeat>,
    idle: Idle,
    last_button: Instant,
    pin: PinState,
    used_word: Option<u32>,
    taught: Option<Teach>,
    notice: Option<Shown>,
    backlight: Option<Backlight>,
    observer: Observer,
    cycle: Instant,
    started: Option<Instant>,
    chord_over: bool,
    restart_display: bool,
    commands: Commands,
    shown: Option<Model>,
    refreshed: Instant,
}

impl Default for Menu {
    fn default() -> Self {
        Self::new()
    }
}

impl Menu {
    /// Makes a menu of a firmware without OCPP.
    #[must_use]
    pub fn new() -> Self {
        Self::with_context(ApplyContext::default())
    }

    /// Makes a menu; `context` says what the firmware can do.
    #[must_use]
    pub fn with_context(context: ApplyContext) -> Self {
        Self {
            context,
            around: Surroundings::default(),
            panel: Panel::default(),
            pressed: ButtonSet::empty(),
            pressed_here: ButtonSet::empty(),
            place: Place::Status,
            repeat: None,
            idle: Idle::new(Instant::ZERO),
            last_button: Instant::ZERO,
            pin: PinState::None,
            used_word: None,
            taught: None,
            notice: None,
            backlight: None,
            observer: Observer::default(),
            cycle: Instant::ZERO,
            started: None,
            chord_over: false,
            restart_display: false,
            commands: Commands::default(),
            shown: None,
            refreshed: Instant::ZERO,
        }
    }

    /// Takes the levels of the buttons at the device, pressed = set. They may
    /// bounce.
    pub fn buttons(&mut self, now: Instant, levels: ButtonSet) {
        self.started.get_or_insert(now);
        self.panel.levels(now, levels);
    }

    /// Takes a message of a remote button that was let in. It is released 4 s
    /// after its last message. A remote button never resets a residual-current
    /// trip (I-23) and never changes LCD PIN.
    pub fn remote_button(&mut self, now: Instant, button: ButtonSet, pressed: bool) {
        if !self.around.lcd_locked {
            self.panel.remote(now, button, pressed);
        }
    }

    /// Takes what changed around the charger; it acts at the next poll.
    pub fn surroundings(&mut self, around: Surroundings) {
        self.around = around;
    }

    /// Takes the answer of the station to a command: a refusal is shown.
    pub fn answered(&mut self, now: Instant, answer: Result<Accepted, Refused>) {
        if let Err(refused) = answer {
            self.notice = Some(Shown::new(Notice::Refused(refused), now));
        }
    }

    /// Lights the display for a time; zero ends it.
    pub fn light(&mut self, now: Instant, time: Duration) {
        self.lamp(now).light(now, time);
    }

    /// Whether the menu is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.place, Place::Open(_))
    }

    /// The selected row; `None` outside the menu.
    #[must_use]
    pub fn row(&self) -> Option<Row> {
        self.navigator().map(Navigator::row)
    }

    /// The value that is being edited.
    #[must_use]
    pub fn editing(&self) -> Option<u16> {
        self.navigator()?.edit().map(|edit| edit.value)
    }

    /// What was committed since the menu was opened; EXIT will apply it.
    #[must_use]
    pub fn draft(&self) -> Option<&Patch> {
        self.navigator().map(Navigator::touched)
    }

    const fn navigator(&self) -> Option<&Navigator> {
        match &self.place {
            Place::Open(navigator) => Some(navigator),
            Place::Status | Place::Hold(_) => None,
        }
    }

    fn lamp(&mut self, now: Instant) -> &mut Backlight {
        self.backlight.get_or_insert_with(|| Backlight::new(now))
    }

    fn view<'a>(&self, live: &'a Settings) -> View<'a> {
        View {
            live,
            facts: self.around.facts,
            context: self.context,
        }
    }

    /// Does what is due. One change of the buttons is handled at each poll;
    /// while more of them wait, the deadline is now.
    pub fn poll(&mut self, now: Instant, snapshot: &Snapshot<'_>) -> MenuOutput {
        self.commands = Commands::default();
        self.start(now);
        if let Some(change) = self.panel.next(now) {
            self.finish_hold(change.at, snapshot);
            self.change(change, snapshot);
        }
        self.finish_hold(now, snapshot);
        self.keep_lock(now);
        self.follow(now, snapshot.settings);
        self.observe(now, snapshot);
        self.teach();
        self.output(now, snapshot)
    }

    fn start(&mut self, now: Instant) {
        self.started.get_or_insert(now);
        self.lamp(now);
    }

    /// Closes the menu while the LCD is locked; nothing is stored.
    fn keep_lock(&mut self, now: Instant) {
        if !self.around.lcd_locked {
            return;
        }
        if self.panel.is_remote() {
            self.panel.release_remote(now);
        }
        if self.place != Place::Status {
            self.leave(now);
        }
        self.pin = PinState::None;
    }

    fn change(&mut self, change: Change, snapshot: &Snapshot<'_>) {
        let before = core::mem::replace(&mut self.pressed, change.pressed);
        let here = core::mem::replace(&mut self.pressed_here, change.local);
        let fresh = before.is_empty() && !change.pressed.is_empty();
        self.repeat = None;
        self.last_button = change.at;
        self.idle = Idle::new(change.at);
        let first = !core::mem::replace(&mut self.chord_over, true);
        if first && self.is_start_chord(change) {
            self.toggle_lock();
            return;
        }
        if !change.pressed.is_empty() {
            self.lamp(change.at).light(change.at, LIGHT_TIME);
            self.notice = None;
        }
        let reset = here.is_empty() && !change.local.is_empty() && self.reset_trip(snapshot);
        if self.around.lcd_locked {
            self.say_locked(change.at, fresh);
            return;
        }
        if change.pressed == ButtonSet::LEFT | ButtonSet::RIGHT {
            self.restart_display = true;
        }
        match self.place {
            Place::Status if fresh => self.begin_hold(change, reset, snapshot),
            Place::Status => {}
            Place::Hold(hold) => self.end_hold(hold, change, snapshot),
            Place::Open(_) if fresh => self.press(change, snapshot.settings),
            Place::Open(_) => {}
        }
    }

    /// Middle and right held at power-up.
    fn is_start_chord(&self, change: Change) -> bool {
        let started = self.started.unwrap_or(change.at);
        change.local == ButtonSet::MIDDLE | ButtonSet::RIGHT
            && change.at.since(started) <= START_CHORD
    }

    fn toggle_lock(&mut self) {
        self.around.lcd_locked = !self.around.lcd_locked;
        let lock = Command::SetLcdLock(self.around.lcd_locked);
        self.commands.push(lock);
    }

    /// A press at the device resets a residual-current trip if its cause is
    /// gone; the station decides (I-23).
    fn reset_trip(&mut self, snapshot: &Snapshot<'_>) -> bool {
        let tripped = snapshot.charger.faults.contains(Faults::RCM_TRIPPED);
        if tripped {
            self.commands.push(Command::KeyPress);
        }
        tripped
    }

    fn say_locked(&mut self, now: Instant, fresh: bool) {
        if fresh {
            self.notice = Some(Shown::new(Notice::Locked, now));
        }
    }

    fn begin_hold(&mut self, change: Change, spent: bool, snapshot: &Snapshot<'_>) {
        let kind = match change.pressed {
            ButtonSet::MIDDLE => HoldKind::Menu,
            ButtonSet::LEFT => HoldKind::Stop,
            ButtonSet::RIGHT if snapshot.directive.access == Access::Off => HoldKind::Start,
            _ => return,
        };
        self.place = Place::Hold(Hold {
            kind,
            since: change.at,
            spent,
        });
    }

    /// The buttons changed before the time was over.
    fn end_hold(&mut self, hold: Hold, change: Change, snapshot: &Snapshot<'_>) {
        self.place = Place::Status;
        let short = hold.kind == HoldKind::Stop && change.pressed.is_empty();
        if short && !hold.spent {
            self.toggle_mode(snapshot.settings.mode());
        }
    }

    fn toggle_mode(&mut self, mode: Mode) {
        let other = match mode {
            Mode::Normal => return,
            Mode::Smart => Mode::Solar,
            Mode::Solar => Mode::Smart,
        };
        let patch = Patch::new().with(SettingId::Mode, other as u16);
        self.commands.push(Command::Change(patch));
    }

    /// Acts when a button was held long enough before `at`.
    fn finish_hold(&mut self, at: Instant, snapshot: &Snapshot<'_>) {
        let Place::Hold(hold) = self.place else {
            return;
        };
        let due = hold.since + HOLD;
        if due > at {
            return;
        }
        self.place = Place::Status;
        match hold.kind {
            HoldKind::Menu => self.open(due),
            HoldKind::Stop => self.commands.push(Command::SetAccess(Access::Off)),
            HoldKind::Start if snapshot.directive.access == Access::Off => {
                self.commands.push(Command::SetAccess(Access::On));
            }
            HoldKind::Start => {}
        }
    }

    fn open(&mut self, at: Instant) {
        self.place = Place::Open(Navigator::new());
        self.idle = Idle::new(at);
        self.last_button = at;
    }

    /// Leaves the menu by any path.
    fn leave(&mut self, now: Instant) {
        self.place = Place::Status;
        self.repeat = None;
        self.pin = PinState::None;
        self.cycle = now;
    }

    fn press(&mut self, change: Change, live: &Settings) {
        let key = match change.pressed {
            ButtonSet::LEFT => Key::Step(Direction::Down),
            ButtonSet::RIGHT => Key::Step(Direction::Up),
            ButtonSet::MIDDLE => Key::Enter,
            _ => return,
        };
        let view = self.view(live);
        let Place::Open(navigator) = &mut self.place else {
            return;
        };
        if change.local.is_empty() && navigator.is_on(SettingId::LcdPin) && key == Key::Enter {
            self.notice = Some(Shown::new(Notice::OnlyHere, change.at));
            return;
        }
        navigator.follow(&view);
        let effect = navigator.press(&view, key);
        let repeats = navigator.repeats();
        if let (Key::Step(direction), true) = (key, repeats) {
            self.repeat = Some(Repeat::new(change.at, direction));
        }
        self.act(change.at, live, effect);
    }

    fn act(&mut self, at: Instant, live: &Settings, effect: Effect) {
        match effect {
            Effect::None => {}
            Effect::CreatePin => self.pin = PinState::Wanted,
            Effect::Store(id, value) if live.value(id) == value => {}
            Effect::Store(id, value) => {
                let patch = Patch::new().with(id, value);
                self.commands.push(Command::Change(patch));
            }
            Effect::Leave => {
                if let Some(patch) = self.draft().copied() {
                    self.apply(at, live, &patch);
                }
                self.commands.push(Command::EndDelays);
                self.leave(at);
            }
        }
    }

    /// Judges the draft by the rules of the station and hands it over as a
    /// whole, or says why not.
    fn apply(&mut self, at: Instant, live: &Settings, patch: &Patch) {
        let applied = match apply(live, patch, Origin::Lcd, self.context) {
            Ok(applied) => applied,
            Err(refused) => {
                self.notice = Some(Shown::new(Notice::Refused(refused), at));
                return;
            }
        };
        if applied.changed.is_empty() && applied.events.is_empty() && applied.notices.is_empty() {
            return;
        }
        self.commands.push(Command::Change(*patch));
        if !applied.notices.is_empty() || !applied.warnings.is_empty() {
            let notice = Notice::Applied(applied.notices, applied.warnings);
            self.notice = Some(Shown::new(notice, at));
        }
    }

    /// Keeps the selection on a visible row, repeats a held button, ends what
    /// has run out.
    fn follow(&mut self, now: Instant, live: &Settings) {
        if self.notice.is_some_and(|shown| shown.is_over(now)) {
            self.notice = None;
        }
        let view = self.view(live);
        let Place::Open(navigator) = &mut self.place else {
            return;
        };
        navigator.follow(&view);
        if let Some(repeat) = &mut self.repeat {
            if repeat.take(now) {
                let wide =
                    navigator.edit().is_some() && navigator.row().setting().is_some_and(is_wide);
                let stride = Stride {
                    wraps: false,
                    size: repeat.size(wide),
                };
                navigator.step(&view, repeat.direction(), stride);
                self.last_button = now;
            }
        }
        let paused = navigator.teach().is_some()
            || navigator.shows_sensorbox_portal(&view)
            || self.around.wifi.portal.is_some();
        self.idle.advance(now, paused);
        if self.idle.is_over(now) {
            self.leave(now);
        }
        self.poll_pin(now);
    }

    fn poll_pin(&mut self, now: Instant) {
        let word = Some(self.around.entropy).filter(|word| self.used_word != Some(*word));
        if self.pin.poll(now, word) {
            self.used_word = word;
        }
    }

    fn observe(&mut self, now: Instant, snapshot: &Snapshot<'_>) {
        let news = self.observer.look(now, snapshot, &self.around);
        if news.light {
            self.lamp(now).light(now, LIGHT_TIME);
        }
        self.lamp(now).hold(now, holds_light(snapshot.charger));
        if news.restart_texts {
            self.cycle = now;
        }
        if news.fault {
            self.notice = None;
        }
        if self.observer.take_restart(now) {
            self.restart_display = true;
        }
    }

    /// Tells the station when Learn or Delete begins or ends.
    fn teach(&mut self) {
        let wanted = self.navigator().and_then(Navigator::teach);
        if wanted != self.taught {
            self.taught = wanted;
            self.commands.push(Command::TeachCards(wanted));
        }
    }

    /// What the display shows at a moment.
    #[must_use]
    pub fn model(&self, now: Instant, snapshot: &Snapshot<'_>) -> Model {
        let scene = Scene {
            now,
            snapshot,
            around: &self.around,
            cycle: self.cycle,
        };
        if let Some(shown) = &self.notice {
            return Model::notice(shown.sentence(now));
        }
        match &self.place {
            Place::Status => scene.status(),
            Place::Hold(hold) => Model::hold(hold.kind),
            Place::Open(navigator) => {
                let menu = MenuScene {
                    view: self.view(snapshot.settings),
                    navigator,
                    pin: self.pin.pin(),
                    rest: now.since(self.last_button),
                };
                scene.menu(&menu)
            }
        }
    }

    fn output(&mut self, now: Instant, snapshot: &Snapshot<'_>) -> MenuOutput {
        let model = self.model(now, snapshot);
        let restart_display = core::mem::take(&mut self.restart_display);
        let refresh = now.since(self.refreshed) >= REFRESH;
        let changed = self.shown.replace(model) != Some(model);
        let redraw = changed || refresh || restart_display;
        if redraw {
            self.refreshed = now;
        }
        MenuOutput {
            commands: self.commands,
            redraw,
            restart_display,
            backlight: self.lamp(now).level(now),
            app_pin: self.pin.pin(),
            deadline: self.deadline(now),
        }
    }

    fn deadline(&mut self, now: Instant) -> Instant {
        let second = Instant::from_secs(now.as_secs()) + Duration::from_secs(1);
        let place = match &self.place {
            Place::Status => Instant::FAR_FUTURE,
            Place::Hold(hold) => hold.since + HOLD,
            Place::Open(_) => {
                let scroll = self.last_button + help::next_step(now.since(self.last_button));
                scroll.earliest(self.idle.deadline())
            }
        };
        let repeat = self.repeat.map_or(Instant::FAR_FUTURE, |r| r.due());
        let notice = self.notice.map_or(Instant::FAR_FUTURE, |n| n.deadline(now));
        [
            place,
            repeat,
            notice,
            self.panel.deadline(now),
            self.pin.deadline(),
            self.observer.deadline(),
            self.lamp(now).deadline(now),
            self.refreshed + REFRESH,
        ]
        .into_iter()
        .fold(second, Instant::earliest)
    }
}
