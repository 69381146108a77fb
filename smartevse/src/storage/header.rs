//! Header of a block.

use smartevse_core::records::crc32;

/// Bytes of the header: the same words in each half, so that one bit that flips
/// does not cost the block.
pub(super) const HEADER: usize = 64;

const HALF: usize = HEADER / 2;

/// First word: which store this is, and the version of its layout.
const MAGIC: [u8; 4] = *b"SEV1";

/// Writes a header with the running number of the block.
pub(super) fn emit(number: u32) -> [u8; HEADER] {
    let mut header = [0xFF; HEADER];
    let [n0, n1, n2, n3] = number.to_le_bytes();
    let [m0, m1, m2, m3] = MAGIC;
    let body = [m0, m1, m2, m3, n0, n1, n2, n3];
    let words = body.into_iter().chain(crc32(&body).to_le_bytes());
    for half in header.chunks_mut(HALF) {
        for (byte, word) in half.iter_mut().zip(words.clone()) {
            *byte = word;
        }
    }
    header
}

/// Reads the running number of a block from one of the halves.
pub(super) fn parse(header: &[u8; HEADER]) -> Option<u32> {
    header.chunks(HALF).find_map(parse_half)
}

fn parse_half(half: &[u8]) -> Option<u32> {
    let (body, rest) = half.split_first_chunk::<8>()?;
    let [m0, m1, m2, m3, n0, n1, n2, n3] = *body;
    let sum = u32::from_le_bytes(*rest.first_chunk()?);
    let ours = [m0, m1, m2, m3] == MAGIC && sum == crc32(body);
    ours.then(|| u32::from_le_bytes([n0, n1, n2, n3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_one_bit_of_a_header_flips_then_the_number_stays() {
        let header = emit(0x0102_0304);
        assert_eq!(parse(&header), Some(0x0102_0304));
        for bit in 0..HEADER * 8 {
            let mut flipped = header;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(&flipped), Some(0x0102_0304), "bit {bit}");
        }
        assert_eq!(parse(&[0xFF; HEADER]), None);
        assert_eq!(parse(&[0; HEADER]), None);
    }
}
