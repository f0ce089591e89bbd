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
    /// The keys, a table a commit, in order.
    pub keys: Vec<ParquetFiles>,
}

impl NearHistory {
    /// What `commits` of the data set at `root` left behind; with `compared` false, only how much.
    pub fn of(root: &Location, commits: &[Commit], compared: bool) -> Self {
        let file = |file: &SideFile| parquet_files::file(root.join(&file.path).path, file.bytes);
        let table = |schema: SchemaRef, files: Vec<PartitionedFile>| {
            ParquetFiles::new(root.store_url.clone(), schema, if compared { files } else { Vec::new() })
        };
        let all = || commits.iter().flat_map(|commit| &commit.history);
        let key_files = || all().filter(|side| compared && is_of(side, KEYS));
        Self {
            next_place: all().filter(|side| is_of(side, TEXTS)).map(|side| side.rows).sum(),
            texts: table(texts_schema(), all().filter(|side| is_of(side, TEXTS)).map(file).collect()),
            key_rows: key_files().map(|side| side.rows).sum(),
            keys: key_files().map(|side| table(keys_schema(), vec![file(side)])).collect(),
        }
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
    fn stored_keys_keep_their_order() {
        let keys = [0, 1, 1 << 62, u64::MAX >> 1, 1 << 63, u64::MAX - 1, u64::MAX];
        assert!(keys.map(stored_key).is_sorted());
        assert_eq!(keys.map(stored_key).map(key_of_stored), keys);
    }
}
