//! The committed Parquet files as SQL tables.
//!
//! A listing of folders would also find shards that no commit names; these tables are the files of the
//! commits, each row with the commit and file it is from.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::SessionContext;

use super::DataSet;
use crate::engine::parquet_files::{self, ParquetFiles};
use crate::error::Result;
use crate::history::near::{TEXTS, is_of, texts_schema};
use crate::sink::digesting::short;
use crate::sink::fates::{fates_schema, provenance_schema, rejects_schema};
use crate::sink::manifest::{DataFile, SideFile};
use crate::sink::paths;
use crate::sink::shard::documents_schema;

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

    /// The documents in the shards that `wanted` picks, plus the columns `commit_number`, `split` and `file`.
    ///
    /// Like all tables here. `split` is empty for files that hold no documents; `file` is the path within
    /// the data set.
    pub fn documents(
        &self,
        engine: &SessionContext,
        wanted: impl Fn(&DataFile) -> bool,
    ) -> Result<ParquetFiles> {
        let mut files = Vec::new();
        for (commit, file) in self.files(None) {
            if wanted(file) {
                files.push(self.part(commit.number, &file.split, &file.path, file.bytes)?);
            }
        }
        self.table(engine, documents_schema(&self.pinned().columns, self.pinned().embedding.as_ref())?, files)
    }

    /// One row a record of every commit; the column `item` is null throughout in files of commits without evaluation sets, which
    /// lack it.
    pub fn fates(&self, engine: &SessionContext) -> Result<ParquetFiles> {
        let files =
            self.commits().iter().flat_map(|commit| commit.fates.iter().map(|file| (commit.number, file)));
        self.side_table(engine, fates_schema(true), files)
    }

    /// Where each record stood, from files told by the runs of these commits.
    pub fn provenance<'a>(
        &self,
        engine: &SessionContext,
        files: impl IntoIterator<Item = (u64, &'a SideFile)>,
    ) -> Result<ParquetFiles> {
        self.side_table(engine, provenance_schema(), files)
    }

    /// Lines that are no tweets, from files told by the runs of these commits.
    pub fn rejects<'a>(
        &self,
        engine: &SessionContext,
        files: impl IntoIterator<Item = (u64, &'a SideFile)>,
    ) -> Result<ParquetFiles> {
        self.side_table(engine, rejects_schema(), files)
    }

    /// The texts that near-duplicates were told by.
    pub fn near_texts(&self, engine: &SessionContext) -> Result<ParquetFiles> {
        let all =
            self.commits().iter().flat_map(|commit| commit.history.iter().map(|file| (commit.number, file)));
        self.side_table(engine, texts_schema(), all.filter(|(_, file)| is_of(file, TEXTS)))
    }

    fn side_table<'a>(
        &self,
        engine: &SessionContext,
        schema: SchemaRef,
        files: impl IntoIterator<Item = (u64, &'a SideFile)>,
    ) -> Result<ParquetFiles> {
        let mut parts = Vec::new();
        for (number, file) in files {
            parts.push(self.part(number, "", &file.path, file.bytes)?);
        }
        self.table(engine, schema, parts)
    }

    fn part(&self, number: u64, split: &str, path: &str, bytes: u64) -> Result<PartitionedFile> {
        let mut part = parquet_files::file(paths::object(self.root(), path)?, bytes);
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
    ) -> Result<ParquetFiles> {
        let store = self.store_url()?;
        engine.register_object_store(store.as_ref(), Arc::clone(self.store()));
        let columns: Vec<Arc<Field>> = vec![
            Arc::new(Field::new("commit_number", DataType::Int64, false)),
            Arc::new(Field::new("split", DataType::Utf8, false)),
            Arc::new(Field::new("file", DataType::Utf8, false)),
        ];
        let schema = TableSchema::builder(schema).with_table_partition_cols(columns).build();
        Ok(ParquetFiles::new(store, schema, files))
    }

    /// A name of our own for the store, so that reading a data set never depends on, nor replaces, a
    /// store the session knows by its URL.
    fn store_url(&self) -> Result<ObjectStoreUrl> {
        let name = blake3::hash(format!("{} {}", self.store(), self.root()).as_bytes()).to_hex();
        Ok(ObjectStoreUrl::parse(format!("dataset://{}", short(&name)))?)
    }
}
