//! A JSON object a line.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow_json::writer::{LineDelimited, Writer, WriterBuilder};

use super::{RowWriter, unwritable};
use crate::error::Result;

/// An object a row with every column as a key, null included: each line has the same keys.
pub(super) struct Jsonl<W: Write> {
    out: Writer<W, LineDelimited>,
}

impl<W: Write> Jsonl<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out: WriterBuilder::new().with_explicit_nulls(true).build(out) }
    }
}

impl<W: Write> RowWriter for Jsonl<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.out.write(batch).map_err(unwritable)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.out.finish().map_err(unwritable)
    }
}
