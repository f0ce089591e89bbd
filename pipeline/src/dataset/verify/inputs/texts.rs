//! That the texts of duplicates are as near to those of their survivors as was said.

use datafusion::common::JoinType;
use datafusion::dataframe::DataFrame;
use datafusion::prelude::{SessionContext, col, lit};

use super::Again;
use crate::dataset::DataSet;
use crate::dataset::verify::{Verification, near};
use crate::engine::Engine;
use crate::error::Result;
use crate::stages::boundary::Boundary;

/// Buckets of texts: of what was dropped, and of what may stand for it.
const DROPPED: i32 = 0;
const SURVIVORS: i32 = 1;

/// Every duplicate is as near to its survivor as its fate says.
pub(super) async fn are_near(
    report: &mut Verification,
    data_set: &DataSet,
    again: &Again,
    (engine, session): (&Engine, &SessionContext),
    found: DataFrame,
    told: DataFrame,
) -> Result<()> {
    let texts = texts_of_decided(found, told)?;
    let texts = Boundary::write(texts, &engine.scratch().join("texts"), engine.writer_bytes()).await?;
    let own = texts.read(session, |bucket| bucket == DROPPED)?.select_exprs(&[
        "commit_number AS own_commit",
        "tweet_id AS own_id",
        "content_hash AS own_hash",
        "canonical AS own",
    ])?;
    let other = texts.read(session, |bucket| bucket == SURVIVORS)?.select_exprs(&[
        "tweet_id AS other_id",
        "content_hash AS other_hash",
        "canonical AS other",
    ])?;
    let pairs = session
        .table("fates")
        .await?
        .filter(col("fate").in_list(vec![lit("duplicate_exact"), lit("duplicate_near")], false))?
        .select_columns(&["commit_number", "tweet_id", "survivor", "similarity"])?
        .join(own, JoinType::Left, &["commit_number", "tweet_id"], &["own_commit", "own_id"], None)?
        .join(other, JoinType::Left, &["survivor"], &["other_id"], None)?;
    // Texts of links and signs alone are the same by another hash, and empty to a comparison.
    let same = pairs.parse_sql_expr("coalesce(own_hash = other_hash, false) AND similarity = 1")?;
    let pairs = pairs
        .filter(same.is_not_true())?
        .select_columns(&["tweet_id", "similarity", "own", "other"])?
        .sort_by(vec![col("tweet_id")])?;
    let least = data_set.pinned().near.as_ref().map_or(100, |rule| rule.similarity);
    let wrong = near::offenders(pairs.execute_stream().await?, least).await?;
    if wrong.lacking > 0 && !again.complete {
        let lacking =
            format!("{} duplicates: an archive of theirs, or of their survivors', is gone", wrong.lacking);
        report.unchecked.push(lacking);
    } else if let Some(first) = wrong.first_lacking {
        let reason = format!(
            "{} duplicates, the first of them tweet {first}, or their survivors, are not in the archives",
            wrong.lacking
        );
        report.fail("inputs", "the archives", reason);
    }
    wrong.tell(report, "inputs", "the archives");
    Ok(())
}

/// The texts that were compared: those of duplicates, and those of what may stand for them.
fn texts_of_decided(found: DataFrame, told: DataFrame) -> Result<DataFrame> {
    let decided = told.filter(col("fate").in_list(
        ["duplicate_exact", "duplicate_near", "duplicate_semantic", "kept", "capped"].map(lit).to_vec(),
        false,
    ))?;
    let key = ["again", "member", "byte_offset", "origin", "tweet_id", "carrier_id"];
    let found_key = key.map(|column| format!("found_{column}"));
    let mut columns: Vec<_> =
        key.iter().zip(&found_key).map(|(column, alias)| col(*column).alias(alias)).collect();
    columns.extend(["content_hash", "canonical"].map(col));
    let found_key: Vec<&str> = found_key.iter().map(String::as_str).collect();
    let joined = decided.join(found.select(columns)?, JoinType::Inner, &key, &found_key, None)?;
    let bucket = format!(
        "CASE WHEN fate IN ('duplicate_exact', 'duplicate_near') THEN {DROPPED} ELSE {SURVIVORS} END AS bucket"
    );
    // A line may carry one quote twice.
    Ok(joined
        .select_exprs(&["commit_number", "tweet_id", "content_hash", "canonical", &bucket])?
        .distinct()?)
}
