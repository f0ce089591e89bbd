//! Documents → documents with the vectors of their texts.

use datafusion::dataframe::DataFrame;

use crate::config::Embed;
use crate::error::Result;

/// Adds the column of vectors, where there is to be one; the session knows the model by its place.
pub fn apply(documents: DataFrame, options: Option<&Embed>) -> Result<DataFrame> {
    let Some(Embed { model, column, form }) = options else { return Ok(documents) };
    let name = model.as_str().replace('\'', "''");
    let vectors = documents.parse_sql_expr(&format!("embed(text, '{name}', '{}')", form.name()))?;
    Ok(documents.with_column(column, vectors)?)
}
