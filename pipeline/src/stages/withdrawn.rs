//! Withdrawn tweets: deleted by their author, or withheld by law or copyright claim.
//!
//! A notice counts wherever it stands: before its tweet, after it, in another archive of the run.
//! Deleting an original drops its retweets; deleting a retweet leaves the original.

use datafusion::common::JoinType;
use datafusion::dataframe::DataFrame;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::prelude::{col, lit};

use crate::error::Result;

/// Gives the fates `deleted` and `withheld`, by the notices among `events` and the records' own marks.
///
/// `tombstones` are ids deleted in earlier commits, in a column `tweet_id`.
pub fn apply(records: DataFrame, events: &DataFrame, tombstones: DataFrame) -> Result<DataFrame> {
    let deleted = named(events, "delete", "tweet_id")?.union(tombstones.select_columns(&["tweet_id"])?)?;
    let own = distinct(deleted.clone(), "tweet_id", "own_deleted")?;
    let original = distinct(deleted, "tweet_id", "original_deleted")?;
    let status = distinct(named(events, "status_withheld", "tweet_id")?, "tweet_id", "status_withheld")?;
    let user = distinct(named(events, "user_withheld", "author_id")?, "author_id", "user_withheld")?;
    let joined = records
        .join(own, JoinType::Left, &["tweet_id"], &["own_deleted"], None)?
        .join(original, JoinType::Left, &["retweet_of"], &["original_deleted"], None)?
        .join(status, JoinType::Left, &["tweet_id"], &["status_withheld"], None)?
        .join(user, JoinType::Left, &["author_id"], &["user_withheld"], None)?;
    let fate = joined.parse_sql_expr(
        "CASE WHEN fate IS NOT NULL OR committed THEN fate \
              WHEN own_deleted IS NOT NULL OR original_deleted IS NOT NULL THEN 'deleted' \
              WHEN withheld OR status_withheld IS NOT NULL OR user_withheld IS NOT NULL THEN 'withheld' END",
    )?;
    Ok(joined.with_column("fate", fate)?.drop_columns(&[
        "own_deleted",
        "original_deleted",
        "status_withheld",
        "user_withheld",
    ])?)
}

/// Ids of the events of one kind.
fn named(events: &DataFrame, reason: &str, id: &str) -> Result<DataFrame> {
    Ok(events
        .clone()
        .filter(col("reason").eq(lit(reason)).and(col(id).is_not_null()))?
        .select_columns(&[id])?)
}

fn distinct(ids: DataFrame, id: &str, name: &str) -> Result<DataFrame> {
    Ok(ids
        .aggregate(vec![col(id).alias(name)], vec![count(lit(1)).alias("notices")])?
        .select_columns(&[name])?)
}
