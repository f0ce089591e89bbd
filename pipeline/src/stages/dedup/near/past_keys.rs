//! The keys that earlier runs left behind, in order.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::SessionContext;
use futures::StreamExt;

use super::heads::PlacedKeys;
use crate::engine::columns::integers;
use crate::error::Result;
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
