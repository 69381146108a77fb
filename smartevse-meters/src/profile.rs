//! The registers of each meter as data, one constant per meter.
//!
//! Sources: meters specification §5 (main table and optional reads) and §6.

use crate::decode::{ByteOrder, DataType, Quantity};
use crate::pdu::Function;
use crate::reading::ReadKind;

/// What a field of a reply is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// Phase currents, L1 first.
    Currents,
    /// Active power of each phase.
    PhasePower,
    /// Total active power.
    Power,
    /// Total active power that flows out, always positive; taken off [`Target::Power`].
    PowerOut,
    /// Imported energy.
    Import,
    /// Exported energy.
    Export,
    /// Phase voltages.
    Voltages,
    /// Frequency.
    Frequency,
    /// Imported energy of each phase.
    PhaseImport,
}

impl Target {
    /// The quantity that decides unit and range.
    #[must_use]
    pub const fn quantity(self) -> Quantity {
        match self {
            Self::Currents => Quantity::Current,
            Self::PhasePower | Self::Power | Self::PowerOut => Quantity::Power,
            Self::Import | Self::Export | Self::PhaseImport => Quantity::Energy,
            Self::Voltages => Quantity::Voltage,
            Self::Frequency => Quantity::Frequency,
        }
    }
}

/// Values of one kind, one after the other in a reply.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// What they are.
    pub target: Target,
    /// How many there are; 0 = field not used.
    pub count: u8,
    /// Byte in the data of the reply at which they start.
    pub offset: u8,
    /// Their type.
    pub data_type: DataType,
    /// Register = quantity × 10^divisor in A, W, kWh, V, Hz.
    pub divisor: i8,
}

impl Field {
    /// A field that is not used.
    pub const NONE: Self = field(Target::Power, 0, 0, DataType::Int16, 0);
}

pub(crate) const fn field(
    target: Target,
    count: u8,
    offset: u8,
    data_type: DataType,
    divisor: i8,
) -> Field {
    Field {
        target,
        count,
        offset,
        data_type,
        divisor,
    }
}

/// One read: registers and what stands in them.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// First register.
    pub register: u16,
    /// Number of registers.
    pub quantity: u16,
    /// What is used of the reply.
    pub fields: [Field; 2],
    /// Byte at which a signed power of ten for all fields stands (SunSpec).
    pub scale_at: Option<u8>,
}

const fn block(register: u16, quantity: u16, fields: [Field; 2]) -> Option<Block> {
    Some(Block {
        register,
        quantity,
        fields,
        scale_at: None,
    })
}

/// A read of one field that starts at the first register.
pub(crate) const fn plain(
    register: u16,
    quantity: u16,
    target: Target,
    count: u8,
    data_type: DataType,
    divisor: i8,
) -> Option<Block> {
    let only = field(target, count, 0, data_type, divisor);
    block(register, quantity, [only, Field::NONE])
}

const fn scaled(register: u16, quantity: u16, fields: [Field; 2], scale_at: u8) -> Option<Block> {
    Some(Block {
        register,
        quantity,
        fields,
        scale_at: Some(scale_at),
    })
}

/// Where the direction of a current comes from (meters specification §4.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CurrentSign {
    /// The meter sends signed currents.
    Raw,
    /// The meter sends magnitudes; the phase power of the same reply has the sign.
    FromPower,
    /// The meter sends magnitudes; the power that was read last has the sign,
    /// unknown power means import.
    FromLastPower,
}

/// How a meter marks a value that it does not know (meters specification §4.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absent {
    /// It has no mark.
    Never,
    /// All bits set (unsigned) or the largest value (signed).
    Largest,
    /// The smallest value of a signed word.
    SunSpec,
}

/// Parity of the serial line that a meter needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parity {
    /// 8N1.
    None,
    /// 8E1.
    Even,
}

/// The registers of a meter.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// Function code of its reads.
    pub function: Function,
    /// Order of bytes and words.
    pub order: ByteOrder,
    /// Phases it measures: 1 or 3.
    pub phases: u8,
    /// Direction of the currents.
    pub sign: CurrentSign,
    /// Whether its powers count the other way round.
    pub inverted: bool,
    /// Its mark for unknown values.
    pub absent: Absent,
    /// Parity it needs.
    pub parity: Parity,
    /// Most registers in one read.
    pub max_registers: u16,
    /// Phase currents, with phase powers where one read holds both.
    pub currents: Option<Block>,
    /// Power of each phase, where it is not read together with the currents.
    pub phase_power: Option<Block>,
    /// Total power.
    pub power: Option<Block>,
    /// Imported energy.
    pub import: Option<Block>,
    /// Exported energy.
    pub export: Option<Block>,
    /// Phase voltages.
    pub voltages: Option<Block>,
    /// Frequency.
    pub frequency: Option<Block>,
    /// Imported energy of each phase.
    pub phase_import: Option<Block>,
}

impl Profile {
    /// The read that gives this kind, if the meter has it.
    #[must_use]
    pub const fn block(&self, kind: ReadKind) -> Option<Block> {
        match kind {
            ReadKind::Currents => self.currents,
            ReadKind::PhasePower => self.phase_power,
            ReadKind::Power => self.power,
            ReadKind::Import => self.import,
            ReadKind::Export => self.export,
            ReadKind::Voltages => self.voltages,
            ReadKind::Frequency => self.frequency,
            ReadKind::PhaseImport => self.phase_import,
        }
    }

    /// Whether the reply with the currents also brings the power.
    #[must_use]
    pub fn has_power_in_currents(&self) -> bool {
        self.currents
            .is_some_and(|block| block.fields.iter().any(is_phase_power))
    }
}

fn is_phase_power(field: &Field) -> bool {
    field.count > 0 && field.target == Target::PhasePower
}

use DataType::{Float32 as F32, Int16 as I16, Int32 as I32, Uint16 as U16, Uint32 as U32, Uint64};
use Target as T;

/// The most common row: high byte and word first, signed currents, 8N1.
pub(crate) const COMMON: Profile = Profile {
    function: Function::ReadHolding,
    order: ByteOrder::HighByteHighWord,
    phases: 3,
    sign: CurrentSign::Raw,
    inverted: false,
    absent: Absent::Never,
    parity: Parity::None,
    max_registers: crate::pdu::MAX_READ,
    currents: None,
    phase_power: None,
    power: None,
    import: None,
    export: None,
    voltages: None,
    frequency: None,
    phase_import: None,
};

/// Phoenix Contact EEM-350-D-MCB.
pub(crate) const PHOENIX: Profile = Profile {
    function: Function::ReadInput,
    order: ByteOrder::HighByteLowWord,
    max_registers: 11,
    currents: plain(0x000C, 6, T::Currents, 3, I32, 3),
    power: plain(0x0028, 2, T::Power, 1, I32, 1),
    import: plain(0x003E, 2, T::Import, 1, I32, 1),
    voltages: plain(0x0000, 6, T::Voltages, 3, I32, 1),
    ..COMMON
};

/// Finder 7E.78; energies in Wh.
pub(crate) const FINDER_7E: Profile = Profile {
    function: Function::ReadInput,
    currents: plain(0x100E, 6, T::Currents, 3, F32, 0),
    power: plain(0x1026, 2, T::Power, 1, F32, 0),
    import: plain(0x1106, 2, T::Import, 1, F32, 3),
    export: plain(0x110E, 2, T::Export, 1, F32, 3),
    voltages: plain(0x1000, 6, T::Voltages, 3, F32, 0),
    ..COMMON
};

/// Eastron SDM630, SDM72D-M v2, SDM54.
pub(crate) const EASTRON_3P: Profile = Profile {
    function: Function::ReadInput,
    sign: CurrentSign::FromPower,
    max_registers: 80,
    currents: block(
        0x0006,
        12,
        [
            field(T::Currents, 3, 0, F32, 0),
            field(T::PhasePower, 3, 12, F32, 0),
        ],
    ),
    power: plain(0x0034, 2, T::Power, 1, F32, 0),
    import: plain(0x0048, 2, T::Import, 1, F32, 0),
    export: plain(0x004A, 2, T::Export, 1, F32, 0),
    voltages: plain(0x0000, 6, T::Voltages, 3, F32, 0),
    frequency: plain(0x0046, 2, T::Frequency, 1, F32, 0),
    phase_import: plain(0x015A, 6, T::PhaseImport, 3, F32, 0),
    ..COMMON
};

/// Eastron fed from below: powers turned round, import and export exchanged.
pub(crate) const INV_EASTRON: Profile = Profile {
    inverted: true,
    import: plain(0x004A, 2, T::Import, 1, F32, 0),
    export: plain(0x0048, 2, T::Export, 1, F32, 0),
    phase_import: plain(0x0160, 6, T::PhaseImport, 3, F32, 0),
    ..EASTRON_3P
};

/// Eastron SDM120, SDM220, SDM230; the registers of L2 and L3 are undefined.
pub(crate) const EASTRON_1P: Profile = Profile {
    phases: 1,
    currents: block(
        0x0006,
        12,
        [
            field(T::Currents, 1, 0, F32, 0),
            field(T::PhasePower, 1, 12, F32, 0),
        ],
    ),
    power: plain(0x000C, 2, T::Power, 1, F32, 0),
    voltages: plain(0x0000, 2, T::Voltages, 1, F32, 0),
    phase_import: None,
    ..EASTRON_3P
};

/// ABB B21, B23, B24; 64-bit energies.
pub(crate) const ABB: Profile = Profile {
    sign: CurrentSign::FromPower,
    absent: Absent::Largest,
    currents: block(
        0x5B0C,
        16,
        [
            field(T::Currents, 3, 0, U32, 2),
            field(T::PhasePower, 3, 20, I32, 2),
        ],
    ),
    power: plain(0x5B14, 2, T::Power, 1, I32, 2),
    import: plain(0x5000, 4, T::Import, 1, Uint64, 2),
    export: plain(0x5004, 4, T::Export, 1, Uint64, 2),
    voltages: plain(0x5B00, 6, T::Voltages, 3, U32, 1),
    frequency: plain(0x5B2C, 1, T::Frequency, 1, U16, 2),
    ..COMMON
};

/// ABB EV3: as ABB with finer energies.
pub(crate) const ABB_EV3: Profile = Profile {
    import: plain(0x5000, 4, T::Import, 1, Uint64, 4),
    export: plain(0x5004, 4, T::Export, 1, Uint64, 4),
    ..ABB
};

/// SunSpec meter behind a SolarEdge inverter; energies in Wh.
pub(crate) const SOLAR_EDGE: Profile = Profile {
    absent: Absent::SunSpec,
    currents: scaled(
        40_191,
        4,
        [field(T::Currents, 3, 0, I16, 0), Field::NONE],
        6,
    ),
    power: scaled(
        40_206,
        5,
        [
            field(T::Power, 1, 0, I16, 0),
            field(T::PhasePower, 3, 2, I16, 0),
        ],
        8,
    ),
    import: plain(40_234, 2, T::Import, 1, U32, 3),
    export: plain(40_226, 2, T::Export, 1, U32, 3),
    ..COMMON
};

/// WAGO 879-30x0, Inepro PRO380-Mod; power in kW.
pub(crate) const WAGO: Profile = Profile {
    currents: plain(0x500C, 6, T::Currents, 3, F32, 0),
    power: plain(0x5012, 2, T::Power, 1, F32, -3),
    import: plain(0x600C, 2, T::Import, 1, F32, 0),
    export: plain(0x6018, 2, T::Export, 1, F32, 0),
    voltages: plain(0x5002, 6, T::Voltages, 3, F32, 0),
    frequency: plain(0x5008, 2, T::Frequency, 1, F32, 0),
    ..COMMON
};

/// Finder 7M.38; energies in Wh.
pub(crate) const FINDER_7M: Profile = Profile {
    function: Function::ReadInput,
    sign: CurrentSign::FromPower,
    max_registers: 125,
    currents: block(
        2516,
        20,
        [
            field(T::Currents, 3, 0, F32, 0),
            field(T::PhasePower, 3, 28, F32, 0),
        ],
    ),
    power: plain(2536, 2, T::Power, 1, F32, 0),
    import: plain(2638, 2, T::Import, 1, F32, 3),
    voltages: plain(2500, 6, T::Voltages, 3, F32, 0),
    frequency: plain(2584, 2, T::Frequency, 1, F32, 0),
    ..COMMON
};

/// Sinotimer DTS6619: words, but 32-bit energies.
pub(crate) const SINOTIMER: Profile = Profile {
    function: Function::ReadInput,
    currents: plain(0x0003, 3, T::Currents, 3, I16, 2),
    power: plain(0x0008, 3, T::PhasePower, 3, I16, 0),
    import: plain(0x0027, 2, T::Import, 1, U32, 2),
    export: plain(0x0031, 2, T::Export, 1, U32, 2),
    voltages: plain(0x0000, 3, T::Voltages, 3, U16, 1),
    ..COMMON
};

/// Schneider iEM3x5x; power in kW.
pub(crate) const SCHNEIDER: Profile = Profile {
    sign: CurrentSign::FromPower,
    currents: block(
        0x0BB7,
        60,
        [
            field(T::Currents, 3, 0, F32, 0),
            field(T::PhasePower, 3, 108, F32, -3),
        ],
    ),
    power: plain(0x0BF3, 2, T::Power, 1, F32, -3),
    import: plain(0xB02B, 2, T::Import, 1, F32, 0),
    export: plain(0xB02D, 2, T::Export, 1, F32, 0),
    voltages: plain(0x0BD3, 6, T::Voltages, 3, F32, 0),
    frequency: plain(0x0C25, 2, T::Frequency, 1, F32, 0),
    ..COMMON
};

/// Chint DTSU666: floats in mA and 0.1 W.
pub(crate) const CHINT: Profile = Profile {
    sign: CurrentSign::FromPower,
    currents: block(
        0x200C,
        14,
        [
            field(T::Currents, 3, 0, F32, 3),
            field(T::PhasePower, 3, 16, F32, 1),
        ],
    ),
    power: plain(0x2012, 2, T::Power, 1, F32, 1),
    import: plain(0x101E, 2, T::Import, 1, F32, 0),
    export: plain(0x1028, 2, T::Export, 1, F32, 0),
    voltages: plain(0x2006, 6, T::Voltages, 3, F32, 1),
    frequency: plain(0x2044, 2, T::Frequency, 1, F32, 2),
    ..COMMON
};

/// Carlo Gavazzi EM330, EM340, ET340.
pub(crate) const GAVAZZI: Profile = Profile {
    max_registers: crate::pdu::MAX_READ,
    import: plain(0x0034, 2, T::Import, 1, I32, 1),
    export: plain(0x004E, 2, T::Export, 1, I32, 1),
    frequency: plain(0x0033, 1, T::Frequency, 1, U16, 1),
    ..PHOENIX
};

/// Orno OR-WE-516, 517; power in kW.
pub(crate) const ORNO_3P: Profile = Profile {
    sign: CurrentSign::FromPower,
    parity: Parity::Even,
    currents: block(
        0x0016,
        14,
        [
            field(T::Currents, 3, 0, F32, 0),
            field(T::PhasePower, 3, 16, F32, -3),
        ],
    ),
    power: plain(0x001C, 2, T::Power, 1, F32, -3),
    import: plain(0x0108, 2, T::Import, 1, F32, 0),
    export: plain(0x0110, 2, T::Export, 1, F32, 0),
    voltages: plain(0x000E, 6, T::Voltages, 3, F32, 0),
    frequency: plain(0x0014, 2, T::Frequency, 1, F32, 0),
    ..COMMON
};

/// Orno OR-WE-514, 515: one direction only.
pub(crate) const ORNO_1P: Profile = Profile {
    phases: 1,
    parity: Parity::Even,
    currents: block(
        0x0139,
        9,
        [
            field(T::Currents, 1, 0, U32, 3),
            field(T::PhasePower, 1, 14, U32, 0),
        ],
    ),
    power: plain(0x0140, 2, T::Power, 1, U32, 0),
    import: plain(0xA000, 2, T::Import, 1, U32, 2),
    voltages: plain(0x0131, 1, T::Voltages, 1, U16, 2),
    frequency: plain(0x0130, 1, T::Frequency, 1, U16, 2),
    ..COMMON
};

/// Chint DDSU666; power in kW.
pub(crate) const CHINT_1P: Profile = Profile {
    phases: 1,
    sign: CurrentSign::FromPower,
    currents: block(
        0x2002,
        4,
        [
            field(T::Currents, 1, 0, F32, 0),
            field(T::PhasePower, 1, 4, F32, -3),
        ],
    ),
    power: plain(0x2004, 2, T::Power, 1, F32, -3),
    import: plain(0x4000, 2, T::Import, 1, F32, 0),
    export: plain(0x400A, 2, T::Export, 1, F32, 0),
    voltages: plain(0x2000, 2, T::Voltages, 1, F32, 0),
    ..COMMON
};

/// Acrel ADL400-D of which only phase B is wired; unsigned currents.
pub(crate) const ACREL_SINGLE: Profile = Profile {
    phases: 1,
    sign: CurrentSign::FromLastPower,
    currents: plain(0x0065, 1, T::Currents, 1, U16, 2),
    power: plain(0x0166, 2, T::Power, 1, I32, 0),
    import: plain(0x0089, 2, T::Import, 1, U32, 2),
    voltages: plain(0x0062, 1, T::Voltages, 1, U16, 1),
    ..COMMON
};

/// Acrel ADL400-D on three phases; unsigned currents.
pub(crate) const ACREL_MAIN: Profile = Profile {
    sign: CurrentSign::FromLastPower,
    currents: plain(0x0064, 3, T::Currents, 3, U16, 2),
    phase_power: block(
        356,
        8,
        [
            field(T::PhasePower, 3, 0, I32, 0),
            field(T::Power, 1, 12, I32, 0),
        ],
    ),
    power: plain(0x016A, 2, T::Power, 1, I32, 0),
    import: plain(0x0000, 2, T::Import, 1, U32, 2),
    ..COMMON
};

/// Janitza B23, B24; energies in Wh.
pub(crate) const JANITZA: Profile = Profile {
    sign: CurrentSign::FromPower,
    currents: block(
        0x4A44,
        14,
        [
            field(T::Currents, 3, 0, F32, 0),
            field(T::PhasePower, 3, 16, F32, 0),
        ],
    ),
    power: plain(0x4A52, 2, T::Power, 1, F32, 0),
    import: plain(0x4A7C, 2, T::Import, 1, F32, 3),
    export: plain(0x4A84, 2, T::Export, 1, F32, 3),
    voltages: plain(0x4A38, 6, T::Voltages, 3, F32, 0),
    frequency: plain(0x4A6A, 2, T::Frequency, 1, F32, 0),
    phase_import: plain(0x4A76, 6, T::PhaseImport, 3, F32, 3),
    ..COMMON
};

/// DZG DVH4013, DVH4014: magnitudes of currents without phase powers, so every
/// current counts as import; power in two registers, one per direction.
pub(crate) const DZG: Profile = Profile {
    currents: plain(0x000A, 6, T::Currents, 3, U32, 3),
    power: block(
        0x0000,
        4,
        [
            field(T::Power, 1, 0, U32, 1),
            field(T::PowerOut, 1, 4, U32, 1),
        ],
    ),
    import: plain(0x4000, 2, T::Import, 1, U32, 3),
    export: plain(0x4100, 2, T::Export, 1, U32, 3),
    voltages: plain(0x0004, 6, T::Voltages, 3, U32, 2),
    frequency: plain(0x0012, 2, T::Frequency, 1, U32, 3),
    ..COMMON
};

/// Orno OR-WE-525, 526.
pub(crate) const ORNO_525: Profile = Profile {
    phases: 1,
    sign: CurrentSign::FromPower,
    currents: block(
        0x0102,
        4,
        [
            field(T::Currents, 1, 0, I32, 3),
            field(T::PhasePower, 1, 4, I32, 0),
        ],
    ),
    power: plain(0x0104, 2, T::Power, 1, I32, 0),
    import: plain(0x010E, 2, T::Import, 1, I32, 2),
    export: plain(0x0118, 2, T::Export, 1, I32, 2),
    voltages: plain(0x0100, 2, T::Voltages, 1, I32, 3),
    frequency: plain(0x010A, 1, T::Frequency, 1, U16, 1),
    ..COMMON
};
