//! Parquet files named one by one, as a table.
//!
//! The engine's own way to read files takes URLs, in which `[`, `*` and `?` are patterns and `#` and `%`
//! have meanings: a folder `100% [x] #1` could not be read. Here a path is a path.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use object_store::ObjectMeta;
use object_store::path::Path;

use crate::engine::file_groups;
use crate::error::{Error, ErrorKind, Result};

/// Files of one store and one schema; rows come in no particular order.
///
/// Filters reach the scan by the optimizer, which finds that it takes them: see the engine's setting
/// `pushdown_filters`.
#[derive(Debug, Clone)]
pub struct ParquetFiles {
    store: ObjectStoreUrl,
    schema: TableSchema,
    files: Vec<PartitionedFile>,
}

impl ParquetFiles {
    /// The table over `files` in the store that the session knows by `store`.
    pub fn new(store: ObjectStoreUrl, schema: impl Into<TableSchema>, files: Vec<PartitionedFile>) -> Self {
        Self { store, schema: schema.into(), files }
    }

    /// The table over files of this machine: absolute paths, each with its size in bytes.
    pub fn local<'a>(
        schema: SchemaRef,
        files: impl IntoIterator<Item = (&'a std::path::Path, u64)>,
    ) -> Result<Self> {
        let files = files.into_iter().map(|(path, bytes)| local_file(path, bytes));
        Ok(Self::new(ObjectStoreUrl::local_filesystem(), schema, files.collect::<Result<_>>()?))
    }
}

/// The file of `bytes` bytes at `location`, which never changes: its name holds the digest of its content.
pub fn file(location: Path, bytes: u64) -> PartitionedFile {
    PartitionedFile::new_from_meta(ObjectMeta {
        location,
        // Nothing compares it.
        last_modified: DateTime::<Utc>::UNIX_EPOCH,
        size: bytes,
        e_tag: None,
        version: None,
    })
}

/// The file of `bytes` bytes at the absolute `path` of this machine.
pub fn local_file(path: &std::path::Path, bytes: u64) -> Result<PartitionedFile> {
    Ok(file(local_path(path)?, bytes))
}

/// `path` as the store of this machine's files knows it. Parsed, not converted: a conversion would
/// escape characters that the path really holds.
fn local_path(path: &std::path::Path) -> Result<Path> {
    let unusable = || Error::new(ErrorKind::Usage, format!("the path {} cannot be used", path.display()));
    let text = path.to_str().ok_or_else(|| unusable().with_hint("its name must be UTF-8"))?;
    Path::parse(text.trim_start_matches('/')).map_err(|error| unusable().with_source(error))
}

#[async_trait]
impl TableProvider for ParquetFiles {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        if self.files.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.schema().project(columns)?),
                None => self.schema(),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let source = Arc::new(ParquetSource::new(self.schema.clone()));
        let scan = FileScanConfigBuilder::new(self.store.clone(), source)
            .with_file_groups(file_groups::dealt(self.files.clone(), session.config().target_partitions()))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        // The format adds the session's options and its cache of footers.
        let format = ParquetFormat::new().with_options(session.default_table_options().parquet);
        format.create_physical_plan(session, scan).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::engine::{Engine, Joins};
    use arrow::array::{AsArray, Int64Array, RecordBatch, StringArray};
    use arrow::datatypes::Int64Type;
    use datafusion::common::JoinType;
    use datafusion::physical_plan::displayable;
    use datafusion::prelude::{DataFrame, SessionContext, col, lit};
    use parquet::arrow::ArrowWriter;
    use std::num::NonZeroUsize;

    /// Three files of ten rows in a folder whose name no URL takes as it is.
    struct Awkward {
        _folder: tempfile::TempDir,
        session: SessionContext,
        table: ParquetFiles,
    }

    impl Awkward {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let scratch = folder.path().join("[x] #1 100%?*");
            std::fs::create_dir(&scratch).unwrap();
            let mut files = Vec::new();
            for start in [0, 10, 20] {
                let path = scratch.join(format!("{start} %20.parquet"));
                let ids = Int64Array::from_iter_values(start..start + 10);
                let texts = StringArray::from_iter_values((start..start + 10).map(|id| format!("text {id}")));
                let batch =
                    RecordBatch::try_from_iter([("id", Arc::new(ids) as _), ("text", Arc::new(texts) as _)])
                        .unwrap();
                let file = std::fs::File::create(&path).unwrap();
                let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
                writer.write(&batch).unwrap();
                writer.close().unwrap();
                files.push((path, batch.schema()));
            }
            let schema = Arc::clone(&files[0].1);
            let sized: Vec<_> = files
                .iter()
                .map(|(path, _)| (path.as_path(), std::fs::metadata(path).unwrap().len()))
                .collect();
            let table = ParquetFiles::local(schema, sized).unwrap();
            let threads = NonZeroUsize::new(2).unwrap();
            let engine = Engine::new(threads, 256 << 20, &scratch).unwrap();
            let session = engine.session(threads, Joins::HashLeft).unwrap();
            Self { _folder: folder, session, table }
        }

        fn frame(&self) -> DataFrame {
            self.session.read_table(Arc::new(self.table.clone())).unwrap()
        }
    }

    async fn plan_of(frame: &DataFrame) -> String {
        let plan = frame.clone().create_physical_plan().await.unwrap();
        displayable(plan.as_ref()).indent(false).to_string()
    }

    async fn ids(frame: DataFrame) -> Vec<i64> {
        let batches = frame.collect().await.unwrap();
        let mut ids: Vec<i64> = batches
            .iter()
            .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec())
            .collect();
        ids.sort_unstable();
        ids
    }

    #[tokio::test]
    async fn files_are_read_whatever_their_names_hold() {
        let files = Awkward::new();
        assert_eq!(ids(files.frame()).await, (0..30).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn filters_and_columns_reach_the_scan() {
        let files = Awkward::new();
        let frame = files.frame().filter(col("id").gt_eq(lit(25_i64))).unwrap();
        let frame = frame.select_columns(&["id"]).unwrap();
        let plan = plan_of(&frame).await;
        assert!(plan.contains("DataSourceExec") && plan.contains("predicate=id@0 >= 25"), "{plan}");
        assert!(plan.contains("projection=[id]") && !plan.contains("FilterExec"), "{plan}");
        assert_eq!(ids(frame).await, [25, 26, 27, 28, 29]);
    }

    #[tokio::test]
    async fn what_a_join_learns_reaches_the_scan() {
        let files = Awkward::new();
        let few = files.frame().filter(col("id").lt(lit(3_i64))).unwrap();
        let few = few.select(vec![col("id").alias("few")]).unwrap();
        let joined = few.join(files.frame(), JoinType::Inner, &["few"], &["id"], None).unwrap();
        let plan = plan_of(&joined).await;
        assert!(plan.contains("predicate=DynamicFilter"), "{plan}");
        assert_eq!(ids(joined).await, [0, 1, 2]);
    }

    #[tokio::test]
    async fn no_files_are_no_rows() {
        let files = Awkward::new();
        let none = ParquetFiles::local(files.table.schema(), []).unwrap();
        let frame = files.session.read_table(Arc::new(none)).unwrap();
        assert_eq!(ids(frame.select_columns(&["id"]).unwrap()).await, Vec::<i64>::new());
    }
}
