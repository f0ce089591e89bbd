//! A materialised boundary: rows written to scratch space by one plan and read by the next.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use datafusion::dataframe::DataFrame;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::engine::ParquetFiles;
use crate::error::Result;
use crate::sink::BucketWriterExec;
use crate::sink::bucket::{BUCKET, BucketFile};
use crate::sink::bucket_exec::read_bucket_rows;
use crate::sink::spool::spool_error;
use crate::steps::{Outcome, StepFile};

/// Rows in Parquet files, each file of one bucket; the column `bucket` itself is not among them.
#[derive(Debug, Clone)]
pub struct Boundary {
    schema: SchemaRef,
    files: BTreeMap<i32, Vec<BucketFile>>,
}

impl Boundary {
    /// Runs `frame` to its end, its rows split by their `bucket` column into files under `folder`.
    ///
    /// `buffer_bytes` bounds what the writers of all partitions hold in memory together.
    pub async fn write(frame: DataFrame, folder: &Path, buffer_bytes: usize) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let context = Arc::new(frame.task_ctx());
        let input = frame.create_physical_plan().await?;
        let columns: Vec<_> =
            input.schema().fields().iter().filter(|field| field.name() != BUCKET).cloned().collect();
        let schema = Arc::new(Schema::new(columns));
        let partitions = input.properties().partitioning.partition_count().max(1);
        let writer: Arc<dyn ExecutionPlan> =
            Arc::new(BucketWriterExec::try_new(input, folder.to_owned(), buffer_bytes / partitions)?);
        let rows = datafusion::physical_plan::collect(writer, context).await?;
        Ok(Self::new(schema, read_bucket_rows(&rows)?))
    }

    fn new(schema: SchemaRef, mut all: Vec<BucketFile>) -> Self {
        all.sort_by(|a, b| a.path.cmp(&b.path));
        let mut files: BTreeMap<i32, Vec<BucketFile>> = BTreeMap::new();
        for file in all {
            files.entry(file.bucket).or_default().push(file);
        }
        Self { schema, files }
    }

    /// The rows of the buckets that `wanted` accepts.
    pub fn read(&self, session: &SessionContext, wanted: impl Fn(i32) -> bool) -> Result<DataFrame> {
        let files = self.wanted(wanted).map(|file| (file.path.as_path(), file.bytes));
        let table = ParquetFiles::local(Arc::clone(&self.schema), files)?;
        Ok(session.read_table(Arc::new(table))?)
    }

    /// Rows in the buckets that `wanted` accepts.
    pub fn rows(&self, wanted: impl Fn(i32) -> bool) -> u64 {
        self.wanted(wanted).map(|file| file.rows).sum()
    }

    fn wanted(&self, wanted: impl Fn(i32) -> bool) -> impl Iterator<Item = &BucketFile> {
        self.files.iter().filter(move |(bucket, _)| wanted(**bucket)).flat_map(|(_, files)| files)
    }
}

impl Outcome for Boundary {
    type Record = Vec<BucketFile>;

    fn record(&self) -> Vec<BucketFile> {
        self.wanted(|_| true).cloned().collect()
    }

    fn files(&self) -> Vec<StepFile<'_>> {
        self.wanted(|_| true).map(|file| StepFile::new(&file.path, file.bytes, &file.digest)).collect()
    }

    /// The schema is in every file. Without one there are no rows, which is soon found again.
    fn restore(files: Vec<BucketFile>) -> Result<Option<Self>> {
        let Some(first) = files.first() else { return Ok(None) };
        let footer = ArrowReaderMetadata::load(&File::open(&first.path)?, ArrowReaderOptions::new());
        let schema = Arc::clone(footer.map_err(spool_error)?.schema());
        Ok(Some(Self::new(schema, files)))
    }
}
