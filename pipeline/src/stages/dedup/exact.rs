//! Exact duplicates: the same canonical text.
//!
//! Of the copies the earliest survives, in the order (commit in which a document first came, tweet
//! id); nothing else decides. What was committed in an earlier run therefore always survives, unless
//! its text was withdrawn: its place is then empty, and the next copy is the first.

use datafusion::dataframe::DataFrame;

use crate::error::Result;

/// Records that take part: no fate yet, and a text.
const COMPARED: &str = "fate IS NULL AND content_hash IS NOT NULL";

/// Gives the fate `duplicate_exact`, with the survivor's id and similarity 1.
pub fn apply(records: DataFrame) -> Result<DataFrame> {
    // The others' ids spread them over the partitions, where a common null would gather them in one.
    let text = records.parse_sql_expr(&format!("CASE WHEN {COMPARED} THEN content_hash END"))?;
    let alone = records.parse_sql_expr(&format!("CASE WHEN {COMPARED} THEN NULL ELSE tweet_id END"))?;
    let keyed = records.with_column("copy_text", text)?.with_column("copy_alone", alone)?;
    let window = "OVER (PARTITION BY copy_text, copy_alone ORDER BY committed DESC, tweet_id)";
    let place = keyed.parse_sql_expr(&format!("row_number() {window}"))?;
    let first = keyed.parse_sql_expr(&format!("first_value(coalesce(survivor, tweet_id)) {window}"))?;
    let ranked = keyed.with_column("place", place)?.with_column("first", first)?;
    let lost = format!("{COMPARED} AND NOT committed AND place > 1");
    let survivor = ranked.parse_sql_expr(&format!("CASE WHEN {lost} THEN \"first\" ELSE survivor END"))?;
    let similarity =
        ranked.parse_sql_expr(&format!("CASE WHEN {lost} THEN CAST(1 AS REAL) ELSE similarity END"))?;
    let fate = ranked.parse_sql_expr(&format!("CASE WHEN {lost} THEN 'duplicate_exact' ELSE fate END"))?;
    Ok(ranked
        .with_column("survivor", survivor)?
        .with_column("similarity", similarity)?
        .with_column("fate", fate)?
        .drop_columns(&["copy_text", "copy_alone", "place", "first"])?)
}
