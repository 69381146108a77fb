//! When a vehicle must get energy: nothing stands in its way (I-22).

use smartevse_types::{Celsius, DeciAmps, Duration};

use crate::charger::BoardFacts;
use crate::directive::{Handshake, LockWish};
use crate::faults::Faults;
use crate::io::{
    ContactorFeedback, HardwareFaults, LockFeedback, MainsInput, ResidualCurrentInput,
    TemperatureInput,
};
use crate::options::{CableKind, LockKind};
use crate::state::ChargeState;
use crate::vehicle::VehicleCheck;

use super::heat::resume_at;
use super::limits::{CableWatch, LEAST, rating};
use super::pilot::{Level, TOLERATED, View};
use super::residual::ResidualWatch;
use super::spell::Spell;
use super::step::Seen;

/// A vehicle that answers later than this is not called willing.
const ANSWER: Duration = Duration::from_secs(3);
/// MAX TEMP lies between these.
const LOW_LIMIT: Celsius = Celsius::from_celsius(40);
const HIGH_LIMIT: Celsius = Celsius::from_celsius(75);
/// Longest restart delay that fits into the 90 s.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// Whether planning and cable give this vehicle a current.
pub(super) fn is_served(facts: &BoardFacts, here: &Seen, cable: &CableWatch) -> bool {
    let directive = &here.directive;
    let least = DeciAmps::from(directive.config.min).max(LEAST);
    let socket =
        directive.config.cable == CableKind::Socket || cable.fixed_is_waiting(&directive.config);
    let granted = match directive.handshake {
        Handshake::NotNeeded => true,
        // A grant that is already there when the request begins is a late one.
        Handshake::GrantedB => matches!(here.status.state, ChargeState::CommBOk | ChargeState::B),
        Handshake::GrantedC => matches!(here.status.state, ChargeState::CommC | ChargeState::B),
        Handshake::Waiting => false,
    };
    here.is_allowed()
        && granted
        && here.blocking(facts).difference(Faults::LESS_6A).is_empty()
        && !directive.faults.contains(Faults::LESS_6A)
        && directive.grant.available
        && directive.grant.offered >= least
        && DeciAmps::from(directive.config.max) >= least
        && cable.limit().is_some_and(|limit| limit >= least)
        && (!socket || rating(here.inputs.proximity).is_some())
        && directive.duty_override.is_none()
        && (!facts.modem
            || matches!(
                directive.modem,
                VehicleCheck::Accepted | VehicleCheck::NotRequired
            ))
        && directive
            .shortage_delay
            .is_none_or(|delay| delay <= LONGEST_DELAY)
}

/// Whether the board has nothing to complain about.
pub(super) fn is_sound(facts: &BoardFacts, here: &Seen, residual: &ResidualWatch) -> bool {
    let inputs = &here.inputs;
    let config = &here.directive.config;
    let cool = match inputs.temperature {
        TemperatureInput::Measured(celsius) => {
            celsius <= resume_at(config.max_temperature.clamp(LOW_LIMIT, HIGH_LIMIT))
                && celsius >= Celsius::from_celsius(-40)
        }
        TemperatureInput::NotFitted => true,
        TemperatureInput::Missing | TemperatureInput::Failed => false,
    };
    let current = !config.residual_current
        || residual.testing
        || inputs.residual_current == ResidualCurrentInput::Normal;
    let lock = config.cable == CableKind::Fixed
        || config.lock == LockKind::Disabled
        || facts.lock_advisory
        || matches!(inputs.lock, LockFeedback::Locked | LockFeedback::NotFitted);
    cool && current
        && lock
        && here.directive.lock != LockWish::Release
        && inputs.mains != MainsInput::Lost
        && inputs.hardware == HardwareFaults::empty()
        && inputs.contactor1 != ContactorFeedback::Closed
        && !here.status.local_faults.contains(Faults::LOCK_FAULT)
}

/// Whether the vehicle does what a vehicle that wants energy does.
pub(super) fn is_asking(here: &Seen, view: &View, pulsing: Spell) -> bool {
    let hidden = !view.seen;
    let answered = hidden || pulsing.length(here.now) <= ANSWER || view.level == Level::V6;
    let connected = hidden || matches!(view.level, Level::V9 | Level::V6);
    view.fresh && view.gap <= TOLERATED && connected && answered && view.diode != Some(false)
}
