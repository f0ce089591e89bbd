//! What two neighbours merge into.

/// Bits of a symbol.
const SYMBOL_BITS: u32 = 20;

/// The merged symbol in a place of the table.
const MERGED: u64 = (1 << SYMBOL_BITS) - 1;

/// Most symbols that there can be.
pub(super) const MOST_SYMBOLS: usize = 1 << SYMBOL_BITS;

/// Bits of the filter for each pair that there is room for.
const BITS_PER_PAIR: usize = 8;

/// Symbols below this have the table of what merges first: 128 KiB.
const FIRST: u32 = 8192;

/// Of two symbols that don't merge: above every symbol.
pub(super) const NONE: u32 = u32::MAX;

/// The symbol that each pair of symbols merges into.
///
/// Symbols are numbered in their order of merging, so that of two pairs the one with the lower symbol merges first. The
/// first 256 are the bytes, whose pairs have a table of their own: that is where every merge of a word starts.
pub(super) struct Pairs {
    /// By left byte and right byte.
    bytes: Box<[u32]>,
    /// One bit by the hash of a pair: most pairs that don't merge are told by its being clear.
    pub(super) some: Box<[u64]>,
    /// What leaves of a hash as many bits as `some` has a logarithm.
    pub(super) some_shift: u32,
    /// The pairs that merge first, which are those of most words: a part of the memory that stays in the processor's own cache.
    pub(super) first: Table,
    pub(super) rest: Table,
}

impl Pairs {
    /// Room for `pairs` pairs.
    pub(super) fn with_capacity(pairs: usize) -> Self {
        let bits = (pairs * BITS_PER_PAIR).next_power_of_two().max(64);
        Self {
            bytes: vec![NONE; 1 << 16].into(),
            some: vec![0; bits / 64].into(),
            some_shift: u64::BITS - bits.trailing_zeros(),
            first: Table::with_capacity(FIRST as usize),
            rest: Table::with_capacity(pairs),
        }
    }

    /// Lets `left` and `right`, which merged into nothing so far, merge into `merged`.
    pub(super) fn insert(&mut self, left: u32, right: u32, merged: u32) {
        if let (Ok(left), Ok(right)) = (u8::try_from(left), u8::try_from(right)) {
            self.bytes[usize::from(left) << 8 | usize::from(right)] = merged;
        }
        let key = key(left, right);
        let (word, bit) = self.bit(hash(key));
        self.some[word] |= bit;
        let table = if merged < FIRST { &mut self.first } else { &mut self.rest };
        table.insert(key, merged);
    }

    /// What two bytes merge into, or [`NONE`].
    #[inline]
    pub(super) fn of_bytes(&self, left: u8, right: u8) -> u32 {
        self.bytes[usize::from(left) << 8 | usize::from(right)]
    }

    /// What `left` and `right` merge into, or [`NONE`].
    #[inline]
    pub(super) fn of(&self, left: u32, right: u32) -> u32 {
        let key = key(left, right);
        let hash = hash(key);
        let (word, bit) = self.bit(hash);
        if self.some[word] & bit == 0 {
            return NONE;
        }
        match self.first.get(key, hash) {
            NONE => self.rest.get(key, hash),
            merged => merged,
        }
    }

    /// Whether all pairs merge into what comes after both: then no merge makes a pair that goes before it.
    pub(super) fn are_ordered(&self) -> bool {
        let slots = [&self.first, &self.rest].into_iter().flat_map(|table| &table.slots);
        slots.filter(|slot| **slot != 0).all(|slot| {
            let merged = slot & MERGED;
            merged > slot >> SYMBOL_BITS & MERGED && merged > slot >> (2 * SYMBOL_BITS)
        })
    }

    /// The word and the bit of a hash.
    #[inline]
    fn bit(&self, hash: u64) -> (usize, u64) {
        let bit = (hash >> self.some_shift) as usize;
        (bit / 64, 1 << (bit % 64))
    }
}

/// Pairs and what they merge into.
pub(super) struct Table {
    /// Left, right and merged symbol from the high bits down, each where its pair's hash puts it or in the next place that was
    /// free. No pair merges into a byte, so zero is a free place.
    pub(super) slots: Vec<u64>,
    /// What leaves of a hash as many bits as there are places.
    pub(super) shift: u32,
    pairs: usize,
}

impl Table {
    fn with_capacity(pairs: usize) -> Self {
        // At most half full: a pair that isn't there is known by the first or second place.
        let places = (pairs * 2).next_power_of_two().max(16);
        Self { slots: vec![0; places], shift: u64::BITS - places.trailing_zeros(), pairs: 0 }
    }

    fn insert(&mut self, key: u64, merged: u32) {
        if (self.pairs + 1) * 2 > self.slots.len() {
            let mut larger = Self::with_capacity(self.slots.len());
            for slot in self.slots.iter().filter(|slot| **slot != 0) {
                larger.insert(slot >> SYMBOL_BITS, (slot & MERGED) as u32);
            }
            *self = larger;
        }
        self.pairs += 1;
        let mut at = self.place(hash(key));
        while self.slots[at] != 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = key << SYMBOL_BITS | u64::from(merged);
    }

    #[inline]
    fn get(&self, key: u64, hash: u64) -> u32 {
        let mut at = self.place(hash);
        loop {
            let slot = self.slots[at];
            if slot >> SYMBOL_BITS == key && slot != 0 {
                return (slot & MERGED) as u32;
            }
            if slot == 0 {
                return NONE;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    #[inline]
    fn place(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize
    }
}

#[inline]
fn key(left: u32, right: u32) -> u64 {
    u64::from(left) << SYMBOL_BITS | u64::from(right)
}

#[inline]
fn hash(key: u64) -> u64 {
    key.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_more_pairs_than_were_announced() {
        let mut pairs = Pairs::with_capacity(1);
        let merged = |left: u32, right: u32| 256 + left * 200 + right;
        for left in 0..200 {
            for right in 0..200 {
                pairs.insert(left, right, merged(left, right));
            }
        }
        for left in 0..300 {
            for right in 0..300 {
                let truth = if left < 200 && right < 200 { merged(left, right) } else { NONE };
                assert_eq!(pairs.of(left, right), truth);
            }
        }
    }
}
