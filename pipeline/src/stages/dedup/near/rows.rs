//! Rows of twelve bytes: keys with the texts that have them, and pairs of texts.

/// Bytes of a row.
pub(super) const ROW: usize = 12;

/// A text of this run that has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyRow {
    pub(super) key: u64,
    /// Number of the text in this run.
    pub(super) text: u32,
}

impl KeyRow {
    pub(super) fn to_bytes(self) -> [u8; ROW] {
        joined(self.key, self.text)
    }

    pub(super) fn from_bytes(row: [u8; ROW]) -> Self {
        let (key, text) = parted(row);
        Self { key, text }
    }

    /// The part of 2^`bits` that it belongs to: parts are ranges of keys.
    pub(super) fn part(self, bits: u32) -> usize {
        self.key.checked_shr(u64::BITS - bits).unwrap_or(0) as usize
    }
}

/// The highest key of `part` of 2^`bits`.
pub(super) fn last_key(part: usize, bits: u32) -> u64 {
    let next = (part as u64 + 1).checked_shl(u64::BITS - bits).unwrap_or(0);
    next.wrapping_sub(1)
}

/// A text of this run, and an earlier one that shares a key with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    /// Number of the later text in this run.
    pub(super) later: u32,
    /// Place of the earlier one in the order of all.
    pub(super) earlier: u64,
}

impl Pair {
    pub(super) fn to_bytes(self) -> [u8; ROW] {
        joined(self.earlier, self.later)
    }

    pub(super) fn from_bytes(row: [u8; ROW]) -> Self {
        let (earlier, later) = parted(row);
        Self { later, earlier }
    }
}

fn joined(long: u64, short: u32) -> [u8; ROW] {
    let mut row = [0; ROW];
    let (head, tail) = row.split_at_mut(size_of::<u64>());
    head.copy_from_slice(&long.to_le_bytes());
    tail.copy_from_slice(&short.to_le_bytes());
    row
}

fn parted(row: [u8; ROW]) -> (u64, u32) {
    let (mut long, mut short) = ([0; size_of::<u64>()], [0; size_of::<u32>()]);
    let (head, tail) = row.split_at(size_of::<u64>());
    long.copy_from_slice(head);
    short.copy_from_slice(tail);
    (u64::from_le_bytes(long), u32::from_le_bytes(short))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_read_back(long in any::<u64>(), short in any::<u32>(), bits in 0_u32..12) {
            let key = KeyRow { key: long, text: short };
            prop_assert_eq!(KeyRow::from_bytes(key.to_bytes()), key);
            prop_assert!(key.part(bits) < 1 << bits);
            prop_assert!(long <= last_key(key.part(bits), bits));
            prop_assert!(key.part(bits) == 0 || long > last_key(key.part(bits) - 1, bits));
            let pair = Pair { later: short, earlier: long };
            prop_assert_eq!(Pair::from_bytes(pair.to_bytes()), pair);
        }
    }
}
