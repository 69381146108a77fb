//! Cable lock: pulses, retries, guard against unlocking under load (charging
//! specification §5).

use smartevse_types::Instant;

use super::agenda::{Agenda, Hold};
use super::timing::{LOCK_LOST, LOCK_PULSE, LOCK_PULSES, LOCK_RETRY, LOCK_RETRY_SLOW};
use crate::directive::LockWish;
use crate::faults::Faults;
use crate::io::{HardwareFaults, Inputs, LockDrive, LockFeedback};

/// Where the lock shall be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Target {
    Locked,
    Unlocked,
}

/// What the lock depends on.
#[derive(Clone, Copy, Debug)]
pub struct LockContext {
    /// A lock is configured, and the charger is past its start-up.
    pub active: bool,
    pub wish: LockWish,
    /// A vehicle is connected.
    pub vehicle: bool,
    pub mains_lost: bool,
    /// Both contactors are open long enough, and read open.
    pub may_unlock: bool,
    /// Energy flows.
    pub charging: bool,
}

/// Drives the cable lock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lock {
    target: Option<Target>,
    /// Start of the latest pulse.
    pulse: Option<Instant>,
    pulses: u8,
    /// The position was reached, or without feedback the pulse is complete.
    confirmed: bool,
    lost: Hold,
    lost_under_load: bool,
    driving: bool,
}

impl Lock {
    /// Follows the wish as far as the guard allows.
    pub fn update(&mut self, inputs: &Inputs, context: LockContext, agenda: &mut Agenda) {
        if !context.active {
            *self = Self::default();
            return;
        }
        let target = self.allowed(context);
        if target != self.target {
            *self = Self {
                target,
                ..Self::default()
            };
        }
        if let Some(target) = target {
            self.drive_to(target, inputs, agenda);
            self.note_lost(inputs, context, agenda);
        }
    }

    /// Unlocking waits for open contactors (I-16); before anything is known
    /// nothing moves.
    fn allowed(&self, context: LockContext) -> Option<Target> {
        let wanted = match context.wish {
            LockWish::Keep => Target::Locked,
            LockWish::Auto if context.vehicle && !context.mains_lost => Target::Locked,
            LockWish::Auto | LockWish::Release => Target::Unlocked,
        };
        if wanted == Target::Unlocked && !context.may_unlock {
            return self.target.filter(|target| *target == Target::Locked);
        }
        Some(wanted)
    }

    fn drive_to(&mut self, target: Target, inputs: &Inputs, agenda: &mut Agenda) {
        let Some(since) = self.pulse else {
            self.start_pulse(agenda);
            return;
        };
        self.driving = !agenda.reached(since + LOCK_PULSE);
        let refused = inputs.hardware.contains(HardwareFaults::LOCK);
        self.confirmed = !refused
            && match inputs.lock {
                LockFeedback::NotFitted => self.confirmed || !self.driving,
                LockFeedback::Unknown => false,
                LockFeedback::Unlocked => target == Target::Unlocked,
                LockFeedback::Locked => target == Target::Locked,
            };
        if self.confirmed {
            self.pulses = self.pulses.min(1);
        } else if agenda.reached(since + self.retry_after()) {
            self.start_pulse(agenda);
        }
    }

    const fn retry_after(&self) -> smartevse_types::Duration {
        if self.pulses < LOCK_PULSES {
            LOCK_RETRY
        } else {
            LOCK_RETRY_SLOW
        }
    }

    fn start_pulse(&mut self, agenda: &mut Agenda) {
        self.pulse = Some(agenda.now());
        self.pulses = self
            .pulses
            .saturating_add(1)
            .min(LOCK_PULSES.saturating_add(1));
        self.driving = true;
        agenda.again();
    }

    fn note_lost(&mut self, inputs: &Inputs, context: LockContext, agenda: &mut Agenda) {
        let loose = context.charging
            && self.target == Some(Target::Locked)
            && inputs.lock != LockFeedback::NotFitted
            && !self.confirmed;
        let lost = self.lost.holds_for(loose, LOCK_LOST, agenda);
        self.lost_under_load = !self.confirmed && (lost || self.lost_under_load);
    }

    /// Whether the cable is held as far as anybody can tell.
    pub fn is_locked(&self) -> bool {
        self.target == Some(Target::Locked) && self.confirmed
    }

    /// What drives the actuator.
    pub fn drive(&self) -> LockDrive {
        match self.target {
            Some(Target::Locked) if self.driving => LockDrive::Lock,
            Some(Target::Unlocked) if self.driving => LockDrive::Unlock,
            Some(Target::Locked | Target::Unlocked) | None => LockDrive::Off,
        }
    }

    /// The position was not reached with all retries, or was left under load.
    pub fn faults(&self, vehicle: bool, agenda: &mut Agenda) -> Faults {
        let exhausted = !self.confirmed
            && (self.pulses > LOCK_PULSES
                || (self.pulses == LOCK_PULSES
                    && self
                        .pulse
                        .is_some_and(|since| agenda.reached(since + LOCK_RETRY))));
        let mut faults = Faults::empty();
        faults.set(
            Faults::LOCK_FAULT,
            vehicle && (exhausted || self.lost_under_load),
        );
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        lock: Lock,
        context: LockContext,
    }

    impl Bench {
        fn new() -> Self {
            let context = LockContext {
                active: true,
                wish: LockWish::Auto,
                vehicle: true,
                mains_lost: false,
                may_unlock: true,
                charging: false,
            };
            Self {
                lock: Lock::default(),
                context,
            }
        }

        fn at(&mut self, millis: u64, lock: LockFeedback) -> LockDrive {
            let inputs = Inputs {
                lock,
                ..Inputs::default()
            };
            let mut agenda = Agenda::new(Instant::from_millis(millis));
            self.lock.update(&inputs, self.context, &mut agenda);
            self.lock.drive()
        }

        fn faulty(&self, millis: u64) -> bool {
            let mut agenda = Agenda::new(Instant::from_millis(millis));
            !self.lock.faults(true, &mut agenda).is_empty()
        }
    }

    use LockFeedback::{Locked, NotFitted, Unlocked};

    /// charging 5.2, 5.5: without feedback one complete pulse counts.
    #[test]
    fn when_a_vehicle_comes_then_one_pulse_of_600_ms() {
        let mut bench = Bench::new();
        assert_eq!(bench.at(0, NotFitted), LockDrive::Lock);
        assert_eq!(bench.at(590, NotFitted), LockDrive::Lock);
        assert!(!bench.lock.is_locked());
        assert_eq!(bench.at(600, NotFitted), LockDrive::Off);
        assert!(bench.lock.is_locked());
        assert_eq!(bench.at(99_000, NotFitted), LockDrive::Off);
    }

    /// charging 5.4: five pulses 5 s apart, then a fault and one per minute.
    #[test]
    fn when_the_lock_does_not_move_then_a_fault_after_five_pulses() {
        let mut bench = Bench::new();
        let mut pulses = 0;
        let mut last = LockDrive::Off;
        for millis in (0..=145_000).step_by(10) {
            let drive = bench.at(millis, Unlocked);
            if drive == LockDrive::Lock && last == LockDrive::Off {
                pulses += 1;
            }
            last = drive;
            assert_eq!(bench.faulty(millis), millis >= 25_000, "{millis}");
        }
        assert_eq!(pulses, 7);
        bench.at(145_010, Locked);
        assert!(!bench.faulty(145_010) && bench.lock.is_locked());
    }

    /// I-16
    #[test]
    fn when_contactors_are_closed_then_unlocking_waits() {
        let mut bench = Bench::new();
        bench.at(0, Locked);
        bench.at(600, Locked);
        bench.context.wish = LockWish::Release;
        bench.context.may_unlock = false;
        assert_eq!(bench.at(700, Locked), LockDrive::Off);
        assert!(bench.lock.is_locked());
        bench.context.may_unlock = true;
        assert_eq!(bench.at(710, Locked), LockDrive::Unlock);
    }

    /// charging 5.5: loose for more than a second under load.
    #[test]
    fn when_the_lock_opens_under_load_then_a_fault_after_one_second() {
        let mut bench = Bench::new();
        bench.at(0, Locked);
        bench.at(800, Locked);
        bench.context.charging = true;
        bench.at(5_000, Unlocked);
        assert!(!bench.faulty(5_990));
        bench.at(6_000, Unlocked);
        assert!(bench.faulty(6_000));
        bench.at(6_010, Locked);
        assert!(!bench.faulty(6_010));
    }

    /// charging 5.4: mains loss unlocks once, unless CableLock = 1.
    #[test]
    fn when_mains_is_lost_then_unlocked_unless_kept() {
        let mut bench = Bench::new();
        bench.at(0, NotFitted);
        bench.at(600, NotFitted);
        bench.context.mains_lost = true;
        assert_eq!(bench.at(1_000, NotFitted), LockDrive::Unlock);
        bench.context.wish = LockWish::Keep;
        assert_eq!(bench.at(2_000, NotFitted), LockDrive::Lock);
    }

    /// charging 5.1: no voltage at the actuator after the pulse, in both
    /// directions.
    #[test]
    fn when_the_pulse_is_over_then_the_actuator_rests() {
        let mut bench = Bench::new();
        assert_eq!(bench.at(0, Unlocked), LockDrive::Lock);
        assert_eq!(bench.at(600, Locked), LockDrive::Off);
        bench.context.vehicle = false;
        assert_eq!(bench.at(1_000, Locked), LockDrive::Unlock);
        assert_eq!(bench.at(1_590, Locked), LockDrive::Unlock);
        assert_eq!(bench.at(1_600, Unlocked), LockDrive::Off);
        assert_eq!(bench.at(90_000, Unlocked), LockDrive::Off);
    }
}
