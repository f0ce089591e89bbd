//! A Parquet file written to a local spool folder, whose bytes depend on its rows and their order alone.
//!
//! Parquet encoders cut pages where batches end, so the same rows arriving in other batches would give
//! other bytes. Rows are therefore cut again at boundaries counted from the start of the file:
//!
//! ```text
//!  batches as they arrive   │ 8192 │  311 │     5000    │
//!  chunks given to Parquet  │ 4096 │ 4096 │ 4096 │ 1215 │      4096 rows or 8 MiB, whichever is first
//!  row groups               │        group 0      │ group 1    32 MiB of logical bytes
//! ```
//!
//! The rest that could differ is fixed too: no time, host or version of a library in the metadata, no
//! schema metadata (a hash map, whose order changes from run to run), one compression level.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};

use super::digesting::Digesting;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::FORMAT_VERSION;
use crate::steps::StepFile;

/// Rows after which a chunk ends: several times Parquet's own 1024, few enough to stay in cache.
const CHUNK_ROWS: u64 = 4096;
/// Logical bytes after which a chunk ends, so that no run of huge texts overflows an array's offsets.
const CHUNK_BYTES: u64 = 8 << 20;
/// Logical bytes after which a row group ends. Random access reads whole row groups: 16 to 64 MiB is
/// what loaders like.
pub const ROW_GROUP_BYTES: u64 = 32 << 20;
/// Key of the format version in the metadata of every file.
pub const VERSION_KEY: &str = "tweetmill.format_version";

/// A finished file in the spool folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpoolFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name in the data set; holds the first 16 digits of the digest.
    pub name: String,
    /// Number of rows, at least 1.
    pub rows: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Blake3 of the file, 64 lower-case hex digits.
    pub digest: String,
}

impl SpoolFile {
    /// The same, as what a step leaves behind.
    pub fn of_step(&self) -> StepFile {
        StepFile::new(&self.path, self.bytes, &self.digest)
    }
}

/// Logical bytes of each row of a batch, in order; decides where chunks and row groups end.
pub(super) type Weigh = fn(&RecordBatch) -> Result<Vec<u64>>;

/// Writes one file; nothing is left in the folder unless [`SpoolWriter::finish`] succeeds.
pub(super) struct SpoolWriter {
    folder: PathBuf,
    parquet: ArrowWriter<Digesting>,
    schema: SchemaRef,
    weigh: Weigh,
    waiting: Vec<RecordBatch>,
    chunk_rows: u64,
    chunk_bytes: u64,
    group_bytes: u64,
    rows: u64,
}

impl SpoolWriter {
    /// Starts a file of `schema` in `folder`, which must exist.
    ///
    /// `properties` starts from [`properties()`]. Refuses a schema with metadata or with types readers
    /// choke on, see [`plain`].
    pub(super) fn create(
        folder: &Path,
        schema: SchemaRef,
        properties: WriterProperties,
        weigh: Weigh,
    ) -> Result<Self> {
        for field in schema.fields() {
            if !plain(field.data_type()) || !field.metadata().is_empty() {
                let message = format!("column `{}` of type {} is not plain", field.name(), field.data_type());
                return Err(Error::new(ErrorKind::Defect, message));
            }
        }
        if !schema.metadata().is_empty() {
            return Err(Error::new(ErrorKind::Defect, "the schema of an output file holds metadata"));
        }
        let file = Digesting::create(folder)?;
        let parquet =
            ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties)).map_err(spool_error)?;
        Ok(Self {
            folder: folder.to_owned(),
            parquet,
            schema,
            weigh,
            waiting: Vec::new(),
            chunk_rows: 0,
            chunk_bytes: 0,
            group_bytes: 0,
            rows: 0,
        })
    }

    /// Adds rows; the batch's schema must be the file's.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut start = 0;
        for (row, weight) in (self.weigh)(batch)?.into_iter().enumerate() {
            self.chunk_rows += 1;
            self.chunk_bytes += weight;
            self.group_bytes += weight;
            let group_is_full = self.group_bytes >= ROW_GROUP_BYTES;
            if group_is_full || self.chunk_rows >= CHUNK_ROWS || self.chunk_bytes >= CHUNK_BYTES {
                self.waiting.push(batch.slice(start, row + 1 - start));
                start = row + 1;
                self.write_chunk()?;
            }
            if group_is_full {
                self.parquet.flush().map_err(spool_error)?;
                self.group_bytes = 0;
            }
        }
        if start < batch.num_rows() {
            self.waiting.push(batch.slice(start, batch.num_rows() - start));
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Closes the file and gives it the name made from its digest; None, and no file, for zero rows.
    pub(super) fn finish(mut self, name: impl FnOnce(&str) -> String) -> Result<Option<SpoolFile>> {
        if self.rows == 0 {
            return Ok(None);
        }
        self.write_chunk()?;
        let file = self.parquet.into_inner().map_err(spool_error)?;
        let (path, name, bytes, digest) = file.persist(&self.folder, name)?;
        Ok(Some(SpoolFile { path, name, rows: self.rows, bytes, digest }))
    }

    fn write_chunk(&mut self) -> Result<()> {
        if !self.waiting.is_empty() {
            let chunk = concat_batches(&self.schema, &self.waiting)?;
            self.waiting.clear();
            self.parquet.write(&chunk).map_err(spool_error)?;
        }
        self.chunk_rows = 0;
        self.chunk_bytes = 0;
        Ok(())
    }
}

/// Properties all committed files share: zstd level 3, page index, our own `created_by`, format version.
///
/// Columns of `distinct` get no dictionary: their values hardly repeat, so building one only costs.
/// Those of `bulky` get no statistics either: nobody prunes by the least text.
pub(super) fn properties(distinct: &[&str], bulky: &[&str]) -> Result<WriterPropertiesBuilder> {
    let level = ZstdLevel::try_new(3).map_err(spool_error)?;
    let mut builder = WriterProperties::builder()
        .set_created_by(format!("tweetmill version {FORMAT_VERSION}.0.0"))
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(None)
        .set_key_value_metadata(Some(vec![KeyValue::new(
            VERSION_KEY.to_owned(),
            FORMAT_VERSION.to_string(),
        )]));
    for column in distinct.iter().chain(bulky) {
        builder = builder.set_column_dictionary_enabled(column_path(column), false);
    }
    for column in bulky {
        builder = builder.set_column_statistics_enabled(column_path(column), EnabledStatistics::None);
    }
    Ok(builder)
}

/// `input_ids.list.element` → its path in the Parquet schema.
pub(super) fn column_path(dotted: &str) -> ColumnPath {
    ColumnPath::new(dotted.split('.').map(str::to_owned).collect())
}

/// Whether pyarrow, polars, `DuckDB`, Hugging Face datasets and torch all take a column of this type.
///
/// A list of what is allowed, as new types keep coming: views, dictionaries, large and unsigned types
/// each break one of them.
pub fn plain(data_type: &DataType) -> bool {
    use DataType::{
        Binary, Boolean, FixedSizeBinary, FixedSizeList, Float16, Float32, Float64, Int8, Int16, Int32,
        Int64, List, Struct, Timestamp, Utf8,
    };
    match data_type {
        Boolean | Int8 | Int16 | Int32 | Int64 | Float16 | Float32 | Float64 | Utf8 | Binary
        | FixedSizeBinary(_) => true,
        Timestamp(TimeUnit::Millisecond, Some(zone)) => zone.as_ref() == "UTC",
        List(item) | FixedSizeList(item, _) => plain(item.data_type()) && item.metadata().is_empty(),
        Struct(fields) => fields.iter().all(|field| plain(field.data_type()) && field.metadata().is_empty()),
        _ => false,
    }
}

/// A full disk says so, instead of being an error about Parquet.
pub(crate) fn spool_error(error: ParquetError) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(io) => Error::from(*io),
            Err(other) => Error::from(ParquetError::External(other)),
        },
        other => Error::from(other),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::sink::digesting::short;
    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::{Field, Schema};
    use parquet::file::reader::{FileReader, SerializedFileReader};

    #[expect(clippy::unnecessary_wraps, reason = "one signature for all ways to weigh rows")]
    fn weigh_text(batch: &RecordBatch) -> Result<Vec<u64>> {
        let text = batch.column(1).as_any().downcast_ref::<StringArray>().unwrap();
        Ok(text.iter().map(|value| 64 + value.map_or(0, str::len) as u64).collect())
    }

    fn rows(range: std::ops::Range<i64>) -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("id", DataType::Int64, false),
            Field::new("text", DataType::Utf8, true),
        ]);
        let ids = Int64Array::from_iter_values(range.clone());
        let texts: StringArray =
            range.map(|id| (id % 7 != 0).then(|| format!("{id} ").repeat(id as usize % 9))).collect();
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(ids), Arc::new(texts)]).unwrap()
    }

    fn written(batches: &[RecordBatch]) -> Option<(SpoolFile, Vec<u8>)> {
        let folder = tempfile::tempdir().unwrap();
        let properties = properties(&["id"], &["text"]).unwrap().build();
        let mut writer =
            SpoolWriter::create(folder.path(), rows(0..0).schema(), properties, weigh_text).unwrap();
        for batch in batches {
            writer.write(batch).unwrap();
        }
        let file = writer.finish(|digest| format!("x-{}.parquet", short(digest))).unwrap();
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), usize::from(file.is_some()));
        file.map(|file| {
            let bytes = std::fs::read(&file.path).unwrap();
            (file, bytes)
        })
    }

    #[test]
    fn bytes_do_not_depend_on_how_batches_arrive() {
        let (whole, bytes) = written(&[rows(0..10_000)]).unwrap();
        let ones: Vec<_> = (0..10_000).map(|id| rows(id..id + 1)).collect();
        let uneven = [rows(0..4095), rows(4095..4095), rows(4095..4098), rows(0..10_000).slice(4098, 5902)];
        for other in [&ones[..], &uneven[..]] {
            let (file, other_bytes) = written(other).unwrap();
            assert_eq!(file.digest, whole.digest);
            assert!(other_bytes == bytes);
        }
        assert_eq!(whole.rows, 10_000);
        assert_eq!(whole.bytes, bytes.len() as u64);
        assert_eq!(whole.digest, blake3::hash(&bytes).to_hex().to_string());
    }

    #[test]
    fn zero_rows_leave_no_file() {
        assert!(written(&[]).is_none());
        assert!(written(&[rows(5..5)]).is_none());
    }

    #[test]
    fn row_groups_end_by_logical_bytes() {
        let batch = rows(0..8192);
        let batches = vec![batch.clone(); 60];
        let (_, bytes) = written(&batches).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let total = 60 * weigh_text(&batch).unwrap().iter().sum::<u64>();
        assert_eq!(reader.metadata().num_row_groups() as u64, total.div_ceil(ROW_GROUP_BYTES));
    }

    #[test]
    fn metadata_is_fixed() {
        let (_, bytes) = written(&[rows(0..10)]).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let file = reader.metadata().file_metadata();
        assert_eq!(file.created_by(), Some("tweetmill version 1.0.0"));
        let keys: Vec<_> = file.key_value_metadata().unwrap().iter().map(|pair| pair.key.as_str()).collect();
        assert_eq!(keys, [VERSION_KEY, "ARROW:schema"]);
        let group = reader.metadata().row_group(0);
        assert!(group.column(0).column_index_offset().is_some(), "page index of ids");
        assert!(group.column(1).offset_index_offset().is_some(), "page index of texts");
        assert!(group.column(1).statistics().is_none());
    }

    #[test]
    fn types_readers_choke_on_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let item = |data_type| Arc::new(Field::new("element", data_type, true));
        for data_type in [
            DataType::Utf8View,
            DataType::LargeUtf8,
            DataType::UInt32,
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            DataType::LargeList(item(DataType::Int32)),
            DataType::ListView(item(DataType::Int32)),
            DataType::List(item(DataType::UInt16)),
            DataType::Timestamp(TimeUnit::Millisecond, None),
        ] {
            let schema = Arc::new(Schema::new(vec![Field::new("x", data_type, true)]));
            let properties = properties(&[], &[]).unwrap().build();
            let refused = SpoolWriter::create(folder.path(), schema, properties, weigh_text);
            assert_eq!(refused.err().map(|error| error.kind()), Some(ErrorKind::Defect));
        }
    }
}
