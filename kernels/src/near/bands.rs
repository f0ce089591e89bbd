//! MinHash, and the keys of its bands.

use super::mix::mix64;
use super::shingles::Shingles;
use crate::hash::{keyed64, keyed64_bytes};

/// How many shingles two texts must have in common to share a key, most likely.
///
/// With Jaccard similarity s of their shingle sets, they do with probability 1 − (1 − s^rows)^bands
/// (Broder 1997; Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BandScheme {
    /// Code points of a shingle of an alphabet, 1 to 8.
    pub alphabetic: u8,
    /// Code points of a shingle of a dense script, 1 to 8: see [`super::is_dense`].
    pub dense: u8,
    /// Bands: keys a text has, at least 1.
    pub bands: u16,
    /// Rows: minima a key is made of, at least 1.
    pub rows: u16,
}

/// A [`BandScheme`] made ready, and the memory that texts are sketched in: one per thread is best.
///
/// Lane k of the signature is the minimum over all shingles x of aₖ·x + bₖ mod 2³² with odd aₖ: a permutation of the 32-bit
/// words, of the universal family of Dietzfelbinger and others (1997). bₖ and aₖ are the halves of keyed64(`near-lane`, seed, k),
/// high and low. The key of band i is mix64(tᵢ + Σ mᵣ·vᵣ mod 2⁶⁴) over the rows vᵣ of the band, lanes i·rows to (i + 1)·rows; mᵣ is
/// keyed64(`near-row`, seed, r), made odd, and tᵢ is `keyed64_bytes` of `near-band`, the seed and alphabetic, dense (8 bits each),
/// rows and i (16 bits each, little-endian): equal minima of another scheme or band are another key.
#[derive(Debug, Clone)]
pub struct Bands {
    scheme: BandScheme,
    pub(super) shingles: Shingles,
    /// `a` and `b` of each lane, as many as fill whole blocks.
    pub(super) lanes: Vec<LaneBlock>,
    pub(super) row_multipliers: Vec<u64>,
    pub(super) band_tags: Vec<u64>,
    hashes: Vec<u32>,
    minima: Vec<u32>,
}

/// Lanes computed together.
pub(super) const LANES: usize = 8;

/// The parameters of some lanes.
#[derive(Debug, Clone, Copy)]
pub(super) struct LaneBlock {
    pub(super) a: [u32; LANES],
    pub(super) b: [u32; LANES],
}

impl Bands {
    /// `scheme` with the permutations of `seed`.
    ///
    /// # Panics
    ///
    /// Where the scheme is out of its ranges.
    pub fn new(scheme: BandScheme, seed: u64) -> Self {
        let BandScheme { alphabetic, dense, bands, rows } = scheme;
        assert!(bands > 0 && rows > 0, "a scheme has at least one band and one row");
        let blocks = (usize::from(bands) * usize::from(rows)).div_ceil(LANES);
        let word = |block: usize, lane: usize| keyed64("near-lane", seed, (block * LANES + lane) as i64);
        let lanes = (0..blocks)
            .map(|block| LaneBlock {
                a: std::array::from_fn(|lane| word(block, lane) as u32 | 1),
                b: std::array::from_fn(|lane| (word(block, lane) >> 32) as u32),
            })
            .collect();
        let tag = |band: u16| {
            let ([r0, r1], [b0, b1]) = (rows.to_le_bytes(), band.to_le_bytes());
            keyed64_bytes("near-band", seed, &[alphabetic, dense, r0, r1, b0, b1])
        };
        Self {
            scheme,
            shingles: Shingles::new(usize::from(alphabetic), usize::from(dense)),
            lanes,
            row_multipliers: (0..rows).map(|row| keyed64("near-row", seed, i64::from(row)) | 1).collect(),
            band_tags: (0..bands).map(tag).collect(),
            hashes: Vec::new(),
            minima: Vec::new(),
        }
    }

    /// The scheme.
    pub fn scheme(&self) -> BandScheme {
        self.scheme
    }

    /// The signature of `text`: bands × rows minima; empty for the empty text. The share of lanes in which two signatures
    /// agree estimates the Jaccard similarity of the shingle sets.
    pub fn signature(&mut self, text: &[u32]) -> &[u32] {
        self.minimize(text);
        let wanted = usize::from(self.scheme.bands) * usize::from(self.scheme.rows);
        self.minima.get(..wanted).unwrap_or_default()
    }

    /// Appends the keys of the bands of `text`, in order; none for the empty text.
    pub fn keys(&mut self, text: &[u32], keys: &mut Vec<u64>) {
        self.minimize(text);
        let bands = self.minima.chunks_exact(self.row_multipliers.len());
        keys.extend(bands.zip(&self.band_tags).map(|(rows, tag)| {
            let products = rows.iter().zip(&self.row_multipliers);
            mix64(products.fold(*tag, |sum, (row, by)| sum.wrapping_add(by.wrapping_mul(u64::from(*row)))))
        }));
    }

    fn minimize(&mut self, text: &[u32]) {
        self.shingles.hash(text, &mut self.hashes);
        self.minima.clear();
        if self.hashes.is_empty() {
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if super::avx2::is_available() {
            super::avx2::minima(&self.lanes, &self.hashes, &mut self.minima);
            return;
        }
        minima(&self.lanes, &self.hashes, &mut self.minima);
    }
}

/// The plain body: appends the minimum of each lane over all `hashes`, of which there is at least one.
pub(super) fn minima(lanes: &[LaneBlock], hashes: &[u32], minima: &mut Vec<u32>) {
    for block in lanes {
        for (a, b) in block.a.iter().zip(&block.b) {
            let permuted = hashes.iter().map(|hash| a.wrapping_mul(*hash).wrapping_add(*b));
            minima.push(permuted.min().unwrap_or(u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::points;
    use super::*;

    const SCHEME: BandScheme = BandScheme { alphabetic: 4, dense: 2, bands: 20, rows: 4 };

    fn keys(scheme: BandScheme, text: &str) -> Vec<u64> {
        let mut keys = Vec::new();
        Bands::new(scheme, 7).keys(&points(text), &mut keys);
        keys
    }

    fn shared(left: &[u64], right: &[u64]) -> usize {
        left.iter().filter(|key| right.contains(key)).count()
    }

    #[test]
    fn close_texts_share_keys_and_others_do_not() {
        let text = keys(SCHEME, "the quick brown fox jumps over the lazy dog");
        assert_eq!(text.len(), 20);
        assert!(shared(&text, &keys(SCHEME, "the quick brown fox jumps over a lazy dog")) > 2);
        assert_eq!(shared(&text, &keys(SCHEME, "lorem ipsum dolor sit amet consectetur")), 0);
        assert!(keys(SCHEME, "").is_empty());
        assert_eq!(keys(SCHEME, "ab").len(), 20);
    }

    /// "aaaa" has one shingle, so that all bands have the same minima but for their lanes.
    #[test]
    fn keys_tell_bands_and_schemes_apart() {
        let mut all = [SCHEME, BandScheme { dense: 3, ..SCHEME }, BandScheme { rows: 2, ..SCHEME }]
            .map(|scheme| keys(scheme, "aaaa"))
            .concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 60);
    }

    /// What histories hold never changes. Computed from the definition by another program.
    #[test]
    fn keys_stay_as_they_were() {
        let found = keys(BandScheme { alphabetic: 3, dense: 2, bands: 2, rows: 3 }, "hello 世界");
        assert_eq!(found, [0x9985_abbe_3d99_00eb, 0x83e1_49a5_0aad_9e2a]);
    }

    /// The estimate of a Jaccard similarity of 1/3 by 2,000 lanes has a standard deviation of .0105.
    #[test]
    fn signatures_estimate_jaccard() {
        let mut bands = Bands::new(BandScheme { bands: 500, rows: 4, ..SCHEME }, 7);
        let words = |range: std::ops::Range<u32>| range.map(|at| 0x4E00 + at * 7).collect::<Vec<_>>();
        let left = bands.signature(&words(0..401)).to_vec(); // 400 shingles of two
        let right = bands.signature(&words(200..601)).to_vec(); // 200 of them, and 200 others
        let equal = left.iter().zip(&right).filter(|(left, right)| left == right).count();
        assert!((600..=733).contains(&equal), "{equal} of {}", left.len());
    }

    proptest! {
        #[test]
        fn every_body_finds_the_same_minima(
            hashes in prop::collection::vec(any::<u32>(), 1..80),
            bands in 1_u16..=24,
            rows in 1_u16..=6,
            seed in any::<u64>(),
        ) {
            let bands = Bands::new(BandScheme { bands, rows, ..SCHEME }, seed);
            let (mut found, mut truth) = (Vec::new(), Vec::new());
            minima(&bands.lanes, &hashes, &mut truth);
            #[cfg(target_arch = "x86_64")]
            if super::super::avx2::is_available() {
                super::super::avx2::minima(&bands.lanes, &hashes, &mut found);
                prop_assert_eq!(&found, &truth);
            }
            prop_assert!(truth.len() >= usize::from(bands.scheme.bands * bands.scheme.rows));
        }
    }
}
