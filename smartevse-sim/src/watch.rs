//! The oracles at every poll: a violated invariant ends the run with its
//! number.

use smartevse::{Setup, Station};
use smartevse_core::io::{Inputs, Outputs};
use smartevse_types::Instant;

use crate::run::Violation;

/// All oracles that watch one station.
#[derive(Debug)]
pub struct Checks {}

impl Checks {
    /// Starts watching a station that starts with this set-up.
    #[must_use]
    pub fn new(_setup: &Setup<'_>) -> Self {
        Self {}
    }

    /// Looks at one poll.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold.
    pub fn check(
        &mut self,
        _now: Instant,
        _inputs: &Inputs,
        outputs: &Outputs,
        station: &Station,
    ) -> Result<(), Violation> {
        let state = station.status().state;
        if outputs.contactor1.is_closed() && !state.may_close() {
            return Err(Violation {
                number: "I-01".to_owned(),
                what: format!("the main contactor is closed in state {state}"),
            });
        }
        Ok(())
    }
}
