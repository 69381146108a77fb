//! What the oracle remembers between two polls; its size is fixed.

use smartevse_types::{Duration, Instant};

use crate::charger::BoardFacts;
use crate::faults::Faults;
use crate::io::{LockDrive, PilotSwitch};
use crate::options::{CableKind, LockKind};
use crate::state::ChargeState;

use super::heat::HeatWatch;
use super::latch::LatchWatch;
use super::limits::{CableWatch, exceeds, is_offer, is_pulse};
use super::modem::ModemWatch;
use super::pilot::PilotWatch;
use super::residual::ResidualWatch;
use super::spell::Spell;
use super::step::Seen;

/// 12 V for this long: the vehicle has left, whatever the status says (I-21).
const GONE: Duration = Duration::from_secs(1);

/// The latest opening of the main contactor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    pub(super) at: Instant,
    /// The vehicle let go while energy was offered.
    pub(super) by_vehicle: bool,
}

/// Contactors over time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ContactorWatch {
    /// Main contactor open since; `None` before the first closing.
    pub(super) open_since: Option<Instant>,
    /// Both contactors open since; `None` before the first closing.
    pub(super) both_open_since: Option<Instant>,
    /// Second contactor closed without the main one.
    pub(super) second_alone: Spell,
    pub(super) opened: Option<Opened>,
    /// Position of the second contactor at the latest closing.
    pub(super) three_phase: Option<bool>,
    /// Longest isolation of the pilot since the latest opening.
    pub(super) isolated: Duration,
    /// The vehicle may have been unplugged since the latest opening.
    pub(super) left: bool,
    /// The latest six closings, oldest first.
    pub(super) closings: [Option<Instant>; 6],
    isolation: Spell,
}

impl ContactorWatch {
    /// The vehicle was possibly seen to leave.
    fn update(&mut self, may_be_gone: bool) {
        self.left |= may_be_gone;
    }

    fn drive(&mut self, previous: Option<&Seen>, current: &Seen, by_vehicle: bool) {
        let now = current.now;
        let was = previous.is_some_and(Seen::closed);
        self.note_isolation(current);
        if current.closed() && !was {
            self.three_phase = Some(current.second());
            self.closings.rotate_left(1);
            if let Some(latest) = self.closings.last_mut() {
                *latest = Some(now);
            }
        }
        if !current.closed() && was {
            self.open_since = Some(now);
            self.opened = Some(Opened {
                at: now,
                by_vehicle,
            });
            self.isolated = Duration::ZERO;
            self.left = false;
        }
        if !current.closed() && !current.second() && (was || previous.is_some_and(Seen::second)) {
            self.both_open_since = Some(now);
        }
        self.second_alone
            .mark(current.second() && !current.closed(), now);
    }

    fn note_isolation(&mut self, current: &Seen) {
        let isolated = current.outputs.pilot_switch == PilotSwitch::Isolated;
        if !isolated {
            self.isolated = self.isolated.max(self.isolation.length(current.now));
        }
        self.isolation.mark(isolated, current.now);
    }
}

/// Everything that is remembered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct History {
    pub(super) boot: Option<Instant>,
    pub(super) pilot: PilotWatch,
    pub(super) cable: CableWatch,
    pub(super) contactors: ContactorWatch,
    pub(super) residual: ResidualWatch,
    pub(super) heat: HeatWatch,
    pub(super) latch: LatchWatch,
    pub(super) modem: ModemWatch,
    /// Access is missing or the directive has expired.
    pub(super) denied: Spell,
    /// A fault prevents charging.
    pub(super) faulty: Spell,
    /// State C1.
    pub(super) stopping: Spell,
    /// No pulse width.
    pub(super) silent: Spell,
    /// A pulse width that offers a current.
    pub(super) pulsing: Spell,
    /// More is offered than granted.
    pub(super) above_grant: Spell,
    /// A willing vehicle waits although nothing prevents charging.
    pub(super) waiting: Spell,
    /// Charging is held by a button or a safe restart.
    pub(super) held: bool,
    /// The cable needs a lock, by the settings that are surely in force.
    pub(super) bolted: bool,
    /// No change is due before this moment.
    pub(super) promise: Option<Instant>,
}

impl History {
    /// Takes in what the row functions need to know of a poll.
    pub(super) fn update(&mut self, facts: &BoardFacts, previous: Option<&Seen>, here: &Seen) {
        let now = here.now;
        self.boot.get_or_insert(now);
        self.pilot
            .update(now, &here.inputs, previous, facts.ventilation);
        self.cable.update(
            now,
            here.inputs.proximity,
            &here.directive.config,
            previous.map(|seen| seen.status.state),
            here.status.state,
        );
        // A level in front of the isolation switch says nothing about the
        // vehicle behind it.
        let view = &self.pilot.view;
        self.contactors.update(view.seen && view.may_be_gone);
        self.residual.update(previous, here);
        self.heat.update(here);
        self.latch.update(previous, here, &self.pilot.view);
        self.modem.update(&self.pilot, here);
        self.denied.mark(!here.is_allowed(), now);
        self.faulty.mark(!here.blocking(facts).is_empty(), now);
        self.stopping
            .mark(here.status.state == ChargeState::C1, now);
        self.above_grant.mark(is_above_grant(here), now);
        self.note_bolt(previous, here);
        self.note_hold(previous, here);
        let waiting = self.is_waiting(facts, previous, here);
        self.waiting.mark(waiting, now);
    }

    /// Takes in what the next poll needs to know of this one.
    pub(super) fn drive(&mut self, previous: Option<&Seen>, here: &Seen) {
        let charging = previous
            .is_some_and(|seen| matches!(seen.status.state, ChargeState::C | ChargeState::D));
        let by_vehicle = charging && self.pilot.view.may_be_released;
        self.contactors.drive(previous, here, by_vehicle);
        self.pilot.drive(previous, here);
        self.residual.drive(previous, here);
        self.modem.drive(previous, here);
        self.latch.drive(previous, here, &self.pilot.view);
        self.promise = None;
        let pulse = is_pulse(here.outputs.duty);
        self.silent.mark(!pulse, here.now);
        self.pulsing.mark(is_offer(here.outputs.duty), here.now);
    }

    /// CONFIG and LOCK wait for state A without a vehicle (I-32), and an expired
    /// directive changes neither.
    fn note_bolt(&mut self, previous: Option<&Seen>, here: &Seen) {
        let config = &here.directive.config;
        let idle = previous
            .is_none_or(|seen| seen.status.state == ChargeState::A && !seen.status.vehicle_present);
        if idle && here.is_fresh() {
            self.bolted = config.cable == CableKind::Socket && config.lock != LockKind::Disabled;
        }
    }

    /// A stop by button or a safe restart holds until a reason to start, or
    /// until a vehicle leaves; a restart without a vehicle holds for the next. What happened before the first poll is not
    /// known.
    fn note_hold(&mut self, previous: Option<&Seen>, here: &Seen) {
        let Some(seen) = previous else {
            self.held = here.status.state != ChargeState::A;
            return;
        };
        let (old, new) = (seen.directive.requests, here.directive.requests);
        if old.start != new.start {
            self.held = false;
        }
        let left = seen.status.vehicle_present && !here.status.vehicle_present;
        let unnoticed = here.status.vehicle_present && self.pilot.gone.length(here.now) >= GONE;
        if left || unnoticed {
            self.held = false;
        }
        if old.button_stop != new.button_stop || old.safe_restart != new.safe_restart {
            self.held = true;
        }
    }

    fn is_waiting(&self, facts: &BoardFacts, previous: Option<&Seen>, here: &Seen) -> bool {
        let steady = previous.is_some_and(|seen| {
            seen.directive.config == here.directive.config
                && seen.directive.three_phase == here.directive.three_phase
        });
        steady
            && !here.closed()
            && !self.held
            && super::willing::is_served(facts, here, &self.cable)
            && super::willing::is_sound(facts, here, &self.residual)
            && super::willing::is_asking(here, &self.pilot.view, self.pulsing)
    }
}

/// Whether the pilot offers more than planning granted. With power available
/// and nothing granted yet, the first offer in B is not judged.
fn is_above_grant(here: &Seen) -> bool {
    let grant = here.directive.grant;
    let first_offer = grant.available && grant.offered.as_deci() == 0 && !here.closed();
    here.is_fresh() && !first_offer && exceeds(here.outputs.duty, grant.offered)
}

/// Faults that open the main contactor in the poll in which they are known.
pub(super) const IMMEDIATE: Faults = Faults::RCM_TRIPPED
    .union(Faults::RCM_TEST)
    .union(Faults::TEST_IO)
    .union(Faults::BL_FLASH)
    .union(Faults::PILOT_FAULT)
    .union(Faults::CABLE_FAULT)
    .union(Faults::CONTACTOR_FAULT);

/// Whether the lock is driven towards unlocked.
pub(super) fn is_unlocking(seen: &Seen) -> bool {
    seen.outputs.lock == LockDrive::Unlock
}
