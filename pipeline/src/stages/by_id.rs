//! One record an id: the richest.
//!
//! The same tweet is often captured more than once: as a line, inside retweets and quotes, in
//! archives that overlap. Among the copies of one run the full text wins over a cut one, then the
//! greatest sum of counts, then the greatest digest of the record, so that the order in which
//! copies arrive decides nothing. Copies that are equal in all of that are one and the same document;
//! which of them is kept follows from how they were found, and only then from where they stood. A record
//! that is already committed wins over any later copy, whether or not texts are compared with earlier commits.

use datafusion::dataframe::DataFrame;
use datafusion::prelude::col;

use crate::engine::leaders::{IS_LEADER, LEADER, with_leaders};
use crate::error::Result;
use crate::fate::DUPLICATE_ID;

/// Gives the fate `duplicate_id`, with the id itself as survivor.
pub fn apply(records: DataFrame) -> Result<DataFrame> {
    let open = records.parse_sql_expr("fate IS NULL")?;
    let order = vec![
        col("committed").sort(false, false),
        col("text_complete").sort(false, false),
        col("richness").sort(false, false),
        col("digest").sort(false, false),
        col("origin").sort(true, false),
        col("carrier_id").sort(true, false),
        col("record").sort(true, false),
    ];
    let led = with_leaders(records.with_column("open", open)?, &["tweet_id", "open"], order, "tweet_id")?;
    let lost = format!("open AND NOT committed AND tweet_id IS NOT NULL AND NOT {IS_LEADER}");
    let survivor = led.parse_sql_expr(&format!("CASE WHEN {lost} THEN tweet_id ELSE survivor END"))?;
    let fate = led.parse_sql_expr(&format!("CASE WHEN {lost} THEN '{DUPLICATE_ID}' ELSE fate END"))?;
    Ok(led
        .with_column("survivor", survivor)?
        .with_column("fate", fate)?
        .drop_columns(&["open", IS_LEADER, LEADER])?)
}
