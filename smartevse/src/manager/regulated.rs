//! The call of the regulator, with what it needs to know and what follows from
//! its plan.

use smartevse_core::directive::{ChargerStatus, PowerGrant};
use smartevse_core::faults::Faults;
use smartevse_core::options::Contact2;
use smartevse_core::state::ChargeState;
use smartevse_share as share;
use smartevse_types::{Access, DeciAmps, Duration, Instant, Latest, Mode, PhaseSet, Seconds};

use super::Manager;
use crate::power::Planning;
use crate::wiring;

/// Restart delay after a shortage in Solar (charging specification §2.3).
const SOLAR_SHORTAGE_DELAY: Duration = Duration::from_secs(15);

/// Restart delay after a shortage otherwise.
const SHORTAGE_DELAY: Duration = Duration::from_secs(60);

impl Manager {
    /// In Solar the regulation has seen surplus for those 15 s already when it
    /// ends a shortage (`solar_charge_delay`), so nothing is added.
    pub(super) fn shortage_delay(&self) -> Duration {
        match self.in_force.mode() {
            // In a group the master holds a shortage itself (decision 55).
            _ if self.is_in_group() => Duration::ZERO,
            Mode::Solar if self.is_regulated() => Duration::ZERO,
            Mode::Solar => SOLAR_SHORTAGE_DELAY,
            Mode::Normal | Mode::Smart => SHORTAGE_DELAY,
        }
    }

    /// The regulator of this charger plans its current.
    pub(super) fn is_regulated(&self) -> bool {
        self.planning == Planning::Regulated && !self.in_force.role().is_node()
    }

    /// Whether the next charge uses three phases.
    pub(super) fn three_phase(&self) -> bool {
        let (setting, mode) = (self.in_force.contact2(), self.in_force.mode());
        match setting {
            Contact2::Auto if self.is_regulated() => self.chosen_phases,
            Contact2::Auto
            | Contact2::NotPresent
            | Contact2::AlwaysOff
            | Contact2::SolarOff
            | Contact2::AlwaysOn => wiring::three_phase(setting, mode, self.external.three_phase),
        }
    }

    /// Phases that the vehicle loads while it charges: with a contactor that
    /// moves, those of the latest closing.
    fn loaded_phases(&self, charging: bool, status: &ChargerStatus) -> PhaseSet {
        let moves = matches!(
            self.in_force.contact2(),
            Contact2::Auto | Contact2::SolarOff
        );
        if charging && moves {
            wiring::phases(status.contactor2.is_closed())
        } else {
            self.plan.phases
        }
    }

    /// Settings of the regulation, with those that have no row in the menu; a
    /// separate meter guards CIRCUIT as the EV meter does (regulation
    /// specification §12).
    pub(super) fn regulation_config(&self) -> share::Config {
        let mut config = wiring::regulation_config(&self.in_force);
        config.has_circuit_meter = self.meters.circuit.is_some();
        config.has_ev_meter |= config.has_circuit_meter;
        config.quarter = self.extras.quarter();
        config
    }

    /// The site as it is measured: CIRCUIT by its own meter, where there is one.
    pub(super) fn site(&self) -> share::Site {
        share::Site {
            mains: self.meters.mains.currents,
            circuit: self.meters.circuit.unwrap_or(self.meters.ev).currents,
            battery: self.meters.battery,
            grid_relay_open: self.plan.grid_limited,
            import_energy: self.meters.mains.import,
            export_energy: self.meters.mains.export,
            wall_clock: self.clock(),
            ..share::Site::default()
        }
    }

    /// This charger as the regulation sees it.
    pub(super) fn own_view(&self, status: &ChargerStatus) -> share::EvseView {
        let charging = matches!(status.state, ChargeState::C | ChargeState::D);
        share::EvseView {
            // Before the plug as well: a vehicle that comes finds its offer.
            wants: self.access.access() == Access::On,
            charging,
            charging_since: status.charging_since.filter(|_| charging),
            cap: status.cap,
            phases: self.loaded_phases(charging, status),
            override_current: (self.override_current > DeciAmps::ZERO)
                .then_some(self.override_current),
            ocpp_limit: None,
            measured: self.own_current(),
            ..share::EvseView::default()
        }
    }

    /// The current of this charger alone: known only where another meter
    /// guards CIRCUIT, because the EV meter may measure more than the charger
    /// (D-197).
    fn own_current(&self) -> share::PhaseCurrents {
        let has_ev_meter = self.in_force.ev_meter() != wiring::METER_DISABLED;
        if has_ev_meter && self.meters.circuit.is_some() {
            self.meters.ev.currents
        } else {
            Latest::NEVER
        }
    }

    /// Regulates this charger alone; gives the plan and what follows from it.
    #[inline(never)]
    pub(super) fn regulated_grant(
        &mut self,
        now: Instant,
        status: &ChargerStatus,
    ) -> (share::Plan, (PowerGrant, Faults)) {
        let config = self.regulation_config();
        let (site, evse) = (self.site(), self.own_view(status));
        let plan = self.regulator.step(now, &config, &site, &[evse]);
        self.follow_plan(now, &plan);
        #[cfg(feature = "oracle")]
        {
            self.moment = Some(share::oracle::Moment {
                now,
                config,
                site,
                evse,
                plan,
            });
        }
        let grant = PowerGrant {
            available: plan.available,
            offered: plan.offered,
            limited_by: plan.limited_by,
        };
        let shortage = if plan.stop {
            Faults::LESS_6A
        } else {
            Faults::empty()
        };
        (plan, (grant, shortage))
    }

    /// Takes over from a plan what does not depend on who is served.
    pub(super) fn follow_plan(&mut self, now: Instant, plan: &share::Plan) {
        self.regulated = plan.deadline;
        self.chosen_phases = plan.three_phase;
        self.plan.capacity_stop = remaining(now, plan.capacity_stop);
        self.plan.solar_stop = remaining(now, plan.solar_stop);
    }

    fn clock(&self) -> Latest<u64> {
        let mut clock = Latest::NEVER;
        if let Some((seconds, at)) = self.wall_clock {
            clock.update(seconds, at);
        }
        clock
    }
}

/// Time left of a countdown, rounded up; 0 = not running.
fn remaining(now: Instant, until: Option<Instant>) -> Seconds {
    let left = until.map_or(0, |at| at.since(now).as_secs_ceil());
    Seconds::from_secs(u32::try_from(left).unwrap_or(u32::MAX))
}
