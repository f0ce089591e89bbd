//! Buckets: the texts that share a key, the earliest of which are the candidates of the others.

use std::io;

use super::rows::{KeyRow, Pair};

/// Places that are collected before those that came twice are sought.
pub(super) const LEAST_TO_DEDUP: usize = 1 << 16;

/// Keys, each with the place of a text that has it, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PlacedKeys {
    pub(super) keys: Vec<u64>,
    pub(super) places: Vec<u64>,
}

impl PlacedKeys {
    /// `rows`, ascending, of the run whose first text has the place `base`, and all of `others` with them.
    pub(super) fn merged(rows: &[KeyRow], base: u64, others: &[Self]) -> Self {
        let own = rows.iter().map(|row| (row.key, base + u64::from(row.text)));
        if others.is_empty() {
            let (keys, places) = own.unzip();
            return Self { keys, places };
        }
        let others = others.iter().flat_map(|run| run.keys.iter().copied().zip(run.places.iter().copied()));
        let mut all: Vec<(u64, u64)> = others.chain(own).collect();
        all.sort_unstable();
        let (keys, places) = all.into_iter().unzip();
        Self { keys, places }
    }
}

/// What became of the buckets of a part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PartOutcome {
    /// Keys of this run that later runs need: its texts among the heads, ascending.
    pub(super) heads: Vec<KeyRow>,
    /// Earlier texts that this run's are compared with, ascending, each once.
    pub(super) past: Vec<u64>,
    /// Buckets of this run's texts.
    pub(super) buckets: u64,
    /// Buckets with more texts than heads.
    pub(super) saturated: u64,
}

/// Walks the buckets of one part: of each text and each head before it `pair` is called.
///
/// `rows` are this run's, sorted; `base` is the place of its first text. `past` are the keys of each earlier run, the
/// earliest run first, within the range of the part. The first `most` texts of a bucket, in the order of all runs, are its
/// heads.
pub(super) fn walk(
    rows: &[KeyRow],
    past: &[PlacedKeys],
    base: u64,
    most: usize,
    mut pair: impl FnMut(Pair) -> io::Result<()>,
) -> io::Result<PartOutcome> {
    let mut outcome = PartOutcome::default();
    let mut cursors = vec![0; past.len()];
    let mut heads: Vec<u64> = Vec::with_capacity(most);
    let mut dedup_at = LEAST_TO_DEDUP;
    for bucket in rows.chunk_by(|one, other| one.key == other.key) {
        let Some(KeyRow { key, .. }) = bucket.first().copied() else { continue };
        heads.clear();
        for (run, cursor) in past.iter().zip(&mut cursors) {
            take_heads(run, cursor, key, most, &mut heads);
        }
        outcome.past.extend(&heads);
        if outcome.past.len() >= dedup_at {
            sort_and_dedup(&mut outcome.past);
            dedup_at = LEAST_TO_DEDUP.max(outcome.past.len() * 2);
        }
        outcome.buckets += 1;
        outcome.saturated += u64::from(heads.len() + bucket.len() > most);
        for row in bucket {
            for earlier in &heads {
                pair(Pair { later: row.text, earlier: *earlier })?;
            }
            if heads.len() < most {
                heads.push(base + u64::from(row.text));
                outcome.heads.push(*row);
            }
        }
    }
    sort_and_dedup(&mut outcome.past);
    Ok(outcome)
}

/// Puts places in order, each once.
pub(super) fn sort_and_dedup(places: &mut Vec<u64>) {
    places.sort_unstable();
    places.dedup();
}

/// Moves `cursor` behind `key`, and takes the places that have it while there are fewer than `most`.
fn take_heads(run: &PlacedKeys, cursor: &mut usize, key: u64, most: usize, heads: &mut Vec<u64>) {
    while let Some(other) = run.keys.get(*cursor).filter(|other| **other <= key) {
        if *other == key && heads.len() < most {
            heads.extend(run.places.get(*cursor));
        }
        *cursor += 1;
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn rows(rows: &[(u64, u32)]) -> Vec<KeyRow> {
        rows.iter().map(|(key, text)| KeyRow { key: *key, text: *text }).collect()
    }

    #[test]
    fn keys_of_several_runs_become_one_run() {
        let earlier = PlacedKeys { keys: vec![3, 5, 9], places: vec![1, 0, 1] };
        let later = PlacedKeys { keys: vec![3, 5], places: vec![7, 8] };
        let merged = PlacedKeys::merged(&rows(&[(2, 1), (5, 0), (5, 2)]), 10, &[earlier, later]);
        let expected =
            PlacedKeys { keys: vec![2, 3, 3, 5, 5, 5, 5, 9], places: vec![11, 1, 7, 0, 8, 10, 12, 1] };
        assert_eq!(merged, expected);
    }

    #[test]
    fn the_earliest_of_all_runs_are_heads() {
        let past = [
            PlacedKeys { keys: vec![3, 5, 5, 9], places: vec![1, 0, 2, 3] },
            PlacedKeys { keys: vec![4, 5, 6], places: vec![11, 10, 12] },
        ];
        let mut pairs = Vec::new();
        let own = rows(&[(2, 0), (2, 3), (5, 1), (5, 2), (6, 0), (6, 1), (6, 2), (6, 3), (7, 0)]);
        let outcome = walk(&own, &past, 100, 3, |pair| {
            pairs.push((pair.later, pair.earlier));
            Ok(())
        })
        .unwrap();
        let expected = [
            (3, 100),
            (1, 0),
            (1, 2),
            (1, 10),
            (2, 0),
            (2, 2),
            (2, 10),
            (0, 12),
            (1, 12),
            (1, 100),
            (2, 12),
            (2, 100),
            (2, 101),
            (3, 12),
            (3, 100),
            (3, 101),
        ];
        assert_eq!(pairs, expected);
        assert_eq!(outcome.heads, rows(&[(2, 0), (2, 3), (6, 0), (6, 1), (7, 0)]));
        assert_eq!(outcome.past, [0, 2, 10, 12]);
        assert_eq!((outcome.buckets, outcome.saturated), (4, 2));
    }
}
