//! A station with everything around it under control.

use smartevse::Station;
use smartevse_core::command::{Command, Origin};
use smartevse_core::directive::PowerGrant;
use smartevse_core::event::{Event, Fact, MeterReading};
use smartevse_core::io::{
    Contactor, ContactorFeedback, Inputs, MilliVoltRange, Outputs, PilotSample,
    ResidualCurrentInput,
};
use smartevse_types::{DeciAmps, Duration, Instant, LimitedBy, PerPhase};

use super::judge::{Judges, TICK_MS};
use super::signals::Signals;
use super::start::Start;
use crate::vectors::Value;

/// Moment that a vector calls 0 ms.
const ZERO: Instant = Instant::from_secs(1_000);

/// Time that the charger runs before a sequence that does not begin with the
/// reset.
const SETTLING: Duration = Duration::from_secs(20);

/// Time between two polls.
const TICK: Duration = Duration::from_millis(10);

/// Time that a card stays at the reader.
const CARD_STAYS: Duration = Duration::from_secs(1);

/// Time between two messages of a source that is alive (D-118).
const MESSAGE: Duration = Duration::from_millis(100);

/// Level of the low phase behind a diode, and lowest level at all, mV.
const LOWEST: i32 = -12_000;

/// Pilot as the port delivers it.
#[derive(Clone, Copy, Debug)]
pub struct PilotInput {
    /// High phase.
    pub high: MilliVoltRange,
    /// Low phase where it is given, mV.
    pub low: Option<i32>,
    /// The vehicle has its diode.
    pub diode: bool,
    /// Samples stopped.
    pub stopped: bool,
}

impl PilotInput {
    /// Level of the low phase: as given, or what the diode makes of it.
    fn low(&self) -> i32 {
        let mirrored = self.high.max.as_milli().saturating_neg().max(LOWEST);
        self.low
            .unwrap_or(if self.diode { LOWEST } else { mirrored })
    }

    /// Sets a steady level.
    pub fn level(&mut self, min: i32, max: i32) {
        self.high = MilliVoltRange::from_milli(min, max);
        self.low = None;
        self.stopped = false;
    }
}

/// The bench.
#[derive(Debug)]
pub struct Bench {
    pub(super) start: Start,
    station: Station,
    now: Instant,
    outputs: Outputs,
    pub(super) pilot: PilotInput,
    sample: Option<PilotSample>,
    pub(super) levels: Inputs,
    pub(super) residual_current: bool,
    pub(super) test_responds: bool,
    pub(super) contactor1: Option<ContactorFeedback>,
    pub(super) grant: PowerGrant,
    pub(super) three_phases: bool,
    pub(super) mains_data: bool,
    pub(super) ev_data: bool,
    pub(super) broadcast: bool,
    next_message: Instant,
    card_leaves: Option<Instant>,
}

impl Bench {
    /// Makes the bench of a case; `None` when a setting is not understood.
    pub fn new(case: &Value) -> Option<Self> {
        let start = Start::new(case);
        let begin = if case.member("boot").is_true() {
            ZERO
        } else {
            ZERO - SETTLING
        };
        let mut bench = Self {
            station: start.station(begin)?,
            now: begin,
            outputs: Outputs::SAFE,
            pilot: PilotInput {
                high: MilliVoltRange::from_milli(12_000, 12_000),
                low: None,
                diode: true,
                stopped: false,
            },
            sample: None,
            levels: start.levels(),
            residual_current: false,
            test_responds: true,
            contactor1: None,
            grant: PowerGrant {
                available: true,
                offered: DeciAmps::from_deci(start.max_a().saturating_mul(10)),
                limited_by: LimitedBy::External,
            },
            three_phases: true,
            mains_data: true,
            ev_data: true,
            broadcast: true,
            next_message: begin,
            card_leaves: None,
            start,
        };
        bench.prepare();
        Some(bench)
    }

    fn prepare(&mut self) {
        let (station, now) = (&mut self.station, self.now);
        for (origin, command) in self.start.wishes() {
            let _answer = station.command(now, origin, command);
        }
        self.tell_grant();
    }

    /// Plays the timeline in front of the judges; the error is the number of
    /// an entry that is not understood.
    pub fn play(mut self, timeline: &[Value], judges: &mut Judges) -> Result<(), usize> {
        while self.now < ZERO {
            self.tick();
            self.now += TICK;
        }
        let mut before = Signals::of(&self.station, self.outputs);
        judges.observe(TICK_MS.saturating_neg(), &before, &before);
        let mut entries = timeline.iter().enumerate().peekable();
        let (mut ms, end) = (0_i64, judges.end());
        while ms <= end {
            let due = |entry: &Value| entry.member("t_ms").number().unwrap_or(0) <= ms;
            while let Some((index, entry)) = entries.next_if(|(_, entry)| due(entry)) {
                self.apply(entry).ok_or(index)?;
            }
            self.tick();
            let row = Signals::of(&self.station, self.outputs);
            judges.observe(ms, &row, &before);
            before = row;
            ms = ms.saturating_add(TICK_MS);
            self.now += TICK;
        }
        Ok(())
    }

    fn tick(&mut self) {
        if self.card_leaves.is_some_and(|at| at <= self.now) {
            self.card_leaves = None;
            self.fact(Fact::Card(None));
        }
        if self.next_message <= self.now {
            self.next_message = self.now + MESSAGE;
            self.send_messages();
        }
        let inputs = self.inputs();
        self.outputs = self.station.poll(self.now, &inputs);
    }

    fn send_messages(&mut self) {
        let reading = MeterReading {
            currents: Some(PerPhase::splat(DeciAmps::ZERO)),
            ..MeterReading::default()
        };
        if self.mains_data {
            self.fact(Fact::Mains(reading));
        }
        if self.ev_data {
            self.fact(Fact::EvMeter(reading));
        }
        self.tell_grant();
    }

    /// Tells the grant of an external load manager; on a node the master's
    /// broadcast.
    pub(super) fn tell_grant(&mut self) {
        if !self.start.is_node {
            self.fact(Fact::Grant(self.grant));
            self.fact(Fact::PhasesChosen(self.three_phases));
        } else if self.broadcast {
            self.fact(Fact::Broadcast(self.grant.offered));
        }
    }

    /// Tells a fact.
    pub(super) fn fact(&mut self, fact: Fact) {
        self.station.event(Event { at: self.now, fact });
    }

    /// Shows a card for a second. The one before has left by then.
    pub(super) fn show_card(&mut self, card: smartevse_core::card::Uid) {
        self.fact(Fact::Card(None));
        self.fact(Fact::Card(Some(card)));
        self.card_leaves = Some(self.now + CARD_STAYS);
    }

    /// Tells a wish; whether it is refused shows in the signals.
    pub(super) fn command(&mut self, origin: Origin, command: Command) {
        let _answer = self.station.command(self.now, origin, command);
    }

    fn inputs(&mut self) -> Inputs {
        let mut inputs = self.levels;
        inputs.pilot = self.sample_pilot();
        let tested = self.start.facts.residual_current_test
            && self.outputs.residual_current_test
            && self.test_responds;
        inputs.residual_current = if self.residual_current || tested {
            ResidualCurrentInput::Fault
        } else {
            ResidualCurrentInput::Normal
        };
        if self.start.contactor_feedback {
            let first = follows(self.outputs.contactor1);
            inputs.contactor1 = self.contactor1.unwrap_or(first);
            inputs.contactor2 = follows(self.outputs.contactor2);
        }
        inputs
    }

    fn sample_pilot(&mut self) -> Option<PilotSample> {
        if self.pilot.stopped {
            return self.sample;
        }
        let pulses = (1..=999).contains(&self.outputs.duty.as_permille());
        let low = self.pilot.low();
        self.sample = Some(PilotSample {
            from: self.sample.map_or(self.now, |last| last.at),
            at: self.now,
            high: self.pilot.high,
            low: pulses.then(|| MilliVoltRange::from_milli(low, low)),
        });
        self.sample
    }
}

const fn follows(commanded: Contactor) -> ContactorFeedback {
    match commanded {
        Contactor::Open => ContactorFeedback::Open,
        Contactor::Closed => ContactorFeedback::Closed,
    }
}
