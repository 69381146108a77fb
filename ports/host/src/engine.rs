//! The control thread: owns the station and the simulated site and polls them
//! every 10 ms of virtual time.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time;

use smartevse::Setup;
use smartevse::log::{Full, Recorder, Sink};
use smartevse_core::command::{Command, Origin};
use smartevse_core::event::{Event, Fact};
use smartevse_core::io::{Inputs, Outputs};
use smartevse_core::records::access::AccessRecord;
use smartevse_types::{Duration, Instant};
use tokio::sync::oneshot;

use crate::data::DataStore;
use crate::desk::DeskEnd;
use crate::group::{self, Group};
use crate::keeper::Keeper;
use crate::lines::SharedLine;
use crate::panel::Panel;
use crate::plant::Plant;
use crate::view::{EvseView, View};

/// Period of the poll in virtual time, and of the loop in real time.
const POLL: Duration = Duration::from_millis(10);

/// Real time that the loop may lag behind before it lets time go.
const LAG: time::Duration = time::Duration::from_secs(1);

/// Longest real time that one turn of the loop computes.
const TURN: time::Duration = time::Duration::from_millis(100);

/// Where the log goes, if it is wanted.
pub struct LogFile(Option<BufWriter<File>>);

impl LogFile {
    /// A log in a file; `None` = no log.
    #[must_use]
    pub fn new(file: Option<File>) -> Self {
        Self(file.map(BufWriter::new))
    }
}

impl Sink for LogFile {
    fn write(&mut self, frame: &[u8]) -> Result<(), Full> {
        let file = self.0.as_mut().ok_or(Full)?;
        file.write_all(frame).map_err(|_| Full)
    }
}

/// Virtual time that runs with real time, times a factor.
struct Clock {
    origin: time::Instant,
    base: Instant,
    speed: f64,
}

impl Clock {
    fn new(speed: f64) -> Self {
        Self {
            origin: time::Instant::now(),
            base: Instant::ZERO,
            speed,
        }
    }

    /// Virtual time of a moment.
    fn of(&self, at: time::Instant) -> Instant {
        let elapsed = at.saturating_duration_since(self.origin).as_secs_f64();
        self.base + Duration::from_micros((elapsed * self.speed * 1e6) as u64)
    }

    /// Goes on from a virtual time: what was missed is let go.
    fn restart(&mut self, base: Instant) {
        *self = Self {
            origin: time::Instant::now(),
            base,
            speed: self.speed,
        };
    }

    fn lag(&self, now: Instant) -> time::Duration {
        let behind = self.of(time::Instant::now()).since(now);
        time::Duration::from_secs_f64(behind.as_micros() as f64 / 1e6 / self.speed)
    }
}

/// Where the readings of the meters come from.
pub struct Sources {
    /// Mains meter.
    pub mains: SharedLine,
    /// EV meter.
    pub ev: SharedLine,
    /// Separate meter of the circuit, if there is one.
    pub circuit: Option<SharedLine>,
}

impl Sources {
    /// Whether all of them are simulated.
    #[must_use]
    pub fn are_simulated(&self) -> bool {
        let mut all = [&self.mains, &self.ev].into_iter().chain(&self.circuit);
        all.all(SharedLine::is_simulated)
    }
}

/// The control thread's belongings.
pub struct Engine {
    recorder: Recorder<LogFile>,
    logging: bool,
    plant: Plant,
    desk: DeskEnd,
    sources: Sources,
    panel: Panel,
    clock: Clock,
    now: Instant,
    next_second: Instant,
    epoch: u64,
    keeper: Option<Keeper>,
    group: Option<Group>,
}

impl Engine {
    /// Starts a charger at a simulated site.
    #[must_use]
    pub fn new(
        setup: &Setup<'_>,
        plant: Plant,
        desk: DeskEnd,
        sources: Sources,
        speed: f64,
        log: Option<File>,
    ) -> Self {
        let since_epoch = time::SystemTime::now().duration_since(time::UNIX_EPOCH);
        let mut engine = Self {
            logging: log.is_some(),
            recorder: Recorder::new(setup, Instant::ZERO, LogFile::new(log)),
            plant,
            desk,
            sources,
            panel: Panel::new(),
            clock: Clock::new(speed),
            now: Instant::ZERO,
            next_second: Instant::ZERO,
            epoch: since_epoch.map_or(0, |span| span.as_secs()),
            keeper: None,
            group: None,
        };
        // Whoever looks before the first turn sees a charger that has started.
        engine.poll();
        engine.desk.publish(engine.view());
        engine
    }

    /// Keeps records in a store; what the set-up does not hold is restored.
    #[must_use]
    pub fn with_store(mut self, store: DataStore, kept: Option<AccessRecord>) -> Self {
        let kept = kept.unwrap_or_default();
        let mut restore = |command| {
            // What was stored was allowed.
            let _ = self.recorder.command(self.now, Origin::Schedule, command);
        };
        if !kept.schedule.is_none() {
            restore(Command::SetSchedule(kept.schedule));
        }
        if kept.cable_lock {
            restore(Command::SetCableLock(true));
        }
        self.keeper = Some(Keeper::new(store));
        self
    }

    /// Gives the charger nodes.
    #[must_use]
    pub fn with_group(mut self, group: Group) -> Self {
        self.group = Some(group);
        self.poll();
        self.desk.publish(self.view());
        self
    }

    /// Lets a wholly simulated charger start up before anybody looks: the five
    /// seconds of its start and the open time of its contactors are over then.
    #[must_use]
    pub fn started_up(mut self, span: Duration) -> Self {
        let ready = self.now + span;
        while self.now < ready {
            self.step(self.now + POLL);
        }
        self.desk.publish(self.view());
        self
    }

    /// Runs until it is told to stop; the board is left in its safe state.
    pub fn run(mut self, stop: &AtomicBool) {
        self.clock.restart(self.now);
        while !stop.load(Ordering::Relaxed) {
            let turn = time::Instant::now();
            self.turn(turn);
            thread::sleep(time::Duration::from_millis(10).saturating_sub(turn.elapsed()));
        }
        // The program ends here, and with it the board.
        self.plant.drive(0, &Outputs::SAFE);
        if let Some(group) = &self.group {
            group.stop(&mut self.plant);
        }
        if let Some(keeper) = &mut self.keeper {
            keeper.finish(&mut self.recorder, self.now);
        }
    }

    /// One turn of the loop: everything that is due by now.
    fn turn(&mut self, started: time::Instant) {
        let mut answers = Answers::default();
        self.take_changes(&mut answers);
        self.take_facts(&mut answers);
        self.take_wishes(&mut answers);
        self.take_presses(&mut answers);
        let target = self.clock.of(started);
        let before = self.now;
        while self.now + POLL <= target && started.elapsed() < TURN {
            self.step(self.now + POLL);
        }
        if self.now == before && !answers.is_empty() {
            // A station is polled whenever something was given to it.
            self.step(target.latest(self.now));
        }
        self.turn_panel();
        if self.clock.lag(self.now) > LAG {
            self.clock.restart(self.now);
        }
        self.desk.publish(self.view());
        answers.send();
    }

    fn take_changes(&mut self, answers: &mut Answers) {
        while let Some(change) = self.desk.take_change() {
            self.plant.change(change.change);
            answers.done.push(change.done);
        }
    }

    fn take_facts(&mut self, answers: &mut Answers) {
        while let Some(report) = self.desk.take_fact() {
            let at = self.clock.of(report.at).earliest(self.now);
            let fact = report.fact;
            self.recorder.event(Event { at, fact });
            answers.done.extend(report.done);
        }
    }

    fn take_wishes(&mut self, answers: &mut Answers) {
        while let Some((origin, wish)) = self.desk.take_wish() {
            let answer = self.recorder.command(self.now, origin, wish.command);
            answers.wishes.push((wish.reply, answer));
        }
    }

    fn take_presses(&mut self, answers: &mut Answers) {
        while let Some(press) = self.desk.take_press() {
            self.panel.press(press.hand, press.message);
            answers.done.push(press.done);
        }
    }

    /// Lets the display and its buttons act; its wishes are those of the LCD.
    fn turn_panel(&mut self) {
        let simulated = self.plant.car(0).session;
        let snapshot = self.recorder.station().snapshot();
        let charged = snapshot.plan.charged.unwrap_or(simulated);
        let output = self.panel.turn(&snapshot, charged, None);
        for command in output.commands.iter() {
            let answer = self.recorder.command(self.now, Origin::Lcd, *command);
            self.panel.answered(answer);
        }
    }

    fn step(&mut self, now: Instant) {
        self.now = now;
        self.plant.advance(self.now);
        if let Some(group) = &mut self.group {
            group.advance(&mut self.recorder, self.now);
        }
        while let Some(event) = self.plant.take_reading() {
            for event in [Some(event), at_circuit(&event)].into_iter().flatten() {
                if self.wants(&event) {
                    self.recorder.event(event);
                }
            }
        }
        let second = self.now >= self.next_second;
        if second {
            self.tell_second();
        }
        self.poll();
        if let Some(keeper) = &mut self.keeper {
            keeper.turn(&mut self.recorder, self.now);
        }
        if second {
            self.next_second = self.now + Duration::from_secs(1);
            self.desk.remember(self.view().point());
        }
    }

    fn tell_second(&mut self) {
        let clock = group::clock_event(self.now, self.epoch + self.now.as_secs());
        self.recorder.event(clock);
        if let Some(group) = &mut self.group {
            group.tell(clock, &self.plant);
        }
    }

    fn poll(&mut self) {
        let mut inputs = Inputs::default();
        self.plant.sample(0, &mut inputs);
        let outputs = self.recorder.poll(self.now, &inputs);
        self.plant.drive(0, &outputs);
        if let Some(group) = &mut self.group {
            group.poll(self.now, &mut self.plant);
        }
    }

    /// Whether a simulated reading counts: not where a real meter is meant.
    fn wants(&self, event: &Event) -> bool {
        if let Fact::Mains(_) = event.fact {
            self.sources.mains.is_simulated()
        } else if let Fact::EvMeter(_) = event.fact {
            self.sources.ev.is_simulated()
        } else if let Fact::Circuit(_) = event.fact {
            let circuit = self.sources.circuit.as_ref();
            circuit.is_some_and(SharedLine::is_simulated)
        } else {
            true
        }
    }

    /// The chargers of the group; none without a group.
    fn evses(&self) -> Vec<EvseView> {
        let Some(group) = &self.group else {
            return Vec::new();
        };
        let master = std::iter::once(self.recorder.station().status());
        let all = master.chain(group.statuses()).enumerate();
        all.map(|(evse, charger)| EvseView {
            charger,
            car: self.plant.car(evse),
        })
        .collect()
    }

    fn view(&self) -> View {
        View {
            at: self.now,
            epoch: self.epoch,
            speed: self.clock.speed,
            site: self.plant.view(),
            evses: self.evses(),
            mains_line: self.sources.mains.status(),
            ev_line: self.sources.ev.status(),
            circuit_line: self.sources.circuit.as_ref().map(SharedLine::status),
            circuit_meter: self.recorder.station().manager().circuit_meter(),
            sensorbox_wifi: self.recorder.station().manager().sensorbox_wifi(),
            lcd: self.panel.view(),
            store_trouble: self.keeper.as_ref().and_then(Keeper::trouble),
            log_lost: self.logging && !self.recorder.is_complete(),
            ..View::of(&self.recorder.station().snapshot())
        }
    }
}

/// The simulated EV meter stands in the feed of the circuit, as does the meter
/// of the circuit.
const fn at_circuit(event: &Event) -> Option<Event> {
    if let Fact::EvMeter(reading) = event.fact {
        let fact = Fact::Circuit(reading);
        return Some(Event { at: event.at, fact });
    }
    None
}

/// Answers that are given once the new view is published, so that whoever asks
/// next sees what was done.
#[derive(Default)]
struct Answers {
    wishes: Vec<(oneshot::Sender<Answered>, Answered)>,
    done: Vec<oneshot::Sender<()>>,
}

type Answered = Result<smartevse_core::command::Accepted, smartevse_core::command::Refused>;

impl Answers {
    fn is_empty(&self) -> bool {
        self.wishes.is_empty() && self.done.is_empty()
    }

    fn send(self) {
        for (reply, answer) in self.wishes {
            // Who asked may have gone.
            let _ = reply.send(answer);
        }
        for done in self.done {
            let _ = done.send(());
        }
    }
}

/// Starts the control thread; `ended` is told when it ends for any reason.
///
/// # Errors
///
/// The operating system gives no thread.
pub fn start(
    engine: Engine,
    stop: Arc<AtomicBool>,
    ended: oneshot::Sender<()>,
) -> std::io::Result<thread::JoinHandle<()>> {
    thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || {
            // Dropped with this thread, also when it panics.
            let _ended = ended;
            engine.run(&stop);
        })
}
