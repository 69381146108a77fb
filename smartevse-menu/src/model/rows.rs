//! A row of the menu (menu specification §10.3).

use smartevse_core::options::Wifi;
use smartevse_core::registry::SettingId;

use super::{MenuScene, Model, Scene, Screen};
use crate::help;
use crate::line::{COLUMNS, Line};
use crate::row::Row;
use crate::texts::{EXIT_LABEL, EXIT_VALUE, HELP_MODE_NORMAL, help as help_of, value_line};

/// Name of the access point of the set-up portal.
const PORTAL_NAME: &str = "SmartEVSE-config";

/// What is drawn of a row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct RowScreen {
    /// Small line above.
    pub context: Line,
    /// Large line: the label.
    pub label: Line,
    /// Large line: the value.
    pub value: Line,
    /// The arrows stand beside the value, not the label: it is being edited.
    pub editing: bool,
    /// Underlined digit of a PIN.
    pub digit: Option<u8>,
    /// Part of the help in place of the lower rule.
    pub help: Option<Line>,
    /// Small line below: temperature and version.
    pub below: Line,
}

impl Scene<'_> {
    /// The selected row.
    pub fn menu(&self, menu: &MenuScene<'_>) -> Model {
        let edit = menu.navigator.edit();
        let row = menu.navigator.row();
        let (label, value) = self.label_and_value(menu, row);
        let digit = edit.filter(|_| menu.navigator.is_on(SettingId::LcdPin));
        let help = match (row, edit) {
            (Row::Setting(id), None) => help::window(self.help(menu, id), menu.rest),
            (Row::Setting(_), Some(_)) | (Row::Exit, _) => None,
        };
        Model {
            screen: Screen::Row(RowScreen {
                context: self.context(menu),
                label,
                value,
                editing: edit.is_some(),
                digit: digit.map(|edit| edit.digit),
                help,
                below: self.temperature_and_version(),
            }),
        }
    }

    fn label_and_value(&self, menu: &MenuScene<'_>, row: Row) -> (Line, Line) {
        let Some(id) = row.setting() else {
            return (EXIT_LABEL.into(), EXIT_VALUE.into());
        };
        let label = Line::from(id.facts().label);
        if id == SettingId::AppPin {
            if let Some(pin) = menu.pin {
                return (label, Line::of(format_args!("{:06}", pin.number())));
            }
        }
        let portal = self.around.wifi.portal;
        let browsing = menu.navigator.edit().is_none() && id == SettingId::Wifi;
        let value = menu.navigator.shown(&menu.view, id);
        match portal {
            Some(password) if browsing && value == Wifi::Setup.raw() => {
                (PORTAL_NAME.into(), password.as_str().into())
            }
            Some(_) | None => (label, value_line(id, value)),
        }
    }

    fn help(&self, menu: &MenuScene<'_>, id: SettingId) -> &'static str {
        let normal = menu.navigator.value(&menu.view, SettingId::Mode) == 0;
        if id == SettingId::Mode && normal {
            return HELP_MODE_NORMAL;
        }
        help_of(id)
    }

    fn temperature_and_version(&self) -> Line {
        let temperature = match self.snapshot.charger.temperature {
            Some(celsius) => {
                let shown = celsius.as_celsius().clamp(-99, 999);
                Line::of(format_args!("{shown}°C"))
            }
            None => Line::EMPTY,
        };
        let width = COLUMNS.saturating_sub(temperature.chars());
        let version = self.around.identity.version;
        Line::of(format_args!("{temperature}{version:>width$}"))
    }
}
