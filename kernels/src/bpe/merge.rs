//! The merges of one word.
//!
//! Again and again the two neighbours that merge into the lowest symbol do, the leftmost where several would, until none
//! merge.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::pairs::{NONE, Pairs};

/// Longest word, in bytes, whose next merge is looked for among all of them.
const SHORT: usize = 64;

/// What the merges of long words need, kept between words.
#[derive(Debug, Default)]
pub(super) struct Merging {
    symbols: Vec<u32>,
    /// The symbol before each, and the one after it: the word's length where there is none.
    before: Vec<u32>,
    after: Vec<u32>,
    /// What could merge: into what, and at which byte it starts.
    queue: BinaryHeap<Reverse<(u32, u32)>>,
}

impl Merging {
    /// Hands each symbol of `word`, which has a byte at least, to `each`.
    #[inline]
    pub(super) fn merge(&mut self, pairs: &Pairs, word: &[u8], each: impl FnMut(u32)) {
        match word.len() {
            0..=8 => merge_short::<8>(pairs, word, each),
            9..=16 => merge_short::<16>(pairs, word, each),
            17..=SHORT => merge_short::<SHORT>(pairs, word, each),
            _ => self.merge_long(pairs, word, each),
        }
    }

    /// As the others, in time that grows little faster than the word.
    fn merge_long(&mut self, pairs: &Pairs, word: &[u8], mut each: impl FnMut(u32)) {
        let end = word.len() as u32;
        self.symbols.clear();
        self.symbols.extend(word.iter().map(|byte| u32::from(*byte)));
        self.before.clear();
        self.before.extend((0..end).map(|at| at.wrapping_sub(1)));
        self.after.clear();
        self.after.extend(1..=end);
        self.queue.clear();
        let merging = word.iter().zip(word.iter().skip(1)).map(|(left, right)| pairs.of_bytes(*left, *right));
        self.queue.extend(merging.zip(0..).filter(|(merged, _)| *merged != NONE).map(Reverse));

        while let Some(Reverse((merged, at))) = self.queue.pop() {
            let left = at as usize;
            let Some(right) =
                self.after.get(left).map(|right| *right as usize).filter(|right| *right < word.len())
            else {
                continue;
            };
            // One of the two, or both, can have merged with another since.
            if self.symbols[left] == NONE || pairs.of(self.symbols[left], self.symbols[right]) != merged {
                continue;
            }
            self.symbols[left] = merged;
            self.symbols[right] = NONE;
            let next = self.after[right];
            self.after[left] = next;
            if next < end {
                self.before[next as usize] = at;
                let with_next = pairs.of(merged, self.symbols[next as usize]);
                if with_next != NONE {
                    self.queue.push(Reverse((with_next, at)));
                }
            }
            let previous = self.before[left];
            if previous < end {
                let with_previous = pairs.of(self.symbols[previous as usize], merged);
                if with_previous != NONE {
                    self.queue.push(Reverse((with_previous, previous)));
                }
            }
        }
        self.symbols.iter().copied().filter(|symbol| *symbol != NONE).for_each(&mut each);
    }
}

/// What no pair of symbols merges into, above every place of those that do.
const NOTHING: u64 = u64::MAX;

/// The merges of a word of at most `MOST` bytes, 64 at most.
#[inline]
fn merge_short<const MOST: usize>(pairs: &Pairs, word: &[u8], mut each: impl FnMut(u32)) {
    let word = word.get(..MOST).unwrap_or(word);
    let mut symbols = [0_u32; MOST];
    for (symbol, byte) in symbols.iter_mut().zip(word) {
        *symbol = u32::from(*byte);
    }
    // What each symbol and the next merge into, above its place: the least of them all is what merges next.
    let mut merging = [NOTHING; MOST];
    let ranked = |merged: u32, place: usize| {
        if merged == NONE { NOTHING } else { u64::from(merged) << 32 | place as u64 }
    };
    for (place, pair) in word.array_windows::<2>().enumerate() {
        merging[place] = ranked(pairs.of_bytes(pair[0], pair[1]), place);
    }
    // A bit for each place where a symbol stands.
    let mut standing = u64::MAX >> (u64::BITS as usize - word.len()).min(63);
    loop {
        let least = merging.iter().copied().min().unwrap_or(NOTHING);
        if least == NOTHING {
            break;
        }
        let merged = (least >> 32) as u32;
        let left = least as usize % MOST;
        let above = standing & (u64::MAX << left) << 1;
        let right = above.trailing_zeros() as usize % MOST;
        symbols[left] = merged;
        merging[right] = NOTHING;
        standing &= !(1 << right);
        let next = above & (above - 1);
        merging[left] = match next {
            0 => NOTHING,
            _ => ranked(pairs.of(merged, symbols[next.trailing_zeros() as usize % MOST]), left),
        };
        let below = standing & !(u64::MAX << left);
        if below != 0 {
            let previous = below.ilog2() as usize % MOST;
            merging[previous] = ranked(pairs.of(symbols[previous], merged), previous);
        }
    }
    while standing != 0 {
        each(symbols[standing.trailing_zeros() as usize % MOST]);
        standing &= standing - 1;
    }
}
