//! The truth: every text compared with every other, but for those that provably are too far apart.

use rayon::prelude::*;
use tweetmill_kernels::near::{Bag, Pattern, is_near, limit};

use super::decide::decide;
use super::preset::Preset;
use super::texts::Texts;

/// Texts that are compared together, so that their bags stay near the processor.
const BLOCK: usize = 256;
/// Bags of pairs of letters of a text.
const PAIR_BAGS: usize = 8;

/// For each of `texts` the survivor that it is dropped for, were every pair compared.
pub fn survivors(preset: &Preset, texts: &Texts) -> Vec<Option<u32>> {
    let pairs = pairs(preset, texts);
    let mut earlier: Vec<u32> = Vec::with_capacity(pairs.len());
    let mut ends = vec![0; texts.len()];
    for (later, number) in pairs {
        earlier.push(number);
        if let Some(end) = ends.get_mut(later as usize) {
            *end = earlier.len();
        }
    }
    let mut start = 0;
    let neighbours = ends.into_iter().map(|end| {
        let neighbours = earlier.get(start..end).unwrap_or_default();
        start = start.max(end);
        neighbours
    });
    decide(neighbours, preset.copies)
}

/// All pairs of near texts, (later, earlier), ascending.
///
/// Texts are sorted by length. Nothing is near that is longer by more than the limit, nor of which the bags of letters
/// differ by more than the limit, nor those of pairs of letters by more than three times that ([`Bag`]). What is left
/// is compared.
pub fn pairs(preset: &Preset, texts: &Texts) -> Vec<(u32, u32)> {
    let mut rows: Vec<(usize, u32)> = (0..texts.len() as u32)
        .map(|number| (texts.get(number).len(), number))
        .filter(|(length, _)| *length >= preset.least_length)
        .collect();
    rows.sort_unstable();
    let letters = rows.par_iter().map(|(_, number)| Bag::of(texts.get(*number))).collect();
    let pairs = rows.par_iter().map(|(_, number)| Bag::of_pairs(texts.get(*number))).collect();
    let sorted = Sorted { preset, texts, rows, letters, pairs };

    let mut near: Vec<(u32, u32)> = (0..sorted.rows.len().div_ceil(BLOCK))
        .into_par_iter()
        .map_init(Comparer::default, |comparer, block| sorted.near_to_block(block * BLOCK, comparer))
        .flatten_iter()
        .collect();
    near.par_sort_unstable();
    near
}

/// Texts by length.
struct Sorted<'a> {
    preset: &'a Preset,
    texts: &'a Texts,
    /// Length and number.
    rows: Vec<(usize, u32)>,
    letters: Vec<Bag>,
    pairs: Vec<[Bag; PAIR_BAGS]>,
}

#[derive(Default)]
struct Comparer {
    places: Vec<u32>,
    pattern: Pattern,
    /// The row that the pattern is.
    prepared: Option<usize>,
}

impl Sorted<'_> {
    /// The pairs of the rows of the block that starts at `start` with themselves and with what comes after them.
    fn near_to_block(&self, start: usize, comparer: &mut Comparer) -> Vec<(u32, u32)> {
        let mut near = Vec::new();
        let end = (start + BLOCK).min(self.rows.len());
        let Some((longest, _)) = self.rows.get(end - 1) else { return near };
        let mut others = start;
        // A stretch of others of one length, so that all of them have one limit with each row.
        while let Some((length, _)) = self.rows.get(others)
            && (length <= longest || self.may_be_near(*longest, *length))
        {
            let stretch = self.rows.get(others..).unwrap_or_default().iter().take(BLOCK);
            let stretch = others..others + stretch.take_while(|(other, _)| other == length).count();
            for row in start..end.min(stretch.end) {
                self.near_to_row(row, stretch.start.max(row + 1)..stretch.end, *length, comparer, &mut near);
            }
            others = stretch.end;
        }
        near
    }

    /// Whether texts of these lengths may be near: the least distance is the difference.
    fn may_be_near(&self, left: usize, right: usize) -> bool {
        is_near(self.preset.similarity, left, right, left.abs_diff(right))
    }

    /// Appends the pairs of `row` with `others`, which have `length` code points each.
    fn near_to_row(
        &self,
        row: usize,
        others: std::ops::Range<usize>,
        length: usize,
        comparer: &mut Comparer,
        near: &mut Vec<(u32, u32)>,
    ) {
        let (Some((own, number)), Some(letters), Some(pairs)) =
            (self.rows.get(row), self.letters.get(row), self.pairs.get(row))
        else {
            return;
        };
        if others.is_empty() || !self.may_be_near(*own, length) {
            return;
        }
        let limit = limit(self.preset.similarity, *own, length);
        comparer.places.clear();
        let bags = self.letters.get(others.clone()).unwrap_or_default();
        letters.within(bags, limit as u32, others.start as u32, &mut comparer.places);
        for place in &comparer.places {
            let (Some((_, other)), Some(other_pairs)) =
                (self.rows.get(*place as usize), self.pairs.get(*place as usize))
            else {
                continue;
            };
            let bounds = pairs.iter().zip(other_pairs).map(|(pairs, others)| pairs.bound(others));
            if bounds.sum::<u32>() as usize > 3 * limit {
                continue;
            }
            if comparer.prepared != Some(row) {
                comparer.pattern.set(self.texts.get(*number));
                comparer.prepared = Some(row);
            }
            if comparer.pattern.distance(self.texts.get(*other), limit).is_some() {
                near.push((*number.max(other), *number.min(other)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pairs_are_all_that_are_near(
            texts in prop::collection::vec("[ab]{0,3}[c ]{0,2}[de]{1,4}( good morning)?", 0..600),
        ) {
            let texts = Texts::new(texts);
            let preset = Preset::loose();
            let mut truth = Vec::new();
            let mut pattern = Pattern::new();
            for later in 0..texts.len() as u32 {
                pattern.set(texts.get(later));
                truth.extend(
                    (0..later)
                        .filter(|earlier| pattern.is_near(texts.get(*earlier), preset.similarity))
                        .map(|earlier| (later, earlier)),
                );
            }
            prop_assert_eq!(pairs(&preset, &texts), truth);
        }
    }
}
