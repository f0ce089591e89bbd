//! The rows of a batch, worked on side by side.

use std::ops::Range;

use datafusion::common::{DataFusionError, Result};
use rayon::prelude::*;

/// Runs `body` over stretches of at most `longest` of `rows` rows in parallel, each with a worker of its own; results come in the
/// order of the rows.
///
/// Called on an async thread, which waits, and takes stretches itself: it is one of as many threads as
/// the engine has partitions, each busy with its own batch, so handing the batch over and coming back
/// would cost more than it frees. Nothing in the pool waits for an async thread in its turn.
pub(crate) fn by_stretches<W, T: Send>(
    rows: usize,
    longest: usize,
    worker: impl Fn() -> W + Sync,
    body: impl Fn(&mut W, Range<usize>) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let starts: Vec<usize> = (0..rows).step_by(longest).collect();
    starts.into_par_iter().map(|start| body(&mut worker(), start..rows.min(start + longest))).collect()
}

/// An error of ours as the engine of the query carries it.
pub(crate) fn external(error: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
