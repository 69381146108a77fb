//! The words of the bus in the words of the charger, and back.

use smartevse_core::directive::Handshake;
use smartevse_core::faults::Faults;
use smartevse_core::group::NodeReport;
use smartevse_core::registry::{SETTINGS, SettingId};
use smartevse_core::settings::{Patch, Settings};
use smartevse_core::snapshot::Snapshot;
use smartevse_core::state::ChargeState;
use smartevse_share::protocol;
use smartevse_share::protocol::{
    Block, Code, ErrorBits, Grant, Image, NodeConfig, NodeState, NodeStatus, SystemConfig,
};
use smartevse_types::{Amps, Celsius, DeciAmps, Duration};

/// How old a measured current of a vehicle may be.
const MEASURED_AGE: Duration = Duration::from_secs(11);

/// The answer of the master that a grant is.
#[must_use]
pub const fn handshake(grant: Grant) -> Handshake {
    match grant {
        Grant::B => Handshake::GrantedB,
        Grant::C => Handshake::GrantedC,
    }
}

/// Faults of an error register.
#[must_use]
pub const fn faults(bits: ErrorBits) -> Faults {
    Faults::from_bits_truncate(bits.to_word())
}

/// Error register of faults: bits 0–7 (decision 5).
#[must_use]
pub const fn error_bits(faults: Faults) -> ErrorBits {
    ErrorBits::from_word(faults.bits())
}

/// State of a number on the bus; a number without a meaning may be charging.
#[must_use]
pub fn state(shown: NodeState) -> ChargeState {
    let known = ChargeState::ALL.into_iter();
    let mut same = known.filter(|state| u16::from(state.id()) == shown.to_word());
    same.next().unwrap_or(ChargeState::C)
}

/// The change of one setting that the bus wishes.
#[must_use]
pub fn patch(id: protocol::SettingId, value: u16) -> Option<Patch> {
    let row = protocol::SETTINGS.iter().find(|row| row.id == id)?;
    let id = SettingId::at_register(row.address)?;
    Some(Patch::new().with(id, value))
}

/// What a node reported.
#[must_use]
pub fn report(heard: &protocol::NodeReport) -> NodeReport {
    let status = &heard.status;
    NodeReport {
        state: state(status.state),
        faults: faults(status.errors),
        set_point: status.set_point,
        mode: status.mode.known(),
        access: status.access.known(),
        cap: heard.cap(),
        phases: status.phases,
        measured: status.measured,
        mode_wish: heard.mode_wish,
        disobeys: heard.rogue || heard.duplicate,
    }
}

/// What a charger shows of itself on the bus.
#[must_use]
pub fn image(snapshot: &Snapshot<'_>, serial: u16) -> Image {
    Image {
        status: status(snapshot, serial),
        config: NodeConfig {
            words: words(Block::NodeConfig, snapshot.in_force),
        },
        system: SystemConfig {
            words: words(Block::SystemConfig, snapshot.in_force),
        },
    }
}

fn status(snapshot: &Snapshot<'_>, serial: u16) -> NodeStatus {
    let charger = snapshot.charger;
    let currents = snapshot.meters.ev.currents;
    let measured = currents.reading(snapshot.at, MEASURED_AGE).fresh();
    NodeStatus {
        state: NodeState::from_word(u16::from(charger.state.id())),
        errors: error_bits(charger.local_faults),
        set_point: charger.offered,
        mode: Code::Known(snapshot.in_force.mode()),
        solar_timer: snapshot.plan.solar_stop,
        access: Code::Known(snapshot.directive.access),
        config_changed: false,
        capacity: capacity(snapshot),
        phases: snapshot.plan.phases.count(),
        measured: measured.map(|currents| currents.max()),
        temperature: charger.temperature.unwrap_or(Celsius::ZERO),
        serial,
    }
}

/// MAX while the cable is unknown in state A (power share §15).
fn capacity(snapshot: &Snapshot<'_>) -> Amps {
    let charger = snapshot.charger;
    if charger.state == ChargeState::A || charger.cap == DeciAmps::ZERO {
        return snapshot.in_force.max();
    }
    charger.cap.to_amps()
}

fn words<const N: usize>(block: Block, settings: &Settings) -> [u16; N] {
    let mut words = [0; N];
    for row in &SETTINGS {
        let offset = row.register.and_then(|at| at.checked_sub(block.start()));
        if let Some(word) = offset.and_then(|at| words.get_mut(usize::from(at))) {
            *word = settings.value(row.id);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Power share 4.1: every state keeps its number, and an unknown one counts
    /// as charging.
    #[test]
    fn when_a_state_crosses_the_bus_then_it_keeps_its_number() {
        for known in ChargeState::ALL {
            assert_eq!(state(NodeState::from_word(u16::from(known.id()))), known);
        }
        assert_eq!(state(NodeState::from_word(99)), ChargeState::C);
    }

    /// Decision 5: only bits 0–7 cross the bus.
    #[test]
    fn when_faults_cross_the_bus_then_the_upper_ones_stay_at_home() {
        let all = Faults::LESS_6A | Faults::CT_NOCOMM | Faults::PILOT_FAULT;
        assert_eq!(faults(error_bits(all)), Faults::LESS_6A | Faults::CT_NOCOMM);
    }

    /// Power share 4.3, 4.4: each setting of the bus is one of the registry
    /// with the same register, apart from READ MAX.
    #[test]
    fn when_a_setting_has_a_register_then_the_registry_knows_it() {
        for row in protocol::SETTINGS {
            let known = SettingId::at_register(row.address).is_some();
            let nothing = row.id == protocol::SettingId::ReadMax;
            assert_eq!(known, !nothing, "{:?}", row.id);
        }
    }
}
