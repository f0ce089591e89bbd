//! What later commits compare theirs with: that its rows lie as they are read.

use std::fs::File;

use arrow::datatypes::SchemaRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::engine::columns::integers;
use crate::error::Result;
use crate::history::near::{KEYS, TEXTS, is_of, keys_schema, texts_schema};
use crate::sink::manifest::SideFile;

/// How the rows of a file must lie.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    /// By key, then by place, none twice.
    Keys,
    /// By place, without gaps.
    Places { first: u64 },
}

impl Order {
    /// That of `file`; None where any will do. `next_place` is that of the commit's first text.
    pub(super) fn of(file: &SideFile, next_place: u64) -> Option<Self> {
        if is_of(file, KEYS) {
            return Some(Self::Keys);
        }
        is_of(file, TEXTS).then_some(Self::Places { first: next_place })
    }

    /// Columns of such a file.
    pub(super) fn schema(self) -> SchemaRef {
        match self {
            Self::Keys => keys_schema(),
            Self::Places { .. } => texts_schema(),
        }
    }

    /// The first row that lies elsewhere.
    pub(super) fn broken(self, file: ParquetRecordBatchReaderBuilder<File>) -> Result<Option<String>> {
        let columns: &[usize] = match self {
            Self::Keys => &[0, 1],
            Self::Places { .. } => &[0],
        };
        let mask = ProjectionMask::roots(file.parquet_schema(), columns.iter().copied());
        let (mut row, mut before) = (0_u64, None);
        for batch in file.with_projection(mask).build()? {
            let batch = batch?;
            match self {
                Self::Keys => {
                    for key in
                        integers(&batch, "key")?.values().iter().zip(integers(&batch, "place")?.values())
                    {
                        if before.is_some_and(|before| before >= (*key.0, *key.1)) {
                            return Ok(Some(format!("the key in row {row} comes after a later one")));
                        }
                        before = Some((*key.0, *key.1));
                        row += 1;
                    }
                }
                Self::Places { first } => {
                    for place in integers(&batch, "place")?.values() {
                        if *place as u64 != first + row {
                            return Ok(Some(format!(
                                "row {row} has place {place}, expected {}",
                                first + row
                            )));
                        }
                        row += 1;
                    }
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;

    use super::*;

    fn broken(order: Order, columns: Vec<ArrayRef>) -> Option<String> {
        let mut file = tempfile::tempfile().unwrap();
        let mut writer = ArrowWriter::try_new(&mut file, order.schema(), None).unwrap();
        writer.write(&RecordBatch::try_new(order.schema(), columns).unwrap()).unwrap();
        writer.close().unwrap();
        order.broken(ParquetRecordBatchReaderBuilder::try_new(file).unwrap()).unwrap()
    }

    fn integers(values: &[i64]) -> ArrayRef {
        Arc::new(Int64Array::from(values.to_vec()))
    }

    #[test]
    fn keys_ascend() {
        let keys = |keys: &[i64], places: &[i64]| broken(Order::Keys, vec![integers(keys), integers(places)]);
        assert_eq!(keys(&[-5, -5, 3], &[1, 2, 0]), None);
        assert_eq!(keys(&[-5, 3, 2], &[1, 2, 3]).unwrap(), "the key in row 2 comes after a later one");
        assert!(keys(&[-5, -5], &[1, 1]).is_some());
    }

    #[test]
    fn places_have_no_gaps() {
        let places = |places: &[i64]| {
            let text: ArrayRef = Arc::new(StringArray::from(vec!["text"; places.len()]));
            let (ids, survivors) = (integers(places), integers(places));
            broken(Order::Places { first: 7 }, vec![integers(places), ids, text, survivors])
        };
        assert_eq!(places(&[7, 8, 9]), None);
        assert_eq!(places(&[7, 9]).unwrap(), "row 1 has place 9, expected 8");
        assert!(places(&[0, 1]).is_some());
    }
}
