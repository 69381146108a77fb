//! The main loop of an own firmware, here with a board made of plain numbers.
//!
//! On a real board `Bench` is `smartevse::core::hardware::Parts` filled with
//! adapters over the board's embedded-hal pins, and the loop runs in a 10 ms
//! task that does nothing else.

use smartevse::core::command::{Command, Origin};
use smartevse::core::io::{
    HardwareFaults, Inputs, MilliVoltRange, Outputs, PilotSample, ProximityInput, TemperatureInput,
};
use smartevse::types::{Access, Celsius, Instant, Ohms};
use smartevse::{Board, Setup, Station};

/// A bench with a vehicle that is plugged in after ten seconds.
struct Bench {
    duty: u16,
    sampled: Instant,
}

impl Board for Bench {
    fn sample(&mut self, now: Instant, inputs: &mut Inputs) {
        let level = if now < Instant::from_secs(10) {
            12_000
        } else {
            6_000
        };
        let pulsed = (1..1000).contains(&self.duty);
        inputs.pilot = Some(PilotSample {
            from: self.sampled,
            at: now,
            high: MilliVoltRange::from_milli(level, level),
            low: pulsed.then_some(MilliVoltRange::from_milli(-12_000, -12_000)),
        });
        inputs.proximity = ProximityInput::Resistance(Ohms::from_ohms(220));
        inputs.temperature = TemperatureInput::Measured(Celsius::from_celsius(30));
        self.sampled = now;
    }

    fn drive(&mut self, outputs: &Outputs) -> HardwareFaults {
        self.duty = outputs.duty.as_permille();
        HardwareFaults::empty()
    }
}

fn main() {
    let mut board = Bench {
        duty: 1000,
        sampled: Instant::ZERO,
    };
    let mut station = Station::new(&Setup::default(), Instant::ZERO);
    let mut inputs = Inputs::default();
    let mut shown = None;
    let access = Command::SetAccess(Access::On);
    if let Err(refused) = station.command(Instant::ZERO, Origin::Button, access) {
        println!("refused: {refused}");
    }
    for ms in (0..20_000).step_by(10) {
        let now = Instant::from_millis(ms);
        board.sample(now, &mut inputs);
        let outputs = station.poll(now, &inputs);
        inputs.hardware = board.drive(&outputs);
        let status = station.status();
        if shown.replace(status.state) != Some(status.state) {
            let why = status.block.map_or("", |block| block.text());
            println!(
                "{now}: {} ({}) offers {} {why}",
                status.state,
                status.state.text(),
                status.offered
            );
        }
    }
}
