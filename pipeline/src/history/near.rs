//! What near-duplicates of later runs are found by: the keys and the texts of those that took part.
//!
//! Texts are numbered through all commits: a text's *place* is how many took part before it, in the order (commit, tweet
//! id). Two more kinds of rows, listed with the others:
//!
//! | kind | columns | meaning |
//! |---|---|---|
//! | `near_keys` | `key`, `place` | a text among the earliest that have a key; ascending |
//! | `near_texts` | `place`, `tweet_id`, `canonical`, `survivor` | a text as it is compared; `survivor` is null where it was kept itself, or only too many |
//!
//! Keys are 64 bits; so that signed columns keep their order, their highest bit is flipped.
//!
//! Every file of keys is read by every later run, side by side. So that there are few of them however many commits there
//! are, a commit's file stands in for those of commits before it once there are [`RUNS_OF_A_SIZE`] of a size: it holds their
//! keys too, and of commits that it stands in for no file of keys is read any more.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::datasource::listing::PartitionedFile;

use crate::engine::Location;
use crate::engine::parquet_files::{self, ParquetFiles};
use crate::sink::manifest::{Commit, SideFile};

/// First word of the names of files of keys.
pub const KEYS: &str = "near_keys";
/// First word of the names of files of texts.
pub const TEXTS: &str = "near_texts";

/// Files of keys that are left side by side, of as many commits each; with one more they become one.
const RUNS_OF_A_SIZE: usize = 7;

/// Schema of the keys.
pub fn keys_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("key", DataType::Int64, false),
        Field::new("place", DataType::Int64, false),
    ]))
}

/// Schema of the texts.
pub fn texts_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("place", DataType::Int64, false),
        Field::new("tweet_id", DataType::Int64, false),
        Field::new("canonical", DataType::Utf8, false),
        Field::new("survivor", DataType::Int64, true),
    ]))
}

/// A key as its column holds it.
pub fn stored_key(key: u64) -> i64 {
    (key ^ 1 << 63) as i64
}

/// The key that a column holds.
pub fn key_of_stored(stored: i64) -> u64 {
    stored as u64 ^ 1 << 63
}

/// The texts of earlier commits and their keys.
#[derive(Debug, Clone)]
pub struct NearHistory {
    /// Place of the next text.
    pub next_place: u64,
    /// Rows of all of `keys`.
    pub key_rows: u64,
    /// `tweet_id` and the rest of the texts of all commits; no file where they are not to be compared with.
    pub texts: ParquetFiles,
    /// The keys, in order.
    pub keys: Vec<KeyRun>,
    /// How many of the last of `keys` the next commit's file holds as well, to stand in for them.
    pub merged: usize,
    /// How many commits there are.
    pub commits: u64,
}

/// The keys of one commit, or of some that follow each other.
#[derive(Debug, Clone)]
pub struct KeyRun {
    /// Ascending by key, then by place.
    pub table: ParquetFiles,
    /// Commits before the first whose keys it holds.
    pub before: u64,
}

impl NearHistory {
    /// What `commits` of the data set at `root` left behind; with `compared` false, only how much.
    pub fn of(root: &Location, commits: &[Commit], compared: bool) -> Self {
        let file = |file: &SideFile| parquet_files::file(root.join(&file.path).path, file.bytes);
        let table = |schema: SchemaRef, files: Vec<PartitionedFile>| {
            ParquetFiles::new(root.store_url.clone(), schema, if compared { files } else { Vec::new() })
        };
        let all = || commits.iter().flat_map(|commit| &commit.history);
        let key_files = if compared { key_files(commits) } else { Vec::new() };
        let spans: Vec<u64> = key_files.iter().map(|(_, _, commits)| *commits).collect();
        Self {
            next_place: all().filter(|side| is_of(side, TEXTS)).map(|side| side.rows).sum(),
            texts: table(texts_schema(), all().filter(|side| is_of(side, TEXTS)).map(file).collect()),
            key_rows: key_files.iter().map(|(side, ..)| side.rows).sum(),
            keys: key_files
                .into_iter()
                .map(|(side, before, _)| KeyRun { table: table(keys_schema(), vec![file(side)]), before })
                .collect(),
            merged: merged(&spans),
            commits: commits.len() as u64,
        }
    }

    /// Commits before the next one whose keys its file holds too.
    pub fn absorbed(&self) -> u64 {
        let first = self.keys.len().checked_sub(self.merged).and_then(|first| self.keys.get(first));
        first.map_or(0, |first| self.commits - first.before)
    }
}

/// The files of keys that are read, in order; with each how many commits come before its first, and how many it is of.
fn key_files(commits: &[Commit]) -> Vec<(&SideFile, u64, u64)> {
    let mut files = Vec::new();
    let mut end = commits.len();
    while let Some((commit, before)) = commits.get(..end).and_then(<[Commit]>::split_last) {
        let absorbed = commit.near.map_or(0, |near| near.absorbed as usize).min(before.len());
        end = before.len() - absorbed;
        if let Some(file) = commit.history.iter().find(|side| is_of(side, KEYS)) {
            files.push((file, end as u64, absorbed as u64 + 1));
        }
    }
    files.reverse();
    files
}

/// How many of the last runs become one with the next, which is of one commit; `spans` are the commits of each.
///
/// As in a number that is counted up: where all places below are full they are emptied, and one above is filled.
fn merged(spans: &[u64]) -> usize {
    let (mut merged, mut span) = (0, 1);
    loop {
        let before = spans.get(..spans.len() - merged).unwrap_or_default();
        let of_a_size = before.iter().rev().take_while(|other| **other <= span);
        let (runs, commits) = of_a_size.fold((0, 0), |(runs, all), commits| (runs + 1, all + commits));
        if runs < RUNS_OF_A_SIZE {
            return merged;
        }
        (merged, span) = (merged + runs, span + commits);
    }
}

/// Whether `file` is of `kind`, by its name.
pub(crate) fn is_of(file: &SideFile, kind: &str) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    name.split_once('-').is_some_and(|(first, _)| first == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_stay_few() {
        let mut spans: Vec<u64> = Vec::new();
        let mut written = 0;
        for night in 1..=1000 {
            let merged = merged(&spans);
            let together: u64 = spans.split_off(spans.len() - merged).iter().sum::<u64>() + 1;
            spans.push(together);
            written += together;
            assert_eq!(spans.iter().sum::<u64>(), night);
            assert!(spans.len() <= 4 * RUNS_OF_A_SIZE, "{spans:?}");
        }
        assert_eq!(spans, [512, 64, 64, 64, 64, 64, 64, 64, 8, 8, 8, 8, 8]);
        // Each key is written once for each size.
        assert!(written <= 4 * 1000, "{written}");
    }

    #[test]
    fn stored_keys_keep_their_order() {
        let keys = [0, 1, 1 << 62, u64::MAX >> 1, 1 << 63, u64::MAX - 1, u64::MAX];
        assert!(keys.map(stored_key).is_sorted());
        assert_eq!(keys.map(stored_key).map(key_of_stored), keys);
    }
}
