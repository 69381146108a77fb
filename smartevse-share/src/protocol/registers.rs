//! The register map of a node as a table (power share chapter 4, decision 11).

/// Who writes a register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// The master reads it.
    Report,
    /// The master writes it.
    Order,
    /// Both.
    Both,
}

/// What one step of a register means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scale {
    /// A number out of a list.
    Code,
    /// One meaning for each bit.
    Bits,
    /// 0 or 1.
    Flag,
    /// 1 s.
    Seconds,
    /// 1 min.
    Minutes,
    /// 1 A.
    Amps,
    /// 0.1 A, unsigned.
    DeciAmps,
    /// 0.1 A, signed, positive = import.
    SignedDeciAmps,
    /// 1 °C, signed.
    Celsius,
    /// A plain number.
    Number,
}

/// A block of registers; one access never leaves its block (power share 4.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Block {
    /// 0x0000–0x000B: what the node does.
    Status,
    /// 0x0020–0x002A: set-points and mains currents, broadcast only.
    Currents,
    /// 0x0100–0x0109: settings of one node.
    NodeConfig,
    /// 0x0200–0x0215: settings of the group.
    SystemConfig,
}

impl Block {
    /// Every block in the order of its addresses.
    pub const ALL: [Self; 4] = [
        Self::Status,
        Self::Currents,
        Self::NodeConfig,
        Self::SystemConfig,
    ];

    /// First address.
    #[must_use]
    pub const fn start(self) -> u16 {
        match self {
            Self::Status => 0x0000,
            Self::Currents => 0x0020,
            Self::NodeConfig => 0x0100,
            Self::SystemConfig => 0x0200,
        }
    }

    /// Number of registers.
    #[must_use]
    pub const fn size(self) -> u16 {
        match self {
            Self::Status => 12,
            Self::Currents => 11,
            Self::NodeConfig => 10,
            Self::SystemConfig => 22,
        }
    }

    /// The block that holds the whole range, and where the range begins in it.
    ///
    /// `None` when the range is empty, begins nowhere or leaves its block.
    #[must_use]
    pub fn of(start: u16, count: usize) -> Option<(Self, usize)> {
        let count = u16::try_from(count).ok().filter(|count| *count > 0)?;
        Self::ALL.into_iter().find_map(|block| {
            let offset = start.checked_sub(block.start())?;
            let end = offset.checked_add(count)?;
            (end <= block.size()).then_some((block, usize::from(offset)))
        })
    }
}

/// One register of the map.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Register {
    /// Address on the bus.
    pub address: u16,
    /// Name, for a setting its label in the menu.
    pub name: &'static str,
    /// Who writes it.
    pub direction: Direction,
    /// Meaning of one step.
    pub scale: Scale,
}

const fn row(address: u16, name: &'static str, direction: Direction, scale: Scale) -> Register {
    Register {
        address,
        name,
        direction,
        scale,
    }
}

use Direction::{Both, Order, Report};

/// Every register of a node, each 16 bits wide, in the order of its address
/// (power share 4.1–4.4).
pub const REGISTERS: [Register; 55] = [
    row(0x0000, "State", Both, Scale::Code),
    row(0x0001, "Error", Both, Scale::Bits),
    row(0x0002, "Set-point", Report, Scale::DeciAmps),
    row(0x0003, "Mode", Both, Scale::Code),
    row(0x0004, "Solar stop timer", Both, Scale::Seconds),
    row(0x0005, "Access", Both, Scale::Code),
    row(0x0006, "Configuration changed", Both, Scale::Flag),
    row(0x0007, "Capacity", Report, Scale::Amps),
    row(0x0008, "Phases", Report, Scale::Number),
    row(0x0009, "Measured current", Report, Scale::DeciAmps),
    row(0x000A, "Temperature", Report, Scale::Celsius),
    row(0x000B, "Serial number", Report, Scale::Number),
    row(0x0020, "Set-point Master", Order, Scale::DeciAmps),
    row(0x0021, "Set-point Node 1", Order, Scale::DeciAmps),
    row(0x0022, "Set-point Node 2", Order, Scale::DeciAmps),
    row(0x0023, "Set-point Node 3", Order, Scale::DeciAmps),
    row(0x0024, "Set-point Node 4", Order, Scale::DeciAmps),
    row(0x0025, "Set-point Node 5", Order, Scale::DeciAmps),
    row(0x0026, "Set-point Node 6", Order, Scale::DeciAmps),
    row(0x0027, "Set-point Node 7", Order, Scale::DeciAmps),
    row(0x0028, "Mains L1", Order, Scale::SignedDeciAmps),
    row(0x0029, "Mains L2", Order, Scale::SignedDeciAmps),
    row(0x002A, "Mains L3", Order, Scale::SignedDeciAmps),
    row(0x0100, "CONFIG", Both, Scale::Code),
    row(0x0101, "LOCK", Both, Scale::Code),
    row(0x0102, "MIN", Report, Scale::Amps),
    row(0x0103, "MAX", Both, Scale::Amps),
    row(0x0104, "PWR SHARE", Both, Scale::Code),
    row(0x0105, "SWITCH", Both, Scale::Code),
    row(0x0106, "RCMON", Both, Scale::Flag),
    row(0x0107, "RFID", Both, Scale::Code),
    row(0x0108, "EV METER", Both, Scale::Code),
    row(0x0109, "EV ADR", Both, Scale::Number),
    row(0x0200, "MODE", Both, Scale::Code),
    row(0x0201, "CIRCUIT", Both, Scale::Amps),
    row(0x0202, "GRID", Both, Scale::Code),
    row(0x0203, "SB2 WIFI", Both, Scale::Code),
    row(0x0204, "MAINS", Both, Scale::Amps),
    row(0x0205, "START", Both, Scale::Amps),
    row(0x0206, "STOP", Both, Scale::Minutes),
    row(0x0207, "IMPORT", Both, Scale::Amps),
    row(0x0208, "MAINS MET", Both, Scale::Code),
    row(0x0209, "MAINS ADR", Both, Scale::Number),
    row(0x020A, "BYTE ORD", Both, Scale::Code),
    row(0x020B, "DATA TYPE", Both, Scale::Code),
    row(0x020C, "FUNCTION", Both, Scale::Code),
    row(0x020D, "VOL REGI", Both, Scale::Number),
    row(0x020E, "VOL DIVI", Both, Scale::Number),
    row(0x020F, "CUR REGI", Both, Scale::Number),
    row(0x0210, "CUR DIVI", Both, Scale::Number),
    row(0x0211, "POW REGI", Both, Scale::Number),
    row(0x0212, "POW DIVI", Both, Scale::Number),
    row(0x0213, "ENE REGI", Both, Scale::Number),
    row(0x0214, "ENE DIVI", Both, Scale::Number),
    row(0x0215, "READ MAX", Report, Scale::Number),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Power share 4: the blocks hold exactly the rows of the map.
    #[test]
    fn when_a_row_is_listed_then_its_block_holds_it() {
        let held: usize = Block::ALL
            .iter()
            .map(|block| usize::from(block.size()))
            .sum();
        assert_eq!(held, REGISTERS.len());
        for row in REGISTERS {
            assert!(Block::of(row.address, 1).is_some(), "{row:?}");
        }
        assert!(
            REGISTERS
                .windows(2)
                .all(|two| two[0].address < two[1].address)
        );
    }

    /// Power share 4.4: a range that leaves its block exists nowhere.
    #[test]
    fn when_a_range_leaves_its_block_then_there_is_none() {
        assert_eq!(Block::of(0x0008, 4), Some((Block::Status, 8)));
        assert_eq!(Block::of(0x0008, 5), None);
        assert_eq!(Block::of(0x0108, 2), Some((Block::NodeConfig, 8)));
        assert_eq!(Block::of(0x01FF, 2), None);
        assert_eq!(Block::of(0xFFFF, 2), None);
        assert_eq!(Block::of(0x0000, 0), None);
    }
}
