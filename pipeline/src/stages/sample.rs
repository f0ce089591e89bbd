//! A trial run over a share of the tweets: the others are counted and left alone.

use datafusion::dataframe::DataFrame;

use crate::config::{Part, RunConfig};
use crate::error::Result;
use crate::fate::UNSAMPLED;

/// Seed of the hash that samples. Of its own, so that a sample is no range of the shuffle, whose seed the
/// run file gives.
const SEED: u64 = 0x5a3d_91c6_0e27_b84f;

/// SQL that is true of the records outside the sample, by their `tweet_id`; None where all are in.
///
/// Every record of an id is in the sample or none is, so that copies meet as they would in a full run.
pub fn left_out_sql(config: &RunConfig) -> Option<String> {
    let Some(Part::Sample(share)) = config.part else { return None };
    let (seed, threshold) = (SEED, share.threshold());
    Some(format!(
        "shuffle_key(tweet_id, CAST('{seed}' AS BIGINT UNSIGNED)) >= CAST('{threshold}' AS BIGINT UNSIGNED)"
    ))
}

/// Gives the fate `unsampled` to the tweets and retweets of this run outside the sample. Events always
/// count: what was deleted stays deleted whatever is sampled.
pub fn apply(records: DataFrame, config: &RunConfig) -> Result<DataFrame> {
    let Some(left_out) = left_out_sql(config) else { return Ok(records) };
    let fate = records.parse_sql_expr(&format!(
        "CASE WHEN fate IS NULL AND NOT committed AND {left_out} THEN '{UNSAMPLED}' ELSE fate END"
    ))?;
    Ok(records.with_column("fate", fate)?)
}
