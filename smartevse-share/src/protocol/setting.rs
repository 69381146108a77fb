//! Settings that have a register, with their ranges (menu rows 1–22).

use super::registers::Block;

/// A setting that can be wished for over the bus.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SettingId {
    /// CONFIG.
    Config,
    /// LOCK.
    Lock,
    /// MIN.
    Min,
    /// MAX.
    Max,
    /// PWR SHARE.
    PwrShare,
    /// SWITCH.
    Switch,
    /// RCMON.
    RcMon,
    /// RFID.
    Rfid,
    /// EV METER.
    EvMeter,
    /// EV ADR.
    EvAdr,
    /// MODE.
    Mode,
    /// CIRCUIT.
    Circuit,
    /// GRID.
    Grid,
    /// SB2 WIFI.
    Sb2Wifi,
    /// MAINS.
    Mains,
    /// START.
    Start,
    /// STOP.
    Stop,
    /// IMPORT.
    Import,
    /// MAINS MET.
    MainsMet,
    /// MAINS ADR.
    MainsAdr,
    /// BYTE ORD of the custom meter.
    ByteOrder,
    /// DATA TYPE of the custom meter.
    DataType,
    /// FUNCTION of the custom meter.
    Function,
    /// VOL REGI of the custom meter.
    VoltageRegister,
    /// VOL DIVI of the custom meter.
    VoltageDivisor,
    /// CUR REGI of the custom meter.
    CurrentRegister,
    /// CUR DIVI of the custom meter.
    CurrentDivisor,
    /// POW REGI of the custom meter.
    PowerRegister,
    /// POW DIVI of the custom meter.
    PowerDivisor,
    /// ENE REGI of the custom meter.
    EnergyRegister,
    /// ENE DIVI of the custom meter.
    EnergyDivisor,
    /// READ MAX: reads 0, takes nothing.
    ReadMax,
}

/// Values that a node takes over the bus.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Legal {
    /// From the first to the second, both included.
    Range(u16, u16),
    /// One of these.
    OneOf(&'static [u16]),
    /// A meter of the catalogue or an own addition (decision 19).
    Meter { mains: bool },
    /// Refused on a node.
    Nothing,
}

/// One setting and its register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SettingRow {
    /// Which setting.
    pub id: SettingId,
    /// Its register.
    pub address: u16,
    legal: Legal,
}

const fn row(address: u16, id: SettingId, legal: Legal) -> SettingRow {
    SettingRow { id, address, legal }
}

/// Every setting with a register, in the order of its address.
///
/// MIN is refused because the master's MIN holds for all (decision 10). SWITCH
/// has no Grid Relay on a node (5), RFID no Learn and Delete (3–5): those are
/// commands at the device.
pub const SETTINGS: [SettingRow; 32] = [
    row(0x0100, SettingId::Config, Legal::Range(0, 1)),
    row(0x0101, SettingId::Lock, Legal::Range(0, 2)),
    row(0x0102, SettingId::Min, Legal::Nothing),
    row(0x0103, SettingId::Max, Legal::Range(6, 80)),
    row(0x0104, SettingId::PwrShare, Legal::Range(0, 8)),
    row(
        0x0105,
        SettingId::Switch,
        Legal::OneOf(&[0, 1, 2, 3, 4, 6, 7]),
    ),
    row(0x0106, SettingId::RcMon, Legal::Range(0, 1)),
    row(0x0107, SettingId::Rfid, Legal::OneOf(&[0, 1, 2, 6])),
    row(0x0108, SettingId::EvMeter, Legal::Meter { mains: false }),
    row(0x0109, SettingId::EvAdr, Legal::Range(10, 247)),
    row(0x0200, SettingId::Mode, Legal::Range(0, 2)),
    row(0x0201, SettingId::Circuit, Legal::Range(10, 160)),
    row(0x0202, SettingId::Grid, Legal::Range(0, 1)),
    row(0x0203, SettingId::Sb2Wifi, Legal::Range(0, 2)),
    row(0x0204, SettingId::Mains, Legal::Range(10, 200)),
    row(0x0205, SettingId::Start, Legal::Range(0, 48)),
    row(0x0206, SettingId::Stop, Legal::Range(0, 60)),
    row(0x0207, SettingId::Import, Legal::Range(0, 48)),
    row(0x0208, SettingId::MainsMet, Legal::Meter { mains: true }),
    row(0x0209, SettingId::MainsAdr, Legal::Range(10, 247)),
    row(0x020A, SettingId::ByteOrder, Legal::Range(0, 3)),
    row(0x020B, SettingId::DataType, Legal::Range(0, 4)),
    row(0x020C, SettingId::Function, Legal::Range(3, 4)),
    row(0x020D, SettingId::VoltageRegister, Legal::Range(0, 65530)),
    row(0x020E, SettingId::VoltageDivisor, Legal::Range(0, 7)),
    row(0x020F, SettingId::CurrentRegister, Legal::Range(0, 65530)),
    row(0x0210, SettingId::CurrentDivisor, Legal::Range(0, 7)),
    row(0x0211, SettingId::PowerRegister, Legal::Range(0, 65534)),
    row(0x0212, SettingId::PowerDivisor, Legal::Range(0, 7)),
    row(0x0213, SettingId::EnergyRegister, Legal::Range(0, 65534)),
    row(0x0214, SettingId::EnergyDivisor, Legal::Range(0, 7)),
    row(0x0215, SettingId::ReadMax, Legal::Nothing),
];

impl SettingId {
    /// The row of this setting in [`SETTINGS`].
    pub(crate) fn row(self) -> Option<&'static SettingRow> {
        SETTINGS.iter().find(|row| row.id == self)
    }

    /// Where the setting stands in its block.
    pub(crate) fn place(self) -> Option<(Block, usize)> {
        Block::of(self.row()?.address, 1)
    }
}

impl SettingRow {
    /// The row of an address.
    #[must_use]
    pub fn at(address: u16) -> Option<&'static Self> {
        SETTINGS.iter().find(|row| row.address == address)
    }

    /// Tells whether a node takes this value over the bus (I-17).
    #[must_use]
    pub fn accepts(&self, value: u16) -> bool {
        match self.legal {
            Legal::Range(least, most) => (least..=most).contains(&value),
            Legal::OneOf(values) => values.contains(&value),
            Legal::Meter { mains } => match value {
                1 | 13 => mains,
                0..=19 | 64..=255 => true,
                _ => false,
            },
            Legal::Nothing => false,
        }
    }

    /// Tells whether firmware of another version has the same item here
    /// (power share 4.4: only 0x0200–0x0209 are certain).
    #[must_use]
    pub const fn is_certain(&self) -> bool {
        self.address <= 0x0209
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::registers::REGISTERS;

    /// Power share 4.3, 4.4: settings and map agree on the addresses.
    #[test]
    fn when_a_setting_is_listed_then_the_map_has_its_register() {
        let listed = SETTINGS.iter().map(|row| row.address);
        let mapped = REGISTERS.iter().map(|row| row.address);
        assert!(listed.eq(mapped.filter(|address| *address >= 0x0100)));
    }

    /// I-17: values outside their range are refused, and so are the settings
    /// that are not the bus's business.
    #[test]
    fn when_a_value_is_out_of_range_then_it_is_refused() {
        let accepts = |address, value| SettingRow::at(address).unwrap().accepts(value);
        assert!(accepts(0x0103, 6) && accepts(0x0103, 80));
        assert!(!accepts(0x0103, 5) && !accepts(0x0103, 81));
        assert!(!accepts(0x0102, 6), "MIN");
        assert!(!accepts(0x0105, 5), "Grid Relay");
        assert!(!accepts(0x0107, 4), "Delete");
        assert!(accepts(0x0208, 1) && !accepts(0x0108, 1), "Sensorbox");
        assert!(accepts(0x0108, 64) && !accepts(0x0108, 20));
        assert!(!accepts(0x0215, 0) && !accepts(0x0215, 10));
    }
}
