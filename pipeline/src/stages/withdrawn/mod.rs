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

mod ids;

use datafusion::common::JoinType;
use datafusion::dataframe::DataFrame;
use datafusion::prelude::{col, lit};

use crate::config::{RunConfig, TemplateField};
use crate::error::Result;
use crate::fate::{DELETED, WITHHELD};

pub use ids::Withdrawn;

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

/// Gives the fates `deleted` and `withheld` to what was `withdrawn`.
///
/// `quote_withdrawn` is found out only with `quotes` (see [`concerns_quotes`]), for it may take a join of its
/// own; the records then need the column `quote_of`.
pub fn apply(records: DataFrame, withdrawn: &Withdrawn, quotes: bool) -> Result<DataFrame> {
    // Every join is on a key that no row lacks: null keys would all meet in one partition.
    let subject = records.parse_sql_expr("coalesce(retweet_of, survivor, tweet_id)")?;
    let mut records = records.with_column("subject", subject)?;
    records = marked(records, "tweet_id", withdrawn, "own")?;
    records = marked(records, "subject", withdrawn, "subject")?;
    let mut quote_withdrawn = lit(false);
    if quotes {
        let key = records.parse_sql_expr("coalesce(quote_of, tweet_id)")?;
        records = marked(records.with_column("quoted", key)?, "quoted", withdrawn, "quoted")?;
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
fn marked(records: DataFrame, key: &str, withdrawn: &Withdrawn, name: &str) -> Result<DataFrame> {
    let (deleted_name, withheld_name) = (format!("{name}_deleted"), format!("{name}_withheld"));
    match withdrawn {
        Withdrawn::Rows(rows) => {
            let id = format!("{name}_id");
            let marks = rows.clone().select(vec![
                col("id").alias(&id),
                col("deleted").alias(deleted_name),
                col("withheld").alias(withheld_name),
            ])?;
            Ok(records.join(marks, JoinType::Left, &[key], &[&id], None)?.drop_columns(&[id.as_str()])?)
        }
        Withdrawn::Held { deleted, withheld, .. } => Ok(records
            .with_column(&deleted_name, deleted.call(vec![col(key)]))?
            .with_column(&withheld_name, withheld.call(vec![col(key)]))?),
    }
}
