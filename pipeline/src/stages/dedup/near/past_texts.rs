//! The texts of earlier runs that share a key with one of this run.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use futures::StreamExt;

use super::texts::{Measure, TextsWriter};
use crate::engine::Engine;
use crate::engine::columns::integers;
use crate::engine::parquet_rows::chosen_rows;
use crate::error::{Error, ErrorKind, Result};
use crate::history::near::{NearHistory, TextFile};

/// What is known of them beside the texts.
#[derive(Debug, Default)]
pub(super) struct PastTexts {
    /// Ascending. Where a tweet was withdrawn its place is empty: it is not among them.
    pub(super) places: Vec<u64>,
    /// Their ids.
    pub(super) ids: Vec<i64>,
    /// Places of those that were dropped, ascending.
    pub(super) dropped: Vec<u64>,
}

impl PastTexts {
    /// Reads the texts at `places`, which ascend, and adds them to `texts` in that order; those of `withdrawn` tweets are
    /// left out, whose ids ascend.
    pub(super) async fn read(
        history: &NearHistory,
        places: &[u64],
        withdrawn: &[i64],
        engine: &Engine,
        texts: &mut TextsWriter,
    ) -> Result<Self> {
        let mut past = Self::default();
        let store = engine.store(&history.store)?;
        let mut rest = places;
        for TextFile { file, places: held } in &history.texts {
            let mut chosen;
            (chosen, rest) = rest.split_at(rest.partition_point(|place| *place < held.end));
            if chosen.is_empty() {
                continue;
            }
            let rows = chosen.iter().map(|place| (place - held.start) as usize);
            let lacking = || damaged(file.path().as_ref());
            let chosen_rows = chosen_rows(Arc::clone(&store), file, rows).await;
            let mut batches = chosen_rows.map_err(|error| {
                let context = format!("texts of an earlier commit cannot be read from {}", file.path());
                error.with_context(context).with_hint(DAMAGED)
            })?;
            while let Some(batch) = batches.next().await {
                let batch = batch?;
                let (of_batch, behind) = chosen.split_at_checked(batch.num_rows()).unwrap_or_default();
                if !past.take(&batch, of_batch, withdrawn, texts)? {
                    return Err(lacking());
                }
                chosen = behind;
            }
            if !chosen.is_empty() {
                return Err(lacking());
            }
        }
        if rest.is_empty() { Ok(past) } else { Err(damaged("the history")) }
    }

    /// Takes the texts of `batch`; false where they are not those at `places`.
    fn take(
        &mut self,
        batch: &RecordBatch,
        places: &[u64],
        withdrawn: &[i64],
        texts: &mut TextsWriter,
    ) -> Result<bool> {
        let (found, ids) = (integers(batch, "place")?, integers(batch, "tweet_id")?);
        let survivors = integers(batch, "survivor")?;
        let canonical = batch.column_by_name("canonical").and_then(|column| column.as_string_opt::<i32>());
        let Some(canonical) = canonical else {
            return Err(Error::new(ErrorKind::Defect, "a history without its texts"));
        };
        if !found.values().iter().map(|place| *place as u64).eq(places.iter().copied()) {
            return Ok(false);
        }
        let mut points = Vec::new();
        for (row, place) in places.iter().enumerate() {
            let id = ids.value(row);
            if withdrawn.binary_search(&id).is_ok() {
                continue;
            }
            let text = canonical.value(row);
            points.clear();
            points.extend(text.chars().map(u32::from));
            texts.push(text, Measure::of(&points))?;
            self.places.push(*place);
            self.ids.push(id);
            if survivors.is_valid(row) {
                self.dropped.push(*place);
            }
        }
        Ok(true)
    }
}

/// What to do about a file of the history.
const DAMAGED: &str = "where the store is well, the file is damaged: tweetmill verify tells which are";

/// `place` is a file, or all of them.
fn damaged(place: &str) -> Error {
    Error::new(ErrorKind::Input, format!("{place} lacks texts that keys of earlier commits name"))
        .with_hint(DAMAGED)
}
