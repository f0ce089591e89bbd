//! That the lines of the archives are those that have fates.

use arrow::array::AsArray;
use arrow::datatypes::{Int32Type, Int64Type};
use datafusion::dataframe::DataFrame;
use datafusion::prelude::col;
use futures::StreamExt;

use super::Again;
use crate::dataset::verify::Verification;
use crate::error::Result;

/// Offending lines named.
const NAMED: usize = 5;

/// Where a record stood: in the archives, and in the runs by way of [`Again::units`].
const PLACE: [&str; 3] = ["again", "member", "byte_offset"];

/// Every line that is found has the fates of as many records, of the same tweets, as are found in it, and the other way round.
///
/// A line that was refused for its length may be found to be a tweet: how long it may be is a setting of the run.
pub(super) async fn have_fates(
    report: &mut Verification,
    again: &Again,
    found: DataFrame,
    told: DataFrame,
) -> Result<()> {
    let told = told.select_exprs(&[
        "again",
        "member",
        "byte_offset",
        "coalesce(tweet_id, 0) AS told_id",
        "1 AS told",
        "CAST(starts_with(fate, 'rejected:') AS INT) AS rejected",
        "CAST(0 AS BIGINT) AS found_id",
        "0 AS found",
    ])?;
    let found = found.select_exprs(&[
        "again",
        "member",
        "byte_offset",
        "CAST(0 AS BIGINT) AS told_id",
        "0 AS told",
        "0 AS rejected",
        "coalesce(tweet_id, 0) AS found_id",
        "1 AS found",
    ])?;
    let all = told.union(found)?;
    // Two ways to add ids up, for one alone takes {a, a} for {b, b}.
    let sums = [
        "bit_xor(told_id)",
        "sum(told)",
        "sum(rejected)",
        "bit_xor(found_id)",
        "sum(found)",
        "sum(CAST(told_id AS DECIMAL(19, 0)))",
        "sum(CAST(found_id AS DECIMAL(19, 0)))",
    ];
    let names = ["told_ids", "told", "rejected", "found_ids", "found", "told_sum", "found_sum"];
    let mut aggregates = Vec::new();
    for (sum, name) in sums.into_iter().zip(names) {
        aggregates.push(all.parse_sql_expr(sum)?.alias(name));
    }
    let lines = all.aggregate(PLACE.map(col).to_vec(), aggregates)?;
    let differs = lines.parse_sql_expr("told <> found OR told_ids <> found_ids OR told_sum <> found_sum")?;
    let wrong = lines.filter(differs)?.sort_by(PLACE.map(col).to_vec())?;
    let (mut first, mut others) = (Vec::new(), 0_u64);
    let mut batches = wrong.execute_stream().await?;
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        let (units, members) =
            (batch.column(0).as_primitive::<Int32Type>(), batch.column(1).as_primitive::<Int32Type>());
        let [offset, told, rejected, found] =
            [2, 4, 5, 7].map(|column| batch.column(column).as_primitive::<Int64Type>());
        for row in 0..batch.num_rows() {
            let place = (units.value(row), members.value(row));
            let (told, found) = (told.value(row), found.value(row));
            let may_hold_more = || again.may_hold_more(place.0, place.1) || rejected.value(row) > 0;
            if told <= found && may_hold_more() {
                continue;
            }
            if first.len() == NAMED {
                others += 1;
                continue;
            }
            let what = if told == found {
                format!("{found} records found, but not those that have fates")
            } else {
                format!("{found} records found, {told} have fates")
            };
            let what = format!("at byte {}: {what}", offset.value(row));
            first.push((again.place(place.0, place.1), what));
        }
    }
    for (place, reason) in first {
        report.fail("inputs", place, reason);
    }
    if others > 0 {
        report.fail("inputs", "the archives", format!("and {others} lines more"));
    }
    Ok(())
}
