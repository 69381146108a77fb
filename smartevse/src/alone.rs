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

pub(crate) use terms::{GroupInputs, GroupOutcome};

/// No memory of a group.
#[derive(Clone, Debug)]
pub(crate) struct GroupSide;

impl GroupSide {
    pub(crate) const LEADS: bool = false;

    pub(crate) const fn new(_: Instant) -> Self {
        Self
    }

    pub(crate) const fn has_nodes(&self) -> bool {
        false
    }

    pub(crate) const fn is_settled(&self, _: Instant) -> bool {
        true
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
    use crate::{Manager, Setup};
    use smartevse_core::directive::ChargerStatus;
    use smartevse_core::registry::SettingId;
    use smartevse_core::settings::load;
    use smartevse_share::protocol::Orders;
    use smartevse_types::{Access, DeciAmps, Instant};

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
