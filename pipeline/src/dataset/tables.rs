//! The committed Parquet files as SQL tables.
//!
//! A listing of folders would also find shards that no commit names; these tables are the files of the
//! commits, each row with the commit and file it is from.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, SchemaRef};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::prelude::SessionContext;
use object_store::ObjectMeta;

use super::DataSet;
use crate::error::Result;
use crate::sink::fates::{fates_schema, provenance_schema};
use crate::sink::layout;
use crate::sink::manifest::{DataFile, SideFile};
use crate::sink::shard::documents_schema;
use crate::sink::spool::short;

/// Parquet files of one schema, plus the columns `commit_number`, `split` and `file` of each.
///
/// `split` is empty for files that hold no documents; `file` is the path within the data set.
#[derive(Debug)]
pub struct CommittedFiles {
    store: ObjectStoreUrl,
    schema: TableSchema,
    files: Vec<PartitionedFile>,
}

impl DataSet {
    /// Makes the data set the tables `documents` and `fates` of `engine`, replacing tables of these names.
    pub fn register(&self, engine: &SessionContext) -> Result<()> {
        let documents = self.documents(engine, |_| true)?;
        let fates = self.fates(engine)?;
        for (name, table) in [("documents", documents), ("fates", fates)] {
            engine.deregister_table(name)?;
            engine.register_table(name, Arc::new(table))?;
        }
        Ok(())
    }

    /// The documents in the shards that `wanted` picks.
    pub fn documents(
        &self,
        engine: &SessionContext,
        wanted: impl Fn(&DataFile) -> bool,
    ) -> Result<CommittedFiles> {
        let mut files = Vec::new();
        for (commit, file) in self.files(None) {
            if wanted(file) {
                files.push(self.part(commit.number, &file.split, &file.path, file.bytes)?);
            }
        }
        self.table(engine, documents_schema(&self.pinned().columns)?, files)
    }

    /// One row a record of every commit.
    pub fn fates(&self, engine: &SessionContext) -> Result<CommittedFiles> {
        let files =
            self.commits().iter().flat_map(|commit| commit.fates.iter().map(|file| (commit.number, file)));
        self.side_table(engine, fates_schema(), files)
    }

    /// Where each record stood, from files told by the runs of these commits.
    pub fn provenance<'a>(
        &self,
        engine: &SessionContext,
        files: impl IntoIterator<Item = (u64, &'a SideFile)>,
    ) -> Result<CommittedFiles> {
        self.side_table(engine, provenance_schema(), files)
    }

    fn side_table<'a>(
        &self,
        engine: &SessionContext,
        schema: SchemaRef,
        files: impl IntoIterator<Item = (u64, &'a SideFile)>,
    ) -> Result<CommittedFiles> {
        let mut parts = Vec::new();
        for (number, file) in files {
            parts.push(self.part(number, "", &file.path, file.bytes)?);
        }
        self.table(engine, schema, parts)
    }

    fn part(&self, number: u64, split: &str, path: &str, bytes: u64) -> Result<PartitionedFile> {
        let mut part = PartitionedFile::new_from_meta(ObjectMeta {
            location: layout::object(self.root(), path)?,
            // Nothing compares it: a committed file never changes.
            last_modified: DateTime::<Utc>::UNIX_EPOCH,
            size: bytes,
            e_tag: None,
            version: None,
        });
        part.partition_values = vec![
            ScalarValue::Int64(Some(number as i64)),
            ScalarValue::Utf8(Some(split.to_owned())),
            ScalarValue::Utf8(Some(path.to_owned())),
        ];
        Ok(part)
    }

    fn table(
        &self,
        engine: &SessionContext,
        schema: SchemaRef,
        files: Vec<PartitionedFile>,
    ) -> Result<CommittedFiles> {
        let store = self.store_url()?;
        engine.register_object_store(store.as_ref(), Arc::clone(self.store()));
        let columns: Vec<Arc<Field>> = vec![
            Arc::new(Field::new("commit_number", DataType::Int64, false)),
            Arc::new(Field::new("split", DataType::Utf8, false)),
            Arc::new(Field::new("file", DataType::Utf8, false)),
        ];
        let schema = TableSchema::builder(schema).with_table_partition_cols(columns).build();
        Ok(CommittedFiles { store, schema, files })
    }

    /// A name of our own for the store, so that reading a data set never depends on, nor replaces, a
    /// store the session knows by its URL.
    fn store_url(&self) -> Result<ObjectStoreUrl> {
        let name = blake3::hash(format!("{} {}", self.store(), self.root()).as_bytes()).to_hex();
        Ok(ObjectStoreUrl::parse(format!("dataset://{}", short(&name)))?)
    }
}

#[async_trait]
impl TableProvider for CommittedFiles {
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
        let partitions = session.config().target_partitions().clamp(1, self.files.len());
        let mut groups = vec![Vec::new(); partitions];
        for (group, file) in (0..partitions).cycle().zip(&self.files) {
            if let Some(group) = groups.get_mut(group) {
                group.push(file.clone());
            }
        }
        let source = Arc::new(ParquetSource::new(self.schema.clone()));
        let scan = FileScanConfigBuilder::new(self.store.clone(), source)
            .with_file_groups(groups.into_iter().map(FileGroup::new).collect())
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}
