//! One meter on the line, whatever its kind: what to ask it, what it said.

use smartevse_types::{Duration, Instant, Latest, PerPhase, Watts};

use crate::catalogue::{Meter, Source};
use crate::custom::CustomMeter;
use crate::error::MeterError;
use crate::profile::Profile;
use crate::reading::{ReadKind, Values};
use crate::sensorbox::{self, Sensorbox, SensorboxConfig, SensorboxReading};
use crate::transaction::{Tag, Transaction};

/// How old a power may be that gives a current its direction: 10 s (meters
/// specification §4.4).
const POWER_MAX_AGE: Duration = Duration::from_secs(10);

/// How the meter is read.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Table(&'static Profile),
    Custom(CustomMeter),
    Sensorbox(Sensorbox),
}

/// One meter on a Modbus line, with what must be kept between its replies.
///
/// [`plan_read`](crate::plan_read) and [`decode_read`](crate::decode_read) are
/// enough for the meters that are only a row of the table. A reader also knows
/// the custom meter, the Sensorbox and meters whose direction is read apart.
///
/// # Examples
///
/// ```
/// use smartevse_meters::{Meter, ReadKind, Reader, Tag};
/// use smartevse_types::{Instant, MilliAmps};
///
/// let mut meter = Reader::of(Meter::AcrelSingle)?;
/// let asked = meter.plan(ReadKind::Currents, Tag::new(1), 23)?;
/// assert_eq!((asked.register(), asked.quantity()), (0x65, 1));
/// let now = Instant::from_secs(1);
/// meter.accept(ReadKind::Power, &(-3680_i32).to_be_bytes(), now)?;
/// let values = meter.accept(ReadKind::Currents, &[0x06, 0x40], now)?;
/// let amps = values.currents.map(|i| i.as_array().map(MilliAmps::as_milli));
/// assert_eq!(amps, Some([-16_000, 0, 0]));
/// # Ok::<(), smartevse_meters::MeterError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    kind: Kind,
    power: Latest<PerPhase<Watts>>,
    box_reading: Option<SensorboxReading>,
}

impl Reader {
    /// Reads a meter of the table.
    ///
    /// # Errors
    ///
    /// [`MeterError::Unsupported`] for every other meter.
    pub fn of(meter: Meter) -> Result<Self, MeterError> {
        let profile = meter.profile().ok_or(MeterError::Unsupported)?;
        Ok(Self::with(Kind::Table(profile)))
    }

    /// Reads the custom meter.
    #[must_use]
    pub const fn custom(meter: CustomMeter) -> Self {
        Self::with(Kind::Custom(meter))
    }

    /// Reads a Sensorbox.
    #[must_use]
    pub const fn sensorbox(config: SensorboxConfig) -> Self {
        Self::with(Kind::Sensorbox(Sensorbox::new(config)))
    }

    /// Reads any meter that is on a Modbus line.
    ///
    /// # Errors
    ///
    /// [`MeterError::Unsupported`] for meters that are fed or polled over HTTP,
    /// for no meter, and for the custom meter when its settings are not given.
    pub fn any(
        meter: Meter,
        custom: Option<CustomMeter>,
        sensorbox: SensorboxConfig,
    ) -> Result<Self, MeterError> {
        match meter.source() {
            Source::Modbus => Self::of(meter),
            Source::Sensorbox => Ok(Self::sensorbox(sensorbox)),
            Source::Custom => custom.map(Self::custom).ok_or(MeterError::Unsupported),
            Source::None | Source::Fed | Source::Http => Err(MeterError::Unsupported),
        }
    }

    const fn with(kind: Kind) -> Self {
        Self {
            kind,
            power: Latest::NEVER,
            box_reading: None,
        }
    }

    /// Whether a schedule should ask for this reading.
    #[must_use]
    pub fn offers(&self, kind: ReadKind) -> bool {
        match &self.kind {
            Kind::Table(profile) => profile.block(kind).is_some(),
            Kind::Custom(custom) => custom.is_described(kind),
            Kind::Sensorbox(_) => kind == ReadKind::Currents,
        }
    }

    /// Makes the question for a reading. The one to a Sensorbox can become
    /// longer or shorter after each reply; its address is always 10.
    ///
    /// # Errors
    ///
    /// As [`plan_read`](crate::plan_read).
    pub fn plan(&self, kind: ReadKind, tag: Tag, addr: u8) -> Result<Transaction, MeterError> {
        match &self.kind {
            Kind::Table(profile) => profile.plan(kind, tag, addr),
            Kind::Custom(custom) => custom.profile().plan(kind, tag, addr),
            Kind::Sensorbox(reader) if kind == ReadKind::Currents => Ok(reader.plan(tag)),
            Kind::Sensorbox(_) => Err(MeterError::Unsupported),
        }
    }

    /// Takes the registers of an accepted reply, measured at `at`.
    ///
    /// # Errors
    ///
    /// As [`decode_read`](crate::decode_read); nothing changes then, except that
    /// a Sensorbox has shown its version.
    pub fn accept(
        &mut self,
        kind: ReadKind,
        data: &[u8],
        at: Instant,
    ) -> Result<Values, MeterError> {
        let last = self.power.reading(at, POWER_MAX_AGE).fresh();
        let (values, phases) = match &mut self.kind {
            Kind::Table(profile) => (profile.decode_after(kind, data, last)?, profile.phases),
            Kind::Custom(custom) => (custom.profile().decode(kind, data)?, 3),
            Kind::Sensorbox(reader) if kind == ReadKind::Currents => {
                let reading = reader.accept(data)?;
                self.box_reading = Some(reading);
                return Ok(reading.into());
            }
            Kind::Sensorbox(_) => return Err(MeterError::Unsupported),
        };
        if let Some(power) = power_of_phases(&values, phases) {
            self.power.update(power, at);
        }
        Ok(values)
    }

    /// Notes that a question was not answered.
    pub fn missed(&mut self) {
        if let Kind::Sensorbox(reader) = &mut self.kind {
            reader.missed();
        }
    }

    /// What the last reply of a Sensorbox said besides the currents.
    #[must_use]
    pub const fn sensorbox_reading(&self) -> Option<&SensorboxReading> {
        self.box_reading.as_ref()
    }

    /// The write that makes a Sensorbox follow GRID, when it does not yet.
    #[must_use]
    pub fn grid_write(&self, tag: Tag) -> Option<Transaction> {
        let value = self.box_reading?.grid_write?;
        let register = sensorbox::GRID_REGISTER;
        Some(Transaction::write_single(
            tag,
            sensorbox::ADDRESS,
            register,
            value,
        ))
    }
}

/// The power of each phase; the total is the one of the only phase.
fn power_of_phases(values: &Values, phases: u8) -> Option<PerPhase<Watts>> {
    if phases == 1 && values.phase_power.is_none() {
        let total = values.power?;
        return Some(PerPhase::new([total, Watts::ZERO, Watts::ZERO]));
    }
    values.phase_power
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custom::{CustomSettings, CustomValue};
    use smartevse_types::MilliAmps;

    fn milli(values: Result<Values, MeterError>) -> [i32; 3] {
        let currents = values.unwrap().currents.unwrap();
        currents.as_array().map(MilliAmps::as_milli)
    }

    /// meters 4.4: the last power gives the direction for 10 s
    #[test]
    fn when_the_power_is_old_then_the_current_counts_as_import() {
        let mut meter = Reader::of(Meter::AcrelMain).unwrap();
        let data = [0x06, 0x40, 0x01, 0xF4, 0x00, 0x03];
        let at = Instant::from_secs;
        let kind = ReadKind::Currents;
        assert_eq!(milli(meter.accept(kind, &data, at(1))), [16_000, 5_000, 30]);
        let mut power = [0; 16];
        power[4..8].copy_from_slice(&(-1150_i32).to_be_bytes());
        meter.accept(ReadKind::PhasePower, &power, at(2)).unwrap();
        let total = (-9_i32).to_be_bytes();
        meter.accept(ReadKind::Power, &total, at(3)).unwrap();
        assert_eq!(
            milli(meter.accept(kind, &data, at(12))),
            [16_000, -5_000, 30]
        );
        assert_eq!(
            milli(meter.accept(kind, &data, at(13))),
            [16_000, 5_000, 30]
        );
    }

    /// meters 8: only what was described is asked
    #[test]
    fn when_the_meter_is_custom_then_its_settings_count() {
        let settings = CustomSettings {
            data_type: 2,
            byte_order: 3,
            currents: CustomValue {
                register: 12,
                divisor: 2,
            },
            ..CustomSettings::default()
        };
        let custom = CustomMeter::new(settings).unwrap();
        let mut meter = Reader::custom(custom);
        assert!(meter.offers(ReadKind::Currents) && !meter.offers(ReadKind::Frequency));
        let got = meter.accept(ReadKind::Currents, &[0, 1, 0, 2, 0, 3], Instant::ZERO);
        assert_eq!(milli(got), [10, 20, 30]);
        let any = Reader::any(Meter::Custom, None, SensorboxConfig::default());
        assert!(matches!(any, Err(MeterError::Unsupported)));
    }

    /// meters 7: the staleness is not refreshed without fresh data
    #[test]
    fn when_a_sensorbox_has_nothing_new_then_there_are_no_values() {
        let config = SensorboxConfig {
            installation: sensorbox::Installation {
                three_wire: true,
                mains_a: 25,
            },
            is_node: false,
        };
        let mut meter = Reader::sensorbox(config);
        let asked = meter.plan(ReadKind::Currents, Tag::new(1), 77).unwrap();
        assert_eq!((asked.addr(), asked.quantity()), (10, 20));
        let mut data = [0; 40];
        data[1] = 0x15;
        let got = meter.accept(ReadKind::Currents, &data, Instant::ZERO);
        assert_eq!(got, Err(MeterError::NoFreshData));
        assert_eq!(meter.grid_write(Tag::new(2)), None);
        data[3] = 0x03;
        assert!(
            meter
                .accept(ReadKind::Currents, &data, Instant::ZERO)
                .is_ok()
        );
        let write = Transaction::write_single(Tag::new(2), 10, 0x0800, 3);
        assert_eq!(meter.grid_write(Tag::new(2)), Some(write));
        assert!(meter.plan(ReadKind::Power, Tag::new(1), 10).is_err());
    }
}
