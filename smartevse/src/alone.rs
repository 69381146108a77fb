//! Planning without a group, for a firmware that is built without the feature
//! `group`: the words of the master's side with nothing behind them (D-195).
//!
//! PWR SHARE = Master then regulates like a lone charger and says nothing to
//! nodes; they stop by their own time-out. A node needs nothing of this.

#[path = "group/terms.rs"]
mod terms;
#[path = "group/translate.rs"]
pub mod translate;

use smartevse_core::directive::{Handshake, PowerGrant};
use smartevse_core::event::MeterReading;
use smartevse_core::group::{GroupStatus, NodeReport};
use smartevse_core::snapshot::Section;
use smartevse_share as share;
use smartevse_share::protocol::Orders;
use smartevse_types::{Amps, Instant, Mode};

pub use terms::SETTLE;
pub(crate) use terms::{GroupInputs, GroupOutcome};

/// No memory of a group.
#[derive(Clone, Debug)]
pub(crate) struct GroupSide {
    started: Instant,
}

impl GroupSide {
    pub(crate) const LEADS: bool = false;

    pub(crate) const fn new(started: Instant) -> Self {
        Self { started }
    }

    pub(crate) const fn has_nodes(&self) -> bool {
        false
    }

    /// Whether a node of a master that was here before has stopped.
    pub(crate) fn is_settled(&self, now: Instant) -> bool {
        now >= self.started + SETTLE
    }

    pub(crate) const fn hear(&mut self, _: u8, _: NodeReport, _: Instant) {}

    pub(crate) const fn lose(&mut self, _: u8) {}

    pub(crate) const fn measure(&mut self, _: u8, _: &MeterReading, _: Instant) {}

    pub(crate) const fn sent(&mut self, _: u32, _: Instant) {}

    /// None.
    pub(crate) const fn orders(&self) -> &Orders {
        &Orders::NONE
    }

    pub(crate) const fn section(&self) -> Section<&GroupStatus> {
        Section::Absent
    }

    /// Gives nobody anything: nobody asks.
    pub(crate) fn plan(
        &mut self,
        _: Instant,
        _: &mut share::Regulator,
        _: &mut GroupInputs<'_>,
    ) -> GroupOutcome {
        GroupOutcome {
            plan: share::Plan::default(),
            grant: PowerGrant::default(),
            paused: false,
            handshake: Handshake::NotNeeded,
            deadline: Instant::FAR_FUTURE,
        }
    }

    pub(crate) const fn stay_alone(&mut self, _: Instant, _: &share::Plan, _: Mode, _: Amps) {}
}

#[cfg(test)]
mod tests {
    use crate::site_line::{MeterChoice, SiteLine, site_line};
    use crate::{Manager, Setup};
    use smartevse_core::directive::ChargerStatus;
    use smartevse_core::registry::SettingId;
    use smartevse_core::settings::load;
    use smartevse_share::protocol::Orders;
    use smartevse_types::{Access, DeciAmps, Instant};

    /// D-195, I-16: a node of the master before it may charge for 20 s.
    #[test]
    fn when_a_master_has_just_started_then_it_offers_nothing() {
        let setup = Setup {
            settings: load([(SettingId::PwrShare, 1)]).settings,
            access: Access::On,
            ..Setup::default()
        };
        let status = ChargerStatus {
            cap: DeciAmps::from_deci(130),
            ..ChargerStatus::default()
        };
        let mut manager = Manager::new(&setup, Instant::ZERO);
        let mut offers = |seconds| manager.poll(Instant::from_secs(seconds), &status).grant;
        assert!(!offers(19).available);
        assert!(offers(20).available);
    }

    /// D-195: nobody is asked on the line but meters.
    #[test]
    fn when_a_master_cannot_lead_then_its_line_has_no_nodes() {
        let settings = load([(SettingId::PwrShare, 1), (SettingId::MainsMet, 4)]).settings;
        let line = site_line(MeterChoice::of(&settings), Instant::ZERO);
        assert!(matches!(line, Some(SiteLine::Meters(_))));
    }

    /// D-195: it is offered what a lone charger is offered, and orders nothing.
    #[test]
    fn when_a_master_cannot_lead_then_it_charges_alone() {
        let setup = |role| Setup {
            settings: load([(SettingId::PwrShare, role)]).settings,
            access: Access::On,
            ..Setup::default()
        };
        let status = ChargerStatus {
            cap: DeciAmps::from_deci(130),
            ..ChargerStatus::default()
        };
        let grants = [0, 1].map(|role| {
            let mut manager = Manager::new(&setup(role), Instant::ZERO);
            let grant = manager.poll(Instant::from_secs(60), &status).grant;
            assert_eq!(*manager.orders(), Orders::NONE);
            grant
        });
        assert!(grants[0].available);
        assert_eq!(grants[0], grants[1]);
    }
}
