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
//! are, a commit's file stands in for those of commits before it once there are seven of a size: it holds their
//! keys too, and of commits that it stands in for no file of keys is read any more.

use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::execution::object_store::ObjectStoreUrl;

use crate::engine::Location;
use crate::engine::parquet_files::{self, ParquetFiles};
use crate::error::{Error, ErrorKind, Result};
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
    /// Where all files are.
    pub store: ObjectStoreUrl,
    /// The texts of all commits, in order; none where they are not to be compared with.
    pub texts: Vec<TextFile>,
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

/// The texts of one commit, their places one after the other.
#[derive(Debug, Clone)]
pub struct TextFile {
    /// The file, its rows ascending by place.
    pub file: PartitionedFile,
    /// The places of its texts.
    pub places: Range<u64>,
}

impl NearHistory {
    /// What `commits` of the data set at `root` left behind; with `compared` false, only how much.
    pub fn of(root: &Location, commits: &[Commit], compared: bool) -> Result<Self> {
        let file = |file: &SideFile| parquet_files::file(root.join(&file.path).path, file.bytes);
        let (mut texts, mut next_place) = (Vec::new(), 0);
        for side in commits.iter().flat_map(|commit| &commit.history).filter(|side| is_of(side, TEXTS)) {
            let places = next_place..next_place + side.rows;
            next_place = places.end;
            texts.push(TextFile { file: file(side), places });
        }
        if !compared {
            texts.clear();
        }
        let key_files = if compared { key_files(commits)? } else { Vec::new() };
        let store = &root.store_url;
        let table = |run: &SideFile| ParquetFiles::new(store.clone(), keys_schema(), vec![file(run)]);
        let spans: Vec<usize> = key_files.iter().map(|run| run.runs).collect();
        Ok(Self {
            next_place,
            store: store.clone(),
            texts,
            key_rows: key_files.iter().map(|run| run.file.rows).sum(),
            keys: key_files
                .into_iter()
                .map(|run| KeyRun { table: table(run.file), before: run.before })
                .collect(),
            merged: merged(&spans),
            commits: commits.len() as u64,
        })
    }

    /// Commits before the next one whose keys its file holds too.
    pub fn absorbed(&self) -> u64 {
        let first = self.keys.len().checked_sub(self.merged).and_then(|first| self.keys.get(first));
        first.map_or(0, |first| self.commits - first.before)
    }
}

/// The files of keys that are read of `commits`, in order.
fn key_files(commits: &[Commit]) -> Result<Vec<KeyFile<'_>>> {
    let mut files = Vec::new();
    let mut end = commits.len();
    while let Some((commit, before)) = commits.get(..end).and_then(<[Commit]>::split_last) {
        let Some(first) = end.checked_sub(commit.near_keys_absorbed as usize + 1) else {
            let (number, absorbed) = (commit.number, commit.near_keys_absorbed);
            let message =
                format!("commit {number} holds the keys of {absorbed} commits before it, which are fewer");
            return Err(Error::new(ErrorKind::Store, message)
                .with_hint("the data set's history is damaged: restore the commit"));
        };
        if let Some(file) = keys_of(commit) {
            let runs = before.iter().skip(first).filter(|commit| keys_of(commit).is_some()).count();
            files.push(KeyFile { file, before: first as u64, runs: runs + 1 });
        }
        end = first;
    }
    files.reverse();
    Ok(files)
}

/// A file of keys.
struct KeyFile<'a> {
    file: &'a SideFile,
    /// Commits before the first whose keys it holds.
    before: u64,
    /// Commits with keys of their own that it holds the keys of.
    runs: usize,
}

fn keys_of(commit: &Commit) -> Option<&SideFile> {
    commit.history.iter().find(|side| is_of(side, KEYS))
}

/// The fewest rows that the file of keys of the last of `commits` may have: all of those it stands in for.
pub fn least_key_rows(commits: &[Commit]) -> Result<u64> {
    let Some((commit, before)) = commits.split_last() else { return Ok(0) };
    let first = (before.len() as u64).saturating_sub(commit.near_keys_absorbed);
    let absorbed = key_files(before)?.into_iter().filter(|run| run.before >= first);
    Ok(absorbed.map(|run| run.file.rows).sum())
}

/// How many of the last files become one with the next, which is of one commit; `spans` are the commits with keys that each
/// is of.
///
/// As in a number that is counted up: where all places below are full they are emptied, and one above is filled.
fn merged(spans: &[usize]) -> usize {
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
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::engine::Storage;

    const COMMIT: &[u8] = include_bytes!("../../../tests/golden/commit.v1.json");

    /// The commits of nights, those with texts as `has_texts` says of their number, each as a run would write it.
    fn nights(nights: u64, has_texts: impl Fn(u64) -> bool) -> Vec<Commit> {
        let golden = Commit::from_json(COMMIT).unwrap();
        let place = Storage::new().locate("/nowhere").unwrap();
        let mut commits: Vec<Commit> = Vec::new();
        for number in 1..=nights {
            let history = NearHistory::of(&place, &commits, true).unwrap();
            let rows = history.keys.len().checked_sub(history.merged).unwrap();
            let merged: u64 = key_files(&commits).unwrap().iter().skip(rows).map(|run| run.file.rows).sum();
            let rows = merged + u64::from(has_texts(number));
            let side = |rows| SideFile {
                path: format!("history/{number:08}/near_keys-00000-0.parquet"),
                rows,
                bytes: 1,
                digest: String::new(),
            };
            commits.push(Commit {
                number,
                near_keys_absorbed: history.absorbed(),
                history: (rows > 0).then(|| side(rows)).into_iter().collect(),
                ..golden.clone()
            });
        }
        commits
    }

    #[test]
    fn files_stay_few_whichever_nights_have_texts() {
        let all: fn(u64) -> bool = |_| true;
        let patterns: [fn(u64) -> bool; 4] = [
            all,
            |night| night % 7 != 0,
            |night| night % 2 == 0,
            |night| night.wrapping_mul(0x9E37) % 10 != 0,
        ];
        for has_texts in patterns {
            let commits = nights(600, has_texts);
            let files = key_files(&commits).unwrap();
            assert!(files.len() <= 4 * RUNS_OF_A_SIZE, "{} files", files.len());
            // One row a night: none is lost, none is read twice.
            let rows: u64 = files.iter().map(|run| run.file.rows).sum();
            assert_eq!(rows, (1..=600).filter(|night| has_texts(*night)).count() as u64);
            // Each key is written once for each size.
            let written: u64 = commits.iter().filter_map(keys_of).map(|file| file.rows).sum();
            assert!(written <= 4 * 600, "{written}");
            for end in 1..=commits.len() {
                let own = keys_of(&commits[end - 1]).map_or(0, |file| file.rows);
                assert!(own >= least_key_rows(&commits[..end]).unwrap());
            }
        }
        let spans: Vec<usize> = key_files(&nights(600, all)).unwrap().iter().map(|run| run.runs).collect();
        assert_eq!(spans, [512, 64, 8, 8, 8]);
    }

    #[test]
    fn a_commit_that_stands_in_for_more_than_there_are_is_refused() {
        let mut commits = nights(3, |_| true);
        commits[1].near_keys_absorbed = 2;
        assert!(key_files(&commits).is_err());
    }

    #[test]
    fn stored_keys_keep_their_order() {
        let keys = [0, 1, 1 << 62, u64::MAX >> 1, 1 << 63, u64::MAX - 1, u64::MAX];
        assert!(keys.map(stored_key).is_sorted());
        assert_eq!(keys.map(stored_key).map(key_of_stored), keys);
    }
}
