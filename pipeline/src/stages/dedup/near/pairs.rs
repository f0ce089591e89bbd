//! Pairs of texts that share a key, on disk: made from a part of the keys, read a range of later texts at a time.

use std::io;
use std::path::Path;

use super::heads::{self, PartOutcome, PlacedKeys};
use super::rows::{KeyRow, ROW};
use crate::engine::scatter::Scatter;

/// Texts of a part: in a wave of copies each has hundreds of pairs.
const TEXTS_A_PART: usize = 1 << 13;
/// Most parts.
const MOST_PARTS: usize = 1 << 12;

/// Pairs in parts, each a range of later texts.
#[derive(Debug)]
pub(super) struct Pairs {
    pub(super) rows: Scatter<ROW>,
    texts_a_part: usize,
}

impl Pairs {
    /// No pairs yet, of `texts` texts, in a file in `folder`.
    pub(super) fn create(folder: &Path, texts: usize) -> io::Result<Self> {
        let parts = texts.div_ceil(TEXTS_A_PART).clamp(1, MOST_PARTS);
        Ok(Self { rows: Scatter::create(folder, parts)?, texts_a_part: texts.div_ceil(parts).max(1) })
    }

    /// Scatters the pairs of a part of `keys`.
    pub(super) fn of_part(
        &self,
        keys: &Scatter<ROW>,
        part: usize,
        runs: &[PlacedKeys],
        base: u64,
        most: usize,
    ) -> io::Result<PartOutcome> {
        let mut rows: Vec<KeyRow> = keys.read(part)?.into_iter().map(KeyRow::from_bytes).collect();
        rows.sort_unstable();
        let mut writer = self.rows.writer();
        let outcome = heads::walk(&rows, runs, base, most, |pair| {
            writer.push(pair.later as usize / self.texts_a_part, pair.to_bytes())
        })?;
        writer.flush()?;
        Ok(outcome)
    }
}
