//! Longest common subsequences, 64 code points of the pattern a word.
//!
//! A bit is zero where the row of the table of Wagner and Fischer rises: there are as many zeros as the longest common
//! subsequence is long.

use super::symbols::Symbols;
use super::{MOST_WORDS, WORD};

/// Code points of the other text between two looks whether enough can still be common.
const STEP: usize = 16;

/// The length of the longest common subsequence of a pattern of at most `WORDS` words and `other`; none where it is less
/// than `wanted`.
pub(super) fn common<const WORDS: usize>(
    symbols: &Symbols<[u64; MOST_WORDS]>,
    other: &[u32],
    wanted: usize,
) -> Option<usize> {
    let mut rows = [u64::MAX; WORDS];
    let mut left = other.len();
    let mut found = 0;
    for points in other.chunks(STEP) {
        for point in points {
            let mask = symbols.get(*point);
            let mut carry = false;
            for (row, mask) in rows.iter_mut().zip(mask) {
                let common = *row & mask;
                let (sum, first) = row.overflowing_add(common);
                let (sum, second) = sum.overflowing_add(u64::from(carry));
                carry = first | second;
                *row = sum | (*row & !mask);
            }
        }
        left -= points.len();
        found = rows.iter().map(|row| row.count_zeros() as usize).sum();
        if found + left < wanted {
            return None;
        }
    }
    (found >= wanted).then_some(found)
}

/// The length of the longest common subsequence of two texts of any length: a word of the pattern after the other, with the
/// carries of each kept for the next. Takes memory for `other` only, and little time to begin with.
pub(super) fn common_of_long(
    pattern: &[u32],
    other: &[u32],
    symbols: &mut Symbols<u64>,
    carries: &mut Vec<u8>,
) -> usize {
    carries.clear();
    carries.resize(other.len(), 0);
    let mut found = 0;
    for word in pattern.chunks(WORD) {
        symbols.clear();
        for (at, point) in word.iter().enumerate() {
            *symbols.entry(*point) |= 1 << at;
        }
        let mut row = u64::MAX;
        for (point, carry) in other.iter().zip(&mut *carries) {
            let mask = symbols.get(*point);
            let (sum, first) = row.overflowing_add(row & mask);
            let (sum, second) = sum.overflowing_add(u64::from(*carry));
            *carry = u8::from(first | second);
            row = sum | (row & !mask);
        }
        found += row.count_zeros() as usize;
    }
    found
}
