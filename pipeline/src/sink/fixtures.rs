//! Small data sets and troublesome stores for tests of what is written and read back.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Float32Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, TimestampMillisecondArray,
    UInt64Array,
};
use arrow::datatypes::Int32Type;
use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::commit::CommitLog;
use super::fates::FatesWriter;
use super::manifest::{
    CanonicalTextRule, Commit, DataFile, Inputs, Pinned, Records, RunRecord, SideFile, SplitRule,
    TokenizerRule, UnitRecord,
};
use super::paths::{self, Side};
use super::shard::{ShardFile, ShardId, ShardWriter, documents_schema};
use super::upload::{Upload, Uploader};
use crate::engine::Location;
use crate::schema::FORMAT_VERSION;

/// Author of a document of [`documents`].
pub(crate) fn author_of(id: i64) -> i64 {
    1000 + id % 7
}

/// Split of a document of [`documents`]: a seventh of the authors are in `validation`.
pub(crate) fn split_of(id: i64) -> &'static str {
    if author_of(id) == 1000 { "validation" } else { "train" }
}

/// Stands in for the shuffle key of the kernels.
pub(crate) fn shuffle_key(seed: u64, id: i64) -> u64 {
    (id as u64 ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Rows as a plan would give them: a sort key that is not written, lists whose values are called `item`.
pub(crate) fn documents(ids: &[i64]) -> RecordBatch {
    let authors: Vec<i64> = ids.iter().map(|id| author_of(*id)).collect();
    documents_by(ids, &authors)
}

/// The same with chosen authors.
pub(crate) fn documents_by(ids: &[i64], authors: &[i64]) -> RecordBatch {
    let tokens = |id: i64| (0..(id % 100) as i32).map(Some).collect::<Vec<_>>();
    let texts = ids.iter().map(|id| format!("text of tweet {id}"));
    RecordBatch::try_from_iter([
        ("shuffle_key", Arc::new(UInt64Array::from_iter_values(ids.iter().map(|id| *id as u64))) as _),
        ("tweet_id", Arc::new(Int64Array::from_iter_values(ids.iter().copied())) as _),
        ("author_id", Arc::new(Int64Array::from_iter_values(authors.iter().copied())) as _),
        (
            "created_at",
            Arc::new(
                TimestampMillisecondArray::from_iter_values(ids.iter().map(|id| id * 1000))
                    .with_timezone("UTC"),
            ) as _,
        ),
        ("lang", Arc::new(StringArray::from_iter_values(ids.iter().map(|_| "en"))) as _),
        ("text", Arc::new(StringArray::from_iter_values(texts)) as _),
        (
            "input_ids",
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(
                ids.iter().map(|id| Some(tokens(*id))),
            )) as _,
        ),
        ("n_tokens", Arc::new(Int32Array::from_iter_values(ids.iter().map(|id| (id % 100) as i32))) as _),
    ])
    .unwrap()
}

/// One row of a fates file with its provenance.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "fields are named as the columns")]
pub(crate) struct Fate {
    pub(crate) tweet_id: Option<i64>,
    pub(crate) fate: &'static str,
    pub(crate) survivor: Option<i64>,
    pub(crate) similarity: Option<f32>,
    pub(crate) origin: &'static str,
    pub(crate) carrier_id: Option<i64>,
    pub(crate) offset: i64,
}

impl Fate {
    pub(crate) fn new(tweet_id: Option<i64>, fate: &'static str, survivor: Option<i64>) -> Self {
        let similarity = survivor.map(|_| 1.0);
        Self { tweet_id, fate, survivor, similarity, origin: "line", carrier_id: None, offset: 0 }
    }

    pub(crate) fn kept(tweet_id: i64) -> Self {
        Self::new(Some(tweet_id), "kept", None)
    }

    pub(crate) fn at(self, offset: i64) -> Self {
        Self { offset, ..self }
    }

    pub(crate) fn carried_by(self, carrier: i64) -> Self {
        Self { origin: "retweet", carrier_id: Some(carrier), ..self }
    }
}

/// Rows for a `FatesWriter`.
pub(crate) fn fates(rows: &[Fate]) -> RecordBatch {
    let authors = rows.iter().map(|row| row.tweet_id.map(author_of));
    let zeros = || Arc::new(Int32Array::from_iter_values(rows.iter().map(|_| 0)));
    RecordBatch::try_from_iter([
        ("tweet_id", Arc::new(rows.iter().map(|row| row.tweet_id).collect::<Int64Array>()) as _),
        ("author_id", Arc::new(authors.collect::<Int64Array>()) as _),
        ("fate", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.fate))) as _),
        ("survivor", Arc::new(rows.iter().map(|row| row.survivor).collect::<Int64Array>()) as _),
        ("similarity", Arc::new(rows.iter().map(|row| row.similarity).collect::<Float32Array>()) as _),
        ("origin", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.origin))) as _),
        ("carrier_id", Arc::new(rows.iter().map(|row| row.carrier_id).collect::<Int64Array>()) as _),
        ("unit", zeros() as _),
        ("member", zeros() as _),
        ("offset", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.offset))) as _),
    ])
    .unwrap()
}

/// The place of a data set in a store of a test.
pub(crate) fn place(store: Arc<dyn ObjectStore>) -> Location {
    let store_url = ObjectStoreUrl::parse("memory:///").unwrap();
    Location { store, store_url, path: Path::from("nightly"), pattern: "nightly".into() }
}

/// A data set in a store, made commit by commit.
pub(crate) struct Nightly {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) root: Path,
}

impl Nightly {
    pub(crate) fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { root: place(Arc::clone(&store)).path, store }
    }

    pub(crate) fn place(&self) -> Location {
        place(Arc::clone(&self.store))
    }

    /// Commits documents with these ids, and these other records.
    pub(crate) async fn commit(&self, ids: &[i64], others: &[Fate]) -> Commit {
        let log = CommitLog::new(self.place());
        let parent = log.all().await.unwrap().last().map(|parent| parent.as_parent().unwrap());
        let number = parent.as_ref().map_or(1, |parent| parent.number + 1);
        let mut files = Vec::new();
        for (split, of) in [("train", 2), ("validation", 1)] {
            for shard in 0..of {
                let holds =
                    |id: &i64| split_of(*id) == split && ShardId::index_of(shuffle_key(7, *id), of) == shard;
                let mut held: Vec<i64> = ids.iter().copied().filter(holds).collect();
                held.sort_by_key(|id| (shuffle_key(7, *id), *id));
                let id = ShardId { split: split.into(), index: shard, count: of };
                files.extend(self.shard(number, id, &documents(&held)).await);
            }
        }
        let mut rows: Vec<Fate> =
            ids.iter().map(|id| Fate::kept(*id)).chain(others.iter().cloned()).collect();
        rows.sort_by_key(|row| (row.tweet_id.is_none(), row.tweet_id, row.fate));
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for row in &rows {
            *counts.entry(row.fate.to_owned()).or_default() += 1;
        }
        let lines = rows.iter().filter(|row| row.origin == "line").count() as u64;
        let (fates, provenance) = self.fates(number, &rows).await;
        let commit = Commit {
            format_version: FORMAT_VERSION,
            number,
            id: format!("run-{number}"),
            parent,
            label: format!("night-{number}"),
            config_digest: "c0".into(),
            pinned: pinned(),
            inputs: Inputs { digest: "d0".into(), members: 1 },
            part: None,
            records: Records {
                total: rows.len() as u64,
                lines,
                harvested: rows.len() as u64 - lines,
                fates: counts,
            },
            documents: files.iter().map(|file| file.rows).sum(),
            tokens: files.iter().map(|file| file.tokens).sum(),
            evaluation: vec![],
            near: None,
            near_keys_absorbed: 0,
            semantic: None,
            redacted: None,
            files,
            fates,
            history: vec![],
        };
        log.put_run(&run(&commit, provenance)).await.unwrap();
        assert_eq!(log.try_commit(&commit).await.unwrap(), super::Attempt::Done);
        commit
    }

    /// Writes one shard into the data set; None for no rows.
    pub(crate) async fn shard(&self, number: u64, id: ShardId, rows: &RecordBatch) -> Option<DataFile> {
        let spool = tempfile::tempdir().unwrap();
        let mut writer =
            ShardWriter::create(spool.path(), id, documents_schema::<&str>(&[], None).unwrap()).unwrap();
        writer.write(rows).unwrap();
        let shard = writer.finish().unwrap()?;
        let folder = paths::data_folder(number, &format!("night-{number}")).unwrap();
        let path = format!("{folder}/{}", shard.name);
        self.send(&shard.path, &path, shard.bytes).await;
        let ShardFile { id, rows, tokens, bytes, digest, .. } = shard;
        Some(DataFile { path, split: id.split, shard: id.index, of: id.count, rows, tokens, bytes, digest })
    }

    /// Writes the fates of one commit and their provenance.
    pub(crate) async fn fates(&self, number: u64, rows: &[Fate]) -> (Vec<SideFile>, Vec<SideFile>) {
        let spool = tempfile::tempdir().unwrap();
        let mut writer = FatesWriter::create(spool.path(), 0, false).unwrap();
        writer.write(&fates(rows)).unwrap();
        let Some(files) = writer.finish().unwrap() else { return (vec![], vec![]) };
        let mut told = Vec::new();
        for file in [files.fates, files.provenance] {
            let path = format!("{}/{}", Side::Fates.folder(number), file.name);
            self.send(&file.path, &path, file.bytes).await;
            told.push(SideFile { path, rows: file.rows, bytes: file.bytes, digest: file.digest });
        }
        let provenance = told.split_off(1);
        (told, provenance)
    }

    /// Replaces a commit, as no run would.
    pub(crate) async fn rewrite(&self, commit: &Commit) {
        let name = format!("{}/{}", paths::COMMITS, paths::commit_name(commit.number));
        let json = commit.to_json().unwrap();
        self.store.put(&self.at(&name), json.into()).await.unwrap();
    }

    pub(crate) fn at(&self, path: &str) -> Path {
        paths::object(&self.root, path).unwrap()
    }

    async fn send(&self, from: &std::path::Path, to: &str, bytes: u64) {
        let file = Upload { from: from.to_owned(), to: self.at(to), bytes };
        Uploader::new(Arc::clone(&self.store), 1 << 20).send(&file).await.unwrap();
    }
}

fn pinned() -> Pinned {
    Pinned {
        record_version: 1,
        canonical_text: CanonicalTextRule { version: 1, unicode: "18.0".into() },
        columns: vec![],
        seed: 7,
        split: SplitRule { by: "author".into(), fractions: BTreeMap::from([("validation".into(), 0.14)]) },
        tokenizer: TokenizerRule { name: "test".into(), digest: "e0".into(), bos: false, eos: true },
        near: None,
        semantic: None,
        redaction: None,
        template: None,
        embedding: None,
    }
}

fn run(commit: &Commit, provenance: Vec<SideFile>) -> RunRecord {
    RunRecord {
        format_version: FORMAT_VERSION,
        id: commit.id.clone(),
        commit: commit.number,
        label: commit.label.clone(),
        program: "tweetmill test".into(),
        host: "nowhere".into(),
        engine: "local".into(),
        started: "2026-01-01T00:00:00Z".into(),
        ended: None,
        seconds: BTreeMap::new(),
        inputs: Vec::new(),
        units: vec![UnitRecord { unit: 0, url: "file:///raw/one.json".into(), range: None, members: vec![] }],
        provenance,
        rejects: vec![],
    }
}
