//! Planning with the store.

use smartevse::port::Keeper;
use smartevse_core::adapters::BlockingFlash;

use super::{BoardFacts, Flash, HUB, clock, opaque, run};
use crate::flash::Area;

/// Opens the store and plans with it.
pub fn exercise() {
    let area: Area = BlockingFlash(Flash::area());
    run(async {
        let (keeper, restored) = Keeper::open(area).await;
        let setup = restored.setup_of(opaque(BoardFacts::default()));
        HUB.plan_stored(&setup, keeper, &clock()).await
    });
}
