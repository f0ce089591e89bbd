//! Withdrawn tweets: deleted by their author, or withheld by law or copyright claim.
//!
//! Both are decided by id. A notice counts wherever it stands: before its tweet, after it, in another
//! archive of the run, in an earlier commit; and one copy that is marked as withheld speaks for all.
//! Deleting an original drops its retweets; deleting a retweet leaves the original.
//!
//! | record | withdrawn id | what follows |
//! |---|---|---|
//! | of this run | its own | fate `deleted` or `withheld` |
//! | retweet | its original's | fate `deleted`, for a deletion |
//! | quote | the quoted tweet's | `quote_withdrawn`: it is published without the quoted text |
//! | committed | its survivor's, or its own | its text opens no new duplicates; its id stays taken |

use datafusion::common::JoinType;
use datafusion::dataframe::DataFrame;
use datafusion::functions_aggregate::expr_fn::{bool_or, count};
use datafusion::prelude::{col, lit};

use crate::config::{RunConfig, TemplateField};
use crate::error::Result;
use crate::fate::{DELETED, WITHHELD};
use crate::history::History;

/// Whether quoted texts will be published, so that it matters which of them were withdrawn.
pub fn concerns_quotes(config: &RunConfig) -> bool {
    config.output.columns.contains(&"quoted_text")
        || config.document.template.names(TemplateField::QuotedText)
}

/// Leaves a quoted text only where the tweet it is of is known (`quote_of`) and was not withdrawn
/// (`quote_withdrawn`).
pub fn hide_quotes(tweets: DataFrame) -> Result<DataFrame> {
    let quoted_text = tweets
        .parse_sql_expr("CASE WHEN quote_of IS NOT NULL AND NOT quote_withdrawn THEN quoted_text END")?;
    Ok(tweets.with_column("quoted_text", quoted_text)?)
}

/// Gives the fates `deleted` and `withheld`, by the notices among `events`, those in `history`, and the
/// records' own marks.
///
/// `quote_withdrawn` is found out only with `quotes` (see [`concerns_quotes`]), for it takes a join of its
/// own; the records then need the column `quote_of`.
pub fn apply(records: DataFrame, events: &DataFrame, history: &History, quotes: bool) -> Result<DataFrame> {
    let withdrawn = withdrawn(&records, events, history)?;
    // Every join is on a key that no row lacks: null keys would all meet in one partition.
    let subject = records.parse_sql_expr("coalesce(retweet_of, survivor, tweet_id)")?;
    let mut records = records.with_column("subject", subject)?;
    records = marked(records, "tweet_id", &withdrawn, "own")?;
    records = marked(records, "subject", &withdrawn, "subject")?;
    let mut quote_withdrawn = lit(false);
    if quotes {
        let key = records.parse_sql_expr("coalesce(quote_of, tweet_id)")?;
        records = marked(records.with_column("quoted", key)?, "quoted", &withdrawn, "quoted")?;
        quote_withdrawn = records
            .parse_sql_expr("quote_of IS NOT NULL AND coalesce(quoted_deleted OR quoted_withheld, false)")?;
    }
    let fate = records.parse_sql_expr(&format!(
        "CASE WHEN fate IS NOT NULL OR committed THEN fate \
              WHEN own_deleted OR subject_deleted THEN '{DELETED}' \
              WHEN own_withheld THEN '{WITHHELD}' END",
    ))?;
    let content_hash = records.parse_sql_expr(
        "CASE WHEN NOT (committed AND coalesce(subject_deleted OR subject_withheld, false)) THEN content_hash END",
    )?;
    let mut helpers = vec!["subject", "own_deleted", "own_withheld", "subject_deleted", "subject_withheld"];
    if quotes {
        helpers.extend(["quote_of", "quoted", "quoted_deleted", "quoted_withheld"]);
    }
    Ok(records
        .with_column("quote_withdrawn", quote_withdrawn)?
        .with_column("fate", fate)?
        .with_column("content_hash", content_hash)?
        .drop_columns(&helpers)?)
}

/// Adds what is known of the id in column `key`, as `<name>_deleted` and `<name>_withheld`; null for nothing.
fn marked(records: DataFrame, key: &str, withdrawn: &DataFrame, name: &str) -> Result<DataFrame> {
    let id = format!("{name}_id");
    let marks = withdrawn.clone().select(vec![
        col("id").alias(&id),
        col("deleted").alias(format!("{name}_deleted")),
        col("withheld").alias(format!("{name}_withheld")),
    ])?;
    Ok(records.join(marks, JoinType::Left, &[key], &[&id], None)?.drop_columns(&[id.as_str()])?)
}

/// Every id known to be withdrawn, once: `id`, `deleted`, `withheld`.
fn withdrawn(records: &DataFrame, events: &DataFrame, history: &History) -> Result<DataFrame> {
    let deleted = noticed(events, "delete", "tweet_id")?.union(ids(&history.tombstones, "tweet_id")?)?;
    let withheld = noticed(events, "status_withheld", "tweet_id")?
        .union(ids(&history.withheld, "tweet_id")?)?
        .union(ids(&records.clone().filter(col("withheld"))?, "tweet_id")?)?
        .union(of_withheld_accounts(records, events, history)?)?;
    let flag = |ids: DataFrame, deleted: bool| {
        ids.select(vec![col("id"), lit(deleted).alias("deleted"), lit(!deleted).alias("withheld")])
    };
    Ok(flag(deleted, true)?.union(flag(withheld, false)?)?.aggregate(
        vec![col("id")],
        vec![bool_or(col("deleted")).alias("deleted"), bool_or(col("withheld")).alias("withheld")],
    )?)
}

/// Ids of the records whose author is withheld as a whole.
fn of_withheld_accounts(records: &DataFrame, events: &DataFrame, history: &History) -> Result<DataFrame> {
    let accounts = noticed(events, "user_withheld", "author_id")?
        .union(ids(&history.withheld, "author_id")?)?
        .aggregate(vec![col("id").alias("account")], vec![count(lit(1)).alias("notices")])?
        .select_columns(&["account"])?;
    let written = records
        .clone()
        .filter(col("author_id").is_not_null())?
        .select(vec![col("tweet_id").alias("written"), col("author_id").alias("author")])?
        .join(accounts, JoinType::Inner, &["author"], &["account"], None)?;
    ids(&written, "written")
}

/// Ids that the events of one kind name.
fn noticed(events: &DataFrame, reason: &str, column: &str) -> Result<DataFrame> {
    ids(&events.clone().filter(col("reason").eq(lit(reason)))?, column)
}

/// The ids in a column, nulls left out, as `id`.
fn ids(frame: &DataFrame, column: &str) -> Result<DataFrame> {
    Ok(frame.clone().filter(col(column).is_not_null())?.select(vec![col(column).alias("id")])?)
}
