//! The oracles: they watch a charger in tests and simulations, and a port may
//! keep them in its firmware.

use smartevse_core::charger::BoardFacts;
use smartevse_core::directive::{ChargerStatus, Directive};
use smartevse_core::io::{Deadline, Inputs, Outputs};
use smartevse_core::oracle::Watch;
use smartevse_share::oracle::Oracle;
use smartevse_share::{Config, EvseView, Plan, Site};
use smartevse_types::Instant;

use crate::{consume, opaque};

/// Judges once with each oracle.
pub fn exercise() {
    let now = opaque(Instant::ZERO);
    let mut watch = opaque(Watch::new(opaque(BoardFacts::default())).started(now));
    let promise = Deadline {
        state: now,
        sample: now,
    };
    watch.promise(opaque(promise));
    let mut watch = opaque(watch);
    let (inputs, outputs) = opaque((Inputs::default(), Outputs::SAFE));
    let (directive, status) = opaque((Directive::default(), ChargerStatus::default()));
    consume(watch.observe(now, &inputs, &directive, &outputs, &status));
    watch.missing().for_each(consume);
    consume(watch.is_broken(opaque(1)));

    let mut oracle = opaque(Oracle::new());
    let (config, site) = opaque((Config::default(), Site::default()));
    let (evse, plan) = opaque((EvseView::default(), Plan::default()));
    consume(oracle.check(now, &config, &site, &evse, &plan));
}
