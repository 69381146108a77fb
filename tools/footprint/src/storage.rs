//! The store of a charger, in a flash that may hold and do anything.

use embedded_storage::nor_flash::ReadNorFlash;
use smartevse::storage::{FlashPermit, Store};
use smartevse::{Manager, Setup};
use smartevse_core::adapters::BlockingFlash;
use smartevse_core::directive::ChargerStatus;
use smartevse_core::event::Record;
use smartevse_types::{Access, Instant};

use crate::flash::{Area, Flash};
use crate::{consume, opaque};

/// Opens the store, then saves what is not saved.
pub async fn exercise() {
    let flash: Area = BlockingFlash(Flash::area());
    let Ok((store, restored)) = Store::open(flash).await else {
        return;
    };
    let restored = opaque(restored);
    let setup: Setup<'_> = restored.setup();
    let manager = opaque(Manager::new(&setup, opaque(Instant::ZERO)));
    consume((restored.stored, restored.report));
    let mut store = opaque(store);
    while opaque(true) {
        save(&mut store, &manager).await;
    }
    consume(store.flash().0.capacity());
    consume(store.into_flash());
}

async fn save(store: &mut Store<Area>, manager: &Manager) {
    let status = opaque(ChargerStatus::default());
    let access = opaque(Access::Off);
    let permit = FlashPermit::of(status, access, opaque(Instant::ZERO));
    let unsaved = opaque([(Record::Settings, 1); 4]);
    let count = opaque(unsaved.len());
    let unsaved = unsaved.into_iter().take(count);
    consume(
        store
            .step(permit, unsaved, &manager.contents(&status))
            .await,
    );
}
