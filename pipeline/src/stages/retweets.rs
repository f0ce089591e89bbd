//! Retweets: their originals are records of their own, so the retweet itself is no document.

use datafusion::dataframe::DataFrame;

use crate::error::Result;
use crate::fate::RETWEET;
use crate::schema::RecordKind;

/// Gives the fate `retweet`, with the original as survivor, to every retweet that has none yet.
pub fn apply(records: DataFrame) -> Result<DataFrame> {
    let open = format!("fate IS NULL AND kind = {}", RecordKind::Retweet as u8);
    let survivor = records.parse_sql_expr(&format!("CASE WHEN {open} THEN retweet_of ELSE survivor END"))?;
    let fate = records.parse_sql_expr(&format!("CASE WHEN {open} THEN '{RETWEET}' ELSE fate END"))?;
    Ok(records.with_column("survivor", survivor)?.with_column("fate", fate)?)
}
