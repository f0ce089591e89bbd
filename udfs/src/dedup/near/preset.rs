//! What counts as nearly the same, and where it is looked for.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;

use tweetmill_kernels::near::BandScheme;

use crate::text::{CANONICAL_VERSION, UNICODE_VERSION};

/// Version of the rule: of everything that decides and is no parameter of a [`Preset`]. It belongs to the identity of
/// every history.
pub const NEAR_VERSION: u32 = 1;

/// The rule with its parameters.
///
/// Prints as its identity: the versions of the rule, of the canonical text and of Unicode, and every parameter. Decisions
/// of different identities have nothing to do with each other, not even where one similarity is above the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// What it is called in a run file.
    pub name: &'static str,
    /// Texts are near from this indel similarity on, in per cent, 1 to 100.
    pub similarity: u32,
    /// Where candidates are looked for.
    pub schemes: &'static [Scheme],
    /// Texts of a bucket that later ones are candidates of, the earliest: at least 1, and more than `copies`, for in a wave all
    /// buckets may have the same.
    pub heads: usize,
    /// Candidates of a text that are compared with it, of those that length and letters let pass: at least 1.
    pub comparisons: usize,
    /// Near texts that must be earlier for a text to be dropped: at least 1, and at most `comparisons`.
    pub copies: usize,
    /// Shorter texts are near to none, in code points of the canonical text; 0 lets all take part.
    pub least_length: usize,
}

/// Keys for texts of some lengths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    /// Code points of the canonical text.
    pub lengths: RangeInclusive<usize>,
    /// What keys they are given.
    pub kind: SchemeKind,
}

/// A way to make keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemeKind {
    /// MinHash.
    Bands(BandScheme),
    /// What is left when ⌊share · length⌋ code points are deleted, and `most` at most.
    Deletions {
        /// Numerator and denominator.
        share: (usize, usize),
        /// Code points.
        most: usize,
    },
}

/// Long texts: shingles of five letters are rare enough that three of them make a key.
const NEAR_SCHEMES: &[Scheme] =
    &[bands(17..=usize::MAX, 5, 20), bands(5..=25, 3, 16), deletions(1..=14, (26, 100))];
const LOOSE_SCHEMES: &[Scheme] =
    &[bands(30..=usize::MAX, 5, 24), bands(5..=45, 3, 20), deletions(1..=12, (1, 3))];

const fn bands(lengths: RangeInclusive<usize>, alphabetic: u8, bands: u16) -> Scheme {
    Scheme { lengths, kind: SchemeKind::Bands(BandScheme { alphabetic, dense: 2, bands, rows: 3 }) }
}

const fn deletions(lengths: RangeInclusive<usize>, share: (usize, usize)) -> Scheme {
    Scheme { lengths, kind: SchemeKind::Deletions { share, most: 2 } }
}

impl Preset {
    /// Names of the presets that take no argument.
    pub const NAMES: [&str; 2] = ["near", "loose"];

    /// 85 per cent: a word of fifteen replaced, a few letters, a greeting added.
    pub const fn near() -> Self {
        Self {
            name: "near",
            similarity: 85,
            schemes: NEAR_SCHEMES,
            heads: 8,
            comparisons: 32,
            copies: 1,
            least_length: 0,
        }
    }

    /// 80 per cent: also texts cut by a third, or with several words replaced.
    pub const fn loose() -> Self {
        Self { name: "loose", similarity: 80, schemes: LOOSE_SCHEMES, ..Self::near() }
    }

    /// As `near`, but a text is dropped only when at least `copies` earlier ones are near: what is sent in waves goes, what two
    /// people say stays.
    pub const fn spam(copies: usize) -> Self {
        let near = Self::near();
        let heads = if copies * 2 > near.heads { copies * 2 } else { near.heads };
        Self { name: "spam", copies, heads, ..near }
    }

    /// The preset of a name in [`Self::NAMES`].
    pub fn named(name: &str) -> Option<Self> {
        [Self::near(), Self::loose()].into_iter().find(|preset| preset.name == name)
    }
}

impl Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {NEAR_VERSION}: canonical {CANONICAL_VERSION}, unicode {UNICODE_VERSION}, similarity {}, heads {}, \
             comparisons {}, copies {}, least length {}",
            self.name, self.similarity, self.heads, self.comparisons, self.copies, self.least_length
        )?;
        self.schemes.iter().try_for_each(|scheme| write!(f, ", {scheme}"))
    }
}

impl Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            SchemeKind::Bands(BandScheme { alphabetic, dense, bands, rows }) => {
                write!(f, "shingles {alphabetic}/{dense} bands {bands} x {rows}")?;
            }
            SchemeKind::Deletions { share: (of, among), most } => {
                write!(f, "deletions {of}/{among} up to {most}")?;
            }
        }
        write!(f, " for {}", self.lengths.start())?;
        if *self.lengths.end() < usize::MAX {
            write!(f, " to {}", self.lengths.end())
        } else {
            f.write_str(" on")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_prints_all_that_decides() {
        assert_eq!(
            Preset::near().to_string(),
            "near 1: canonical 1, unicode 18.0, similarity 85, heads 8, comparisons 32, copies 1, least length 0, \
             shingles 5/2 bands 20 x 3 for 17 on, shingles 3/2 bands 16 x 3 for 5 to 25, deletions 26/100 up to 2 \
             for 1 to 14"
        );
        assert_ne!(Preset::spam(1).to_string(), Preset::near().to_string());
    }

    #[test]
    fn presets_are_found_by_name() {
        for name in Preset::NAMES {
            assert_eq!(Preset::named(name).map(|preset| preset.name), Some(name));
        }
        assert_eq!(Preset::named("exact"), None);
    }
}
