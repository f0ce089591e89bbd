//! The shingles of a text: all runs of so many code points, hashed.

use super::mix::mix32;
use super::script::is_dense;
use crate::hash::keyed64;

/// Longest shingle, in code points.
pub const LONGEST_SHINGLE: usize = 8;

/// Hashes the shingles of texts.
///
/// A shingle is as many code points as its first one asks for: `dense` where that belongs to a script in which few say
/// much ([`is_dense`]), else `alphabetic`. Those that would run over the end of the text are left out. A text in which none
/// fits is one shingle as a whole, and the empty text has none.
///
/// ```text
///   "a b 日本語"  alphabetic 3, dense 2
///    └─┘└─┘  ├┘├┘
///     └─┘└─┘           5 "日本語" fits too little at 語: no shingle
/// ```
///
/// The hash of code points c₀ … cₙ₋₁ is mix32(aₙ + Σ mᵢ·cᵢ mod 2³²): multilinear (Carter and Wegman 1979), then MurmurHash3's
/// finalizer. The odd mᵢ and the aₙ are the low halves of keyed64(`near-shingle`, 0, i) and keyed64(`near-length`, 0, n).
#[derive(Debug, Clone)]
pub struct Shingles {
    alphabetic: usize,
    dense: usize,
    pub(super) multipliers: [u32; LONGEST_SHINGLE],
    pub(super) lengths: [u32; LONGEST_SHINGLE + 1],
}

impl Shingles {
    /// Shingles of `alphabetic` code points, of `dense` ones where the script is dense.
    ///
    /// # Panics
    ///
    /// Where either isn't from 1 to [`LONGEST_SHINGLE`].
    pub fn new(alphabetic: usize, dense: usize) -> Self {
        for length in [alphabetic, dense] {
            assert!(
                (1..=LONGEST_SHINGLE).contains(&length),
                "a shingle has 1 to {LONGEST_SHINGLE} code points"
            );
        }
        Self {
            alphabetic,
            dense,
            multipliers: std::array::from_fn(|at| keyed64("near-shingle", 0, at as i64) as u32 | 1),
            lengths: std::array::from_fn(|length| keyed64("near-length", 0, length as i64) as u32),
        }
    }

    /// Code points of a shingle of an alphabet, and of a dense script.
    pub fn lengths(&self) -> (usize, usize) {
        (self.alphabetic, self.dense)
    }

    /// Replaces `hashes` by those of the shingles of `text`, in order, repeats included.
    pub fn hash(&self, text: &[u32], hashes: &mut Vec<u32>) {
        hashes.clear();
        #[cfg(target_arch = "x86_64")]
        if super::avx2::is_available() {
            let done = super::avx2::shingles(self, text, hashes);
            self.hash_from(done, text, hashes);
            return;
        }
        self.hash_from(0, text, hashes);
    }

    /// The plain body: appends the hashes of the shingles that start at `from` or later.
    pub(super) fn hash_from(&self, from: usize, text: &[u32], hashes: &mut Vec<u32>) {
        for (at, first) in text.iter().enumerate().skip(from) {
            let length = if is_dense(*first) { self.dense } else { self.alphabetic };
            if let Some(shingle) = text.get(at..at + length) {
                hashes.push(self.hash_one(shingle));
            }
        }
        if hashes.is_empty() && !text.is_empty() {
            hashes.push(self.hash_one(text));
        }
    }

    fn hash_one(&self, shingle: &[u32]) -> u32 {
        let products = shingle.iter().zip(self.multipliers).map(|(point, by)| point.wrapping_mul(by));
        mix32(products.fold(self.offset(shingle.len()), u32::wrapping_add))
    }

    /// What a hash of `length` code points starts from.
    pub(super) fn offset(&self, length: usize) -> u32 {
        self.lengths.get(length).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::points;
    use super::*;

    fn hashes(text: &str, alphabetic: usize, dense: usize) -> Vec<u32> {
        let mut hashes = Vec::new();
        Shingles::new(alphabetic, dense).hash(&points(text), &mut hashes);
        hashes
    }

    #[test]
    fn a_shingle_is_as_long_as_its_first_code_point_asks() {
        let one = |text: &str| hashes(text, 8, 8)[0];
        let expected: Vec<u32> = ["a b", " b ", "b 日", " 日本", "日本", "本語"].map(one).to_vec();
        assert_eq!(hashes("a b 日本語", 3, 2), expected);
    }

    #[test]
    fn a_text_too_short_is_one_shingle() {
        assert_eq!(hashes("ab", 4, 2).len(), 1);
        assert_eq!(hashes("a日", 4, 2), hashes("a日", 2, 2));
        assert_ne!(hashes("ab", 4, 2), hashes("ac", 4, 2));
        assert!(hashes("", 4, 2).is_empty());
    }

    proptest! {
        #[test]
        fn every_body_hashes_the_same(
            text in prop::collection::vec(super::super::point(), 0..100),
            alphabetic in 1..=LONGEST_SHINGLE,
            dense in 1..=LONGEST_SHINGLE,
        ) {
            let shingles = Shingles::new(alphabetic, dense);
            let (mut found, mut truth) = (Vec::new(), Vec::new());
            shingles.hash(&text, &mut found);
            shingles.hash_from(0, &text, &mut truth);
            prop_assert_eq!(found, truth);
        }
    }
}
