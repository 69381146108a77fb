//! `smartevse-types`.

use smartevse_types::{
    Amps, BlockReason, Celsius, DeciAmps, Duration, Instant, Latest, LimitedBy, MilliAmps,
    PerPhase, Phase, PhaseSet,
};

use crate::{consume, opaque};

/// Calls what has logic in it.
pub fn exercise() {
    units();
    time();
    readings();
    let phase = opaque(Phase::L1);
    let set = opaque(PhaseSet::THREE);
    consume((phase.name(), set.count(), set.has(phase)));
    consume(opaque(LimitedBy::default()).text());
    let block = opaque(BlockReason::Schedule);
    consume((block.text(), block.remaining()));
}

fn units() {
    let (a, b) = opaque((DeciAmps::ZERO, DeciAmps::MAX));
    consume((a + b, a - b, a.times(opaque(2)), a.divided_by(opaque(0))));
    consume((
        a.checked_add(b),
        a.checked_sub(b),
        a.to_amps(),
        a.to_watts(),
    ));
    consume(opaque(Amps::MAX).to_deci());
    consume(opaque(MilliAmps::MIN).to_deci());
    consume(opaque(Celsius::MIN).divided_by(opaque(-1)));
    consume(opaque([a, b]).into_iter().sum::<DeciAmps>());
    let mut three = opaque(PerPhase::splat(a));
    three.set(opaque(Phase::L2), b);
    consume((three.sum(), three.max(), three.of(opaque(Phase::L3))));
    consume(three.map(DeciAmps::to_amps));
}

fn time() {
    let (now, span) = opaque((Instant::ZERO, Duration::ZERO));
    let later = opaque(Instant::FAR_FUTURE);
    consume((
        now + span,
        now - span,
        now.since(later),
        span + opaque(span),
        span - opaque(span),
    ));
    consume((now.earliest(later), now.latest(later)));
    consume((now.as_millis(), span.as_secs_ceil(), span.times(opaque(3))));
}

fn readings() {
    let mut latest = opaque(Latest::NEVER);
    consume(latest.update(opaque(DeciAmps::ZERO), opaque(Instant::ZERO)));
    let latest = opaque(latest);
    consume(latest.reading(opaque(Instant::ZERO), opaque(Duration::ZERO)));
    consume(latest.sample());
}
