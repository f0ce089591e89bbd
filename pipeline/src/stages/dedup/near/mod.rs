//! Near-duplicates: texts nearly the same as an earlier one that is kept.
//!
//! The rule is that of [`tweetmill_udfs::dedup::near`]; here is what lets it run over more than memory holds, beside what
//! earlier runs left behind.
//!
//! ```text
//!  records without a fate, of each text the first ── representatives
//!      │ gather      canonical texts on disk, in order; their keys thrown into parts, a range of keys each
//!      ▼
//!  a part of keys ═══ the same range of earlier runs' keys
//!      │ heads       pairs (later text, earlier text), thrown into parts, a range of later texts each
//!      ▼
//!  a part of pairs, in order
//!      │ compare     bounds, at most so many comparisons a text
//!      │ decide      one text after the other: dropped iff near to an earlier one that is kept
//!      ▼
//!  duplicate_near, and new survivors for the exact copies of what was dropped
//! ```
//!
//! As many parts are in memory as a share of it allows; all else is some 70 bytes a text.

mod compare;
mod decide;
mod fates;
mod gather;
mod heads;
mod left_behind;
mod pairs;
mod past_keys;
mod past_texts;
mod places;
mod rows;
mod texts;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{AsArray, Int64Array};
use arrow::datatypes::Int64Type;
use datafusion::common::runtime::SpawnedTask;
use datafusion::dataframe::DataFrame;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::prelude::col;
use futures::StreamExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tweetmill_udfs::dedup::near::Preset;

use self::compare::{Compared, Effort};
use self::decide::{Decision, Dropped};
use self::fates::{Decided, with_fates};
use self::gather::Gathered;
use self::heads::PlacedKeys;
use self::left_behind::KeysWriter;
use self::pairs::Pairs;
use self::past_keys::KeyRuns;
use self::past_texts::PastTexts;
use self::places::{BYTES_A_PLACE, Places};
use self::rows::{Pair, ROW};
use self::texts::BYTES_A_TEXT;
use crate::config::Redact;
use crate::engine::give_back;
use crate::engine::scatter::Scatter;
use crate::engine::{Engine, Joins};
use crate::error::{Error, ErrorKind, Result};
use crate::history::near::NearHistory;
use crate::sink::manifest::NearFigures;
use crate::sink::spool::SpoolFile;
use crate::stages::boundary::Boundary;
use crate::stages::{lookup, redact};

/// Keys of a part, about, those of earlier runs with them: some tens of MB once they are sorted.
const ROWS_A_PART: u64 = 1 << 19;
/// Keys of a text, about, of which the number of parts follows.
const KEYS_A_TEXT: u64 = 28;
/// Most parts, as a power of two.
const MOST_BITS: u32 = 13;

/// Bytes in memory for each text of an earlier run that is compared with: as for one of this run, and its place twice, its id,
/// and perhaps its place again.
const BYTES_A_PAST_TEXT: usize = BYTES_A_TEXT + BYTES_A_PLACE + 3 * size_of::<u64>();

/// Bytes in memory for each text that is dropped: what was decided, and the columns that plans look it up in.
const BYTES_A_DROPPED: usize = size_of::<Dropped>() + 2 * size_of::<i64>() + size_of::<f32>();

/// What a vector may take while it grows, in sizes of what it holds.
const GROWING: usize = 2;

/// Records that take part: no fate yet, and a text that no earlier one has.
const REPRESENTATIVE: &str = "fate IS NULL AND content_hash IS NOT NULL";

/// What near-duplicates are found with.
pub struct Near<'a> {
    /// Where plans run.
    pub engine: &'a Engine,
    /// `record` and `text` of all tweets.
    pub texts: DataFrame,
    /// What earlier runs left behind.
    pub history: NearHistory,
    /// The rule.
    pub preset: Preset,
    /// What documents don't say isn't compared, and isn't kept for later runs either.
    pub redact: Redact,
    /// Scratch folder of its own.
    pub folder: PathBuf,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Files for later runs: keys and texts.
    pub history: Vec<SpoolFile>,
    /// Earlier commits whose keys the file of keys holds too.
    pub absorbed: u64,
    /// Figures of the run.
    pub figures: NearFigures,
}

/// Gives the fate `duplicate_near`, with survivor and similarity, and their survivors to exact copies of what it is given
/// to.
///
/// The rows of earlier commits end here.
pub async fn apply(near: Near<'_>, records: DataFrame) -> Result<(DataFrame, Made)> {
    std::fs::create_dir_all(&near.folder)?;
    let compared = near.materialize(records).await?;
    let session = near.engine.session(near.engine.threads(), Joins::Merge)?;
    let records = compared.read(&session, |bucket| bucket == OWN)?;
    let mut memory = near.engine.reservation("near-duplicates");
    let withdrawn = withdrawn(compared.read(&session, |bucket| bucket == WITHDRAWN)?, &mut memory).await?;
    give_back::freed_memory();
    let gathered = near.gather(records.clone(), memory).await?;
    let (decided, made) = near.decide(gathered, &withdrawn).await?;
    Ok((with_fates(records, &decided)?, made))
}

/// Bucket of this run's records.
const OWN: i32 = 0;
/// Bucket of committed records that were withdrawn since.
const WITHDRAWN: i32 = 1;

impl Near<'_> {
    /// The records so far, for they are read twice.
    async fn materialize(&self, records: DataFrame) -> Result<Boundary> {
        let bucket = format!("CASE WHEN committed THEN {WITHDRAWN} ELSE {OWN} END");
        let bucket = records.parse_sql_expr(&bucket)?;
        // Without earlier texts to compare with it doesn't matter which were withdrawn.
        let alone = self.history.keys.is_empty();
        let read_again = if alone { "NOT committed" } else { "NOT committed OR content_hash IS NULL" };
        let read_again = records.parse_sql_expr(read_again)?;
        let records = records.filter(read_again)?.with_column("bucket", bucket)?;
        Boundary::write(records, &self.folder.join("compared"), self.engine.writer_bytes()).await
    }

    /// Canonical texts of the records that take part, by id of their tweets.
    async fn gather(&self, records: DataFrame, mut memory: MemoryReservation) -> Result<Gathered> {
        let takes_part = records.parse_sql_expr(REPRESENTATIVE)?;
        let own = records.filter(takes_part)?.select_columns(&["record", "tweet_id"])?;
        let mut own: Vec<(i64, i64)> = tweets_of_records(own, &mut memory).await?;
        own.sort_unstable();
        let rows = own.len() as u64 * KEYS_A_TEXT + self.history.key_rows;
        let expected = own.len();
        let bits = (rows / ROWS_A_PART).max(1).ilog2().min(MOST_BITS);
        let (records, tweets): (Vec<i64>, Vec<i64>) = own.into_iter().unzip();
        let tweet_of = lookup::by_id("tweet_of_record", records.into(), Arc::new(Int64Array::from(tweets)));

        let texts = self.texts.clone().with_column("tweet_id", tweet_of.call(vec![col("record")]))?;
        let texts = texts.filter(col("tweet_id").is_not_null())?;
        let canonical = texts.parse_sql_expr(&redact::compared_sql(self.redact))?.alias("canonical");
        let representatives = texts
            .select(vec![col("tweet_id"), canonical])?
            .sort(vec![col("tweet_id").sort(true, false)])?
            .execute_stream()
            .await?;
        gather::gather(representatives, expected, self.preset.clone(), &self.folder, bits, memory).await
    }

    /// What becomes of what was gathered, and what is left behind.
    async fn decide(&self, gathered: Gathered, withdrawn: &[i64]) -> Result<(Decided, Made)> {
        let Gathered { ids, mut texts, keys, rows, memory } = gathered;
        let mut figures = NearFigures { texts: ids.len() as u64, keys: rows, ..NearFigures::default() };
        let base = self.history.next_place;
        let own = ids.len();
        let pairs = Arc::new(Pairs::create(&self.folder, own)?);
        let (places, keys_file) = self.pair(Arc::new(keys), &pairs, &mut figures).await?;

        memory.try_grow(places.len() * BYTES_A_PAST_TEXT)?;
        let past = PastTexts::read(&self.history, &places, withdrawn, self.engine, &mut texts).await?;
        let compared = Arc::new(Compared {
            preset: self.preset.clone(),
            texts: texts.finish()?,
            base,
            own,
            past: Places::new(past.places),
        });
        let decision = Decision::new(base, self.preset.copies, past.dropped);
        let dropped = self.compare(&compared, &pairs, decision, &memory, &mut figures).await?;
        figures.dropped = dropped.len() as u64;

        let tweets = Tweets { compared, own: ids, past: past.ids };
        let decided = Decided::new(&dropped, &tweets);
        let folder = self.folder.clone();
        let texts_file = on_all_threads(move || left_behind::texts(&folder, &tweets, &dropped)).await?;
        let history = keys_file.into_iter().chain(texts_file).collect();
        Ok((decided, Made { history, absorbed: self.history.absorbed(), figures }))
    }

    /// Scatters the pairs of texts that share a key; answers the places of earlier runs' texts among them, and the keys
    /// that are left behind.
    async fn pair(
        &self,
        keys: Arc<Scatter<ROW>>,
        pairs: &Arc<Pairs>,
        figures: &mut NearFigures,
    ) -> Result<(Vec<u64>, Option<SpoolFile>)> {
        let one_task = self.engine.session(NonZeroUsize::MIN, Joins::Merge)?;
        let mut runs = KeyRuns::open(&self.history, &one_task).await?;
        let mut writer = KeysWriter::create(&self.folder)?;
        let unmerged = self.history.keys.len() - self.history.merged.min(self.history.keys.len());
        let (mut places, mut dedup_at) = (Vec::new(), heads::LEAST_TO_DEDUP);
        let bits = keys.parts().ilog2();
        let past_bytes = self.history.key_rows as usize / keys.parts() * size_of::<(u64, u64)>();
        for group in self.groups(&keys, past_bytes) {
            let mut work = Vec::with_capacity(group.len());
            for part in group {
                work.push((part, runs.up_to(rows::last_key(part, bits)).await?));
            }
            let (keys, pairs) = (Arc::clone(&keys), Arc::clone(pairs));
            let (base, most) = (self.history.next_place, self.preset.heads);
            let outcomes;
            (outcomes, writer) = on_all_threads(move || {
                let walked = work.into_par_iter().map(|(part, past)| {
                    let outcome = pairs.of_part(&keys, part, &past, base, most)?;
                    let merged = past.get(unmerged..).unwrap_or_default();
                    Ok((outcome.saturated, outcome.past, PlacedKeys::merged(&outcome.heads, base, merged)))
                });
                let mut outcomes = Vec::new();
                for (saturated, past, keys) in walked.collect::<std::io::Result<Vec<_>>>()? {
                    writer.write(&keys)?;
                    outcomes.push((saturated, past));
                }
                Ok::<_, Error>((outcomes, writer))
            })
            .await?;
            for (saturated, past) in outcomes {
                figures.saturated += saturated;
                places.extend(past);
            }
            if places.len() >= dedup_at {
                heads::sort_and_dedup(&mut places);
                dedup_at = heads::LEAST_TO_DEDUP.max(places.len() * 2);
            }
        }
        heads::sort_and_dedup(&mut places);
        Ok((places, writer.finish()?))
    }

    /// Compares the pairs, part by part, and decides.
    async fn compare(
        &self,
        compared: &Arc<Compared>,
        pairs: &Arc<Pairs>,
        mut decision: Decision,
        memory: &MemoryReservation,
        figures: &mut NearFigures,
    ) -> Result<Vec<Dropped>> {
        let mut effort = Effort::default();
        for group in self.groups(&pairs.rows, 0) {
            let (compared, pairs) = (Arc::clone(compared), Arc::clone(pairs));
            let neighbours = on_all_threads(move || {
                let of_part = |part: usize| {
                    let rows = pairs.rows.read(part)?.into_iter().map(Pair::from_bytes).collect();
                    compared.neighbours(rows)
                };
                group.into_par_iter().map(of_part).collect::<std::io::Result<Vec<_>>>()
            })
            .await?;
            for (neighbours, more) in neighbours {
                effort += more;
                memory.try_grow(neighbours.len() * GROWING * BYTES_A_DROPPED)?;
                for of_one in &neighbours {
                    decision.decide(of_one);
                }
            }
        }
        (figures.candidates, figures.compared, figures.near) =
            (effort.candidates, effort.compared, effort.near);
        Ok(decision.finish())
    }

    /// Parts that are in memory together, each with `more` bytes of earlier runs: once they are sorted they take about three
    /// times what they take on disk.
    fn groups(&self, rows: &Scatter<ROW>, more: usize) -> Vec<Range<usize>> {
        rows.groups(self.engine.writer_bytes() / 3, self.engine.threads().get() * 2, more)
    }
}

/// Runs `work`, which spreads over rayon's threads, without holding one of the engine's.
async fn on_all_threads<T: Send + 'static, E: Send + 'static>(
    work: impl FnOnce() -> std::result::Result<T, E> + Send + 'static,
) -> Result<T>
where
    Error: From<E>,
{
    let done = SpawnedTask::spawn_blocking(work).join_unwind().await;
    let stopped = |error| Error::new(ErrorKind::Defect, "comparing texts stopped early").with_source(error);
    Ok(done.map_err(stopped)??)
}

/// The tweets of the texts, by place.
struct Tweets {
    compared: Arc<Compared>,
    /// Of this run, by number.
    own: Vec<i64>,
    /// Of earlier runs, as [`Compared::past`] has their places.
    past: Vec<i64>,
}

impl Tweets {
    fn at(&self, place: u64) -> Option<i64> {
        match place.checked_sub(self.compared.base) {
            Some(own) => self.own.get(own as usize).copied(),
            None => self.compared.past.position(place).and_then(|at| self.past.get(at).copied()),
        }
    }
}

/// Ids of committed tweets that may no longer decide anything, ascending; what they take is asked of `memory`.
async fn withdrawn(committed: DataFrame, memory: &mut MemoryReservation) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    let mut stream = committed.select_columns(&["tweet_id"])?.execute_stream().await?;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        memory.try_grow(batch.num_rows() * GROWING * size_of::<i64>())?;
        ids.extend(batch.column(0).as_primitive::<Int64Type>().iter().flatten());
    }
    ids.sort_unstable();
    Ok(ids)
}

/// `record` and `tweet_id` of all rows, what they take asked of `memory`.
async fn tweets_of_records(rows: DataFrame, memory: &mut MemoryReservation) -> Result<Vec<(i64, i64)>> {
    let mut pairs = Vec::new();
    let mut stream = rows.execute_stream().await?;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        memory.try_grow(batch.num_rows() * GROWING * size_of::<(i64, i64)>())?;
        let [records, tweets] = batch.columns() else {
            return Err(Error::new(ErrorKind::Defect, "records of other columns"));
        };
        let (records, tweets) = (records.as_primitive::<Int64Type>(), tweets.as_primitive::<Int64Type>());
        pairs.extend(records.values().iter().copied().zip(tweets.values().iter().copied()));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests;
