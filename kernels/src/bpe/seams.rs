//! Where a long word can be taken apart.

use super::words::Words;

/// Bits of the table of neighbours.
const BITS: usize = 1 << 18;

/// Neighbouring characters that no token holds together.
///
/// No merge reaches across such a seam, so what is on either side of it merges as if it were a word: where text has no spaces, parts of
/// words come again where words don't. What is kept is the contrary, the neighbours that a token holds, and not exactly: a seam that isn't found does no
/// harm.
pub(super) struct Seams {
    /// One bit by the hash of two characters.
    together: Box<[u64]>,
    /// By last byte of the left and first byte of the right: those of which a token has only a part of one, or of both.
    in_part: Box<[bool]>,
}

impl Seams {
    /// What the tokens leave.
    pub(super) fn between(tokens: &Words) -> Self {
        let mut seams =
            Self { together: vec![0; BITS / 64].into(), in_part: vec![false; 1 << 16].into() };
        for symbol in 0..tokens.len() as u32 {
            seams.close_in(tokens.bytes_of(symbol));
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
                self.in_part[usize::from(token[start - 1]) << 8 | usize::from(token[*start])] = true;
            }
        }
    }

    /// Hands each part of `word`, which is UTF-8, to `each`: between two there is a seam.
    #[inline]
    pub(super) fn cut(&self, word: &[u8], mut each: impl FnMut(&[u8])) {
        let (mut start, mut at) = (0, 0);
        let mut left = 0;
        while let Some(lead) = word.get(at) {
            let next = (at + width(*lead)).min(word.len());
            let right = packed(&word[at..next]);
            if at > start && self.is_between(left, right, word[at - 1], *lead) {
                each(&word[start..at]);
                start = at;
            }
            left = right;
            at = next;
        }
        each(&word[start..]);
    }

    #[inline]
    fn is_between(&self, left: u32, right: u32, last: u8, lead: u8) -> bool {
        let (word, bit) = place(left, right);
        self.together[word] & bit == 0 && !self.in_part[usize::from(last) << 8 | usize::from(lead)]
    }
}

/// Bytes of the character that `lead` begins.
#[inline]
fn width(lead: u8) -> usize {
    match lead {
        ..0xC0 => 1,
        ..0xE0 => 2,
        ..0xF0 => 3,
        _ => 4,
    }
}

/// The bytes of a character as a number.
#[inline]
fn packed(character: &[u8]) -> u32 {
    character.iter().fold(0, |packed, byte| packed << 8 | u32::from(*byte))
}

/// The word and the bit for two characters.
#[inline]
fn place(left: u32, right: u32) -> (usize, u64) {
    let both = u64::from(left) << 32 | u64::from(right);
    let hash = both.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - BITS.trailing_zeros());
    (hash as usize / 64, 1 << (hash % 64))
}
