//! The rule in memory.

use rayon::prelude::*;
use tweetmill_kernels::near::{Bag, Pattern, limit};

use super::buckets::Buckets;
use super::decide::decide;
use super::keys::Keys;
use super::preset::Preset;
use super::select::{Candidate, select};
use super::texts::Texts;

/// Texts, and where to look for those that are near: for tests and for measuring. A run has plans for this, and decides the same.
#[derive(Debug)]
pub struct Index<'a> {
    preset: Preset,
    texts: &'a Texts,
    bags: Vec<Bag>,
    buckets: Buckets,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pairs of texts that share a bucket in which the earlier is a head.
    pub candidates: u64,
    /// Pairs that were compared.
    pub compared: u64,
}

/// What is known of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examined {
    /// The earlier texts found near, ascending.
    pub neighbours: Vec<u32>,
    /// What that took.
    pub tally: Tally,
}

/// The memory that texts are examined in.
#[derive(Debug)]
pub struct Examiner {
    maker: Keys,
    keys: Vec<u64>,
    heads: Vec<u32>,
    candidates: Vec<Candidate<u32>>,
    pattern: Pattern,
}

impl<'a> Index<'a> {
    /// An index of canonical `texts`, none of them empty, no two alike.
    pub fn new(preset: Preset, texts: &'a Texts) -> Self {
        let bags = (0..texts.len() as u32).into_par_iter().map(|number| Bag::of(texts.get(number))).collect();
        let buckets = Buckets::new(&preset, texts);
        Self { preset, texts, bags, buckets }
    }

    /// For each text the survivor that it is dropped for, as [`decide`] has it, and what that took.
    pub fn survivors(&self) -> (Vec<Option<u32>>, Tally) {
        let examined: Vec<Examined> = (0..self.texts.len() as u32)
            .into_par_iter()
            .map_init(
                || self.examiner(),
                |examiner, number| self.examine(examiner, self.texts.get(number), number),
            )
            .collect();
        let mut all = Tally::default();
        for Examined { tally, .. } in &examined {
            all.candidates += tally.candidates;
            all.compared += tally.compared;
        }
        let neighbours = examined.iter().map(|examined| examined.neighbours.as_slice());
        (decide(neighbours, self.preset.copies), all)
    }

    /// Memory for [`examine`](Self::examine), one per thread.
    pub fn examiner(&self) -> Examiner {
        Examiner {
            maker: Keys::new(&self.preset),
            keys: Vec::new(),
            heads: Vec::new(),
            candidates: Vec::new(),
            pattern: Pattern::new(),
        }
    }

    /// The neighbours of `text`, were it the text `number`: of those before it.
    pub fn examine(&self, examiner: &mut Examiner, text: &[u32], number: u32) -> Examined {
        let Examiner { maker, keys, heads, candidates, pattern } = examiner;
        keys.clear();
        maker.of_points(text, keys);
        heads.clear();
        heads.extend(keys.iter().flat_map(|key| self.buckets.heads(*key, number, self.preset.heads)));
        heads.sort_unstable();

        let bag = Bag::of(text);
        let mut tally = Tally::default();
        candidates.clear();
        for same in heads.chunk_by(|left, right| left == right) {
            let Some(order) = same.first().copied() else { continue };
            tally.candidates += 1;
            let limit = limit(self.preset.similarity, text.len(), self.texts.get(order).len());
            let bound = self.bags.get(order as usize).map_or(0, |other| bag.bound(other));
            if bound as usize <= limit {
                candidates.push(Candidate { order, shared: same.len() as u32 });
            }
        }
        select(candidates, self.preset.comparisons);

        tally.compared = candidates.len() as u64;
        if !candidates.is_empty() {
            pattern.set(text);
        }
        let orders = candidates.iter().map(|candidate| candidate.order);
        let neighbours =
            orders.filter(|order| pattern.is_near(self.texts.get(*order), self.preset.similarity)).collect();
        Examined { neighbours, tally }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::exhaustive;
    use super::*;

    fn survivors(preset: Preset, texts: &[&str]) -> Vec<Option<u32>> {
        Index::new(preset, &Texts::new(texts)).survivors().0
    }

    #[test]
    fn the_earliest_survives() {
        let texts =
            ["good morning to you all", "lol", "good morning to you al", "lool", "morning good to all you"];
        assert_eq!(survivors(Preset::near(), &texts), [None, None, Some(0), Some(1), None]);
        assert_eq!(survivors(Preset::spam(2), &texts), [None; 5]);
        assert_eq!(survivors(Preset { least_length: 5, ..Preset::near() }, &texts)[3], None);
    }

    /// A chain of texts, each near to the next: what is near to a dropped one alone stays.
    #[test]
    fn nothing_is_dropped_for_what_is_dropped() {
        let texts = ["abcdefghijklmn", "abcdefghijkl", "abcdefghij", "abcdefgh"];
        assert_eq!(survivors(Preset::near(), &texts), [None, Some(0), None, Some(2)]);
    }

    #[test]
    fn no_texts_have_no_survivors() {
        assert!(survivors(Preset::loose(), &[]).is_empty());
    }

    proptest! {
        /// Whatever the means find is near, and they find nothing that the truth doesn't know of.
        #[test]
        fn what_is_dropped_is_near_to_what_is_kept(
            texts in prop::collection::hash_set("[ab]{1,3}[c ]{0,2}[de]{1,4}( good morning)?", 1..60),
        ) {
            let mut texts: Vec<String> = texts.into_iter().collect();
            texts.sort();
            let texts = Texts::new(texts);
            for preset in [Preset::near(), Preset::loose()] {
                let (survivors, tally) = Index::new(preset.clone(), &texts).survivors();
                let pairs = exhaustive::pairs(&preset, &texts);
                for (number, survivor) in survivors.iter().enumerate() {
                    if let Some(survivor) = survivor {
                        prop_assert!(survivors[*survivor as usize].is_none());
                        prop_assert!(pairs.binary_search(&(number as u32, *survivor)).is_ok());
                    }
                }
                prop_assert!(tally.compared <= tally.candidates);
            }
        }
    }
}
