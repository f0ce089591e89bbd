//! Words that are one token.

use xxhash_rust::xxh3::xxh3_64;

use super::cache::{KEPT_BYTES, Key};
use super::prefetch::prefetch;

/// The symbol of every token, by its bytes.
pub(super) struct Words {
    /// High half of the bytes' hash, then where their entry ends, each where the low half of the hash puts it or in the next place
    /// that was free. Zero is a free place.
    pub(super) slots: Box<[u64]>,
    /// For each its bytes, its symbol and its length, so that all is found in one place.
    pub(super) entries: Vec<u8>,
    /// Where the entry of each symbol ends.
    ends: Vec<u32>,
    /// Bytes of the longest.
    pub(super) longest: usize,
}

/// Bytes of an entry after those of the word.
const TAIL: usize = 8;

impl Words {
    /// Room for `words` words.
    pub(super) fn with_capacity(words: usize) -> Self {
        Self {
            slots: vec![0; (words * 2).next_power_of_two().max(16)].into(),
            entries: Vec::with_capacity(words * 16),
            ends: Vec::with_capacity(words),
            longest: 0,
        }
    }

    /// Takes in `word`, whose symbol is how many there were before. There is room for it.
    pub(super) fn push(&mut self, word: &[u8]) {
        let symbol = self.ends.len() as u32;
        self.entries.extend_from_slice(word);
        self.entries.extend(symbol.to_le_bytes());
        self.entries.extend((word.len() as u32).to_le_bytes());
        let end = self.entries.len() as u32;
        self.ends.push(end);
        let hash = hash(word);
        let mut at = self.place(hash);
        while self.slots[at] != 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = (hash >> 32 << 32) | u64::from(end);
        self.longest = self.longest.max(word.len());
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The symbol of `word`, where it is a token.
    #[inline]
    pub(super) fn get(&self, word: &[u8]) -> Option<u32> {
        if word.len() > self.longest { None } else { self.get_hashed(word, hash(word)) }
    }

    /// [`get`](Self::get) of a word whose hash is known.
    #[inline]
    pub(super) fn get_hashed(&self, word: &[u8], hash: u64) -> Option<u32> {
        let mut at = self.place(hash);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            if slot >> 32 == hash >> 32 {
                let (bytes, symbol) = self.entry(slot as u32);
                if bytes == word {
                    return Some(symbol);
                }
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Has the processor fetch the place of a word of this hash.
    #[inline]
    pub(super) fn prefetch_place(&self, hash: u64) {
        prefetch(&self.slots[self.place(hash)]);
    }

    /// Has it fetch what stands in that place.
    #[inline]
    pub(super) fn prefetch_entry(&self, hash: u64) {
        let slot = self.slots[self.place(hash)];
        if slot >> 32 == hash >> 32
            && let Some(tail) = self.entries.get((slot as u32 as usize).wrapping_sub(TAIL))
        {
            prefetch(tail);
        }
    }

    /// The bytes of a symbol.
    pub(super) fn bytes_of(&self, symbol: u32) -> &[u8] {
        self.entry(self.ends[symbol as usize]).0
    }

    /// The word whose entry ends at `end`, and its symbol.
    #[inline]
    fn entry(&self, end: u32) -> (&[u8], u32) {
        let tail_at = end as usize - TAIL;
        let number = |at: usize| {
            let bytes = self.entries.get(at..).and_then(|rest| rest.first_chunk());
            bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
        };
        (&self.entries[tail_at - number(tail_at + 4) as usize..tail_at], number(tail_at))
    }

    #[inline]
    fn place(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }
}

/// The hash of a word: of a short one it is its key's.
#[inline]
fn hash(word: &[u8]) -> u64 {
    if word.len() <= KEPT_BYTES { Key::of(word).hash() } else { xxh3_64(word) }
}
