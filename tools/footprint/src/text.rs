//! Texts: what `Display` of the libraries writes. It pulls in the formatting
//! of the core library, so it is a program of its own.

use ::core::fmt::{Display, Result, Write};

use smartevse::group::translate;
use smartevse::group_line::GroupLine;
use smartevse::log::ReplayError;
use smartevse::meter_line::{LineError, MeterSettings, ReadFailure};
use smartevse::storage::StorageError;
use smartevse_core::card::Uid;
use smartevse_core::command::Refused;
use smartevse_core::faults::Faults;
use smartevse_core::group::Schedule;
use smartevse_core::records::RecordError;
use smartevse_core::registry::{SettingId, format_value};
use smartevse_meters::{
    BusConfig, EncodeError, FeedError, JobError, Meter, MeterError, ModbusError,
};
use smartevse_share::protocol::Refusal;
use smartevse_types::{BlockReason, DeciAmps, Duration, Instant, LimitedBy, Mode};

use crate::{consume, opaque};

/// Takes every text.
pub struct Drain;

impl Write for Drain {
    fn write_str(&mut self, text: &str) -> Result {
        consume(text);
        opaque(Ok(()))
    }
}

/// Writes a text.
pub fn show(value: impl Display) {
    consume(write!(Drain, "{value}"));
}

/// What the line of a group says in words.
fn group() {
    consume(opaque(Schedule::Paused).name());
    consume(translate::error_bits(opaque(Faults::LESS_6A)));
    let line = GroupLine::new(opaque(BusConfig::rtu(9600, 10)), opaque(Instant::ZERO));
    consume(line.with_settings(opaque(MeterSettings::default())));
}

/// Writes a value of each type that has a text.
pub fn exercise() {
    group();
    show(opaque(DeciAmps::ZERO));
    show(opaque(Instant::ZERO));
    show(opaque(Duration::ZERO));
    show(opaque(Mode::Smart));
    show(opaque(LimitedBy::default()));
    show(opaque(BlockReason::Schedule));
    show(opaque(Refused::Range));
    show(opaque(Refusal::IllegalValue));
    show(opaque(RecordError::Content));
    show(opaque(StorageError::<RecordError>::Geometry));
    show(opaque(EncodeError::Quantity));
    show(opaque(ModbusError::Timeout));
    show(opaque(MeterError::from(ModbusError::Timeout)));
    show(opaque(FeedError::Retained));
    show(opaque(ReadFailure::Modbus(ModbusError::Timeout)));
    show(opaque(LineError::NotOnModbus(Meter::Api)));
    show(opaque(ReplayError::NoStart));
    if let Some(uid) = Uid::new(&opaque([4; 7])) {
        show(uid);
    }
    consume(format_value(opaque(SettingId::Mode), opaque(1), &mut Drain));
    consume(opaque(None::<JobError>).map(show));
}
