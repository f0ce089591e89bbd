//! Caps: no more than so many documents of one author in a commit.
//!
//! Counted last, over what all other stages leave: of an author's documents the first in order stay, which in one
//! commit is the order of their ids. A record that is capped entered the comparison of texts and stays in
//! its history: its id is taken, and its copies go on pointing at it.

use std::num::NonZeroU64;

use datafusion::dataframe::DataFrame;
use datafusion::prelude::col;

use crate::engine::leaders::{PLACE, with_places};
use crate::error::Result;
use crate::fate::CAPPED;

/// Column with the lower-cased handle of an author without an id; null where there is an id, or no handle.
pub const HANDLE: &str = "author_handle";

/// SQL for [`HANDLE`], over the canonical columns.
pub const HANDLE_SQL: &str = "CASE WHEN author_id IS NULL THEN nullif(lower(author_name), '') END";

/// Records that count: no fate yet, and an author.
const COUNTED: &str =
    "fate IS NULL AND NOT committed AND (author_id IS NOT NULL OR author_handle IS NOT NULL)";

/// Gives the fate `capped` to what comes after the first `per_author` of an author.
pub fn apply(records: DataFrame, per_author: NonZeroU64) -> Result<DataFrame> {
    let id = records.parse_sql_expr(&format!("CASE WHEN {COUNTED} THEN author_id END"))?;
    let handle = records.parse_sql_expr(&format!("CASE WHEN {COUNTED} THEN {HANDLE} END"))?;
    // The others' ids spread them over the partitions, where a common null would gather them in one.
    let alone = records.parse_sql_expr(&format!("CASE WHEN {COUNTED} THEN NULL ELSE tweet_id END"))?;
    let keyed = records
        .with_column("capped_id", id)?
        .with_column("capped_handle", handle)?
        .with_column("capped_alone", alone)?;
    let order = vec![col("tweet_id").sort(true, false)];
    let placed = with_places(keyed, &["capped_id", "capped_handle", "capped_alone"], order)?;
    let fate = placed.parse_sql_expr(&format!(
        "CASE WHEN {COUNTED} AND {PLACE} >= {per_author} THEN '{CAPPED}' ELSE fate END"
    ))?;
    Ok(placed.with_column("fate", fate)?.drop_columns(&[
        "capped_id",
        "capped_handle",
        "capped_alone",
        PLACE,
        HANDLE,
    ])?)
}
