//! Columns of a batch by name.

use arrow::array::{AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;

use crate::error::{Error, ErrorKind, Result};

/// The column `name` of integers; a defect where `batch` has none.
pub fn integers<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Int64Array> {
    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
    column.ok_or_else(|| Error::new(ErrorKind::Defect, format!("rows without the integers `{name}`")))
}
