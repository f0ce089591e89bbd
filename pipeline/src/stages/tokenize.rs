//! Kept tweets → documents: the text as token ids, and the columns of a shard.

use datafusion::dataframe::DataFrame;

use crate::error::Result;
use crate::sink::redacted::COLUMNS;

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

/// Turns tweets into documents, with the further canonical `columns`; `shuffle` stays for the sort, and the counts of
/// what was redacted for the shard's.
pub fn apply(tweets: DataFrame, options: &Tokenize, columns: &[&str]) -> Result<DataFrame> {
    let Tokenize { tokenizer, bos, eos } = options;
    let name = tokenizer.replace('\'', "''");
    let ids = format!("tokenize(text, '{name}', {bos}, {eos}) AS input_ids");
    let fixed = ["shuffle", "tweet_id", "author_id", "created_at", "lang", "text"];
    let counts = COLUMNS.into_iter().filter(|name| tweets.schema().has_column_with_unqualified_name(name));
    let further: Vec<String> =
        columns.iter().copied().chain(counts).map(|column| format!("\"{column}\"")).collect();
    let mut selected = fixed.to_vec();
    selected.push(&ids);
    selected.extend(further.iter().map(String::as_str));
    let documents = tweets.select_exprs(&selected)?;
    let counted = documents.parse_sql_expr("CAST(cardinality(input_ids) AS INT)")?;
    Ok(documents.with_column("n_tokens", counted)?)
}
