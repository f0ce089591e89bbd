//! Filters: conditions of the run file, asked of each tweet alone.
//!
//! They are answered while tweets are read, when all their columns are at hand, and count after duplicates by
//! id: so that the record that speaks for an id is judged, and the survivor of equal texts has passed.

use datafusion::dataframe::DataFrame;

use crate::config::Filter;
use crate::error::Result;
use crate::fate::FILTERED;
use crate::stages::decontaminate::{ITEM, SHARE};

/// SQL over a tweet's columns for the name of the first of `filters` that it fails, null where it passes all.
pub fn first_failed_sql(filters: &[Filter]) -> String {
    if filters.is_empty() {
        return "CAST(NULL AS VARCHAR)".to_owned();
    }
    // A condition may end in a comment.
    let failed = |Filter { name, keep }: &Filter| format!(" WHEN ({keep}\n) IS NOT TRUE THEN '{name}'");
    format!("CASE{} END", filters.iter().map(failed).collect::<String>())
}

/// Gives the fate `filtered:<name>` to what has none yet and fails a filter; with evaluation sets also the share of the item
/// that it contains, which becomes its similarity, and leaves the number of the item to no other.
pub fn apply(records: DataFrame) -> Result<DataFrame> {
    let records = with_item(records)?;
    let fate = records.parse_sql_expr(&format!(
        "CASE WHEN fate IS NULL AND filtered IS NOT NULL THEN '{FILTERED}' || filtered ELSE fate END"
    ))?;
    Ok(records.with_column("fate", fate)?)
}

fn with_item(records: DataFrame) -> Result<DataFrame> {
    if records.schema().field_with_unqualified_name(ITEM).is_err() {
        return Ok(records);
    }
    let found = format!("fate IS NULL AND {ITEM} IS NOT NULL");
    let similarity =
        records.parse_sql_expr(&format!("CASE WHEN {found} THEN {SHARE} ELSE similarity END"))?;
    let item = records.parse_sql_expr(&format!("CASE WHEN {found} THEN {ITEM} END"))?;
    Ok(records.with_column("similarity", similarity)?.with_column(ITEM, item)?.drop_columns(&[SHARE])?)
}
