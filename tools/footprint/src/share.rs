//! `smartevse-share`.

use smartevse_share::antiflap::Pause;
use smartevse_share::idle::IdleMark;
use smartevse_share::limit::binding;
use smartevse_share::{
    Ceiling, Conductor, Config, Constraints, EvseView, Group, Limit, Member, OrdersSent, Place,
    Regulator, Rotation, Running, Schedule, Share, ShareConfig, ShareInputs, ShareView, Site, Slot,
    Wait, allocate, is_announceable, may_start,
};
use smartevse_types::{DeciAmps, Duration, Instant, LimitedBy, Minutes, Mode, PhaseSet};

use crate::{consume, opaque, protocol};

/// Calls what has logic in it.
pub fn exercise() {
    let config = opaque(Config::default());
    let site = opaque(Site::default());
    let evse = opaque(EvseView::default());
    let mut regulator = opaque(Regulator::new());
    consume(regulator.step(opaque(Instant::ZERO), &config, &site, &[evse]));
    consume(&regulator);

    consume(Ceiling::of(&config, &site, &evse));
    let limits = Constraints::of(&config, &site, opaque(PhaseSet::THREE));
    consume(
        limits
            .tightest()
            .map(|limit| (limit.room(), limit.excess(), limit.phase())),
    );
    let weighted = Constraints::weighted(&config, &site, opaque(PhaseSet::THREE), opaque(10));
    consume(weighted.with_quarter(opaque(None)).tightest().is_some());
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
    consume(config.starts_below_min(opaque(3)));
    schedule();
    slots();
    rules();
    protocol::exercise();
}

/// The scheduler of a group.
fn schedule() {
    let mut group: Group = opaque(Group::new());
    let views = opaque([ShareView::UNKNOWN; 8]);
    let currents = opaque([DeciAmps::ZERO; 8]);
    let limit = Limit::new(DeciAmps::ZERO, Conductor::Sum, LimitedBy::Capacity);
    let mut limits = opaque([limit; 3]);
    let inputs = ShareInputs {
        views: views.get(..opaque(8)).unwrap_or(&[]),
        sent: Some(OrdersSent {
            at: opaque(Instant::ZERO),
            currents: &currents,
        }),
        grace_running: opaque(false),
    };
    let config = opaque(ShareConfig::default());
    consume(group.step(opaque(Instant::ZERO), &config, &inputs, &mut limits));
    consume(&group);
    let mut members = opaque([Member::new(DeciAmps::ZERO, DeciAmps::ZERO); 8]);
    allocate(&mut members, &mut limits, opaque(Share::Equal));
    consume(members);
    consume(binding(&limits, opaque(Place::ALL)));
    consume(opaque(Rotation::L123).grid(opaque(PhaseSet::SINGLE)));
}

/// What a group remembers.
fn slots() {
    let mut group: Group = opaque(Group::new());
    consume((group.allocated(), group.orders()));
    group.slots().iter().for_each(consume);
    if let Some(slot) = group.slot_mut(opaque(1)) {
        let slot: &mut Slot = opaque(slot);
        let at = opaque(Some(Instant::ZERO));
        slot.restore(at, opaque(at), opaque(at));
        slot.announced(opaque(DeciAmps::ZERO), opaque(Instant::ZERO));
        slot.sent(opaque(DeciAmps::ZERO), opaque(Instant::ZERO));
        let slot = opaque(slot);
        consume((slot.schedule(), slot.allocated(), slot.exposure()));
        consume((slot.order(), slot.wait(), slot.connected_at()));
        consume(slot.exposure().released_at());
    }
    consume(group);
    consume(opaque(Schedule::Active).text());
    consume(opaque(Wait::Idle).block(opaque(Mode::Solar)));
}

/// Settings of a group.
fn rules() {
    let config = opaque(ShareConfig::default());
    consume(config.with_rotation(opaque(Minutes::ZERO)));
    consume(config.with_idle_tmo(opaque(60)));
    let limit = Limit::new(
        opaque(DeciAmps::ZERO),
        opaque(Conductor::Sum),
        opaque(LimitedBy::Capacity),
    );
    consume(limit.within(opaque(1), opaque(2)));
    let (now, time) = opaque((Instant::ZERO, Duration::ZERO));
    consume(opaque(IdleMark::default()).is_over(now));
    let mut pause = opaque(Pause::default());
    pause.begin(now);
    consume(opaque(pause).is_recent(now, time));
}
