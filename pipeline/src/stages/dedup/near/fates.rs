//! The fates that follow from what was decided on the texts that took part.

use std::sync::Arc;

use arrow::array::{Float32Array, Int64Array};
use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::ScalarUDF;

use super::decide::Dropped;
use super::{REPRESENTATIVE, Tweets};
use crate::error::Result;
use crate::fate::{DUPLICATE_EXACT, DUPLICATE_NEAR};
use crate::stages::lookup;

/// What a plan can ask of a tweet: null for one that isn't dropped.
pub(super) struct Decided {
    survivor: ScalarUDF,
    similarity: ScalarUDF,
}

impl Decided {
    pub(super) fn new(dropped: &[Dropped], of: &Tweets) -> Self {
        let tweets: Arc<[i64]> =
            dropped.iter().filter_map(|dropped| of.own.get(dropped.text as usize).copied()).collect();
        let survivors: Int64Array = dropped.iter().map(|dropped| of.at(dropped.survivor)).collect();
        let similarities = Float32Array::from_iter_values(dropped.iter().map(|dropped| dropped.similarity));
        Self {
            survivor: lookup::by_id("near_survivor", Arc::clone(&tweets), Arc::new(survivors)),
            similarity: lookup::by_id("near_similarity", tweets, Arc::new(similarities)),
        }
    }
}

/// `records` with the fates that follow from what was `decided`.
pub(super) fn with_fates(records: DataFrame, decided: &Decided) -> Result<DataFrame> {
    let concerned =
        format!("CASE WHEN fate = '{DUPLICATE_EXACT}' THEN survivor WHEN {REPRESENTATIVE} THEN tweet_id END");
    let concerned = records.parse_sql_expr(&concerned)?;
    let near_survivor = decided.survivor.call(vec![concerned.clone()]);
    let near_similarity = decided.similarity.call(vec![concerned]);
    let decided = records
        .with_column("near_survivor", near_survivor)?
        .with_column("near_similarity", near_similarity)?;
    let fate = decided.parse_sql_expr(&format!(
        "CASE WHEN near_survivor IS NOT NULL AND fate IS NULL THEN '{DUPLICATE_NEAR}' ELSE fate END"
    ))?;
    let survivor = decided.parse_sql_expr("coalesce(near_survivor, survivor)")?;
    let similarity = decided.parse_sql_expr("coalesce(near_similarity, similarity)")?;
    Ok(decided
        .with_column("survivor", survivor)?
        .with_column("similarity", similarity)?
        .with_column("fate", fate)?
        .drop_columns(&["near_survivor", "near_similarity"])?)
}
