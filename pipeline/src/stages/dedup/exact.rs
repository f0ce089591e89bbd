//! Exact duplicates: the same canonical text.
//!
//! Of the copies the earliest survives, in the order (commit in which a document first came, tweet
//! id); nothing else decides. What was committed in an earlier run therefore always survives.

use datafusion::dataframe::DataFrame;
use datafusion::prelude::col;

use crate::engine::leaders::{IS_LEADER, LEADER, with_leaders};
use crate::error::Result;

/// Gives the fate `duplicate_exact`, with the survivor's id and similarity 1.
pub fn apply(records: DataFrame) -> Result<DataFrame> {
    let open = records.parse_sql_expr("fate IS NULL")?;
    // Decided records take no part; their own digests spread them over the partitions.
    let key = records
        .parse_sql_expr("CASE WHEN fate IS NULL THEN coalesce(content_hash, digest) ELSE digest END")?;
    // A copy committed earlier stands for its own survivor.
    let stands_for = records.parse_sql_expr("coalesce(survivor, tweet_id)")?;
    let keyed = records
        .with_column("open", open)?
        .with_column("copy_key", key)?
        .with_column("stands_for", stands_for)?;
    let order = vec![col("committed").sort(false, false), col("tweet_id").sort(true, false)];
    let led = with_leaders(keyed, &["copy_key", "open"], order, "stands_for")?;
    let lost = format!("open AND NOT committed AND NOT {IS_LEADER}");
    let survivor = led.parse_sql_expr(&format!("CASE WHEN {lost} THEN {LEADER} ELSE survivor END"))?;
    let similarity =
        led.parse_sql_expr(&format!("CASE WHEN {lost} THEN CAST(1 AS REAL) ELSE similarity END"))?;
    let fate = led.parse_sql_expr(&format!("CASE WHEN {lost} THEN 'duplicate_exact' ELSE fate END"))?;
    Ok(led
        .with_column("survivor", survivor)?
        .with_column("similarity", similarity)?
        .with_column("fate", fate)?
        .drop_columns(&["open", "copy_key", "stands_for", IS_LEADER, LEADER])?)
}
