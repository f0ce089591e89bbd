//! Kept tweets → documents: the text as token ids, and the columns of a shard.

use datafusion::dataframe::DataFrame;

use crate::error::Result;

/// How documents are tokenized.
#[derive(Debug, Clone)]
pub struct Tokenize {
    /// Name of a tokenizer the session knows.
    pub tokenizer: String,
    /// Put the tokenizer's begin-of-text token before each document.
    pub bos: bool,
    /// Put the tokenizer's end-of-text token after each document.
    pub eos: bool,
}

/// Turns tweets into documents, with the further canonical `columns`; `shuffle` stays for the sort.
///
/// Without `options` there are no token columns.
pub fn apply(tweets: DataFrame, options: Option<&Tokenize>, columns: &[String]) -> Result<DataFrame> {
    let mut selected: Vec<String> =
        ["shuffle", "tweet_id", "author_id", "created_at", "lang", "text"].map(str::to_owned).to_vec();
    if let Some(Tokenize { tokenizer, bos, eos }) = options {
        let name = tokenizer.replace('\'', "''");
        selected.push(format!("tokenize(text, '{name}', {bos}, {eos}) AS input_ids"));
    }
    for column in columns {
        if !selected.contains(column) {
            selected.push(format!("\"{column}\""));
        }
    }
    let selected: Vec<&str> = selected.iter().map(String::as_str).collect();
    let documents = tweets.select_exprs(&selected)?;
    if options.is_none() {
        return Ok(documents);
    }
    let counted = documents.parse_sql_expr("CAST(cardinality(input_ids) AS INT)")?;
    let documents = documents.with_column("n_tokens", counted)?;
    let fixed = ["shuffle", "tweet_id", "author_id", "created_at", "lang", "text", "input_ids", "n_tokens"];
    let order: Vec<&str> = fixed
        .into_iter()
        .chain(columns.iter().map(String::as_str).filter(|column| !fixed.contains(column)))
        .collect();
    Ok(documents.select_columns(&order)?)
}
