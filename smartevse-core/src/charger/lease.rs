//! The directive as far as it is valid (design: lease of one second).

use smartevse_types::{Access, Amps, Celsius, Instant};

use super::agenda::Agenda;
use super::timing::START_DELAY_MAX;
use crate::directive::{
    ChargerConfig, DIRECTIVE_LEASE, Directive, Handshake, PowerGrant, Requests,
};
use crate::faults::Faults;

/// Faults that planning or a master may impose; the others belong to this
/// charger alone.
const IMPOSED: Faults = Faults::LESS_6A
    .union(Faults::CT_NOCOMM)
    .union(Faults::EV_NOCOMM)
    .union(Faults::NO_SUN)
    .union(Faults::TEST_IO)
    .union(Faults::BL_FLASH)
    .union(Faults::STORAGE_FAULT);

/// Requests that are new in this poll.
#[derive(Clone, Copy, Debug, Default)]
pub struct News {
    pub local_reset: bool,
    pub service_reset: bool,
    pub clear_delay: bool,
    pub button_stop: bool,
    pub start: bool,
    pub safe_restart: bool,
    /// Access became On.
    pub access_on: bool,
}

/// What planning wants, or the safe substitute once the lease is over.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    wish: Directive,
    valid: bool,
    seen: Option<Requests>,
    pub news: News,
}

impl Lease {
    pub fn new() -> Self {
        Self {
            wish: Directive {
                config: sane(ChargerConfig::default()),
                ..Directive::default()
            },
            valid: false,
            seen: None,
            news: News::default(),
        }
    }

    /// Takes the directive of this poll. `may_rewire` = CONFIG and LOCK may
    /// change now (I-32).
    pub fn update(&mut self, directive: &Directive, may_rewire: bool, agenda: &mut Agenda) {
        self.news = News::default();
        self.valid = directive
            .issued
            .is_some_and(|issued| is_valid(issued, agenda));
        if !self.valid {
            self.expire();
            return;
        }
        let access_before = self.wish.access;
        let config = self.adopted(directive.config, may_rewire);
        self.note_requests(directive.requests);
        self.news.access_on = directive.access == Access::On && access_before != Access::On;
        let faults = directive.faults & IMPOSED;
        self.wish = Directive {
            config,
            faults,
            ..*directive
        };
    }

    /// Nothing is granted any more; settings and the lock stay as they were.
    fn expire(&mut self) {
        self.wish.grant = PowerGrant::default();
        self.wish.faults = Faults::empty();
        self.wish.reason = None;
        self.wish.duty_override = None;
        if self.wish.handshake != Handshake::NotNeeded {
            self.wish.handshake = Handshake::Waiting;
        }
    }

    fn adopted(&self, config: ChargerConfig, may_rewire: bool) -> ChargerConfig {
        let config = sane(config);
        if may_rewire || self.seen.is_none() {
            return config;
        }
        let old = self.wish.config;
        ChargerConfig {
            cable: old.cable,
            lock: old.lock,
            ..config
        }
    }

    fn note_requests(&mut self, now: Requests) {
        if let Some(seen) = self.seen {
            self.news.local_reset = seen.local_reset != now.local_reset;
            self.news.service_reset = seen.service_reset != now.service_reset;
            self.news.clear_delay = seen.clear_delay != now.clear_delay;
            self.news.button_stop = seen.button_stop != now.button_stop;
            self.news.start = seen.start != now.start;
            self.news.safe_restart = seen.safe_restart != now.safe_restart;
        }
        self.seen = Some(now);
    }

    /// The directive; while it is expired it grants nothing.
    pub const fn wish(&self) -> &Directive {
        &self.wish
    }

    pub const fn config(&self) -> &ChargerConfig {
        &self.wish.config
    }

    pub const fn is_valid(&self) -> bool {
        self.valid
    }

    /// Planning is alive and access is on.
    pub fn has_access(&self) -> bool {
        self.valid && self.wish.access == Access::On
    }

    pub fn is_node(&self) -> bool {
        self.wish.handshake != Handshake::NotNeeded
    }
}

/// A directive from the future is as wrong as one from the past.
fn is_valid(issued: Instant, agenda: &mut Agenda) -> bool {
    agenda.reached(issued - DIRECTIVE_LEASE) && !agenda.reached(issued + DIRECTIVE_LEASE)
}

/// Figures inside the ranges that the rules are proven for, whoever sent them.
fn sane(config: ChargerConfig) -> ChargerConfig {
    let max = config.max.min(Amps::from_amps(80));
    let highest_min = max.clamp(Amps::from_amps(6), Amps::from_amps(16));
    let hot = config
        .max_temperature
        .clamp(Celsius::from_celsius(40), Celsius::from_celsius(75));
    ChargerConfig {
        min: config.min.clamp(Amps::from_amps(6), highest_min),
        max,
        max_temperature: hot,
        start_delay: config.start_delay.min(START_DELAY_MAX),
        ..config
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{CableKind, LockKind};

    fn issued(millis: u64) -> Directive {
        Directive {
            issued: Some(Instant::from_millis(millis)),
            access: Access::On,
            ..Directive::default()
        }
    }

    fn at(lease: &mut Lease, millis: u64, directive: &Directive) {
        lease.update(
            directive,
            false,
            &mut Agenda::new(Instant::from_millis(millis)),
        );
    }

    #[test]
    fn when_a_directive_is_one_second_old_then_it_grants_nothing() {
        let mut lease = Lease::new();
        at(&mut lease, 999, &issued(0));
        assert!(lease.has_access());
        at(&mut lease, 1_000, &issued(0));
        assert!(!lease.is_valid() && !lease.has_access());
    }

    #[test]
    fn when_a_directive_comes_from_the_future_then_it_is_not_valid() {
        let mut lease = Lease::new();
        at(&mut lease, 0, &issued(1_001));
        assert!(!lease.is_valid());
        at(&mut lease, 0, &Directive::default());
        assert!(!lease.is_valid());
    }

    /// Skip contract: the moment at which it becomes valid is a deadline.
    #[test]
    fn when_a_directive_comes_from_the_future_then_its_time_is_awaited() {
        let mut lease = Lease::new();
        let mut agenda = Agenda::new(Instant::ZERO);
        lease.update(&issued(1_001), false, &mut agenda);
        assert_eq!(agenda.next(), Instant::from_millis(1));
        at(&mut lease, 1, &issued(1_001));
        assert!(lease.is_valid());
    }

    #[test]
    fn when_the_first_directive_comes_then_its_counters_are_adopted() {
        let mut lease = Lease::new();
        let mut directive = issued(0);
        directive.requests.button_stop = 9;
        at(&mut lease, 0, &directive);
        assert!(!lease.news.button_stop);
        directive.requests.button_stop = 8;
        at(&mut lease, 10, &directive);
        assert!(lease.news.button_stop);
        at(&mut lease, 20, &directive);
        assert!(!lease.news.button_stop);
    }

    /// I-32
    #[test]
    fn when_a_vehicle_is_connected_then_config_waits() {
        let mut lease = Lease::new();
        let mut directive = issued(0);
        at(&mut lease, 0, &directive);
        directive.config.cable = CableKind::Fixed;
        at(&mut lease, 10, &directive);
        assert_eq!(lease.config().cable, CableKind::Socket);
        lease.update(&directive, true, &mut Agenda::new(Instant::from_millis(20)));
        assert_eq!(lease.config().cable, CableKind::Fixed);
    }

    #[test]
    fn when_figures_are_out_of_range_then_they_are_clamped() {
        let config = sane(ChargerConfig {
            min: Amps::from_amps(40),
            max: Amps::from_amps(10),
            max_temperature: Celsius::from_celsius(200),
            ..ChargerConfig::default()
        });
        assert_eq!(config.min, Amps::from_amps(10));
        assert_eq!(config.max_temperature, Celsius::from_celsius(75));
    }

    /// charging 3.1, I-23: nobody imposes or clears what this charger found.
    #[test]
    fn when_a_local_fault_is_imposed_then_it_is_ignored() {
        let mut lease = Lease::new();
        let imposed = Directive {
            faults: Faults::all(),
            ..issued(0)
        };
        at(&mut lease, 0, &imposed);
        let local = Faults::TEMP_HIGH
            | Faults::RCM_TRIPPED
            | Faults::RCM_TEST
            | Faults::PILOT_FAULT
            | Faults::CABLE_FAULT
            | Faults::LOCK_FAULT
            | Faults::CONTACTOR_FAULT
            | Faults::SENSOR_FAULT;
        assert_eq!(lease.wish().faults, Faults::all().difference(local));
    }

    /// charging 2.5-9: access that becomes On is news once.
    #[test]
    fn when_access_becomes_on_then_it_is_news_once() {
        let mut lease = Lease::new();
        let news = [
            (Access::Off, false),
            (Access::On, true),
            (Access::On, false),
            (Access::Pause, false),
            (Access::Off, false),
            (Access::On, true),
        ];
        for (access, expected) in news {
            let directive = Directive {
                access,
                ..issued(0)
            };
            at(&mut lease, 0, &directive);
            assert_eq!(lease.news.access_on, expected, "{access:?}");
        }
    }

    /// I-31: a grant does not outlive its directive; a charger that has to ask
    /// nobody does not become a node.
    #[test]
    fn when_the_lease_ends_then_no_grant_remains() {
        for (given, left) in [
            (Handshake::NotNeeded, Handshake::NotNeeded),
            (Handshake::Waiting, Handshake::Waiting),
            (Handshake::GrantedB, Handshake::Waiting),
            (Handshake::GrantedC, Handshake::Waiting),
        ] {
            let mut lease = Lease::new();
            let directive = Directive {
                handshake: given,
                ..issued(0)
            };
            at(&mut lease, 0, &directive);
            at(&mut lease, 1_000, &directive);
            assert_eq!(lease.wish().handshake, left);
            assert_eq!(lease.is_node(), given != Handshake::NotNeeded);
        }
    }

    /// I-32
    #[test]
    fn when_a_vehicle_is_connected_then_lock_waits() {
        let mut lease = Lease::new();
        let mut directive = issued(0);
        at(&mut lease, 0, &directive);
        directive.config.lock = LockKind::Motor;
        at(&mut lease, 10, &directive);
        assert_eq!(lease.config().lock, LockKind::Disabled);
        lease.update(&directive, true, &mut Agenda::new(Instant::from_millis(20)));
        assert_eq!(lease.config().lock, LockKind::Motor);
    }

    /// I-05: no figure above what a pulse width can say.
    #[test]
    fn when_max_is_too_high_then_80_a() {
        let config = sane(ChargerConfig {
            min: Amps::from_amps(0),
            max: Amps::from_amps(200),
            max_temperature: Celsius::from_celsius(-20),
            ..ChargerConfig::default()
        });
        assert_eq!(config.max, Amps::from_amps(80));
        assert_eq!(config.min, Amps::from_amps(6));
        assert_eq!(config.max_temperature, Celsius::from_celsius(40));
    }
}
