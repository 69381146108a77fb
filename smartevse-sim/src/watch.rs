//! The oracles at every poll: a violated invariant ends the run with its
//! number.

use smartevse::group::judged::Judged;
use smartevse::{Setup, Station};
use smartevse_core::group::MEMBERS;
use smartevse_core::io::{Inputs, Outputs};
use smartevse_core::oracle::Watch;
use smartevse_share::group_oracle::GroupOracle;
use smartevse_share::oracle::Oracle;
use smartevse_share::share_oracle::ShareOracle;
use smartevse_types::Instant;

use crate::run::Violation;

/// All oracles that watch one station.
#[derive(Debug)]
pub struct Checks {
    charging: Watch,
    regulation: Oracle,
    regulated: Option<Instant>,
    group: GroupOracle<MEMBERS>,
    share: ShareOracle<MEMBERS>,
    judged: u64,
}

impl Checks {
    /// Starts watching a station that starts with this set-up.
    #[must_use]
    pub fn new(setup: &Setup<'_>) -> Self {
        Self {
            charging: Watch::new(setup.facts),
            regulation: Oracle::new(),
            regulated: None,
            group: GroupOracle::new(),
            share: ShareOracle::new(),
            judged: 0,
        }
    }

    /// How often each row of the oracles of a group had something to judge:
    /// regulation (R), power share (I).
    pub fn group_hits(&self) -> impl Iterator<Item = (char, u8, u64)> {
        let regulation = self.group.hits().map(|(number, hits)| ('R', number, hits));
        let share = self.share.hits().map(|(number, hits)| ('I', number, hits));
        regulation.chain(share)
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
        self.check_group(station.manager().judged())?;
        let (status, directive) = (station.status(), station.directive());
        self.charging
            .observe(now, inputs, directive, outputs, &status)
            .map_err(|broken| Violation {
                number: format!("I-{:02}", broken.number),
                what: format!("{} (state {})", broken.text, status.state),
            })
    }

    /// Looks at one cycle of a group: its regulation, then its shares.
    ///
    /// # Errors
    ///
    /// The first invariant that does not hold.
    pub fn check_group(&mut self, judged: &Judged) -> Result<(), Violation> {
        if std::mem::replace(&mut self.judged, judged.number) == judged.number {
            return Ok(());
        }
        if let Some(cycle) = &judged.cycle {
            let verdict = self.group.check(cycle);
            verdict.map_err(|broken| violation("R", &broken))?;
        }
        if let Some(round) = &judged.round {
            let verdict = self.share.check(&round.moment());
            verdict.map_err(|broken| violation("power share I", &broken))?;
        }
        Ok(())
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
            .map_err(|broken| violation("R", &broken))
    }
}

fn violation(of: &str, broken: &smartevse_share::oracle::Violation) -> Violation {
    Violation {
        number: format!("{of}-{:02}", broken.number),
        what: broken.text.to_owned(),
    }
}
