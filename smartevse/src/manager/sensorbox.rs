//! SB2 WIFI and the wireless network of the Sensorbox.

use smartevse_core::command::Origin;
use smartevse_core::options::SensorboxWifi;
use smartevse_core::registry::{SENSORBOX, SettingId};
use smartevse_core::sensorbox::SensorboxReport;
use smartevse_core::settings::Patch;
use smartevse_meters::sensorbox::{WifiControl, WifiMode, WifiState, WifiStep};

use super::Manager;

/// Code of a mode that the box reports and nobody knows.
const UNKNOWN: u8 = 3;

/// What is kept of the wireless network of the Sensorbox.
///
/// It lives as long as the charger and not as long as a line: a line that is
/// made anew must not adopt the mode of the box again (D-198).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SensorboxSide {
    control: WifiControl,
    wanted: Option<SensorboxWifi>,
}

impl Manager {
    /// The mode that the Sensorbox shall have; `None` = leave it as it is.
    ///
    /// A level for the line to the box, which writes it only while the box
    /// reports another one (meters specification §7).
    #[must_use]
    pub const fn sensorbox_wifi(&self) -> Option<SensorboxWifi> {
        self.sensorbox.wanted
    }

    pub(super) fn take_sensorbox(&mut self, report: SensorboxReport) {
        self.meters.sensorbox = Some(report);
    }

    /// Adopts the mode of the box at the first report, and afterwards says
    /// what the box has to be told.
    pub(super) fn follow_sensorbox(&mut self) {
        if self.in_force.mains_met() != SENSORBOX || self.in_force.role().is_node() {
            // Whatever comes next is another box.
            self.sensorbox = SensorboxSide::default();
            self.meters.sensorbox = None;
            return;
        }
        let network = self.meters.sensorbox.and_then(|report| report.network);
        let Some(network) = network else {
            self.sensorbox.wanted = None;
            return;
        };
        let state = WifiState {
            mode: mode_of(network.mode),
            is_connected: network.is_connected,
        };
        let mut step = self.sensorbox_step(state);
        if let Some(WifiStep::Store(mode)) = step {
            let patch = Patch::new().with(SettingId::Sb2Wifi, mode.code().into());
            // A mode that is no option stays unknown, and the setting as it was.
            let _ = self.change(Origin::Bus, &patch);
            step = self.sensorbox_step(state);
        }
        let writes = matches!(step, Some(WifiStep::Write(_)));
        self.sensorbox.wanted = writes.then(|| self.settings.sb2_wifi());
    }

    fn sensorbox_step(&mut self, state: WifiState) -> Option<WifiStep> {
        let setting = mode_of(Some(self.settings.sb2_wifi()));
        // The menu changes the setting only when its row has been left.
        let editing = false;
        self.sensorbox.control.follow(state, setting, editing)
    }
}

fn mode_of(option: Option<SensorboxWifi>) -> WifiMode {
    match option {
        Some(SensorboxWifi::Disabled) => WifiMode::Disabled,
        Some(SensorboxWifi::Enabled) => WifiMode::Enabled,
        Some(SensorboxWifi::Portal) => WifiMode::Portal,
        None => WifiMode::Unknown(UNKNOWN),
    }
}
