//! The oracles at every poll: a violated invariant ends the run with its
//! number.

use smartevse::{Setup, Station};
use smartevse_core::io::{Inputs, Outputs};
use smartevse_core::oracle::Watch;
use smartevse_share::oracle::Oracle;
use smartevse_types::Instant;

use crate::run::Violation;

/// All oracles that watch one station.
#[derive(Debug)]
pub struct Checks {
    charging: Watch,
    regulation: Oracle,
    regulated: Option<Instant>,
}

impl Checks {
    /// Starts watching a station that starts with this set-up.
    #[must_use]
    pub fn new(setup: &Setup<'_>) -> Self {
        Self {
            charging: Watch::new(setup.facts),
            regulation: Oracle::new(),
            regulated: None,
        }
    }

    /// How often each row of the safety oracle had something to judge.
    #[must_use]
    pub fn hits(&self) -> &[u32] {
        self.charging.hits()
    }

    /// Looks at one poll.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold.
    pub fn check(
        &mut self,
        now: Instant,
        inputs: &Inputs,
        outputs: &Outputs,
        station: &Station,
    ) -> Result<(), Violation> {
        self.check_regulation(station)?;
        let (status, directive) = (station.status(), station.directive());
        self.charging
            .observe(now, inputs, directive, outputs, &status)
            .map_err(|broken| Violation {
                number: format!("I-{:02}", broken.number),
                what: format!("{} (state {})", broken.text, status.state),
            })
    }

    fn check_regulation(&mut self, station: &Station) -> Result<(), Violation> {
        let Some(moment) = station.manager().moment() else {
            return Ok(());
        };
        if self.regulated.replace(moment.now) == Some(moment.now) {
            return Ok(());
        }
        self.regulation
            .check(
                moment.now,
                &moment.config,
                &moment.site,
                &moment.evse,
                &moment.plan,
            )
            .map_err(|broken| Violation {
                number: format!("R-{:02}", broken.number),
                what: broken.text.to_owned(),
            })
    }
}
