//! Supervision of the control pilot: class, diode, gaps (charging
//! specification §1.3, §2.5, §11.2 rule 6).

use smartevse_types::{Duration, Instant};

use super::agenda::{Agenda, Hold};
use super::timing::{C_DEBOUNCE, LATE_POLL, PILOT_BLANK, PILOT_RECOVERY, UNFIT_MAX};
use crate::io::{HardwareFaults, Inputs, Outputs, PilotSwitch};
use crate::pilot::{PilotClass, classify, diode_good};

/// What drives the pilot line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drive {
    /// The vehicle sees nothing.
    Isolated,
    /// Steady −12 V.
    Negative,
    /// Pulse width.
    Pulsed,
    /// Steady +12 V.
    Positive,
}

impl Drive {
    pub const fn of(outputs: &Outputs) -> Self {
        if matches!(outputs.pilot_switch, PilotSwitch::Isolated) {
            return Self::Isolated;
        }
        match outputs.duty.as_permille() {
            0 => Self::Negative,
            1..=999 => Self::Pulsed,
            _ => Self::Positive,
        }
    }
}

/// What the pilot shows, and since when.
#[derive(Clone, Copy, Debug)]
pub struct PilotWatch {
    class: PilotClass,
    visible: bool,
    low_good: bool,
    newest: Option<Instant>,
    blank_until: Instant,
    late: bool,
    late_polls: u32,
    /// The vehicle asks for energy.
    asks: Hold,
    /// Not a level at which energy may flow.
    unfit: Hold,
    /// No level of a sound circuit.
    invalid: Hold,
    valid: Hold,
}

impl PilotWatch {
    pub fn new(now: Instant) -> Self {
        Self {
            class: PilotClass::Unknown,
            visible: false,
            low_good: false,
            newest: None,
            blank_until: now,
            late: false,
            late_polls: 0,
            asks: Hold::default(),
            unfit: Hold::default(),
            invalid: Hold::default(),
            valid: Hold::default(),
        }
    }

    /// Takes the sample of this poll. `drive` and `closed` say what the
    /// outputs were until now, `last_poll` when somebody last watched.
    pub fn observe(
        &mut self,
        inputs: &Inputs,
        line: Line,
        last_poll: Option<Instant>,
        agenda: &mut Agenda,
    ) {
        self.note_gap(inputs, last_poll);
        let blank = line.drive == Drive::Isolated || !agenda.reached(self.blank_until);
        self.visible = line.closed || !blank;
        if !self.visible {
            self.forget();
            return;
        }
        let failed = inputs
            .hardware
            .intersects(HardwareFaults::PILOT_SAMPLE | HardwareFaults::PILOT_OUTPUT);
        let sample = inputs.pilot.as_ref().filter(|_| !failed);
        self.class = classify(sample, agenda.now(), Some(self.class));
        self.low_good = sample.is_some_and(|sample| diode_good(sample.low));
        // A level that must not be counts from its sample, not from this poll.
        let seen_at = sample.map_or(agenda.now(), |sample| sample.at.earliest(agenda.now()));
        self.hold(line, agenda.now(), seen_at);
    }

    fn note_gap(&mut self, inputs: &Inputs, last_poll: Option<Instant>) {
        self.late = false;
        let Some(sample) = inputs.pilot.filter(|sample| self.newest != Some(sample.at)) else {
            return;
        };
        self.newest = Some(sample.at);
        self.late = last_poll.is_some_and(|poll| sample.from > poll + LATE_POLL);
        if self.late {
            self.late_polls = self.late_polls.saturating_add(1);
            self.asks.clear();
            self.valid.clear();
        }
    }

    fn forget(&mut self) {
        self.class = PilotClass::Unknown;
        self.low_good = false;
        self.asks.clear();
        self.unfit.clear();
        self.invalid.clear();
        self.valid.clear();
    }

    fn hold(&mut self, line: Line, now: Instant, seen_at: Instant) {
        let asks = self.asks_at(line.ventilation);
        let diode_lost = line.drive == Drive::Pulsed && !self.low_good;
        self.asks.update(asks, now);
        self.unfit.update(!asks || diode_lost, seen_at);
        self.invalid
            .update(!self.class.is_valid() && line.drive != Drive::Negative, now);
        self.valid.update(self.class.is_valid(), now);
    }

    fn asks_at(&self, ventilation: bool) -> bool {
        self.class == PilotClass::C6 || (ventilation && self.class == PilotClass::D3)
    }

    /// The line changes at the end of this poll: its level means nothing for a
    /// while.
    pub fn blank(&mut self, now: Instant) {
        self.blank_until = now + PILOT_BLANK;
    }

    /// The class, unless the line cannot be seen now.
    pub fn seen(&self) -> Option<PilotClass> {
        self.visible.then_some(self.class)
    }

    pub fn sees(&self, class: PilotClass) -> bool {
        self.seen() == Some(class)
    }

    pub fn sees_vehicle(&self) -> bool {
        self.seen().is_some_and(PilotClass::is_vehicle)
    }

    /// The low phase of this very sample shows a diode.
    pub const fn low_good(&self) -> bool {
        self.low_good
    }

    /// The vehicle asks for energy now.
    pub fn asks(&self, ventilation: bool) -> bool {
        self.visible && self.asks_at(ventilation)
    }

    /// The vehicle has asked for energy long enough.
    pub fn asks_long(&self, agenda: &mut Agenda) -> bool {
        self.asks.lasted(C_DEBOUNCE, agenda)
    }

    /// No energy may flow at this level, and the tolerance is over.
    pub fn unfit_long(&self, agenda: &mut Agenda) -> bool {
        self.unfit.lasted(UNFIT_MAX, agenda)
    }

    /// The circuit has not been sound for this long.
    pub fn invalid_for(&self, span: Duration, agenda: &mut Agenda) -> bool {
        self.invalid.lasted(span, agenda)
    }

    /// The circuit has been sound long enough to trust it again.
    pub fn recovered(&self, agenda: &mut Agenda) -> bool {
        self.valid.lasted(PILOT_RECOVERY, agenda)
    }

    /// Nobody watched for too long before this poll.
    pub const fn is_late(&self) -> bool {
        self.late
    }

    pub const fn late_polls(&self) -> u32 {
        self.late_polls
    }

    /// Moment by which a fresh sample must have come.
    pub fn sample_deadline(&self, now: Instant, stale: Duration, soon: Duration) -> Instant {
        // A sample is stale just after its time, not at its end (I-25).
        let over = stale + Duration::from_micros(1);
        let due = self.newest.map_or(now, |newest| newest + over);
        if due > now { due } else { now + soon }
    }
}

/// What the outputs were until now.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub drive: Drive,
    /// The main contactor is commanded closed.
    pub closed: bool,
    /// Ventilation is fitted.
    pub ventilation: bool,
}

/// Whether a vehicle is connected, decided from the pilot in every state
/// (charging specification §2.5 rules 1 and 8).
#[derive(Clone, Copy, Debug, Default)]
pub struct Presence {
    present: Option<bool>,
    here: Hold,
    away: Hold,
    /// A vehicle was plugged in in this poll.
    pub arrived: bool,
    /// The vehicle was unplugged in this poll, or its absence became certain.
    pub gone: bool,
}

impl Presence {
    pub fn update(&mut self, pilot: &PilotWatch, span: Duration, agenda: &mut Agenda) {
        let here = self.here.holds_for(pilot.sees_vehicle(), span, agenda);
        let away = self
            .away
            .holds_for(pilot.sees(PilotClass::A12), span, agenda);
        let before = self.present;
        if here {
            self.present = Some(true);
        } else if away {
            self.present = Some(false);
        }
        self.arrived = before != self.present && self.present == Some(true);
        self.gone = before != self.present && self.present == Some(false);
    }

    /// A vehicle is connected.
    pub fn is_here(&self) -> bool {
        self.present == Some(true)
    }

    /// No vehicle has been seen for this long.
    pub fn is_away_for(&self, span: Duration, agenda: &mut Agenda) -> bool {
        self.away.lasted(span, agenda)
    }

    /// The pilot has been read long enough to know.
    pub const fn is_known(&self) -> bool {
        self.present.is_some()
    }
}
