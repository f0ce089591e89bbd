//! Reading what earlier runs left behind: their keys in order, and the texts that share one.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::JoinType;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::{SessionContext, col};
use futures::StreamExt;

use super::heads::PlacedKeys;
use super::texts::{Measure, TextsWriter};
use crate::engine::columns::integers;
use crate::error::{Error, ErrorKind, Result};
use crate::history::near::{KeyRun, NearHistory, key_of_stored};

/// The keys of earlier runs, read once from the lowest to the highest.
pub(super) struct KeyRuns {
    runs: Vec<Reading>,
}

/// One run as far as it was read.
struct Reading {
    stream: SendableRecordBatchStream,
    /// Read and not yet handed out; ascending.
    held: PlacedKeys,
    ended: bool,
}

impl KeyRuns {
    /// Starts reading; each run in a task of its own is not worth it, so `session` has one partition.
    pub(super) async fn open(history: &NearHistory, session: &SessionContext) -> Result<Self> {
        let mut runs = Vec::new();
        for KeyRun { table, .. } in &history.keys {
            let stream = session.read_table(Arc::new(table.clone()))?.execute_stream().await?;
            runs.push(Reading { stream, held: PlacedKeys::default(), ended: false });
        }
        Ok(Self { runs })
    }

    /// The keys up to `last` that were not handed out yet, of each run.
    pub(super) async fn up_to(&mut self, last: u64) -> Result<Vec<PlacedKeys>> {
        let mut all = Vec::with_capacity(self.runs.len());
        for run in &mut self.runs {
            all.push(run.up_to(last).await?);
        }
        Ok(all)
    }
}

impl Reading {
    async fn up_to(&mut self, last: u64) -> Result<PlacedKeys> {
        while !self.ended && self.held.keys.last().is_none_or(|key| *key <= last) {
            match self.stream.next().await {
                None => self.ended = true,
                Some(batch) => self.hold(&batch?)?,
            }
        }
        let end = self.held.keys.partition_point(|key| *key <= last);
        let rest =
            PlacedKeys { keys: self.held.keys.split_off(end), places: self.held.places.split_off(end) };
        Ok(std::mem::replace(&mut self.held, rest))
    }

    fn hold(&mut self, batch: &RecordBatch) -> Result<()> {
        let (keys, places) = (integers(batch, "key")?, integers(batch, "place")?);
        self.held.keys.extend(keys.values().iter().map(|key| key_of_stored(*key)));
        self.held.places.extend(places.values().iter().map(|place| *place as u64));
        Ok(())
    }
}

/// Texts of earlier runs that share a key with one of this run.
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
    /// left out, whose ids ascend. `session` joins by hashing its left side.
    pub(super) async fn read(
        history: &NearHistory,
        places: &[u64],
        withdrawn: &[i64],
        session: &SessionContext,
        texts: &mut TextsWriter,
    ) -> Result<Self> {
        let mut past = Self::default();
        if places.is_empty() {
            return Ok(past);
        }
        let schema = Arc::new(Schema::new(vec![Field::new("wanted", DataType::Int64, false)]));
        let wanted = Int64Array::from_iter_values(places.iter().map(|place| *place as i64));
        let wanted = session.read_batch(RecordBatch::try_new(schema, vec![Arc::new(wanted)])?)?;
        let all = session.read_table(Arc::new(history.texts.clone()))?;
        let mut found = wanted
            .join(all, JoinType::Inner, &["wanted"], &["place"], None)?
            .sort(vec![col("place").sort(true, false)])?
            .execute_stream()
            .await?;
        let (mut count, mut points) = (0, Vec::new());
        while let Some(batch) = found.next().await {
            let batch = batch?;
            let (places, ids) = (integers(&batch, "place")?, integers(&batch, "tweet_id")?);
            let survivors = integers(&batch, "survivor")?;
            let canonical =
                batch.column_by_name("canonical").and_then(|column| column.as_string_opt::<i32>());
            let Some(canonical) = canonical else {
                return Err(Error::new(ErrorKind::Defect, "a history without its texts"));
            };
            count += batch.num_rows();
            for row in 0..batch.num_rows() {
                let (place, id) = (places.value(row) as u64, ids.value(row));
                if withdrawn.binary_search(&id).is_ok() {
                    continue;
                }
                let text = canonical.value(row);
                points.clear();
                points.extend(text.chars().map(u32::from));
                texts.push(text, Measure::of(&points))?;
                past.places.push(place);
                past.ids.push(id);
                if survivors.is_valid(row) {
                    past.dropped.push(place);
                }
            }
        }
        if count != places.len() {
            let message = format!("the history has {count} of {} texts that its keys name", places.len());
            return Err(Error::new(ErrorKind::Input, message)
                .with_hint("a file of the data set's history is damaged: tweetmill verify tells which"));
        }
        Ok(past)
    }
}
