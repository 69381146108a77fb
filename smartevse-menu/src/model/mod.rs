//! What the display shows, as plain data: a function of the snapshot, the
//! surroundings, the place in the menu and the time.

mod clock;
mod context;
mod faults;
mod normal;
mod picture;
mod reasons;
mod rows;
mod text;

use smartevse_core::faults::Faults;
use smartevse_core::options::Role;
use smartevse_core::registry::MeterClass;
use smartevse_core::snapshot::Snapshot;
use smartevse_core::state::ChargeState;
use smartevse_types::{Access, Duration, Instant, Mode};

use crate::line::Line;
use crate::navigation::{AppPin, Navigator, View};
use crate::surroundings::{IoTest, Surroundings};

pub use picture::Picture;
pub use rows::RowScreen;

/// Alternating texts change after this time, s (menu specification §9.4).
const ALTERNATE: u64 = 4;

/// Purpose of a held button.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HoldKind {
    /// Opens the menu (middle).
    Menu,
    /// Stops charging (left).
    Stop,
    /// Gives access (right).
    Start,
}

/// Two large lines between two rules, with a small line above and below.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Panel {
    /// First large line, at most 14 characters.
    pub top: Line,
    /// Second large line, at most 14 characters.
    pub bottom: Line,
    /// Small line below, at most 25 characters.
    pub below: Line,
}

impl Panel {
    fn new(top: &str, bottom: &str) -> Self {
        Self {
            top: Line::from(top),
            bottom: Line::from(bottom),
            below: Line::EMPTY,
        }
    }
}

/// One of the screens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Screen {
    /// Two large lines.
    Panel(Panel),
    /// Four large lines: a fault.
    Fault([Line; 4]),
    /// A sentence in small letters.
    Sentence(&'static str),
    /// A row of the menu.
    Row(RowScreen),
    /// The picture of mains, house and vehicle.
    Picture(Picture),
}

/// Everything that is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Model {
    /// The screen.
    pub screen: Screen,
}

impl Model {
    /// The screen after power-up, until the first poll: product and board, at
    /// most 14 characters each.
    #[must_use]
    pub fn boot(product: &str, board: &str) -> Self {
        Self::panel(Panel::new(product, board))
    }

    pub(crate) fn hold(kind: HoldKind) -> Self {
        let purpose = match kind {
            HoldKind::Menu => "for Menu",
            HoldKind::Stop => "to Stop",
            HoldKind::Start => "to Start",
        };
        Self::panel(Panel::new("Hold 2 sec", purpose))
    }

    /// A sentence, or "locked".
    pub(crate) fn notice(sentence: Option<&'static str>) -> Self {
        match sentence {
            Some(text) => Self {
                screen: Screen::Sentence(text),
            },
            None => Self::panel(Panel::new("LCD", "LOCKED")),
        }
    }

    const fn panel(panel: Panel) -> Self {
        Self {
            screen: Screen::Panel(panel),
        }
    }
}

/// What a screen is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    /// Now.
    pub now: Instant,
    /// The station.
    pub snapshot: &'a Snapshot<'a>,
    /// Around it.
    pub around: &'a Surroundings,
    /// When alternating texts started.
    pub cycle: Instant,
}

/// What a row of the menu is made of besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MenuScene<'a> {
    /// Live settings and facts.
    pub view: View<'a>,
    /// Place in the menu.
    pub navigator: &'a Navigator,
    /// Valid app PIN.
    pub pin: Option<AppPin>,
    /// Time since the last button.
    pub rest: Duration,
}

impl Scene<'_> {
    /// The screen outside the menu (menu specification §10.1).
    pub fn status(&self) -> Model {
        if let Some(lines) = self.fault() {
            return Model {
                screen: Screen::Fault(lines),
            };
        }
        if self.around.io_test == IoTest::Passed {
            let lines = ["", "IO Test", "Passed", ""];
            return Model {
                screen: Screen::Fault(lines.map(Line::from)),
            };
        }
        if self.mode() == Mode::Normal || self.access() == Access::Off {
            return Model::panel(self.normal());
        }
        Model {
            screen: Screen::Picture(self.picture()),
        }
    }

    fn mode(&self) -> Mode {
        self.snapshot.plan.mode
    }

    fn access(&self) -> Access {
        self.snapshot.directive.access
    }

    fn faults(&self) -> Faults {
        self.snapshot.charger.faults
    }

    fn role(&self) -> Role {
        self.snapshot.settings.role()
    }

    fn is_short_of_power(&self) -> bool {
        self.faults().intersects(Faults::LESS_6A | Faults::NO_SUN)
    }

    fn is_charging(&self) -> bool {
        matches!(self.snapshot.charger.state, ChargeState::C | ChargeState::D)
    }

    fn has_ev_meter(&self) -> bool {
        MeterClass::of(self.snapshot.settings.ev_meter()) != MeterClass::Off
    }

    /// Number of the text that is shown now; it starts with 0.
    fn turn(&self) -> u64 {
        let seconds = self.now.as_secs().saturating_sub(self.cycle.as_secs());
        seconds / ALTERNATE
    }

    /// Picks one of alternating texts.
    fn alternate<'t>(&self, texts: &[&'t str]) -> &'t str {
        let count = u64::try_from(texts.len()).unwrap_or(u64::MAX);
        let at = self.turn().checked_rem(count).unwrap_or(0);
        let at = usize::try_from(at).unwrap_or(0);
        texts.get(at).copied().unwrap_or("")
    }

    /// Seconds of the restart delay.
    fn delay(&self) -> u64 {
        self.snapshot.charger.charge_delay.as_secs_ceil()
    }

    /// `CHARGE 45`, or the word alone when nothing has to be waited for.
    fn counted(&self, word: &str) -> Line {
        match self.delay() {
            0 => Line::from(word),
            seconds => Line::of(format_args!("{word} {}", seconds.min(999))),
        }
    }
}
