//! Tasks as the rows of a table: the engine cuts it by partitions, and scanning a partition does its task.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
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
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::{FutureExt, StreamExt, stream};
use object_store::ObjectStore;

use super::plan::Place;
use super::worker::Worker;
use crate::error::{Error, ErrorKind};

/// The tasks of a step that are to be done: rows of number and, where one failed, why.
#[derive(Debug, Clone)]
pub(super) struct TasksTable {
    pub(super) place: Place,
    pub(super) tasks: Vec<usize>,
}

/// Columns of what comes of a task.
pub(super) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("task", DataType::Int64, false),
        // JSON, see `Failure`.
        Field::new("failure", DataType::Utf8, true),
    ]))
}

#[async_trait]
impl TableProvider for TasksTable {
    fn schema(&self) -> SchemaRef {
        schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        if projection.is_some_and(|columns| *columns != [0, 1]) {
            return Err(DataFusionError::NotImplemented("tasks are asked for whole".to_owned()));
        }
        let groups: Vec<Vec<usize>> = self.tasks.iter().map(|task| vec![*task]).collect();
        Ok(scan(self.place.clone(), &groups, None))
    }
}

/// A scan with a partition for each group of tasks; only one that has a worker can be run.
pub(super) fn scan(
    place: Place,
    groups: &[Vec<usize>],
    worker: Option<Arc<Worker>>,
) -> Arc<dyn ExecutionPlan> {
    let file = |task: &usize| PartitionedFile::new(format!("task/{task}"), 1);
    let groups = groups.iter().map(|tasks| FileGroup::new(tasks.iter().map(file).collect())).collect();
    let source = TaskSource {
        place,
        worker,
        table: TableSchema::builder(schema()).build(),
        metrics: ExecutionPlanMetricsSet::new(),
    };
    let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source));
    DataSourceExec::from_data_source(config.with_file_groups(groups).build())
}

/// The place and the groups of tasks of a scan that [`scan`] made; None for any other node.
pub(super) fn scanned(node: &dyn ExecutionPlan) -> Option<(Place, Vec<Vec<usize>>)> {
    let node = node.downcast_ref::<DataSourceExec>()?;
    let config = node.data_source().downcast_ref::<FileScanConfig>()?;
    let source = config.file_source().downcast_ref::<TaskSource>()?;
    let groups = config.file_groups.iter().map(|group| group.iter().filter_map(task_of).collect());
    Some((source.place.clone(), groups.collect()))
}

fn task_of(file: &PartitionedFile) -> Option<usize> {
    file.object_meta.location.filename()?.parse().ok()
}

/// How a task is opened.
#[derive(Debug, Clone)]
struct TaskSource {
    place: Place,
    worker: Option<Arc<Worker>>,
    table: TableSchema,
    metrics: ExecutionPlanMetricsSet,
}

impl FileSource for TaskSource {
    fn create_file_opener(
        &self,
        _store: Arc<dyn ObjectStore>,
        _config: &FileScanConfig,
        _partition: usize,
    ) -> EngineResult<Arc<dyn FileOpener>> {
        let worker = self.worker.clone().ok_or_else(|| {
            DataFusionError::from(Error::new(ErrorKind::Defect, "tasks are done by executors alone"))
        })?;
        Ok(Arc::new(TaskOpener { place: self.place.clone(), worker }))
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
        "tweetmill task"
    }

    fn supports_repartitioning(&self) -> bool {
        false
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> EngineResult<TreeNodeRecursion>,
    ) -> EngineResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }
}

struct TaskOpener {
    place: Place,
    worker: Arc<Worker>,
}

impl FileOpener for TaskOpener {
    fn open(&self, file: PartitionedFile) -> EngineResult<FileOpenFuture> {
        let task = task_of(&file).ok_or_else(|| DataFusionError::Internal("a scan of no task".to_owned()))?;
        let (place, worker) = (self.place.clone(), Arc::clone(&self.worker));
        Ok(async move {
            // A task that fails is told as a row: as an error, it would take all others with it.
            let failure = worker.finish(&place, task).await.err().map(|failure| failure.to_json());
            let columns: Vec<ArrayRef> = vec![
                Arc::new(Int64Array::from(vec![task as i64])),
                Arc::new(StringArray::from(vec![failure])),
            ];
            let row = RecordBatch::try_new(schema(), columns)?;
            Ok(stream::iter([Ok(row)]).boxed())
        }
        .boxed())
    }
}
