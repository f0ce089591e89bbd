//! The words of a language, rendered once so that writing a text is copying.

use super::languages::{LANGUAGES, Language};
use crate::synth::rng::{Rng, Subject, permute};

/// Words a language has, besides its little ones.
const VOCABULARY: u32 = 1 << 13;

/// Bits a name carries: six syllables, each one of 64.
pub(super) const NAME_BITS: u32 = 36;

/// The words of one language.
#[derive(Debug)]
pub(in crate::synth) struct Lexicon {
    pub(super) language: &'static Language,
    /// All words in a row; the n-th ends at `ends[n]`.
    arena: String,
    ends: Vec<u32>,
    pub(super) glue: Vec<&'static str>,
    pub(super) stops: Vec<&'static str>,
    pub(super) laughs: Vec<&'static str>,
    pub(super) phrases: Vec<&'static str>,
    names: Vec<String>,
}

impl Lexicon {
    fn new(language: &'static Language, ordinal: u64) -> Self {
        let heads: Vec<&str> = language.heads.split_whitespace().collect();
        let tails = endings(language.tails);
        let mut arena = String::new();
        let mut ends = Vec::with_capacity(VOCABULARY as usize);
        for word in 0..VOCABULARY {
            let mut rng = Rng::new(0, Subject::Words, ordinal << 32 | u64::from(word));
            let (fewest, most) = language.syllables;
            // The commonest words of every language are short.
            let most = if word < 256 { most.min(fewest + 1) } else { most };
            for _ in 0..rng.between(fewest, most + 1) {
                arena.push_str(rng.pick(&heads));
                arena.push_str(rng.pick(&tails));
            }
            ends.push(arena.len() as u32);
        }
        let name_tails = endings(language.name_tails);
        let names = language
            .name_heads
            .split_whitespace()
            .flat_map(|head| name_tails.iter().map(move |tail| format!("{head}{tail}")))
            .take(64)
            .collect();
        Self {
            language,
            arena,
            ends,
            glue: language.glue.split_whitespace().collect(),
            stops: language.stops.split_whitespace().collect(),
            laughs: language.laughs.split_whitespace().collect(),
            phrases: language.phrases.split('|').collect(),
            names,
        }
    }

    /// The code the platform gives this language.
    pub(in crate::synth) fn code(&self) -> &'static str {
        self.language.code
    }

    /// Whether upper case is the same text in this language.
    pub(in crate::synth) fn cased(&self) -> bool {
        self.language.cased
    }

    /// A word, the commonest by far the most often.
    pub(super) fn word(&self, rng: &mut Rng) -> &str {
        let index = (rng.zipf(4, 13) - 16) as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]) as usize;
        self.arena.get(start..self.ends[index] as usize).unwrap_or_default()
    }

    /// The six syllables of the `ordinal`-th name; no two ordinals below 2^36 share a name.
    pub(super) fn name(&self, ordinal: u64) -> impl Iterator<Item = &str> {
        let code = permute(ordinal, NAME_BITS);
        (0..6).map(move |at| self.names[(code >> (6 * at) & 63) as usize].as_str())
    }
}

/// The empty list means that heads stand alone.
fn endings(list: &'static str) -> Vec<&'static str> {
    if list.is_empty() { vec![""] } else { list.split_whitespace().collect() }
}

/// The words of every language.
#[derive(Debug)]
pub(in crate::synth) struct Lexicons(Vec<Lexicon>);

impl Lexicons {
    /// Renders them all: a few milliseconds, a megabyte.
    pub(in crate::synth) fn new() -> Self {
        Self(LANGUAGES.iter().zip(0..).map(|(language, ordinal)| Lexicon::new(language, ordinal)).collect())
    }

    /// The language of ordinal `index`; 0 is English.
    pub(in crate::synth) fn get(&self, index: usize) -> &Lexicon {
        &self.0[index]
    }

    /// The language the platform calls `code`; English where it calls none so.
    pub(in crate::synth) fn by_code(&self, code: &str) -> &Lexicon {
        self.0.iter().find(|lexicon| lexicon.code() == code).unwrap_or(&self.0[0])
    }

    /// Draws a language by its share of accounts.
    pub(in crate::synth) fn draw(&self, rng: &mut Rng) -> usize {
        let mut left = rng.below(1000);
        for (index, lexicon) in self.0.iter().enumerate() {
            match left.checked_sub(lexicon.language.share) {
                None => return index,
                Some(rest) => left = rest,
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_language_has_all_it_needs() {
        assert_eq!(LANGUAGES.iter().map(|language| language.share).sum::<u32>(), 1000);
        for lexicon in &Lexicons::new().0 {
            let code = lexicon.code();
            assert_eq!(lexicon.names.len(), 64, "{code}");
            assert_eq!(lexicon.names.iter().collect::<BTreeSet<_>>().len(), 64, "{code}");
            assert!(lexicon.glue.len() > 15 && lexicon.phrases.len() > 4, "{code}");
            let words: BTreeSet<&str> =
                (0..5000).map(|ordinal| lexicon.word(&mut Rng::new(3, Subject::Words, ordinal))).collect();
            assert!(words.len() > 300 && !words.contains(""), "{code}: {}", words.len());
        }
    }

    #[test]
    fn names_are_never_shared() {
        let lexicons = Lexicons::new();
        for index in 0..LANGUAGES.len() {
            let lexicon = lexicons.get(index);
            let names: BTreeSet<String> = (0..2000).map(|ordinal| lexicon.name(ordinal).collect()).collect();
            assert_eq!(names.len(), 2000, "{}", lexicon.code());
        }
    }
}
