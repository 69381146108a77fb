//! What the scheduler remembers about one EVSE: power share 8.1.

use smartevse_types::{BlockReason, DeciAmps, Duration, Instant, Mode};

use crate::allocate::Member;
use crate::antiflap::Pause;
use crate::commit::{Exposure, sooner};
use crate::idle::{Draw, IdleMark, RUN_UP};
use crate::limit::Place;
use crate::rank::Class;
use crate::share_config::{Contactor, ShareConfig, ShareView};
use crate::unused::Unused;

/// Place of an EVSE in the schedule (published as `ScheduleState`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Schedule {
    /// It does not want current.
    #[default]
    Inactive,
    /// It is served.
    Active,
    /// It wants current and waits.
    Paused,
}

impl Schedule {
    /// The published word (power share 2).
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Inactive => "Inactive",
            Self::Active => "Active",
            Self::Paused => "Paused",
        }
    }
}

/// Why an EVSE that wants current has none, or less than it is given.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wait {
    /// The limits do not reach its rank.
    Shortage,
    /// Its cap lies below MIN (decision 36).
    CapBelowMin,
    /// Its vehicle took no current; the others come first.
    Idle,
    /// Its turn is over.
    Rotation,
    /// A better rank took its place.
    Priority,
    /// Current is free again, but not long or not plentiful enough.
    AntiFlap,
    /// Current is free, but others have not let go of it yet.
    Release,
    /// It does not obey its set-point and has to stop first.
    Disobeys,
}

impl Wait {
    /// The reason in the words of the whole charger: LESS_6A, or No Sun in
    /// Solar (power share 8.3).
    #[must_use]
    pub const fn block(self, mode: Mode) -> BlockReason {
        match (self, mode) {
            (Self::CapBelowMin, _) => BlockReason::CapBelowMin,
            (Self::Release, _) => BlockReason::WaitingForMaster,
            (_, Mode::Solar) => BlockReason::WaitingForSolar,
            (_, Mode::Normal | Mode::Smart) => BlockReason::WaitingForPower,
        }
    }
}

/// Time at MIN at the begin of a charge in Solar (power share 7).
pub const WARM_UP: Duration = Duration::from_secs(40);

/// The memory of one EVSE.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Slot {
    pub(crate) schedule: Schedule,
    pub(crate) allocated: DeciAmps,
    pub(crate) wait: Option<Wait>,
    pub(crate) exposure: Exposure,
    pub(crate) idle: IdleMark,
    pub(crate) pause: Pause,
    pub(crate) unused: Unused,
    pub(crate) lap: u16,
    pub(crate) active_since: Instant,
    /// Where it was connected at last.
    pub(crate) place: Place,
    /// A member has its number.
    pub(crate) numbered: bool,
    /// It began to want current in this call.
    pub(crate) newcomer: bool,
    /// It was heard of.
    pub(crate) known: bool,
    /// Since when its contactor is closed.
    pub(crate) charging_since: Option<Instant>,
    wanting: bool,
    connected: bool,
    connected_at: Option<Instant>,
}

impl Slot {
    /// Place in the schedule.
    #[must_use]
    pub const fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// Its share; 0.1 A, 0 or from MIN to its cap.
    #[must_use]
    pub const fn allocated(&self) -> DeciAmps {
        self.allocated
    }

    /// The set-point to announce now: its share as far as the others have let
    /// go of it (power share 9.2); 0.1 A.
    #[must_use]
    pub const fn order(&self) -> DeciAmps {
        self.exposure.order()
    }

    /// Why it waits; `None` when it has what it is given or wants nothing.
    #[must_use]
    pub const fn wait(&self) -> Option<Wait> {
        self.wait
    }

    /// When its vehicle was plugged in, if that was seen (I-22).
    #[must_use]
    pub const fn connected_at(&self) -> Option<Instant> {
        self.connected_at
    }

    /// What may flow into it.
    #[must_use]
    pub const fn exposure(&self) -> &Exposure {
        &self.exposure
    }

    /// Takes over what was known about a connected EVSE before this scheduler
    /// began: when it was plugged in, when its contactor closed, and whether
    /// it was served.
    pub fn restore(
        &mut self,
        connected_at: Option<Instant>,
        charging_since: Option<Instant>,
        active_since: Option<Instant>,
    ) {
        (self.known, self.connected) = (true, true);
        self.connected_at = connected_at;
        self.charging_since = charging_since;
        if let Some(since) = active_since {
            self.wanting = true;
            self.schedule = Schedule::Active;
            self.active_since = since;
        }
    }

    /// Takes over an order that was announced before this scheduler began.
    pub fn announced(&mut self, current: DeciAmps, at: Instant) {
        self.exposure.hand_out(current, at);
        self.exposure.confirm(current, at);
    }

    /// Notes a set-point that left the wire.
    pub fn sent(&mut self, current: DeciAmps, at: Instant) {
        self.exposure.confirm(current, at);
    }

    /// Takes in what the EVSE reports.
    pub(crate) fn observe(&mut self, view: &ShareView, now: Instant) {
        if view.online {
            self.observe_vehicle(view, now);
        }
        let wanting = view.is_wanting();
        self.newcomer = wanting && !self.wanting;
        if self.wanting && !wanting {
            self.pause.clear();
        }
        if self.wanting && !wanting && view.online {
            self.idle.clear();
        }
        self.wanting = wanting;
        self.exposure.observe(view, now);
    }

    fn observe_vehicle(&mut self, view: &ShareView, now: Instant) {
        if view.connected && !self.connected {
            self.connected_at = self.known.then_some(now);
        } else if !view.connected {
            self.connected_at = None;
            self.idle.clear();
        }
        (self.known, self.connected) = (true, view.connected);
        self.charging_since = match view.contactor {
            Contactor::Closed => self.charging_since.or(Some(now)),
            Contactor::Open | Contactor::Asking => None,
        };
        if Draw::of(&view.measured, now) == Draw::Charging {
            self.idle.clear();
        }
    }

    /// Its class in the rank.
    pub(crate) fn class(&self, view: &ShareView, now: Instant) -> Class {
        if !view.is_candidate() || self.exposure.is_rogue() {
            Class::Out
        } else if self.idle.is_in_force(now) {
            Class::Idle
        } else if self.idle.is_over(now) {
            Class::Retry
        } else {
            Class::Normal
        }
    }

    /// Highest current now: its cap, in Solar MIN during the first 40 s.
    pub(crate) fn ceiling(&self, view: &ShareView, mode: Mode, now: Instant) -> DeciAmps {
        let highest = self.full_ceiling(view, mode, now);
        self.unused.cap().map_or(highest, |cap| cap.min(highest))
    }

    fn full_ceiling(&self, view: &ShareView, mode: Mode, now: Instant) -> DeciAmps {
        let warm = self.charging_since.is_some_and(|at| now >= at + WARM_UP);
        match mode {
            Mode::Solar if !warm => view.ceiling().min(view.floor()),
            Mode::Normal | Mode::Smart | Mode::Solar => view.ceiling(),
        }
    }

    /// Whether its turn is too young for a voluntary pause (I-10).
    pub(crate) fn is_protected(&self, now: Instant, idle_tmo: Duration) -> bool {
        self.schedule == Schedule::Active && now < self.active_since + idle_tmo
    }

    /// The moment of its idle check: IDLE TMO after its activation and after
    /// somebody began to wait, and with time to use its current.
    pub(crate) fn idle_check(&self, waiting_since: Instant, idle_tmo: Duration) -> Instant {
        let released = self.exposure.released_at();
        let used = released.map_or(Instant::FAR_FUTURE, |at| at + RUN_UP.min(idle_tmo));
        used.latest(self.active_since.latest(waiting_since) + idle_tmo)
    }

    /// When something about it can change by itself.
    pub(crate) fn deadline(&self, view: &ShareView, config: &ShareConfig, now: Instant) -> Instant {
        let mut first = self.exposure.deadline(view, now);
        first = sooner(first, self.idle.end(), now);
        first = sooner(first, self.unused.deadline(view), now);
        if let (Mode::Solar, Some(at)) = (config.mode, self.charging_since) {
            first = sooner(first, at + WARM_UP, now);
        }
        match self.schedule {
            Schedule::Inactive => first,
            Schedule::Active => sooner(first, self.active_since + config.idle_tmo, now),
            Schedule::Paused => {
                let rule = &config.anti_flap;
                first.earliest(self.pause.deadline(now, rule, config.idle_tmo))
            }
        }
    }
}

/// Why an EVSE waits after this decision.
pub(crate) fn reason(
    slot: &Slot,
    member: &Member,
    left: Option<Wait>,
    wanting: bool,
    now: Instant,
) -> Option<Wait> {
    if member.admitted || !wanting {
        return None;
    }
    if slot.exposure.is_rogue() {
        return Some(Wait::Disobeys);
    }
    if !member.turn.candidate {
        return Some(Wait::CapBelowMin);
    }
    let held = member.turn.held.then_some(Wait::AntiFlap);
    let idle = slot.idle.is_in_force(now).then_some(Wait::Idle);
    let kept = slot
        .wait
        .filter(|wait| matches!(wait, Wait::Rotation | Wait::Priority));
    let began = member.turn.active.then_some(Wait::Shortage);
    left.or(held)
        .or(idle)
        .or(began)
        .or(kept)
        .or(Some(Wait::Shortage))
}
