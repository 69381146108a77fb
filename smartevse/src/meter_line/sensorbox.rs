//! What a Sensorbox on a line says of itself, and what it has to be told.

use smartevse_core::event::{Event, Fact};
use smartevse_core::options::SensorboxWifi;
use smartevse_core::sensorbox::{SensorboxNetwork, SensorboxReport};
use smartevse_meters::Request;
use smartevse_meters::sensorbox::{SensorboxReading, WIFI_REGISTER, Wifi};
use smartevse_types::Instant;

/// The report that was told last, and the wish for SB2 WIFI.
#[derive(Clone, Copy, Debug)]
pub(super) struct BoxSide {
    /// Mode that the box shall have; `None` = leave it as it is.
    pub(super) wanted: Option<SensorboxWifi>,
    /// A report that nobody has fetched.
    pub(super) news: Option<Event>,
    told: Option<SensorboxReport>,
}

impl BoxSide {
    pub(super) const fn new() -> Self {
        Self {
            wanted: None,
            news: None,
            told: None,
        }
    }

    /// Takes a reply; gives the write that it asks for. The box is written to
    /// only when what it has just said is something else (meters
    /// specification §7).
    pub(super) fn take(
        &mut self,
        reading: &SensorboxReading,
        at: Instant,
    ) -> Option<Request<'static>> {
        let report = report(reading);
        if self.told.replace(report) != Some(report) {
            let fact = Fact::Sensorbox(report);
            self.news = Some(Event { at, fact });
        }
        let network = report.network?;
        let wanted = self.wanted.filter(|mode| network.mode != Some(*mode))?;
        Some(Request::WriteSingle {
            register: WIFI_REGISTER,
            value: wanted.raw(),
        })
    }
}

fn report(reading: &SensorboxReading) -> SensorboxReport {
    SensorboxReport {
        software: reading.software,
        has_transformers: reading.has_grid_item(),
        network: reading.wifi.as_ref().map(network),
    }
}

fn network(wifi: &Wifi) -> SensorboxNetwork {
    let password = wifi.password().map(str::as_bytes);
    SensorboxNetwork {
        mode: SensorboxWifi::from_raw(wifi.mode.code().into()),
        is_connected: wifi.is_connected,
        address: wifi.ip,
        password: password.and_then(|text| text.try_into().ok()),
    }
}
