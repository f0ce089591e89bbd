//! The plan node that writes one shard: an interior node, so the rows never leave the engine.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Int32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr,
};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, InputDistributionRequirements,
    Partitioning, PlanProperties,
};

use super::off_thread;
use super::redacted::{self, Redacted};
use super::shard::{ShardFile, ShardId, ShardWriter};
use crate::error::{Error, ErrorKind};

/// Writes its sorted input to one shard in a spool folder.
///
/// ```text
///  input (one partition, sorted) ─► ShardWriter on a blocking thread ─► SPOOL/train-00000-of-00008-….parquet
///                                                   └─► one row: the file's path, rows, tokens, bytes, digest
/// ```
///
/// No row comes out when none went in. The order its input has when the node is made is asked of
/// every later input, so no optimizer takes the sort away.
#[derive(Debug, Clone)]
pub struct ShardWriterExec {
    input: Arc<dyn ExecutionPlan>,
    spool: PathBuf,
    id: ShardId,
    documents: SchemaRef,
    ordering: Option<LexOrdering>,
    properties: Arc<PlanProperties>,
}

impl ShardWriterExec {
    /// A node that writes shard `id` of schema `documents` into `spool`, which must exist when it runs.
    pub fn new(input: Arc<dyn ExecutionPlan>, spool: PathBuf, id: ShardId, documents: SchemaRef) -> Self {
        let ordering = input.output_ordering().cloned();
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(shard_row_schema()),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        ));
        Self { input, spool, id, documents, ordering, properties }
    }
}

impl DisplayAs for ShardWriterExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ShardId { split, index, count } = &self.id;
        write!(f, "ShardWriterExec: {split} {index} of {count}")
    }
}

impl ExecutionPlan for ShardWriterExec {
    fn name(&self) -> &'static str {
        "ShardWriterExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        vec![self.ordering.clone().map(OrderingRequirements::from)]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.pop().ok_or_else(|| internal("ShardWriterExec has one child"))?;
        Ok(Arc::new(Self { input, ..Self::clone(&self) }))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return Err(internal(format!("ShardWriterExec has no partition {partition}")));
        }
        let input = self.input.execute(0, context)?;
        let writer = ShardWriter::create(&self.spool, self.id.clone(), Arc::clone(&self.documents))?;
        let written = futures::stream::once(async move {
            let shard = off_thread::write_all(input, writer).await?;
            Ok(shard_rows(shard.as_slice())?)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), written)))
    }
}

fn internal(message: impl Into<String>) -> DataFusionError {
    Error::new(ErrorKind::Defect, message).into()
}

/// Columns of the row a written shard is told by.
pub fn shard_row_schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, false);
    let integer = |name| Field::new(name, DataType::Int64, false);
    let ordinal = |name| Field::new(name, DataType::Int32, false);
    let told = [
        text("path"),
        text("name"),
        text("split"),
        ordinal("shard"),
        ordinal("of"),
        integer("rows"),
        integer("tokens"),
        integer("bytes"),
        text("digest"),
    ];
    let fields: Vec<Field> = told.into_iter().chain(redacted::COLUMNS.map(integer)).collect();
    Arc::new(Schema::new(fields))
}

/// One row for each shard, as [`ShardWriterExec`] gives them.
fn shard_rows(shards: &[ShardFile]) -> crate::Result<RecordBatch> {
    let mut paths = Vec::with_capacity(shards.len());
    for shard in shards {
        let Some(path) = shard.path.to_str() else {
            let message = format!("the spool folder {} is not UTF-8", shard.path.display());
            return Err(Error::new(ErrorKind::Resource, message));
        };
        paths.push(path);
    }
    let text = |of: fn(&ShardFile) -> &str| StringArray::from_iter_values(shards.iter().map(of));
    let integer =
        |of: fn(&ShardFile) -> u64| Int64Array::from_iter_values(shards.iter().map(|s| of(s) as i64));
    let ordinal =
        |of: fn(&ShardFile) -> u32| Int32Array::from_iter_values(shards.iter().map(|s| of(s) as i32));
    Ok(RecordBatch::try_new(
        shard_row_schema(),
        vec![
            Arc::new(StringArray::from(paths)),
            Arc::new(text(|shard| &shard.name)),
            Arc::new(text(|shard| &shard.id.split)),
            Arc::new(ordinal(|shard| shard.id.index)),
            Arc::new(ordinal(|shard| shard.id.count)),
            Arc::new(integer(|shard| shard.rows)),
            Arc::new(integer(|shard| shard.tokens)),
            Arc::new(integer(|shard| shard.bytes)),
            Arc::new(text(|shard| &shard.digest)),
            Arc::new(integer(|shard| shard.redacted.mentions)),
            Arc::new(integer(|shard| shard.redacted.urls)),
            Arc::new(integer(|shard| shard.redacted.emails)),
            Arc::new(integer(|shard| shard.redacted.phones)),
        ],
    )?)
}

/// The shards told by the rows of a finished [`ShardWriterExec`].
pub fn read_shard_rows(batches: &[RecordBatch]) -> crate::Result<Vec<ShardFile>> {
    use arrow::array::AsArray;
    use arrow::datatypes::{Int32Type, Int64Type};
    let mut shards = Vec::new();
    for batch in batches {
        if batch.schema().fields() != shard_row_schema().fields() {
            return Err(Error::new(ErrorKind::Defect, "rows that tell of no shards"));
        }
        let text = |column: usize, row: usize| batch.column(column).as_string::<i32>().value(row).to_owned();
        let integer =
            |column: usize, row: usize| batch.column(column).as_primitive::<Int64Type>().value(row) as u64;
        let ordinal =
            |column: usize, row: usize| batch.column(column).as_primitive::<Int32Type>().value(row) as u32;
        for row in 0..batch.num_rows() {
            shards.push(ShardFile {
                path: text(0, row).into(),
                name: text(1, row),
                id: ShardId { split: text(2, row), index: ordinal(3, row), count: ordinal(4, row) },
                rows: integer(5, row),
                tokens: integer(6, row),
                bytes: integer(7, row),
                digest: text(8, row),
                redacted: Redacted {
                    mentions: integer(9, row),
                    urls: integer(10, row),
                    emails: integer(11, row),
                    phones: integer(12, row),
                },
            });
        }
    }
    Ok(shards)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::sink::fixtures::documents;
    use crate::sink::shard::documents_schema;
    use datafusion::physical_plan::collect;
    use datafusion::prelude::{SessionConfig, SessionContext, col};

    async fn written(ids: &[i64], partitions: usize) -> (tempfile::TempDir, Vec<ShardFile>) {
        let spool = tempfile::tempdir().unwrap();
        let context =
            SessionContext::new_with_config(SessionConfig::new().with_target_partitions(partitions));
        let batches = ids.chunks(50).map(documents).chain([documents(&[])]);
        let frame = context.read_batches(batches).unwrap();
        let sorted = frame.sort(vec![col("tweet_id").sort(true, false)]).unwrap();
        let input = sorted.create_physical_plan().await.unwrap();
        let id = ShardId { split: "test".into(), index: 0, count: 1 };
        let schema = documents_schema::<&str>(&[], None).unwrap();
        let node = ShardWriterExec::new(input, spool.path().to_owned(), id, schema);
        let rows = collect(Arc::new(node), context.task_ctx()).await.unwrap();
        let shards = read_shard_rows(&rows).unwrap();
        (spool, shards)
    }

    #[tokio::test]
    async fn the_same_rows_give_the_same_shard_for_any_partitions() {
        let mut ids: Vec<i64> = (1..=5000).collect();
        let (_, forward) = written(&ids, 1).await;
        ids.reverse();
        let (_spool, backward) = written(&ids, 3).await;
        assert_eq!(forward.len(), 1);
        assert_eq!(forward[0].digest, backward[0].digest);
        assert_eq!(backward[0].rows, 5000);
        assert_eq!(std::fs::metadata(&backward[0].path).unwrap().len(), backward[0].bytes);
    }

    #[tokio::test]
    async fn no_rows_in_no_row_out() {
        let (spool, shards) = written(&[], 2).await;
        assert!(shards.is_empty());
        assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn no_optimizer_takes_the_sort_away() {
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(3));
        let frame = context.read_batches([documents(&[3, 1]), documents(&[2])]).unwrap();
        let sorted = frame.sort(vec![col("tweet_id").sort(true, false)]).unwrap();
        let input = sorted.create_physical_plan().await.unwrap();
        let id = ShardId { split: "train".into(), index: 0, count: 1 };
        let schema = documents_schema::<&str>(&[], None).unwrap();
        let mut plan: Arc<dyn ExecutionPlan> =
            Arc::new(ShardWriterExec::new(input, std::env::temp_dir(), id, schema));
        for rule in context.state().physical_optimizers() {
            plan = rule.optimize(plan, context.state().config_options()).unwrap();
        }
        let shown = datafusion::physical_plan::displayable(plan.as_ref()).indent(false).to_string();
        assert!(shown.contains("ShardWriterExec: train 0 of 1") && shown.contains("Sort"), "{shown}");
    }

    #[tokio::test]
    async fn a_failing_input_leaves_no_file() {
        let spool = tempfile::tempdir().unwrap();
        let schema = documents(&[]).schema();
        let batches = vec![Ok(documents(&[1, 2])), Err(internal("the input broke"))];
        let input: SendableRecordBatchStream =
            Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(batches)));
        let id = ShardId { split: "train".into(), index: 0, count: 1 };
        let writer =
            ShardWriter::create(spool.path(), id, documents_schema::<&str>(&[], None).unwrap()).unwrap();
        let error = off_thread::write_all(input, writer).await.unwrap_err();
        assert!(error.to_string().contains("the input broke"), "{error}");
        let finished =
            |entry: std::fs::DirEntry| !entry.file_name().to_string_lossy().starts_with("writing-");
        assert!(!std::fs::read_dir(spool.path()).unwrap().any(|entry| finished(entry.unwrap())));
    }
}
