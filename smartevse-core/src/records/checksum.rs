//! CRC-32 of records.

/// Reflected polynomial of CRC-32 (ISO 3309).
const POLYNOMIAL: u32 = 0xEDB8_8320;

/// Computes the CRC-32 (ISO 3309) of bytes.
///
/// It finds every change of up to three bits in a record of the greatest
/// length, and every change of up to 32 bits in a row.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32_more(0, bytes)
}

/// Continues a CRC-32 with more bytes; 0 begins one.
#[must_use]
pub fn crc32_more(crc: u32, bytes: &[u8]) -> u32 {
    !bytes
        .iter()
        .fold(!crc, |crc, byte| next(crc ^ u32::from(*byte)))
}

fn next(crc: u32) -> u32 {
    (0..8).fold(crc, |crc, _| {
        let carry = crc & 1;
        (crc >> 1) ^ (POLYNOMIAL & carry.wrapping_neg())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_check_string_is_summed_then_the_sum_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32_more(crc32(b"1234"), b"56789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }
}
