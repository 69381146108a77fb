//! The state with its timers and counters, without any rule.

use smartevse_types::{Duration, Instant};

use super::agenda::Agenda;
use super::timing::{DELAY_AFTER_B1, DELAY_AFTER_C1, PILOT_ISOLATION};
use crate::directive::StopCause;
use crate::state::ChargeState;

/// Why the charger stays in B1 although nothing else prevents charging. Ends
/// with a new reason to start, or when the vehicle is unplugged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Halt {
    /// A button stopped it.
    Button,
    /// A safe restart was asked for.
    Restart,
}

/// Pilot faults of one plug-in period.
#[derive(Clone, Copy, Debug, Default)]
pub struct PilotFaults {
    /// The flag is set.
    pub active: bool,
    /// Faults that opened the contactors.
    pub count: u8,
}

/// State, timers and counters.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    state: ChargeState,
    since: Instant,
    /// End of the restart delay.
    pub delay_until: Instant,
    /// A shortage re-arms the restart delay until it ends.
    pub shortage: bool,
    /// LESS_6A found by a start attempt of this charger.
    pub less_6a: bool,
    /// End of the pilot isolation of B1.
    isolated_until: Option<Instant>,
    /// The pilot was isolated for its whole time since the main contactor
    /// opened.
    pub isolated_since_open: bool,
    /// End of the lock-out after too many closings.
    pub flapping_until: Option<Instant>,
    pub halt: Option<Halt>,
    pub pilot_faults: PilotFaults,
    /// A wake-up pulse may still be given to this vehicle.
    pub may_wake: bool,
    /// The modem has talked to this vehicle, which may charge.
    pub exchanged: bool,
    /// The cable or another cap left less than MIN.
    pub capped: bool,
    /// The diode was seen since B was entered.
    pub diode_seen: bool,
    /// An answer of the master counts: "nothing granted" was seen since the
    /// request began.
    pub asked: bool,
    /// Phases that the closing now under way uses.
    pub three_phase: bool,
    /// Both contactors go off at once in this opening.
    pub all_off: bool,
    pub stop_cause: StopCause,
    pub charging_since: Option<Instant>,
    pub plug_ins: u32,
}

impl Machine {
    pub const fn new(now: Instant) -> Self {
        Self {
            state: ChargeState::A,
            since: now,
            delay_until: now,
            shortage: false,
            less_6a: false,
            isolated_until: None,
            isolated_since_open: false,
            flapping_until: None,
            halt: None,
            pilot_faults: PilotFaults {
                active: false,
                count: 0,
            },
            may_wake: true,
            exchanged: false,
            capped: false,
            diode_seen: false,
            asked: false,
            three_phase: false,
            all_off: false,
            stop_cause: StopCause::None,
            charging_since: None,
            plug_ins: 0,
        }
    }

    pub const fn state(&self) -> ChargeState {
        self.state
    }

    pub const fn since(&self) -> Instant {
        self.since
    }

    /// Whether the state has lasted this long.
    pub fn lasted(&self, span: Duration, agenda: &mut Agenda) -> bool {
        agenda.reached(self.since + span)
    }

    /// The entry actions of charging specification §2.2. `isolate` = the
    /// pilot is isolated on entering B1.
    pub fn enter(&mut self, state: ChargeState, isolate: bool, agenda: &mut Agenda) {
        let now = agenda.now();
        self.all_off = false;
        match state {
            ChargeState::A => {
                self.delay_until = now;
                self.isolated_until = None;
                self.less_6a = false;
                self.shortage = false;
            }
            ChargeState::B => self.diode_seen = false,
            ChargeState::C => self.may_wake = false,
            ChargeState::C1 => self.delay(DELAY_AFTER_C1, now),
            ChargeState::B1 => {
                self.delay(DELAY_AFTER_B1, now);
                if isolate {
                    self.isolate(now);
                }
            }
            ChargeState::D
            | ChargeState::CommB
            | ChargeState::CommBOk
            | ChargeState::CommC
            | ChargeState::CommCOk
            | ChargeState::Activate
            | ChargeState::ModemRequest
            | ChargeState::ModemWait
            | ChargeState::ModemDone
            | ChargeState::ModemDenied => {}
        }
        self.state = state;
        self.since = now;
        agenda.again();
    }

    /// Restarts wait at least this long from now.
    pub fn delay(&mut self, span: Duration, now: Instant) {
        self.delay_until = self.delay_until.latest(now + span);
    }

    /// Begins to isolate the pilot.
    pub fn isolate(&mut self, now: Instant) {
        if self.isolated_until.is_none() {
            self.isolated_until = Some(now + PILOT_ISOLATION);
        }
    }

    /// Ends the isolation when its time is over.
    pub fn run_isolation(&mut self, agenda: &mut Agenda) {
        if self
            .isolated_until
            .is_some_and(|until| agenda.reached(until))
        {
            self.isolated_until = None;
            self.isolated_since_open = true;
            agenda.again();
        }
    }

    pub const fn is_isolating(&self) -> bool {
        self.isolated_until.is_some()
    }

    /// Everything that belongs to one vehicle.
    pub fn unplugged(&mut self, now: Instant) {
        self.delay_until = now;
        self.halt = None;
        self.pilot_faults = PilotFaults::default();
        self.may_wake = true;
        self.less_6a = false;
        self.shortage = false;
    }
}
