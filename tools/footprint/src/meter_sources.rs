//! `smartevse-meters`: readers, feeds as text, the side of a node.

use smartevse_meters::bus::{Bus, BusConfig, Listener};
use smartevse_meters::custom::{CustomMeter, CustomSettings};
use smartevse_meters::homewizard::HomeWizard;
use smartevse_meters::ledger::Ledger;
use smartevse_meters::p1::{Collector, Telegram};
use smartevse_meters::sensorbox::{self, Installation, SensorboxConfig, WifiControl, WifiMode};
use smartevse_meters::server::{Exception, RegisterMap, Server};
use smartevse_meters::snoop::Snoop;
use smartevse_meters::{
    Correction, Frame, Function, Meter, NoPhaseCurrents, ReadKind, Reader, Tag, Transaction,
};
use smartevse_types::{Instant, Phase, WattHours};

use crate::{consume, opaque};

/// A part of a buffer, of unknown length.
fn slice(bytes: &[u8]) -> &[u8] {
    bytes.get(..opaque(bytes.len())).unwrap_or(&[])
}

/// Calls what has logic in it.
pub fn exercise() {
    readers();
    sensorbox_parts();
    texts();
    ledger();
    node();
    diagnostics();
}

fn readers() {
    let custom = CustomMeter::new(opaque(
        CustomSettings::default().imported_from_before_2_20(),
    ));
    let config = opaque(SensorboxConfig::default());
    let data = opaque([0; 70]);
    let kind = opaque(ReadKind::Currents);
    consume(Meter::for_device(opaque("SDM54")));
    let Ok(reader) = Reader::any(opaque(Meter::AcrelMain), custom.ok(), config) else {
        return;
    };
    let mut reader = opaque(reader);
    consume(reader.offers(kind));
    consume(reader.plan(kind, opaque(Tag::new(1)), opaque(12)));
    let now = opaque(Instant::ZERO);
    if let Ok(values) = reader.accept(kind, slice(&data), now) {
        let sources = opaque([Phase::L2, Phase::L1, Phase::L3]);
        let correction = Correction::new(sources, opaque([true; 3])).unwrap_or_default();
        consume(correction.apply(values));
        let mut watch = opaque(NoPhaseCurrents::default());
        consume(watch.follow(&values, now));
    }
    let mut reader = opaque(reader);
    reader.missed();
    consume(reader.grid_write(opaque(Tag::new(2))));
}

fn sensorbox_parts() {
    let data = opaque([0; 70]);
    let Ok(reading) = sensorbox::decode(slice(&data), opaque(Installation::default())) else {
        return;
    };
    consume((reading.wires(), reading.has_grid_item()));
    if let Some(wifi) = reading.wifi {
        let mut control = opaque(WifiControl::new());
        let mode = opaque(WifiMode::from_code(opaque(1)));
        consume(control.follow(&wifi, mode, opaque(false)));
        consume(wifi.password());
    }
}

fn texts() {
    let bytes = opaque([0; 300]);
    if let Ok(reply) = HomeWizard::parse(slice(&bytes)) {
        consume((reply.values(), reply.deci_amps()));
    }
    if let Ok(telegram) = Telegram::parse(slice(&bytes)) {
        consume(telegram.values());
    }
    let mut collector = opaque(Collector::<512>::new());
    consume(collector.receive(opaque(b'/')));
}

fn ledger() {
    let mut ledger = opaque(Ledger::new().with_guard());
    let now = opaque(Instant::ZERO);
    ledger.import(opaque(WattHours::ZERO), now);
    ledger.charge();
    ledger.export(opaque(WattHours::ZERO), now);
    ledger.disconnect();
    let ledger = opaque(ledger);
    consume((ledger.charged(), ledger.net()));
}

/// A few registers.
struct Registers([u16; 16]);

impl RegisterMap for Registers {
    fn read(&mut self, _: Function, register: u16, values: &mut [u16]) -> Result<(), Exception> {
        let all = self.0.get(usize::from(register)..).unwrap_or(&[]);
        values
            .iter_mut()
            .zip(all)
            .for_each(|(slot, value)| *slot = *value);
        opaque(Ok(()))
    }

    fn write(&mut self, register: u16, values: &[u16], _: bool) -> Result<u16, Exception> {
        let all = self.0.get_mut(usize::from(register)..).unwrap_or(&mut []);
        all.iter_mut()
            .zip(values)
            .for_each(|(slot, value)| *slot = *value);
        opaque(Ok(1))
    }
}

fn node() {
    let server = opaque(Server::new(opaque(2)));
    let mut map = opaque(Registers([0; 16]));
    let mut snoop = opaque(Snoop::new());
    let mut line = opaque(Listener::new(opaque(BusConfig::rtu(9600, 10))));
    let mut reply = Frame::new();
    let bytes = opaque([0; 300]);
    let now = opaque(Instant::ZERO);
    line.receive(now, slice(&bytes), |frame, at| {
        if let Ok(frame) = frame {
            consume(server.serve(frame, &mut map, &mut reply));
            consume(snoop.hear(frame, at).is_ok());
        }
    });
    let mut line = opaque(line);
    line.poll(now, |frame, _| consume(frame.is_ok()));
    consume((line.deadline(), snoop.pending(now)));
    consume(reply.as_bytes());
}

fn diagnostics() {
    let mut bus = opaque(Bus::<16, 4>::new(opaque(BusConfig::rtu(9600, 10))));
    let question = opaque(Transaction::from_parts(
        Tag::new(1),
        1,
        Function::ReadInput,
        0,
        2,
    ));
    consume((bus.replace(question), opaque(Function::ReadInput).is_read()));
    bus.trace().iter().for_each(consume);
    bus.counters_by_address().for_each(consume);
    consume((bus.trace().total(), bus.foreign_requests()));
    bus.clear_trace();
    bus.reset_counters();
    consume(bus);
}
