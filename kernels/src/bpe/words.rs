//! Words that are one token.

use xxhash_rust::xxh3::xxh3_64;

/// The symbol of every token, by its bytes.
pub(super) struct Words {
    /// High half of the bytes' hash, then the symbol and one, each where the low half of the hash puts it or in the next place that
    /// was free. Zero is a free place.
    slots: Box<[u64]>,
    /// The bytes of the symbols, one after another, and where those of each end.
    bytes: Vec<u8>,
    ends: Vec<u32>,
    /// Bytes of the longest.
    longest: usize,
}

impl Words {
    /// Room for `words` words.
    pub(super) fn with_capacity(words: usize) -> Self {
        Self {
            slots: vec![0; (words * 2).next_power_of_two().max(16)].into(),
            bytes: Vec::with_capacity(words * 8),
            ends: Vec::with_capacity(words),
            longest: 0,
        }
    }

    /// Takes in `word`, whose symbol is how many there were before. There is room for it.
    pub(super) fn push(&mut self, word: &[u8]) {
        let hash = xxh3_64(word);
        let mut at = self.place(hash);
        while self.slots[at] != 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = (hash >> 32 << 32) | (self.ends.len() as u64 + 1);
        self.bytes.extend_from_slice(word);
        self.ends.push(self.bytes.len() as u32);
        self.longest = self.longest.max(word.len());
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The symbol of `word`, where it is a token.
    #[inline]
    pub(super) fn get(&self, word: &[u8]) -> Option<u32> {
        if word.len() > self.longest {
            return None;
        }
        let hash = xxh3_64(word);
        let mut at = self.place(hash);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            if slot >> 32 == hash >> 32 {
                let symbol = slot as u32 - 1;
                if self.bytes_of(symbol) == word {
                    return Some(symbol);
                }
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// The bytes of a symbol.
    #[inline]
    pub(super) fn bytes_of(&self, symbol: u32) -> &[u8] {
        let symbol = symbol as usize;
        let start = symbol.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.bytes[start..self.ends[symbol] as usize]
    }

    #[inline]
    fn place(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }
}
