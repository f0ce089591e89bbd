//! The keys of a canonical text.

use std::ops::RangeInclusive;

use tweetmill_kernels::near::{Bands, Deletions};

use super::preset::{Preset, SchemeKind};

/// Seed of all keys. One is as good as the other; another would part histories.
const SEED: u64 = 0;

/// Makes the keys of a preset; keeps its buffers between texts, so one per thread is best.
#[derive(Debug, Clone)]
pub struct Keys {
    schemes: Vec<(RangeInclusive<usize>, Maker)>,
    least_length: usize,
    points: Vec<u32>,
}

#[derive(Debug, Clone)]
enum Maker {
    Bands(Bands),
    Deletions { deletions: Deletions, share: (usize, usize), most: usize },
}

impl Keys {
    /// Keys of `preset`.
    pub fn new(preset: &Preset) -> Self {
        let schemes = preset.schemes.iter().map(|scheme| {
            let maker = match scheme.kind {
                SchemeKind::Bands(scheme) => Maker::Bands(Bands::new(scheme, SEED)),
                SchemeKind::Deletions { share, most } => {
                    Maker::Deletions { deletions: Deletions::new(SEED), share, most }
                }
            };
            (scheme.lengths.clone(), maker)
        });
        Self { schemes: schemes.collect(), least_length: preset.least_length, points: Vec::new() }
    }

    /// Appends the keys of a canonical text, about 28, each once; none for the empty text.
    pub fn of_text(&mut self, canonical: &str, keys: &mut Vec<u64>) {
        let mut points = std::mem::take(&mut self.points);
        points.clear();
        points.extend(canonical.chars().map(u32::from));
        self.of_points(&points, keys);
        self.points = points;
    }

    /// As [`of_text`](Self::of_text), of a canonical text's code points.
    pub fn of_points(&mut self, points: &[u32], keys: &mut Vec<u64>) {
        let length = points.len();
        if length < self.least_length {
            return;
        }
        for (lengths, maker) in &mut self.schemes {
            if !lengths.contains(&length) {
                continue;
            }
            match maker {
                Maker::Bands(bands) => bands.keys(points, keys),
                Maker::Deletions { deletions, share: (of, among), most } => {
                    deletions.keys(points, (length * *of / *among).min(*most), keys);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(preset: &Preset, text: &str) -> Vec<u64> {
        let mut keys = Vec::new();
        Keys::new(preset).of_text(text, &mut keys);
        keys
    }

    #[test]
    fn schemes_follow_the_length() {
        let near = Preset::near();
        assert_eq!(keys(&near, "").len(), 0);
        assert_eq!(keys(&near, "lol").len(), 1);
        assert_eq!(keys(&near, "cant").len(), 1 + 4);
        assert_eq!(keys(&near, "abcdefgh").len(), 16 + 1 + 8 + 28);
        assert_eq!(keys(&near, "good morning all").len(), 16);
        assert_eq!(keys(&near, "good morning all of you").len(), 20 + 16);
        assert_eq!(keys(&near, &"good morning ".repeat(3)).len(), 20);
        assert_eq!(keys(&Preset { least_length: 9, ..near }, "abcdefgh").len(), 0);
    }

    #[test]
    fn short_texts_an_edit_apart_share_a_key() {
        for (left, right) in [("cant", "can"), ("おはようございます", "おはようございまーす")]
        {
            let left = keys(&Preset::near(), left);
            assert!(keys(&Preset::near(), right).iter().any(|key| left.contains(key)));
        }
    }
}
