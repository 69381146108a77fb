//! Residual-current monitor over time.

use smartevse_types::{Duration, Instant};

use crate::faults::Faults;
use crate::io::ResidualCurrentInput;

use super::spell::Spell;
use super::step::Seen;

/// Confirmation of a trip (RCM_CONFIRM).
const CONFIRM: Duration = Duration::from_millis(5);
/// The input must have been normal for this long before a reset; also the
/// time that the monitor may take to fall back after its test (§8).
const NORMAL: Duration = Duration::from_secs(1);
/// Window of the limit on resets (§8 rule 2).
const HOUR: Duration = Duration::from_minutes(60);
/// A passed self-test counts for this long, with a margin of one minute (§8).
const TEST_VALID: Duration = Duration::from_minutes(24 * 60 + 1);

/// Residual-current monitor as seen over time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ResidualWatch {
    /// A trip was confirmed and nobody has reset it.
    pub(super) latched: bool,
    /// A press in this poll may clear the latch.
    pub(super) may_reset: bool,
    /// The self-test is running or has just ended.
    pub(super) testing: bool,
    active: Spell,
    normal: Spell,
    test_at: Option<Instant>,
    passed_at: Option<Instant>,
    /// The latest three resets, oldest first.
    resets: [Option<Instant>; 3],
}

impl ResidualWatch {
    /// Takes the inputs of a poll in.
    pub(super) fn update(&mut self, previous: Option<&Seen>, here: &Seen) {
        let now = here.now;
        let level = here.inputs.residual_current;
        let enabled = here.directive.config.residual_current;
        let closed = previous.is_some_and(|seen| seen.closed() || seen.second());
        if previous.is_some_and(|seen| seen.outputs.residual_current_test) {
            // The output was driven until this poll.
            self.test_at = Some(now);
        }
        self.testing = !closed && self.test_at.is_some_and(|at| now.since(at) <= NORMAL);
        self.note_test(previous, here);
        let active = enabled && level != ResidualCurrentInput::Normal && !self.testing;
        self.active.mark(active, now);
        self.normal.mark(level == ResidualCurrentInput::Normal, now);
        let edge = here.inputs.residual_current_edge && level == ResidualCurrentInput::Fault;
        if active && (edge || self.active.length(now) >= CONFIRM) {
            self.latched = true;
        }
        let interval = previous.map_or(Duration::ZERO, |seen| now.since(seen.now));
        let normal = self.normal.since().is_some() && self.normal.length(now) + interval >= NORMAL;
        self.may_reset = previous.is_some_and(|seen| {
            seen.directive.requests.local_reset != here.directive.requests.local_reset
        }) && (normal || !enabled);
        if self.may_reset {
            self.latched = false;
        }
    }

    fn note_test(&mut self, previous: Option<&Seen>, here: &Seen) {
        let driven = previous.is_some_and(|seen| seen.outputs.residual_current_test);
        let reacted = here.inputs.residual_current == ResidualCurrentInput::Fault
            || here.inputs.residual_current_edge;
        if driven && reacted {
            self.passed_at = Some(here.now);
        }
    }

    /// Takes the outputs of a poll in, after they were judged.
    pub(super) fn drive(&mut self, previous: Option<&Seen>, here: &Seen) {
        let tripped = |seen: &Seen| seen.status.local_faults.contains(Faults::RCM_TRIPPED);
        let service = previous.is_some_and(|seen| {
            seen.directive.requests.service_reset != here.directive.requests.service_reset
        });
        if service || !is_limited(here) {
            self.resets = [None; 3];
        }
        if previous.is_some_and(tripped) && !tripped(here) {
            self.resets.rotate_left(1);
            if let Some(latest) = self.resets.last_mut() {
                *latest = Some(here.now);
            }
        }
        if here.outputs.residual_current_test {
            self.test_at = Some(here.now);
        }
    }

    /// Whether the hour holds one reset more (§8 rule 2).
    pub(super) fn has_reset_left(&self, here: &Seen) -> bool {
        let [oldest, ..] = self.resets;
        !is_limited(here) || oldest.is_none_or(|at| here.now.since(at) >= HOUR)
    }

    /// Whether a passed self-test is recent enough.
    pub(super) fn is_tested(&self, now: Instant) -> bool {
        self.passed_at.is_some_and(|at| now.since(at) <= TEST_VALID)
    }
}

/// Only three resets are allowed in one hour.
fn is_limited(here: &Seen) -> bool {
    here.is_fresh() && here.directive.config.limit_residual_resets
}
