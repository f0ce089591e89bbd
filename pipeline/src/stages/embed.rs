//! Documents → documents with the vectors of their texts.

use datafusion::dataframe::DataFrame;
use tweetmill_udfs::embed::{Models, VectorForm};

use crate::config::{Embed, VectorDevice};
use crate::error::Result;

/// Adds the column of vectors, where there is to be one; the session knows the model by its place.
pub fn apply(documents: DataFrame, options: Option<&Embed>) -> Result<DataFrame> {
    let Some(embed) = options else { return Ok(documents) };
    let vectors = documents.parse_sql_expr(&vector_of_text(embed, embed.form))?;
    Ok(documents.with_column(&embed.column, vectors)?)
}

/// The vector of the column `text`, in SQL.
pub fn vector_of_text(embed: &Embed, form: VectorForm) -> String {
    let name = match embed.device {
        VectorDevice::Processor => embed.model.to_string(),
        VectorDevice::Gpu => Models::name_by_gpu(embed.model.as_str()),
    };
    format!("embed(text, '{}', '{}')", name.replace('\'', "''"), form.name())
}
