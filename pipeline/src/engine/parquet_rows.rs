//! Chosen rows of a Parquet file, of which nothing else is decoded.

use std::sync::Arc;

use arrow::array::BooleanBufferBuilder;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::ParquetFileReaderFactory;
use datafusion::datasource::physical_plan::parquet::DefaultParquetFileReaderFactory;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::{Stream, TryStreamExt};
use object_store::ObjectStore;
use parquet::arrow::ParquetRecordBatchStreamBuilder;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, RowSelection};
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::file::metadata::PageIndexPolicy;

use crate::engine::session::BATCH_ROWS;
use crate::error::{Error, ErrorKind, Result};

/// The schema of `file` in `store`.
pub async fn parquet_schema(store: Arc<dyn ObjectStore>, file: &PartitionedFile) -> Result<SchemaRef> {
    let readers = DefaultParquetFileReaderFactory::new(store);
    let reader: Box<dyn AsyncFileReader> =
        readers.create_reader(0, file.clone(), None, &ExecutionPlanMetricsSet::new())?;
    Ok(Arc::clone(ParquetRecordBatchStreamBuilder::new(reader).await?.schema()))
}

/// The rows of `file` in `store` that have the numbers `chosen`, in their order; where there is no such row it is an error.
///
/// Pages without a chosen row are not read. A bit for each row of the file is in memory.
pub async fn chosen_rows(
    store: Arc<dyn ObjectStore>,
    file: &PartitionedFile,
    chosen: impl Iterator<Item = usize>,
) -> Result<impl Stream<Item = Result<RecordBatch>> + Unpin> {
    let readers = DefaultParquetFileReaderFactory::new(store);
    let reader: Box<dyn AsyncFileReader> =
        readers.create_reader(0, file.clone(), None, &ExecutionPlanMetricsSet::new())?;
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    let reader = ParquetRecordBatchStreamBuilder::new_with_options(reader, options).await?;
    let rows = reader.metadata().file_metadata().num_rows();
    let rows = usize::try_from(rows)
        .map_err(|_| Error::new(ErrorKind::Input, format!("{} claims to have {rows} rows", file.path())))?;
    let mut mask = BooleanBufferBuilder::new(rows);
    mask.append_n(rows, false);
    for row in chosen {
        if row >= rows {
            return Err(Error::new(ErrorKind::Input, format!("{} has only {rows} rows", file.path())));
        }
        mask.set_bit(row, true);
    }
    let selection = RowSelection::from_boolean_buffer(mask.finish());
    let batches = reader.with_row_selection(selection).with_batch_size(BATCH_ROWS).build()?;
    Ok(batches.map_err(Error::from))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{ObjectStoreExt, PutPayload};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;
    use proptest::prelude::*;

    use super::*;

    /// A file of `rows` rows, each its number, in small row groups of small pages.
    async fn numbers(rows: usize) -> (Arc<dyn ObjectStore>, PartitionedFile) {
        let numbers = Arc::new(Int64Array::from_iter_values(0..rows as i64));
        let batch = RecordBatch::try_from_iter([("number", numbers as _)]).unwrap();
        let properties = WriterProperties::builder()
            .set_max_row_group_row_count(Some(100))
            .set_data_page_row_count_limit(10)
            .set_write_batch_size(10)
            .build();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let store = InMemory::new();
        let size = bytes.len() as u64;
        store.put(&Path::from("numbers"), PutPayload::from(bytes)).await.unwrap();
        (Arc::new(store), PartitionedFile::new("numbers", size))
    }

    async fn chosen(rows: usize, chosen: &[usize]) -> Result<Vec<usize>> {
        let (store, file) = numbers(rows).await;
        let batches: Vec<RecordBatch> =
            chosen_rows(store, &file, chosen.iter().copied()).await?.try_collect().await?;
        let values = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values());
        Ok(values.map(|value| *value as usize).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn rows_are_those_chosen(rows in 1_usize..500, picks in proptest::collection::btree_set(0_usize..500, 0..200)) {
            let picks: Vec<usize> = picks.into_iter().filter(|pick| *pick < rows).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            prop_assert_eq!(runtime.block_on(chosen(rows, &picks)).unwrap(), picks);
        }
    }

    #[tokio::test]
    async fn a_row_that_is_not_there_is_an_error() {
        assert!(chosen(7, &[3, 7]).await.is_err());
    }
}
