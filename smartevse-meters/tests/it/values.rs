//! Properties of values (meters specification §15, 1, 4, 7–15).

use proptest::collection::vec;
use proptest::prelude::*;
use smartevse_meters::catalogue::{CATALOGUE, Source};
use smartevse_meters::decode::{ByteOrder, DataType, Quantity, Raw};
use smartevse_meters::{
    Counters, Meter, MeterError, ReadKind, Tag, Values, decode_read, plan_read,
};
use smartevse_types::{DeciAmps, MilliAmps, Watts};

fn words_of(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

fn kind() -> impl Strategy<Value = ReadKind> {
    prop::sample::select(ReadKind::ALL.to_vec())
}

fn meter() -> impl Strategy<Value = Meter> {
    let all: Vec<Meter> = CATALOGUE.iter().map(|line| line.meter).collect();
    prop::sample::select(all)
}

/// Puts the bytes of a value (most significant first) on the wire by the table of §4.1.
fn on_wire(order: u8, value: &[u8]) -> Vec<u8> {
    let mut words: Vec<Vec<u8>> = value.chunks(2).map(<[u8]>::to_vec).collect();
    if order == 0 || order == 2 {
        words.reverse();
    }
    if order < 2 {
        words.iter_mut().for_each(|word| word.reverse());
    }
    words.concat()
}

fn eastron(amps: [f32; 3], watts: [f32; 3]) -> Vec<u8> {
    words_of(&[amps[0], amps[1], amps[2], watts[0], watts[1], watts[2]])
}

fn milli(values: &Values) -> [i32; 3] {
    values.currents.unwrap().map(MilliAmps::as_milli).as_array()
}

fn watts(values: &Values) -> [i32; 3] {
    values.phase_power.unwrap().map(Watts::as_watts).as_array()
}

proptest! {
    /// meters 15.22: whatever was counted, the error rate is a percentage
    #[test]
    fn when_counters_are_arbitrary_then_the_rate_is_a_percentage(
        requests in any::<u32>(), crc_errors in any::<u32>(), timeouts in any::<u32>()
    ) {
        let counters = Counters { requests, crc_errors, timeouts, ..Counters::default() };
        prop_assert!(counters.error_percent() <= 100);
        let lost = u64::from(crc_errors) + u64::from(timeouts);
        let all_lost = requests > 0 && lost >= u64::from(requests);
        prop_assert_eq!(counters.error_percent() == 100, all_lost);
    }

    /// meters 15.17: nothing is asked of a meter that is not on the line
    #[test]
    fn when_a_meter_is_not_on_the_line_then_it_has_no_question(
        meter in meter(), kind in kind(), addr in any::<u8>()
    ) {
        let is_absent = matches!(meter.source(), Source::None | Source::Fed | Source::Http);
        if is_absent {
            prop_assert!(plan_read(meter, kind, Tag::default(), addr).is_err());
        }
    }

    /// meters 15.1 and 15.2
    #[test]
    fn when_data_are_arbitrary_then_the_decoder_is_total(
        meter in meter(), kind in kind(), data in vec(any::<u8>(), 0..512)
    ) {
        let _ = decode_read(meter, kind, &data);
        let block = meter.profile().and_then(|profile| profile.block(kind));
        let length = block.map(|block| usize::from(block.quantity) * 2);
        let mut fitted = data;
        fitted.resize(length.unwrap_or(0), 0x5A);
        let _ = decode_read(meter, kind, &fitted);
        fitted.push(0);
        prop_assert!(decode_read(meter, kind, &fitted).is_err());
    }

    /// meters 15.4 and 15.13, integers
    #[test]
    fn when_integers_are_put_on_the_wire_then_they_come_back(value in any::<i32>(), code in 0..4_u8) {
        let order = ByteOrder::from_code(code).unwrap();
        let wide = on_wire(code, &value.to_be_bytes());
        let narrow = on_wire(code, &(value as i16).to_be_bytes());
        for (wire, data_type, wanted) in [
            (&wide, DataType::Int32, i64::from(value)),
            (&wide, DataType::Uint32, i64::from(value as u32)),
            (&narrow, DataType::Int16, i64::from(value as i16)),
            (&narrow, DataType::Uint16, i64::from(value as u16)),
        ] {
            prop_assert_eq!(Raw::read(wire, order, data_type), Some(Raw::Integer(wanted)));
        }
        let long = on_wire(code, &u64::from(value as u32).to_be_bytes());
        let wanted = Some(Raw::Integer(i64::from(value as u32)));
        prop_assert_eq!(Raw::read(&long, order, DataType::Uint64), wanted);
    }

    /// meters 15.4 and 15.13, floats: within half a unit of the exact value
    #[test]
    fn when_a_current_is_sent_as_float_then_milliamps_are_rounded(ma in -3_276_000..3_276_000_i32, code in 0..4_u8) {
        let sent = (f64::from(ma) / 1000.0) as f32;
        let wire = on_wire(code, &sent.to_be_bytes());
        let raw = Raw::read(&wire, ByteOrder::from_code(code).unwrap(), DataType::Float32);
        let got = raw.unwrap().scale(Quantity::Current, 0).unwrap();
        let exact = f64::from(sent) * 1000.0;
        prop_assert!((got as f64 - exact).abs() <= 0.5);
    }

    /// meters 15.14
    #[test]
    fn when_the_divisor_grows_then_the_value_shrinks_tenfold(value in -100_000..100_000_i64, divisor in -2..6_i8) {
        let raw = Raw::Integer(value);
        if let (Ok(large), Ok(small)) = (
            raw.scale(Quantity::Energy, divisor),
            raw.scale(Quantity::Energy, divisor + 1),
        ) {
            prop_assert!((small * 10 - large).abs() <= 10);
        }
    }

    /// meters 15.8
    #[test]
    fn when_shown_in_deciamps_then_it_truncates_toward_zero(ma in -3_276_799..=3_276_799_i32) {
        let da = MilliAmps::from_milli(ma).to_deci();
        prop_assert!(da == DeciAmps::ZERO || da.as_deci().signum() == ma.signum());
        prop_assert!((ma - 100 * da.as_deci()).abs() < 100);
    }

    /// meters 15.9: the sign follows the power, the magnitude never does
    #[test]
    fn when_currents_are_magnitudes_then_power_gives_the_direction(
        amps in prop::array::uniform3(-1000.0..1000.0_f32),
        power in prop::array::uniform3(-50_000.0..50_000.0_f32)
    ) {
        let data = eastron(amps, power);
        let values = decode_read(Meter::Eastron3P, ReadKind::Currents, &data).unwrap();
        let upright = decode_read(Meter::Eastron3P, ReadKind::Currents, &eastron(amps, [1.0; 3])).unwrap();
        for i in 0..3 {
            let (ma, pw) = (milli(&values)[i], watts(&values)[i]);
            prop_assert!(ma == 0 || (ma < 0) == (pw < 0));
            prop_assert_eq!(ma.abs(), milli(&upright)[i]);
        }
    }

    /// meters 15.10 and 15.11
    #[test]
    fn when_fed_from_below_or_rotated_then_values_follow(
        amps in prop::array::uniform3(0.0..100.0_f32),
        power in prop::array::uniform3(-20_000.0..20_000.0_f32)
    ) {
        let straight = decode_read(Meter::Eastron3P, ReadKind::Currents, &eastron(amps, power)).unwrap();
        let inverted = decode_read(Meter::InvEastron, ReadKind::Currents, &eastron(amps, power)).unwrap();
        prop_assert_eq!(watts(&inverted).map(|w| -w), watts(&straight));
        prop_assert_eq!(inverted.power.map(Watts::as_watts), straight.power.map(|w| -w.as_watts()));
        let (a, p) = ([amps[2], amps[0], amps[1]], [power[2], power[0], power[1]]);
        let rotated = decode_read(Meter::Eastron3P, ReadKind::Currents, &eastron(a, p)).unwrap();
        let [l1, l2, l3] = milli(&straight);
        prop_assert_eq!(milli(&rotated), [l3, l1, l2]);
        prop_assert_eq!(rotated.power, straight.power);
    }

    /// meters 15.12: whatever stands in slots that are not used
    #[test]
    fn when_unused_slots_change_then_the_reading_does_not(junk in prop::array::uniform4(any::<u32>())) {
        let junk = junk.map(f32::from_bits);
        let data = words_of(&[5.5, junk[0], junk[1], -1265.0, junk[2], junk[3]]);
        let values = decode_read(Meter::Eastron1P, ReadKind::Currents, &data).unwrap();
        prop_assert_eq!(milli(&values), [-5500, 0, 0]);
        prop_assert_eq!(values.power, Some(Watts::from_watts(-1265)));
    }

    /// meters 15.7 and 15.15: one bad value and there is no reading
    #[test]
    fn when_a_needed_value_is_not_finite_then_there_is_no_reading(
        slot in 0..6_usize, bad in prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY])
    ) {
        let mut all = [1.0; 6];
        all[slot] = bad;
        let got = decode_read(Meter::Eastron3P, ReadKind::Currents, &words_of(&all));
        prop_assert_eq!(got, Err(MeterError::NotFinite));
    }
}
