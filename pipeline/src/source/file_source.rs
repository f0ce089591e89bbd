//! The DataFusion `FileSource` that turns work units into partitions of a scan.
//!
//! A `FileSource`, not a leaf plan of our own: an engine that spreads a plan over machines splits
//! the file groups of a scan, but would have every task read a custom leaf in full.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{
    FileGroup, FileOpenFuture, FileOpener, FileScanConfig, FileScanConfigBuilder, FileSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::col;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::union::UnionExec;
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::{ObjectMeta, ObjectStore};

use crate::schema;
use crate::source::blob::ObjectBlob;
use crate::source::container::Limits;
use crate::source::meter::Meter;
use crate::source::reading;
use crate::source::unit::Unit;

/// Raw archives as the table `records`.
#[derive(Debug, Clone)]
pub struct Archives {
    units: Arc<Vec<Unit>>,
    limits: Limits,
    meter: Arc<Meter>,
}

impl Archives {
    /// The table over `units`; reading adds to `meter`.
    pub fn new(units: Vec<Unit>, limits: Limits, meter: Arc<Meter>) -> Self {
        Self { units: Arc::new(units), limits, meter }
    }

    /// One scan a store, `partitions` wide; idle partitions take the next unopened unit.
    fn scans(&self, partitions: usize) -> Vec<Arc<dyn ExecutionPlan>> {
        let mut by_store: BTreeMap<String, (ObjectStoreUrl, Vec<PartitionedFile>)> = BTreeMap::new();
        for unit in self.units.iter() {
            let url = unit.object.location.store_url.clone();
            let (_, files) = by_store.entry(url.as_str().to_owned()).or_insert_with(|| (url, Vec::new()));
            files.push(partitioned_file(unit));
        }
        by_store
            .into_values()
            .map(|(url, files)| {
                let mut groups = vec![Vec::new(); partitions.clamp(1, files.len())];
                let count = groups.len();
                for (position, file) in files.into_iter().enumerate() {
                    if let Some(group) = groups.get_mut(position % count) {
                        group.push(file);
                    }
                }
                let source = ArchiveSource::new(self.clone());
                let config = FileScanConfigBuilder::new(url, Arc::new(source))
                    .with_file_groups(groups.into_iter().map(FileGroup::new).collect())
                    .build();
                DataSourceExec::from_data_source(config) as Arc<dyn ExecutionPlan>
            })
            .collect()
    }
}

fn partitioned_file(unit: &Unit) -> PartitionedFile {
    let meta = ObjectMeta {
        location: unit.object.location.path.clone(),
        last_modified: chrono::DateTime::UNIX_EPOCH,
        size: unit.object.size,
        e_tag: None,
        version: None,
    };
    let span = unit.span();
    PartitionedFile::from(meta).with_range(span.start as i64, span.end as i64)
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
        let mut scans = self.scans(session.config().target_partitions());
        let plan = match scans.len() {
            1 => scans.remove(0),
            _ => UnionExec::try_new(scans)?,
        };
        let Some(projection) = projection else { return Ok(plan) };
        let fields = plan.schema();
        let columns: Vec<(Arc<dyn PhysicalExpr>, String)> = projection
            .iter()
            .map(|index| {
                let name = fields.field(*index).name();
                Ok((col(name, &fields)?, name.clone()))
            })
            .collect::<EngineResult<_>>()?;
        Ok(Arc::new(ProjectionExec::try_new(columns, plan)?))
    }
}

/// How one partition of the scan opens its units.
#[derive(Clone)]
struct ArchiveSource {
    archives: Archives,
    table: TableSchema,
    metrics: ExecutionPlanMetricsSet,
}

impl ArchiveSource {
    fn new(archives: Archives) -> Self {
        let table = TableSchema::builder(schema::records()).build();
        Self { archives, table, metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl FileSource for ArchiveSource {
    fn create_file_opener(
        &self,
        store: Arc<dyn ObjectStore>,
        _config: &FileScanConfig,
        _partition: usize,
    ) -> EngineResult<Arc<dyn FileOpener>> {
        Ok(Arc::new(ArchiveOpener { store, archives: self.archives.clone() }))
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
    archives: Archives,
}

impl fmt::Debug for ArchiveOpener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArchiveOpener({} units)", self.archives.units.len())
    }
}

impl FileOpener for ArchiveOpener {
    fn open(&self, file: PartitionedFile) -> EngineResult<FileOpenFuture> {
        let start = file.range.as_ref().map_or(0, |range| range.start) as u64;
        let path = &file.object_meta.location;
        let unit = self
            .archives
            .units
            .iter()
            .find(|unit| unit.object.location.path == *path && unit.span().start == start)
            .ok_or_else(|| {
                DataFusionError::Internal(format!("the scan asked for {path} at {start}, which is no unit"))
            })?
            .clone();
        let blob = ObjectBlob::new(Arc::clone(&self.store), path.clone(), unit.object.size);
        let (limits, meter) = (self.archives.limits.clone(), Arc::clone(&self.archives.meter));
        Ok(async move { Ok(reading::read(unit, blob, limits, meter).map_err(DataFusionError::from).boxed()) }
            .boxed())
    }
}
