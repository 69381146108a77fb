//! The charging control in the upper executor.

use embassy_executor::task;
use embassy_stm32::gpio::{Input, Output};
use embassy_stm32::pac;
use embassy_stm32::pac::gpio::vals::Idr;
use smartevse::exchange::Shared;
use smartevse_core::adapters::{MilliVoltSource, PilotSampler};
use smartevse_core::charger::{BootRecord, Charger};
use smartevse_core::hardware::{Board, ErrorKind, Watchdog};
use smartevse_core::io::{Inputs, Outputs, PilotSample};
use smartevse_types::{Instant, MilliVolts};

use super::{DIRECTIVE, FACTS, FRONT_BEAT, PLANNING_BEAT, STATUS};
use crate::board::{Analog, Breakout, breakout, pilot_sense};
use crate::firmware::hardware::ChargingParts;
use crate::firmware::pilot::{PilotChannel, duty, take, wait_due};
use crate::firmware::{now, stop};
use crate::readback::{Readback, matches};
use crate::sense::{PilotSense, Voltages, recent};
use crate::supervisor::{Seen, may_feed};

/// Latest voltages besides the pilot's.
static VOLTAGES: Shared<Option<Voltages>> = Shared::new(None);

/// Fetches the samples since the last poll and gives the pilot's summary.
fn sampler() -> impl PilotSampler {
    let mut sense = pilot_sense().map(PilotSense::new);
    move |_: Instant| -> Result<Option<PilotSample>, ErrorKind> {
        let batch = take();
        if let Some(voltages) = Voltages::of(&batch) {
            VOLTAGES.set(Some(voltages));
        }
        let sense = sense.as_mut().ok_or(ErrorKind::Unsupported)?;
        sense.take(&batch);
        Ok(sense.summary())
    }
}

/// Gives one of the voltages.
fn voltage(of: fn(&Voltages) -> MilliVolts) -> impl MilliVoltSource {
    move || recent(VOLTAGES.get(), now()).map(|voltages| of(&voltages))
}

/// Starts the pilot and joins all parts of the charging control.
pub fn board(
    parts: ChargingParts,
) -> (
    Breakout<
        PilotChannel,
        impl PilotSampler,
        impl MilliVoltSource,
        impl MilliVoltSource,
        Output<'static>,
        Input<'static>,
    >,
    impl Watchdog,
) {
    let analog = Analog {
        pilot: sampler(),
        proximity: voltage(Voltages::proximity),
        temperature: voltage(Voltages::temperature),
    };
    let channel = PilotChannel::start(parts.pilot);
    (breakout(channel, analog, parts.lines), parts.watchdog)
}

/// Reads the outputs back: the levels that the pins really have, and the
/// compare register.
fn read_back() -> Readback {
    let (a, b) = (pac::GPIOA.idr().read(), pac::GPIOB.idr().read());
    Readback {
        contactor1: b.idr(10) == Idr::HIGH,
        contactor2: b.idr(5) == Idr::HIGH,
        isolation: a.idr(15) == Idr::HIGH,
        duty: duty(),
    }
}

fn seen(last: Instant, inputs: &Inputs, outputs: &Outputs) -> Seen {
    Seen {
        last,
        pilot: inputs.pilot.map(|sample| sample.at),
        read_back: matches(outputs, &read_back()),
        planning: PLANNING_BEAT.get(),
        front_end: FRONT_BEAT.get(),
    }
}

/// Polls every 10 ms and waits for nothing else.
#[task]
pub async fn charge(parts: ChargingParts) {
    let (mut board, mut watchdog) = board(parts);
    let boot = BootRecord {
        latched: stop::kept(),
    };
    let mut charger = Charger::new(FACTS, boot, now());
    let mut inputs = Inputs::default();
    let mut last = now();
    loop {
        wait_due().await;
        let now = now();
        let directive = DIRECTIVE.get().unwrap_or_default();
        board.lock.set_kind(directive.config.lock);
        board.sample(now, &mut inputs);
        let outputs = charger.poll(now, &inputs, &directive);
        inputs.hardware = board.drive(&outputs);
        let status = charger.status();
        STATUS.set(Some(status));
        stop::keep(status.latched);
        if may_feed(now, &seen(last, &inputs, &outputs)) {
            watchdog.feed();
        }
        last = now;
    }
}
