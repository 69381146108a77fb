//! The charging control of one EVSE: it alone decides about contactors, pilot
//! and cable lock.
//!
//! [`Charger::poll`] takes what the board sampled ([`Inputs`]) and what
//! planning wants ([`Directive`]) and gives the complete [`Outputs`]. It wants
//! to be called every 10 ms; a simulator may instead call it when an input
//! changes and at [`Charger::deadline`], rounded up to the next 10 ms: both
//! give the same trace.
//!
//! The order inside a poll is fixed: sensors, safety openings, directive,
//! pilot transitions (at most one, except safety openings), contactor
//! sequence, lock, outputs. Outputs are a function of the state alone.
//!
//! **Not here:** access logic, cards, the meaning of the external switch,
//! modes, meters, schedules (the planning half), what the modem says to the
//! vehicle, and the status light.

mod agenda;
mod cable;
mod contactors;
mod feedback;
mod lease;
mod lock;
mod machine;
mod modem;
mod obstacle;
mod offer;
mod opening;
mod recent;
mod report;
mod residual_current;
mod supervision;
mod switch;
mod temperature;
pub mod timing;
mod transitions;

use smartevse_types::Instant;

pub use temperature::resume_at;

use self::agenda::Agenda;
use self::cable::CableWatch;
use self::contactors::{Contactors, Order};
use self::feedback::FeedbackWatch;
use self::lease::Lease;
use self::lock::{Lock, LockContext};
use self::machine::Machine;
use self::offer::Offer;
use self::residual_current::{ResidualWatch, TestContext};
use self::supervision::{Drive, Line, PilotWatch, Presence};
use self::switch::SwitchWatch;
use self::temperature::TemperatureWatch;
use self::timing::{CONTACTOR_FEEDBACK, PILOT_ISOLATION, POLL_PERIOD, PRESENCE, UNLOCK_GUARD};
use crate::directive::{ChargerStatus, Directive};
use crate::faults::Faults;
use crate::io::{Deadline, Inputs, LockFeedback, MainsInput, Outputs};
use crate::options::{CableKind, LockKind};
use crate::pilot::PILOT_STALE;
use crate::state::ChargeState;

/// What a board has.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct BoardFacts {
    /// Ventilation is fitted: a vehicle that asks for it may charge.
    pub ventilation: bool,
    /// A modem is fitted: it talks to each vehicle before the first offer.
    /// Without one the states 11 to 14 are never entered. Not on a node.
    pub modem: bool,
    /// The residual-current monitor has a test input.
    pub residual_current_test: bool,
    /// An unconfirmed cable lock does not prevent charging (charging
    /// specification §5.5).
    pub lock_advisory: bool,
}

/// What was stored before the reset.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct BootRecord {
    /// Latched faults, from [`ChargerStatus::latched`]. RCM_TRIPPED and
    /// CONTACTOR_FAULT outlive a restart.
    pub latched: Faults,
}

/// What the end of a poll found out for the next moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Settled {
    lock_ready: bool,
    lock_fault: bool,
}

/// The charging control of one EVSE. At most 1 KiB; a poll is bounded work
/// without loops over anything but fixed tables.
///
/// ```
/// use smartevse_core::charger::{BoardFacts, BootRecord, Charger};
/// use smartevse_core::directive::Directive;
/// use smartevse_core::io::Inputs;
/// use smartevse_types::Instant;
///
/// let mut charger = Charger::new(BoardFacts::default(), BootRecord::default(), Instant::ZERO);
/// for tick in 0..100 {
///     let now = Instant::from_millis(tick * 10);
///     let outputs = charger.poll(now, &Inputs::default(), &Directive::default());
///     assert!(!outputs.contactor1.is_closed());
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Charger {
    facts: BoardFacts,
    isolated_until: Instant,
    last_poll: Option<Instant>,
    lease: Lease,
    pilot: PilotWatch,
    presence: Presence,
    cable: CableWatch,
    temperature: TemperatureWatch,
    residual: ResidualWatch,
    contactors: Contactors,
    feedback: FeedbackWatch,
    lock: Lock,
    settled: Settled,
    settling: Settled,
    switch: SwitchWatch,
    mains_lost: bool,
    machine: Machine,
    offer: Offer,
    outputs: Outputs,
    status: ChargerStatus,
    deadline: Deadline,
}

const _: () = assert!(size_of::<Charger>() <= 1024);

impl Charger {
    /// Starts with everything off and the pilot isolated for 5 s (charging
    /// specification §11.2, I-29).
    #[must_use]
    pub fn new(facts: BoardFacts, boot: BootRecord, now: Instant) -> Self {
        Self {
            facts,
            isolated_until: now + PILOT_ISOLATION,
            last_poll: None,
            lease: Lease::new(),
            pilot: PilotWatch::new(now),
            presence: Presence::default(),
            cable: CableWatch::default(),
            temperature: TemperatureWatch::default(),
            residual: ResidualWatch::new(boot.latched.contains(Faults::RCM_TRIPPED)),
            contactors: Contactors::new(now),
            feedback: FeedbackWatch::new(boot.latched.contains(Faults::CONTACTOR_FAULT)),
            lock: Lock::default(),
            settled: Settled::default(),
            settling: Settled::default(),
            switch: SwitchWatch::default(),
            mains_lost: false,
            machine: Machine::new(now),
            offer: Offer::default(),
            outputs: Outputs::SAFE,
            status: ChargerStatus::default(),
            deadline: Deadline {
                state: now,
                sample: now,
            },
        }
    }

    /// Takes what the board sampled and what planning wants, and gives
    /// everything that the board drives.
    ///
    /// `now` must not run backward; a step back is taken as no time passed.
    // Inside its caller its stack would lie below that of the planning.
    #[inline(never)]
    pub fn poll(&mut self, now: Instant, inputs: &Inputs, directive: &Directive) -> Outputs {
        let now = self.last_poll.map_or(now, |last| now.latest(last));
        let mut agenda = Agenda::new(now);
        if self.last_poll == Some(now) {
            // What the first poll of this moment waits for is still to come.
            agenda.reached(self.deadline.state);
        } else {
            self.settled = self.settling;
        }
        self.sense(inputs, directive, &mut agenda);
        self.plan(&mut agenda);
        self.transit(&mut agenda);
        self.actuate(inputs, &mut agenda);
        self.publish(&mut agenda);
        self.last_poll = Some(now);
        self.deadline = Deadline {
            state: agenda.next(),
            sample: self.pilot.sample_deadline(now, PILOT_STALE, POLL_PERIOD),
        };
        self.outputs
    }

    /// State after the latest poll, for planning and front ends.
    #[must_use]
    pub const fn status(&self) -> ChargerStatus {
        self.status
    }

    /// As [`status`](Self::status), without a copy.
    #[must_use]
    pub const fn as_status(&self) -> &ChargerStatus {
        &self.status
    }

    /// When the next poll is due although no input changes. Both moments lie
    /// after the latest poll.
    #[must_use]
    pub const fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// Reads every input.
    fn sense(&mut self, inputs: &Inputs, directive: &Directive, agenda: &mut Agenda) {
        // A fixed cable has no rating and no lock of its own: whatever comes
        // after it is stricter and need not wait for the vehicle to leave.
        let stricter = self.lease.config().cable == CableKind::Fixed;
        let repeated = self.last_poll == Some(agenda.now());
        let may_rewire = self.machine.state() == ChargeState::A
            && (stricter || !self.presence.is_here())
            && !repeated;
        if repeated {
            // Settings wait for the next moment (I-25).
            agenda.again();
        }
        self.lease.update(directive, may_rewire, agenda);
        let line = Line {
            drive: Drive::of(&self.outputs),
            closed: self.contactors.main().is_closed(),
            ventilation: self.facts.ventilation,
        };
        self.pilot.observe(inputs, line, self.last_poll, agenda);
        self.presence.update(&self.pilot, PRESENCE, agenda);
        self.cable.update(inputs, agenda);
        self.switch.update(inputs, agenda);
        let max = self.lease.config().max_temperature;
        self.temperature.update(inputs, max, agenda);
        self.feedback.update(inputs, &self.contactors, agenda);
        let context = self.test_context(agenda);
        self.residual.update(inputs, context, agenda);
        self.mains_lost = inputs.mains == MainsInput::Lost;
    }

    fn test_context(&self, agenda: &mut Agenda) -> TestContext {
        let open = self.contactors.open_for(CONTACTOR_FEEDBACK, agenda);
        TestContext {
            enabled: self.lease.config().residual_current,
            fitted: self.facts.residual_current_test,
            vehicle: self.presence.is_here(),
            open,
            reset: self.lease.news.local_reset,
            service: self.lease.news.service_reset,
            limited: self.lease.config().limit_residual_resets,
        }
    }

    /// Moves what is behind the state: contactors, then the lock.
    fn actuate(&mut self, inputs: &Inputs, agenda: &mut Agenda) {
        let mut order = self.contactor_order();
        // The lock may come loose between the decision and the closing.
        let closes = matches!(order, Order::Close { .. }) && !self.contactors.main().is_closed();
        if closes && !self.lock_holds(inputs) {
            order = Order::Open;
        }
        self.contactors.step(order, agenda);
        let may_unlock =
            self.contactors.open_for(UNLOCK_GUARD, agenda) && !self.feedback.reads_closed();
        let context = LockContext {
            active: self.has_lock() && self.presence.is_known(),
            wish: self.lease.wish().lock,
            vehicle: self.presence.is_here(),
            mains_lost: self.mains_lost,
            may_unlock,
            charging: self.contactors.main().is_closed(),
        };
        self.lock.update(inputs, context, agenda);
        let fault = !self.lock.faults(self.presence.is_here(), agenda).is_empty();
        // Without feedback nobody can say that the lock failed.
        let fitted = inputs.lock != LockFeedback::NotFitted;
        self.settling = Settled {
            lock_ready: self.lock_ready(),
            lock_fault: fault && fitted && !self.facts.lock_advisory,
        };
        if self.settling != self.settled {
            agenda.again();
        }
    }

    fn has_lock(&self) -> bool {
        let config = self.lease.config();
        config.cable == CableKind::Socket && config.lock != LockKind::Disabled
    }

    /// What the feedback of the lock says right now.
    fn lock_holds(&self, inputs: &Inputs) -> bool {
        let loose = matches!(inputs.lock, LockFeedback::Unlocked | LockFeedback::Unknown);
        !self.has_lock() || self.facts.lock_advisory || !loose
    }

    fn lock_ready(&self) -> bool {
        !self.has_lock() || self.facts.lock_advisory || self.lock.is_locked()
    }
}
