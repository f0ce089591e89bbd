//! The ids of rows, whoever makes them.

use std::ops::Range;

use super::device::Rows;
use super::error::TokenizerError;
use super::tokenizer::Encoder;
use crate::args::Texts;

/// The ids of texts, one after the other.
#[derive(Debug, Default)]
pub struct Ids {
    pub(super) ids: Vec<u32>,
    /// Where those of each text end.
    pub(super) ends: Vec<usize>,
}

impl Ids {
    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.ends.clear();
    }

    /// Appends some of the ids of a text.
    pub(crate) fn extend(&mut self, ids: impl IntoIterator<Item = u32>) {
        self.ids.extend(ids);
    }

    /// Ends a text: what came since the last is its ids.
    pub(crate) fn end(&mut self) {
        self.ends.push(self.ids.len());
    }

    /// Those of each text.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let mut start = 0;
        self.ends.iter().map(move |end| &self.ids[std::mem::replace(&mut start, *end)..*end])
    }
}

/// Hands the ids of each of `rows` to `each`, `None` for a null: those of `by_gpu`, where it has them, else the encoder's.
pub(super) fn for_each_row(
    encoder: &mut Encoder<'_>,
    texts: &Texts<'_>,
    by_gpu: Option<&Rows>,
    rows: Range<usize>,
    mut each: impl FnMut(Option<&[u32]>),
) -> Result<(), TokenizerError> {
    let by_gpu = |row: usize| by_gpu.and_then(|done| done.get(row));
    let left = rows.clone().filter(|row| by_gpu(*row).is_none()).filter_map(|row| texts.get(row));
    let mut found = encoder.encode_all(&left.collect::<Vec<_>>())?.iter();
    for row in rows {
        each(by_gpu(row).or_else(|| texts.get(row).and_then(|_| found.next())));
    }
    Ok(())
}
