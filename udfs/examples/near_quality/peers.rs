//! What other tools would find, with the shingles, bands and rows that they ship.
//!
//! MinHash is ours. Of what they do to a text first, lower case and dropping ASCII punctuation is repeated, the rest is not and
//! pairs are not closed into components. A text too short for a
//! shingle finds nothing: tools skip it, or make all of them copies of each other.

use rayon::prelude::*;
use tweetmill_kernels::hash::keyed64_bytes;
use tweetmill_kernels::near::{BandScheme, Bands};

/// A tool.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    shingles: Shingles,
    bands: u16,
    rows: u16,
}

enum Shingles {
    /// Words in lower case without punctuation.
    PlainWords(usize),
    /// Words in lower case as they are.
    Words(usize),
    /// Characters as they are.
    Characters(usize),
}

pub(crate) const PEERS: [Peer; 4] = [
    Peer {
        name: "5-word shingles, 14 x 8 (datatrove, Data Prep Kit)",
        shingles: Shingles::PlainWords(5),
        bands: 14,
        rows: 8,
    },
    Peer {
        name: "5-word shingles, 26 x 11 (Olmo 3 style)",
        shingles: Shingles::PlainWords(5),
        bands: 26,
        rows: 11,
    },
    Peer {
        name: "24-character shingles, 20 x 13 (NeMo Curator)",
        shingles: Shingles::Characters(24),
        bands: 20,
        rows: 13,
    },
    Peer { name: "5-word shingles, 32 x 8 (Data-Juicer)", shingles: Shingles::Words(5), bands: 32, rows: 8 },
];

impl Peer {
    /// Whether the texts share a band.
    pub(crate) fn finds(&self, left: &str, right: &str) -> bool {
        let mut bands = self.bands();
        let (left, right) = (self.keys(&mut bands, left), self.keys(&mut bands, right));
        left.iter().zip(right).any(|(left, right)| *left == right)
    }

    /// All pairs of texts that share a band, (later, earlier), ascending.
    pub(crate) fn pairs(&self, texts: &[String]) -> Vec<(u32, u32)> {
        let keys = texts.par_iter().enumerate().map_init(
            || self.bands(),
            |bands, (number, text)| {
                self.keys(bands, text).into_iter().map(|key| (key, number as u32)).collect::<Vec<_>>()
            },
        );
        let mut keys: Vec<(u64, u32)> = keys.flatten_iter().collect();
        keys.par_sort_unstable();
        let mut pairs = Vec::new();
        for bucket in keys.chunk_by(|(one, _), (other, _)| one == other) {
            for (at, (_, later)) in bucket.iter().enumerate() {
                pairs.extend(bucket.iter().take(at).map(|(_, earlier)| (*later, *earlier)));
            }
        }
        pairs.par_sort_unstable();
        pairs.dedup();
        pairs
    }

    fn bands(&self) -> Bands {
        Bands::new(BandScheme { alphabetic: 1, dense: 1, bands: self.bands, rows: self.rows }, 1)
    }

    /// One key a band; none for a text too short for a shingle.
    fn keys(&self, bands: &mut Bands, text: &str) -> Vec<u64> {
        let mut keys = Vec::new();
        bands.keys(&self.shingles(text), &mut keys);
        keys
    }

    /// The shingles of a text, hashed: MinHash takes them for code points.
    fn shingles(&self, text: &str) -> Vec<u32> {
        match self.shingles {
            Shingles::PlainWords(length) => {
                let text: String = text
                    .to_lowercase()
                    .chars()
                    .filter(|character| {
                        character.is_alphanumeric() || character.is_whitespace() || !character.is_ascii()
                    })
                    .collect();
                hashes(&text.split_whitespace().collect::<Vec<_>>(), length)
            }
            Shingles::Words(length) => {
                hashes(&text.to_lowercase().split_whitespace().collect::<Vec<_>>(), length)
            }
            Shingles::Characters(length) => {
                let characters: Vec<String> = text.chars().map(String::from).collect();
                hashes(&characters.iter().map(String::as_str).collect::<Vec<_>>(), length)
            }
        }
    }
}

fn hashes(items: &[&str], length: usize) -> Vec<u32> {
    items
        .windows(length)
        .map(|shingle| keyed64_bytes("peer", 0, shingle.join("\0").as_bytes()) as u32)
        .collect()
}
