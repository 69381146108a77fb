//! `smartevse-share`.

use smartevse_share::{
    Ceiling, Config, Constraints, EvseView, Regulator, Running, Site, is_announceable, may_start,
};
use smartevse_types::{DeciAmps, Instant, PhaseSet};

use crate::{consume, opaque};

/// Calls what has logic in it.
pub fn exercise() {
    let config = opaque(Config::default());
    let site = opaque(Site::default());
    let evse = opaque(EvseView::default());
    let mut regulator = opaque(Regulator::new());
    consume(regulator.step(opaque(Instant::ZERO), &config, &site, &evse));
    consume(&regulator);

    consume(Ceiling::of(&config, &site, &evse));
    let limits = Constraints::of(&config, &site, opaque(PhaseSet::THREE));
    consume(
        limits
            .tightest()
            .map(|limit| (limit.room(), limit.excess(), limit.phase())),
    );
    let running = opaque(
        [Running {
            set_point: DeciAmps::ZERO,
            phases: PhaseSet::THREE,
        }; 8],
    );
    let count = opaque(8);
    consume(may_start(
        &config,
        &site,
        &evse,
        running.get(..count).unwrap_or(&[]),
    ));
    consume(is_announceable(opaque(DeciAmps::ZERO)));
}
