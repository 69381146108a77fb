//! The line that the settings ask for: meters alone, a master's, or a node's.

use smartevse_core::options::SensorboxWifi;
use smartevse_core::settings::Settings;
use smartevse_meters::catalogue::Source;
use smartevse_meters::{BusConfig, Meter};
use smartevse_types::Instant;

use crate::circuit_meter::CircuitMeter;
use crate::group::GroupSide;
use crate::group_line::GroupLine;
use crate::manager::LineFeed;
use crate::meter_line::{LineAction, LineEnd, LineMeter, MeterLine, MeterRole, MeterSettings};
use crate::node_line::NodeLine;
use crate::wiring::{METER_DISABLED, meter_settings};

/// Speed of the meter line, bit/s (configuration guide: 9600 8N1).
pub const LINE_BAUD: u32 = 9_600;

/// Bits of a character on the meter line: 8N1 with its start bit.
pub const CHARACTER_BITS: u8 = 10;

/// What the settings say about the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MeterChoice {
    /// Address in the group: 1 = master, 2–8 = node, 0 = stand-alone.
    pub address: u8,
    /// Type and address of the mains meter.
    pub mains: (u8, u8),
    /// Type and address of the EV meter.
    pub ev: (u8, u8),
    /// The separate meter of the circuit, if there is one; nodes do not read it.
    pub circuit: Option<CircuitMeter>,
    /// What a Custom meter or a Sensorbox among them needs; the defaults when
    /// there is none, so that a change of it disturbs no other meter.
    pub settings: MeterSettings,
}

impl MeterChoice {
    /// Takes it from the settings in force, without a meter of the circuit.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self::with_circuit(settings, None)
    }

    /// Takes it from the settings in force and the installation.
    #[must_use]
    pub fn with_circuit(settings: &Settings, circuit: Option<CircuitMeter>) -> Self {
        let third = circuit.map_or(METER_DISABLED, CircuitMeter::kind);
        let chosen = [settings.mains_met(), settings.ev_meter(), third];
        let has = |source| {
            chosen
                .iter()
                .filter_map(|id| Meter::from_id(*id))
                .any(|meter| meter.source() == source)
        };
        let all = meter_settings(settings);
        let mut needed = MeterSettings::default();
        if has(Source::Custom) {
            needed.custom = all.custom;
        }
        if has(Source::Sensorbox) {
            needed.sensorbox = all.sensorbox;
        }
        Self {
            address: settings.group_address().unwrap_or(0),
            mains: (settings.mains_met(), settings.mains_adr()),
            ev: (settings.ev_meter(), settings.ev_adr()),
            circuit,
            settings: needed,
        }
    }
}

/// One end of the line, whatever the role.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of them, and it may become any of the three"
)]
pub enum SiteLine {
    /// Meters, and nobody else.
    Meters(MeterLine),
    /// Meters and nodes.
    Master(GroupLine),
    /// The master asks.
    Node(NodeLine),
}

impl SiteLine {
    /// Tells what the charger looks like now, before each poll.
    pub fn feed(&mut self, feed: &LineFeed) {
        match self {
            Self::Meters(_) => {}
            Self::Master(line) => line.order(&feed.orders, &feed.image.system),
            Self::Node(line) => line.show(&feed.image),
        }
    }

    /// Says which mode the wireless network of a Sensorbox shall have; `None` =
    /// leave it as it is. A node writes nothing to it.
    pub const fn want_wifi(&mut self, mode: Option<SensorboxWifi>) {
        match self {
            Self::Meters(line) => line.want_wifi(mode),
            Self::Master(line) => line.want_wifi(mode),
            Self::Node(_) => {}
        }
    }
}

impl LineEnd for SiteLine {
    fn poll(&mut self, now: Instant) -> LineAction<'_> {
        match self {
            Self::Meters(line) => line.poll(now),
            Self::Master(line) => line.poll(now),
            Self::Node(line) => line.poll(now),
        }
    }

    fn transmitted(&mut self, now: Instant) {
        match self {
            Self::Meters(line) => line.transmitted(now),
            Self::Master(line) => line.transmitted(now),
            Self::Node(_) => {}
        }
    }

    fn receive(&mut self, now: Instant, bytes: &[u8]) {
        match self {
            Self::Meters(line) => line.receive(now, bytes),
            Self::Master(line) => line.receive(now, bytes),
            Self::Node(line) => line.receive(now, bytes),
        }
    }

    fn reconnected(&mut self, now: Instant) {
        match self {
            Self::Meters(line) => line.reconnected(now),
            Self::Master(line) => line.reconnected(now),
            Self::Node(line) => LineEnd::reconnected(line, now),
        }
    }
}

/// Makes the line for the role and the chosen meters; `None` when there is
/// nobody to talk to.
///
/// A meter that is fed from elsewhere, or cannot be read, does not take the
/// others along.
#[must_use]
pub fn site_line(choice: MeterChoice, now: Instant) -> Option<SiteLine> {
    let config = BusConfig::rtu(LINE_BAUD, CHARACTER_BITS);
    match choice.address {
        0 => meter_line(choice).map(SiteLine::Meters),
        1 if !GroupSide::LEADS => meter_line(choice).map(SiteLine::Meters),
        1 => {
            let meters = readable(&choice).into_iter().flatten();
            let mut line = GroupLine::new(config, now);
            for meter in meters {
                // It was read alone, so it can be read here.
                let _ = line.add_meter(meter, &choice.settings);
            }
            Some(SiteLine::Master(line.with_settings(choice.settings)))
        }
        address => {
            let [_, ev, _] = readable(&choice);
            let line = NodeLine::new(&config, address, now)?;
            let meter = ev.and_then(|ev| line.clone().with_meter(ev, &choice.settings).ok());
            Some(SiteLine::Node(meter.unwrap_or(line)))
        }
    }
}

/// The chosen meters that can be read over the line: mains, EV, circuit.
///
/// An EV meter at the address of the mains meter is not read (decision 59, menu
/// rule X28), nor is a meter of the circuit at the address of one of them:
/// CIRCUIT must not be guarded by the currents of something else. A node has no
/// mains meter on its line.
fn readable(choice: &MeterChoice) -> [Option<LineMeter>; 3] {
    let mains = on_line(MeterRole::Mains, choice.mains, &choice.settings);
    let ev = on_line(MeterRole::Ev, choice.ev, &choice.settings);
    let circuit = choice.circuit.and_then(|meter| {
        let meter = (meter.kind(), meter.address());
        on_line(MeterRole::Circuit, meter, &choice.settings)
    });
    let taken = |address| [mains, ev].iter().flatten().any(|m| m.address == address);
    let circuit = circuit.filter(|meter| !taken(meter.address));
    let is_mains = |ev: &LineMeter| mains.is_some_and(|mains| mains.address == ev.address);
    let ev = ev.filter(|ev| choice.address > 1 || !is_mains(ev));
    [mains, ev, circuit]
}

/// A meter, if it can be read over the line.
fn on_line(
    role: MeterRole,
    (id, address): (u8, u8),
    settings: &MeterSettings,
) -> Option<LineMeter> {
    let config = BusConfig::rtu(LINE_BAUD, CHARACTER_BITS);
    let meter = LineMeter {
        role,
        meter: Meter::from_id(id)?,
        address,
    };
    let line = MeterLine::with_settings(config, &[meter], settings);
    line.is_ok().then_some(meter)
}

/// Plans the readings of the chosen meters that are read over the serial line;
/// `None` when there are none.
#[must_use]
pub fn meter_line(choice: MeterChoice) -> Option<MeterLine> {
    let config = BusConfig::rtu(LINE_BAUD, CHARACTER_BITS);
    let mut meters = readable(&choice).into_iter().flatten();
    let first = meters.next()?;
    let mut list = [first; 3];
    let mut count = 1_usize;
    for (place, meter) in list.iter_mut().skip(1).zip(meters) {
        *place = meter;
        count = count.saturating_add(1);
    }
    MeterLine::with_settings(config, list.get(..count)?, &choice.settings).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_core::registry::SettingId;
    use smartevse_core::settings::load;

    const EASTRON: u8 = 4;

    #[test]
    fn when_meters_are_on_the_line_then_they_are_read() {
        for (mains, ev) in [(EASTRON, 0), (0, EASTRON), (EASTRON, EASTRON)] {
            let choice = MeterChoice {
                mains: (mains, 12),
                ev: (ev, 13),
                ..MeterChoice::default()
            };
            assert!(meter_line(choice).is_some(), "{choice:?}");
        }
    }

    #[test]
    fn when_a_meter_is_fed_or_absent_then_it_does_not_disturb_the_other() {
        let api = Meter::Api.id();
        for (mains, ev, any) in [
            (0, 0, false),
            (api, 0, false),
            (api, EASTRON, true),
            (EASTRON, api, true),
            (EASTRON, 255, true),
        ] {
            let choice = MeterChoice {
                mains: (mains, 12),
                ev: (ev, 13),
                ..MeterChoice::default()
            };
            assert_eq!(meter_line(choice).is_some(), any, "{choice:?}");
        }
    }

    /// Roles and meters that are read, in the order of the line.
    fn roles(choice: &MeterChoice) -> [bool; 3] {
        readable(choice).map(|meter| meter.is_some())
    }

    #[test]
    fn when_the_circuit_has_a_meter_then_it_is_read_beside_the_others() {
        let circuit = CircuitMeter::new(EASTRON, 14);
        for (mains, ev, circuit, expected) in [
            ((EASTRON, 12), (EASTRON, 13), circuit, [true, true, true]),
            ((0, 10), (0, 12), circuit, [false, false, true]),
            // Somebody else's currents must not guard CIRCUIT.
            ((EASTRON, 14), (0, 12), circuit, [true, false, false]),
            ((0, 10), (EASTRON, 14), circuit, [false, true, false]),
            ((EASTRON, 12), (0, 12), None, [true, false, false]),
            // Decision 59: the EV meter waits while its address is taken.
            ((EASTRON, 12), (EASTRON, 12), None, [true, false, false]),
            ((EASTRON, 14), (EASTRON, 14), circuit, [true, false, false]),
            ((0, 12), (EASTRON, 12), None, [false, true, false]),
            (
                (EASTRON, 12),
                (0, 12),
                CircuitMeter::new(Meter::Api.id(), 14),
                [true, false, false],
            ),
        ] {
            let choice = MeterChoice {
                mains,
                ev,
                circuit,
                ..MeterChoice::default()
            };
            assert_eq!(roles(&choice), expected, "{choice:?}");
            let any = expected.contains(&true);
            assert_eq!(meter_line(choice).is_some(), any, "{choice:?}");
        }
    }

    #[test]
    fn when_the_settings_change_then_the_choice_does() {
        let stored = [
            (SettingId::MainsMet, EASTRON.into()),
            (SettingId::MainsAdr, 12),
        ];
        let choice = MeterChoice::of(&load(stored).settings);
        assert_eq!(choice.mains, (EASTRON, 12));
        assert_ne!(choice, MeterChoice::of(&load([]).settings));
    }

    /// A line is built anew for what its meters need, not for other meters' settings.
    #[test]
    fn when_meter_settings_change_then_only_their_meter_is_built_anew() {
        let custom = Meter::Custom.id();
        let sensorbox = Meter::Sensorbox.id();
        for (meter, setting, value, differs) in [
            (custom, SettingId::EmCurReg, 12, true),
            (custom, SettingId::Mains, 40, false),
            (sensorbox, SettingId::Grid, 1, true),
            (sensorbox, SettingId::EmCurReg, 12, false),
            (EASTRON, SettingId::EmCurReg, 12, false),
        ] {
            let meter = (SettingId::MainsMet, u16::from(meter));
            let before = MeterChoice::of(&load([meter]).settings);
            let after = MeterChoice::of(&load([meter, (setting, value)]).settings);
            assert_eq!(before != after, differs, "{meter:?} {setting:?}");
            assert!(meter_line(before).is_some(), "{meter:?}");
        }
    }
}
