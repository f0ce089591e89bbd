//! The plan node that writes a scratch boundary: every partition leaves one file a bucket.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{AsArray, Int32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};

use super::bucket::{BucketFile, BucketWriter, payload};
use super::off_thread;
use crate::error::{Error, ErrorKind};

/// Splits the rows of each input partition by their `bucket` into scratch files.
///
/// ```text
///  input (bucket, …)      SCRATCH/
///  partition 0 ─┬───────► 00000-….parquet  00001-….parquet …     one row a file comes out:
///  partition 1 ─┴───────► 00000-….parquet  00001-….parquet …     bucket, path, rows, bytes, digest
/// ```
///
/// A retried partition overwrites its files with themselves: names hold the digest. Whoever reads
/// the rows accepts each path once.
#[derive(Debug, Clone)]
pub struct BucketWriterExec {
    input: Arc<dyn ExecutionPlan>,
    folder: PathBuf,
    budget_bytes: usize,
    properties: Arc<PlanProperties>,
}

impl BucketWriterExec {
    /// A node that writes into `folder`, which must exist when it runs; each partition holds at most
    /// about `budget_bytes` of encoded rows in memory. The input needs an integer column `bucket`.
    pub fn try_new(
        input: Arc<dyn ExecutionPlan>,
        folder: PathBuf,
        budget_bytes: usize,
    ) -> crate::Result<Self> {
        payload(&input.schema())?;
        let partitions = input.output_partitioning().partition_count();
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(bucket_row_schema()),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Final,
            Boundedness::Bounded,
        ));
        Ok(Self { input, folder, budget_bytes, properties })
    }
}

impl DisplayAs for BucketWriterExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BucketWriterExec")
    }
}

impl ExecutionPlan for BucketWriterExec {
    fn name(&self) -> &'static str {
        "BucketWriterExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        // Partitions are work units: cutting them further would only make more files.
        vec![false]
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
        let Some(input) = children.pop() else {
            return Err(DataFusionError::from(Error::new(
                ErrorKind::Defect,
                "BucketWriterExec has one child",
            )));
        };
        Ok(Arc::new(Self::try_new(input, self.folder.clone(), self.budget_bytes)?))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        let writer =
            BucketWriter::create(self.folder.clone(), &input.schema(), partition, self.budget_bytes)?;
        let written = futures::stream::once(async move {
            let files = off_thread::write_all(input, writer).await?;
            Ok(bucket_rows(&files)?)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), written)))
    }
}

/// Columns of the row a scratch file is told by.
pub fn bucket_row_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("bucket", DataType::Int32, false),
        Field::new("path", DataType::Utf8, false),
        Field::new("rows", DataType::Int64, false),
        Field::new("bytes", DataType::Int64, false),
        Field::new("digest", DataType::Utf8, false),
    ]))
}

fn bucket_rows(files: &[BucketFile]) -> crate::Result<RecordBatch> {
    let mut paths = Vec::with_capacity(files.len());
    for file in files {
        let Some(path) = file.path.to_str() else {
            let message = format!("the scratch folder {} is not UTF-8", file.path.display());
            return Err(Error::new(ErrorKind::Resource, message));
        };
        paths.push(path);
    }
    Ok(RecordBatch::try_new(
        bucket_row_schema(),
        vec![
            Arc::new(Int32Array::from_iter_values(files.iter().map(|file| file.bucket))),
            Arc::new(StringArray::from(paths)),
            Arc::new(Int64Array::from_iter_values(files.iter().map(|file| file.rows as i64))),
            Arc::new(Int64Array::from_iter_values(files.iter().map(|file| file.bytes as i64))),
            Arc::new(StringArray::from_iter_values(files.iter().map(|file| &file.digest))),
        ],
    )?)
}

/// The files told by the rows of a finished [`BucketWriterExec`].
pub fn read_bucket_rows(batches: &[RecordBatch]) -> crate::Result<Vec<BucketFile>> {
    let mut files = Vec::new();
    for batch in batches {
        if batch.schema().fields() != bucket_row_schema().fields() {
            return Err(Error::new(ErrorKind::Defect, "rows that tell of no scratch files"));
        }
        for row in 0..batch.num_rows() {
            files.push(BucketFile {
                bucket: batch.column(0).as_primitive::<Int32Type>().value(row),
                path: batch.column(1).as_string::<i32>().value(row).into(),
                rows: batch.column(2).as_primitive::<Int64Type>().value(row) as u64,
                bytes: batch.column(3).as_primitive::<Int64Type>().value(row) as u64,
                digest: batch.column(4).as_string::<i32>().value(row).to_owned(),
            });
        }
    }
    Ok(files)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use datafusion::physical_plan::collect;
    use datafusion::prelude::{SessionConfig, SessionContext};

    #[tokio::test]
    async fn every_row_lands_in_its_bucket() {
        let folder = tempfile::tempdir().unwrap();
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(3));
        let sql =
            "SELECT value AS id, arrow_cast(value % 4, 'UInt16') AS bucket FROM generate_series(1, 10000)";
        let frame = context.sql(sql).await.unwrap();
        let input = frame.create_physical_plan().await.unwrap();
        let node = BucketWriterExec::try_new(input, folder.path().to_owned(), 1 << 20).unwrap();
        let files = read_bucket_rows(&collect(Arc::new(node), context.task_ctx()).await.unwrap()).unwrap();
        for bucket in 0..4 {
            let rows: u64 = files.iter().filter(|file| file.bucket == bucket).map(|file| file.rows).sum();
            assert_eq!(rows, 2500);
        }
        assert!(files.iter().all(|file| std::fs::metadata(&file.path).unwrap().len() == file.bytes));
    }
}
