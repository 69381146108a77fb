//! The meter that the user describes.

use super::Settings;
use crate::options::{ByteOrder, DataType, ReadFunction};
use crate::registry::SettingId;

/// One quantity of a custom meter.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CustomQuantity {
    /// First register; 0..=65530, of power and energy 0..=65534.
    pub register: u16,
    /// The raw value is divided by 10 to this power; 0..=7.
    pub power_of_ten: u8,
}

/// Description of a custom meter (configuration guide: BYTE ORD to ENE DIVI).
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CustomMeter {
    /// Order of bytes and words. Default: LBF & LWF.
    pub byte_order: ByteOrder,
    /// Data type. Default: INT32.
    pub data_type: DataType,
    /// Modbus function. Default: input registers.
    pub function: ReadFunction,
    /// Voltage, V.
    pub voltage: CustomQuantity,
    /// Current, A.
    pub current: CustomQuantity,
    /// Power, W.
    pub power: CustomQuantity,
    /// Energy, kWh.
    pub energy: CustomQuantity,
}

impl Settings {
    /// Description of the custom meter.
    #[must_use]
    pub fn custom_meter(&self) -> CustomMeter {
        let raw = |id| self.value(id);
        CustomMeter {
            byte_order: ByteOrder::from_raw(raw(SettingId::EmByteOrder))
                .unwrap_or(ByteOrder::LowByteLowWord),
            data_type: DataType::from_raw(raw(SettingId::EmDataType)).unwrap_or(DataType::Int32),
            function: ReadFunction::from_raw(raw(SettingId::EmFunction))
                .unwrap_or(ReadFunction::Input),
            voltage: self.quantity(SettingId::EmVolReg, SettingId::EmVolDiv),
            current: self.quantity(SettingId::EmCurReg, SettingId::EmCurDiv),
            power: self.quantity(SettingId::EmPowReg, SettingId::EmPowDiv),
            energy: self.quantity(SettingId::EmEneReg, SettingId::EmEneDiv),
        }
    }

    fn quantity(&self, register: SettingId, divisor: SettingId) -> CustomQuantity {
        CustomQuantity {
            register: self.value(register),
            power_of_ten: u8::try_from(self.value(divisor)).unwrap_or(0),
        }
    }
}
