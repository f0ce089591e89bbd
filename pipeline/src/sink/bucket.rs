//! Rows split into one scratch file a bucket: what a later plan reads one bucket at a time.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{AsArray, UInt32Array};
use arrow::compute::{cast, take_record_batch};
use arrow::datatypes::{DataType, Int32Type, SchemaRef};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use serde::{Deserialize, Serialize};

use super::digesting::{Digesting, short};
use super::off_thread::BatchWriter;
use super::spool::spool_error;
use crate::error::{Error, ErrorKind, Result};

/// The column that says which bucket a row belongs to; it is not written, the file's name says it.
pub const BUCKET: &str = "bucket";

/// One scratch file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketFile {
    /// Which bucket its rows belong to.
    pub bucket: i32,
    /// Where it lies: `{bucket:05}-{first 16 digits of the digest}.parquet`.
    pub path: PathBuf,
    /// Number of rows, at least 1.
    pub rows: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Blake3 of the file, 64 lower-case hex digits.
    pub digest: String,
}

/// Splits the rows of one partition by bucket, in memory bounded by `budget_bytes`.
///
/// ```text
///  batch (bucket, …) ─┬─ rows of bucket 0 ─► encoder ─► 00000-….parquet      when all encoders together
///                     ├─ rows of bucket 1 ─► encoder ─► 00001-….parquet      pass the budget, the fullest
///                     └─ …                                                   ends its row group
/// ```
///
/// Rows of a bucket keep the order they arrive in. Scratch is written once and read once: a fast
/// compression level, no dictionaries, no statistics.
pub(super) struct BucketWriter {
    folder: PathBuf,
    schema: SchemaRef,
    bucket_column: usize,
    properties: WriterProperties,
    budget_bytes: usize,
    open: BTreeMap<i32, Open>,
}

struct Open {
    parquet: ArrowWriter<Digesting>,
    rows: u64,
}

impl BucketWriter {
    /// A writer for rows of `input`, one column of which is [`BUCKET`] (an integer, never null).
    ///
    /// `partition` goes into the files' metadata: two partitions that saw equal rows must leave two
    /// files, not one that overwrote the other.
    pub(super) fn create(
        folder: PathBuf,
        input: &SchemaRef,
        partition: usize,
        budget_bytes: usize,
    ) -> Result<Self> {
        let (bucket_column, schema) = payload(input)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::LZ4_RAW)
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_offset_index_disabled(true)
            .set_max_row_group_row_count(None)
            .set_key_value_metadata(Some(vec![KeyValue::new(
                "tweetmill.partition".to_owned(),
                partition.to_string(),
            )]))
            .build();
        Ok(Self { folder, schema, bucket_column, properties, budget_bytes, open: BTreeMap::new() })
    }

    /// Adds the rows of one batch to their buckets.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut batch = batch.clone();
        let buckets = cast(&batch.remove_column(self.bucket_column), &DataType::Int32)?;
        if buckets.null_count() > 0 {
            return Err(Error::new(ErrorKind::Defect, "a row without a bucket, or one past 2^31"));
        }
        let mut rows_of: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
        for (row, bucket) in buckets.as_primitive::<Int32Type>().values().iter().enumerate() {
            rows_of.entry(*bucket).or_default().push(row as u32);
        }
        for (bucket, rows) in rows_of {
            let count = rows.len() as u64;
            let part = take_record_batch(&batch, &UInt32Array::from(rows))?;
            let open = self.open(bucket)?;
            open.parquet.write(&part).map_err(spool_error)?;
            open.rows += count;
        }
        self.keep_to_budget()
    }

    /// Closes every file.
    pub(super) fn finish(self) -> Result<Vec<BucketFile>> {
        let mut files = Vec::with_capacity(self.open.len());
        for (bucket, open) in self.open {
            let file = open.parquet.into_inner().map_err(spool_error)?;
            let name = |digest: &str| format!("{bucket:05}-{}.parquet", short(digest));
            let (path, _, bytes, digest) = file.persist(&self.folder, name)?;
            files.push(BucketFile { bucket, path, rows: open.rows, bytes, digest });
        }
        Ok(files)
    }

    fn open(&mut self, bucket: i32) -> Result<&mut Open> {
        use std::collections::btree_map::Entry;
        match self.open.entry(bucket) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(vacant) => {
                let file = Digesting::create(&self.folder)?;
                let properties = Some(self.properties.clone());
                let parquet =
                    ArrowWriter::try_new(file, Arc::clone(&self.schema), properties).map_err(spool_error)?;
                Ok(vacant.insert(Open { parquet, rows: 0 }))
            }
        }
    }

    /// Ends the row group of the fullest bucket until all fit: long row groups for most, and no
    /// more memory than allowed.
    fn keep_to_budget(&mut self) -> Result<()> {
        let mut sizes: Vec<(usize, i32)> =
            self.open.iter().map(|(bucket, open)| (open.parquet.memory_size(), *bucket)).collect();
        let mut held: usize = sizes.iter().map(|(size, _)| size).sum();
        sizes.sort_unstable();
        while held > self.budget_bytes {
            let Some((size, bucket)) = sizes.pop() else { break };
            if let Some(open) = self.open.get_mut(&bucket) {
                open.parquet.flush().map_err(spool_error)?;
            }
            held -= size;
        }
        Ok(())
    }
}

impl BatchWriter for BucketWriter {
    type Written = Vec<BucketFile>;

    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        Self::write(self, batch)
    }

    fn finish(self) -> Result<Vec<BucketFile>> {
        Self::finish(self)
    }
}

/// Where [`BUCKET`] stands in `input`, and the schema of the files: all other columns.
pub(super) fn payload(input: &SchemaRef) -> Result<(usize, SchemaRef)> {
    let column = match input.column_with_name(BUCKET) {
        Some((column, field)) if field.data_type().is_integer() => column,
        _ => return Err(Error::new(ErrorKind::Defect, "rows to split need an integer column `bucket`")),
    };
    let others: Vec<usize> = (0..input.fields().len()).filter(|other| *other != column).collect();
    Ok((column, Arc::new(input.project(&others)?)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use arrow::array::{Int32Array, Int64Array, StringArray, UInt16Array};
    use arrow::datatypes::{Field, Int64Type, Schema};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    fn rows(ids: std::ops::Range<i64>) -> RecordBatch {
        let buckets = UInt16Array::from_iter_values(ids.clone().map(|id| (id % 3) as u16));
        let texts = StringArray::from_iter_values(ids.clone().map(|id| "text ".repeat(id as usize % 50)));
        RecordBatch::try_from_iter([
            ("id", Arc::new(Int64Array::from_iter_values(ids)) as _),
            ("bucket", Arc::new(buckets) as _),
            ("text", Arc::new(texts) as _),
        ])
        .unwrap()
    }

    fn ids_in(path: &std::path::Path) -> (Vec<i64>, usize) {
        let builder = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
        let groups = builder.metadata().num_row_groups();
        let mut ids = Vec::new();
        for batch in builder.build().unwrap() {
            let batch = batch.unwrap();
            assert!(batch.column_by_name(BUCKET).is_none());
            ids.extend_from_slice(batch.column(0).as_primitive::<Int64Type>().values());
        }
        (ids, groups)
    }

    fn split(folder: &std::path::Path, partition: usize, budget: usize) -> Vec<BucketFile> {
        let schema = rows(0..0).schema();
        let mut writer = BucketWriter::create(folder.to_owned(), &schema, partition, budget).unwrap();
        for start in (0..30_000).step_by(1000) {
            writer.write(&rows(start..start + 1000)).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn each_bucket_gets_its_rows_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let files = split(folder.path(), 0, usize::MAX);
        assert_eq!(files.iter().map(|file| file.bucket).collect::<Vec<_>>(), [0, 1, 2]);
        for file in files {
            let expected: Vec<i64> = (0..30_000).filter(|id| id % 3 == i64::from(file.bucket)).collect();
            assert_eq!(ids_in(&file.path), (expected, 1));
            let bytes = std::fs::read(&file.path).unwrap();
            assert_eq!(file.bytes, bytes.len() as u64);
            assert_eq!(file.digest, blake3::hash(&bytes).to_hex().to_string());
            let name = format!("{:05}-{}.parquet", file.bucket, short(&file.digest));
            assert_eq!(file.path.file_name().unwrap().to_str().unwrap(), name);
        }
    }

    #[test]
    fn a_small_budget_only_costs_row_groups() {
        let folder = tempfile::tempdir().unwrap();
        for file in split(folder.path(), 0, 100_000) {
            let (ids, groups) = ids_in(&file.path);
            assert_eq!(ids.len(), 10_000);
            assert!(groups > 1, "{groups} row groups");
        }
    }

    #[test]
    fn equal_rows_in_two_partitions_are_two_files() {
        let folder = tempfile::tempdir().unwrap();
        let first = split(folder.path(), 0, usize::MAX);
        let second = split(folder.path(), 1, usize::MAX);
        assert!(first.iter().zip(&second).all(|(one, other)| one.path != other.path));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 6);
    }

    #[test]
    fn rows_without_a_bucket_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let schema = Arc::new(Schema::new(vec![Field::new(BUCKET, DataType::Int32, true)]));
        let mut writer = BucketWriter::create(folder.path().to_owned(), &schema, 0, 1 << 20).unwrap();
        let batch =
            RecordBatch::try_new(schema, vec![Arc::new(Int32Array::from(vec![Some(1), None]))]).unwrap();
        assert!(writer.write(&batch).unwrap_err().to_string().contains("without a bucket"));
        let none = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, true)]));
        assert!(BucketWriter::create(folder.path().to_owned(), &none, 0, 1).is_err());
    }
}
