//! Semantic duplicates: documents whose vectors point nearly the same way (Abbas et al. 2023).
//!
//! ```text
//!  no fate yet ─► documents' texts, by tweet id ─► vectors on disk ─┬─ some ─► k-means ─► centroids
//!                                                                   └─► nearest centroid ─► clusters ─► the earliest survive ─► fates
//! ```
//!
//! Looked for in one run, after all other duplicates, so that what is dropped here stays what exact and near copies of it point at,
//! as a capped record does. Order is that of tweet ids, the sample is drawn by a hash of the id, and sums have one
//! order: the same documents go whatever the threads, partitions or machine.

mod clusters;
mod vectors;

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, Float32Array, Int64Array};
use arrow::datatypes::{Float32Type, Int64Type};
use datafusion::common::runtime::SpawnedTask;
use datafusion::dataframe::DataFrame;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::prelude::col;
use futures::StreamExt;

pub use self::clusters::SEMANTIC_VERSION;
use self::vectors::VectorsWriter;
use crate::config::{DocumentTemplate, Redact, Semantic};
use crate::engine::{Engine, Joins};
use crate::error::{Error, ErrorKind, Result};
use crate::fate::DUPLICATE_SEMANTIC;
use crate::sink::manifest::SemanticFigures;
use crate::stages::boundary::Boundary;
use crate::stages::{lookup, redact, render, withdrawn};

/// Bytes in memory for each document beside its vector: where it stands and in which cluster.
const BYTES_A_DOCUMENT: usize = 64;

/// What semantic duplicates are found with.
pub struct SemanticSearch<'a> {
    /// Where plans run; its sessions know the function's model.
    pub engine: &'a Engine,
    /// All tweets, as they were read.
    pub tweets: DataFrame,
    /// The rule.
    pub rule: Semantic,
    /// The vector of the column `text`, in SQL.
    pub vector: String,
    /// What becomes of texts before they are documents.
    pub redact: Redact,
    /// What documents are put together from.
    pub template: DocumentTemplate,
    /// Whether quoted texts are published.
    pub quotes: bool,
    /// Seed of the sample.
    pub seed: u64,
    /// Scratch folder of its own.
    pub folder: PathBuf,
}

/// The documents so far, each list in the order of tweet ids.
struct Documents {
    ids: Vec<i64>,
    /// Numbers of their records, and whether what they quote was withdrawn.
    records: Vec<(i64, bool)>,
}

/// Gives the fate `duplicate_semantic`, with survivor and similarity. The rows of earlier commits end here.
pub async fn apply(search: SemanticSearch<'_>, records: DataFrame) -> Result<(DataFrame, SemanticFigures)> {
    std::fs::create_dir_all(&search.folder)?;
    // They are read twice.
    let bucket = records.parse_sql_expr("CAST(0 AS INT)")?;
    let own = records.parse_sql_expr("NOT committed")?;
    let records = records.filter(own)?.with_column("bucket", bucket)?;
    let compared =
        Boundary::write(records, &search.folder.join("compared"), search.engine.writer_bytes()).await?;
    let session = search.engine.session(search.engine.threads(), Joins::Merge)?;
    let records = compared.read(&session, |_| true)?;
    let memory = search.engine.reservation("semantic duplicates");
    let Documents { ids, records: own } = search.documents(records.clone(), &memory).await?;
    let vectors = search.vectors(&ids, own).await?;
    let (rule, seed) = (search.rule, search.seed);
    let work = move || clusters::dropped(&vectors, &ids, rule, seed, &memory).map(|found| (found, ids));
    let stopped = |error| Error::new(ErrorKind::Defect, "comparing vectors stopped early").with_source(error);
    let (found, ids) = SpawnedTask::spawn_blocking(work).join_unwind().await.map_err(stopped)??;
    let clusters::Found { dropped, figures } = found;
    let id = |document: u32| ids.get(document as usize).copied();
    let tweets: Arc<[i64]> = dropped.iter().filter_map(|one| id(one.document)).collect();
    let survivors: Int64Array = dropped.iter().map(|one| id(one.survivor)).collect();
    let cosines = Float32Array::from_iter_values(dropped.iter().map(|one| one.cosine.min(1.0)));
    let survivor = lookup::by_id("semantic_survivor", Arc::clone(&tweets), Arc::new(survivors));
    let cosine = lookup::by_id("semantic_similarity", tweets, Arc::new(cosines));
    Ok((
        with_fates(records, &survivor.call(vec![col("tweet_id")]), &cosine.call(vec![col("tweet_id")]))?,
        figures,
    ))
}

impl SemanticSearch<'_> {
    /// The records without a fate.
    async fn documents(&self, records: DataFrame, memory: &MemoryReservation) -> Result<Documents> {
        let undecided = records.filter(col("fate").is_null())?;
        let own = undecided.select_columns(&["tweet_id", "record", "quote_withdrawn"])?;
        let mut stream = own.execute_stream().await?;
        let mut rows = Vec::new();
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            memory.try_grow(batch.num_rows() * BYTES_A_DOCUMENT)?;
            let [ids, records, withdrawn] = batch.columns() else {
                return Err(Error::new(ErrorKind::Defect, "records of other columns"));
            };
            let (ids, records) = (ids.as_primitive::<Int64Type>(), records.as_primitive::<Int64Type>());
            let withdrawn = withdrawn.as_boolean().iter().map(Option::unwrap_or_default);
            let both = ids.values().iter().zip(records.values()).zip(withdrawn);
            rows.extend(both.map(|((id, record), withdrawn)| (*id, *record, withdrawn)));
        }
        rows.sort_unstable();
        let (ids, records) =
            rows.into_iter().map(|(id, record, withdrawn)| (id, (record, withdrawn))).unzip();
        Ok(Documents { ids, records })
    }

    /// The vectors of the documents with these `ids`, in order, on disk.
    async fn vectors(&self, ids: &[i64], own: Vec<(i64, bool)>) -> Result<vectors::Vectors> {
        let mut by_record: Vec<(i64, i64, bool)> =
            own.into_iter().zip(ids).map(|((record, withdrawn), id)| (record, *id, withdrawn)).collect();
        by_record.sort_unstable();
        let records: Arc<[i64]> = by_record.iter().map(|(record, ..)| *record).collect();
        let tweets = Int64Array::from_iter_values(by_record.iter().map(|(_, id, _)| *id));
        let withdrawn: BooleanArray = by_record.iter().map(|(.., withdrawn)| Some(*withdrawn)).collect();
        let tweet_of = lookup::by_id("tweet_of_record", Arc::clone(&records), Arc::new(tweets));
        let withdrawn_of = lookup::by_id("quote_withdrawn_of_record", records, Arc::new(withdrawn));

        let of_record = |function: datafusion::logical_expr::ScalarUDF| function.call(vec![col("record")]);
        let tweets = self.tweets.clone().with_column("document", of_record(tweet_of))?;
        let mut tweets = tweets.filter(col("document").is_not_null())?;
        if self.quotes {
            let tweets_told = tweets.with_column("quote_withdrawn", of_record(withdrawn_of))?;
            tweets = withdrawn::hide_quotes(tweets_told)?;
        }
        let tweets = redact::apply(tweets, self.redact, self.quotes)?;
        let texts = render::apply(tweets, &self.template, self.redact.mentions)?
            .select_columns(&["document", "text"])?
            .sort(vec![col("document").sort(true, false)])?;
        let vector = texts.parse_sql_expr(&self.vector)?.alias("vector");
        let mut stream = texts.select(vec![col("document"), vector])?.execute_stream().await?;
        let mut writer = VectorsWriter::create(&self.folder)?;
        let mut next = ids.iter();
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            let [documents, vectors] = batch.columns() else {
                return Err(Error::new(ErrorKind::Defect, "vectors of other columns"));
            };
            let vectors = vectors.as_fixed_size_list();
            for document in documents.as_primitive::<Int64Type>().values() {
                if next.next() != Some(document) {
                    return Err(Error::new(
                        ErrorKind::Defect,
                        "vectors of other documents, or in another order",
                    ));
                }
            }
            let numbers = vectors.values().as_primitive::<Float32Type>().values();
            let dimensions = vectors.value_length() as usize;
            let from = vectors.value_offset(0) as usize;
            let numbers = numbers
                .get(from..from + batch.num_rows() * dimensions)
                .ok_or_else(|| Error::new(ErrorKind::Defect, "vectors of fewer numbers than they have"))?;
            writer.write(numbers, dimensions)?;
        }
        if next.next().is_some() {
            return Err(Error::new(ErrorKind::Defect, "a document has no vector"));
        }
        writer.finish()
    }
}

fn with_fates(
    records: DataFrame,
    survivor: &datafusion::prelude::Expr,
    cosine: &datafusion::prelude::Expr,
) -> Result<DataFrame> {
    let found = records
        .with_column("semantic_survivor", survivor.clone())?
        .with_column("semantic_similarity", cosine.clone())?;
    let lost = "fate IS NULL AND semantic_survivor IS NOT NULL";
    let told = |column: &str| format!("CASE WHEN {lost} THEN semantic_{column} ELSE {column} END");
    let survivor = found.parse_sql_expr(&told("survivor"))?;
    let similarity = found.parse_sql_expr(&told("similarity"))?;
    let fate =
        found.parse_sql_expr(&format!("CASE WHEN {lost} THEN '{DUPLICATE_SEMANTIC}' ELSE fate END"))?;
    Ok(found
        .with_column("survivor", survivor)?
        .with_column("similarity", similarity)?
        .with_column("fate", fate)?
        .drop_columns(&["semantic_survivor", "semantic_similarity"])?)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
