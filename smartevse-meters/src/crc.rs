//! The checksums of a Modbus RTU frame and of a DSMR telegram.

/// Computes the CRC-16/MODBUS of `bytes` (meters specification §2.2).
///
/// Reflected polynomial 0xA001, initial value 0xFFFF, no final inversion. On
/// the wire the low byte goes first; over a frame with its CRC the result is 0.
///
/// # Examples
///
/// ```
/// use smartevse_meters::crc::crc16;
///
/// assert_eq!(crc16(b"123456789").to_le_bytes(), [0x37, 0x4B]);
/// ```
#[must_use]
#[inline]
pub fn crc16(bytes: &[u8]) -> u16 {
    remainder(0xFFFF, bytes)
}

/// Computes the CRC-16/ARC of a DSMR telegram (meters specification §9.3).
///
/// The same polynomial with the initial value 0.
///
/// # Examples
///
/// ```
/// assert_eq!(smartevse_meters::crc::crc16_arc(b"123456789"), 0xBB3D);
/// ```
#[must_use]
pub fn crc16_arc(bytes: &[u8]) -> u16 {
    remainder(0, bytes)
}

#[inline]
fn remainder(initial: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(initial, |crc, byte| {
        let [low, high] = crc.to_le_bytes();
        // The index is a byte, so it is always in the table.
        let entry = TABLE.get(usize::from(low ^ byte)).copied().unwrap_or(0);
        entry ^ u16::from(high)
    })
}

/// What each byte leaves behind when it is shifted out.
static TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut rest: &mut [u16] = &mut table;
    let mut byte: u16 = 0;
    while let Some((entry, others)) = rest.split_first_mut() {
        *entry = step(step(step(step(step(step(step(step(byte))))))));
        byte = byte.wrapping_add(1);
        rest = others;
    }
    table
}

const fn step(crc: u16) -> u16 {
    let shifted = crc >> 1;
    if crc & 1 == 1 {
        shifted ^ 0xA001
    } else {
        shifted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// meters 2.2
    #[test]
    fn when_the_crc_is_appended_then_the_whole_is_zero() {
        assert_eq!(crc16(&[0x0A, 4, 0, 0, 0, 0x14, 0xF1, 0x7E]), 0);
        assert_eq!(crc16(&[]), 0xFFFF);
    }
}
