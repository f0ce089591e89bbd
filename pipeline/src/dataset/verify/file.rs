//! One file: its bytes against the commit, then its rows.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int32Type, Int64Type, SchemaRef};
use futures::TryStreamExt;
use object_store::{GetResult, GetResultPayload, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

use super::history::Order;
use super::{Failure, Options};
use crate::dataset::{DataSet, ShuffleKey};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::FORMAT_VERSION;
use crate::sink::fates::{fates_schema, provenance_schema, rejects_schema};
use crate::sink::manifest::{DataFile, Pinned, SideFile};
use crate::sink::paths;
use crate::sink::shard::{ShardId, documents_schema};
use crate::sink::spool::VERSION_KEY;

/// Chunks of a download that wait for the disk.
const WAITING: usize = 4;
/// Rows decoded at a time.
const BATCH_ROWS: usize = 4096;

/// What one file should be.
#[derive(Debug)]
pub(super) struct Check {
    path: String,
    rows: u64,
    bytes: u64,
    digest: String,
    /// None where the rows are of a kind this build doesn't read.
    schema: Option<SchemaRef>,
    shard: Option<Shard>,
    /// How its rows must lie, for the history of near-duplicates.
    order: Option<Order>,
}

#[derive(Debug, Clone)]
struct Shard {
    id: ShardId,
    tokens: u64,
    seed: u64,
}

/// What was found in one file.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) failures: Vec<Failure>,
    /// The bytes are not those that were committed, or can't be read.
    pub(super) damaged: bool,
}

impl Check {
    pub(super) fn shard(file: &DataFile, pinned: &Pinned) -> Result<Self> {
        let side = SideFile {
            path: file.path.clone(),
            rows: file.rows,
            bytes: file.bytes,
            digest: file.digest.clone(),
        };
        let shard = Shard { id: file.id(), tokens: file.tokens, seed: pinned.seed };
        let schema = documents_schema(&pinned.columns, pinned.embedding.as_ref())?;
        Ok(Self { shard: Some(shard), schema: Some(schema), ..Self::side(&side) })
    }

    /// A file of fates, of a commit with evaluation sets or of another.
    pub(super) fn fates(file: &SideFile, items: bool) -> Self {
        Self { schema: Some(fates_schema(items)), ..Self::side(file) }
    }

    pub(super) fn provenance(file: &SideFile) -> Self {
        Self { schema: Some(provenance_schema()), ..Self::side(file) }
    }

    pub(super) fn rejects(file: &SideFile) -> Self {
        Self { schema: Some(rejects_schema()), ..Self::side(file) }
    }

    /// A file of the history of a commit, the first of whose texts has the place `next_place`.
    pub(super) fn history(file: &SideFile, next_place: u64) -> Self {
        let order = Order::of(file, next_place);
        Self { schema: order.map(Order::schema), order, ..Self::side(file) }
    }

    fn side(file: &SideFile) -> Self {
        let SideFile { path, rows, bytes, digest } = file.clone();
        Self { path, rows, bytes, digest, schema: None, shard: None, order: None }
    }

    /// Reads the file. Errs where the store fails, not where the file does.
    pub(super) async fn run(self, data_set: &DataSet, options: &Options) -> Result<Findings> {
        let mut findings = Findings::default();
        let location = paths::object(data_set.root(), &self.path)?;
        let object = match data_set.store().get(&location).await {
            Ok(object) => object,
            Err(object_store::Error::NotFound { .. }) => {
                findings.damage(&self.path, "missing", "the commit names it, but it is not there");
                return Ok(findings);
            }
            Err(error) => return Err(error.into()),
        };
        let copy = fetch(object, &options.spool).await?;
        if copy.bytes != self.bytes {
            let reason = format!("{} bytes, {} were committed", copy.bytes, self.bytes);
            findings.damage(&self.path, "size", reason);
        } else if copy.digest != self.digest {
            findings.damage(&self.path, "digest", format!("{}, {} was committed", copy.digest, self.digest));
        }
        if findings.damaged {
            return Ok(findings);
        }
        let key = options.shuffle_key;
        blocking(move || {
            if let Err(error) = self.read_rows(copy.path(), key, &mut findings) {
                findings.damage(&self.path, "unreadable", error.to_string());
            }
            Ok(findings)
        })
        .await
    }

    fn read_rows(&self, path: &Path, key: ShuffleKey, findings: &mut Findings) -> Result<()> {
        let file = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
        let counted = file.metadata().file_metadata().num_rows() as u64;
        if counted != self.rows || counted == 0 {
            findings.fail(&self.path, "rows", format!("{counted} rows, {} were committed", self.rows));
        }
        let version = file.schema().metadata().get(VERSION_KEY).cloned().unwrap_or_default();
        if version != FORMAT_VERSION.to_string() || file.schema().metadata().len() > 1 {
            let reason =
                format!("metadata is {:?}, expected the format version alone", file.schema().metadata());
            findings.fail(&self.path, "metadata", reason);
        }
        if let Some(schema) = &self.schema
            && file.schema().fields() != schema.fields()
        {
            let reason = format!("columns are {:?}, expected {:?}", file.schema().fields(), schema.fields());
            findings.damage(&self.path, "schema", reason);
            return Ok(());
        }
        match (&self.shard, self.order) {
            (Some(shard), _) => self.read_documents(shard, file, key, findings),
            (None, Some(order)) => {
                if let Some(broken) = order.broken(file)? {
                    findings.fail(&self.path, "order", broken);
                }
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    fn read_documents(
        &self,
        shard: &Shard,
        file: ParquetRecordBatchReaderBuilder<File>,
        key: ShuffleKey,
        findings: &mut Findings,
    ) -> Result<()> {
        let wanted = ["tweet_id", "input_ids", "n_tokens"];
        let roots = file.schema().fields().iter().enumerate();
        let roots =
            roots.filter(|(_, field)| wanted.contains(&field.name().as_str())).map(|(index, _)| index);
        let mask = ProjectionMask::roots(file.parquet_schema(), roots.collect::<Vec<_>>());
        let mut tokens = 0;
        let mut before: Option<(u64, i64)> = None;
        // One message a check and file: a shard out of order would have millions.
        let (mut out_of_order, mut out_of_range, mut miscounted) =
            (Once::default(), Once::default(), Once::default());
        for batch in file.with_projection(mask).with_batch_size(BATCH_ROWS).build()? {
            let batch = batch?;
            let ids = batch.column(0).as_primitive::<Int64Type>();
            let lists = batch.column(1).as_list::<i32>();
            let counts = batch.column(2).as_primitive::<Int32Type>();
            for row in 0..batch.num_rows() {
                let (id, count) = (ids.value(row), counts.value(row));
                let place = (key(shard.seed, id), id);
                if before.is_some_and(|before| before >= place) {
                    out_of_order.found(|| format!("tweet {id} stands after a later one"));
                }
                before = Some(place);
                if ShardId::index_of(place.0, shard.id.count) != shard.id.index {
                    out_of_range.found(|| format!("tweet {id} belongs into another shard"));
                }
                if lists.value_length(row) != count || lists.value(row).null_count() > 0 {
                    let length = lists.value_length(row);
                    miscounted.found(|| format!("tweet {id} has n_tokens {count} and {length} input_ids"));
                }
                tokens += u64::from(count.unsigned_abs());
            }
        }
        out_of_order.tell(findings, &self.path, "order");
        out_of_range.tell(findings, &self.path, "range");
        miscounted.tell(findings, &self.path, "n_tokens");
        if tokens != shard.tokens {
            findings.fail(&self.path, "tokens", format!("{tokens} tokens, {} were committed", shard.tokens));
        }
        Ok(())
    }
}

impl Findings {
    fn fail(&mut self, path: &str, check: &'static str, reason: impl Into<String>) {
        self.failures.push(Failure { check, place: path.to_owned(), reason: reason.into() });
    }

    fn damage(&mut self, path: &str, check: &'static str, reason: impl Into<String>) {
        self.damaged = true;
        self.fail(path, check, reason);
    }
}

/// The first of many alike, and how many.
#[derive(Default)]
struct Once {
    first: Option<String>,
    count: u64,
}

impl Once {
    fn found(&mut self, describe: impl FnOnce() -> String) {
        self.count += 1;
        self.first.get_or_insert_with(describe);
    }

    fn tell(self, findings: &mut Findings, path: &str, check: &'static str) {
        match self.first {
            Some(first) if self.count == 1 => findings.fail(path, check, first),
            Some(first) => findings.fail(path, check, format!("{first}, and {} more", self.count - 1)),
            None => {}
        }
    }
}

/// A file that can be read from the local disk.
struct Copy {
    place: Place,
    bytes: u64,
    digest: String,
}

enum Place {
    /// The store is the local disk already.
    InPlace(PathBuf),
    /// A download, removed when dropped.
    Spooled(NamedTempFile),
}

impl Copy {
    fn path(&self) -> &Path {
        match &self.place {
            Place::InPlace(path) => path,
            Place::Spooled(file) => file.path(),
        }
    }
}

/// Reads all bytes of an object once, hashing them off the async threads.
async fn fetch(object: GetResult, spool: &Path) -> Result<Copy> {
    match object.payload {
        GetResultPayload::File(mut file, path) => {
            blocking(move || {
                let mut hasher = blake3::Hasher::new();
                let mut buffer = vec![0; 1 << 16];
                let mut bytes = 0;
                loop {
                    let read = file.read(&mut buffer)?;
                    if read == 0 {
                        break;
                    }
                    hasher.update(buffer.get(..read).unwrap_or_default());
                    bytes += read as u64;
                }
                Ok(Copy {
                    place: Place::InPlace(path),
                    bytes,
                    digest: hasher.finalize().to_hex().to_string(),
                })
            })
            .await
        }
        GetResultPayload::Stream(mut chunks) => {
            let mut file = NamedTempFile::new_in(spool)?;
            let (sender, mut receiver) = mpsc::channel::<bytes::Bytes>(WAITING);
            let writing = tokio::task::spawn_blocking(move || {
                let mut hasher = blake3::Hasher::new();
                let mut bytes = 0;
                while let Some(chunk) = receiver.blocking_recv() {
                    file.write_all(&chunk)?;
                    hasher.update(&chunk);
                    bytes += chunk.len() as u64;
                }
                let digest = hasher.finalize().to_hex().to_string();
                Ok::<_, Error>(Copy { place: Place::Spooled(file), bytes, digest })
            });
            while let Some(chunk) = chunks.try_next().await? {
                if sender.send(chunk).await.is_err() {
                    // The disk failed: joining tells how.
                    break;
                }
            }
            drop(sender);
            writing.await.map_err(stopped)?
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(stopped)?
}

fn stopped(error: tokio::task::JoinError) -> Error {
    Error::new(ErrorKind::Defect, "verifying a file stopped").with_source(error)
}
