//! The meter that the user describes (Custom, id 19; meters specification §8).

use core::fmt;

use crate::decode::{ByteOrder, DataType};
use crate::pdu::Function;
use crate::profile::{Block, COMMON, Profile, Target, plain};
use crate::reading::ReadKind;

/// Stored value of a register that the meter does not have.
pub const NO_REGISTER: u16 = u16::MAX;
/// Highest register of three values, voltages and currents.
const MAX_TRIPLE: u16 = 65_530;
/// Highest register of one value, power and energy.
const MAX_SINGLE: u16 = 65_534;
/// Highest power of ten.
const MAX_DIVISOR: u8 = 7;
/// What firmware before 2.20 stored for "not configured".
const OLD_MARK: u16 = 8;

/// A setting of the custom meter that is outside its range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CustomError {
    /// BYTE ORD is not 0–3.
    ByteOrder,
    /// DATA TYPE is not 0–4.
    DataType,
    /// A register is above its highest value.
    Register(Target),
    /// A divisor is not 0–7.
    Divisor(Target),
}

impl fmt::Display for CustomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByteOrder => "byte order outside 0 to 3",
            Self::DataType => "data type outside 0 to 4",
            Self::Register(_) => "register above its highest value",
            Self::Divisor(_) => "divisor outside 0 to 7",
        })
    }
}

impl core::error::Error for CustomError {}

/// One reading of the custom meter as stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CustomValue {
    /// First register, 0–65 530 for three values, 0–65 534 for one, default 0;
    /// 65 535 = the meter has none.
    pub register: u16,
    /// Power of ten, 0–7, default 0: register = quantity × 10^divisor in V, A, W, kWh.
    pub divisor: u8,
}

/// The stored settings of the custom meter, as codes of the LCD.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CustomSettings {
    /// BYTE ORD, 0–3, default 0; see [`ByteOrder`].
    pub byte_order: u8,
    /// DATA TYPE, 0–4, default 0; see [`DataType::from_code`].
    pub data_type: u8,
    /// FUNCTION, 3 = holding registers, anything else = input registers, default 4.
    pub function: u8,
    /// VOL REGI and VOL DIVI: three phase voltages.
    pub voltages: CustomValue,
    /// CUR REGI and CUR DIVI: three phase currents.
    pub currents: CustomValue,
    /// POW REGI and POW DIVI: total power.
    pub power: CustomValue,
    /// ENE REGI and ENE DIVI: imported energy.
    pub import: CustomValue,
}

impl Default for CustomSettings {
    fn default() -> Self {
        let unset = CustomValue {
            register: 0,
            divisor: 0,
        };
        Self {
            byte_order: 0,
            data_type: 0,
            function: 4,
            voltages: unset,
            currents: unset,
            power: unset,
            import: unset,
        }
    }
}

impl CustomSettings {
    /// The settings as firmware before 2.20 meant them.
    ///
    /// For an import of such settings only: register 8 meant "not configured"
    /// there, today it is a register like any other.
    #[must_use]
    pub fn imported_from_before_2_20(mut self) -> Self {
        let values = [
            &mut self.voltages,
            &mut self.currents,
            &mut self.power,
            &mut self.import,
        ];
        if values.iter().any(|value| value.register == OLD_MARK) {
            values.into_iter().for_each(|value| value.register = 0);
            self.data_type = 1;
        }
        self
    }
}

/// A custom meter whose settings are all in range.
#[derive(Clone, Copy, Debug)]
pub struct CustomMeter {
    settings: CustomSettings,
    profile: Profile,
}

impl CustomMeter {
    /// Checks the settings and makes the table row of the meter.
    ///
    /// # Errors
    ///
    /// The first setting that is outside its range.
    ///
    /// # Examples
    ///
    /// ```
    /// use smartevse_meters::custom::{CustomMeter, CustomSettings, CustomValue};
    /// use smartevse_meters::{ReadKind, Tag};
    ///
    /// let meter = CustomMeter::new(CustomSettings {
    ///     byte_order: 3,
    ///     data_type: 2,
    ///     currents: CustomValue { register: 12, divisor: 2 },
    ///     ..CustomSettings::default()
    /// })?;
    /// let asked = meter.profile().plan(ReadKind::Currents, Tag::new(1), 32)?;
    /// assert_eq!((asked.register(), asked.quantity()), (12, 3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(settings: CustomSettings) -> Result<Self, CustomError> {
        let order = ByteOrder::from_code(settings.byte_order).ok_or(CustomError::ByteOrder)?;
        let data_type = DataType::from_code(settings.data_type).ok_or(CustomError::DataType)?;
        let function = match settings.function {
            3 => Function::ReadHolding,
            _ => Function::ReadInput,
        };
        let profile = Profile {
            function,
            order,
            voltages: block(settings.voltages, Target::Voltages, data_type)?,
            currents: block(settings.currents, Target::Currents, data_type)?,
            power: block(settings.power, Target::Power, data_type)?,
            import: block(settings.import, Target::Import, data_type)?,
            ..COMMON
        };
        Ok(Self { settings, profile })
    }

    /// The checked settings.
    #[must_use]
    pub const fn settings(&self) -> &CustomSettings {
        &self.settings
    }

    /// The registers as a row of the meter table.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Whether the user has described this reading, so that it is worth asking for.
    ///
    /// All settings are 0 at first: a reading with the register and the divisor of
    /// the currents has not been described.
    #[must_use]
    pub fn is_described(&self, kind: ReadKind) -> bool {
        let currents = self.settings.currents;
        let value = match kind {
            ReadKind::Currents => return currents.register != NO_REGISTER,
            ReadKind::Voltages => self.settings.voltages,
            ReadKind::Power => self.settings.power,
            ReadKind::Import => self.settings.import,
            ReadKind::PhasePower
            | ReadKind::Export
            | ReadKind::Frequency
            | ReadKind::PhaseImport => return false,
        };
        value.register != NO_REGISTER && value != currents
    }
}

fn block(
    value: CustomValue,
    target: Target,
    data_type: DataType,
) -> Result<Option<Block>, CustomError> {
    let divisor = match i8::try_from(value.divisor) {
        Ok(divisor) if value.divisor <= MAX_DIVISOR => divisor,
        _ => return Err(CustomError::Divisor(target)),
    };
    let (highest, count) = match target {
        Target::Voltages | Target::Currents => (MAX_TRIPLE, 3_u8),
        Target::PhasePower
        | Target::Power
        | Target::PowerOut
        | Target::Import
        | Target::Export
        | Target::Frequency
        | Target::PhaseImport => (MAX_SINGLE, 1),
    };
    if value.register == NO_REGISTER {
        return Ok(None);
    }
    if value.register > highest {
        return Err(CustomError::Register(target));
    }
    let words = if data_type.width() == 2 { 1 } else { 2 };
    let quantity = u16::from(count).saturating_mul(words);
    Ok(plain(
        value.register,
        quantity,
        target,
        count,
        data_type,
        divisor,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::Tag;

    fn at(register: u16, divisor: u8) -> CustomValue {
        CustomValue { register, divisor }
    }

    fn with_currents(currents: CustomValue) -> CustomSettings {
        CustomSettings {
            currents,
            ..CustomSettings::default()
        }
    }

    /// meters 8: ranges
    #[test]
    fn when_a_setting_is_out_of_range_then_it_is_named() {
        let currents = |value| CustomMeter::new(with_currents(value)).err();
        assert_eq!(currents(at(65_530, 7)), None);
        assert_eq!(currents(at(NO_REGISTER, 0)), None);
        let register = Some(CustomError::Register(Target::Currents));
        assert_eq!(currents(at(65_531, 0)), register);
        let divisor = Some(CustomError::Divisor(Target::Currents));
        assert_eq!(currents(at(0, 8)), divisor);
        assert_eq!(currents(at(0, 255)), divisor);
        for (byte_order, data_type, error) in [
            (4, 0, CustomError::ByteOrder),
            (0, 5, CustomError::DataType),
        ] {
            let settings = CustomSettings {
                byte_order,
                data_type,
                ..CustomSettings::default()
            };
            assert_eq!(CustomMeter::new(settings).err(), Some(error));
        }
    }

    /// meters 8: FUNCTION
    #[test]
    fn when_the_function_is_not_three_then_input_registers_are_read() {
        for (code, function) in [
            (3, Function::ReadHolding),
            (4, Function::ReadInput),
            (0, Function::ReadInput),
            (16, Function::ReadInput),
        ] {
            let settings = CustomSettings {
                function: code,
                ..CustomSettings::default()
            };
            let meter = CustomMeter::new(settings).unwrap();
            assert_eq!(meter.profile().function, function);
        }
    }

    /// meters 8: what was never described is not asked for; every described read can be planned
    #[test]
    fn when_only_currents_are_described_then_only_they_are_asked() {
        let meter = CustomMeter::new(with_currents(at(12, 3))).unwrap();
        assert!(meter.is_described(ReadKind::Currents));
        assert!(meter.is_described(ReadKind::Power), "another register");
        let meter = CustomMeter::new(CustomSettings::default()).unwrap();
        for kind in ReadKind::ALL {
            assert_eq!(meter.is_described(kind), kind == ReadKind::Currents);
        }
        let power = CustomSettings {
            power: at(0, 1),
            import: at(NO_REGISTER, 1),
            ..CustomSettings::default()
        };
        let meter = CustomMeter::new(power).unwrap();
        assert!(meter.is_described(ReadKind::Power));
        assert!(!meter.is_described(ReadKind::Import));
        let import = meter.profile().plan(ReadKind::Import, Tag::new(0), 30);
        assert!(import.is_err());
    }

    /// meters 8 and 13.10: register 8 is only a mark in old settings
    #[test]
    fn when_old_settings_are_imported_then_register_eight_resets_all() {
        let settings = CustomSettings {
            power: at(8, 2),
            ..with_currents(at(12, 3))
        };
        assert!(CustomMeter::new(settings).is_ok());
        let imported = settings.imported_from_before_2_20();
        assert_eq!(imported.currents, at(0, 3));
        assert_eq!((imported.power, imported.data_type), (at(0, 2), 1));
        let other = with_currents(at(12, 3));
        assert_eq!(other.imported_from_before_2_20(), other);
    }
}
