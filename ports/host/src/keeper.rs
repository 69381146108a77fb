//! Brings records that changed into the store while the charger runs.

use smartevse::log::Recorder;
use smartevse::storage::{Done, FlashPermit};
use smartevse_core::event::{Event, Fact};
use smartevse_types::{Duration, Instant};

use crate::data::DataStore;
use crate::engine::LogFile;

/// How often the store gets a turn, in virtual time.
const TURN: Duration = Duration::from_millis(100);

/// After a failure the store is tried again so much later.
const AGAIN: Duration = Duration::from_secs(5);

/// Most turns at the end of the program.
const LAST_TURNS: usize = 100;

/// The store and when it gets its next turn.
pub struct Keeper {
    store: DataStore,
    next: Instant,
    failed: bool,
}

impl Keeper {
    /// Keeps records in this store.
    #[must_use]
    pub const fn new(store: DataStore) -> Self {
        Self {
            store,
            next: Instant::ZERO,
            failed: false,
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
        for _ in 0..LAST_TURNS {
            match self.work(recorder, FlashPermit::Erase, now) {
                Ok(Done::Worked | Done::Saved(..)) => {}
                Ok(Done::Idle | Done::Waiting) => return,
                Err(why) => {
                    eprintln!("smartevse-host: {why}; the latest changes are lost");
                    return;
                }
            }
        }
    }

    fn work(
        &mut self,
        recorder: &mut Recorder<LogFile>,
        permit: FlashPermit,
        now: Instant,
    ) -> Result<Done, String> {
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
        self.failed = false;
        Ok(done)
    }

    /// Says once that nothing can be stored.
    fn complain(&mut self, why: &str) {
        if !std::mem::replace(&mut self.failed, true) {
            eprintln!("smartevse-host: {why}; changes are not kept until that works again");
        }
    }
}
