//! The meter that the command line names.

use smartevse_meters::Meter;
use smartevse_meters::catalogue::{CATALOGUE, Source};

/// The meter on a Modbus line with this name; names of the catalogue and of
/// devices, upper and lower case are equal.
///
/// # Errors
///
/// One sentence with the names there are.
pub fn meter_named(name: &str) -> Result<Meter, String> {
    match Meter::for_device(name) {
        Some(meter) if is_on_a_line(meter) => Ok(meter),
        Some(meter) => Err(format!("{} is not read over Modbus", meter.lcd_name())),
        None => Err(format!(
            "no meter is named {name}; there are {}",
            names().join(", ")
        )),
    }
}

/// The meter with this number in the settings, if it is read over Modbus.
#[must_use]
pub fn meter_on_line(id: u8) -> Option<Meter> {
    Meter::from_id(id).filter(|meter| is_on_a_line(*meter))
}

/// LCD names of all meters that are read over Modbus.
#[must_use]
pub fn names() -> Vec<&'static str> {
    CATALOGUE
        .iter()
        .map(|entry| entry.meter)
        .filter(|meter| is_on_a_line(*meter))
        .map(Meter::lcd_name)
        .collect()
}

/// Whether a meter is read over Modbus.
fn is_on_a_line(meter: Meter) -> bool {
    match meter.source() {
        Source::Modbus | Source::Sensorbox | Source::Custom => true,
        Source::None | Source::Fed | Source::Http => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_meter_is_named_then_each_of_its_names_finds_it() {
        for entry in CATALOGUE.iter().filter(|entry| is_on_a_line(entry.meter)) {
            for name in [entry.name, entry.meter.lcd_name()] {
                assert_eq!(meter_named(name), Ok(entry.meter));
                assert_eq!(meter_named(&name.to_lowercase()), Ok(entry.meter));
            }
        }
        assert_eq!(meter_named("SDM630"), Ok(Meter::Eastron3P));
    }

    #[test]
    fn when_a_name_is_no_meter_on_a_line_then_the_sentence_helps() {
        assert!(meter_named("SDM1").unwrap_err().contains("Eastron3P, "));
        assert!(meter_named("api").unwrap_err().contains("not read over"));
    }
}
