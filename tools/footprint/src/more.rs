//! The small entry points that nothing else calls.

use smartevse_core::cards::CardList;
use smartevse_core::hardware::ErrorKind;
use smartevse_core::io::MilliVoltRange;
use smartevse_core::options::SwitchKind;
use smartevse_core::pilot::PilotClass;
use smartevse_core::registry::{MeterClass, SettingId, SettingSet};
use smartevse_core::schedule::Schedule;
use smartevse_core::settings::{Patch, Settings};
use smartevse_core::vehicle::{VehicleCheck, VehicleId};
use smartevse_meters::sensorbox::{CurrentSource, Sensorbox, SensorboxConfig};
use smartevse_meters::server::Server;
use smartevse_meters::{
    BusConfig, EncodeError, Function, Importance, Job, Meter, MeterError, ModbusError, Reader, Tag,
    Transaction, pdu,
};
use smartevse_types::{BlockReason, DeciAmps, Duration, Instant, PerPhase};

use crate::{consume, opaque};

/// Calls those of `smartevse-core`.
pub fn exercise() {
    let settings = opaque(Settings::default());
    consume((
        settings.app_server(),
        settings.autoupdate(),
        settings.cap_stop(),
        settings.grid(),
        settings.idle_tmo(),
        settings.lcd_pin(),
    ));
    consume((
        settings.priority(),
        settings.rotation(),
        settings.sb2_wifi(),
        settings.start(),
        settings.stop(),
    ));
    let patch = opaque(Patch::new());
    consume((patch.is_empty(), patch.ids().union(opaque(patch).ids())));
    consume((
        SwitchKind::from_text(opaque("Access B")),
        opaque(SettingId::Mode).index(),
    ));
    let schedule = opaque(Schedule::NONE);
    consume((schedule.start(), schedule.stop(), schedule.is_daily()));
    let mut cards = opaque(CardList::from_cards(&[]));
    let class = opaque(PilotClass::B9);
    consume((cards.is_empty(), class.is_vehicle(), class.is_valid()));
    cards.clear();
    consume(opaque(cards).is_empty());
    consume(MilliVoltRange::from_milli(opaque(1), opaque(2)));
    consume(SettingSet::of(&opaque([SettingId::Mode])).iter().count());
    consume(opaque(MeterClass::Modbus).is_on_bus());
    consume(opaque(ErrorKind::Other).text());
    consume(VehicleId::new(opaque("EV")));
    consume(opaque(VehicleCheck::default()).is_answered());
    consume((
        opaque(Instant::ZERO).as_micros(),
        Instant::from_micros(opaque(1)),
    ));
    consume(opaque(PerPhase::splat(DeciAmps::ZERO)).as_array());
    consume(opaque(BlockReason::Cooldown(Duration::ZERO)).remaining());
}

/// Calls those of `smartevse-meters`.
pub fn meters() {
    let tag = opaque(Tag::new(1));
    let question = Transaction::from_parts(tag, opaque(1), Function::ReadInput, 0, 2);
    let job = opaque(Job::shared(question, opaque(Importance::Circuit)));
    consume(job.with_importance(opaque(Importance::Node)));
    consume(Transaction::write_single(
        tag,
        opaque(1),
        opaque(2),
        opaque(3),
    ));
    let config = BusConfig::rtu(opaque(9_600), opaque(10));
    consume(config.with_slack(opaque(Duration::ZERO)));
    consume(pdu::is_broadcast(opaque(0)));
    let mut sensorbox = opaque(Sensorbox::new(opaque(SensorboxConfig::default())));
    sensorbox.configure(opaque(SensorboxConfig::default()));
    consume((sensorbox, opaque(CurrentSource::Ct).name()));
    consume(opaque(Server::new(opaque(1))).addr());
    consume((
        opaque(MeterError::Encode(EncodeError::Quantity)).name(),
        opaque(ModbusError::Timeout).name(),
    ));
    if let Ok(reader) = Reader::any(
        opaque(Meter::Sensorbox),
        None,
        opaque(SensorboxConfig::default()),
    ) {
        consume(opaque(reader).sensorbox_reading());
    }
}
