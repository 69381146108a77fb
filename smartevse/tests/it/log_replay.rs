//! A recorded log replays to identical checkpoints.
#![cfg(feature = "log")]

use smartevse::core::command::{Command, Origin};
use smartevse::log::{Full, Recorder, Replay, ReplayError, Sink};
use smartevse::types::{Access, Instant};

use crate::bench::{self, Car};

#[derive(Default)]
pub struct Memory {
    pub bytes: Vec<u8>,
    limit: Option<usize>,
}

impl Sink for Memory {
    fn write(&mut self, frame: &[u8]) -> Result<(), Full> {
        if self
            .limit
            .is_some_and(|limit| self.bytes.len() + frame.len() > limit)
        {
            return Err(Full);
        }
        self.bytes.extend_from_slice(frame);
        Ok(())
    }
}

/// A minute with a plug, a charge, a stop and an unplug.
fn record(memory: &mut Memory) -> bool {
    let mut recorder = Recorder::new(&bench::setup(), Instant::ZERO, memory);
    recorder.event(bench::grant(Instant::ZERO, 160));
    let mut inputs = bench::inputs();
    let mut outputs = smartevse::core::io::Outputs::SAFE;
    let mut charged = false;
    for tick in 1..6_000_u64 {
        let now = Instant::from_millis(tick * 10);
        let car = match tick {
            0..1_000 => Car::Away,
            1_000..5_000 => Car::Asks,
            _ => Car::Away,
        };
        if tick == 3_000 {
            let off = Command::SetAccess(Access::Off);
            recorder.command(now, Origin::Rest, off).unwrap();
        }
        let before = Instant::from_millis((tick - 1) * 10);
        inputs.pilot = Some(bench::pilot(car, &outputs, before, now));
        outputs = recorder.poll(now, &inputs);
        charged |= outputs.contactor1.is_closed();
    }
    assert!(charged);
    recorder.is_complete()
}

#[test]
fn when_replayed_then_every_checkpoint_agrees() {
    let mut memory = Memory::default();
    assert!(record(&mut memory));
    let mut replay = Replay::new(&memory.bytes).unwrap();
    let mut polls = 0;
    while replay.step().unwrap().is_some() {
        polls += 1;
    }
    assert_eq!(polls, 5_999);
    assert!(replay.checkpoints() >= 59, "{}", replay.checkpoints());
    let per_poll = memory.bytes.len() / polls;
    assert!(per_poll < 32, "{per_poll} bytes for a poll");
}

/// A changed input is found at the first checkpoint after it.
#[test]
fn when_a_byte_differs_then_the_replay_stops() {
    let mut memory = Memory::default();
    record(&mut memory);
    let mut different = 0;
    for position in (200..memory.bytes.len()).step_by(memory.bytes.len() / 40) {
        let mut bytes = memory.bytes.clone();
        bytes[position] ^= 0x55;
        let outcome = Replay::new(&bytes).and_then(|mut replay| {
            while replay.step()?.is_some() {}
            Ok(replay.checkpoints())
        });
        different += usize::from(outcome.is_err());
    }
    assert!(different > 5, "{different} of 40 damages were seen");
}

#[test]
fn when_the_log_is_cut_off_then_the_replay_ends_there() {
    let mut memory = Memory::default();
    record(&mut memory);
    let cut = &memory.bytes[..memory.bytes.len() / 2 + 1];
    let mut replay = Replay::new(cut).unwrap();
    while replay.step().unwrap().is_some() {}
    assert!(replay.checkpoints() > 20);
    assert_eq!(Replay::new(&[]).err(), Some(ReplayError::NoStart));
}

#[test]
fn when_the_log_is_full_then_the_charger_goes_on() {
    let mut memory = Memory {
        limit: Some(5_000),
        ..Memory::default()
    };
    assert!(!record(&mut memory));
    assert!(memory.bytes.len() <= 5_000);
    assert!(Replay::new(&memory.bytes).is_ok());
}
