//! What became of every record: the fates, their provenance, and the lines that were rejected.
//!
//! The same inputs cut into other work units give the same fates with another provenance. So they are
//! two files, row by row alike, and only the first is part of the commit:
//!
//! ```text
//!  tweet_id … fate survivor … │ unit member offset        one row a record, sorted by FATES_ORDER
//!         │           └───────┴──► provenance-00000-….parquet     told by the run's record
//!         └──► fates-00000-….parquet                              told by the commit
//! ```

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::execution::SendableRecordBatchStream;
use serde::{Deserialize, Serialize};

use super::digesting::short;
use super::off_thread::{self, BatchWriter};
use super::paths::Side;
use super::shard::conform;
use super::spool::{self, SpoolFile, SpoolWriter};
use crate::error::Result;

/// Order of the rows given to [`FatesWriter`], each ascending, nulls last: what the fates hold first, so
/// that their file doesn't depend on provenance.
pub const FATES_ORDER: [&str; 10] = [
    "tweet_id",
    "author_id",
    "fate",
    "survivor",
    "similarity",
    "origin",
    "carrier_id",
    "unit",
    "member",
    "offset",
];

/// Logical bytes of a row of fates or provenance: short strings and a few numbers.
const FATE_BYTES: u64 = 64;

/// Column of a fates file of a commit with evaluation sets: the number of the item, within the set that the fate names, which
/// the tweet contains; its similarity is the share of the item that it contains.
const ITEM: &str = "item";

/// Columns of a fates file, of a commit with evaluation sets or of another.
pub fn fates_schema(items: bool) -> SchemaRef {
    let mut fields = vec![
        Field::new("tweet_id", DataType::Int64, true),
        Field::new("author_id", DataType::Int64, true),
        Field::new("fate", DataType::Utf8, false),
        Field::new("survivor", DataType::Int64, true),
        Field::new("similarity", DataType::Float32, true),
        Field::new("origin", DataType::Utf8, false),
        Field::new("carrier_id", DataType::Int64, true),
    ];
    if items {
        fields.push(Field::new(ITEM, DataType::Int64, true));
    }
    Arc::new(Schema::new(fields))
}

/// Columns of a provenance file: enough to find the record's line, and its row in the fates.
pub fn provenance_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("tweet_id", DataType::Int64, true),
        Field::new("fate", DataType::Utf8, false),
        Field::new("origin", DataType::Utf8, false),
        Field::new("carrier_id", DataType::Int64, true),
        Field::new("unit", DataType::Int32, false),
        Field::new("member", DataType::Int32, false),
        Field::new("offset", DataType::Int64, false),
    ]))
}

/// Columns of a rejects file: lines that are no tweets, with where they stood.
pub fn rejects_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("fate", DataType::Utf8, false),
        Field::new("reason", DataType::Utf8, true),
        Field::new("raw", DataType::Binary, true),
        Field::new("unit", DataType::Int32, false),
        Field::new("member", DataType::Int32, false),
        Field::new("offset", DataType::Int64, false),
    ]))
}

/// The two files of one run of fates; both, or neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FatesFiles {
    /// The decisions: goes into the commit.
    pub fates: SpoolFile,
    /// Where the records came from: goes into the run's record.
    pub provenance: SpoolFile,
}

/// Writes fates and their provenance from one stream of rows sorted by [`FATES_ORDER`].
pub struct FatesWriter {
    index: u32,
    schema: SchemaRef,
    fates: SpoolWriter,
    provenance: SpoolWriter,
}

impl FatesWriter {
    /// Starts file `index` (from 0) of a commit's fates in the folder `spool`, which must exist. The commit has evaluation sets
    /// where it has `items`.
    pub fn create(spool: &Path, index: u32, items: bool) -> Result<Self> {
        let fates = spool::properties(&["tweet_id", "author_id", "survivor", "carrier_id"], &[])?.build();
        let provenance = spool::properties(&["tweet_id", "carrier_id", "offset"], &[])?.build();
        let schema = fates_schema(items);
        Ok(Self {
            index,
            fates: SpoolWriter::create(spool, Arc::clone(&schema), fates, weigh_fates)?,
            schema,
            provenance: SpoolWriter::create(spool, provenance_schema(), provenance, weigh_fates)?,
        })
    }

    /// Adds rows, columns taken by name.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.fates.write(&conform(batch, &self.schema)?)?;
        self.provenance.write(&conform(batch, &provenance_schema())?)
    }

    /// Closes both files; None, and no file, for zero rows.
    pub fn finish(self) -> Result<Option<FatesFiles>> {
        let index = self.index;
        let fates = self.fates.finish(|digest| side_name(Side::Fates.name(), index, digest))?;
        let provenance = self.provenance.finish(|digest| side_name("provenance", index, digest))?;
        Ok(fates.zip(provenance).map(|(fates, provenance)| FatesFiles { fates, provenance }))
    }
}

impl BatchWriter for FatesWriter {
    type Written = Option<FatesFiles>;

    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        Self::write(self, batch)
    }

    fn finish(self) -> Result<Option<FatesFiles>> {
        Self::finish(self)
    }
}

/// Writes a file of rejected lines and events.
pub struct RejectsWriter {
    index: u32,
    file: SpoolWriter,
}

impl RejectsWriter {
    /// Starts file `index` (from 0) of a commit's rejects in the folder `spool`, which must exist.
    pub fn create(spool: &Path, index: u32) -> Result<Self> {
        let properties = spool::properties(&["offset"], &["raw"])?.build();
        Ok(Self { index, file: SpoolWriter::create(spool, rejects_schema(), properties, weigh_rejects)? })
    }

    /// Adds rows, columns taken by name.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.file.write(&conform(batch, &rejects_schema())?)
    }

    /// Closes the file; None, and no file, for zero rows.
    pub fn finish(self) -> Result<Option<SpoolFile>> {
        let index = self.index;
        self.file.finish(|digest| side_name(Side::Rejects.name(), index, digest))
    }
}

impl BatchWriter for RejectsWriter {
    type Written = Option<SpoolFile>;

    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        Self::write(self, batch)
    }

    fn finish(self) -> Result<Option<SpoolFile>> {
        Self::finish(self)
    }
}

/// Writes a stream of rows sorted by [`FATES_ORDER`] as file `index` of a commit's fates; encodes off the
/// async threads.
pub async fn write_fates(
    rows: SendableRecordBatchStream,
    spool: &Path,
    index: u32,
) -> Result<Option<FatesFiles>> {
    let items = rows.schema().column_with_name(ITEM).is_some();
    off_thread::write_all(rows, FatesWriter::create(spool, index, items)?).await
}

/// Writes a stream of rows as file `index` of a commit's rejects; encodes off the async threads.
pub async fn write_rejects(
    rows: SendableRecordBatchStream,
    spool: &Path,
    index: u32,
) -> Result<Option<SpoolFile>> {
    off_thread::write_all(rows, RejectsWriter::create(spool, index)?).await
}

fn side_name(kind: &str, index: u32, digest: &str) -> String {
    format!("{kind}-{index:05}-{}.parquet", short(digest))
}

#[expect(clippy::unnecessary_wraps, reason = "one signature for all ways to weigh rows")]
fn weigh_fates(batch: &RecordBatch) -> Result<Vec<u64>> {
    Ok(vec![FATE_BYTES; batch.num_rows()])
}

#[expect(clippy::unnecessary_wraps, reason = "one signature for all ways to weigh rows")]
fn weigh_rejects(batch: &RecordBatch) -> Result<Vec<u64>> {
    use arrow::array::{Array, AsArray};
    let raw = batch.column_by_name("raw").and_then(|column| column.as_binary_opt::<i32>());
    let length =
        |row: usize| raw.filter(|raw| raw.is_valid(row)).map_or(0, |raw| raw.value_length(row) as u64);
    Ok((0..batch.num_rows()).map(|row| FATE_BYTES + length(row)).collect())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::sink::fixtures::{Fate, fates};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    fn written(offset: i64) -> FatesFiles {
        let spool = tempfile::tempdir().unwrap();
        let rows: Vec<_> = (1..100).map(|id| Fate::kept(id).at(offset + id)).collect();
        let mut writer = FatesWriter::create(spool.path(), 0, false).unwrap();
        writer.write(&fates(&rows)).unwrap();
        writer.finish().unwrap().unwrap()
    }

    #[test]
    fn fates_do_not_depend_on_provenance() {
        let (one, other) = (written(0), written(1000));
        assert_eq!(one.fates.digest, other.fates.digest);
        assert_ne!(one.provenance.digest, other.provenance.digest);
        assert!(one.fates.name.starts_with("fates-00000-"), "{}", one.fates.name);
        assert_eq!((one.fates.rows, one.provenance.rows), (99, 99));
    }

    #[tokio::test]
    async fn rejects_keep_the_line_and_its_place() {
        use arrow::array::{BinaryArray, Int32Array, Int64Array, StringArray};
        let spool = tempfile::tempdir().unwrap();
        let columns: Vec<arrow::array::ArrayRef> = vec![
            Arc::new(StringArray::from(vec!["rejected:invalid_json", "event"])),
            Arc::new(StringArray::from(vec![Some("invalid_json"), None])),
            Arc::new(BinaryArray::from_opt_vec(vec![Some(b"{\"id\": "), None])),
            Arc::new(Int32Array::from(vec![0, 0])),
            Arc::new(Int32Array::from(vec![1, 1])),
            Arc::new(Int64Array::from(vec![17, 4000])),
        ];
        let batch = RecordBatch::try_new(rejects_schema(), columns).unwrap();
        let rows = futures::stream::iter([Ok(batch.clone())]);
        let rows = datafusion::physical_plan::stream::RecordBatchStreamAdapter::new(rejects_schema(), rows);
        let file = write_rejects(Box::pin(rows), spool.path(), 3).await.unwrap().unwrap();
        assert!(file.name.starts_with("rejects-00003-"), "{}", file.name);
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&file.path).unwrap()).unwrap();
        let read: Vec<_> = reader.build().unwrap().map(|batch| batch.unwrap()).collect();
        assert_eq!(read.iter().map(RecordBatch::columns).collect::<Vec<_>>(), [batch.columns()]);
    }

    #[test]
    fn no_records_no_files() {
        let spool = tempfile::tempdir().unwrap();
        assert_eq!(FatesWriter::create(spool.path(), 0, false).unwrap().finish().unwrap(), None);
        assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 0);
    }
}
