//! Changes of the station that light the display or start the texts anew.

use smartevse_core::access::CardStatus;
use smartevse_core::directive::ChargerStatus;
use smartevse_core::faults::Faults;
use smartevse_core::snapshot::Snapshot;
use smartevse_core::state::ChargeState;
use smartevse_types::{Duration, Instant, Mode};

use crate::surroundings::{OcppNotice, Surroundings};

/// After an opening contactor the display is started anew, later by this time.
///
/// Menu specification §9.4.
const SETTLE: Duration = Duration::from_millis(200);

/// What was seen at a poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Seen {
    mode: Mode,
    state: ChargeState,
    switch: bool,
    card: CardStatus,
    notice: Option<OcppNotice>,
    faults: Faults,
    contactors: [bool; 2],
}

impl Seen {
    fn of(snapshot: &Snapshot<'_>, around: &Surroundings) -> Self {
        let charger = snapshot.charger;
        Self {
            mode: snapshot.plan.mode,
            state: charger.state,
            switch: charger.switch.closed,
            card: around.card,
            notice: around.ocpp.and_then(|ocpp| ocpp.notice),
            faults: charger.faults,
            contactors: [
                charger.contactor1.is_closed(),
                charger.contactor2.is_closed(),
            ],
        }
    }
}

/// What follows from a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct News {
    /// The display shall be lit.
    pub light: bool,
    /// Alternating texts start anew.
    pub restart_texts: bool,
    /// A fault has come.
    pub fault: bool,
}

/// Compares each poll with the one before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Observer {
    seen: Option<Seen>,
    restart_at: Option<Instant>,
}

impl Observer {
    /// Looks at the station.
    pub fn look(&mut self, now: Instant, snapshot: &Snapshot<'_>, around: &Surroundings) -> News {
        let new = Seen::of(snapshot, around);
        let Some(old) = self.seen.replace(new) else {
            return News {
                restart_texts: true,
                ..News::default()
            };
        };
        let [main, second] = new.contactors;
        let [was_main, was_second] = old.contactors;
        if (was_main && !main) || (was_second && !second) {
            self.restart_at = Some(now + SETTLE);
        }
        let card = new.card != old.card && new.card != CardStatus::Ready;
        let fault = !old.faults.contains(new.faults);
        let began = new.state == ChargeState::C && old.state != ChargeState::C;
        News {
            light: card
                || new.mode != old.mode
                || new.state != old.state
                || new.switch != old.switch
                || (new.notice != old.notice && new.notice.is_some()),
            restart_texts: began || fault,
            fault,
        }
    }

    /// Whether the display shall be started anew now; told once.
    pub fn take_restart(&mut self, now: Instant) -> bool {
        let due = self.restart_at.is_some_and(|at| at <= now);
        if due {
            self.restart_at = None;
        }
        due
    }

    /// When the display will be started anew.
    pub fn deadline(&self) -> Instant {
        self.restart_at.unwrap_or(Instant::FAR_FUTURE)
    }
}

/// Whether the display stays lit: while charging and during faults other than
/// a shortage.
pub(super) fn holds_light(charger: &ChargerStatus) -> bool {
    let shortage = Faults::LESS_6A | Faults::NO_SUN;
    charger.state.may_close() || !charger.faults.blocking().difference(shortage).is_empty()
}
