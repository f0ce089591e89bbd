//! The rows of a batch, tokenized side by side.

use std::ops::Range;

use datafusion::common::{DataFusionError, Result};
use rayon::prelude::*;

use super::tokenizer::{Encoder, Tokenizer};
use crate::args::Texts;

/// Rows that one task takes: about a millisecond of work.
const ROWS_PER_TASK: usize = 512;

/// Runs `body` over stretches of the rows in parallel; results come in the order of the rows.
///
/// Called on an async thread, which waits, and takes stretches itself: it is one of as many threads as
/// the engine has partitions, each busy with its own batch, so handing the batch over and coming back
/// would cost more than it frees. Nothing in the pool waits for an async thread in its turn.
pub(crate) fn by_stretches<T: Send>(
    tokenizer: &Tokenizer,
    texts: &Texts<'_>,
    body: impl Fn(&mut Encoder<'_>, Range<usize>) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let rows = texts.len();
    let starts: Vec<usize> = (0..rows).step_by(ROWS_PER_TASK).collect();
    starts
        .into_par_iter()
        .map(|start| body(&mut tokenizer.encoder(), start..rows.min(start + ROWS_PER_TASK)))
        .collect()
}

/// An error of ours as the engine of the query carries it.
pub(crate) fn external(error: super::TokenizerError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
