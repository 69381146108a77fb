//! The separate meter of the circuit: it belongs to the command line, because
//! the menu has no row for it.

use smartevse::CircuitMeter;
use smartevse::meter_line::{LineMeter, MeterRole};
use smartevse_core::settings::{Patch, Settings};
use smartevse_meters::Meter;

use crate::homewizard::HomeWizardMeter;
use crate::lines::{MeterOnLine, SharedLine};
use crate::modbus_meter::meter_named;
use crate::realtime::{OnLine, Wired, patched, takes};
use crate::spec::{HomeWizardPlace, MeterSpec, ModbusSpec};

/// The option that names the meter.
const OPTION: &str = "--circuit-meter";

/// Meter type that stands for the simulated meter.
const SIMULATED: Meter = Meter::Eastron3P;

/// A meter of the circuit as it was asked for.
pub struct Circuit {
    /// Type and address.
    pub meter: CircuitMeter,
    /// Settings, status, line.
    pub wired: Wired,
}

impl Circuit {
    /// Reads what was asked for.
    ///
    /// # Errors
    ///
    /// One sentence on what cannot be.
    pub fn of(spec: &MeterSpec, stored: &Settings) -> Result<Self, String> {
        match spec {
            MeterSpec::Sim => Self::without_line(SIMULATED, SharedLine::simulated()),
            MeterSpec::Api => Self::without_line(Meter::Api, SharedLine::api()),
            MeterSpec::HomeWizard(place) => Self::homewizard(place),
            MeterSpec::Modbus(modbus) => Self::modbus(modbus, stored),
        }
    }

    fn without_line(meter: Meter, shared: SharedLine) -> Result<Self, String> {
        Ok(Self {
            meter: circuit_meter(meter, CircuitMeter::DEFAULT_ADDRESS)?,
            wired: Wired::without_line(Patch::new(), shared),
        })
    }

    fn homewizard(place: &HomeWizardPlace) -> Result<Self, String> {
        let shared = SharedLine::line(place.to_string());
        let mut circuit = Self::without_line(Meter::HomeWizard, shared.clone())?;
        circuit.wired.homewizard = Some(HomeWizardMeter {
            place: place.clone(),
            role: MeterRole::Circuit,
            shared,
        });
        Ok(circuit)
    }

    fn modbus(spec: &ModbusSpec, stored: &Settings) -> Result<Self, String> {
        if spec.is_as_stored() {
            return Err(format!(
                "{OPTION}: the menu has no such meter: use type=NAME"
            ));
        }
        let meter = meter_named(&spec.kind).map_err(|why| format!("{OPTION}: {why}"))?;
        let address = spec.address.unwrap_or(CircuitMeter::DEFAULT_ADDRESS);
        let patch = patched(Patch::new(), spec);
        if !takes(stored, &patch) {
            return Err(format!("{OPTION}: this description is not allowed"));
        }
        let shared = SharedLine::line(spec.line.to_string());
        let on_line = MeterOnLine {
            meter: LineMeter {
                role: MeterRole::Circuit,
                meter,
                address,
            },
            shared: shared.clone(),
        };
        Ok(Self {
            meter: circuit_meter(meter, address)?,
            wired: Wired {
                line: Some((spec.line.clone(), OnLine::Fixed(on_line))),
                ..Wired::without_line(patch, shared)
            },
        })
    }
}

fn circuit_meter(meter: Meter, address: u8) -> Result<CircuitMeter, String> {
    let name = meter.lcd_name();
    CircuitMeter::new(meter.id(), address)
        .ok_or_else(|| format!("{OPTION}: {name} at address {address} is not allowed"))
}
