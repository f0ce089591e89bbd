//! Redaction: what documents say of people, taken out of their texts as they are made.
//!
//! Filters and exact duplicates saw the texts as written; near-duplicates without the contacts that are taken out here.

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
    // All in one step: of several, the engine would make one that redacts a text for each part of its answer.
    let mut columns: Vec<Expr> = tweets.schema().columns().into_iter().map(Expr::from).collect();
    for (text, redaction, links) in &texts {
        columns.push(tweets.parse_sql_expr(&call(text, redact, links))?.alias(*redaction));
    }
    let redacted = tweets.select(columns)?;
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

/// SQL for the canonical text that texts are compared by, over the column `text`: contacts that documents don't show
/// are no part of it.
pub fn compared_sql(redact: Redact) -> String {
    let contacts = Redact { emails: redact.emails, phones: redact.phones, ..Redact::default() };
    if contacts.keeps_all() {
        return "canonical_text(text)".to_owned();
    }
    format!("canonical_text({}['text'])", call("text", contacts, ""))
}

fn call(text: &str, redact: Redact, links: &str) -> String {
    let Redact { mentions, urls, emails, phones } = redact;
    let [mentions, urls] = [mentions.name(), urls.name()];
    let [emails, phones] = [emails.name(), phones.name()];
    format!("redact_text({text}, '{mentions}', '{urls}', '{emails}', '{phones}'{links})")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::num::NonZeroUsize;

    use datafusion::physical_plan::displayable;

    use super::*;
    use crate::config::{ContactRule, MentionRule};
    use crate::engine::{Engine, Joins};

    /// Redacting a text costs more than anything else that is done to it but tokenizing.
    #[tokio::test]
    async fn a_text_is_redacted_once_for_all_that_is_asked_of_it() {
        let scratch = tempfile::tempdir().unwrap();
        let engine = Engine::new(NonZeroUsize::MIN, 256 << 20, scratch.path()).unwrap();
        let session = engine.session(NonZeroUsize::MIN, Joins::Merge).unwrap();
        let tweets = session
            .sql("SELECT * FROM (VALUES (1, '@a me@x.org', '@b'), (2, 'c', NULL)) AS t (id, text, quoted_text)")
            .await
            .unwrap();
        let redact = Redact { mentions: MentionRule::User, emails: ContactRule::Drop, ..Redact::default() };
        let redacted = apply(tweets, redact, true).unwrap();
        // As stages that follow do.
        let redacted = redacted.with_column("length", col("text").is_not_null()).unwrap();
        let redacted = redacted
            .with_column("length", col("length").is_not_null())
            .unwrap()
            .drop_columns(&["length"])
            .unwrap();
        let plan = redacted.clone().create_physical_plan().await.unwrap();
        let plan = displayable(plan.as_ref()).indent(false).to_string();
        assert_eq!(plan.matches("redact_text(").count(), 2, "{plan}");
        let rows = redacted.sort_by(vec![col("id")]).unwrap().collect().await.unwrap();
        let shown = arrow::util::pretty::pretty_format_batches(&rows).unwrap().to_string();
        let rows: Vec<Vec<&str>> =
            shown.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
        assert_eq!(rows[3][1..8], ["1", "2", "0", "1", "0", "@user", "@user"], "{shown}");
        assert_eq!(rows[4][1..8], ["2", "0", "0", "0", "0", "c", ""], "{shown}");
    }
}
