//! Published names and numbers (network specification §3.1, §3.2).

use smartevse_core::faults::Faults;
use smartevse_core::options::{Contact2, RfidMode};
use smartevse_meters::catalogue::Meter;
use smartevse_types::{Access, Mode};

/// Version of the firmware as clients see it (decision 72).
pub const VERSION: &str = "v4.0.0";

/// Serial number of the simulated charger.
pub const SERIAL: u32 = 0;

/// External number and name of the mode; access takes precedence.
#[must_use]
pub const fn mode(access: Access, mode: Mode) -> (u8, &'static str) {
    match (access, mode) {
        (Access::Off, _) => (0, "OFF"),
        (Access::Pause, _) => (4, "PAUSE"),
        (Access::On, Mode::Normal) => (1, "NORMAL"),
        (Access::On, Mode::Solar) => (2, "SOLAR"),
        (Access::On, Mode::Smart) => (3, "SMART"),
    }
}

/// Number and name of the error: that of the highest flag, without LESS_6A.
#[must_use]
pub fn error(faults: Faults) -> (u32, &'static str) {
    let shown = faults.difference(Faults::LESS_6A);
    let number = u16::BITS - shown.bits().leading_zeros();
    match shown.shown() {
        None => (0, "None"),
        Some(_) if number >= 9 => (number, "Multiple Errors"),
        Some(row) => (number, row.text),
    }
}

/// Name of a meter type.
#[must_use]
pub fn meter(number: u16) -> &'static str {
    let meter = u8::try_from(number).ok().and_then(Meter::from_id);
    meter.unwrap_or(Meter::Disabled).name()
}

/// Name of a use of the second contactor.
#[must_use]
pub fn contact2(number: u16) -> &'static str {
    Contact2::from_raw(number).map_or("", Contact2::text)
}

/// Name of a reader mode.
#[must_use]
pub fn reader(number: u16) -> &'static str {
    RfidMode::from_raw(number).map_or("", RfidMode::text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_access_is_not_on_then_it_hides_the_mode() {
        assert_eq!(mode(Access::Off, Mode::Solar), (0, "OFF"));
        assert_eq!(mode(Access::Pause, Mode::Smart), (4, "PAUSE"));
        assert_eq!(mode(Access::On, Mode::Smart), (3, "SMART"));
    }

    /// network 3.2: LESS_6A alone is no error and hides no other one.
    #[test]
    fn when_power_is_short_then_other_errors_still_show() {
        assert_eq!(error(Faults::LESS_6A), (0, "None"));
        let both = Faults::LESS_6A | Faults::RCM_TRIPPED;
        assert_eq!(error(both), (5, "RCM Tripped"));
        assert_eq!(error(Faults::CT_NOCOMM), (2, "Communication Error"));
        assert_eq!(error(Faults::CONTACTOR_FAULT), (13, "Multiple Errors"));
    }
}
