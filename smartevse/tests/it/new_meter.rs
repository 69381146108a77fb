//! The worked example of `docs/meters.md`: a meter becomes one row.

use smartevse_meters::decode::{ByteOrder, DataType};
use smartevse_meters::profile::{Absent, Block, CurrentSign, Field, Parity, Profile, Target as T};
use smartevse_meters::{Function, MeterError, ReadKind, Tag};
use smartevse_types::{MilliAmps, PerPhase};

const I16: DataType = DataType::Int16;
const U32: DataType = DataType::Uint32;

/// As the constant of the meter table that all rows start from.
const COMMON: Profile = Profile {
    function: Function::ReadHolding,
    order: ByteOrder::HighByteHighWord,
    phases: 3,
    sign: CurrentSign::Raw,
    inverted: false,
    absent: Absent::Never,
    parity: Parity::None,
    max_registers: 125,
    currents: None,
    phase_power: None,
    power: None,
    import: None,
    export: None,
    voltages: None,
    frequency: None,
    phase_import: None,
};

/// As the function of the meter table.
const fn plain(
    register: u16,
    quantity: u16,
    target: T,
    count: u8,
    data_type: DataType,
    divisor: i8,
) -> Option<Block> {
    let only = Field {
        target,
        count,
        offset: 0,
        data_type,
        divisor,
    };
    Some(Block {
        register,
        quantity,
        fields: [only, Field::NONE],
        scale_at: None,
    })
}

// Row:
/// Example 3000: signed words; energy in 0.01 kWh.
const EXAMPLE_3000: Profile = Profile {
    currents: plain(0x0102, 3, T::Currents, 3, I16, 2),
    power: plain(0x0108, 1, T::Power, 1, I16, -1),
    import: plain(0x0200, 2, T::Import, 1, U32, 2),
    ..COMMON
};
// End of the row.

#[test]
fn when_the_row_of_the_guide_is_used_then_it_reads_its_meter() {
    let row = EXAMPLE_3000;
    let asked = row.plan(ReadKind::Currents, Tag::new(1), 12).unwrap();
    assert_eq!((asked.register(), asked.quantity()), (0x0102, 3));
    let values = row
        .decode(ReadKind::Currents, &[0x06, 0x40, 0xFE, 0x0C, 0, 1])
        .unwrap();
    let amps = [16_000, -5_000, 10].map(MilliAmps::from_milli);
    assert_eq!(values.currents, Some(PerPhase::new(amps)));
    let power = row.decode(ReadKind::Power, &[0xFF, 0x9C]).unwrap().power;
    assert_eq!(power.map(|p| p.as_watts()), Some(-1_000));
    let import = row.decode(ReadKind::Import, &[0, 1, 0xE2, 0x40]).unwrap();
    assert_eq!(import.import.map(|e| e.as_wh()), Some(1_234_560));
    let nothing = row.plan(ReadKind::Export, Tag::new(1), 12);
    assert_eq!(nothing, Err(MeterError::Unsupported));
}

/// The guide shows this very row.
#[test]
fn when_the_row_changes_then_the_guide_does() {
    let (_, rest) = include_str!("new_meter.rs")
        .split_once("// Row:\n")
        .unwrap();
    let (row, _) = rest.split_once("// End of the row.").unwrap();
    assert!(include_str!("../../../docs/meters.md").contains(row));
}
