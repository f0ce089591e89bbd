//! Where a long word can be taken apart.

use std::ops::Range;

use super::text::Text;
use super::words::Words;

/// Bits of the table of neighbours.
const BITS: usize = 1 << 18;

/// Neighbouring characters that no token holds together.
///
/// No merge reaches across such a seam, so what is on either side of it merges as if it were a word: where text has no spaces,
/// parts of words come again where words don't. What is kept is the contrary, the neighbours that a token holds, and not exactly:
/// a seam that isn't found does no harm.
pub(super) struct Seams {
    /// One bit by the hash of two characters.
    pub(super) together: Box<[u64]>,
    /// One bit by last byte of the left and first byte of the right: those of which a token has only a part of one, or of both.
    pub(super) in_part: Box<[u64]>,
}

impl Seams {
    /// What the tokens leave that aren't `whole` words alone.
    pub(super) fn between(tokens: &Words, whole: &[u32]) -> Self {
        let mut seams = Self { together: vec![0; BITS / 64].into(), in_part: vec![0; (1 << 16) / 64].into() };
        for symbol in 0..tokens.len() as u32 {
            if whole.binary_search(&symbol).is_err() {
                seams.close_in(tokens.bytes_of(symbol));
            }
        }
        seams
    }

    /// The neighbours in `token` are none.
    fn close_in(&mut self, token: &[u8]) {
        let starts: Vec<usize> = (0..token.len()).filter(|at| token[*at] & 0xC0 != 0x80).collect();
        for (number, start) in starts.iter().enumerate() {
            if *start == 0 {
                continue;
            }
            let whole_left = number.checked_sub(1).map(|before| &token[starts[before]..*start]);
            let whole_right = token.get(*start..start + width(token[*start]));
            if let (Some(left), Some(right)) = (whole_left, whole_right) {
                let (word, bit) = place(packed(left), packed(right));
                self.together[word] |= bit;
            } else {
                let (word, bit) = part_place(token[start - 1], token[*start]);
                self.in_part[word] |= bit;
            }
        }
    }

    /// Hands each part of the `word` of `text` to `each`: between two there is a seam.
    #[inline]
    pub(super) fn cut(&self, text: Text<'_>, word: Range<usize>, mut each: impl FnMut(Range<usize>)) {
        let Range { mut start, end } = word;
        let mut at = start;
        let mut left = 0;
        while at < end {
            let lead = text.byte(at);
            let width = width(lead);
            let right = text.chunk(at) as u32 & u32::MAX >> (u32::BITS - 8 * width as u32);
            if at > start && self.is_between(left, right, text.byte(at - 1), lead) {
                each(start..at);
                start = at;
            }
            left = right;
            at += width;
        }
        each(start..end);
    }

    #[inline]
    fn is_between(&self, left: u32, right: u32, last: u8, lead: u8) -> bool {
        let (word, bit) = place(left, right);
        let (part_word, part_bit) = part_place(last, lead);
        (self.together[word] & bit) | (self.in_part[part_word] & part_bit) == 0
    }
}

/// Bytes of the character that `lead` begins.
#[inline]
fn width(lead: u8) -> usize {
    match lead {
        0..0xC0 => 1,
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    }
}

/// The bytes of a character as a number, the first lowest.
#[inline]
fn packed(character: &[u8]) -> u32 {
    character.iter().rev().fold(0, |packed, byte| packed << 8 | u32::from(*byte))
}

/// The word and the bit for the last byte of a character and the first of the next.
#[inline]
fn part_place(last: u8, lead: u8) -> (usize, u64) {
    let both = usize::from(last) << 8 | usize::from(lead);
    (both / 64, 1 << (both % 64))
}

/// The word and the bit for two characters.
#[inline]
fn place(left: u32, right: u32) -> (usize, u64) {
    let both = u64::from(left) << 32 | u64::from(right);
    let hash = both.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - BITS.trailing_zeros());
    (hash as usize / 64, 1 << (hash % 64))
}
