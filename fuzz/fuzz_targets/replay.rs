//! Logs: arbitrary bytes never panic, and end with an error or an end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use smartevse::log::Replay;

fuzz_target!(|data: &[u8]| {
    let Ok(mut replay) = Replay::new(data) else {
        return;
    };
    for _ in 0..5_000 {
        match replay.step() {
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return,
        }
    }
});
