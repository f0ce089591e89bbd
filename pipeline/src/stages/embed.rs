//! Documents → documents with the vectors of their texts.

use datafusion::dataframe::DataFrame;
use tweetmill_udfs::embed::VectorForm;

use crate::error::Result;

/// How documents are embedded.
#[derive(Debug, Clone)]
pub struct Embed {
    /// Name of a model the session knows.
    pub model: String,
    /// Column of the vectors.
    pub column: String,
    /// What they are written as.
    pub form: VectorForm,
}

/// Adds the column of vectors, where there is to be one.
pub fn apply(documents: DataFrame, options: Option<&Embed>) -> Result<DataFrame> {
    let Some(Embed { model, column, form }) = options else { return Ok(documents) };
    let name = model.replace('\'', "''");
    let vectors = documents.parse_sql_expr(&format!("embed(text, '{name}', '{}')", form.name()))?;
    Ok(documents.with_column(column, vectors)?)
}
