//! A Parquet file.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::plain::{plain, plain_schema};
use super::{RowWriter, unwritable};
use crate::error::Result;

/// Encoded bytes from which a row group is ended: all of it is in memory until then.
const ROW_GROUP_BYTES: usize = 32 << 20;

/// One file, zstd, of the plain types that every reader knows. Its end is written last: a file that was
/// cut off is none.
pub(super) struct Parquet<W: Write + Send> {
    out: ArrowWriter<W>,
    schema: SchemaRef,
}

impl<W: Write + Send> Parquet<W> {
    pub(super) fn try_new(schema: &SchemaRef, out: W) -> Result<Self> {
        let schema = plain_schema(schema);
        let level = ZstdLevel::try_new(3).map_err(unwritable)?;
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
        let out =
            ArrowWriter::try_new(out, SchemaRef::clone(&schema), Some(properties)).map_err(unwritable)?;
        Ok(Self { out, schema })
    }
}

impl<W: Write + Send> RowWriter for Parquet<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.out.write(&plain(batch, &self.schema)?).map_err(unwritable)?;
        if self.out.in_progress_size() >= ROW_GROUP_BYTES {
            self.out.flush().map_err(unwritable)?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.out.close().map(drop).map_err(unwritable)
    }
}
