//! How far apart two texts are, and the decision.

mod blocks;
mod symbols;

use self::symbols::Symbols;

/// Code points that a machine word holds a bit each of.
const WORD: usize = 64;
/// Words that are computed together; longer patterns go block by block.
const MOST_WORDS: usize = 4;

/// Whether texts of `left` and `right` code points at indel distance `distance` are at least `percent` per cent similar:
/// 100·d ≤ (100 − percent)·(left + right). The indel similarity in per cent is 100·(1 − d / (left + right)), and two
/// empty texts are alike; the decision is made in integers, for many pairs lie exactly on a limit.
pub fn is_near(percent: u32, left: usize, right: usize, distance: usize) -> bool {
    distance <= limit(percent, left, right)
}

/// The greatest indel distance at which [`is_near`] holds; 0 from 100 per cent on.
pub fn limit(percent: u32, left: usize, right: usize) -> usize {
    (100 - percent.min(100)) as usize * (left + right) / 100
}

/// A text made ready to be compared with many others.
///
/// The indel distance is how many code points must be inserted and deleted to make one text of the other: |a| + |b| − 2·LCS(a, b).
/// The length of the longest common subsequence is computed 64 code points of the pattern at a time, a bit each
/// (Crochemore and others 2001, in the form of Hyyrö 2004).
#[derive(Debug, Clone, Default)]
pub struct Pattern {
    text: Vec<u32>,
    symbols: Symbols<[u64; MOST_WORDS]>,
    /// For patterns of more words: one block of them at a time.
    block: Symbols<u64>,
    carries: Vec<u8>,
}

impl Pattern {
    /// No text yet: the empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes `text` the pattern.
    pub fn set(&mut self, text: &[u32]) {
        self.text.clear();
        self.text.extend_from_slice(text);
        self.symbols.clear();
        if text.len() > WORD * MOST_WORDS {
            return;
        }
        for (at, point) in text.iter().enumerate() {
            if let Some(word) = self.symbols.entry(*point).get_mut(at / WORD) {
                *word |= 1 << (at % WORD);
            }
        }
    }

    /// The pattern's text.
    pub fn text(&self) -> &[u32] {
        &self.text
    }

    /// The indel distance of the pattern and `other`; none where it is above `limit`, which may be found early.
    pub fn distance(&mut self, other: &[u32], limit: usize) -> Option<usize> {
        let together = self.text.len() + other.len();
        // d ≤ limit iff LCS ≥ (together − limit) / 2.
        let wanted = together.saturating_sub(limit).div_ceil(2);
        if wanted > self.text.len().min(other.len()) {
            return None;
        }
        let common = match self.text.len().div_ceil(WORD) {
            0 => Some(0),
            1 => blocks::common::<1>(&self.symbols, other, wanted),
            2 => blocks::common::<2>(&self.symbols, other, wanted),
            3 => blocks::common::<3>(&self.symbols, other, wanted),
            4 => blocks::common::<4>(&self.symbols, other, wanted),
            _ => Some(blocks::common_of_long(&self.text, other, &mut self.block, &mut self.carries)),
        }?;
        let distance = together - 2 * common;
        (distance <= limit).then_some(distance)
    }

    /// Whether the pattern and `other` are at least `percent` per cent similar: see [`is_near`].
    pub fn is_near(&mut self, other: &[u32], percent: u32) -> bool {
        self.distance(other, limit(percent, self.text.len(), other.len())).is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Bag, point, points};
    use super::*;

    /// The plain truth: the table of Wagner and Fischer, a row at a time.
    fn truth(left: &[u32], right: &[u32]) -> usize {
        let mut row: Vec<usize> = vec![0; right.len() + 1];
        for point in left {
            let mut before = 0;
            for (at, other) in right.iter().enumerate() {
                let above = row[at + 1];
                row[at + 1] = if point == other { before + 1 } else { above.max(row[at]) };
                before = above;
            }
        }
        left.len() + right.len() - 2 * row[right.len()]
    }

    fn distance(left: &[u32], right: &[u32], limit: usize) -> Option<usize> {
        let mut pattern = Pattern::new();
        pattern.set(&points("what was there before"));
        pattern.set(left);
        pattern.distance(right, limit)
    }

    #[test]
    fn insertions_and_deletions_are_counted() {
        for (left, right, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("lol", "lool", 1),
            ("kitten", "sitting", 5),
            ("おはよう", "おはよー", 2),
            ("سلام", "سلم", 1),
        ] {
            assert_eq!(distance(&points(left), &points(right), 9), Some(expected), "{left} {right}");
            assert_eq!(distance(&points(right), &points(left), expected), Some(expected), "{right} {left}");
            if expected > 0 {
                assert_eq!(distance(&points(left), &points(right), expected - 1), None, "{left} {right}");
            }
        }
    }

    /// "can" and "cant" are 100·(1 − 1/7) = 85.7 per cent similar.
    #[test]
    fn what_lies_on_the_limit_is_near() {
        assert!(is_near(85, 3, 4, 1) && !is_near(86, 3, 4, 1));
        assert!(is_near(80, 5, 5, 2) && !is_near(81, 5, 5, 2));
        assert!(is_near(80, 0, 0, 0) && is_near(100, 9, 9, 0) && !is_near(100, 9, 9, 1));
        let mut pattern = Pattern::new();
        pattern.set(&points("cant"));
        assert!(pattern.is_near(&points("can"), 85) && !pattern.is_near(&points("can"), 86));
    }

    /// Two texts that are mostly alike: one, and it with some code points put in and some taken out.
    fn alike() -> impl Strategy<Value = (Vec<u32>, Vec<u32>)> {
        let edits = prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(point())), 0..20);
        let text = prop_oneof![
            prop::collection::vec(point(), 0..30),
            prop::collection::vec(point(), 0..300),
            prop::collection::vec(point(), 250..600),
        ];
        (text, edits).prop_map(|(text, edits)| {
            let mut edited = text.clone();
            for (at, point) in edits {
                match point {
                    Some(point) => edited.insert(at.index(edited.len() + 1), point),
                    None if edited.is_empty() => {}
                    None => drop(edited.remove(at.index(edited.len()))),
                }
            }
            (text, edited)
        })
    }

    proptest! {
        #[test]
        fn distances_are_those_of_the_table((left, right) in alike(), limit in 0_usize..40) {
            let truth = truth(&left, &right);
            prop_assert_eq!(distance(&left, &right, usize::MAX), Some(truth));
            prop_assert_eq!(distance(&left, &right, limit), (truth <= limit).then_some(truth));
            prop_assert!(Bag::of(&left).bound(&Bag::of(&right)) as usize <= truth);
            let (pairs, others) = (Bag::of_pairs::<4>(&left), Bag::of_pairs::<4>(&right));
            let bound: u32 = pairs.iter().zip(&others).map(|(pairs, others)| pairs.bound(others)).sum();
            prop_assert!(bound as usize <= 3 * truth);
        }

        #[test]
        fn distances_of_strangers_are_those_of_the_table(
            left in prop::collection::vec(point(), 0..200),
            right in prop::collection::vec(point(), 0..200),
            limit in 0_usize..400,
        ) {
            let truth = truth(&left, &right);
            prop_assert_eq!(distance(&left, &right, limit), (truth <= limit).then_some(truth));
        }
    }
}
