//! The shingles of a text, each with its hash and its length.

use crate::hash::keyed64;
use crate::near::{is_dense, mix64};

/// Code points of a shingle.
pub const ALPHABETIC: usize = 8;
/// Code points of a shingle that begins in a dense script.
pub const DENSE: usize = 4;

/// A shingle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shingle {
    pub(super) hash: u64,
    /// First code point.
    pub(super) at: usize,
    /// Code points.
    pub(super) length: usize,
}

impl Shingle {
    /// 1, or 2 in a dense script, where a letter says as much as two of an alphabet and begins one shingle all the same.
    pub(super) fn weight(self) -> u32 {
        (ALPHABETIC / self.length) as u32
    }
}

/// Hashes shingles.
#[derive(Debug, Clone)]
pub(super) struct Hasher {
    multipliers: [u64; ALPHABETIC],
    lengths: [u64; ALPHABETIC + 1],
}

impl Hasher {
    pub(super) fn new() -> Self {
        Self {
            multipliers: std::array::from_fn(|at| keyed64("contain-shingle", 0, at as i64) | 1),
            lengths: std::array::from_fn(|length| keyed64("contain-length", 0, length as i64)),
        }
    }

    /// The shingles of `text` in order; those that would run over its end are left out.
    pub(super) fn shingles<'a>(&'a self, text: &'a [u32]) -> impl Iterator<Item = Shingle> + 'a {
        text.iter().enumerate().filter_map(|(at, first)| {
            let length = if is_dense(*first) { DENSE } else { ALPHABETIC };
            let points = text.get(at..at + length)?;
            Some(Shingle { hash: self.hash(points), at, length })
        })
    }

    fn hash(&self, points: &[u32]) -> u64 {
        let products =
            points.iter().zip(self.multipliers).map(|(point, by)| u64::from(*point).wrapping_mul(by));
        let start = self.lengths.get(points.len()).copied().unwrap_or_default();
        mix64(products.fold(start, u64::wrapping_add))
    }
}
