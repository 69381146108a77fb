//! A small bench for the scheduler: cars that follow, a bus that sends every
//! 2 s, and the oracle watching every call.

use smartevse_share::share_oracle::{ShareMoment, ShareOracle};
use smartevse_share::{
    AntiFlap, Conductor, Contactor, Group, Limit, OrdersSent, Schedule, ShareConfig, ShareDecision,
    ShareInputs, ShareView,
};
use smartevse_types::{DeciAmps, Duration, Instant, LimitedBy, Minutes, Phase};

pub fn da(value: i32) -> DeciAmps {
    DeciAmps::from_deci(value)
}

pub fn seconds(value: u64) -> Duration {
    Duration::from_secs(value)
}

pub fn on_phase(capacity: i32, phase: Phase) -> Limit {
    Limit::new(
        da(capacity),
        Conductor::Phase(phase),
        LimitedBy::Circuit(phase),
    )
}

pub fn one_limit(capacity: i32) -> Vec<Limit> {
    vec![on_phase(capacity, Phase::L1)]
}

/// A view that wants up to 32 A.
pub fn wanting() -> ShareView {
    ShareView {
        online: true,
        connected: true,
        wants: true,
        cap: da(320),
        ..ShareView::default()
    }
}

#[derive(Clone, Copy, Default)]
struct Car {
    draw: Option<i32>,
    stopped_at: Option<Instant>,
}

#[derive(Clone)]
pub struct Bench<const N: usize> {
    pub group: Group<N>,
    pub config: ShareConfig,
    pub limits: Vec<Limit>,
    pub views: [ShareView; N],
    pub now: Instant,
    pub grace: bool,
    /// Nothing leaves the wire.
    pub quiet: bool,
    pub oracle: ShareOracle<N>,
    pub last: Option<ShareDecision>,
    sent: Option<(Instant, [DeciAmps; N])>,
    cars: [Car; N],
}

/// Row notation: A = Active, P = Paused, - = Inactive.
pub fn letters(states: impl IntoIterator<Item = Schedule>) -> String {
    let letter = |state| match state {
        Schedule::Active => 'A',
        Schedule::Paused => 'P',
        Schedule::Inactive => '-',
    };
    states.into_iter().map(letter).collect()
}

impl<const N: usize> Bench<N> {
    /// Everybody answers, nobody is plugged in, the documented preset.
    pub fn new(capacity: i32) -> Self {
        let view = ShareView {
            online: true,
            cap: da(320),
            ..ShareView::default()
        };
        let mut bench = Self {
            group: Group::new(),
            config: ShareConfig {
                anti_flap: AntiFlap::DOCUMENTED,
                ..ShareConfig::default()
            },
            limits: one_limit(capacity),
            views: [view; N],
            now: Instant::from_secs(1_000),
            grace: false,
            quiet: false,
            oracle: ShareOracle::new(),
            last: None,
            sent: None,
            cars: [Car::default(); N],
        };
        bench.step();
        bench
    }

    pub fn rotation(mut self, minutes: u16) -> Self {
        self.config = self
            .config
            .with_rotation(Minutes::from_minutes(minutes))
            .unwrap();
        self
    }

    pub fn plug(&mut self, index: usize, draw: Option<i32>) -> &mut Self {
        self.views[index].connected = true;
        self.views[index].wants = true;
        self.cars[index].draw = draw;
        self
    }

    pub fn unplug(&mut self, index: usize) -> &mut Self {
        self.views[index].connected = false;
        self.views[index].wants = false;
        self
    }

    pub fn draw(&mut self, index: usize, draw: Option<i32>) {
        self.cars[index].draw = draw;
    }

    pub fn capacity(&mut self, capacity: i32) {
        self.limits = one_limit(capacity);
    }

    pub fn step(&mut self) -> ShareDecision {
        let sent = self.sent;
        let sent = sent
            .as_ref()
            .map(|(at, currents)| OrdersSent { at: *at, currents });
        let inputs = ShareInputs {
            views: &self.views,
            sent,
            grace_running: self.grace,
        };
        let decision = self
            .group
            .step(self.now, &self.config, &inputs, &mut self.limits);
        let moment = ShareMoment {
            now: self.now,
            config: self.config,
            views: self.views,
            sent,
            grace_running: self.grace,
            limits: &self.limits,
            slots: *self.group.slots(),
            decision,
        };
        if let Err(violation) = self.oracle.check(&moment) {
            let waits: Vec<_> = self.group.slots().iter().map(|slot| slot.wait()).collect();
            panic!(
                "{violation:?} at {}: {} {:?} ordered {:?} waits {waits:?} limits {:?} config {:?}",
                self.now,
                self.states(),
                self.shares(),
                self.orders(),
                self.limits,
                self.config
            );
        }
        self.last = Some(decision);
        decision
    }

    /// All orders leave the wire now.
    pub fn broadcast(&mut self) {
        self.sent = Some((self.now, self.group.orders()));
    }

    /// Cars and polls of this moment.
    pub fn play(&mut self) {
        let now = self.now;
        let orders = self.group.orders();
        let sent = self
            .sent
            .map_or([DeciAmps::ZERO; N], |(_, currents)| currents);
        for (index, (view, car)) in self.views.iter_mut().zip(&mut self.cars).enumerate() {
            if !view.online {
                continue;
            }
            let charges = view.wants && sent[index] > DeciAmps::ZERO;
            let closed = view.contactor == Contactor::Closed;
            car.stopped_at =
                (closed && view.wants && !charges).then(|| car.stopped_at.unwrap_or(now));
            let lingers = car.stopped_at.is_some_and(|at| now < at + seconds(6));
            view.contactor = match (charges || lingers, view.wants) {
                (true, _) => Contactor::Closed,
                (false, true) => Contactor::Asking,
                (false, false) => Contactor::Open,
            };
            view.seen_at = now;
            match car.draw {
                Some(draw) => {
                    view.measured.update(orders[index].min(da(draw)), now);
                }
                None => view.measured.clear(),
            }
        }
    }

    /// Lets a number of seconds pass.
    pub fn run(&mut self, span: u64) -> &mut Self {
        for _ in 0..span {
            self.now += seconds(1);
            self.play();
            self.step();
            if self.now.as_secs().is_multiple_of(2) && !self.quiet {
                self.broadcast();
                self.step();
            }
        }
        self
    }

    /// Lets minutes pass from deadline to deadline.
    pub fn leap(&mut self, minutes: u64) {
        let end = self.now + Duration::from_minutes(minutes);
        while self.now < end {
            let next = self.last.map_or(end, |decision| decision.deadline);
            self.now = next.earliest(end).earliest(self.now + seconds(15));
            self.play();
            self.step();
            if !self.quiet {
                self.broadcast();
                self.step();
            }
        }
    }

    pub fn states(&self) -> String {
        letters(self.group.slots().iter().map(|slot| slot.schedule()))
    }

    pub fn shares(&self) -> Vec<i32> {
        self.group
            .allocated()
            .iter()
            .map(|share| share.as_deci())
            .collect()
    }

    pub fn orders(&self) -> Vec<i32> {
        self.group
            .orders()
            .iter()
            .map(|order| order.as_deci())
            .collect()
    }

    pub fn timer(&self) -> u64 {
        self.last
            .map_or(0, |decision| decision.rotation_left.as_secs_ceil())
    }
}
