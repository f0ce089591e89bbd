//! Exact duplicates: the same canonical text.
//!
//! Of the copies the earliest survives, in the order (commit in which a document first came, tweet
//! id); nothing else decides. What was committed in an earlier run therefore always survives, unless
//! its text was withdrawn: its place is then empty, and the next copy is the first.

use datafusion::dataframe::DataFrame;
use datafusion::prelude::col;

use crate::engine::leaders::{IS_LEADER, LEADER, with_leaders};
use crate::error::Result;
use crate::fate::DUPLICATE_EXACT;

/// Records that take part: no fate yet, and a text.
const COMPARED: &str = "fate IS NULL AND content_hash IS NOT NULL";

/// Gives the fate `duplicate_exact`, with the survivor's id and similarity: 1, but for copies of what was itself nearly the
/// same as something earlier.
pub fn apply(records: DataFrame) -> Result<DataFrame> {
    // The others' ids spread them over the partitions, where a common null would gather them in one.
    let text = records.parse_sql_expr(&format!("CASE WHEN {COMPARED} THEN content_hash END"))?;
    let alone = records.parse_sql_expr(&format!("CASE WHEN {COMPARED} THEN NULL ELSE tweet_id END"))?;
    // A copy committed earlier stands for its own survivor.
    let stands_for = records.parse_sql_expr(
        "named_struct('id', coalesce(survivor, tweet_id), 'similarity', coalesce(similarity, CAST(1 AS REAL)))",
    )?;
    let keyed = records
        .with_column("copy_text", text)?
        .with_column("copy_alone", alone)?
        .with_column("stands_for", stands_for)?;
    let order = vec![col("committed").sort(false, false), col("tweet_id").sort(true, false)];
    let led = with_leaders(keyed, &["copy_text", "copy_alone"], order, "stands_for")?;
    let lost = format!("{COMPARED} AND NOT committed AND NOT {IS_LEADER}");
    let survivor = led.parse_sql_expr(&format!("CASE WHEN {lost} THEN {LEADER}['id'] ELSE survivor END"))?;
    let similarity =
        led.parse_sql_expr(&format!("CASE WHEN {lost} THEN {LEADER}['similarity'] ELSE similarity END"))?;
    let fate = led.parse_sql_expr(&format!("CASE WHEN {lost} THEN '{DUPLICATE_EXACT}' ELSE fate END"))?;
    Ok(led
        .with_column("survivor", survivor)?
        .with_column("similarity", similarity)?
        .with_column("fate", fate)?
        .drop_columns(&["copy_text", "copy_alone", "stands_for", IS_LEADER, LEADER])?)
}
