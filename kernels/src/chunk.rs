//! Sixteen bytes of a text in one number.

/// Bytes of a chunk.
pub(crate) const CHUNK: usize = 16;

/// The bit that makes a small letter of a large one, and leaves digits, for each byte.
pub(crate) const LOWERING: u128 = 0x2020_2020_2020_2020_2020_2020_2020_2020;

/// The bytes from `at`, the first lowest; past the end they are zero.
#[inline]
pub(crate) fn chunk(bytes: &[u8], at: usize) -> u128 {
    match bytes.get(at..).and_then(<[u8]>::first_chunk::<CHUNK>) {
        Some(chunk) => u128::from_le_bytes(*chunk),
        None => last_chunk(bytes, at),
    }
}

/// [`chunk`] where fewer bytes are left.
fn last_chunk(bytes: &[u8], at: usize) -> u128 {
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.is_empty() {
        return 0;
    }
    if let Some(last) = bytes.last_chunk::<CHUNK>() {
        return u128::from_le_bytes(*last) >> (8 * (CHUNK - rest.len()));
    }
    let mut chunk = [0; CHUNK];
    for (to, from) in chunk.iter_mut().zip(rest) {
        *to = *from;
    }
    u128::from_le_bytes(chunk)
}

/// The code point beyond ASCII that starts a chunk, and its bytes.
#[inline]
pub(crate) fn point(chunk: u128) -> (u32, usize) {
    let bytes = (chunk as u32).to_le_bytes().map(u32::from);
    let rest = |at: usize| bytes[at] & 0x3F;
    if bytes[0] < 0xE0 {
        ((bytes[0] & 0x1F) << 6 | rest(1), 2)
    } else if bytes[0] < 0xF0 {
        ((bytes[0] & 0x0F) << 12 | rest(1) << 6 | rest(2), 3)
    } else {
        ((bytes[0] & 0x07) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3), 4)
    }
}

/// Bit i is set where byte i of `chunk` is in the range of ASCII from `first` to `last`.
#[inline]
pub(crate) fn bytes_between(chunk: u128, first: u8, last: u8) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{
            _mm_and_si128, _mm_cmpgt_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8,
        };
        // SAFETY: SSE2 is in every x86-64 processor, and nothing is read from memory.
        #[expect(unsafe_code, reason = "instructions of the processor")]
        unsafe {
            let chunk = _mm_set_epi64x((chunk >> 64) as i64, chunk as i64);
            let above = _mm_cmpgt_epi8(chunk, _mm_set1_epi8(first as i8 - 1));
            let below = _mm_cmpgt_epi8(_mm_set1_epi8(last as i8 + 1), chunk);
            _mm_movemask_epi8(_mm_and_si128(above, below)) as u32
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let inside = |byte: u8| u32::from((first..=last).contains(&byte));
        (0..).zip(chunk.to_le_bytes()).fold(0, |bits, (at, byte)| bits | inside(byte) << at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_what_is_left() {
        let text = b"abcdefghijklmnopqrst";
        for length in 0..=text.len() {
            for at in 0..=length + 1 {
                let mut truth = [0; CHUNK];
                for (to, from) in truth.iter_mut().zip(text[..length].iter().skip(at)) {
                    *to = *from;
                }
                assert_eq!(chunk(&text[..length], at), u128::from_le_bytes(truth), "{at} of {length}");
            }
        }
    }

    #[test]
    fn every_code_point_beyond_ascii_is_read() {
        for character in '\u{80}'..=char::MAX {
            let mut bytes = [b'x'; CHUNK];
            let length = character.encode_utf8(&mut bytes).len();
            assert_eq!(point(u128::from_le_bytes(bytes)), (u32::from(character), length), "{character:?}");
        }
    }

    #[test]
    fn a_range_is_of_ascii() {
        for byte in 0..=u8::MAX {
            let bits = bytes_between(u128::from(byte) << 40, b'a', b'z');
            assert_eq!(bits, u32::from(byte.is_ascii_lowercase()) << 5, "{byte:#04x}");
        }
    }
}
