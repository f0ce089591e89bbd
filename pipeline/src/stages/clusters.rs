//! The largest groups of copies: what stands for them, how many went, and what they say.

use arrow::array::AsArray;
use datafusion::dataframe::DataFrame;
use datafusion::prelude::{SessionContext, col, lit};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use crate::config::Redact;
use crate::engine::columns::integers;
use crate::error::Result;
use crate::fate::{DUPLICATE_EXACT, DUPLICATE_NEAR};
use crate::stages::boundary::Boundary;
use crate::stages::buckets;
use crate::stages::canonical::Canonical;
use crate::stages::redact;

/// How many are told.
const LARGEST: usize = 5;

/// The records of a run that were dropped for one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// The tweet that stands for them.
    pub survivor: i64,
    /// Exact copies, of it or of a near-duplicate of it.
    pub exact: u64,
    /// Near-duplicates.
    pub near: u64,
    /// Its canonical text, as it is compared; None where it is of an earlier commit and didn't come again.
    pub text: Option<String>,
}

/// The largest, those that are as large by the id of what stands for them.
///
/// `decided` are the decisions on the records of `canonical`; texts are shown without what `redact` takes out.
pub async fn largest(
    session: &SessionContext,
    canonical: &Canonical,
    decided: &Boundary,
    redact: Redact,
) -> Result<Vec<Cluster>> {
    let mut clusters = counted(decided.read(session, |_| true)?).await?;
    if clusters.is_empty() {
        return Ok(clusters);
    }
    let wanted = clusters.iter().map(|cluster| lit(cluster.survivor)).collect();
    let tweets = canonical
        .records(session, |bucket| bucket > buckets::RETWEETS)?
        .filter(col("tweet_id").in_list(wanted, false))?;
    let text = tweets.parse_sql_expr(&redact::compared_sql(redact))?.alias("canonical");
    // A retweet carries its original along: there may be millions of one.
    let mut carried = tweets.select(vec![col("tweet_id"), text])?.execute_stream().await?;
    while let Some(batch) = carried.try_next().await? {
        let (ids, texts) = (integers(&batch, "tweet_id")?, batch.column(1).as_string_opt::<i32>());
        for (row, text) in texts.into_iter().flatten().enumerate() {
            let cluster = clusters.iter_mut().find(|cluster| cluster.survivor == ids.value(row));
            // Copies of one id may have been cut: the longest says most, and of those the first in order.
            let (Some(cluster), Some(text)) = (cluster, text) else { continue };
            let before = cluster.text.as_deref().map(|text| (std::cmp::Reverse(text.len()), text));
            if before.is_none_or(|before| (std::cmp::Reverse(text.len()), text) < before) {
                cluster.text = Some(text.to_owned());
            }
        }
    }
    Ok(clusters)
}

async fn counted(decided: DataFrame) -> Result<Vec<Cluster>> {
    let dropped = decided.filter(
        col("fate")
            .in_list([DUPLICATE_EXACT, DUPLICATE_NEAR].map(lit).to_vec(), false)
            .and(col("survivor").is_not_null()),
    )?;
    let exact = dropped.parse_sql_expr(&format!("count(*) FILTER (WHERE fate = '{DUPLICATE_EXACT}')"))?;
    let all = dropped.parse_sql_expr("count(*)")?;
    let largest = dropped
        .aggregate(vec![col("survivor")], vec![exact.alias("exact"), all.alias("members")])?
        .sort(vec![col("members").sort(false, false), col("survivor").sort(true, false)])?
        .limit(0, Some(LARGEST))?;
    let mut clusters = Vec::new();
    for batch in largest.collect().await? {
        let (survivors, exact, all) =
            (integers(&batch, "survivor")?, integers(&batch, "exact")?, integers(&batch, "members")?);
        for row in 0..batch.num_rows() {
            let (exact, all) = (exact.value(row) as u64, all.value(row) as u64);
            clusters.push(Cluster { survivor: survivors.value(row), exact, near: all - exact, text: None });
        }
    }
    Ok(clusters)
}
