//! The list of recent bytes: what is named comes to its front.

/// The first 16 places, where nine of ten bytes are found.
pub(super) trait Near {
    fn new(bytes: [u8; 16]) -> Self;

    /// Brings the byte at `place`, below 16, to the front.
    fn touch(&mut self, place: usize) -> u8;

    /// Puts a byte in front; the one that falls off the end.
    fn push(&mut self, byte: u8) -> u8;
}

impl Near for u128 {
    #[inline(always)]
    fn new(bytes: [u8; 16]) -> Self {
        Self::from_le_bytes(bytes)
    }

    #[inline(always)]
    fn touch(&mut self, place: usize) -> u8 {
        let byte = (*self >> (place * 8)) as u8;
        let moved = Self::MAX >> (120 - place * 8);
        *self = ((*self << 8 | Self::from(byte)) & moved) | (*self & !moved);
        byte
    }

    #[inline(always)]
    fn push(&mut self, byte: u8) -> u8 {
        let last = (*self >> 120) as u8;
        *self = *self << 8 | Self::from(byte);
        last
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "shuffles bytes in a register, in one instruction")]
pub(super) mod shuffled {
    use std::arch::x86_64::{
        __m128i, _mm_cvtsi128_si32, _mm_extract_epi16, _mm_shuffle_epi8, _mm_slli_si128,
    };
    use std::arch::x86_64::{_mm_cvtsi32_si128, _mm_or_si128};
    use std::mem::transmute;

    use super::Near;

    /// By place: where each byte comes from when the one there goes to the front.
    static MOVES: [[u8; 16]; 16] = {
        let mut moves = [[0; 16]; 16];
        let mut place = 0;
        while place < 16 {
            let mut to: usize = 0;
            while to < 16 {
                let behind = if to > place { to } else { to.wrapping_sub(1) };
                moves[place][to] = if to == 0 { place } else { behind } as u8;
                to += 1;
            }
            place += 1;
        }
        moves
    };

    /// In one register. Only for code that runs where SSSE3 is there.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Shuffled(__m128i);

    impl Near for Shuffled {
        #[inline(always)]
        fn new(bytes: [u8; 16]) -> Self {
            // SAFETY: any 16 bytes are a value of the register.
            Self(unsafe { transmute::<[u8; 16], __m128i>(bytes) })
        }

        #[inline(always)]
        fn touch(&mut self, place: usize) -> u8 {
            // SAFETY: any 16 bytes are a value of the register; the caller has SSSE3.
            unsafe {
                self.0 = _mm_shuffle_epi8(self.0, transmute::<[u8; 16], __m128i>(MOVES[place & 15]));
                _mm_cvtsi128_si32(self.0) as u8
            }
        }

        #[inline(always)]
        fn push(&mut self, byte: u8) -> u8 {
            // SAFETY: SSE2 is part of the architecture.
            unsafe {
                let last = (_mm_extract_epi16::<7>(self.0) >> 8) as u8;
                self.0 = _mm_or_si128(_mm_slli_si128::<1>(self.0), _mm_cvtsi32_si128(i32::from(byte)));
                last
            }
        }
    }
}
