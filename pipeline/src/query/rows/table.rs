//! Columns side by side, for reading.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::{RowWriter, unwritable};
use crate::error::Result;
use crate::terminal::{columns, fitted, printable};

/// Terminal columns a value may take. Whole values are for the other formats.
const CELL_COLUMNS: usize = 60;

/// Rows under a line of names, numbers to the right.
///
/// Columns are as wide as the names and the first batch need: rows stream, and later ones that are wider
/// stand out of line. The answer to `EXPLAIN` is text of many lines and is printed as it is.
pub(super) struct Table<W> {
    out: W,
    names: Vec<String>,
    numbers: Vec<bool>,
    widths: Option<Vec<usize>>,
    explains: bool,
}

impl<W: Write> Table<W> {
    pub(super) fn new(schema: &SchemaRef, out: W) -> Self {
        let names: Vec<String> =
            schema.fields().iter().map(|field| fitted(field.name(), CELL_COLUMNS)).collect();
        let numbers = schema.fields().iter().map(|field| field.data_type().is_numeric()).collect();
        let explains = names == ["plan_type", "plan"];
        Self { out, names, numbers, widths: None, explains }
    }

    fn explain(&mut self, rows: &[Vec<String>]) -> std::io::Result<()> {
        for row in rows {
            for (text, indent) in row.iter().zip(["", "  "]) {
                for line in text.lines() {
                    writeln!(self.out, "{indent}{}", printable(line))?;
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, cells: &[String], widths: &[usize]) -> std::io::Result<()> {
        let mut line = String::new();
        for ((cell, width), number) in cells.iter().zip(widths).zip(&self.numbers) {
            let padding = " ".repeat(width.saturating_sub(columns(cell)));
            if !line.is_empty() {
                line.push_str("  ");
            }
            if *number {
                line.push_str(&padding);
            }
            line.push_str(cell);
            if !number {
                line.push_str(&padding);
            }
        }
        writeln!(self.out, "{}", line.trim_end())
    }

    fn table(&mut self, rows: Vec<Vec<String>>) -> std::io::Result<()> {
        let rows: Vec<Vec<String>> =
            rows.into_iter().map(|row| row.iter().map(|cell| fitted(cell, CELL_COLUMNS)).collect()).collect();
        let widths = if let Some(widths) = self.widths.take() {
            widths
        } else {
            let widest = |at: usize| {
                let cells = rows.iter().chain([&self.names]).filter_map(|row| row.get(at));
                cells.map(|cell| columns(cell)).max().unwrap_or(0)
            };
            let widths: Vec<usize> = (0..self.names.len()).map(widest).collect();
            let names = self.names.clone();
            self.line(&names, &widths)?;
            widths
        };
        for row in &rows {
            self.line(row, &widths)?;
        }
        self.widths = Some(widths);
        Ok(())
    }
}

impl<W: Write> RowWriter for Table<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = printed(batch)?;
        let written = if self.explains { self.explain(&rows) } else { self.table(rows) };
        written.and_then(|()| self.out.flush()).map_err(unwritable)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        if self.widths.is_none() && !self.explains {
            self.table(Vec::new()).map_err(unwritable)?;
        }
        self.out.flush().map_err(unwritable)
    }
}

/// The rows of `batch`, a text a value.
fn printed(batch: &RecordBatch) -> Result<Vec<Vec<String>>> {
    let options = FormatOptions::new().with_null("NULL");
    let mut formatters = Vec::with_capacity(batch.num_columns());
    for column in batch.columns() {
        formatters.push(ArrayFormatter::try_new(column, &options)?);
    }
    let row = |row| {
        let mut cells = Vec::with_capacity(formatters.len());
        for formatter in &formatters {
            cells.push(formatter.value(row).try_to_string()?);
        }
        Ok(cells)
    };
    (0..batch.num_rows()).map(row).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::{Arc, Mutex};

    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    /// What was written, for whoever made the writer.
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn batch(ids: Vec<Option<i64>>, texts: Vec<&str>) -> RecordBatch {
        let ids: ArrayRef = Arc::new(Int64Array::from(ids));
        let texts: ArrayRef = Arc::new(StringArray::from(texts));
        RecordBatch::try_from_iter([("id", ids), ("text", texts)]).unwrap()
    }

    fn table(batches: &[RecordBatch]) -> String {
        let out = Shared::default();
        let mut table = Box::new(Table::new(&batch(vec![], vec![]).schema(), out.clone()));
        for batch in batches {
            table.write(batch).unwrap();
        }
        table.finish().unwrap();
        String::from_utf8(out.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn columns_line_up_whatever_the_script() {
        let first = batch(vec![Some(7), None], vec!["日本語", "two\nlines \u{1b}[2J"]);
        let later = batch(vec![Some(12345)], vec![&"x".repeat(90)]);
        assert_eq!(
            table(&[first, later]),
            format!("  id  text\n   7  日本語\nNULL  two\\nlines \\u{{1b}}[2J\n12345  {}…\n", "x".repeat(59))
        );
    }

    #[test]
    fn no_rows_are_a_line_of_names() {
        assert_eq!(table(&[]), "id  text\n");
    }
}
