//! Brings records that changed into the store while the charger runs.

use smartevse::log::Recorder;
use smartevse::storage::{Contents, Done, FlashPermit};
use smartevse_core::event::{Event, Fact, Record};
use smartevse_types::{Duration, Instant};

use crate::data::DataStore;
use crate::engine::LogFile;

/// How often the store gets a turn, in virtual time.
const TURN: Duration = Duration::from_millis(100);

/// After a failure the store is tried again so much later.
const AGAIN: Duration = Duration::from_secs(5);

/// How often the files of the store are looked for while nothing is written.
const CHECK: Duration = Duration::from_secs(5);

/// Most turns at the end of the program.
const LAST_TURNS: usize = 100;

/// The store and when it gets its next turn.
pub struct Keeper {
    store: DataStore,
    next: Instant,
    next_check: Instant,
    trouble: Option<String>,
}

impl Keeper {
    /// Keeps records in this store.
    #[must_use]
    pub const fn new(store: DataStore) -> Self {
        Self {
            store,
            next: Instant::ZERO,
            next_check: Instant::ZERO,
            trouble: None,
        }
    }

    /// Gives the store its turn when it is due.
    pub fn turn(&mut self, recorder: &mut Recorder<LogFile>, now: Instant) {
        if now < self.next {
            return;
        }
        let station = recorder.station();
        let access = station.manager().access().access();
        let permit = FlashPermit::of(station.status(), access, now);
        self.next = match self.work(recorder, permit, now) {
            Ok(_) => now + TURN,
            Err(why) => {
                self.complain(&why);
                now + AGAIN
            }
        };
    }

    /// Stores everything that is not stored yet; the contactors are open for
    /// good.
    pub fn finish(&mut self, recorder: &mut Recorder<LogFile>, now: Instant) {
        self.next_check = now;
        for _ in 0..LAST_TURNS {
            match self.work(recorder, FlashPermit::Erase, now) {
                Ok(Done::Worked | Done::Saved(..)) => {}
                Ok(Done::Idle | Done::Waiting) => break,
                Err(why) => return lost(&why),
            }
        }
        if let Err(why) = self.finish_ledger(recorder, now) {
            lost(&why);
        }
    }

    /// Why nothing can be stored, while that is so.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }

    /// Stores what the meter has counted since the ledger was stored.
    fn finish_ledger(&mut self, recorder: &Recorder<LogFile>, now: Instant) -> Result<(), String> {
        let station = recorder.station();
        let status = station.status();
        let manager = station.manager();
        if manager.snapshot(&status).plan.charged.is_none() {
            return Ok(());
        }
        let contents = Contents {
            energy: manager.latest_energy(now),
            ..manager.contents(&status)
        };
        self.store.save(Record::Energy, &contents)
    }

    fn work(
        &mut self,
        recorder: &mut Recorder<LogFile>,
        permit: FlashPermit,
        now: Instant,
    ) -> Result<Done, String> {
        if now >= self.next_check {
            self.store.check()?;
            self.next_check = now + CHECK;
        }
        let station = recorder.station();
        let status = station.status();
        let manager = station.manager();
        let contents = manager.contents(&status);
        let unsaved = manager.records().unsaved();
        let done = self.store.step(permit, unsaved, &contents)?;
        if let Done::Saved(record, version) = done {
            let fact = Fact::Stored(record, version);
            recorder.event(Event { at: now, fact });
        }
        if done != Done::Waiting && self.trouble.take().is_some() {
            eprintln!("smartevse-host: changes are kept again");
        }
        Ok(done)
    }

    /// Says once that nothing can be stored.
    fn complain(&mut self, why: &str) {
        if self.trouble.replace(why.to_owned()).is_none() {
            eprintln!("smartevse-host: {why}; changes are not kept until that works again");
        }
    }
}

fn lost(why: &str) {
    eprintln!("smartevse-host: {why}; the latest changes are lost");
}
