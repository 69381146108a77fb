//! What an ordinary charger has of the libraries: a station, a line with two
//! meters and a board of adapters, in the canonical loop.

use smartevse::meter_line::{LineAction, MeterLine};
use smartevse::{Setup, Station};
use smartevse_core::command::{Command, Origin};
use smartevse_core::hardware::Board;
use smartevse_core::io::Inputs;
use smartevse_core::settings::load;
use smartevse_types::Instant;

use crate::station::two_meters;
use crate::{consume, opaque, pins};

/// Runs a charger.
pub fn exercise() {
    let mut board = pins::board();
    let setup = Setup {
        settings: load(opaque([])).settings,
        ..Setup::default()
    };
    let mut station = Station::new(&setup, opaque(Instant::ZERO));
    let Some(mut line) = two_meters() else { return };
    let mut inputs = Inputs::default();
    loop {
        let now = opaque(Instant::ZERO);
        board.sample(now, &mut inputs);
        let outputs = station.poll(now, &inputs);
        inputs.hardware = board.drive(&outputs);
        serve(&mut line, &mut station, now);
        if let Some((origin, command)) = opaque(None::<(Origin, Command)>) {
            consume(station.command(now, origin, command));
        }
        let snapshot = station.snapshot();
        consume((snapshot.charger, snapshot.meters, snapshot.plan));
        consume((snapshot.settings, station.deadline()));
    }
}

fn serve(line: &mut MeterLine, station: &mut Station, now: Instant) {
    match line.poll(now) {
        LineAction::Transmit { frame, .. } => {
            consume(frame);
            line.transmitted(now);
        }
        LineAction::Listen { until } => {
            consume(until);
            line.receive(now, &opaque([0; 64]));
        }
        LineAction::Fact(event) => station.event(event),
        LineAction::Wish(wish) => consume(wish),
        LineAction::Failed(role, failure) => consume((role, failure)),
        LineAction::Reconnect => line.reconnected(now),
    }
}
