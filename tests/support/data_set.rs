//! A data set on local disk, read back without the program: its commits, its shards.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

/// A data set's folder.
pub(crate) struct DataSet {
    root: PathBuf,
}

impl DataSet {
    pub(crate) fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The commits, oldest first.
    pub(crate) fn commits(&self) -> Vec<Value> {
        files_below(&self.root.join("_tweetmill/commits"))
            .into_values()
            .map(|content| serde_json::from_slice(&content).unwrap())
            .collect()
    }

    /// Everything that must be the same whoever made it: files under `data/` by name, commits without ids.
    pub(crate) fn identity(&self) -> Identity {
        let mut commits = self.commits();
        for commit in &mut commits {
            commit.as_object_mut().unwrap().remove("id").expect("a commit should have an id");
        }
        Identity { shards: files_below(&self.root.join("data")), commits }
    }

    /// Paths of the committed shards, as the newest commit orders them.
    pub(crate) fn shards(&self) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        for commit in self.commits() {
            for file in commit["files"].as_array().unwrap() {
                paths.push(self.root.join(file["path"].as_str().unwrap()));
            }
        }
        paths
    }

    /// The fate of every record: `(tweet id, fate, survivor)`.
    pub(crate) fn fates(&self) -> Vec<(Option<i64>, String, Option<i64>)> {
        let mut fates = Vec::new();
        for commit in self.commits() {
            for file in commit["fates"].as_array().unwrap() {
                for batch in read_parquet(&self.root.join(file["path"].as_str().unwrap())) {
                    let (ids, survivors) = (ids(&batch, "tweet_id"), ids(&batch, "survivor"));
                    let names = batch.column_by_name("fate").unwrap().as_string::<i32>();
                    for (row, id) in ids.into_iter().enumerate() {
                        fates.push((id, names.value(row).to_owned(), survivors[row]));
                    }
                }
            }
        }
        fates
    }

    /// The documents of the shards, in their order.
    pub(crate) fn documents(&self) -> Vec<Document> {
        let mut documents = Vec::new();
        for shard in self.shards() {
            let name = shard.file_name().unwrap().to_str().unwrap();
            let split = name.split('-').next().unwrap().to_owned();
            for batch in read_parquet(&shard) {
                let (tweets, authors) = (ids(&batch, "tweet_id"), ids(&batch, "author_id"));
                let texts = batch.column_by_name("text").unwrap().as_string::<i32>();
                let tokens = batch.column_by_name("input_ids").unwrap().as_list::<i32>();
                let counts = batch.column_by_name("n_tokens").unwrap().as_primitive::<Int32Type>();
                for row in 0..batch.num_rows() {
                    documents.push(Document {
                        split: split.clone(),
                        tweet_id: tweets[row].unwrap(),
                        author_id: authors[row],
                        text: texts.value(row).to_owned(),
                        input_ids: tokens.value(row).as_primitive::<Int32Type>().values().to_vec(),
                        n_tokens: counts.value(row),
                    });
                }
            }
        }
        documents
    }
}

/// One row of a shard.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) split: String,
    pub(crate) tweet_id: i64,
    pub(crate) author_id: Option<i64>,
    pub(crate) text: String,
    pub(crate) input_ids: Vec<i32>,
    pub(crate) n_tokens: i32,
}

/// What two data sets made from the same inputs and settings share.
#[derive(PartialEq)]
pub(crate) struct Identity {
    shards: BTreeMap<String, Vec<u8>>,
    commits: Vec<Value>,
}

impl Identity {
    pub(crate) fn shard_count(&self) -> usize {
        self.shards.len()
    }

    /// Fails the test unless both are the same, saying where they part.
    #[track_caller]
    pub(crate) fn assert_same(&self, other: &Self, what: &str) {
        let names = |identity: &Self| identity.shards.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(self), names(other), "{what}: other shards");
        assert_eq!(self.commits, other.commits, "{what}: other commits");
        for (name, bytes) in &self.shards {
            assert!(other.shards[name] == *bytes, "{what}: other bytes in {name}");
        }
    }
}

/// Every file below `folder` by its path within it; none where there is no such folder.
pub(crate) fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn read_parquet(path: &Path) -> Vec<RecordBatch> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    reader.map(Result::unwrap).collect()
}

fn ids(batch: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    let ids = batch.column_by_name(column).unwrap().as_primitive::<Int64Type>();
    ids.iter().collect()
}
