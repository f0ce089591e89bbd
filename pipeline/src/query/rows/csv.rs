//! Comma-separated values.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow_json::writer::{EncoderOptions, make_encoder};

use super::{RowWriter, unwritable};
use crate::error::Result;

/// Values separated by commas under a line of names, quoted where they need it. Null is nothing; lists
/// and structs, which CSV has no way to say, are JSON.
pub(super) struct Csv<W: Write> {
    schema: SchemaRef,
    out: arrow_csv::Writer<W>,
}

impl<W: Write> Csv<W> {
    pub(super) fn new(schema: &SchemaRef, out: W) -> Self {
        Self { schema: Arc::clone(schema), out: arrow_csv::Writer::new(out) }
    }
}

impl<W: Write> RowWriter for Csv<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.out.write(&flattened(batch)?).map_err(unwritable)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        // The names are written with the first batch, and there may have been none.
        let none = RecordBatch::new_empty(Arc::clone(&self.schema));
        self.write(&none)
    }
}

/// `batch` with JSON in place of nested values.
fn flattened(batch: &RecordBatch) -> Result<RecordBatch> {
    let mut fields: Vec<FieldRef> = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if field.data_type().is_nested() {
            fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, true)));
            columns.push(Arc::new(json(field, column)?));
        } else {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
        }
    }
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}

fn json(field: &FieldRef, column: &ArrayRef) -> Result<StringArray> {
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let mut encoder = make_encoder(field, column.as_ref(), &options)?;
    let mut texts = Vec::with_capacity(column.len());
    for row in 0..column.len() {
        texts.push((!encoder.is_null(row)).then(|| {
            let mut text = Vec::new();
            encoder.encode(row, &mut text);
            String::from_utf8_lossy(&text).into_owned()
        }));
    }
    Ok(texts.into_iter().collect())
}
