//! The n records with the least keys, found in one pass and a memory of n.

use std::collections::BTreeMap;

use datafusion::dataframe::DataFrame;
use futures::TryStreamExt;

use crate::dataset::ShuffleKey;
use crate::dataset::why::Rows;
use crate::error::Result;

/// A record as the fates tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Number of the commit.
    pub(super) commit: u64,
    /// Its tweet id, where it has one.
    pub(super) tweet_id: Option<i64>,
    /// What became of it; empty for a document.
    pub(super) fate: String,
    /// How it was found; None for a document.
    pub(super) origin: Option<String>,
    /// The tweet that carried it.
    pub(super) carrier_id: Option<i64>,
    /// Where its line stood, as far as the run is known.
    pub(super) place: Option<Place>,
}

/// Where a line stood in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Ordinal of the work unit.
    pub(super) unit: i32,
    /// Ordinal of the member within it.
    pub(super) member: i32,
    /// Offset in the decompressed member.
    pub(super) offset: i64,
}

/// Names a record: its key first, and then what tells it from any other of that key. Rows that are equal
/// in all of it count once each.
type Key = (u64, u64, Option<i64>, Option<Place>, Option<i64>, u64);

/// The records with the least keys so far.
pub(super) struct Chosen {
    most: usize,
    seed: u64,
    shuffle_key: ShuffleKey,
    least: BTreeMap<Key, Found>,
}

impl Chosen {
    pub(super) fn new(most: usize, seed: u64, shuffle_key: ShuffleKey) -> Self {
        Self { most, seed, shuffle_key, least: BTreeMap::new() }
    }

    /// The chosen of the rows of `frame` whose fate is `wanted`, in the order of their keys.
    pub(super) async fn of(self, frame: DataFrame, wanted: impl Fn(&str) -> bool) -> Result<Vec<Found>> {
        Ok(self.and(frame, wanted).await?.into_found())
    }

    /// Looks at more rows.
    pub(super) async fn and(mut self, frame: DataFrame, wanted: impl Fn(&str) -> bool) -> Result<Self> {
        let mut batches = frame.execute_stream().await?;
        while let Some(batch) = batches.try_next().await? {
            let rows = Rows(&batch);
            let (fates, origins) = (rows.texts("fate")?, rows.texts("origin")?);
            for row in 0..batch.num_rows() {
                let fate = fates.get(row).map_or("", String::as_str);
                if wanted(fate) {
                    let place = batch.column_by_name("unit").map(|_| Place {
                        unit: rows.ordinal("unit", row),
                        member: rows.ordinal("member", row),
                        offset: rows.integer("offset", row).unwrap_or_default(),
                    });
                    self.take(Found {
                        commit: rows.integer("commit_number", row).unwrap_or_default() as u64,
                        tweet_id: rows.integer("tweet_id", row),
                        fate: fate.to_owned(),
                        origin: origins.get(row).cloned(),
                        carrier_id: rows.integer("carrier_id", row),
                        place,
                    });
                }
            }
        }
        Ok(self)
    }

    /// The chosen in the order of their keys.
    pub(super) fn into_found(self) -> Vec<Found> {
        self.least.into_values().collect()
    }

    fn take(&mut self, found: Found) {
        let mut key = self.key(&found, 0);
        if self.least.len() >= self.most && self.least.last_key_value().is_none_or(|(last, _)| *last < key) {
            return;
        }
        // Equal rows differ by how many came before.
        while self.least.contains_key(&key) {
            key = (key.0, key.1, key.2, key.3, key.4, key.5 + 1);
        }
        self.least.insert(key, found);
        while self.least.len() > self.most {
            self.least.pop_last();
        }
    }

    fn key(&self, found: &Found, copy: u64) -> Key {
        let mut hash = (self.shuffle_key)(self.seed, found.tweet_id.unwrap_or_default());
        if let Some(Place { unit, member, offset }) = found.place {
            let of_file = (self.shuffle_key)(hash, (i64::from(unit) << 32) | i64::from(member));
            hash = (self.shuffle_key)(of_file, offset);
        }
        (hash, found.commit, found.tweet_id, found.place, found.carrier_id, copy)
    }
}
