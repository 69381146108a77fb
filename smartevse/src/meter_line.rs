//! Meters on a Modbus line: which questions to ask, and replies as facts.

use core::fmt;

use smartevse_core::event::{Event, Fact, MeterReading};
use smartevse_meters::bus::{Bus, BusAction, BusConfig, Counters, Job, JobError};
use smartevse_meters::{
    Meter, MeterError, ModbusError, ReadKind, Tag, Values, decode_read, plan_read,
};
use smartevse_types::{Duration, Instant};

/// What a meter measures for the charger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MeterRole {
    /// The grid connection.
    Mains,
    /// The charger, or the circuit that feeds it.
    Ev,
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

/// What is read, how often and how old it may become.
const READS: &[(ReadKind, Duration, Duration)] = &[
    (
        ReadKind::Currents,
        Duration::from_millis(1_000),
        Duration::from_secs(2),
    ),
    (
        ReadKind::Power,
        Duration::from_secs(10),
        Duration::from_secs(30),
    ),
    (
        ReadKind::Import,
        Duration::from_secs(30),
        Duration::from_secs(120),
    ),
    (
        ReadKind::Export,
        Duration::from_secs(30),
        Duration::from_secs(120),
    ),
];

/// Why a line cannot be built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LineError {
    /// The meter is not read over Modbus, or has no currents.
    NotOnModbus(Meter),
    /// The line has no place for another reading, or refuses it.
    Job(JobError),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOnModbus(meter) => write!(f, "{} is not read over Modbus", meter.name()),
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
    /// A reading: give it to the station. Poll again at once.
    Reading(Event),
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
    meters: [Option<LineMeter>; 2],
}

impl MeterLine {
    /// Plans the readings of one or two meters.
    ///
    /// # Errors
    ///
    /// A meter that is not read over Modbus, or an address that cannot be
    /// asked.
    pub fn new(config: BusConfig, meters: &[LineMeter]) -> Result<Self, LineError> {
        let mut line = Self {
            bus: Bus::new(config),
            meters: [None; 2],
        };
        for (slot, meter) in meters.iter().enumerate().take(2) {
            line.add(slot, *meter)?;
        }
        Ok(line)
    }

    fn add(&mut self, slot: usize, meter: LineMeter) -> Result<(), LineError> {
        let mut currents = false;
        for (index, (kind, period, max_age)) in READS.iter().enumerate() {
            let Ok(question) = plan_read(meter.meter, *kind, tag(slot, index), meter.address)
            else {
                continue;
            };
            let job = Job::new(question, *period, *max_age);
            let protects = *kind == ReadKind::Currents && meter.role == MeterRole::Mains;
            let job = if protects { job.for_mains() } else { job };
            self.bus.add(job).map_err(LineError::Job)?;
            currents |= *kind == ReadKind::Currents;
        }
        if let Some(place) = self.meters.get_mut(slot) {
            *place = Some(meter);
        }
        if currents {
            Ok(())
        } else {
            Err(LineError::NotOnModbus(meter.meter))
        }
    }

    /// Says what to do now.
    pub fn poll(&mut self, now: Instant) -> LineAction<'_> {
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
            BusAction::Report(report) => {
                let (slot, index) = untag(report.transaction.tag());
                let meter = self.meters.get(slot).copied().flatten();
                let read = READS.get(index);
                let (Some(meter), Some((kind, ..))) = (meter, read) else {
                    return LineAction::Listen { until: now };
                };
                let result = report
                    .result
                    .map_err(ReadFailure::Modbus)
                    .and_then(|registers| {
                        decode_read(meter.meter, *kind, registers.bytes())
                            .map_err(ReadFailure::Meter)
                    });
                match result {
                    Ok(values) => LineAction::Reading(fact(meter.role, &values, report.at)),
                    Err(failure) => LineAction::Failed(meter.role, failure),
                }
            }
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

    /// Counters of the line.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.bus.counters()
    }
}

/// Number of a question: the meter's place and the row of [`READS`].
fn tag(slot: usize, index: usize) -> Tag {
    Tag::new(u16::try_from(slot << 8 | index).unwrap_or(u16::MAX))
}

fn untag(tag: Tag) -> (usize, usize) {
    let [slot, index] = tag.number().to_be_bytes();
    (usize::from(slot), usize::from(index))
}

fn fact(role: MeterRole, values: &Values, at: Instant) -> Event {
    let reading = MeterReading {
        currents: values.deci_amps(),
        power: values.power,
        import: values.import,
        export: values.export,
    };
    let fact = match role {
        MeterRole::Mains => Fact::Mains(reading),
        MeterRole::Ev => Fact::EvMeter(reading),
    };
    Event { at, fact }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smartevse_types::{DeciAmps, Phase};

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
                other @ (LineAction::Reading(_)
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
        let LineAction::Reading(event) = line.poll(asked + Duration::from_millis(80)) else {
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
                other @ (LineAction::Reading(_) | LineAction::Reconnect) => panic!("{other:?}"),
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
