//! The world around one charger: what it reads and what planning wants.

use smartevse_core::directive::{Directive, Handshake, LockWish, PowerGrant};
use smartevse_core::faults::Faults;
use smartevse_core::io::{
    Contactor, ContactorFeedback, HardwareFaults, Inputs, LockDrive, LockFeedback, MainsInput,
    MilliVoltRange, Outputs, PilotSample, ProximityInput, ResidualCurrentInput, SwitchInput,
    TemperatureInput,
};
use smartevse_core::options::CableKind;
use smartevse_core::pilot::PilotClass;
use smartevse_core::state::ChargeState;
use smartevse_core::vehicle::VehicleCheck;
use smartevse_types::{
    Access, Amps, Celsius, DeciAmps, Duration, DutyPermille, Instant, LimitedBy, Ohms,
};

use crate::change::{Change, Master, Planning, Report, Request, Sampling};
use crate::site::Site;

/// Low phase with a diode and without.
const LOW: [MilliVoltRange; 2] = [
    MilliVoltRange::from_milli(-6_000, -6_000),
    MilliVoltRange::from_milli(-12_000, -12_000),
];

/// The world as it is now.
#[derive(Clone, Debug)]
pub struct World {
    pub site: Site,
    inputs: Inputs,
    directive: Directive,
    high: Option<MilliVoltRange>,
    diode: bool,
    sampling: Sampling,
    reports: [Report; 2],
    lock: Option<LockFeedback>,
    silent: bool,
    planning: Planning,
    master: Master,
    /// The latest sample and the latest confirmation of the directive.
    last: (Option<PilotSample>, Option<Instant>),
}

impl World {
    pub fn new(site: Site) -> Self {
        let mut world = Self {
            site,
            inputs: Inputs::default(),
            directive: Directive::default(),
            high: None,
            diode: true,
            sampling: Sampling::Live,
            reports: [Report::Follows; 2],
            lock: None,
            silent: false,
            planning: Planning::Live,
            master: Master::None,
            last: (None, None),
        };
        world.heal();
        world.set_level(PilotClass::A12);
        world
    }

    /// Everything works, and the vehicle asks for energy.
    fn heal(&mut self) {
        self.heal_inputs();
        self.heal_directive();
        self.set_level(PilotClass::C6);
        self.diode = true;
        self.sampling = Sampling::Live;
        self.reports = [Report::Follows; 2];
        self.lock = None;
        self.silent = false;
        self.planning = Planning::Live;
        self.master = if self.site.node {
            Master::Fair
        } else {
            Master::None
        };
    }

    fn heal_inputs(&mut self) {
        self.inputs = Inputs {
            pilot: None,
            proximity: ProximityInput::Resistance(Ohms::from_ohms(220)),
            residual_current: ResidualCurrentInput::Normal,
            residual_current_edge: false,
            temperature: if self.site.sensor {
                TemperatureInput::Measured(Celsius::from_celsius(30))
            } else {
                TemperatureInput::NotFitted
            },
            contactor1: ContactorFeedback::NotFitted,
            contactor2: ContactorFeedback::NotFitted,
            lock: LockFeedback::NotFitted,
            switch: SwitchInput::Open,
            mains: MainsInput::Present,
            hardware: HardwareFaults::empty(),
        };
    }

    fn heal_directive(&mut self) {
        let mut requests = self.directive.requests;
        requests.start = requests.start.wrapping_add(1);
        requests.local_reset = requests.local_reset.wrapping_add(1);
        requests.service_reset = requests.service_reset.wrapping_add(1);
        requests.clear_delay = requests.clear_delay.wrapping_add(1);
        let mut config = self.directive.config;
        config.max = config.max.max(Amps::from_amps(13));
        config.min = Amps::from_amps(6);
        config.cable = if self.site.socket {
            CableKind::Socket
        } else {
            CableKind::Fixed
        };
        config.lock = self.site.lock;
        config.residual_current = self.site.monitor;
        config.contact2 = self.site.contact2;
        config.derating = self.site.derating;
        config.max_temperature = Celsius::from_celsius(65);
        self.directive = Directive {
            access: Access::On,
            modem: VehicleCheck::Accepted,
            grant: PowerGrant {
                available: true,
                offered: self.directive.grant.offered.max(DeciAmps::from_deci(100)),
                limited_by: LimitedBy::External,
            },
            three_phase: self.directive.three_phase,
            requests,
            config,
            ..Directive::default()
        };
    }

    fn set_level(&mut self, class: PilotClass) {
        let sample = PilotSample::from_class(class, None, Instant::ZERO, Instant::ZERO);
        self.high = sample.map(|sample| sample.high);
    }

    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Level(class) => self.set_level(class),
            Change::Volts(low, high) => {
                self.high = Some(MilliVoltRange::from_milli(low.into(), high.into()));
            }
            Change::Diode(good) => self.diode = good,
            Change::Sampling(sampling) => self.sampling = sampling,
            Change::Silent(silent) => self.silent = silent,
            Change::Main(report) => self.reports[0] = report,
            Change::Second(report) => self.reports[1] = report,
            Change::Lock(lock) => self.lock = lock,
            Change::Master(master) => self.master = master,
            Change::Planning(planning) => self.planning = planning,
            Change::Heal => self.heal(),
            _ => self.apply_input(change),
        }
    }

    fn apply_input(&mut self, change: Change) {
        let inputs = &mut self.inputs;
        match change {
            Change::Proximity(coding) => inputs.proximity = coding,
            Change::Residual(level) => inputs.residual_current = level,
            Change::Edge(edge) => inputs.residual_current_edge = edge,
            Change::Temperature(temperature) => inputs.temperature = temperature,
            Change::Mains(mains) => inputs.mains = mains,
            Change::Switch(switch) => inputs.switch = switch,
            Change::Hardware(bits) => inputs.hardware = HardwareFaults::from_bits_truncate(bits),
            _ => self.apply_wish(change),
        }
    }

    fn apply_wish(&mut self, change: Change) {
        let wish = &mut self.directive;
        match change {
            Change::Access(access) => wish.access = access,
            Change::Offer(deci) => wish.grant.offered = DeciAmps::from_deci(deci.into()),
            Change::Power(available) => wish.grant.available = available,
            Change::ThreePhase(three) => wish.three_phase = three,
            Change::Imposed(bits) => wish.faults = Faults::from_bits_truncate(bits),
            Change::Delay(secs) => {
                wish.shortage_delay = secs.map(|secs| Duration::from_secs(secs.into()));
            }
            Change::Override(duty) => wish.duty_override = duty.map(DutyPermille::from_permille),
            Change::Request(request) => self.request(request),
            Change::Wish(lock) => wish.lock = lock,
            Change::Vehicle(check) => wish.modem = check,
            _ => self.apply_setting(change),
        }
    }

    fn apply_setting(&mut self, change: Change) {
        let config = &mut self.directive.config;
        match change {
            Change::Max(amps) => config.max = Amps::from_amps(amps),
            Change::Min(amps) => config.min = Amps::from_amps(amps),
            Change::Cable(kind) => config.cable = kind,
            Change::LockKind(kind) => config.lock = kind,
            Change::Monitor(enabled) => config.residual_current = enabled,
            Change::MaxTemperature(celsius) => {
                config.max_temperature = Celsius::from_celsius(celsius);
            }
            Change::Contact2(option) => config.contact2 = option,
            Change::Derating(derating) => config.derating = derating,
            _ => {}
        }
    }

    fn request(&mut self, request: Request) {
        let requests = &mut self.directive.requests;
        let counter = match request {
            Request::LocalReset => &mut requests.local_reset,
            Request::ServiceReset => &mut requests.service_reset,
            Request::ClearDelay => &mut requests.clear_delay,
            Request::ButtonStop => &mut requests.button_stop,
            Request::Start => &mut requests.start,
            Request::SafeRestart => &mut requests.safe_restart,
        };
        *counter = counter.wrapping_add(1);
    }

    /// The lock wish of planning, as far as access has a say in it.
    pub fn release_without_access(&mut self) {
        self.directive.lock = match self.directive.access {
            Access::On => LockWish::Auto,
            Access::Off | Access::Pause => LockWish::Release,
        };
    }

    /// Nothing new comes by itself: samples stand still.
    pub fn is_stopped(&self) -> bool {
        self.sampling != Sampling::Live
    }

    /// What the charger reads now; the level has been the same since `from`.
    pub fn inputs(&mut self, outputs: &Outputs, from: Instant, now: Instant) -> Inputs {
        let mut inputs = self.inputs;
        inputs.pilot = self.sample(outputs, from, now);
        if outputs.residual_current_test && !self.silent {
            inputs.residual_current = ResidualCurrentInput::Fault;
        }
        inputs.contactor1 = self.feedback(self.reports[0], outputs.contactor1);
        inputs.contactor2 = self.feedback(self.reports[1], outputs.contactor2);
        inputs.lock = self.lock_feedback(outputs);
        inputs
    }

    fn sample(&mut self, outputs: &Outputs, from: Instant, now: Instant) -> Option<PilotSample> {
        let age = match self.sampling {
            Sampling::Live => Duration::ZERO,
            Sampling::Aged(ms) => Duration::from_millis(ms.into()),
            Sampling::Frozen => return self.last.0,
            Sampling::Missing => return None,
        };
        let pulsed = (1..1_000).contains(&outputs.duty.as_permille());
        // Samples never run backward.
        let latest = self.last.0.map_or(Instant::ZERO, |sample| sample.at);
        let sample = self.high.map(|high| PilotSample {
            from: (from - age).latest(latest),
            at: (now - age).latest(latest),
            high,
            low: pulsed.then(|| LOW[usize::from(self.diode)]),
        });
        self.last.0 = sample;
        sample
    }

    fn feedback(&self, report: Report, commanded: Contactor) -> ContactorFeedback {
        match report {
            Report::Follows if !self.site.feedback => ContactorFeedback::NotFitted,
            Report::Follows if commanded.is_closed() => ContactorFeedback::Closed,
            Report::Follows | Report::Open => ContactorFeedback::Open,
            Report::Closed => ContactorFeedback::Closed,
            Report::NotFitted => ContactorFeedback::NotFitted,
        }
    }

    fn lock_feedback(&self, outputs: &Outputs) -> LockFeedback {
        match self.lock {
            Some(feedback) => feedback,
            None if !self.site.lock_feedback => LockFeedback::NotFitted,
            None if outputs.lock == LockDrive::Unlock => LockFeedback::Unlocked,
            None => LockFeedback::Locked,
        }
    }

    /// What planning wants now.
    pub fn directive(&mut self, state: ChargeState, now: Instant) -> Directive {
        let ms = |ms: u16| Duration::from_millis(ms.into());
        let issued = match self.planning {
            Planning::Live => Some(now),
            Planning::Frozen => self.last.1,
            Planning::Aged(age) => Some(now - ms(age)),
            Planning::Ahead(ahead) => Some(now + ms(ahead)),
            Planning::Never => None,
        };
        self.last.1 = issued;
        Directive {
            issued,
            handshake: self.answer(state),
            ..self.directive
        }
    }

    fn answer(&self, state: ChargeState) -> Handshake {
        match (self.master, state) {
            (Master::None, _) => Handshake::NotNeeded,
            (Master::AlwaysB, _) | (Master::Fair, ChargeState::CommB) => Handshake::GrantedB,
            (Master::AlwaysC, _) | (Master::Fair, ChargeState::CommC) => Handshake::GrantedC,
            (Master::Fair | Master::Silent, _) => Handshake::Waiting,
        }
    }
}
