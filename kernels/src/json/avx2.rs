//! The body for processors with AVX2: the classes of 64 bytes in a dozen instructions.

#![expect(
    unsafe_code,
    reason = "intrinsics that load from memory, and calls that need a processor with AVX2"
)]

use std::arch::x86_64::{
    __m256i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_set1_epi8, _mm256_and_si256,
    _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set_epi64x, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
};

use super::Faults;
use super::masks::{Carry, Classes, EscapeClasses};

/// Bytes looked at together.
const BLOCK: usize = 64;

/// Whether this processor can run [`find`].
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("pclmulqdq")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("popcnt")
}

/// As [`super::cpu::find`].
///
/// # Panics
///
/// Where the processor can't: ask [`is_available`] first.
pub(super) fn find(text: &[u8], positions: &mut Vec<u32>) -> Faults {
    assert!(is_available(), "this body needs AVX2");
    // SAFETY: the assertion above saw every feature that `find_blocks` is compiled for.
    unsafe { find_blocks(text, positions) }
}

#[target_feature(enable = "avx2,pclmulqdq,bmi1,popcnt")]
fn find_blocks(text: &[u8], positions: &mut Vec<u32>) -> Faults {
    let mut carry = Carry::new();
    let mut base = 0;
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    for block in blocks {
        let halves = Halves::load(block);
        let tokens =
            carry.tokens(&halves.classes(), u64::MAX, |bits| prefix_xor(bits), || halves.escape_classes());
        append(tokens, base, positions);
        base += BLOCK as u32;
    }
    if !rest.is_empty() {
        let mut block = [b' '; BLOCK];
        for (to, from) in block.iter_mut().zip(rest) {
            *to = *from;
        }
        let present = (1 << rest.len()) - 1;
        let halves = Halves::load(&block);
        let tokens =
            carry.tokens(&halves.classes(), present, |bits| prefix_xor(bits), || halves.escape_classes());
        append(tokens, base, positions);
    }
    carry.finish()
}

/// Appends `base` plus the number of each set bit of `tokens`.
#[target_feature(enable = "avx2,bmi1,popcnt")]
fn append(mut tokens: u64, base: u32, positions: &mut Vec<u32>) {
    let count = tokens.count_ones() as usize;
    positions.reserve(BLOCK);
    let len = positions.len();
    let room = positions.spare_capacity_mut().as_mut_ptr();
    // Eight at a time, wanted or not: most blocks have about that many, and a loop of unknown length is
    // what the processor can't foresee.
    let mut written = 0;
    while written < count {
        for at in written..written + 8 {
            // SAFETY: `reserve` made room for 64 more, `written` is a multiple of 8 below `count`, which is at
            // most 64: `at` is below 64.
            unsafe {
                room.add(at).write(std::mem::MaybeUninit::new(base.wrapping_add(tokens.trailing_zeros())));
            };
            tokens &= tokens.wrapping_sub(1);
        }
        written += 8;
    }
    // SAFETY: the first `count` of the reserved elements were written just now.
    unsafe { positions.set_len(len + count) };
}

/// Bit *i* is the parity of bits 0 to *i*.
#[target_feature(enable = "avx2,pclmulqdq")]
fn prefix_xor(bits: u64) -> u64 {
    let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits as i64), _mm_set1_epi8(-1));
    _mm_cvtsi128_si64(product) as u64
}

/// 64 bytes in two registers.
#[derive(Clone, Copy)]
struct Halves(__m256i, __m256i);

impl Halves {
    #[target_feature(enable = "avx2")]
    #[expect(clippy::cast_ptr_alignment, reason = "these loads need none")]
    fn load(block: &[u8; BLOCK]) -> Self {
        let start = block.as_ptr().cast::<__m256i>();
        // SAFETY: the block has 64 bytes, the second half starts at the 32nd, and the loads need no alignment.
        unsafe { Self(_mm256_loadu_si256(start), _mm256_loadu_si256(start.add(1))) }
    }

    #[target_feature(enable = "avx2")]
    fn classes(self) -> Classes {
        let control = self.mask(|bytes| {
            let highest = _mm256_set1_epi8(0x1F);
            _mm256_cmpeq_epi8(_mm256_max_epu8(bytes, highest), highest)
        });
        // Each byte of white space has low four bits of its own, so that they find the one byte it can be.
        let space = self.mask(|bytes| {
            let none = 0x7F; // its low bits are 15: it doesn't find itself
            let of_low = repeated([
                b' ', none, none, none, none, none, none, none, none, b'\t', b'\n', none, none, b'\r', none,
                0,
            ]);
            _mm256_cmpeq_epi8(bytes, _mm256_shuffle_epi8(of_low, bytes))
        });
        // Bit 5 makes `[` and `]` into `{` and `}`.
        let bracket = |brace: u8| {
            self.mask(|bytes| {
                let bytes = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
                _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(brace as i8))
            })
        };
        Classes {
            backslash: self.equal(b'\\'),
            quote: self.equal(b'"'),
            opening: bracket(b'{'),
            closing: bracket(b'}'),
            comma: self.equal(b','),
            colon: self.equal(b':'),
            space,
            control,
        }
    }

    #[target_feature(enable = "avx2")]
    fn escape_classes(self) -> EscapeClasses {
        // A byte belongs to a class when the bits of its low half and of its high half have one in common:
        // bits 0 to 3 for `"` `/`, `\`, `b` `f` `n`, `r` `t` `u`; 4 for digits; 5 for letters of digits.
        let of_low = [0x10, 0x30, 0x3D, 0x30, 0x38, 0x38, 0x34, 0x10, 0x10, 0x10, 0, 0, 0x02, 0, 0x04, 0x01];
        let of_high = [0, 0, 0x01, 0x10, 0x20, 0x02, 0x24, 0x08, 0, 0, 0, 0, 0, 0, 0, 0];
        let either = |class: u8| {
            !self.mask(|bytes| {
                let low = _mm256_shuffle_epi8(repeated(of_low), bytes);
                let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(0x0F));
                let high = _mm256_shuffle_epi8(repeated(of_high), high);
                let both = _mm256_and_si256(_mm256_and_si256(low, high), _mm256_set1_epi8(class as i8));
                _mm256_cmpeq_epi8(both, _mm256_setzero_si256())
            })
        };
        EscapeClasses { escapable: either(0x0F), u: self.equal(b'u'), hexadecimal: either(0x30) }
    }

    #[target_feature(enable = "avx2")]
    fn equal(self, byte: u8) -> u64 {
        self.mask(|bytes| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte as i8)))
    }

    /// The highest bit of each byte of what `of` makes of the two halves.
    #[target_feature(enable = "avx2")]
    fn mask(self, of: impl Fn(__m256i) -> __m256i) -> u64 {
        let low = _mm256_movemask_epi8(of(self.0)) as u32;
        let high = _mm256_movemask_epi8(of(self.1)) as u32;
        u64::from(low) | u64::from(high) << 32
    }
}

/// A table for lookups by half a byte, in both lanes.
#[target_feature(enable = "avx2")]
fn repeated(table: [u8; 16]) -> __m256i {
    let table = u128::from_le_bytes(table);
    let (low, high) = (table as i64, (table >> 64) as i64);
    _mm256_set_epi64x(high, low, high, low)
}
