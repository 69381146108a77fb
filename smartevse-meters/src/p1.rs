//! Telegrams of the P1 port of a Dutch or Belgian smart meter (meters
//! specification §9.3).

use heapless::Vec;
use smartevse_types::{DeciVolts, MilliAmps, PerPhase, WattHours, Watts};

use crate::crc::crc16_arc;
use crate::decimal::Decimal;
use crate::decode::Quantity;
use crate::error::MeterError;
use crate::reading::Values;

/// DSMR version from which phase powers are usable: 5.0.
const USABLE: i64 = 50;
/// Voltages below 1 V count as 1 V when a current is computed.
const MIN_DECI_VOLTS: i64 = 10;

/// What a telegram says about a phase.
#[derive(Clone, Copy, Debug, Default)]
struct PhaseLines {
    volts: Option<i64>,
    amps: Option<i64>,
    import: Option<i64>,
    export: Option<i64>,
}

/// The lines of a telegram that are used.
#[derive(Clone, Copy, Debug, Default)]
struct Lines {
    version: Option<i64>,
    phases: [PhaseLines; 3],
    import: Option<i64>,
    export: Option<i64>,
    energies: [Option<i64>; 6],
}

/// A telegram with currents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Telegram {
    /// DSMR version, 50 = 5.0; Fluvius meters without a version line count as 5.0.
    pub version: u8,
    /// Number of phases, 1–3.
    pub phases: u8,
    /// Phase currents in mA, (import − export) / voltage; + = import.
    pub currents: PerPhase<MilliAmps>,
    /// Phase powers in W, import − export.
    pub phase_power: PerPhase<Watts>,
    /// Phase voltages in 0.1 V, 0 for missing phases.
    pub voltages: PerPhase<DeciVolts>,
    /// Total power in W.
    pub power: Watts,
    /// Imported energy of all tariffs.
    pub import: Option<WattHours>,
    /// Exported energy of all tariffs.
    pub export: Option<WattHours>,
}

impl Telegram {
    /// Reads a telegram from `/` to its four digits of CRC; total for any bytes.
    ///
    /// # Errors
    ///
    /// [`MeterError::Telegram`] when the frame, its CRC or a needed value is
    /// wrong, [`MeterError::Unsupported`] below DSMR 5.0,
    /// [`MeterError::NoCurrent`] when a phase has power but no voltage,
    /// [`MeterError::OutOfRange`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MeterError> {
        let body = checked_body(bytes)?;
        let mut lines = Lines::default();
        for line in body.split(|byte| *byte == b'\n') {
            lines.take(line.trim_ascii())?;
        }
        let fluvius = body.starts_with(b"/FLU5");
        let version = lines.version.or(fluvius.then_some(USABLE));
        match version {
            Some(version) if version >= USABLE => lines.telegram(version),
            Some(_) | None => Err(MeterError::Unsupported),
        }
    }

    /// The reading in the form of all meters.
    #[must_use]
    pub fn values(&self) -> Values {
        Values {
            currents: Some(self.currents),
            phase_power: Some(self.phase_power),
            power: Some(self.power),
            import: self.import,
            export: self.export,
            voltages: Some(self.voltages),
            ..Values::default()
        }
    }
}

/// The telegram up to `!`, when frame and CRC are right.
fn checked_body(bytes: &[u8]) -> Result<&[u8], MeterError> {
    let bytes = bytes.trim_ascii_end();
    let (covered, digits) = bytes.split_last_chunk::<4>().ok_or(MeterError::Telegram)?;
    let body = covered.strip_suffix(b"!").ok_or(MeterError::Telegram)?;
    let crc = digits.iter().try_fold(0_u16, |sum, digit| {
        let value = char::from(*digit).to_digit(16)?;
        Some((sum << 4) | u16::try_from(value).ok()?)
    });
    if body.first() != Some(&b'/') || crc != Some(crc16_arc(covered)) {
        return Err(MeterError::Telegram);
    }
    Ok(body)
}

impl Lines {
    /// Takes a line if its code is one that is used.
    fn take(&mut self, line: &[u8]) -> Result<(), MeterError> {
        let Some(open) = line.iter().position(|byte| *byte == b'(') else {
            return Ok(());
        };
        let (code, value) = line.split_at_checked(open).unwrap_or_default();
        let Some((slot, quantity, shift)) = self.slot(code) else {
            return Ok(());
        };
        let number = number_in(value).ok_or(MeterError::Telegram)?;
        *slot = Some(number.scale(quantity, shift)?);
        Ok(())
    }

    /// Where a code goes, its quantity and the power of ten of its unit.
    fn slot(&mut self, code: &[u8]) -> Option<(&mut Option<i64>, Quantity, i64)> {
        use Quantity::{Current, Energy, Power, Voltage};
        if code == b"1-3:0.2.8" {
            return Some((&mut self.version, Power, 0));
        }
        let code = code.strip_prefix(b"1-0:")?;
        let [e1, e2, e0, x1, x2, x0] = &mut self.energies;
        match code {
            b"1.7.0" => return Some((&mut self.import, Power, 3)),
            b"2.7.0" => return Some((&mut self.export, Power, 3)),
            b"1.8.1" => return Some((e1, Energy, 0)),
            b"1.8.2" => return Some((e2, Energy, 0)),
            b"1.8.0" => return Some((e0, Energy, 0)),
            b"2.8.1" => return Some((x1, Energy, 0)),
            b"2.8.2" => return Some((x2, Energy, 0)),
            b"2.8.0" => return Some((x0, Energy, 0)),
            _ => {}
        }
        let [tens, ones, b'.', b'7', b'.', b'0'] = code else {
            return None;
        };
        let place = usize::from(tens.checked_sub(b'2')?) / 2;
        let odd = tens.checked_sub(b'2')? % 2 == 1;
        let phase = self.phases.get_mut(place)?;
        match (odd, ones) {
            (false, b'1') => Some((&mut phase.import, Power, 3)),
            (false, b'2') => Some((&mut phase.export, Power, 3)),
            (true, b'1') => Some((&mut phase.amps, Current, 0)),
            (true, b'2') => Some((&mut phase.volts, Voltage, 0)),
            _ => None,
        }
    }

    fn telegram(&self, version: i64) -> Result<Telegram, MeterError> {
        let [p1, p2, p3] = &self.phases;
        let [c1, c2, c3] = [p1.current()?, p2.current()?, p3.current()?];
        let phases = [c1, c2, c3].iter().flatten().count();
        if phases == 0 {
            return Err(MeterError::NoCurrent);
        }
        let currents = [c1, c2, c3].map(Option::unwrap_or_default);
        let powers = [p1.power(), p2.power(), p3.power()].map(Option::unwrap_or_default);
        let volts = [p1, p2, p3].map(|phase| phase.volts.unwrap_or(0));
        let sum = powers.iter().fold(0_i64, |sum, w| sum.saturating_add(*w));
        let power = difference(self.import, self.export).unwrap_or(sum);
        let [e1, e2, e0, x1, x2, x0] = self.energies;
        Ok(Telegram {
            version: u8::try_from(version).unwrap_or(u8::MAX),
            phases: u8::try_from(phases).unwrap_or(3),
            currents: PerPhase::new(fitted(currents)?).map(MilliAmps::from_milli),
            phase_power: PerPhase::new(fitted(powers)?).map(Watts::from_watts),
            voltages: PerPhase::new(fitted(volts)?).map(DeciVolts::from_deci),
            power: Watts::from_watts(i32::try_from(power).map_err(|_| MeterError::OutOfRange)?),
            import: tariffs(e1, e2).or(e0).map(WattHours::from_wh),
            export: tariffs(x1, x2).or(x0).map(WattHours::from_wh),
        })
    }
}

impl PhaseLines {
    fn power(&self) -> Option<i64> {
        difference(self.import, self.export)
    }

    /// The current in mA; `None` when the meter does not know the phase at all.
    fn current(&self) -> Result<Option<i64>, MeterError> {
        let milli = match (self.power(), self.volts, self.amps) {
            (None, None, None) => return Ok(None),
            (Some(watts), Some(volts), _) => current_of(watts, volts),
            // Without a direction the current counts as import.
            (None, _, Some(amps)) => amps.saturating_abs(),
            (Some(_), None, _) | (None, Some(_), None) => return Err(MeterError::NoCurrent),
        };
        let (low, high) = Quantity::Current.range();
        if (low..=high).contains(&milli) {
            Ok(Some(milli))
        } else {
            Err(MeterError::OutOfRange)
        }
    }
}

/// W / 0.1 V in mA, half away from zero.
fn current_of(watts: i64, deci_volts: i64) -> i64 {
    let volts = deci_volts.max(MIN_DECI_VOLTS);
    let scaled = watts.saturating_abs().saturating_mul(10_000);
    let rounded = scaled
        .saturating_add(volts / 2)
        .checked_div(volts)
        .unwrap_or(0);
    // An odd divisor has no exact half, an even one is rounded up at its half.
    if watts < 0 {
        rounded.saturating_neg()
    } else {
        rounded
    }
}

fn difference(import: Option<i64>, export: Option<i64>) -> Option<i64> {
    match (import, export) {
        (None, None) => None,
        (import, export) => Some(import.unwrap_or(0).saturating_sub(export.unwrap_or(0))),
    }
}

fn tariffs(first: Option<i64>, second: Option<i64>) -> Option<i64> {
    match (first, second) {
        (None, None) => None,
        (first, second) => Some(first.unwrap_or(0).saturating_add(second.unwrap_or(0))),
    }
}

fn fitted<T: TryFrom<i64>>(values: [i64; 3]) -> Result<[T; 3], MeterError> {
    let [a, b, c] = values.map(|value| T::try_from(value).map_err(|_| MeterError::OutOfRange));
    Ok([a?, b?, c?])
}

/// The number in `(00230.1*V)` or `(50)`.
fn number_in(value: &[u8]) -> Option<Decimal> {
    let inside = value.strip_prefix(b"(")?.strip_suffix(b")")?;
    let number = inside.split(|byte| *byte == b'*').next()?;
    let mut parts = number.splitn(2, |byte| *byte == b'.');
    let whole = digits(parts.next()?)?;
    let fraction = match parts.next() {
        Some(part) => digits(part)?,
        None => &[],
    };
    Some(Decimal::new(false, whole, fraction, 0))
}

fn digits(text: &[u8]) -> Option<&[u8]> {
    (!text.is_empty() && text.iter().all(u8::is_ascii_digit)).then_some(text)
}

/// Collects the bytes of a P1 port into telegrams of at most `N` bytes.
///
/// It starts anew at each `/`, so that it finds the next telegram after
/// anything. One byte costs one step; a telegram is read when it is complete.
#[derive(Clone, Debug, Default)]
pub struct Collector<const N: usize = 2048> {
    bytes: Vec<u8, N>,
    /// Bytes of the CRC that are still to come, once `!` was seen.
    ending: Option<u8>,
}

impl<const N: usize> Collector<N> {
    /// A collector that has heard nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            ending: None,
        }
    }

    /// Takes a byte; gives the telegram when it was the last one of it.
    pub fn receive(&mut self, byte: u8) -> Option<Result<Telegram, MeterError>> {
        if byte == b'/' {
            self.clear();
        } else if self.bytes.is_empty() {
            return None;
        }
        if self.bytes.push(byte).is_err() {
            self.clear();
            return Some(Err(MeterError::Telegram));
        }
        self.ending = match self.ending {
            None if byte == b'!' => Some(4),
            None => None,
            Some(left) => Some(left.saturating_sub(1)),
        };
        if self.ending != Some(0) {
            return None;
        }
        let result = Telegram::parse(&self.bytes);
        self.clear();
        Some(result)
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ending = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "/KFM5KAIFA-METER\r\n\r\n";
    const THREE: &str = "1-3:0.2.8(50)\r\n0-0:1.0.0(261121180000W)\r\n\
        1-0:1.8.1(000671.578*kWh)\r\n1-0:1.8.2(000842.472*kWh)\r\n\
        1-0:2.8.1(000000.000*kWh)\r\n1-0:2.8.2(000001.500*kWh)\r\n\
        1-0:1.7.0(00.333*kW)\r\n1-0:2.7.0(00.000*kW)\r\n\
        1-0:32.7.0(230.0*V)\r\n1-0:52.7.0(229.5*V)\r\n1-0:72.7.0(231.0*V)\r\n\
        1-0:31.7.0(001*A)\r\n1-0:21.7.0(01.150*kW)\r\n1-0:41.7.0(00.000*kW)\r\n\
        1-0:61.7.0(00.010*kW)\r\n1-0:22.7.0(00.000*kW)\r\n1-0:42.7.0(00.827*kW)\r\n\
        1-0:62.7.0(00.000*kW)\r\n0-1:24.2.1(101209112500W)(12785.123*m3)\r\n";

    /// A telegram with its CRC, as far as it fits.
    fn framed(parts: &[&str]) -> Vec<u8, 2048> {
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(part.as_bytes()).unwrap();
        }
        bytes.push(b'!').unwrap();
        let crc = crc16_arc(&bytes);
        for shift in [12, 8, 4, 0] {
            let digit = char::from_digit(u32::from(crc >> shift & 15), 16).unwrap();
            bytes.push(digit.to_ascii_uppercase() as u8).unwrap();
        }
        bytes
    }

    fn milli(parts: &[&str]) -> Result<[i32; 3], MeterError> {
        let telegram = Telegram::parse(&framed(parts))?;
        Ok(telegram.currents.as_array().map(MilliAmps::as_milli))
    }

    /// meters 9.3
    #[test]
    fn when_a_telegram_is_read_then_currents_come_from_power_and_voltage() {
        let telegram = Telegram::parse(&framed(&[HEADER, THREE])).unwrap();
        let amps = telegram.currents.as_array().map(MilliAmps::as_milli);
        assert_eq!(amps, [5000, -3603, 43]);
        assert_eq!(telegram.power, Watts::from_watts(333));
        assert_eq!(telegram.import, Some(WattHours::from_wh(1_514_050)));
        assert_eq!(telegram.export, Some(WattHours::from_wh(1_500)));
        assert_eq!((telegram.version, telegram.phases), (50, 3));
    }

    /// meters 9.3: every single flipped bit is found
    #[test]
    fn when_a_bit_flips_then_the_telegram_is_refused() {
        let good = framed(&[HEADER, THREE]);
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let case_only = bit / 8 >= good.len() - 4 && bit % 8 == 5;
            assert!(Telegram::parse(&bad).is_err() || case_only, "{bit}");
        }
    }

    /// meters 7 and 9.3: DSMR before 5.0 gives no currents
    #[test]
    fn when_the_version_is_old_or_unknown_then_there_is_no_reading() {
        let volts = "1-0:32.7.0(230.0*V)\r\n1-0:21.7.0(02.300*kW)\r\n";
        for (header, version, result) in [
            (HEADER, "1-3:0.2.8(42)\r\n", Err(MeterError::Unsupported)),
            (HEADER, "", Err(MeterError::Unsupported)),
            (HEADER, "1-3:0.2.8(50)\r\n", Ok([10_000, 0, 0])),
            ("/FLU5\\253769484_A\r\n", "", Ok([10_000, 0, 0])),
            (HEADER, "1-3:0.2.8(5x)\r\n", Err(MeterError::Telegram)),
        ] {
            assert_eq!(milli(&[header, version, volts]), result, "{version}");
        }
    }

    /// Missing data never becomes 0 A.
    #[test]
    fn when_a_phase_is_incomplete_then_it_is_not_zero() {
        let version = "1-3:0.2.8(50)\r\n";
        for (lines, result) in [
            ("1-0:21.7.0(02.300*kW)\r\n", Err(MeterError::NoCurrent)),
            ("1-0:32.7.0(230.0*V)\r\n", Err(MeterError::NoCurrent)),
            ("1-0:31.7.0(007*A)\r\n", Ok([7000, 0, 0])),
            ("", Err(MeterError::NoCurrent)),
            // Below 1 V counts as 1 V.
            (
                "1-0:32.7.0(000.0*V)\r\n1-0:22.7.0(00.230*kW)\r\n",
                Ok([-230_000, 0, 0]),
            ),
            (
                "1-0:32.7.0(000.0*V)\r\n1-0:22.7.0(09.230*kW)\r\n",
                Err(MeterError::OutOfRange),
            ),
        ] {
            assert_eq!(milli(&[HEADER, version, lines]), result, "{lines}");
        }
    }

    #[test]
    fn when_bytes_come_one_by_one_then_the_telegram_is_found() {
        let mut collector: Collector = Collector::new();
        let wire = framed(&[HEADER, THREE]);
        let noise = b"!1234 1-0:21.7.0(01.1/KFM".iter();
        let mut found = 0;
        for byte in noise.chain(&wire).chain(b"\r\n").chain(&wire) {
            if let Some(result) = collector.receive(*byte) {
                assert!(result.is_ok());
                found += 1;
            }
        }
        assert_eq!(found, 2);
        let mut small: Collector<64> = Collector::new();
        let told = wire.iter().filter_map(|byte| small.receive(*byte)).count();
        assert_eq!(told, 1, "too long is told once");
    }
}
