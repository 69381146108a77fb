//! Meters on a Modbus line: which questions to ask, and replies as facts.

mod places;
mod sensorbox;

use core::fmt;

use smartevse_core::command::Command;
use smartevse_core::event::{Event, Fact, MeterReading};
use smartevse_core::options::SensorboxWifi;
use smartevse_meters::bus::{Bus, BusAction, BusConfig, Counters, JobError};
use smartevse_meters::catalogue::Source;
use smartevse_meters::custom::{CustomError, CustomMeter, CustomSettings};
use smartevse_meters::sensorbox::SensorboxConfig;
use smartevse_meters::{Meter, MeterError, ModbusError, Reader, Values};
use smartevse_types::Instant;

pub(crate) use places::{Pace, Places};

/// What a meter measures for the charger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MeterRole {
    /// The grid connection.
    Mains,
    /// The charger, or the circuit that feeds it.
    Ev,
    /// Node 1–7 of the group.
    Node(u8),
    /// The circuit that feeds the chargers, by a meter of its own.
    Circuit,
}

impl MeterRole {
    /// The fact that the meter of this role said `values` at `at`.
    #[must_use]
    pub fn event(self, values: &Values, at: Instant) -> Event {
        let reading = MeterReading {
            currents: values.deci_amps(),
            power: values.power,
            import: values.import,
            export: values.export,
        };
        let fact = match self {
            Self::Mains => Fact::Mains(reading),
            Self::Ev => Fact::EvMeter(reading),
            Self::Node(index) => Fact::NodeMeter(index, reading),
            Self::Circuit => Fact::Circuit(reading),
        };
        Event { at, fact }
    }
}

/// A meter on the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineMeter {
    /// What it measures.
    pub role: MeterRole,
    /// Its type.
    pub meter: Meter,
    /// Its address, 1..=247; on TCP the unit.
    pub address: u8,
}

/// What the settings say about meters that are more than a row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MeterSettings {
    /// The registers of the Custom meter.
    pub custom: CustomSettings,
    /// GRID and MAINS for a Sensorbox, and whether this unit may write to it.
    pub sensorbox: SensorboxConfig,
}

impl MeterSettings {
    /// Makes the reader of a meter.
    ///
    /// # Errors
    ///
    /// [`LineError::NotOnModbus`], [`LineError::Custom`].
    pub fn reader(&self, meter: Meter) -> Result<Reader, LineError> {
        let custom = match meter.source() {
            Source::Custom => Some(CustomMeter::new(self.custom).map_err(LineError::Custom)?),
            Source::None | Source::Modbus | Source::Sensorbox | Source::Fed | Source::Http => None,
        };
        Reader::any(meter, custom, self.sensorbox).map_err(|_| LineError::NotOnModbus(meter))
    }
}

/// Why a line cannot be built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LineError {
    /// The meter is not read over Modbus, or has no currents.
    NotOnModbus(Meter),
    /// The description of the Custom meter is not possible.
    Custom(CustomError),
    /// The line has no place for another reading, or refuses it.
    Job(JobError),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOnModbus(meter) => write!(f, "{} is not read over Modbus", meter.name()),
            Self::Custom(error) => error.fmt(f),
            Self::Job(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for LineError {}

/// Why a question gave no reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ReadFailure {
    /// No valid reply.
    Modbus(ModbusError),
    /// A valid reply with a value that cannot be used.
    Meter(MeterError),
}

impl fmt::Display for ReadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Modbus(error) => error.fmt(f),
            Self::Meter(error) => error.fmt(f),
        }
    }
}

/// One end of a line: it says what to do, the adapter moves bytes.
pub trait LineEnd {
    /// Says what to do now.
    fn poll(&mut self, now: Instant) -> LineAction<'_>;

    /// The last byte of a transmission left the wire at `now`.
    fn transmitted(&mut self, now: Instant);

    /// Bytes arrived, the last of them at `now`.
    fn receive(&mut self, now: Instant, bytes: &[u8]);

    /// The connection was opened again.
    fn reconnected(&mut self, now: Instant);
}

/// What the adapter has to do now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineAction<'a> {
    /// Send the bytes (after throwing waiting input away if asked to), then
    /// call [`MeterLine::transmitted`].
    Transmit {
        /// The bytes.
        frame: &'a [u8],
        /// Whether waiting input is thrown away first.
        discard_input: bool,
    },
    /// Hand over arriving bytes; poll again then, or at `until`.
    Listen {
        /// When something is due.
        until: Instant,
    },
    /// A fact, for example a reading: give it to the station. Poll again at
    /// once.
    Fact(Event),
    /// A wish from the bus: give it to the station as one of
    /// [`Origin::Bus`](smartevse_core::command::Origin::Bus). Poll again at once.
    Wish(Command),
    /// No reading from this meter this time. Poll again at once.
    Failed(MeterRole, ReadFailure),
    /// Close the connection and open it again.
    Reconnect,
}

/// The meters of one Modbus line.
///
/// It decides what to ask, when, and how long to wait; the adapter only moves
/// bytes. A reading becomes a fact with the time of its request, so that its
/// age is never understated.
#[derive(Clone, Debug)]
pub struct MeterLine {
    bus: Bus<16, 4>,
    meters: Places<METERS>,
}

/// Meters of a line without a group: mains, EV and circuit.
const METERS: usize = 3;

impl MeterLine {
    /// Plans the readings of one to three meters that need no settings.
    ///
    /// # Errors
    ///
    /// As [`MeterLine::with_settings`].
    pub fn new(config: BusConfig, meters: &[LineMeter]) -> Result<Self, LineError> {
        Self::with_settings(config, meters, &MeterSettings::default())
    }

    /// Plans the readings of one to three meters; more are left out.
    ///
    /// # Errors
    ///
    /// A meter that is not read over Modbus, a Custom meter that cannot be, or
    /// an address that cannot be asked.
    pub fn with_settings(
        config: BusConfig,
        meters: &[LineMeter],
        settings: &MeterSettings,
    ) -> Result<Self, LineError> {
        let mut line = Self {
            bus: Bus::new(config),
            meters: Places::new(),
        };
        for (slot, meter) in meters.iter().enumerate().take(METERS) {
            let reader = settings.reader(meter.meter)?;
            line.meters
                .add(&mut line.bus, slot, *meter, reader, Pace::Alone)?;
        }
        Ok(line)
    }

    /// Says what to do now.
    pub fn poll(&mut self, now: Instant) -> LineAction<'_> {
        self.meters.follow_up(&mut self.bus);
        if let Some(event) = self.meters.take_report() {
            return LineAction::Fact(event);
        }
        match self.bus.poll(now) {
            BusAction::Transmit {
                frame,
                discard_input,
            } => LineAction::Transmit {
                frame,
                discard_input,
            },
            BusAction::Listen { until } => LineAction::Listen { until },
            BusAction::Reconnect => LineAction::Reconnect,
            BusAction::Report(report) => match self.meters.take(&report) {
                Some((_, Ok(event))) => LineAction::Fact(event),
                Some((role, Err(failure))) => LineAction::Failed(role, failure),
                // A write was settled: the next reply shows what came of it.
                None => LineAction::Listen { until: now },
            },
        }
    }

    /// The last byte of a transmission left the wire at `now`.
    pub fn transmitted(&mut self, now: Instant) {
        self.bus.transmitted(now);
    }

    /// Bytes arrived, the last of them at `now`.
    pub fn receive(&mut self, now: Instant, bytes: &[u8]) {
        self.bus.receive(now, bytes);
    }

    /// The connection was opened again.
    pub fn reconnected(&mut self, now: Instant) {
        self.bus.reconnected(now);
    }

    /// Says which mode the wireless network of a Sensorbox shall have; `None` =
    /// leave it as it is. A level: tell it before each poll.
    pub const fn want_wifi(&mut self, mode: Option<SensorboxWifi>) {
        self.meters.want_wifi(mode);
    }

    /// Number of requests on the line that somebody else sent: it has a second
    /// client (meters specification §13.17).
    #[must_use]
    pub const fn foreign_requests(&self) -> u32 {
        self.bus.foreign_requests()
    }

    /// Counters of the line.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.bus.counters()
    }
}

impl LineEnd for MeterLine {
    fn poll(&mut self, now: Instant) -> LineAction<'_> {
        Self::poll(self, now)
    }

    fn transmitted(&mut self, now: Instant) {
        Self::transmitted(self, now);
    }

    fn receive(&mut self, now: Instant, bytes: &[u8]) {
        Self::receive(self, now, bytes);
    }

    fn reconnected(&mut self, now: Instant) {
        Self::reconnected(self, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::{DeciAmps, Duration, Phase};

    const METER: LineMeter = LineMeter {
        role: MeterRole::Mains,
        meter: Meter::Eastron3P,
        address: 12,
    };

    /// Currents 10, 5 and 0 A with powers of the same sign.
    const REPLY: [u8; 29] = [
        0x0C, 0x04, 0x18, 0x41, 0x20, 0, 0, 0x40, 0xA0, 0, 0, 0, 0, 0, 0, 0x45, 0x0F, 0xC0, 0,
        0x44, 0x8F, 0xC0, 0, 0, 0, 0, 0, 0, 0,
    ];

    fn ask(line: &mut MeterLine, mut now: Instant) -> Instant {
        for _ in 0..4 {
            match line.poll(now) {
                LineAction::Transmit { .. } => {
                    now += Duration::from_millis(9);
                    line.transmitted(now);
                    return now;
                }
                LineAction::Listen { until } => now = until,
                other @ (LineAction::Fact(_)
                | LineAction::Wish(_)
                | LineAction::Failed(..)
                | LineAction::Reconnect) => {
                    panic!("{other:?}")
                }
            }
        }
        panic!("nothing asked");
    }

    #[test]
    fn when_the_meter_answers_then_the_reading_has_the_time_of_the_question() {
        let mut line = MeterLine::new(BusConfig::rtu(9600, 10), &[METER]).unwrap();
        let asked = ask(&mut line, Instant::from_secs(1));
        let crc = smartevse_meters::crc::crc16(&REPLY[..27]).to_le_bytes();
        let mut reply = REPLY;
        reply[27..].copy_from_slice(&crc);
        line.receive(asked + Duration::from_millis(50), &reply);
        let LineAction::Fact(event) = line.poll(asked + Duration::from_millis(80)) else {
            panic!("no reading");
        };
        assert!(event.at <= asked);
        let Fact::Mains(reading) = event.fact else {
            panic!("not the mains")
        };
        let currents = reading.currents.unwrap();
        assert_eq!(currents.of(Phase::L1), DeciAmps::from_deci(100));
        assert_eq!(currents.of(Phase::L2), DeciAmps::from_deci(50));
    }

    #[test]
    fn when_the_meter_is_silent_then_the_failure_says_so() {
        let mut line = MeterLine::new(BusConfig::rtu(9600, 10), &[METER]).unwrap();
        let mut now = ask(&mut line, Instant::from_secs(1));
        for _ in 0..20 {
            match line.poll(now) {
                LineAction::Failed(role, failure) => {
                    assert_eq!(role, MeterRole::Mains);
                    assert_eq!(failure, ReadFailure::Modbus(ModbusError::Timeout));
                    return;
                }
                LineAction::Listen { until } => now = until,
                LineAction::Transmit { .. } => {
                    now += Duration::from_millis(9);
                    line.transmitted(now);
                }
                other @ (LineAction::Fact(_) | LineAction::Wish(_) | LineAction::Reconnect) => {
                    panic!("{other:?}")
                }
            }
        }
        panic!("no failure");
    }

    #[test]
    fn when_the_meter_is_fed_then_there_is_no_line() {
        let meter = LineMeter {
            meter: Meter::Api,
            ..METER
        };
        let error = MeterLine::new(BusConfig::tcp(), &[meter]).err();
        assert_eq!(error, Some(LineError::NotOnModbus(Meter::Api)));
    }
}
