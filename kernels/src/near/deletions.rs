//! Keys of what is left of a text when a few code points are deleted.

use super::mix::mix64;
use crate::hash::keyed64;

/// Makes the deletion keys of texts.
///
/// Two texts share a key if deleting at most k code points of each leaves the same (Bocek, Hunt and Stiller, "Fast Similarity
/// Search in Large Dictionaries", 2007). So they do where one becomes the other by k substitutions, or by k
/// insertions and k deletions; and what shares a key is at most 2k insertions and deletions apart.
///
/// The key of c₀ … cₙ₋₁ is mix64(tₙ + Σ mᵢ·cᵢ mod 2⁶⁴), where mᵢ is keyed64(`near-deletion`, seed, i), made odd, and tₙ is
/// keyed64(`near-remainder`, seed, n).
#[derive(Debug, Clone)]
pub struct Deletions {
    seed: u64,
    multipliers: Vec<u64>,
    tags: Vec<u64>,
    /// Row d, of n + 1 columns: the sums of what stands before a column, moved d places to the left.
    sums: Vec<u64>,
}

impl Deletions {
    /// Keys of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, multipliers: Vec::new(), tags: Vec::new(), sums: Vec::new() }
    }

    /// Appends one key for each distinct text that is left when at most `most` code points of `text` are deleted, `text`
    /// itself included; in no particular order. About n^most / most! keys for n code points; none for the empty text.
    pub fn keys(&mut self, text: &[u32], most: usize, keys: &mut Vec<u64>) {
        if text.is_empty() {
            return;
        }
        self.reach(text.len());
        self.add_up(text, most);
        let rest = Rest { text, most, columns: text.len() + 1, sums: &self.sums, tags: &self.tags };
        rest.walk(Place { block: 0, at: 0, deleted: 0, sum: 0 }, keys);
    }

    /// Makes the parameters of texts of `length` code points.
    fn reach(&mut self, length: usize) {
        let (seed, known) = (self.seed, self.multipliers.len());
        self.multipliers.extend((known..length).map(|at| keyed64("near-deletion", seed, at as i64) | 1));
        self.tags
            .extend((self.tags.len()..=length).map(|length| keyed64("near-remainder", seed, length as i64)));
    }

    fn add_up(&mut self, text: &[u32], most: usize) {
        self.sums.clear();
        for deleted in 0..=most {
            let mut sum = 0_u64;
            self.sums.push(0);
            // Nothing moves beyond the start of the text.
            self.sums.extend(std::iter::repeat_n(0, deleted.min(text.len())));
            for (point, by) in text.iter().skip(deleted).zip(&self.multipliers) {
                sum = sum.wrapping_add(by.wrapping_mul(u64::from(*point)));
                self.sums.push(sum);
            }
        }
    }
}

/// A text whose beginning is decided: `sum` of what is kept before `at`, `deleted` code points of it gone, the last of them
/// those from `block` to `at`.
#[derive(Clone, Copy)]
struct Place {
    block: usize,
    at: usize,
    deleted: usize,
    sum: u64,
}

struct Rest<'a> {
    text: &'a [u32],
    most: usize,
    columns: usize,
    sums: &'a [u64],
    tags: &'a [u64],
}

impl Rest<'_> {
    /// All that can be left from `place` on, each once: of the ways to leave a text the one is taken that keeps every code
    /// point as early as can be, so that no block that is deleted holds the code point kept after it.
    fn walk(&self, place: Place, keys: &mut Vec<u64>) {
        let Place { block, at, deleted, sum } = place;
        let next = self.text.get(at);
        let passed = self.text.get(block..at).unwrap_or_default();
        let may_keep = next.is_none_or(|next| !passed.contains(next));
        if may_keep {
            keys.push(self.key(sum, at, deleted));
        }
        if deleted == self.most || next.is_none() {
            return;
        }
        self.walk(Place { block, at: at + 1, deleted: deleted + 1, sum }, keys);
        if !may_keep {
            return;
        }
        for later in at + 1..self.text.len() {
            let sum = sum.wrapping_add(self.between(deleted, at, later));
            if deleted + 1 < self.most {
                self.walk(Place { block: later, at: later + 1, deleted: deleted + 1, sum }, keys);
            } else if self.text.get(later) != self.text.get(later + 1) {
                keys.push(self.key(sum, later + 1, deleted + 1)); // the last deletion, without a call
            }
        }
    }

    /// The key where all from `at` on is kept.
    fn key(&self, sum: u64, at: usize, deleted: usize) -> u64 {
        let length = self.text.len() - deleted;
        let tag = self.tags.get(length).copied().unwrap_or_default();
        mix64(tag.wrapping_add(sum).wrapping_add(self.between(deleted, at, self.text.len())))
    }

    /// What the code points from `from` to `to` add when `deleted` are missing before them.
    fn between(&self, deleted: usize, from: usize, to: usize) -> u64 {
        let row = deleted * self.columns;
        let sum = |column: usize| self.sums.get(row + column).copied().unwrap_or_default();
        sum(to).wrapping_sub(sum(from))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::points;
    use super::*;

    /// The plain truth: every remainder, as the definition has it.
    fn truth(text: &[u32], most: usize) -> Vec<u64> {
        let mut remainders = BTreeSet::from([text.to_vec()]);
        for _ in 0..most {
            let shorter = remainders.iter().flat_map(|remainder| {
                (0..remainder.len()).map(|at| [&remainder[..at], &remainder[at + 1..]].concat())
            });
            let shorter: Vec<_> = shorter.collect();
            remainders.extend(shorter);
        }
        let key = |remainder: &Vec<u32>| {
            let products = remainder.iter().enumerate().map(|(at, point)| {
                (keyed64("near-deletion", 7, at as i64) | 1).wrapping_mul(u64::from(*point))
            });
            let tag = keyed64("near-remainder", 7, remainder.len() as i64);
            mix64(products.fold(tag, u64::wrapping_add))
        };
        let mut keys: Vec<u64> = remainders.iter().map(key).collect();
        keys.sort_unstable();
        keys
    }

    fn keys(text: &str, most: usize) -> Vec<u64> {
        let mut keys = Vec::new();
        Deletions::new(7).keys(&points(text), most, &mut keys);
        keys
    }

    #[test]
    fn texts_a_few_edits_apart_share_a_key() {
        let shares = |left: &str, right: &str, most| {
            let left = keys(left, most);
            keys(right, most).iter().any(|key| left.contains(key))
        };
        assert!(shares("lol", "lool", 1));
        assert!(shares("good night", "good nigth", 1));
        assert!(shares("おはよう", "おはよー", 1));
        assert!(!shares("good night", "god nihgt", 1));
        assert!(shares("good night", "god nihgt", 2));
        assert!(!shares("abc", "cba", 1));
    }

    #[test]
    fn each_remainder_has_one_key() {
        assert_eq!(keys("abcd", 1).len(), 5);
        assert_eq!(keys("aabb", 1).len(), 3);
        assert_eq!(keys("aaaa", 2).len(), 3);
        assert_eq!(keys("abcdefghijklmn", 2).len(), 1 + 14 + 91);
        assert!(keys("", 2).is_empty());
    }

    /// What histories hold never changes. Computed from the definition by another program.
    #[test]
    fn keys_stay_as_they_were() {
        let of = [0x58ad_7f7c_df8a_3c0f, 0x303b_3591_11b1_c1ec, 0x3a70_c738_7328_cb55, 0xa6d4_242e_d90c_0cd5];
        assert_eq!(keys("lol", 1), of); // lol, ol, ll, lo
    }

    proptest! {
        #[test]
        fn keys_are_those_of_all_remainders(
            text in prop::collection::vec(prop_oneof![97_u32..100, any::<u32>()], 1..13),
            most in 0_usize..4,
        ) {
            let mut found = Vec::new();
            Deletions::new(7).keys(&text, most, &mut found);
            found.sort_unstable();
            prop_assert_eq!(found, truth(&text, most));
        }
    }
}
