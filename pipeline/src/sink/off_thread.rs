//! Encoding off the async threads: batches cross a short channel to one blocking thread.

use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use tokio::sync::mpsc;

use crate::error::{Error, ErrorKind, Result};
use arrow::record_batch::RecordBatch;

/// Batches that wait between the plan and the encoder; one is enough for both to stay busy.
const WAITING: usize = 1;

/// What takes batches one after the other, on a thread that may block.
pub(super) trait BatchWriter: Send + 'static {
    /// What it leaves behind.
    type Written: Send + 'static;

    /// Takes the next batch.
    fn write(&mut self, batch: &RecordBatch) -> Result<()>;

    /// Closes what was written. Not called when the input failed: the writer is dropped instead.
    fn finish(self) -> Result<Self::Written>;
}

/// Feeds `input` to `writer` to its end, then finishes it.
pub(super) async fn write_all<W: BatchWriter>(
    mut input: SendableRecordBatchStream,
    mut writer: W,
) -> Result<W::Written> {
    let (sender, mut receiver) = mpsc::channel::<Message>(WAITING);
    let task = SpawnedTask::spawn_blocking(move || {
        while let Some(message) = receiver.blocking_recv() {
            match message {
                Message::Batch(batch) => writer.write(&batch)?,
                Message::End => return writer.finish().map(Some),
            }
        }
        Ok(None)
    });
    while let Some(batch) = input.next().await {
        // The channel closes early only when the writer failed: its error is what the caller needs.
        if sender.send(Message::Batch(batch.map_err(Error::from)?)).await.is_err() {
            return join(task).await?.ok_or_else(stopped);
        }
    }
    // A failed send here means the same, and joining tells.
    drop(sender.send(Message::End).await);
    join(task).await?.ok_or_else(stopped)
}

enum Message {
    Batch(RecordBatch),
    End,
}

async fn join<T: Send + 'static>(task: SpawnedTask<Result<T>>) -> Result<T> {
    match task.join_unwind().await {
        Ok(result) => result,
        Err(error) => Err(Error::from(DataFusionError::ExecutionJoin(Box::new(error)))),
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Defect, "a writer stopped before the end of its input")
}
