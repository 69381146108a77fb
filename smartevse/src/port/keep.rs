//! What happens to the records after a turn of planning.

use smartevse_core::directive::ChargerStatus;
use smartevse_types::Instant;

use super::hub::Hub;
use super::planner::Planner;

/// Who keeps the records of planning; nobody is `()`.
pub(super) trait Keep {
    /// Takes a turn after planning did.
    async fn turn(
        &mut self,
        hub: &Hub,
        planner: &mut Planner,
        now: Instant,
        status: &ChargerStatus,
    );
}

impl Keep for () {
    async fn turn(&mut self, _: &Hub, _: &mut Planner, _: Instant, _: &ChargerStatus) {}
}
