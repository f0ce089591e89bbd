//! A materialised boundary: rows written to scratch space by one plan and read by the next.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::engine::parquet_rows::parquet_schema;
use crate::engine::{Engine, ParquetFiles, parquet_files};
use crate::error::{Error, ErrorKind, Result};
use crate::sink::BucketWriterExec;
use crate::sink::bucket::{BUCKET, BucketFile};
use crate::sink::bucket_exec::read_bucket_rows;
use crate::sink::spool::spool_error;
use crate::steps::{Outcome, StepFile};

/// Rows in Parquet files, each file of one bucket; the column `bucket` itself is not among them.
#[derive(Debug, Clone)]
pub struct Boundary {
    schema: SchemaRef,
    /// Where the files are; None: on this machine, by their paths from its root.
    store: Option<ObjectStoreUrl>,
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
        Ok(Self::new(schema, None, read_bucket_rows(&rows)?))
    }

    /// Files in the store that sessions of `engine` know by `store`, their paths those of objects; None where there is none.
    pub async fn stored(
        engine: &Engine,
        store: &ObjectStoreUrl,
        files: Vec<BucketFile>,
    ) -> Result<Option<Self>> {
        let Some(first) = files.first() else { return Ok(None) };
        let schema = parquet_schema(engine.store(store)?, &object(first)?).await?;
        Ok(Some(Self::new(schema, Some(store.clone()), files)))
    }

    fn new(schema: SchemaRef, store: Option<ObjectStoreUrl>, mut all: Vec<BucketFile>) -> Self {
        all.sort_by(|a, b| a.path.cmp(&b.path));
        let mut files: BTreeMap<i32, Vec<BucketFile>> = BTreeMap::new();
        for file in all {
            files.entry(file.bucket).or_default().push(file);
        }
        Self { schema, store, files }
    }

    /// The rows of the buckets that `wanted` accepts.
    pub fn read(&self, session: &SessionContext, wanted: impl Fn(i32) -> bool) -> Result<DataFrame> {
        let files = self.wanted(wanted);
        let schema = Arc::clone(&self.schema);
        let table = match &self.store {
            None => ParquetFiles::local(schema, files.map(|file| (file.path.as_path(), file.bytes)))?,
            Some(store) => {
                ParquetFiles::new(store.clone(), schema, files.map(object).collect::<Result<_>>()?)
            }
        };
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

    fn files(&self) -> Vec<StepFile> {
        self.wanted(|_| true).map(|file| StepFile::new(&file.path, file.bytes, &file.digest)).collect()
    }

    /// The schema is in every file. Without one there are no rows, which is soon found again.
    fn restore(files: Vec<BucketFile>) -> Result<Option<Self>> {
        let Some(first) = files.first() else { return Ok(None) };
        let footer = ArrowReaderMetadata::load(&File::open(&first.path)?, ArrowReaderOptions::new());
        let schema = Arc::clone(footer.map_err(spool_error)?.schema());
        Ok(Some(Self::new(schema, None, files)))
    }
}

/// The object that `file` tells by its path.
fn object(file: &BucketFile) -> Result<PartitionedFile> {
    let path = file.path.to_string_lossy();
    let path = object_store::path::Path::parse(&path).map_err(|error| {
        Error::new(ErrorKind::Defect, format!("`{path}` is no path of an object")).with_source(error)
    })?;
    Ok(parquet_files::file(path, file.bytes))
}
