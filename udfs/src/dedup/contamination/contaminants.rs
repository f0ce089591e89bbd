//! The items of evaluation sets, and which of them a text contains.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use tweetmill_kernels::contain::{BYTES_A_LETTER, Finder, Found, Index, IndexBuilder, Rule};
use tweetmill_kernels::hash::content_hash;
use tweetmill_kernels::near::is_dense;

use crate::text::Canonicalizer;

/// Letters of the shortest item that a whole tweet is compared with, those of a dense script counted twice: there are many tweets
/// that say no more than `thank you so much`.
pub const LEAST_WHOLE: usize = 20;

/// Shingles of an item that a text must have, those of a dense script counted twice.
pub const SHARED: u32 = 8;

/// An item of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// Ordinal of the set, from 0.
    pub set: u32,
    /// Number of the item within its set.
    pub number: i64,
}

/// How an item is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookedFor {
    /// As a whole text, and inside others.
    Within,
    /// As a whole text: it has too few shingles for more.
    Whole,
    /// Not at all: it has fewer than [`LEAST_WHOLE`] letters.
    Never,
}

/// The item that a text was matched by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Which.
    pub item: Item,
    /// The share of its letters that the text contains, 0 to 1.
    pub share: f32,
}

/// Takes in items, set by set.
#[derive(Debug)]
pub struct ContaminantsBuilder {
    canonicalizer: Canonicalizer,
    letters: Vec<u32>,
    index: IndexBuilder,
    whole: HashMap<u128, (u32, LookedFor)>,
    items: Vec<Item>,
}

impl ContaminantsBuilder {
    /// No items yet. Those will be looked for inside texts that have `min_shingles` different shingles or more, and found
    /// where so large a share of their letters is, as numerator and denominator.
    pub fn new(share: (u64, u64), min_shingles: u32) -> Self {
        let rule = Rule { share, weight: min_shingles, shared: SHARED.min(min_shingles) };
        Self {
            canonicalizer: Canonicalizer::new(),
            letters: Vec::new(),
            index: IndexBuilder::new(rule),
            whole: HashMap::new(),
            items: Vec::new(),
        }
    }

    /// Bytes of memory that an item of this text may take, while all are made ready and later.
    pub fn bytes_of(text: &str) -> usize {
        const BYTES_AN_ITEM: usize =
            4 * size_of::<(u128, u32, LookedFor)>() + 2 * (size_of::<Item>() + size_of::<u32>());
        text.len() * BYTES_A_LETTER + BYTES_AN_ITEM
    }

    /// Takes in an item; they come in order. Of several with one canonical text the first is the one that is told.
    pub fn add(&mut self, item: Item, text: &str) -> LookedFor {
        let canonical = self.canonicalizer.canonicalize(text);
        letters(canonical, &mut self.letters);
        let weight: usize = self.letters.iter().map(|letter| if is_dense(*letter) { 2 } else { 1 }).sum();
        if weight < LEAST_WHOLE {
            return LookedFor::Never;
        }
        match self.whole.entry(content_hash(canonical.as_bytes())) {
            Entry::Occupied(first) => first.get().1,
            Entry::Vacant(vacant) => {
                let how = if self.index.add(&self.letters) { LookedFor::Within } else { LookedFor::Whole };
                vacant.insert((self.items.len() as u32, how));
                self.items.push(item);
                how
            }
        }
    }

    /// Ready to be looked for.
    pub fn build(self) -> Contaminants {
        let Self { index, whole, items, .. } = self;
        let mut whole: Vec<(u128, u32)> = whole.into_iter().map(|(hash, (item, _))| (hash, item)).collect();
        whole.sort_unstable();
        Contaminants { index: index.build(), whole, items }
    }
}

/// The letters of a canonical text: all but its spaces, for where words are parted is soon changed.
fn letters(canonical: &str, letters: &mut Vec<u32>) {
    letters.clear();
    letters.extend(canonical.chars().filter(|letter| *letter != ' ').map(u32::from));
}

/// The items of all sets.
#[derive(Debug)]
pub struct Contaminants {
    index: Index,
    /// By hash of the canonical text, the first item of each.
    whole: Vec<(u128, u32)>,
    /// In order.
    items: Vec<Item>,
}

/// Looks texts up; keeps its buffers between them.
#[derive(Debug)]
pub struct Searcher<'a> {
    among: &'a Contaminants,
    canonicalizer: Canonicalizer,
    letters: Vec<u32>,
    finder: Finder,
    found: Vec<Found>,
}

impl Contaminants {
    /// Bytes of memory that they take.
    pub fn bytes(&self) -> usize {
        let Self { index, whole, items } = self;
        index.bytes() + whole.capacity() * size_of::<(u128, u32)>() + items.capacity() * size_of::<Item>()
    }

    /// A searcher with empty buffers.
    pub fn searcher(&self) -> Searcher<'_> {
        Searcher {
            among: self,
            canonicalizer: Canonicalizer::new(),
            letters: Vec::new(),
            finder: Finder::new(),
            found: Vec::new(),
        }
    }
}

impl Searcher<'_> {
    /// The item that `text` contains, if any. Of several that of the first set; of one set the one that is all of the text,
    /// else the one of which most is contained, else the first.
    pub fn find(&mut self, text: &str) -> Option<Match> {
        let Contaminants { index, whole, items } = self.among;
        let canonical = self.canonicalizer.canonicalize(text);
        if canonical.is_empty() {
            return None;
        }
        let hash = content_hash(canonical.as_bytes());
        let whole = whole.binary_search_by_key(&hash, |(hash, _)| *hash).ok().and_then(|at| whole.get(at));
        let whole = whole.and_then(|(_, item)| Some(Match { item: *items.get(*item as usize)?, share: 1.0 }));
        letters(canonical, &mut self.letters);
        self.finder.find(index, &self.letters, &mut self.found);
        let most = self.found.iter().filter_map(|found| Some((items.get(found.item as usize)?, found)));
        // Shares are compared exactly: a/b < c/d where a·d < c·b.
        let within = most.min_by(|(one, of_one), (other, of_other)| {
            let share = |found: &Found, of: &Found| u64::from(found.covered) * u64::from(of.letters);
            let by_share = share(of_other, of_one).cmp(&share(of_one, of_other));
            one.set.cmp(&other.set).then(by_share).then(one.number.cmp(&other.number))
        });
        let within = within.map(|(item, found)| Match { item: *item, share: found.share() });
        [whole, within]
            .into_iter()
            .flatten()
            .min_by_key(|found| (found.item.set, Reverse(found.share.to_bits())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &str = "Which planet of the solar system has the shortest day?";

    fn found(items: &[&str], text: &str) -> Option<(i64, f32)> {
        let mut builder = ContaminantsBuilder::new((65, 100), 18);
        for (number, item) in (1..).zip(items) {
            builder.add(Item { set: 0, number }, item);
        }
        builder.build().searcher().find(text).map(|found| (found.item.number, found.share))
    }

    #[test]
    fn an_item_is_found_whatever_is_done_to_it() {
        for text in [
            QUESTION,
            "WHICH PLANET OF THE SOLAR SYSTEM HAS THE SHORTEST DAY",
            "which planet, of the solar-system,has the shortest day...",
            "Which planet of the solar system has the longest day?",
            "@quiz Which planet of the solar system has the shortest day? https://t.co/abc",
            "Which planet of the solar system has the",
            "ok so the quiz asked us which planet of the solar system has the shortest day and nobody knew",
        ] {
            assert!(
                found(&["What else is there?", QUESTION], text).is_some_and(|(number, _)| number == 2),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_are_not() {
        for text in [
            "",
            "https://t.co/abc",
            "Which planet is that?",
            "the shortest day of the year",
            "Which team of the football league has the longest name?",
        ] {
            assert_eq!(found(&[QUESTION], text), None, "{text}");
        }
    }

    #[test]
    fn short_items_are_whole_texts_or_nothing() {
        let items = ["Good morning everyone 1", "おはようございます皆"];
        assert_eq!(found(&items, "GOOD MORNING, everyone 1!"), Some((1, 1.0)));
        assert_eq!(found(&items, "good morning everyone 1 of you"), None);
        assert_eq!(found(&items, "おはようございます"), None);
        assert_eq!(found(&items, "おはようございます皆😀"), Some((2, 1.0)));
    }

    #[test]
    fn the_first_set_tells_then_the_share_then_the_number() {
        let mut builder = ContaminantsBuilder::new((65, 100), 18);
        let (shorter, other) = (
            QUESTION.split_at(40).0,
            "Which planet of the solar system has the shortest day, would you say today?",
        );
        for (set, number, text) in [(0, 7, other), (1, 1, shorter), (1, 2, QUESTION), (1, 3, QUESTION)] {
            assert_eq!(builder.add(Item { set, number }, text), LookedFor::Within);
        }
        let contaminants = builder.build();
        let mut searcher = contaminants.searcher();
        let mut found = |text: &str| searcher.find(text).map(|found| (found.item.set, found.item.number));
        assert_eq!(found(QUESTION), Some((0, 7)), "the first set, though there is less of it");
        assert_eq!(found("which planet of the solar system has the"), Some((1, 1)), "all of it");
        let mut builder = ContaminantsBuilder::new((65, 100), 18);
        for number in [5, 6] {
            builder.add(Item { set: 0, number }, QUESTION);
        }
        let twice = builder.build();
        assert_eq!(twice.searcher().find(QUESTION).map(|found| found.item.number), Some(5));
    }
}
