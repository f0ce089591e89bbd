//! The texts of a run that take part: put on disk in their order, their keys thrown into parts.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::MemoryReservation;
use futures::StreamExt;
use rayon::prelude::*;
use tokio::sync::mpsc;
use tweetmill_udfs::dedup::near::{Keys, Preset};

use super::rows::{KeyRow, ROW};
use super::texts::{BYTES_A_TEXT, Measure, TextsWriter};
use crate::engine::scatter::{Scatter, ScatterWriter};
use crate::error::{Error, ErrorKind, Result};

/// Batches that wait for their keys.
const WAITING: usize = 2;

/// Texts that a thread makes keys for at a time.
const TEXTS_AT_ONCE: usize = 512;

/// What was gathered.
pub(super) struct Gathered {
    /// Ids of the texts, in order.
    pub(super) ids: Vec<i64>,
    pub(super) texts: TextsWriter,
    pub(super) keys: Scatter<ROW>,
    /// How many keys that are.
    pub(super) rows: u64,
    /// What is in memory for each text.
    pub(super) memory: MemoryReservation,
}

/// Takes `representatives` (`tweet_id`, `canonical`), in order, of which there are `expected`, and scatters their
/// keys over 2^`bits` parts. Empty texts are left out.
pub(super) async fn gather(
    mut representatives: SendableRecordBatchStream,
    expected: usize,
    preset: Preset,
    folder: &Path,
    bits: u32,
    memory: MemoryReservation,
) -> Result<Gathered> {
    let mut gathered = Gathered {
        ids: Vec::new(),
        texts: TextsWriter::create(folder)?,
        keys: Scatter::create(folder, 1 << bits)?,
        rows: 0,
        memory,
    };
    let (sender, mut receiver) = mpsc::channel::<RecordBatch>(WAITING);
    let task = SpawnedTask::spawn_blocking(move || {
        let Gathered { ids, texts, keys, rows, memory } = &mut gathered;
        let (writers, mut seen) = (Mutex::new(Vec::new()), 0);
        while let Some(batch) = receiver.blocking_recv() {
            seen += batch.num_rows();
            memory.try_grow(batch.num_rows() * (BYTES_A_TEXT + size_of::<i64>()))?;
            *rows += add(&batch, &preset, bits, ids, texts, keys, &writers)?;
        }
        for Maker { writer, .. } in writers.into_inner().unwrap_or_else(PoisonError::into_inner) {
            writer.flush()?;
        }
        Ok::<_, Error>((gathered, seen))
    });
    while let Some(batch) = representatives.next().await {
        if sender.send(batch?).await.is_err() {
            break; // the task failed, and tells why
        }
    }
    drop(sender);
    let stopped = |error| Error::new(ErrorKind::Defect, "gathering texts stopped early").with_source(error);
    let (gathered, seen) = task.join_unwind().await.map_err(stopped)??;
    if seen == expected {
        return Ok(gathered);
    }
    Err(Error::new(ErrorKind::Defect, format!("{seen} of {expected} texts came to be compared")))
}

/// What a thread works with, kept from batch to batch.
struct Maker<'a> {
    keys: Keys,
    made: Vec<u64>,
    points: Vec<u32>,
    writer: ScatterWriter<'a, ROW>,
}

fn add<'a>(
    batch: &RecordBatch,
    preset: &Preset,
    bits: u32,
    ids: &mut Vec<i64>,
    texts: &mut TextsWriter,
    keys: &'a Scatter<ROW>,
    makers: &Mutex<Vec<Maker<'a>>>,
) -> Result<u64> {
    let (Some(tweet_ids), Some(canonical)) =
        (batch.column(0).as_primitive_opt::<Int64Type>(), batch.column(1).as_string_opt::<i32>())
    else {
        return Err(Error::new(ErrorKind::Defect, "representatives of other types"));
    };
    let all = tweet_ids.values().iter().zip(canonical);
    let own: Vec<(i64, &str)> =
        all.filter_map(|(id, text)| Some((*id, text.filter(|text| !text.is_empty())?))).collect();
    let Some(first) =
        u32::try_from(texts.len() + own.len()).ok().and_then(|end| end.checked_sub(own.len() as u32))
    else {
        return Err(Error::new(ErrorKind::Resource, "more than 2^32 texts in one run"));
    };
    let make_keys = |(chunk, own): (usize, &[(i64, &str)])| {
        let spare = makers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut maker = spare.unwrap_or_else(|| Maker {
            keys: Keys::new(preset),
            made: Vec::new(),
            points: Vec::new(),
            writer: keys.writer(),
        });
        let mut rows = 0;
        let mut measures = Vec::with_capacity(own.len());
        for (number, (_, text)) in (first + (chunk * TEXTS_AT_ONCE) as u32..).zip(own) {
            measures.push(maker.measure(text));
            rows += maker.scatter(number, bits)?;
        }
        makers.lock().unwrap_or_else(PoisonError::into_inner).push(maker);
        Ok((measures, rows))
    };
    let made: Vec<(Vec<Measure>, u64)> =
        own.par_chunks(TEXTS_AT_ONCE).enumerate().map(make_keys).collect::<io::Result<_>>()?;
    let measures = made.iter().flat_map(|(measures, _)| measures);
    for ((id, text), measure) in own.iter().zip(measures) {
        texts.push(text, *measure)?;
        ids.push(*id);
    }
    Ok(made.iter().map(|(_, rows)| rows).sum())
}

impl Maker<'_> {
    /// Makes the keys of a text.
    fn measure(&mut self, text: &str) -> Measure {
        self.points.clear();
        self.points.extend(text.chars().map(u32::from));
        self.made.clear();
        self.keys.of_points(&self.points, &mut self.made);
        Measure::of(&self.points)
    }

    /// Writes the keys made last as those of the text `number`; answers how many they were.
    fn scatter(&mut self, number: u32, bits: u32) -> io::Result<u64> {
        for key in &self.made {
            let row = KeyRow { key: *key, text: number };
            self.writer.push(row.part(bits), row.to_bytes())?;
        }
        Ok(self.made.len() as u64)
    }
}
