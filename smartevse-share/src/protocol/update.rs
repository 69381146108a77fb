//! What one node has to be told after its status was read (power share 5.3).
//!
//! Only registers that differ are written, and the state only to grant
//! (power share 4.5).

use smartevse_types::{DeciAmps, Instant};

use super::blocks::Code;
use super::effect::Grant;
use super::link::{ConfigStep, Link};
use super::orders::{Answer, Orders};
use super::state::{ErrorBits, NodeState};

/// Difference of the solar timers that is worth a write; s.
const TIMER_SLACK: u32 = 3;

/// One write to one node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Update {
    /// The state and the error register, which is cleared with a grant.
    Grant(Grant, ErrorBits),
    Errors(ErrorBits),
    Mode(u16),
    Timer(u16),
    ModeAndTimer(u16, u16),
    ReadConfig,
    ClearChanged,
}

/// What the planner asks about a node before it writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation<'a> {
    pub(super) orders: &'a Orders,
    /// Place in the group, 1–7.
    pub(super) index: usize,
    /// Set-point of the last broadcast that is known to have left.
    pub(super) allowed: Option<DeciAmps>,
    /// Set-point of the next broadcast.
    pub(super) next: DeciAmps,
    /// Whether grants may leave.
    pub(super) may_grant: bool,
    pub(super) now: Instant,
}

/// The most important write that the last status of a node asks for.
pub(super) fn update_of(link: &Link, here: &Situation<'_>) -> Option<Update> {
    if !link.fresh || !link.report.is_online() {
        return None;
    }
    let grant = grant(link, here);
    grant
        .or_else(|| errors(link, here))
        .or_else(|| mode_and_timer(link, here.orders))
        .or(match link.config {
            ConfigStep::Done => None,
            ConfigStep::Read => Some(Update::ReadConfig),
            ConfigStep::Clear => Some(Update::ClearChanged),
        })
}

fn grant(link: &Link, here: &Situation<'_>) -> Option<Update> {
    let asked = link.report.asks?;
    let answer = here.orders.answer(here.index, here.now);
    let is_sane = here.may_grant && !link.report.rogue && !link.report.duplicate;
    let is_granted = match asked {
        Grant::B => answer >= Answer::GrantB,
        Grant::C => answer == Answer::GrantC && knows_its_share(link, here),
    };
    let own = link.report.status.errors.without(from_bus());
    (is_granted && is_sane && !here.orders.mains_lost).then_some(Update::Grant(asked, own))
}

/// C only with the share in place: neither none, nor a higher one that the
/// vehicle may still follow.
fn knows_its_share(link: &Link, here: &Situation<'_>) -> bool {
    let shown = link.report.status.set_point;
    let bound = here.allowed.unwrap_or_default().min(here.next);
    shown > DeciAmps::ZERO && link.exposure.offered(here.now) <= bound
}

/// The bits that a master writes.
const fn from_bus() -> ErrorBits {
    ErrorBits::LESS_6A.with(ErrorBits::CT_NOCOMM)
}

fn errors(link: &Link, here: &Situation<'_>) -> Option<Update> {
    let shown = link.report.status.errors;
    // Without a vehicle there is nobody to refuse.
    let is_free = link.report.status.state == NodeState::A;
    let less = match here.orders.answer(here.index, here.now) {
        Answer::Wait if is_free => ErrorBits::NONE,
        Answer::Wait => shown.common(ErrorBits::LESS_6A),
        Answer::Refuse => ErrorBits::LESS_6A,
        Answer::GrantB | Answer::GrantC => ErrorBits::NONE,
    };
    let lost = here.orders.mains_lost && !shown.has(ErrorBits::CT_NOCOMM);
    let rogue = link.report.rogue || link.report.duplicate;
    let less = if rogue { ErrorBits::LESS_6A } else { less };
    let differs = less != shown.common(ErrorBits::LESS_6A) || lost || link.report.rogue;
    let own = shown.without(from_bus());
    let comm = if here.orders.mains_lost {
        ErrorBits::CT_NOCOMM
    } else {
        ErrorBits::NONE
    };
    differs.then(|| Update::Errors(own.with(less).with(comm)))
}

fn mode_and_timer(link: &Link, orders: &Orders) -> Option<Update> {
    let status = &link.report.status;
    let mode = orders.mode as u16;
    let mode_differs = status.mode != Code::Known(orders.mode) && link.report.mode_wish.is_none();
    let (shown, wanted) = (status.solar_timer.as_secs(), orders.solar_timer.as_secs());
    let timer_differs = shown.abs_diff(wanted) > TIMER_SLACK;
    let timer = u16::try_from(wanted).unwrap_or(u16::MAX);
    match (mode_differs, timer_differs) {
        (true, true) => Some(Update::ModeAndTimer(mode, timer)),
        (true, false) => Some(Update::Mode(mode)),
        (false, true) => Some(Update::Timer(timer)),
        (false, false) => None,
    }
}

impl Update {
    /// First register, values, and how many of them count.
    ///
    /// `None` for the one that reads.
    pub(super) fn words(self) -> Option<(u16, [u16; 2], u16)> {
        Some(match self {
            Self::Grant(Grant::B, own) => {
                (0x0000, [NodeState::CommBOk.to_word(), own.to_word()], 2)
            }
            Self::Grant(Grant::C, own) => {
                (0x0000, [NodeState::CommCOk.to_word(), own.to_word()], 2)
            }
            Self::Errors(bits) => (0x0001, [bits.to_word(), 0], 1),
            Self::Mode(mode) => (0x0003, [mode, 0], 1),
            Self::Timer(timer) => (0x0004, [timer, 0], 1),
            Self::ModeAndTimer(mode, timer) => (0x0003, [mode, timer], 2),
            Self::ReadConfig => return None,
            Self::ClearChanged => (0x0006, [0, 0], 1),
        })
    }
}
