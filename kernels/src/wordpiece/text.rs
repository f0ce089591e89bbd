//! Bytes and code points of a text, as they are read.

/// Bytes that are looked at together.
pub(super) const CHUNK: usize = 16;

/// A text that is being read.
#[derive(Clone, Copy)]
pub(super) struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text.as_bytes())
    }

    /// The byte at `at`; past the end it is zero.
    #[inline]
    pub(super) fn byte(self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or_default()
    }

    /// Whether `at` is the end.
    #[inline]
    pub(super) fn ends(self, at: usize) -> bool {
        at >= self.0.len()
    }

    /// The bytes from `at`, the first lowest; past the end they are zero.
    #[inline]
    pub(super) fn chunk(self, at: usize) -> u128 {
        match self.0.get(at..).and_then(<[u8]>::first_chunk::<CHUNK>) {
            Some(chunk) => u128::from_le_bytes(*chunk),
            None => self.last_chunk(at),
        }
    }

    /// [`chunk`](Self::chunk) where fewer bytes are left.
    fn last_chunk(self, at: usize) -> u128 {
        let rest = self.0.get(at..).unwrap_or_default();
        if rest.is_empty() {
            return 0;
        }
        if let Some(last) = self.0.last_chunk::<CHUNK>() {
            return u128::from_le_bytes(*last) >> (8 * (CHUNK - rest.len()));
        }
        let mut chunk = [0; CHUNK];
        for (to, from) in chunk.iter_mut().zip(rest) {
            *to = *from;
        }
        u128::from_le_bytes(chunk)
    }
}

/// The code point beyond ASCII that starts a chunk, and its bytes.
#[inline]
pub(super) fn point(chunk: u128) -> (u32, usize) {
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

/// Bit i is set where byte i of `chunk` is a letter or a digit of ASCII.
#[inline]
pub(super) fn ascii_alphanumeric(chunk: u128) -> u32 {
    bytes_between(chunk | LOWERING, b'a', b'z') | bytes_between(chunk, b'0', b'9')
}

/// The bit that makes a small letter of a large one, and leaves digits, for each byte.
pub(super) const LOWERING: u128 = 0x2020_2020_2020_2020_2020_2020_2020_2020;

/// Bit i is set where byte i of `chunk` is in the range of ASCII from `first` to `last`.
#[inline]
fn bytes_between(chunk: u128, first: u8, last: u8) -> u32 {
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
