//! Meters on a Modbus line: which questions to ask, and replies as facts.

use core::fmt;

use smartevse_core::event::{Event, Fact, MeterReading};
use smartevse_meters::bus::{
    Bus, BusAction, BusConfig, Counters, Importance, Job, JobError, Report,
};
use smartevse_meters::catalogue::Source;
use smartevse_meters::custom::{CustomError, CustomMeter, CustomSettings};
use smartevse_meters::profile::CurrentSign;
use smartevse_meters::sensorbox::{self, SensorboxConfig};
use smartevse_meters::{Meter, MeterError, ModbusError, ReadKind, Reader, Tag, Values};
use smartevse_types::{Duration, Instant};

/// What a meter measures for the charger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MeterRole {
    /// The grid connection.
    Mains,
    /// The charger, or the circuit that feeds it.
    Ev,
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

/// What is read, how often and how old it may become.
const READS: &[(ReadKind, Duration, Duration)] = &[
    (
        ReadKind::Currents,
        Duration::from_millis(1_000),
        Duration::from_secs(2),
    ),
    (
        ReadKind::PhasePower,
        Duration::from_secs(10),
        Duration::from_secs(30),
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

/// Row of the currents in [`READS`].
const CURRENTS: usize = 0;

/// In place of a row: a write to a Sensorbox.
const WRITE: usize = 0xFF;

/// Pace of a power that gives currents their direction: it must be younger
/// than 10 s then (meters specification §4.4).
const DIRECTION: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

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

/// A meter with what must be kept between its replies.
#[derive(Clone, Copy, Debug)]
struct Place {
    meter: LineMeter,
    reader: Reader,
}

/// A meter whose question has just been settled.
#[derive(Clone, Copy, Debug)]
struct Settled {
    slot: usize,
    answered: bool,
}

/// The meters of one Modbus line.
///
/// It decides what to ask, when, and how long to wait; the adapter only moves
/// bytes. A reading becomes a fact with the time of its request, so that its
/// age is never understated.
#[derive(Clone, Debug)]
pub struct MeterLine {
    bus: Bus<16, 4>,
    places: [Option<Place>; 2],
    settled: Option<Settled>,
}

impl MeterLine {
    /// Plans the readings of one or two meters that need no settings.
    ///
    /// # Errors
    ///
    /// As [`MeterLine::with_settings`].
    pub fn new(config: BusConfig, meters: &[LineMeter]) -> Result<Self, LineError> {
        Self::with_settings(config, meters, &MeterSettings::default())
    }

    /// Plans the readings of one or two meters; more are left out.
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
            places: [None; 2],
            settled: None,
        };
        for (slot, meter) in meters.iter().enumerate().take(2) {
            line.add(slot, *meter, settings.reader(meter.meter)?)?;
        }
        Ok(line)
    }

    fn add(&mut self, slot: usize, meter: LineMeter, reader: Reader) -> Result<(), LineError> {
        let mut currents = false;
        for (index, (kind, period, max_age)) in READS.iter().enumerate() {
            if !is_wanted(meter.meter, &reader, *kind) {
                continue;
            }
            let Ok(question) = reader.plan(*kind, tag(slot, index), meter.address) else {
                continue;
            };
            let direction = gives_direction(meter.meter, &reader, *kind);
            let (period, max_age) = if direction {
                DIRECTION
            } else {
                (*period, *max_age)
            };
            let job = Job::new(question, period, max_age);
            let importance = importance(meter.role, *kind, direction);
            self.bus
                .add(job.with_importance(importance))
                .map_err(LineError::Job)?;
            currents |= *kind == ReadKind::Currents;
        }
        if let Some(place) = self.places.get_mut(slot) {
            *place = Some(Place { meter, reader });
        }
        if currents {
            Ok(())
        } else {
            Err(LineError::NotOnModbus(meter.meter))
        }
    }

    /// Says what to do now.
    pub fn poll(&mut self, now: Instant) -> LineAction<'_> {
        if let Some(settled) = self.settled.take() {
            self.follow_up(settled);
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
            BusAction::Report(report) => {
                let (slot, index) = untag(report.transaction.tag());
                let place = self.places.get_mut(slot).and_then(Option::as_mut);
                let read = READS.get(index);
                let (Some(place), Some((kind, ..))) = (place, read) else {
                    // A write was settled: the next reply shows what came of it.
                    return LineAction::Listen { until: now };
                };
                let result = place.take(*kind, &report);
                self.settled = Some(Settled {
                    slot,
                    answered: result.is_ok(),
                });
                match result {
                    Ok(values) => LineAction::Reading(place.meter.role.event(&values, report.at)),
                    Err(failure) => LineAction::Failed(place.meter.role, failure),
                }
            }
        }
    }

    /// Adapts the question to a Sensorbox and tells it about the grid.
    fn follow_up(&mut self, settled: Settled) {
        let slot = settled.slot;
        let Some(Some(place)) = self.places.get(slot) else {
            return;
        };
        if place.meter.meter.source() != Source::Sensorbox {
            return;
        }
        let address = sensorbox::ADDRESS;
        let question = place
            .reader
            .plan(ReadKind::Currents, tag(slot, CURRENTS), address);
        if let Ok(question) = question {
            // The job is on the list since the line was built.
            let _ = self.bus.replace(question);
        }
        let write = place.reader.grid_write(tag(slot, WRITE));
        let request = write.and_then(|write| write.request());
        if let Some(request) = request.filter(|_| settled.answered) {
            // Without a place for it, the next reply asks for the write again.
            let _ = self.bus.write(tag(slot, WRITE), address, &request);
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

/// Number of a question: the meter's place and the row of [`READS`].
fn tag(slot: usize, index: usize) -> Tag {
    Tag::new(u16::try_from(slot << 8 | index).unwrap_or(u16::MAX))
}

fn untag(tag: Tag) -> (usize, usize) {
    let [slot, index] = tag.number().to_be_bytes();
    (usize::from(slot), usize::from(index))
}

impl Place {
    fn take(&mut self, kind: ReadKind, report: &Report<'_>) -> Result<Values, ReadFailure> {
        match report.result {
            Ok(registers) => self
                .reader
                .accept(kind, registers.bytes(), report.at)
                .map_err(ReadFailure::Meter),
            Err(error) => {
                self.reader.missed();
                Err(ReadFailure::Modbus(error))
            }
        }
    }
}

/// What gives way when the line has no time for all: what no current needs.
fn importance(role: MeterRole, kind: ReadKind, gives_direction: bool) -> Importance {
    match (role, kind == ReadKind::Currents) {
        (MeterRole::Mains, true) => Importance::Mains,
        (MeterRole::Ev, true) => Importance::Vehicle,
        (MeterRole::Mains | MeterRole::Ev, false) if gives_direction => Importance::Vehicle,
        (MeterRole::Mains | MeterRole::Ev, false) => Importance::Background,
    }
}

/// Whether the reading is worth asking for: a total power is not, when another
/// reading brings it along (meters specification §3, step 5).
fn is_wanted(meter: Meter, reader: &Reader, kind: ReadKind) -> bool {
    let known = || {
        let profile = meter.profile();
        reader.offers(ReadKind::PhasePower) || profile.is_some_and(|p| p.has_power_in_currents())
    };
    reader.offers(kind) && !(kind == ReadKind::Power && known())
}

/// Whether currents get their direction from this reading.
fn gives_direction(meter: Meter, reader: &Reader, kind: ReadKind) -> bool {
    let apart = meter
        .profile()
        .is_some_and(|profile| profile.sign == CurrentSign::FromLastPower);
    let power = if reader.offers(ReadKind::PhasePower) {
        ReadKind::PhasePower
    } else {
        ReadKind::Power
    };
    apart && kind == power
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

    /// Meters 4.4: a direction of more than 10 s ago does not count, so it is read often.
    #[test]
    fn when_the_direction_is_read_apart_then_it_is_never_old() {
        for meter in [Meter::AcrelMain, Meter::AcrelSingle] {
            let reader = Reader::of(meter).unwrap();
            let direction = READS
                .iter()
                .filter(|(kind, ..)| gives_direction(meter, &reader, *kind));
            assert_eq!(direction.count(), 1, "{meter:?}");
        }
        let reader = Reader::of(Meter::Abb).unwrap();
        assert!(!gives_direction(Meter::Abb, &reader, ReadKind::Power));
    }

    /// Meters 3, step 5: power that comes with the currents is not asked for.
    #[test]
    fn when_the_currents_bring_the_power_then_it_is_not_asked_for() {
        for (meter, wanted) in [
            (Meter::Eastron3P, false),
            (Meter::AcrelMain, false),
            (Meter::Wago, true),
            (Meter::AcrelSingle, true),
        ] {
            let reader = Reader::of(meter).unwrap();
            assert_eq!(
                is_wanted(meter, &reader, ReadKind::Power),
                wanted,
                "{meter:?}"
            );
        }
    }

    /// Meters specification §3: who gives way when the line has no time for all.
    #[test]
    fn when_a_reading_gives_no_current_its_direction_then_it_is_background() {
        use MeterRole::{Ev, Mains};
        use ReadKind::{Currents, Power};
        for (role, kind, direction, expected) in [
            (Mains, Currents, false, Importance::Mains),
            (Ev, Currents, false, Importance::Vehicle),
            (Mains, Power, true, Importance::Vehicle),
            (Mains, Power, false, Importance::Background),
            (Ev, ReadKind::Import, false, Importance::Background),
        ] {
            assert_eq!(importance(role, kind, direction), expected, "{kind:?}");
        }
    }
}
