//! The meters that this crate adds to the catalogue (meters specification §14),
//! from physical quantities to registers and back.

use smartevse_meters::{Function, Meter, ReadKind, Tag, Values, decode_read, plan_read};
use smartevse_types::{DeciVolts, MilliAmps, WattHours, Watts};

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

fn whole(values: &[i32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

fn read(meter: Meter, kind: ReadKind, data: &[u8]) -> Values {
    decode_read(meter, kind, data).unwrap()
}

fn milli(values: &Values) -> [i32; 3] {
    values.currents.unwrap().as_array().map(MilliAmps::as_milli)
}

/// meters 14: requests of the added rows
#[test]
fn when_the_added_meters_are_asked_then_the_registers_are_those_of_the_table() {
    use ReadKind::{Currents, Export, Frequency, Import, Power, Voltages};
    for (meter, kind, register, quantity) in [
        (Meter::Janitza, Currents, 0x4A44, 14),
        (Meter::Janitza, Power, 0x4A52, 2),
        (Meter::Janitza, Import, 0x4A7C, 2),
        (Meter::Janitza, Export, 0x4A84, 2),
        (Meter::Janitza, Frequency, 0x4A6A, 2),
        (Meter::Dzg, Currents, 0x000A, 6),
        (Meter::Dzg, Power, 0x0000, 4),
        (Meter::Dzg, Voltages, 0x0004, 6),
        (Meter::Dzg, Import, 0x4000, 2),
        (Meter::Dzg, Export, 0x4100, 2),
        (Meter::Orno525, Currents, 0x0102, 4),
        (Meter::Orno525, Power, 0x0104, 2),
        (Meter::Orno525, Frequency, 0x010A, 1),
        (Meter::Orno525, Import, 0x010E, 2),
        (Meter::Orno525, Export, 0x0118, 2),
    ] {
        let asked = plan_read(meter, kind, Tag::new(1), 12).unwrap();
        assert_eq!(asked.function(), Function::ReadHolding);
        assert_eq!((asked.register(), asked.quantity()), (register, quantity));
    }
}

/// meters 14: Janitza B23, magnitudes with the sign of the phase power, energies in Wh
#[test]
fn when_a_janitza_replies_then_the_power_gives_the_direction() {
    let data = floats(&[16.0, 15.5, 16.5, f32::NAN, 3680.0, -3565.0, 3795.0]);
    let values = read(Meter::Janitza, ReadKind::Currents, &data);
    assert_eq!(milli(&values), [16_000, -15_500, 16_500]);
    assert_eq!(values.power, Some(Watts::from_watts(3910)));
    let values = read(Meter::Janitza, ReadKind::Import, &floats(&[1_234_567.0]));
    assert_eq!(values.import, Some(WattHours::from_wh(1_234_567)));
}

/// meters 14: DZG, power in two directions, currents count as import
#[test]
fn when_a_dzg_exports_then_its_power_is_negative() {
    let values = read(Meter::Dzg, ReadKind::Power, &whole(&[1_000, 36_800]));
    assert_eq!(values.power, Some(Watts::from_watts(-3_580)));
    let values = read(Meter::Dzg, ReadKind::Power, &whole(&[36_800, 0]));
    assert_eq!(values.power, Some(Watts::from_watts(3_680)));
    let values = read(Meter::Dzg, ReadKind::Currents, &whole(&[16_000, 0, 5]));
    assert_eq!(milli(&values), [16_000, 0, 5]);
    let values = read(Meter::Dzg, ReadKind::Voltages, &whole(&[23_010, 0, 22_995]));
    let volts = values.voltages.unwrap().as_array().map(DeciVolts::as_deci);
    assert_eq!(volts, [2301, 0, 2300]);
}

/// meters 14: Orno OR-WE-525, one phase, signed power
#[test]
fn when_an_orno_525_exports_then_its_current_is_negative() {
    let values = read(
        Meter::Orno525,
        ReadKind::Currents,
        &whole(&[16_000, -3_680]),
    );
    assert_eq!(milli(&values), [-16_000, 0, 0]);
    assert_eq!(values.power, Some(Watts::from_watts(-3_680)));
    let values = read(Meter::Orno525, ReadKind::Import, &whole(&[56_789]));
    assert_eq!(values.import, Some(WattHours::from_wh(567_890)));
    let values = read(Meter::Orno525, ReadKind::Frequency, &[0x01, 0xF4]);
    assert_eq!(values.frequency.map(|f| f.as_centi()), Some(5_000));
}
