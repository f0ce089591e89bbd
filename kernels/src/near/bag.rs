//! Which code points a text has, in 32 bytes.

use super::mix::mix32;

/// Bins of a bag.
const BINS: usize = 32;

/// How many code points of a text fall into each of 32 bins, 255 at most: a bound of the indel distance from below.
///
/// An insertion or a deletion changes one bin by one, so the sum of the differences of the bins never exceeds the indel
/// distance; a bin that is full only makes it less. A code point falls into the bin of its remainder by 32, which keeps the
/// letters of Latin and of Cyrillic apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(align(32))]
pub struct Bag([u8; BINS]);

impl Bag {
    /// The bag of `text`.
    pub fn of(text: &[u32]) -> Self {
        let mut bag = Self([0; BINS]);
        for point in text {
            bag.add(*point as usize);
        }
        bag
    }

    /// The pairs of neighbours in `text`, in as many bags as are wanted: the more, the fewer pairs share a bin. An insertion takes one
    /// pair apart and makes two, so the [bounds](Self::bound) of all bags together are up to three times the indel distance.
    pub fn of_pairs<const BAGS: usize>(text: &[u32]) -> [Self; BAGS] {
        let mut bags = [Self([0; BINS]); BAGS];
        for (first, second) in text.iter().zip(text.iter().skip(1)) {
            let pair = mix32(first.wrapping_mul(0x9E37_79B1).wrapping_add(*second)) as usize;
            if let Some(bag) = bags.get_mut(pair / BINS % BAGS.max(1)) {
                bag.add(pair);
            }
        }
        bags
    }

    fn add(&mut self, word: usize) {
        if let Some(bin) = self.0.get_mut(word % BINS) {
            *bin = bin.saturating_add(1);
        }
    }

    /// The sum of the differences of the bins, 0 to 8,160: at most the indel distance of the texts.
    #[inline]
    pub fn bound(&self, other: &Self) -> u32 {
        // The compiler knows this as the sum of absolute differences, an instruction or two.
        self.0.iter().zip(&other.0).map(|(left, right)| u32::from(left.abs_diff(*right))).sum()
    }

    /// Appends `base` plus the place of each of `bags` whose [`bound`](Self::bound) is at most `limit`.
    pub fn within(&self, bags: &[Self], limit: u32, base: u32, places: &mut Vec<u32>) {
        #[cfg(target_arch = "x86_64")]
        if super::avx2::is_available() {
            super::avx2::within(self, bags, limit, base, places);
            return;
        }
        self.within_each(bags, limit, base, places);
    }

    /// The plain body of [`within`](Self::within).
    pub(super) fn within_each(&self, bags: &[Self], limit: u32, base: u32, places: &mut Vec<u32>) {
        let near = bags.iter().zip(base..).filter(|(bag, _)| self.bound(bag) <= limit);
        places.extend(near.map(|(_, place)| place));
    }

    /// The bins.
    pub fn bins(&self) -> &[u8; BINS] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{point, points};
    use super::*;

    #[test]
    fn a_bag_knows_letters_not_their_order() {
        let bound = |left: &str, right: &str| Bag::of(&points(left)).bound(&Bag::of(&points(right)));
        assert_eq!(bound("listen", "silent"), 0);
        assert_eq!(bound("good", "goods"), 1);
        assert_eq!(bound("cat", "dog"), 6);
        assert_eq!(bound("", "привет"), 6);
        assert_eq!(bound(&"a".repeat(1000), ""), 255);
    }

    proptest! {
        #[test]
        fn every_body_finds_the_same(
            texts in prop::collection::vec(prop::collection::vec(point(), 0..40), 1..30),
            limit in 0_u32..60,
        ) {
            let bags: Vec<Bag> = texts.iter().map(|text| Bag::of(text)).collect();
            let (mut found, mut truth) = (Vec::new(), Vec::new());
            bags[0].within(&bags, limit, 5, &mut found);
            bags[0].within_each(&bags, limit, 5, &mut truth);
            prop_assert_eq!(found, truth);
        }
    }
}
