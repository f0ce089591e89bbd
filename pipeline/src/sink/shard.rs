//! One Parquet shard of documents: its schema, its name, the range of keys it holds, its writer.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use serde::{Deserialize, Serialize};
use tweetmill_udfs::embed::VectorForm;

use super::digesting::short;
use super::manifest::EmbeddingRule;
use super::off_thread::BatchWriter;
use super::redacted::Redacted;
use super::spool::{self, SpoolWriter};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{Column, DOCUMENT_COLUMNS, canonical};

/// Name of the value inside every list column.
///
/// pyarrow, polars, `DuckDB` and Hugging Face datasets were measured to read `element` and `item` (Arrow's
/// habit) alike. `element` is what the Parquet format asks for and what all of them write themselves.
pub const LIST_VALUE: &str = "element";

/// Schema of a shard: `tweet_id, author_id, created_at, lang, text, input_ids, n_tokens`, then `extra`, then vectors where there are any.
///
/// `extra` names canonical columns (see [`canonical`]); an unknown name, or one given twice, is refused.
pub fn documents_schema<S: AsRef<str>>(extra: &[S], vectors: Option<&EmbeddingRule>) -> Result<SchemaRef> {
    let known = canonical();
    let mut fields = Vec::with_capacity(DOCUMENT_COLUMNS.len() + extra.len());
    for (name, nullable) in DOCUMENT_COLUMNS {
        let data_type = match name {
            "input_ids" => list_of(DataType::Int32),
            "n_tokens" => DataType::Int32,
            _ => canonical_type(&known, name)?,
        };
        fields.push(Field::new(name, data_type, nullable));
    }
    for name in extra {
        let name = name.as_ref();
        if fields.iter().any(|field| field.name() == name) {
            let message = format!("column `{name}` is in every shard already, or named twice");
            return Err(Error::new(ErrorKind::Usage, message));
        }
        fields.push(Field::new(name, canonical_type(&known, name)?, true));
    }
    if let Some(EmbeddingRule { column, dimensions, form, .. }) = vectors {
        let known = VectorForm::of_name(form).ok_or_else(|| {
            Error::new(
                ErrorKind::Store,
                format!("the vectors of the data set are of a form not known here: {form}"),
            )
        })?;
        fields.push(Field::new(column, known.data_type(*dimensions as usize), false));
    }
    Ok(Arc::new(Schema::new(fields)))
}

fn canonical_type(known: &[Column], name: &str) -> Result<DataType> {
    let Some(column) = known.iter().find(|column| column.name == name) else {
        let names: Vec<_> = known.iter().map(|column| column.name).collect();
        return Err(Error::new(ErrorKind::Usage, format!("`{name}` is no column of a tweet"))
            .with_hint(format!("columns are {}", names.join(", "))));
    };
    Ok(match &column.data_type {
        DataType::List(item) => list_of(item.data_type().clone()),
        other => other.clone(),
    })
}

fn list_of(value: DataType) -> DataType {
    DataType::List(Arc::new(Field::new(LIST_VALUE, value, true)))
}

/// Which shard of which split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardId {
    /// `train`, `validation` or `test`.
    pub split: String,
    /// Ordinal within the split and the commit, from 0.
    pub index: u32,
    /// Shards the split was cut into, at least 1; some may be empty and have no file.
    pub count: u32,
}

impl ShardId {
    /// `train-00000-of-00008-0123456789abcdef.parquet`; `digest` is the whole file's blake3 in hex.
    pub fn file_name(&self, digest: &str) -> String {
        format!("{}-{:05}-of-{:05}-{}.parquet", self.split, self.index, self.count, short(digest))
    }

    /// Index of the shard among `count` that holds a document of this shuffle key.
    ///
    /// Shard i holds the keys in [ceil(i·2^64 / count), ceil((i+1)·2^64 / count)).
    pub fn index_of(key: u64, count: u32) -> u32 {
        ((u128::from(key) * u128::from(count)) >> 64) as u32
    }

    /// First and last shuffle key of this shard; None where it can hold none (`index` ≥ `count`).
    pub fn keys(&self) -> Option<(u64, u64)> {
        if self.index >= self.count {
            return None;
        }
        let bound = |index: u32| (u128::from(index) << 64).div_ceil(u128::from(self.count));
        Some((bound(self.index) as u64, (bound(self.index + 1) - 1) as u64))
    }
}

/// A finished shard in the spool folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name in the data set.
    pub name: String,
    /// Which shard it is.
    pub id: ShardId,
    /// Documents, at least 1.
    pub rows: u64,
    /// Sum of `n_tokens`.
    pub tokens: u64,
    /// What was redacted in its texts.
    pub redacted: Redacted,
    /// Size of the file.
    pub bytes: u64,
    /// Blake3 of the file, 64 lower-case hex digits.
    pub digest: String,
}

/// Writes one shard from batches already sorted by (shuffle key, tweet id).
///
/// ```text
///  batches ─► columns by name, plain types ─► chunks ─► row groups ─► spool file ─► named by its digest
/// ```
///
/// The same rows give the same bytes however they arrive; see [`spool`].
pub struct ShardWriter {
    id: ShardId,
    schema: SchemaRef,
    file: SpoolWriter,
    tokens: u64,
    redacted: Redacted,
}

impl ShardWriter {
    /// Starts a shard of `schema` (see [`documents_schema`]) in the folder `spool`, which must exist.
    pub fn create(spool: &Path, id: ShardId, schema: SchemaRef) -> Result<Self> {
        for (name, _) in DOCUMENT_COLUMNS {
            if schema.column_with_name(name).is_none() {
                return Err(Error::new(ErrorKind::Defect, format!("a shard needs the column `{name}`")));
            }
        }
        let properties = spool::properties(
            &["tweet_id", "author_id", "created_at"],
            &["text", "input_ids.list.element", "quoted_text"],
        )?
        .build();
        let file = SpoolWriter::create(spool, Arc::clone(&schema), properties, weigh)?;
        Ok(Self { id, schema, file, tokens: 0, redacted: Redacted::default() })
    }

    /// Adds rows. Columns are taken by name; others, such as the sort key, are left out, but for the counts of what was
    /// redacted, which are summed up.
    ///
    /// Refuses a missing column, another type, a null where none may be, and an `n_tokens` that is not
    /// the length of `input_ids`.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.redacted += Redacted::of_rows(batch);
        let batch = conform(batch, &self.schema)?;
        self.tokens += count_tokens(&batch)?;
        self.file.write(&batch)
    }

    /// Closes the shard; None, and no file, when it has no rows: an empty Parquet file crashes readers.
    pub fn finish(self) -> Result<Option<ShardFile>> {
        let Self { id, file, tokens, redacted, .. } = self;
        let written = file.finish(|digest| id.file_name(digest))?;
        Ok(written.map(|file| ShardFile {
            path: file.path,
            name: file.name,
            id,
            rows: file.rows,
            tokens,
            redacted,
            bytes: file.bytes,
            digest: file.digest,
        }))
    }
}

impl BatchWriter for ShardWriter {
    type Written = Option<ShardFile>;

    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        Self::write(self, batch)
    }

    fn finish(self) -> Result<Option<ShardFile>> {
        Self::finish(self)
    }
}

/// The columns of `schema` out of `batch`, by name, list values renamed to [`LIST_VALUE`].
pub(super) fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let Some(column) = batch.column_by_name(field.name()) else {
            let message = format!("column `{}` is missing from the rows to write", field.name());
            return Err(Error::new(ErrorKind::Defect, message));
        };
        columns.push(renamed(column, field)?);
    }
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(|error| {
        Error::new(ErrorKind::Defect, "rows do not fit the columns of the file to write").with_source(error)
    })
}

fn renamed(column: &ArrayRef, field: &Field) -> Result<ArrayRef> {
    let (DataType::List(wanted), Some(list)) = (field.data_type(), column.as_list_opt::<i32>()) else {
        return Ok(Arc::clone(column));
    };
    let values = Arc::clone(list.values());
    let list = ListArray::try_new(Arc::clone(wanted), list.offsets().clone(), values, list.nulls().cloned());
    Ok(Arc::new(list.map_err(|error| {
        let message = format!("column `{}` holds lists of another type", field.name());
        Error::new(ErrorKind::Defect, message).with_source(error)
    })?))
}

/// Size of `documents` whose texts have so many UTF-8 bytes together, as shards are measured: twice the
/// text, because the token ids take about as many bytes, and 64 a document.
///
/// The counting pass, which decides the number of shards before a text is tokenized, uses it too.
pub const fn logical_bytes(documents: u64, text_bytes: u64) -> u64 {
    2 * text_bytes + 64 * documents
}

fn weigh(batch: &RecordBatch) -> Result<Vec<u64>> {
    let Some(text) = batch.column_by_name("text").and_then(|column| column.as_string_opt::<i32>()) else {
        return Err(Error::new(ErrorKind::Defect, "a shard without text"));
    };
    Ok((0..batch.num_rows()).map(|row| logical_bytes(1, text.value_length(row) as u64)).collect())
}

fn count_tokens(batch: &RecordBatch) -> Result<u64> {
    let (Some(ids), Some(counts)) = (
        batch.column_by_name("input_ids").and_then(|column| column.as_list_opt::<i32>()),
        batch.column_by_name("n_tokens").and_then(|column| column.as_primitive_opt::<Int32Type>()),
    ) else {
        return Err(Error::new(ErrorKind::Defect, "a shard without tokens"));
    };
    let mut total = 0;
    for (row, count) in counts.values().iter().enumerate() {
        if *count != ids.value_length(row) {
            let message = format!("n_tokens is {count} where input_ids holds {}", ids.value_length(row));
            return Err(Error::new(ErrorKind::Defect, message));
        }
        total += *count as u64;
    }
    Ok(total)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::sink::fixtures::documents;

    fn shard(batches: &[RecordBatch], extra: &[&str]) -> Result<Option<ShardFile>> {
        let spool = tempfile::tempdir().unwrap();
        let id = ShardId { split: "train".into(), index: 1, count: 12 };
        let mut writer = ShardWriter::create(spool.path(), id, documents_schema(extra, None)?)?;
        for batch in batches {
            writer.write(batch)?;
        }
        writer.finish()
    }

    #[test]
    fn a_shard_is_named_by_what_it_holds() {
        let file = shard(&[documents(&[3, 1, 2])], &[]).unwrap().unwrap();
        let (start, end) = (format!("train-00001-of-00012-{}", short(&file.digest)), ".parquet");
        assert_eq!(file.name, start + end);
        assert_eq!((file.rows, file.tokens), (3, 3 + 1 + 2));
        let other = shard(&[documents(&[3, 1, 4])], &[]).unwrap().unwrap();
        assert_ne!(file.name, other.name);
    }

    #[test]
    fn arrival_does_not_matter() {
        let ids: Vec<i64> = (1..9000).collect();
        let whole = shard(&[documents(&ids)], &[]).unwrap().unwrap();
        let parts: Vec<_> = ids.chunks(777).map(documents).collect();
        assert_eq!(shard(&parts, &[]).unwrap().unwrap().digest, whole.digest);
    }

    #[test]
    fn no_rows_no_shard() {
        assert_eq!(shard(&[documents(&[])], &[]).unwrap(), None);
    }

    #[test]
    fn rows_that_break_the_contract_are_refused() {
        let good = documents(&[1]);
        let wrong = good.schema().index_of("n_tokens").unwrap();
        let mut columns = good.columns().to_vec();
        columns[wrong] = Arc::new(arrow::array::Int32Array::from(vec![9]));
        let batch = RecordBatch::try_new(good.schema(), columns).unwrap();
        let refused = shard(&[batch], &[]).unwrap_err();
        assert!(refused.to_string().contains("n_tokens is 9"), "{refused}");
        let missing = shard(&[good], &["likes"]).unwrap_err();
        assert!(missing.to_string().contains("`likes` is missing"), "{missing}");
    }

    #[test]
    fn extra_columns_are_canonical_ones() {
        let schema = documents_schema(&["reply_to", "hashtags"], None).unwrap();
        assert_eq!(schema.fields().len(), 9);
        assert_eq!(schema.field(8).data_type(), &list_of(DataType::Utf8));
        assert_eq!(documents_schema(&["reply"], None).unwrap_err().kind(), ErrorKind::Usage);
        assert_eq!(documents_schema(&["lang"], None).unwrap_err().kind(), ErrorKind::Usage);
        assert_eq!(documents_schema(&["likes", "likes"], None).unwrap_err().kind(), ErrorKind::Usage);
    }

    #[test]
    fn ranges_of_keys_meet_without_gap_or_overlap() {
        for count in [1_u32, 2, 3, 7, 8, 1000] {
            let mut next = 0_u128;
            for index in 0..count {
                let (first, last) = ShardId { split: String::new(), index, count }.keys().unwrap();
                assert_eq!(u128::from(first), next);
                assert_eq!(ShardId::index_of(first, count), index);
                assert_eq!(ShardId::index_of(last, count), index);
                next = u128::from(last) + 1;
            }
            assert_eq!(next, 1 << 64);
        }
    }
}
