//! What the regulator has to know about the installation and its owner.

use smartevse_types::{Amps, DeciAmps, Duration, Minutes, Mode, Watts};

/// Place of this charger in a group (configuration guide: PWR SHARE).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Role {
    /// One charger that regulates for itself.
    #[default]
    StandAlone,
    /// Regulates for a group and guards CIRCUIT in every mode.
    Master,
    /// Never regulates: the master gives the current.
    Node,
}

/// What the second contactor, which switches L2 and L3, does
/// (configuration guide: CONTACT 2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Contact2 {
    /// There is none: the main contactor switches all phases.
    NotPresent,
    /// It stays open: one phase.
    AlwaysOff,
    /// It stays open in Solar.
    SolarOff,
    /// It closes with the main contactor: three phases.
    #[default]
    AlwaysOn,
    /// In Solar the surplus decides.
    Auto,
}

impl Contact2 {
    /// Whether charging uses three phases; `None` = the regulation decides
    /// (regulation 8.1).
    #[must_use]
    pub fn three_phase(self, mode: Mode) -> Option<bool> {
        match self {
            Self::NotPresent | Self::AlwaysOn => Some(true),
            Self::AlwaysOff => Some(false),
            Self::SolarOff => Some(mode != Mode::Solar),
            Self::Auto => None,
        }
    }
}

/// Limit of the average import power in each quarter of an hour
/// (regulation 10.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuarterPeak {
    /// Highest average of a quarter; W.
    pub limit: Watts,
    /// Export does not reduce the consumption of a quarter. Usual: no.
    pub gross: bool,
}

/// Settings that the regulation uses, in the units of the menu.
///
/// Defaults are those of the configuration guide (regulation 1.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// How the current is chosen. Default: Normal (configuration guide: MODE).
    pub mode: Mode,
    /// Limit of the grid connection per phase; A, 10–200, default 25
    /// (configuration guide: MAINS).
    pub mains: Amps,
    /// Lowest current a vehicle accepts per phase; A, 6–16, default 6
    /// (configuration guide: MIN).
    pub min: Amps,
    /// Highest charge current per phase; A, 6–80, default 16
    /// (configuration guide: MAX).
    pub max: Amps,
    /// Limit of the circuit that feeds the chargers, per phase; A, 10–160,
    /// default 25 (configuration guide: CIRCUIT).
    pub circuit: Amps,
    /// Limit on the signed sum of the mains phases; A, 0 = off, 10–600,
    /// default 0 (configuration guide: CAPACITY, decision 14).
    pub capacity: Amps,
    /// Time at MIN above CAPACITY before charging stops; minutes, 0–60,
    /// default 0 = at most 5 s (configuration guide: CAP STOP, decision 61).
    pub cap_stop: Minutes,
    /// Export that starts a charge, sum of phases; A, 0–48, default 4
    /// (configuration guide: START). Used in Solar.
    pub start: Amps,
    /// Time without surplus before a stop; minutes, 0 = never, 1–60,
    /// default 10 (configuration guide: STOP). Used in Solar.
    pub stop: Minutes,
    /// Import accepted while charging, sum of phases; A, 0–48, default 0
    /// (configuration guide: IMPORT). Used in Solar.
    pub import: Amps,
    /// Place in a group. Default: stand-alone (configuration guide: PWR SHARE).
    pub role: Role,
    /// A mains meter is configured. Default: no (configuration guide: MAINS MET).
    pub has_mains_meter: bool,
    /// A meter guards CIRCUIT or measures the charger. Default: no
    /// (configuration guide: EV METER).
    pub has_ev_meter: bool,
    /// CIRCUIT has a meter of its own, which says nothing about the vehicle.
    /// Default: no.
    pub has_circuit_meter: bool,
    /// Normal keeps to MAINS as well. Default: no (decision 12).
    pub normal_respects_mains: bool,
    /// Second contactor. Default: Always On (configuration guide: CONTACT 2).
    pub contact2: Contact2,
    /// Limit of the quarter-hour average. Default: none (regulation 10.3).
    pub quarter: Option<QuarterPeak>,
    /// Parameters of the control laws that are not in the menu.
    pub tuning: RegulationTuning,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::Normal,
            mains: Amps::from_amps(25),
            min: Amps::from_amps(6),
            max: Amps::from_amps(16),
            circuit: Amps::from_amps(25),
            capacity: Amps::ZERO,
            cap_stop: Minutes::ZERO,
            start: Amps::from_amps(4),
            stop: Minutes::from_minutes(10),
            import: Amps::ZERO,
            role: Role::StandAlone,
            has_mains_meter: false,
            has_ev_meter: false,
            has_circuit_meter: false,
            normal_respects_mains: false,
            contact2: Contact2::AlwaysOn,
            quarter: None,
            tuning: RegulationTuning::default(),
        }
    }
}

impl Config {
    /// The lowest current that may be offered: MIN, lowered to MAX where the
    /// two disagree (decision 23), but never below 6 A (IEC 61851-1).
    #[must_use]
    pub fn floor(&self) -> DeciAmps {
        let lowest = Amps::from_amps(6);
        self.min.min(self.max).max(lowest).to_deci()
    }

    /// Whether mains data is needed for charging at all (regulation 2.4).
    #[must_use]
    pub fn needs_mains(&self) -> bool {
        match self.mode {
            Mode::Normal => false,
            Mode::Smart | Mode::Solar => true,
        }
    }

    /// Whether MAINS is guarded (regulation 6.1, decision 12).
    #[must_use]
    pub fn guards_mains(&self) -> bool {
        self.needs_mains() || (self.normal_respects_mains && self.has_mains_meter)
    }

    /// Whether a meter guards CIRCUIT (regulation 6.1).
    #[must_use]
    pub fn guards_circuit(&self) -> bool {
        self.has_ev_meter && (self.needs_mains() || self.role == Role::Master)
    }

    /// Whether the surplus decides the number of phases (regulation 8.3).
    #[must_use]
    pub fn has_auto_phases(&self) -> bool {
        self.contact2 == Contact2::Auto && self.role != Role::Node
    }

    /// Whether Solar imports by design: a charge begins with less surplus than
    /// MIN needs, so it goes on and off while the sun is weak
    /// (regulation 6.5). `phases` are those of the vehicle, 1–3.
    #[must_use]
    pub fn starts_below_min(&self, phases: u8) -> bool {
        let need = self.floor().times(i32::from(phases));
        self.start.to_deci() < need - self.import.to_deci()
    }

    /// Whether CAPACITY is guarded (regulation 10.1).
    #[must_use]
    pub fn guards_capacity(&self) -> bool {
        self.needs_mains() && self.capacity > Amps::ZERO
    }
}

/// Parameters of the control laws, outside the menu (regulation 1.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegulationTuning {
    /// Weight of a new, higher set-point; %, 1–100, default 100 = no
    /// smoothing. Decreases are never smoothed (decision 16).
    pub ema_alpha: u8,
    /// No raise below this room; 0.1 A, 0–50, default 10.
    pub smart_deadband: DeciAmps,
    /// A raise uses the room divided by this; 1–16, default 4.
    pub ramp_divisor: u8,
    /// Hold band of the surplus; 0.1 A, 0–20, default 5. Used in Solar.
    pub solar_deadband: DeciAmps,
    /// No raise so soon after a change; 0–30 s, default 5 s.
    pub settling_window: Duration,
    /// Largest raise in one cycle; 0.1 A, 0 = no limit, default 30.
    pub max_ramp: DeciAmps,
    /// Shortage samples before a stop; 1–50, default 3 (decision 49).
    pub no_current_threshold: u8,
    /// Overload charge per phase during a shortage before a stop; A·s,
    /// default 25 (decision 49).
    pub overload_budget_as: u16,
    /// Sum over the phases that an open grid relay leaves; 0.1 A, default 180
    /// (regulation 11: 4.2 kW).
    pub relay_budget: DeciAmps,
    /// Oldest mains data that may be used; 11–30 s, default 11 s
    /// (configuration guide, decision 56).
    pub mains_timeout: Duration,
    /// Dwell of the start condition; 5–60 s, default 15 s. Used in Solar.
    pub solar_charge_delay: Duration,
    /// Charging time before a stop for lack of sun; 0–600 s, default 60 s.
    /// Used in Solar.
    pub solar_min_run: Duration,
    /// No third phase so soon after a change to one phase; 0–3600 s,
    /// default 300 s. Used in Solar.
    pub phase_holddown: Duration,
    /// Shortage before a fast change to one phase; 10–600 s, default 30 s.
    /// Used in Solar.
    pub phase_severe: Duration,
    /// Plenty before a change to three phases; default 60 s (regulation 8.3).
    /// Used in Solar.
    pub phase_plenty: Duration,
}

impl Default for RegulationTuning {
    fn default() -> Self {
        Self {
            ema_alpha: 100,
            smart_deadband: DeciAmps::from_deci(10),
            ramp_divisor: 4,
            solar_deadband: DeciAmps::from_deci(5),
            settling_window: Duration::from_secs(5),
            max_ramp: DeciAmps::from_deci(30),
            no_current_threshold: 3,
            overload_budget_as: 25,
            relay_budget: DeciAmps::from_deci(180),
            mains_timeout: Duration::from_secs(11),
            solar_charge_delay: Duration::from_secs(15),
            solar_min_run: Duration::from_secs(60),
            phase_holddown: Duration::from_secs(300),
            phase_severe: Duration::from_secs(30),
            phase_plenty: Duration::from_secs(60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_min_exceeds_max_then_the_floor_is_max() {
        let config = Config {
            min: Amps::from_amps(16),
            max: Amps::from_amps(10),
            ..Config::default()
        };
        assert_eq!(config.floor(), DeciAmps::from_deci(100));
    }

    #[test]
    fn when_normal_then_mains_is_guarded_only_on_request() {
        let mut config = Config {
            has_mains_meter: true,
            ..Config::default()
        };
        assert!(!config.guards_mains());
        config.normal_respects_mains = true;
        assert!(config.guards_mains());
        assert!(!config.needs_mains());
    }

    /// Regulation 6.5: a warning instead of an exception.
    #[test]
    fn when_start_is_below_what_min_needs_then_it_is_told() {
        let amps = Amps::from_amps;
        for (start, import, phases, expected) in [
            (4, 0, 1, true),
            (6, 0, 1, false),
            (4, 2, 1, false),
            (6, 0, 3, true),
            (18, 0, 3, false),
        ] {
            let config = Config {
                start: amps(start),
                import: amps(import),
                ..Config::default()
            };
            assert_eq!(config.starts_below_min(phases), expected);
        }
    }

    /// Regulation 8.1, the whole table.
    #[test]
    fn when_the_mode_changes_then_the_phases_follow_contact_2() {
        let rows = [
            (Contact2::NotPresent, [Some(true); 3]),
            (Contact2::AlwaysOff, [Some(false); 3]),
            (Contact2::SolarOff, [Some(true), Some(true), Some(false)]),
            (Contact2::AlwaysOn, [Some(true); 3]),
            (Contact2::Auto, [None; 3]),
        ];
        for (contact2, expected) in rows {
            let modes = [Mode::Normal, Mode::Smart, Mode::Solar];
            assert_eq!(modes.map(|mode| contact2.three_phase(mode)), expected);
        }
    }
}
