//! The tensors of a model, by name.

use super::error::Error;
use super::line::{Line, append};

/// A tensor as files have it: row by row.
#[derive(Debug, Clone, Copy)]
pub struct Tensor<'a> {
    /// Values along each dimension, outermost first.
    pub shape: &'a [usize],
    /// All values: as many as the product of the shape.
    pub values: &'a [f32],
}

/// Where tensors come from.
pub(super) struct Weights<F>(pub(super) F);

impl<'a, F: Fn(&str) -> Option<Tensor<'a>>> Weights<F> {
    /// The values of the tensor `name`, which has this shape.
    pub(super) fn get(&self, name: &str, expected: &[usize]) -> Result<&'a [f32], Error> {
        let Some(Tensor { shape, values }) = (self.0)(name) else {
            return Err(Error::Missing { name: name.to_owned() });
        };
        if shape != expected {
            let (expected, found) = (expected.to_vec(), shape.to_vec());
            return Err(Error::Misshapen { name: name.to_owned(), expected, found });
        }
        if shape.iter().product::<usize>() != values.len() {
            let shape = shape.to_vec();
            return Err(Error::Incomplete { name: name.to_owned(), shape, values: values.len() });
        }
        Ok(values)
    }

    /// The rows of a table, each as whole lines.
    pub(super) fn table(&self, name: &str, rows: usize, columns: usize) -> Result<Vec<Line>, Error> {
        let mut table = Vec::new();
        for row in self.get(name, &[rows, columns])?.chunks_exact(columns) {
            append(row, &mut table);
        }
        Ok(table)
    }

    /// One row, as whole lines.
    pub(super) fn row(&self, name: &str, values: usize) -> Result<Vec<Line>, Error> {
        let mut row = Vec::new();
        append(self.get(name, &[values])?, &mut row);
        Ok(row)
    }
}
