//! Evaluation sets: a tweet that contains an item of one must not be trained on.
//!
//! Asked while tweets are read, of those that pass all filters, and counted with the filters: an item that the
//! tweet contains makes it fail the filter `contaminated:<set>`.

use datafusion::dataframe::DataFrame;
use datafusion::functions::expr_fn::coalesce;
use datafusion::logical_expr::{Operator, binary_expr};
use datafusion::prelude::{Expr, col, lit, when};

use crate::engine::part::part;
use crate::error::Result;
use crate::evaluation::Evaluation;
use crate::fate::CONTAMINATED;

/// Column with the number of the item, within its set, that a tweet contains; null where it contains none, or another fate
/// came first.
pub const ITEM: &str = "item";
/// Column with the share of the item that the tweet contains.
pub const SHARE: &str = "item_share";

/// Adds the columns [`ITEM`] and [`SHARE`] to tweets with `text` and `filtered`, and the name of the set to the latter. With `quotes` what they
/// quote counts as theirs: it is asked where their own text contains nothing.
pub fn apply(tweets: DataFrame, evaluation: &Evaluation, quotes: bool) -> Result<DataFrame> {
    let Some(function) = evaluation.function() else { return Ok(tweets) };
    let asked = |text: &str| function.call(vec![col(text)]);
    let found = if quotes { coalesce(vec![asked("text"), asked("quoted_text")]) } else { asked("text") };
    // Reports have their label as text; only tweets in the sample have a hash.
    let is_asked = col("filtered").is_null().and(col("content_hash").is_not_null());
    let found = when(is_asked, found).end()?.alias("found");
    let columns = tweets.schema().columns();
    let kept: Vec<Expr> =
        columns.iter().filter(|column| column.name != "filtered").cloned().map(Expr::from).collect();
    let asked = tweets.select(columns.into_iter().map(Expr::from).chain([found]))?;
    // All in one step: of several, the engine would make one that asks a text for each part of the answer.
    let [item, share, set] = ["item", "share", "set"].map(|name| part(&asked, "found", name));
    let filtered =
        coalesce(vec![col("filtered"), binary_expr(lit(CONTAMINATED), Operator::StringConcat, set?)]);
    let parts = [item?.alias(ITEM), share?.alias(SHARE), filtered.alias("filtered")];
    Ok(asked.select(kept.into_iter().chain(parts))?)
}
