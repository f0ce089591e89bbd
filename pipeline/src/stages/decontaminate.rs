//! Evaluation sets: a tweet that contains an item of one must not be trained on.
//!
//! Asked while tweets are read, of those that pass all filters, and counted with the filters: an item that the
//! tweet contains makes it fail the filter `contaminated:<set>`.

use datafusion::dataframe::DataFrame;
use datafusion::prelude::{col, when};

use crate::error::Result;
use crate::evaluation::Evaluation;
use crate::fate::CONTAMINATED;

/// Column with the number of the item, within its set, that a tweet contains; null where it contains none, or another fate
/// came first.
pub const ITEM: &str = "item";
/// Column with the share of the item that the tweet contains.
pub const SHARE: &str = "item_share";

/// Adds the columns [`ITEM`] and [`SHARE`] to tweets with `text` and `filtered`, and the name of the set to the latter.
pub fn apply(tweets: DataFrame, evaluation: &Evaluation) -> Result<DataFrame> {
    let Some(function) = evaluation.function() else { return Ok(tweets) };
    // Nothing but tweets in the sample has a text here.
    let found = when(col("filtered").is_null(), function.call(vec![col("text")])).end()?;
    let tweets = tweets.with_column("found", found)?;
    let set = format!("'{CONTAMINATED}' || found['set']");
    let filtered =
        tweets.parse_sql_expr(&format!("CASE WHEN filtered IS NULL THEN {set} ELSE filtered END"))?;
    let item = tweets.parse_sql_expr("found['item']")?;
    let share = tweets.parse_sql_expr("found['share']")?;
    Ok(tweets
        .with_column(ITEM, item)?
        .with_column(SHARE, share)?
        .with_column("filtered", filtered)?
        .drop_columns(&["found"])?)
}
