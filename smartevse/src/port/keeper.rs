//! The store of a firmware.

use smartevse_core::directive::ChargerStatus;
use smartevse_core::event::{Event, Fact};
use smartevse_core::hardware::Storage;
use smartevse_types::{Duration, Instant};

use super::hub::Hub;
use super::keep::Keep;
use super::planner::Planner;
use crate::storage::{Done, FlashPermit, Restored, StorageError, Store};

/// How often the store gets a turn: a change of access takes two of them, and
/// has to be kept within 1 s (charging specification §11.2 rule 4).
const TURN: Duration = Duration::from_millis(100);

/// After a failure the store is tried again so much later.
const AGAIN: Duration = Duration::from_secs(5);

/// Brings records that changed into the store while the charger runs.
///
/// Each turn does at most one write or one erase. An erase needs the permit of
/// [`FlashPermit::of`] and the watchdog period of an erase, which the 10 ms loop
/// confirms before the erase begins (decisions 52, 70 and 73). A flash that
/// refuses is tried again after 5 s; its records stay unsaved and nothing else
/// changes.
#[derive(Debug)]
pub struct Keeper<S> {
    store: Option<Store<S>>,
    next: Instant,
}

impl<S: Storage> Keeper<S> {
    /// Reads what is stored; before the first loop starts. Nothing is written.
    ///
    /// A flash that cannot be read or does not fit gives factory values with
    /// access off and STORAGE_FAULT, and nothing is ever written to it.
    pub async fn open(flash: S) -> (Self, Restored) {
        let (store, restored) = match Store::open(flash).await {
            Ok((store, restored)) => (Some(store), restored),
            Err(_) => (None, Restored::unusable()),
        };
        let next = Instant::ZERO;
        (Self { store, next }, restored)
    }
}

impl<S: Storage> Keep for Keeper<S> {
    async fn turn(
        &mut self,
        hub: &Hub,
        planner: &mut Planner,
        now: Instant,
        status: &ChargerStatus,
    ) {
        let Some(store) = self.store.as_mut().filter(|_| now >= self.next) else {
            return;
        };
        let access = planner.manager().access().access();
        let allowed = FlashPermit::of(*status, access, now);
        let permit = confirmed(hub, allowed, store.wants_erase());
        match step(store, permit, planner, status).await {
            Ok(done) => {
                if let Done::Saved(record, version) = done {
                    let fact = Fact::Stored(record, version);
                    planner.event(Event { at: now, fact });
                }
                self.next = now + TURN;
            }
            Err(_) => {
                hub.permit_erase(false);
                self.next = now + AGAIN;
            }
        }
    }
}

/// Asks for the watchdog period of an erase when there is something to erase;
/// until the 10 ms loop has confirmed it, nothing may be erased.
fn confirmed(hub: &Hub, allowed: FlashPermit, wanted: bool) -> FlashPermit {
    let erase = allowed == FlashPermit::Erase;
    hub.permit_erase(erase && wanted);
    if erase && !hub.erase_is_ready() {
        FlashPermit::Append
    } else {
        allowed
    }
}

async fn step<S: Storage>(
    store: &mut Store<S>,
    permit: FlashPermit,
    planner: &Planner,
    status: &ChargerStatus,
) -> Result<Done, StorageError<S::Error>> {
    let manager = planner.manager();
    let unsaved = manager.records().unsaved();
    store.step(permit, unsaved, &manager.contents(status)).await
}
