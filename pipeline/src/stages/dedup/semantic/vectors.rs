//! Vectors on disk, in the order of their documents.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use tweetmill_kernels::semantic::normalize;

use crate::error::{Error, ErrorKind, Result};

/// Takes vectors in.
pub(super) struct VectorsWriter {
    out: BufWriter<File>,
    row: Vec<f32>,
    rows: usize,
    dimensions: usize,
}

/// Vectors of one length, each made to have the length 1.
#[derive(Debug)]
pub(super) struct Vectors {
    file: File,
    rows: usize,
    dimensions: usize,
}

impl VectorsWriter {
    pub(super) fn create(folder: &Path) -> Result<Self> {
        // Without a name: it is gone when they are.
        let out = BufWriter::new(tempfile::tempfile_in(folder)?);
        Ok(Self { out, row: Vec::new(), rows: 0, dimensions: 0 })
    }

    /// Takes in rows of `dimensions` numbers.
    pub(super) fn write(&mut self, numbers: &[f32], dimensions: usize) -> Result<()> {
        self.dimensions = dimensions;
        for row in numbers.chunks_exact(dimensions) {
            self.row.clear();
            self.row.extend_from_slice(row);
            normalize(&mut self.row);
            if !self.row.iter().all(|number| number.is_finite()) {
                return Err(Error::new(ErrorKind::Input, "the model gives vectors that are no numbers"));
            }
            for number in &self.row {
                self.out.write_all(&number.to_le_bytes())?;
            }
            self.rows += 1;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Vectors> {
        let file = self.out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        Ok(Vectors { file, rows: self.rows, dimensions: self.dimensions })
    }
}

impl Vectors {
    /// How many there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Numbers of each; 0 where there is none.
    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Appends `rows` of them from the row `first` on to `numbers`.
    pub(super) fn read(&self, first: usize, rows: usize, numbers: &mut Vec<f32>) -> Result<()> {
        const BYTES: usize = size_of::<f32>();
        let mut bytes = vec![0; rows * self.dimensions * BYTES];
        self.file.read_exact_at(&mut bytes, (first * self.dimensions * BYTES) as u64)?;
        let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        numbers.extend(bytes.chunks_exact(BYTES).map(number));
        Ok(())
    }
}
