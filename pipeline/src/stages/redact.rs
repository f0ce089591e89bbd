//! Redaction: what documents say of people, taken out of their texts as they are made.
//!
//! Filters and duplicates saw the texts as written, so that two tweets that differ in whom they mention are two.

use datafusion::common::Column;
use datafusion::dataframe::DataFrame;
use datafusion::functions::core::expr_ext::FieldAccessor;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::prelude::{Expr, col, lit};

use crate::config::{LinkRule, Redact};
use crate::error::Result;
use crate::sink::redacted::{COLUMNS, KINDS};

/// Canonical columns that redaction reads beside the texts.
pub fn columns(redact: Redact) -> &'static [&'static str] {
    if redact.urls == LinkRule::Host { &["urls", "links"] } else { &[] }
}

/// Redacts `text`, and with `quotes` also `quoted_text`; adds how many parts of both met each rule, in the columns
/// [`COLUMNS`]. Where everything is kept the rows stay as they are.
///
/// A record tells where the links of its own text lead, not those of the text it quotes.
pub fn apply(tweets: DataFrame, redact: Redact, quotes: bool) -> Result<DataFrame> {
    if redact.keeps_all() {
        return Ok(tweets);
    }
    let links = if redact.urls == LinkRule::Host { ", links, urls" } else { "" };
    let mut texts = vec![("text", "redaction", links)];
    texts.extend(quotes.then_some(("quoted_text", "quoted_redaction", "")));
    let mut redacted = tweets;
    for (text, redaction, links) in &texts {
        let call = redacted.parse_sql_expr(&call(text, redact, links))?;
        redacted = redacted.with_column(redaction, call)?;
    }
    let count = |kind: &str| {
        let counts =
            texts.iter().map(|(_, redaction, _)| coalesce(vec![col(*redaction).field(kind), lit(0)]));
        counts.reduce(|sum, count| sum + count).unwrap_or_else(|| lit(0))
    };
    let others = redacted.schema().fields().iter().map(|field| field.name().as_str());
    let others =
        others.filter(|name| texts.iter().all(|(text, redaction, _)| name != text && name != redaction));
    let mut columns: Vec<Expr> = others.map(|name| Expr::from(Column::from_name(name))).collect();
    columns.extend(COLUMNS.into_iter().zip(KINDS).map(|(column, kind)| count(kind).alias(column)));
    columns.extend(texts.iter().map(|(text, redaction, _)| col(*redaction).field("text").alias(*text)));
    Ok(redacted.select(columns)?)
}

fn call(text: &str, redact: Redact, links: &str) -> String {
    let Redact { mentions, urls, emails, phones } = redact;
    let [mentions, urls] = [mentions.name(), urls.name()];
    let [emails, phones] = [emails.name(), phones.name()];
    format!("redact_text({text}, '{mentions}', '{urls}', '{emails}', '{phones}'{links})")
}
