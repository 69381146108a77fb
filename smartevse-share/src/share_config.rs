//! Settings and inputs of the scheduler.

use core::fmt;

use smartevse_types::{DeciAmps, Duration, Instant, Latest, Minutes, Mode};

use crate::allocate::Share;
use crate::limit::Place;

/// Order in which EVSEs are served (configuration guide: PRIORITY).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Priority {
    /// By address: Master, Node 1, Node 2, …
    #[default]
    ModbusAddress,
    /// The one that was plugged in first.
    FirstConnected,
    /// The one that was plugged in last.
    LastConnected,
}

/// When an EVSE that was paused for lack of current may resume (power share
/// 8.3, decisions 7 and 33).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AntiFlap {
    /// The limits must exceed the need by this; 0.1 A, default 5.
    pub margin: DeciAmps,
    /// For this long; default 6 s.
    pub hold: Duration,
    /// Shortest pause, the hold time runs inside it; default 15 s.
    pub min_pause: Duration,
}

impl AntiFlap {
    /// As the guide describes it: no margin, no waiting.
    pub const DOCUMENTED: Self = Self {
        margin: DeciAmps::ZERO,
        hold: Duration::ZERO,
        min_pause: Duration::ZERO,
    };
}

impl Default for AntiFlap {
    /// 0.5 A for 6 s, pauses of at least 15 s (decision 7).
    fn default() -> Self {
        Self {
            margin: DeciAmps::from_deci(5),
            hold: Duration::from_secs(6),
            min_pause: Duration::from_secs(15),
        }
    }
}

/// Settings of the scheduler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShareConfig {
    /// Mode of the group; Solar adds the warm-up at MIN. Default: Normal.
    pub mode: Mode,
    /// Order of the EVSEs. Default: by address (configuration guide: PRIORITY).
    pub priority: Priority,
    /// Time after which an EVSE hands over to the next one; minutes, 0 = never,
    /// 30–1440, default 0 (configuration guide: ROTATION).
    pub rotation: Minutes,
    /// Time without current after which an EVSE hands over, and the shortest
    /// time between two voluntary changes; 30–300 s, default 60 s
    /// (configuration guide: IDLE TMO).
    pub idle_tmo: Duration,
    /// Restart conditions after a pause. Default: [`AntiFlap::default`].
    pub anti_flap: AntiFlap,
    /// How the current above the minima is shared. Default: equally.
    pub share: Share,
    /// Whoever waits does not begin while somebody is served. Default: no; the
    /// regulation says so while surplus has not lasted
    /// ([`Plan::hold_joins`](crate::Plan)).
    pub hold_joins: bool,
    /// What a vehicle leaves unused for 20 s goes to the others. Default: no
    /// (power share 7, use it or lose it).
    pub lend_unused: bool,
}

impl Default for ShareConfig {
    fn default() -> Self {
        Self {
            mode: Mode::Normal,
            priority: Priority::ModbusAddress,
            rotation: Minutes::ZERO,
            idle_tmo: Duration::from_secs(60),
            anti_flap: AntiFlap::default(),
            share: Share::Equal,
            hold_joins: false,
            lend_unused: false,
        }
    }
}

/// A setting of the scheduler that is out of its range.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum OutOfRange {
    /// ROTATION is neither 0 nor 30–1440 minutes.
    Rotation,
    /// IDLE TMO is not 30–300 s.
    IdleTmo,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rotation => "ROTATION must be 0 or 30 to 1440 minutes",
            Self::IdleTmo => "IDLE TMO must be 30 to 300 seconds",
        })
    }
}

impl core::error::Error for OutOfRange {}

impl ShareConfig {
    /// The same settings with another ROTATION; values out of range are
    /// refused, not clamped (power share 2).
    ///
    /// # Errors
    ///
    /// [`OutOfRange::Rotation`].
    pub fn with_rotation(self, rotation: Minutes) -> Result<Self, OutOfRange> {
        match rotation.as_minutes() {
            0 | 30..=1440 => Ok(Self { rotation, ..self }),
            _ => Err(OutOfRange::Rotation),
        }
    }

    /// The same settings with another IDLE TMO; values out of range are
    /// refused, not clamped (power share 2).
    ///
    /// # Errors
    ///
    /// [`OutOfRange::IdleTmo`].
    pub fn with_idle_tmo(self, seconds: u16) -> Result<Self, OutOfRange> {
        match seconds {
            30..=300 => Ok(Self {
                idle_tmo: Duration::from_secs(u64::from(seconds)),
                ..self
            }),
            _ => Err(OutOfRange::IdleTmo),
        }
    }

    /// ROTATION as a span; zero = never.
    #[must_use]
    pub fn rotation_time(&self) -> Duration {
        Duration::from_minutes(u64::from(self.rotation.as_minutes()))
    }
}

/// What is known about the contactor of an EVSE.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Contactor {
    /// Open, and nothing is under way: states A, B, B1.
    Open,
    /// Open at last sight, but the EVSE asks or was allowed to close it; also
    /// an unknown state.
    #[default]
    Asking,
    /// Closed: states C and C1.
    Closed,
}

/// What the scheduler has to know about one EVSE.
///
/// The default is an EVSE that never answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShareView {
    /// It answers, or it is the master's own EVSE.
    pub online: bool,
    /// A vehicle is plugged in (any state but A).
    pub connected: bool,
    /// It is authorised, has no fault of its own, and its vehicle asked for
    /// current; stays true during a pause (power share 8.1).
    pub wants: bool,
    /// Its contactor at last sight.
    pub contactor: Contactor,
    /// When this was seen: moment of its last answer.
    pub seen_at: Instant,
    /// The set-point that it says it has; 0.1 A.
    pub reported: Option<DeciAmps>,
    /// Lowest current it may be given; 0.1 A, at least 60, default 60
    /// (decision 10).
    pub min: DeciAmps,
    /// Lowest of MAX, cable rating and other limits of this EVSE; 0.1 A,
    /// 0–800, default 0.
    pub cap: DeciAmps,
    /// Weight of its share; 1–255, default 1.
    pub weight: u8,
    /// Where it is connected.
    pub place: Place,
    /// Its own measured current, the highest phase; 0.1 A.
    pub measured: Latest<DeciAmps>,
}

impl ShareView {
    /// An EVSE that never answered.
    pub const UNKNOWN: Self = Self {
        online: false,
        connected: false,
        wants: false,
        contactor: Contactor::Asking,
        seen_at: Instant::ZERO,
        reported: None,
        min: LOWEST,
        cap: DeciAmps::ZERO,
        weight: 1,
        place: Place::ALL,
        measured: Latest::NEVER,
    };
}

impl Default for ShareView {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

/// The views in order of the index, then unknown ones without end.
pub(crate) fn padded(views: &[ShareView]) -> impl Iterator<Item = &ShareView> + Clone {
    views.iter().chain(core::iter::repeat(&ShareView::UNKNOWN))
}

/// Lowest current that a pilot can announce: 6 A (IEC 61851-1).
pub(crate) const LOWEST: DeciAmps = DeciAmps::from_deci(60);
/// Highest set-point of one EVSE: 80 A (decision 15).
pub(crate) const HIGHEST: DeciAmps = DeciAmps::from_deci(800);

impl ShareView {
    /// Lowest current it may be given, never below 6 A.
    #[must_use]
    pub fn floor(&self) -> DeciAmps {
        self.min.max(LOWEST)
    }

    /// Highest current it may be given, never above 80 A.
    #[must_use]
    pub fn ceiling(&self) -> DeciAmps {
        self.cap.min(HIGHEST)
    }

    /// Whether it takes part in the scheduling.
    #[must_use]
    pub fn is_wanting(&self) -> bool {
        self.online && self.connected && self.wants
    }

    /// Whether it could be served at all: it wants and its cap reaches MIN.
    #[must_use]
    pub fn is_candidate(&self) -> bool {
        self.is_wanting() && self.ceiling() >= self.floor()
    }
}

/// Set-points that have left the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrdersSent<'a> {
    /// When they were sent.
    pub at: Instant,
    /// The set-point of each EVSE in the telegram; 0.1 A.
    pub currents: &'a [DeciAmps],
}

#[cfg(test)]
mod tests {
    use super::*;

    /// I-17: ROTATION 1–29 is refused, not clamped.
    #[test]
    fn when_out_of_range_then_a_setting_is_refused() {
        let config = ShareConfig::default();
        for minutes in [0, 30, 1440] {
            let set = config
                .with_rotation(Minutes::from_minutes(minutes))
                .unwrap();
            assert_eq!(set.rotation.as_minutes(), minutes);
        }
        for minutes in [1, 29, 1441] {
            let refused = config.with_rotation(Minutes::from_minutes(minutes));
            assert_eq!(refused, Err(OutOfRange::Rotation));
        }
        for (seconds, ok) in [(29, false), (30, true), (300, true), (301, false)] {
            assert_eq!(config.with_idle_tmo(seconds).is_ok(), ok);
        }
        assert_eq!(config.rotation_time(), Duration::ZERO);
    }
}
