//! The meters that a line asks, each with its place.

use smartevse_core::event::Event;
use smartevse_core::options::SensorboxWifi;
use smartevse_meters::bus::{Bus, Importance, Job, Report};
use smartevse_meters::catalogue::Source;
use smartevse_meters::profile::CurrentSign;
use smartevse_meters::sensorbox;
use smartevse_meters::{Meter, ReadKind, Reader, Tag, Transaction, Values};
use smartevse_types::{Duration, Instant};

use super::sensorbox::BoxSide;
use super::{LineError, LineMeter, MeterRole, ReadFailure};

/// A reading, how often it is made and how old it may become.
type Row = (ReadKind, Duration, Duration);

/// What is read of a line of its own, how often and how old it may become.
const READS: &[Row] = &[
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

/// In place of a row: a write of GRID to a Sensorbox.
const WRITE: usize = 0xFF;

/// In place of a row: a write of SB2 WIFI to a Sensorbox.
const WRITE_WIFI: usize = 0xFE;

/// Pace of a power that gives currents their direction: it must be younger
/// than 10 s then (meters specification §4.4).
const DIRECTION: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// Who else uses the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pace {
    /// One or two meters have it for themselves.
    Alone,
    /// A group of chargers and their meters share it.
    Shared,
}

impl Pace {
    fn job(self, question: Transaction, row: &Row, role: MeterRole, direction: bool) -> Job {
        let (kind, period, max_age) = *row;
        let importance = importance(role, kind, direction);
        match self {
            Self::Shared => Job::shared(question, importance),
            Self::Alone => Job::new(question, period, max_age).with_importance(importance),
        }
    }
}

/// What gives way when the line has no time for all: what no current needs.
const fn importance(role: MeterRole, kind: ReadKind, gives_direction: bool) -> Importance {
    match (role, kind) {
        (MeterRole::Mains, ReadKind::Currents) => Importance::Mains,
        (MeterRole::Circuit, ReadKind::Currents) => Importance::Circuit,
        (_, ReadKind::Currents) => Importance::Vehicle,
        _ if gives_direction => Importance::Vehicle,
        _ => Importance::Background,
    }
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
    at: Instant,
    answered: bool,
}

/// Up to `P` meters of one line.
#[derive(Clone, Debug)]
pub(crate) struct Places<const P: usize> {
    places: [Option<Place>; P],
    settled: Option<Settled>,
    sensorbox: BoxSide,
}

impl<const P: usize> Places<P> {
    pub(crate) const fn new() -> Self {
        Self {
            places: [None; P],
            settled: None,
            sensorbox: BoxSide::new(),
        }
    }

    /// The mode that the wireless network of a Sensorbox shall have.
    pub(crate) const fn want_wifi(&mut self, mode: Option<SensorboxWifi>) {
        self.sensorbox.wanted = mode;
    }

    /// What a Sensorbox told about itself, when that is new.
    pub(crate) const fn take_report(&mut self) -> Option<Event> {
        self.sensorbox.news.take()
    }

    /// Plans the readings of a meter.
    pub(crate) fn add<const J: usize, const O: usize>(
        &mut self,
        bus: &mut Bus<J, O>,
        slot: usize,
        meter: LineMeter,
        reader: Reader,
        pace: Pace,
    ) -> Result<(), LineError> {
        let mut currents = false;
        for (index, row) in READS.iter().enumerate() {
            let (kind, ..) = row;
            if !is_wanted(meter.meter, &reader, *kind) {
                continue;
            }
            let Ok(question) = reader.plan(*kind, tag(slot, index), meter.address) else {
                continue;
            };
            let direction = gives_direction(meter.meter, &reader, *kind);
            let mut job = pace.job(question, row, meter.role, direction);
            if direction {
                (job.period, job.max_age) = DIRECTION;
            }
            bus.add(job).map_err(LineError::Job)?;
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

    /// Ends the readings of a place.
    pub(crate) fn remove<const J: usize, const O: usize>(
        &mut self,
        bus: &mut Bus<J, O>,
        slot: usize,
        now: Instant,
    ) {
        for index in 0..READS.len() {
            bus.remove(tag(slot, index), now);
        }
        if let Some(place) = self.places.get_mut(slot) {
            *place = None;
        }
    }

    /// What a settled question means; `None` = it is not about a meter.
    pub(crate) fn take(
        &mut self,
        report: &Report<'_>,
    ) -> Option<(MeterRole, Result<Event, ReadFailure>)> {
        let (slot, index) = untag(report.transaction.tag());
        let place = self.places.get_mut(slot)?.as_mut()?;
        let (kind, ..) = READS.get(index)?;
        let result = place.take(*kind, report);
        self.settled = Some(Settled {
            slot,
            at: report.at,
            answered: result.is_ok(),
        });
        let role = place.meter.role;
        Some((role, result.map(|values| role.event(&values, report.at))))
    }

    /// Adapts the question to a Sensorbox, tells it about the grid and its
    /// wireless network and notes what it says of itself, after its question
    /// was settled.
    pub(crate) fn follow_up<const J: usize, const O: usize>(&mut self, bus: &mut Bus<J, O>) {
        let Some(Settled { slot, at, answered }) = self.settled.take() else {
            return;
        };
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
            let _ = bus.replace(question);
        }
        if !answered {
            return;
        }
        let write = place.reader.grid_write(tag(slot, WRITE));
        let grid = write.and_then(|write| write.request());
        let told = place.reader.sensorbox_reading();
        let wifi = told.and_then(|told| self.sensorbox.take(told, at));
        for (row, request) in [(WRITE, grid), (WRITE_WIFI, wifi)] {
            if let Some(request) = request {
                // Without a place for it, the next reply asks for the write again.
                let _ = bus.write(tag(slot, row), address, &request);
            }
        }
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
            (MeterRole::Node(3), Currents, false, Importance::Vehicle),
            (MeterRole::Circuit, Currents, false, Importance::Circuit),
            (MeterRole::Circuit, Power, false, Importance::Background),
            (Mains, Power, true, Importance::Vehicle),
            (Mains, Power, false, Importance::Background),
            (Ev, ReadKind::Import, false, Importance::Background),
        ] {
            assert_eq!(importance(role, kind, direction), expected, "{kind:?}");
        }
    }
}
