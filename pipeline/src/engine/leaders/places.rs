//! How places are counted: the walk over one partition.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder};
use arrow::compute::partition;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::error::Result;

/// Counts the rows of each group as they come, sorted by (group, order).
pub(super) struct Places {
    group: Vec<usize>,
    schema: SchemaRef,
    converter: RowConverter,
    /// Group of the last row so far, and how many rows it had.
    last: Option<(OwnedRow, i64)>,
}

impl Places {
    pub(super) fn new(input: &SchemaRef, group: Vec<usize>, schema: SchemaRef) -> Result<Self> {
        let fields = group.iter().map(|index| SortField::new(input.field(*index).data_type().clone()));
        Ok(Self { converter: RowConverter::new(fields.collect())?, group, schema, last: None })
    }

    /// `batch` with the place of each row.
    pub(super) fn next(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut places = Int64Builder::with_capacity(batch.num_rows());
        if batch.num_rows() > 0 {
            let keys: Vec<ArrayRef> =
                self.group.iter().map(|index| Arc::clone(batch.column(*index))).collect();
            let first = self.key_of(&keys, 0)?;
            // The first group of a batch may go on from the batch before.
            let mut before = self.last.take().filter(|(key, _)| *key == first).map_or(0, |(_, rows)| rows);
            let mut rows = 0;
            for range in partition(&keys)?.ranges() {
                rows = before + range.len() as i64;
                places.extend((before..rows).map(Some));
                before = 0;
            }
            self.last = Some((self.key_of(&keys, batch.num_rows() - 1)?, rows));
        }
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(places.finish()));
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    fn key_of(&self, keys: &[ArrayRef], row: usize) -> Result<OwnedRow> {
        let key: Vec<ArrayRef> = keys.iter().map(|column| column.slice(row, 1)).collect();
        Ok(self.converter.convert_columns(&key)?.row(0).owned())
    }
}
