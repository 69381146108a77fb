//! Values that somebody sends instead of a meter (API feed, id 9).
//!
//! The text of REST and MQTT is taken apart elsewhere; here are the limits of
//! each value, what "not given" means and how long a value lives (meters
//! specification §9.1).

use core::fmt;

use smartevse_types::{DeciAmps, Duration, Instant, Latest, PerPhase, Reading, WattHours, Watts};

/// How old a mains reading may be: 11 s (configuration guide; decision 56).
pub const MAINS_MAX_AGE: Duration = Duration::from_secs(11);
/// How old an EV reading may be: 64 s (meters specification §10).
pub const EV_MAX_AGE: Duration = Duration::from_secs(64);
/// How old a reading of a circuit meter may be: 11 s (decisions 13 and 38; meters
/// specification §10).
pub const CIRCUIT_MAX_AGE: Duration = Duration::from_secs(11);

/// Reason why a feed is refused as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FeedError {
    /// A value is outside its limits.
    OutOfRange,
    /// The message was kept by a broker and may be of any age.
    Retained,
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfRange => "value outside its limits",
            Self::Retained => "retained message of unknown age",
        })
    }
}

impl core::error::Error for FeedError {}

/// Which meter a feed stands for; decides limits and age.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FeedRole {
    /// Mains: −1999…1999 dA per phase, stale after 11 s.
    Mains,
    /// EV: 0…999 dA per phase, stale after 64 s.
    Ev,
    /// A separate meter of the circuit: −1999…1999 dA per phase, stale after 11 s.
    Circuit,
}

impl FeedRole {
    /// How old currents may become.
    #[must_use]
    pub const fn max_age(self) -> Duration {
        match self {
            Self::Mains => MAINS_MAX_AGE,
            Self::Ev => EV_MAX_AGE,
            Self::Circuit => CIRCUIT_MAX_AGE,
        }
    }

    /// Smallest and largest current of a phase in dA, "not given" included.
    const fn current_limits(self) -> (i32, i32) {
        match self {
            Self::Mains | Self::Circuit => (-1999, 1999),
            Self::Ev => (NOT_GIVEN as i32, 999),
        }
    }

    /// Largest power in W.
    const fn max_power(self) -> i64 {
        match self {
            Self::Mains | Self::Circuit => 200_000,
            Self::Ev => 100_000,
        }
    }
}

/// What stands for "not given" in an EV current, a power or an energy.
const NOT_GIVEN: i64 = -1;
/// Largest energy in Wh.
const MAX_ENERGY: i64 = 1_000_000_000;

/// One message as numbers, before its plausibility is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FeedMessage {
    /// Phase currents in dA, if the message has them.
    pub currents_da: Option<[i32; 3]>,
    /// Total power in W; −1 = not given.
    pub power_w: Option<i64>,
    /// Imported energy in Wh; −1 = not given.
    pub import_wh: Option<i64>,
    /// Exported energy in Wh; −1 = not given.
    pub export_wh: Option<i64>,
    /// Whether a broker had kept the message.
    pub retained: bool,
}

/// A plausible message: what it says and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FeedUpdate {
    /// Phase currents; positive = import or charging.
    pub currents: Option<PerPhase<DeciAmps>>,
    /// Total power.
    pub power: Option<Watts>,
    /// Imported energy.
    pub import: Option<WattHours>,
    /// Exported energy.
    pub export: Option<WattHours>,
}

impl FeedMessage {
    /// Checks a message for its role.
    ///
    /// # Errors
    ///
    /// [`FeedError::Retained`] and [`FeedError::OutOfRange`]; then no part of
    /// the message is used.
    pub fn check(&self, role: FeedRole) -> Result<FeedUpdate, FeedError> {
        if self.retained {
            return Err(FeedError::Retained);
        }
        let power = given(self.power_w, role.max_power())?;
        let power = power.map(|w| Watts::from_watts(i32::try_from(w).unwrap_or(i32::MAX)));
        Ok(FeedUpdate {
            currents: self.checked_currents(role)?,
            power,
            import: given(self.import_wh, MAX_ENERGY)?.map(WattHours::from_wh),
            export: given(self.export_wh, MAX_ENERGY)?.map(WattHours::from_wh),
        })
    }

    fn checked_currents(&self, role: FeedRole) -> Result<Option<PerPhase<DeciAmps>>, FeedError> {
        let Some(currents) = self.currents_da else {
            return Ok(None);
        };
        let (low, high) = role.current_limits();
        if !currents.iter().all(|da| (low..=high).contains(da)) {
            return Err(FeedError::OutOfRange);
        }
        let skipped = role == FeedRole::Ev && currents.iter().any(|da| *da < 0);
        Ok((!skipped).then(|| PerPhase::new(currents).map(DeciAmps::from_deci)))
    }
}

fn given(value: Option<i64>, max: i64) -> Result<Option<i64>, FeedError> {
    match value {
        None | Some(NOT_GIVEN) => Ok(None),
        Some(value) if (0..=max).contains(&value) => Ok(Some(value)),
        Some(_) => Err(FeedError::OutOfRange),
    }
}

/// The latest values of one fed meter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Feed {
    role: FeedRole,
    currents: Latest<PerPhase<DeciAmps>>,
    power: Latest<Watts>,
    import: Latest<WattHours>,
    export: Latest<WattHours>,
}

impl Feed {
    /// A feed that has not said anything yet.
    #[must_use]
    pub const fn new(role: FeedRole) -> Self {
        Self {
            role,
            currents: Latest::NEVER,
            power: Latest::NEVER,
            import: Latest::NEVER,
            export: Latest::NEVER,
        }
    }

    /// Takes a message that arrived at `at`.
    ///
    /// Only currents keep the meter alive. An imported energy without an
    /// exported one sets the exported energy to 0, as the old interface does.
    ///
    /// # Errors
    ///
    /// As [`FeedMessage::check`]; nothing changes then.
    pub fn receive(&mut self, message: &FeedMessage, at: Instant) -> Result<FeedUpdate, FeedError> {
        let mut update = message.check(self.role)?;
        if update.import.is_some() && update.export.is_none() {
            update.export = Some(WattHours::ZERO);
        }
        if let Some(currents) = update.currents {
            self.currents.update(currents, at);
        }
        if let Some(power) = update.power {
            self.power.update(power, at);
        }
        if let Some(import) = update.import {
            self.import.update(import, at);
        }
        if let Some(export) = update.export {
            self.export.update(export, at);
        }
        Ok(update)
    }

    /// Phase currents: stale after [`FeedRole::max_age`].
    #[must_use]
    pub fn currents(&self, now: Instant) -> Reading<PerPhase<DeciAmps>> {
        self.currents.reading(now, self.role.max_age())
    }

    /// Total power: stale after [`FeedRole::max_age`].
    #[must_use]
    pub fn power(&self, now: Instant) -> Reading<Watts> {
        self.power.reading(now, self.role.max_age())
    }

    /// Imported energy, of any age: a counter stays where it was.
    #[must_use]
    pub fn import(&self) -> Option<WattHours> {
        self.import.sample().map(|sample| sample.value)
    }

    /// Exported energy, of any age.
    #[must_use]
    pub fn export(&self) -> Option<WattHours> {
        self.export.sample().map(|sample| sample.value)
    }

    /// When the currents become stale unless a new message comes.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        match self.currents.sample() {
            Some(sample) => sample.at + self.role.max_age() + Duration::from_micros(1),
            None => Instant::FAR_FUTURE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currents(values: [i32; 3]) -> FeedMessage {
        FeedMessage {
            currents_da: Some(values),
            ..FeedMessage::default()
        }
    }

    /// meters 9.1
    #[test]
    fn when_currents_pass_their_limits_then_the_message_is_refused() {
        for (role, values, fits) in [
            (FeedRole::Mains, [1999, -1999, 0], true),
            (FeedRole::Mains, [2000, 0, 0], false),
            (FeedRole::Mains, [0, 0, -2000], false),
            (FeedRole::Ev, [999, 0, 0], true),
            (FeedRole::Ev, [1000, 0, 0], false),
            (FeedRole::Ev, [0, -2, 0], false),
            (FeedRole::Circuit, [1999, -1999, -1], true),
            (FeedRole::Circuit, [0, 2000, 0], false),
        ] {
            assert_eq!(currents(values).check(role).is_ok(), fits, "{values:?}");
        }
    }

    /// meters 9.1: −1 means "not given"
    #[test]
    fn when_an_ev_current_is_not_given_then_only_the_rest_is_used() {
        let message = FeedMessage {
            power_w: Some(2300),
            import_wh: Some(50),
            ..currents([100, -1, -1])
        };
        let mut feed = Feed::new(FeedRole::Ev);
        let update = feed.receive(&message, Instant::from_secs(1)).unwrap();
        assert_eq!(update.currents, None);
        assert_eq!(feed.currents(Instant::from_secs(1)), Reading::Never);
        assert_eq!(feed.import(), Some(WattHours::from_wh(50)));
        assert_eq!(feed.export(), Some(WattHours::ZERO));
    }

    /// meters 9.1, decision 56
    #[test]
    fn when_only_power_comes_then_the_currents_become_stale() {
        let mut feed = Feed::new(FeedRole::Mains);
        let export = currents([-50, 0, 10]);
        feed.receive(&export, Instant::from_secs(10)).unwrap();
        let power = FeedMessage {
            power_w: Some(1000),
            ..FeedMessage::default()
        };
        feed.receive(&power, Instant::from_secs(20)).unwrap();
        assert!(feed.currents(Instant::from_secs(21)).is_fresh());
        assert!(!feed.currents(feed.deadline()).is_fresh());
        assert!(feed.power(feed.deadline()).is_fresh());
    }

    /// meters 9.1 and 10; decisions 13 and 38: a circuit meter keeps its sign and lives 11 s
    #[test]
    fn when_a_circuit_meter_exports_then_its_reading_counts_and_becomes_stale() {
        let mut feed = Feed::new(FeedRole::Circuit);
        let at = Instant::from_secs(5);
        let update = feed.receive(&currents([-1, 120, -40]), at).unwrap();
        assert_eq!(
            update.currents,
            Some(PerPhase::new([-1, 120, -40]).map(DeciAmps::from_deci))
        );
        assert!(feed.currents(at + CIRCUIT_MAX_AGE).is_fresh());
        assert!(!feed.currents(feed.deadline()).is_fresh());
    }

    /// meters 9.1
    #[test]
    fn when_a_message_was_retained_then_it_is_refused() {
        let mut feed = Feed::new(FeedRole::Mains);
        let mut old = currents([1, 2, 3]);
        old.retained = true;
        let refused = feed.receive(&old, Instant::from_secs(1));
        assert_eq!(refused, Err(FeedError::Retained));
        assert_eq!(feed, Feed::new(FeedRole::Mains));
    }
}
