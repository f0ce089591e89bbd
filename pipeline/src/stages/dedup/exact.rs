//! Exact duplicates: the same canonical text.
//!
//! Of the copies the earliest survives, in the order (commit in which a document first came, tweet
//! id); nothing else decides. What was committed in an earlier run therefore always survives.

use datafusion::dataframe::DataFrame;

use crate::error::Result;

/// Gives the fate `duplicate_exact`, with the survivor's id and similarity 1.
pub fn apply(records: DataFrame) -> Result<DataFrame> {
    // Decided records take no part; their own digests spread them over the partitions.
    let key = records
        .parse_sql_expr("CASE WHEN fate IS NULL THEN coalesce(content_hash, digest) ELSE digest END")?;
    let keyed = records.with_column("copy_key", key)?;
    let window = "OVER (PARTITION BY copy_key, fate IS NULL ORDER BY committed DESC, tweet_id)";
    let place = keyed.parse_sql_expr(&format!("row_number() {window}"))?;
    let first = keyed.parse_sql_expr(&format!("first_value(coalesce(survivor, tweet_id)) {window}"))?;
    let ranked = keyed.with_column("place", place)?.with_column("first", first)?;
    let lost = "fate IS NULL AND NOT committed AND place > 1";
    let survivor = ranked.parse_sql_expr(&format!("CASE WHEN {lost} THEN \"first\" ELSE survivor END"))?;
    let similarity =
        ranked.parse_sql_expr(&format!("CASE WHEN {lost} THEN CAST(1 AS REAL) ELSE similarity END"))?;
    let fate = ranked.parse_sql_expr(&format!("CASE WHEN {lost} THEN 'duplicate_exact' ELSE fate END"))?;
    Ok(ranked
        .with_column("survivor", survivor)?
        .with_column("similarity", similarity)?
        .with_column("fate", fate)?
        .drop_columns(&["copy_key", "place", "first"])?)
}
