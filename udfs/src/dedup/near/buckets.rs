//! Which texts have a key.

use rayon::prelude::*;

use super::keys::Keys;
use super::preset::Preset;
use super::texts::Texts;

/// Rows that share a start, about.
const ROWS_A_START: usize = 8;

/// The keys of texts in memory, 28 rows of 16 bytes a text.
///
/// ```text
///   starts   by the first bits of a key ─┐
///   rows     (key, text) ascending    ···▼(k, 3) (k, 17) (k, 90) ···    a bucket: its heads come first
/// ```
#[derive(Debug)]
pub struct Buckets {
    rows: Vec<(u64, u32)>,
    starts: Vec<u32>,
    shift: u32,
}

impl Buckets {
    /// The keys that `preset` gives `texts`; at most 2³² rows.
    pub fn new(preset: &Preset, texts: &Texts) -> Self {
        let rows_of = |(maker, keys): &mut (Keys, Vec<u64>), number: u32| {
            keys.clear();
            maker.of_points(texts.get(number), keys);
            keys.iter().map(|key| (*key, number)).collect::<Vec<_>>()
        };
        let mut rows: Vec<(u64, u32)> = (0..texts.len() as u32)
            .into_par_iter()
            .map_init(|| (Keys::new(preset), Vec::new()), rows_of)
            .flatten_iter()
            .collect();
        rows.par_sort_unstable();
        let bits = (rows.len() / ROWS_A_START).max(2).ilog2();
        let shift = u64::BITS - bits;
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        for (at, (key, _)) in rows.iter().enumerate() {
            starts.resize(starts.len().max((key >> shift) as usize + 1), at as u32);
        }
        starts.resize((1 << bits) + 1, rows.len() as u32);
        Self { rows, starts, shift }
    }

    /// The earliest texts that have `key`, at most `most`, and before the text `before` in order.
    pub fn heads(&self, key: u64, before: u32, most: usize) -> impl Iterator<Item = u32> {
        let first = (key >> self.shift) as usize;
        let range = match (self.starts.get(first), self.starts.get(first + 1)) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        };
        let rows = self.rows.get(range).unwrap_or_default();
        let same = rows.iter().skip_while(move |(other, _)| *other < key);
        same.take_while(move |(other, text)| *other == key && *text < before)
            .take(most)
            .map(|(_, text)| *text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_earliest_texts() {
        let texts = Texts::new(["lol", "cant", "lol", "lol", "lo"]);
        let buckets = Buckets::new(&Preset::near(), &texts);
        let mut keys = Vec::new();
        Keys::new(&Preset::near()).of_text("lol", &mut keys);
        let heads = |before, most| buckets.heads(keys[0], before, most).collect::<Vec<_>>();
        assert_eq!(heads(5, 8), [0, 2, 3]);
        assert_eq!(heads(5, 2), [0, 2]);
        assert_eq!(heads(3, 8), [0, 2]);
        assert_eq!(buckets.heads(!keys[0], 5, 8).count(), 0);
    }

    #[test]
    fn no_texts_have_no_buckets() {
        assert_eq!(Buckets::new(&Preset::near(), &Texts::new([""; 0])).heads(7, 1, 1).count(), 0);
    }
}
