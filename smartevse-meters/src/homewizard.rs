//! The reply of a HomeWizard P1 or kWh meter (id 13; meters specification §9.2).
//!
//! The text comes from `GET /api/v1/data`; who fetches it decides when.

use smartevse_types::{DeciAmps, Duration, MilliAmps, PerPhase, WattHours, Watts};

use crate::decimal::Decimal;
use crate::decode::Quantity;
use crate::error::MeterError;
use crate::json;
use crate::reading::Values;

/// Path of the local API on the device.
pub const PATH: &str = "/api/v1/data";
/// How often the device is asked: 1950 ms.
pub const PERIOD: Duration = Duration::from_millis(1_950);
/// How long a reply may take: 1500 ms.
pub const TIMEOUT: Duration = Duration::from_millis(1_500);

/// What a reply says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HomeWizard {
    /// Number of phases with a current, 1–3.
    pub phases: u8,
    /// Phase currents in mA, + = import; phases that are missing are 0.
    pub currents: PerPhase<MilliAmps>,
    /// Active power of each phase in W; 0 where it is missing.
    pub phase_power: PerPhase<Watts>,
    /// Total active power in W; the sum of the phases where it is missing.
    pub power: Watts,
    /// Whether the reply names any power.
    pub has_power: bool,
    /// Imported energy.
    pub import: Option<WattHours>,
    /// Exported energy.
    pub export: Option<WattHours>,
}

impl HomeWizard {
    /// Reads the text of a reply. Total for any bytes; nesting deeper than 120 is refused.
    ///
    /// # Errors
    ///
    /// [`MeterError::Json`], [`MeterError::NoCurrent`], [`MeterError::OutOfRange`].
    ///
    /// # Examples
    ///
    /// ```
    /// use smartevse_meters::homewizard::HomeWizard;
    /// use smartevse_types::MilliAmps;
    ///
    /// let text = br#"{"active_current_l1_a": 4.2, "active_power_l1_w": -960}"#;
    /// let reply = HomeWizard::parse(text)?;
    /// assert_eq!(reply.currents.as_array().map(MilliAmps::as_milli), [-4200, 0, 0]);
    /// # Ok::<(), smartevse_meters::MeterError>(())
    /// ```
    pub fn parse(text: &[u8]) -> Result<Self, MeterError> {
        let mut fields = [None; FIELDS.len()];
        json::scan(text, |key, value| {
            let place = FIELDS.iter().position(|field| key.name() == Some(field));
            if let Some(slot) = place.and_then(|place| fields.get_mut(place)) {
                *slot = value;
            }
        })?;
        Fields::of(fields).reading()
    }

    /// Phase currents in 0.1 A, truncated toward zero.
    #[must_use]
    pub fn deci_amps(&self) -> PerPhase<DeciAmps> {
        self.currents.map(MilliAmps::to_deci)
    }

    /// The reading in the form of all meters; a power that is missing is not made up.
    #[must_use]
    pub fn values(&self) -> Values {
        Values {
            currents: Some(self.currents),
            phase_power: self.has_power.then_some(self.phase_power),
            power: self.has_power.then_some(self.power),
            import: self.import,
            export: self.export,
            ..Values::default()
        }
    }
}

/// The members that are used, in the order of [`Fields::of`].
const FIELDS: [&str; 10] = [
    "active_current_l1_a",
    "active_current_l2_a",
    "active_current_l3_a",
    "active_power_l1_w",
    "active_power_l2_w",
    "active_power_l3_w",
    "active_current_a",
    "active_power_w",
    "total_power_import_kwh",
    "total_power_export_kwh",
];

/// The numbers of a reply.
#[derive(Clone, Copy, Debug)]
struct Fields {
    currents: [Option<Decimal>; 3],
    powers: [Option<Decimal>; 3],
    current: Option<Decimal>,
    power: Option<Decimal>,
    import: Option<Decimal>,
    export: Option<Decimal>,
}

impl Fields {
    fn of(list: [Option<Decimal>; FIELDS.len()]) -> Self {
        let [c1, c2, c3, p1, p2, p3, current, power, import, export] = list;
        Self {
            currents: [c1, c2, c3],
            powers: [p1, p2, p3],
            current,
            power,
            import,
            export,
        }
    }

    fn reading(mut self) -> Result<HomeWizard, MeterError> {
        if self.currents.iter().all(Option::is_none) {
            // One current for all belongs to L1, with the one power.
            let [l1, l2, l3] = self.powers;
            self.currents = [self.current, None, None];
            self.powers = [self.power.or(l1), l2, l3];
        }
        let phases = self.currents.iter().flatten().count();
        if phases == 0 {
            return Err(MeterError::NoCurrent);
        }
        let mut currents = [0; 3];
        let mut powers = [0; 3];
        let places = currents.iter_mut().zip(powers.iter_mut());
        for ((current, power), (amps, watts)) in places.zip(self.currents.iter().zip(self.powers)) {
            let watts = whole(watts, Quantity::Power)?;
            let milli = whole(*amps, Quantity::Current)?.unwrap_or(0);
            *power = watts.unwrap_or(0);
            *current = directed(milli, watts);
        }
        let phase_power = PerPhase::new(powers).map(Watts::from_watts);
        Ok(HomeWizard {
            phases: u8::try_from(phases).unwrap_or(3),
            currents: PerPhase::new(currents).map(MilliAmps::from_milli),
            phase_power,
            power: self.total(powers)?,
            has_power: self.power.is_some() || self.powers.iter().any(Option::is_some),
            import: energy(self.import)?,
            export: energy(self.export)?,
        })
    }

    fn total(&self, powers: [i32; 3]) -> Result<Watts, MeterError> {
        if let Some(watts) = whole(self.power, Quantity::Power)? {
            return Ok(Watts::from_watts(watts));
        }
        let sum = powers
            .iter()
            .try_fold(0_i32, |sum, power| sum.checked_add(*power));
        sum.map(Watts::from_watts).ok_or(MeterError::OutOfRange)
    }
}

/// The magnitude with the sign of the power, or as it is without a power.
const fn directed(milli: i32, watts: Option<i32>) -> i32 {
    match watts {
        Some(watts) if watts < 0 => milli.saturating_abs().saturating_neg(),
        Some(_) => milli.saturating_abs(),
        None => milli,
    }
}

fn whole(number: Option<Decimal>, quantity: Quantity) -> Result<Option<i32>, MeterError> {
    let Some(number) = number else {
        return Ok(None);
    };
    let value = number.scale(quantity, 0)?;
    i32::try_from(value)
        .map(Some)
        .map_err(|_| MeterError::OutOfRange)
}

fn energy(number: Option<Decimal>) -> Result<Option<WattHours>, MeterError> {
    let value = number.map(|number| number.scale(Quantity::Energy, 0));
    Ok(value.transpose()?.map(WattHours::from_wh))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milli(text: &str) -> Result<[i32; 3], MeterError> {
        let reply = HomeWizard::parse(text.as_bytes())?;
        Ok(reply.currents.as_array().map(MilliAmps::as_milli))
    }

    /// meters 9.2
    #[test]
    fn when_currents_are_read_then_the_rules_hold() {
        for (text, expected) in [
            // No power: the sign of the current counts.
            (r#"{"active_current_l2_a":-1.5}"#, [0, -1500, 0]),
            // Power 0 and a rounded 0 count as import.
            (
                r#"{"active_current_l1_a":-1,"active_power_l1_w":-0.4}"#,
                [1000, 0, 0],
            ),
            (
                r#"{"active_current_l1_a":1,"active_power_l1_w":-0.5}"#,
                [-1000, 0, 0],
            ),
            // Half a milliampere goes away from zero, exactly.
            (r#"{"active_current_l1_a":0.0005}"#, [1, 0, 0]),
            (
                r#"{"active_current_l1_a":-0.00049999999999999999}"#,
                [0, 0, 0],
            ),
            // The last of two equal keys counts; words and texts do not.
            (
                r#"{"active_current_l1_a":1,"active_current_l1_a":2}"#,
                [2000, 0, 0],
            ),
            (
                r#"{"active_current_l1_a":1,"active_current_l2_a":"9"}"#,
                [1000, 0, 0],
            ),
            (
                r#"{"active_current_l1_a":1,"active_current_l3_a":null}"#,
                [1000, 0, 0],
            ),
            // The sum is for devices without phases.
            (
                r#"{"active_current_l3_a":1,"active_current_a":9}"#,
                [0, 0, 1000],
            ),
            (r#"{"active_current_a":3e0}"#, [3000, 0, 0]),
        ] {
            assert_eq!(milli(text), Ok(expected), "{text}");
        }
    }

    /// meters 9.2
    #[test]
    fn when_the_reply_cannot_be_used_then_the_reason_is_told() {
        for (text, error) in [
            (r#"{"active_current_l1_a":true}"#, MeterError::NoCurrent),
            (r#"{"active_current_l1_a":+1}"#, MeterError::Json),
            (
                r#"{"active_current_l1_a":3276.7995}"#,
                MeterError::OutOfRange,
            ),
            (
                r#"{"active_current_l1_a":1,"total_power_import_kwh":1e30}"#,
                MeterError::OutOfRange,
            ),
            (
                r#"{"active_current_l1_a":1,"active_power_l1_w":2e9,"active_power_l2_w":2e9}"#,
                MeterError::OutOfRange,
            ),
        ] {
            assert_eq!(milli(text), Err(error), "{text}");
        }
    }

    #[test]
    fn when_no_power_is_told_then_none_is_made_up() {
        let reply = HomeWizard::parse(br#"{"active_current_l1_a":1.26}"#).unwrap();
        assert_eq!(reply.values().power, None);
        assert_eq!(
            reply.deci_amps().as_array().map(DeciAmps::as_deci),
            [12, 0, 0]
        );
        let reply = HomeWizard::parse(br#"{"active_current_l1_a":1,"active_power_w":5}"#).unwrap();
        assert_eq!(reply.values().power, Some(Watts::from_watts(5)));
    }
}
