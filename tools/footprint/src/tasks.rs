//! The async adapter of a meter line.
//!
//! The compiler puts one panic into each `async fn`: for a caller that polls
//! it again after it has ended, which the contract of `Future` forbids and no
//! executor does. It cannot be avoided, so this program is linked with the
//! feature `trace` and its calls are compared with that one exception.

use ::core::future::{Future, pending};
use ::core::pin::pin;
use ::core::task::{Context, Waker};

use smartevse::meter_line::MeterLine;
use smartevse::tasks::{Clock, serve_line};
use smartevse_core::hardware::NotFitted;
use smartevse_types::Instant;

use crate::station::two_meters;
use crate::{consume, opaque};

/// Serves a line once.
pub fn exercise() {
    if let Some(line) = two_meters() {
        serve(&mut opaque(line));
    }
}

struct Silent;

impl Clock for Silent {
    fn now(&self) -> Instant {
        opaque(Instant::ZERO)
    }

    async fn wait_until(&self, _: Instant) {
        pending().await
    }
}

fn serve(line: &mut MeterLine) {
    let mut port = NotFitted;
    let mut context = Context::from_waker(Waker::noop());
    consume(pin!(serve_line(&mut port, line, &Silent, consume)).poll(&mut context));
}
