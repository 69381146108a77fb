//! Meters that are chosen at the display while the line is open.

use smartevse::meter_line::{LineMeter, MeterRole};
use smartevse::wiring::meter_settings;
use smartevse_core::registry::SettingId;
use smartevse_core::settings::Settings;

use super::{MeterLine, MeterOnLine, SharedLine};
use crate::modbus_meter::meter_on_line;

/// Settings that say which meters are read, and how.
const CHOICE: [SettingId; 16] = [
    SettingId::MainsMet,
    SettingId::MainsAdr,
    SettingId::EvMeter,
    SettingId::EvAdr,
    SettingId::Grid,
    SettingId::EmByteOrder,
    SettingId::EmDataType,
    SettingId::EmFunction,
    SettingId::EmVolReg,
    SettingId::EmVolDiv,
    SettingId::EmCurReg,
    SettingId::EmCurDiv,
    SettingId::EmPowReg,
    SettingId::EmPowDiv,
    SettingId::EmEneReg,
    SettingId::EmEneDiv,
];

/// Why a meter is not read.
const NOTHING: &str = "no meter of this line is chosen";
const TAKEN: &str = "its address is that of another meter on the line";

/// A meter whose type and address are those of the settings.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// What it measures.
    pub role: MeterRole,
    /// Setting of its type.
    pub kind: SettingId,
    /// Setting of its address.
    pub address: SettingId,
    /// Where its status is shown.
    pub shared: SharedLine,
}

impl Chosen {
    /// Shows why it is not read, if so.
    fn note(&self, why: Option<&str>) {
        self.shared.update(|status| {
            let old = status.last_error.as_deref();
            if why.is_some() {
                status.connected = Some(false);
                status.last_error = why.map(str::to_owned);
            } else if matches!(old, Some(NOTHING | TAKEN)) {
                status.last_error = None;
            }
        });
    }

    /// The meter that these settings mean; `None` = none that is on a line.
    fn meter(&self, settings: &Settings) -> Option<MeterOnLine> {
        let byte = |id| u8::try_from(settings.value(id)).ok();
        let meter = meter_on_line(byte(self.kind)?)?;
        Some(MeterOnLine {
            meter: LineMeter {
                role: self.role,
                meter,
                address: byte(self.address)?,
            },
            shared: self.shared.clone(),
        })
    }
}

impl MeterLine {
    /// The same line with the meters that these settings mean.
    #[must_use]
    pub fn with_chosen(&self, settings: &Settings) -> Self {
        let mut line = self.clone();
        for chosen in &self.chosen {
            let meter = chosen.meter(settings);
            let taken = meter
                .as_ref()
                .is_some_and(|meter| line.is_taken(&meter.meter));
            chosen.note(match (&meter, taken) {
                (None, _) => Some(NOTHING),
                (Some(_), true) => Some(TAKEN),
                (Some(_), false) => None,
            });
            line.meters.extend(meter.filter(|_| !taken));
        }
        if !self.chosen.is_empty() {
            line.settings = meter_settings(settings);
        }
        line
    }

    /// Whether other meters are chosen now than before.
    #[must_use]
    pub fn is_outdated(&self, before: &Settings, now: &Settings) -> bool {
        let differs = |id: &SettingId| before.value(*id) != now.value(*id);
        !self.chosen.is_empty() && CHOICE.iter().any(differs)
    }
}
