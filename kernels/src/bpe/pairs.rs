//! What two neighbours merge into.

/// Bits of a symbol.
const SYMBOL_BITS: u32 = 20;

/// Most symbols that there can be.
pub(super) const MOST_SYMBOLS: usize = 1 << SYMBOL_BITS;

/// Bits of the filter for each place of the table.
const PER_PLACE: usize = 4;

/// Of two symbols that don't merge: above every symbol.
pub(super) const NONE: u32 = u32::MAX;

/// The symbol that each pair of symbols merges into.
///
/// Symbols are numbered in their order of merging, so that of two pairs the one with the lower symbol merges first. The
/// first 256 are the bytes, whose pairs have a table of their own: that is where every merge of a word starts.
pub(super) struct Pairs {
    /// By left byte and right byte.
    bytes: Box<[u32]>,
    /// Left, right and merged symbol from the high bits down, each where its pair's hash puts it or in the next place that was
    /// free. No pair merges into a byte, so zero is a free place.
    slots: Box<[u64]>,
    /// What leaves of a hash as many bits as there are places.
    shift: u32,
    /// One bit by a longer piece of the hash: most pairs that don't merge are told by its being clear, in a small part of the memory.
    some: Box<[u64]>,
}

impl Pairs {
    /// Room for `pairs` pairs.
    pub(super) fn with_capacity(pairs: usize) -> Self {
        // At most half full: a pair that isn't there is known by the first or second place.
        let places = (pairs * 2).next_power_of_two().max(16);
        Self {
            bytes: vec![NONE; 1 << 16].into(),
            slots: vec![0; places].into(),
            shift: u64::BITS - places.trailing_zeros(),
            some: vec![0; places * PER_PLACE / 64].into(),
        }
    }

    /// Lets `left` and `right`, which merged into nothing so far, merge into `merged`. There is room for it.
    pub(super) fn insert(&mut self, left: u32, right: u32, merged: u32) {
        if let (Ok(left), Ok(right)) = (u8::try_from(left), u8::try_from(right)) {
            self.bytes[usize::from(left) << 8 | usize::from(right)] = merged;
        }
        let key = key(left, right);
        let hash = hash(key);
        let (word, bit) = self.bit(hash);
        self.some[word] |= bit;
        let mut at = self.place(hash);
        while self.slots[at] != 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = key << SYMBOL_BITS | u64::from(merged);
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
        let mut at = self.place(hash);
        loop {
            let slot = self.slots[at];
            if slot >> SYMBOL_BITS == key && slot != 0 {
                return (slot & ((1 << SYMBOL_BITS) - 1)) as u32;
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

    /// The word and the bit of a hash.
    #[inline]
    fn bit(&self, hash: u64) -> (usize, u64) {
        let bit = (hash >> (self.shift - PER_PLACE.trailing_zeros())) as usize;
        (bit / 64, 1 << (bit % 64))
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
