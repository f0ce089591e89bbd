//! The engine's `FileSource` that turns work units into partitions of a scan.
//!
//! A `FileSource`, not a leaf plan of our own: an engine that spreads a plan over machines splits
//! the file groups of a scan, but would have every task read a custom leaf in full.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{
    FileOpenFuture, FileOpener, FileScanConfig, FileScanConfigBuilder, FileSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::physical_plan::union::UnionExec;
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::ObjectStore;
use object_store::path::Path;
use tokio::runtime::Handle;

use crate::engine::file_groups;
use crate::progress::Progress;
use crate::schema;
use crate::source::blob::ObjectBlob;
use crate::source::limits::ReadLimits;
use crate::source::reading;
use crate::source::records::Columns;
use crate::source::unit::Unit;

/// Raw archives as the table `records`.
#[derive(Debug, Clone)]
pub struct Archives {
    units: Vec<Unit>,
    limits: ReadLimits,
    progress: Arc<Progress>,
    retweet_texts: bool,
}

impl Archives {
    /// The table over `units`; reading adds to `progress`.
    pub fn new(units: Vec<Unit>, limits: ReadLimits, progress: Arc<Progress>) -> Self {
        Self { units, limits, progress, retweet_texts: true }
    }

    /// The table with retweets as [`Columns::without_retweet_texts`] has them: for a run, where a retweet is no
    /// document.
    #[must_use]
    pub fn without_retweet_texts(self) -> Self {
        Self { retweet_texts: false, ..self }
    }

    /// One scan a store, together `partitions` wide or one partition a store, whichever is more; idle
    /// partitions take the next unopened unit of their store.
    fn scans(&self, partitions: usize, columns: &Arc<Columns>) -> Vec<Arc<dyn ExecutionPlan>> {
        let mut by_store: BTreeMap<String, (ObjectStoreUrl, Vec<&Unit>)> = BTreeMap::new();
        for unit in &self.units {
            let url = unit.object.location.store_url.clone();
            let (_, units) = by_store.entry(url.as_str().to_owned()).or_insert_with(|| (url, Vec::new()));
            units.push(unit);
        }
        let all: u64 = self.units.iter().map(Unit::bytes).sum();
        by_store
            .into_values()
            .map(|(url, units)| {
                let bytes = units.iter().map(|unit| unit.bytes()).sum();
                self.scan_store(url, &units, share(partitions, bytes, all), columns)
            })
            .collect()
    }

    fn scan_store(
        &self,
        url: ObjectStoreUrl,
        units: &[&Unit],
        partitions: usize,
        columns: &Arc<Columns>,
    ) -> Arc<dyn ExecutionPlan> {
        let source = ArchiveSource {
            units: Arc::new(units.iter().map(|unit| (key(unit), (*unit).clone())).collect()),
            limits: self.limits.clone(),
            progress: Arc::clone(&self.progress),
            table: TableSchema::builder(Arc::clone(columns.schema())).build(),
            columns: Arc::clone(columns),
            metrics: ExecutionPlanMetricsSet::new(),
        };
        let config = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_file_groups(file_groups::dealt(units.iter().map(|unit| partitioned_file(unit)), partitions))
            .build();
        DataSourceExec::from_data_source(config)
    }
}

/// How many of `partitions` a store gets that holds `bytes` of `all`: in proportion, but at least one.
fn share(partitions: usize, bytes: u64, all: u64) -> usize {
    let part = (partitions as u128 * u128::from(bytes)).checked_div(u128::from(all));
    part.map_or(partitions, |part| part as usize).max(1)
}

/// A unit of a store by what a scan asks for: the object, and the first byte.
type UnitKey = (Path, u64);

fn key(unit: &Unit) -> UnitKey {
    (unit.object.meta.location.clone(), unit.span().start)
}

fn partitioned_file(unit: &Unit) -> PartitionedFile {
    let span = unit.span();
    PartitionedFile::from(unit.object.meta.clone()).with_range(span.start as i64, span.end as i64)
}

#[async_trait]
impl TableProvider for Archives {
    fn schema(&self) -> SchemaRef {
        schema::records()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let columns = projection.map_or_else(Columns::all, |indices| Columns::at(indices));
        let columns = if self.retweet_texts { columns } else { columns.without_retweet_texts() };
        let mut scans = self.scans(session.config().target_partitions(), &Arc::new(columns));
        Ok(match scans.len() {
            1 => scans.remove(0),
            _ => UnionExec::try_new(scans)?,
        })
    }
}

/// How the units of one store are opened.
#[derive(Debug, Clone)]
struct ArchiveSource {
    units: Arc<BTreeMap<UnitKey, Unit>>,
    columns: Arc<Columns>,
    limits: ReadLimits,
    progress: Arc<Progress>,
    table: TableSchema,
    metrics: ExecutionPlanMetricsSet,
}

impl FileSource for ArchiveSource {
    fn create_file_opener(
        &self,
        store: Arc<dyn ObjectStore>,
        _config: &FileScanConfig,
        _partition: usize,
    ) -> EngineResult<Arc<dyn FileOpener>> {
        Ok(Arc::new(ArchiveOpener { store, source: self.clone() }))
    }

    fn table_schema(&self) -> &TableSchema {
        &self.table
    }

    fn with_batch_size(&self, _rows: usize) -> Arc<dyn FileSource> {
        Arc::new(self.clone())
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        &self.metrics
    }

    fn file_type(&self) -> &'static str {
        "tweet archive"
    }

    fn supports_repartitioning(&self) -> bool {
        false // units are cut where archives can be: see `unit::plan`
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> EngineResult<TreeNodeRecursion>,
    ) -> EngineResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }
}

struct ArchiveOpener {
    store: Arc<dyn ObjectStore>,
    source: ArchiveSource,
}

impl FileOpener for ArchiveOpener {
    fn open(&self, file: PartitionedFile) -> EngineResult<FileOpenFuture> {
        let start = file.range.as_ref().map_or(0, |range| range.start) as u64;
        let path = file.object_meta.location;
        let unknown = format!("the scan asked for {path} at {start}, which is no unit");
        let unit = self.source.units.get(&(path, start)).cloned();
        let unit = unit.ok_or(DataFusionError::Internal(unknown))?;
        let store = Arc::clone(&self.store);
        let (limits, progress) = (self.source.limits.clone(), Arc::clone(&self.source.progress));
        let columns = Arc::clone(&self.source.columns);
        Ok(async move {
            let blob = ObjectBlob::new(store, &unit.object.meta, Handle::current());
            Ok(reading::read(unit, blob, limits, columns, progress).map_err(DataFusionError::from).boxed())
        }
        .boxed())
    }
}
