//! One record an id: the richest.
//!
//! The same tweet is often captured more than once: as a line, inside retweets and quotes, in
//! archives that overlap. Among the copies of one run the full text wins over a cut one, then the
//! greatest sum of counts, then the greatest digest of the record, so that the order in which
//! copies arrive decides nothing. Copies that are equal in all of that are one and the same document;
//! which of them is kept follows from how they were found, and only then from where they stood. A record
//! that is already committed wins over any later copy, whether or not texts are compared with earlier commits.

use datafusion::dataframe::DataFrame;

use crate::error::Result;

/// Gives the fate `duplicate_id`, with the id itself as survivor.
pub fn apply(records: DataFrame) -> Result<DataFrame> {
    let place = records.parse_sql_expr(
        "row_number() OVER (PARTITION BY tweet_id, fate IS NULL \
         ORDER BY committed DESC, text_complete DESC, richness DESC, digest DESC, origin, carrier_id, record)",
    )?;
    let ranked = records.with_column("place", place)?;
    let lost = "fate IS NULL AND NOT committed AND tweet_id IS NOT NULL AND place > 1";
    let survivor = ranked.parse_sql_expr(&format!("CASE WHEN {lost} THEN tweet_id ELSE survivor END"))?;
    let fate = ranked.parse_sql_expr(&format!("CASE WHEN {lost} THEN 'duplicate_id' ELSE fate END"))?;
    Ok(ranked.with_column("survivor", survivor)?.with_column("fate", fate)?.drop_columns(&["place"])?)
}
