//! Rendering: the text of a document, put together as the run file's template says.

use datafusion::dataframe::DataFrame;

use crate::config::{DocumentTemplate, Field, MentionRule, Part};
use crate::error::Result;

/// Puts the rendered text in the place of `text`. A template that is the text alone leaves the rows as they are.
///
/// What is null or empty is absent. Handles are mentions: by the rule for these they are `user`, or absent.
pub fn apply(tweets: DataFrame, template: &DocumentTemplate, mentions: MentionRule) -> Result<DataFrame> {
    if template.is_text_alone() {
        return Ok(tweets);
    }
    let text =
        tweets.parse_sql_expr(&format!("arrow_cast({}, 'Utf8')", joined_sql(template.parts(), mentions)))?;
    Ok(tweets.with_column("text", text)?)
}

fn joined_sql(parts: &[Part], mentions: MentionRule) -> String {
    let parts: Vec<String> = parts.iter().map(|part| part_sql(part, mentions)).collect();
    format!("concat({})", parts.join(", "))
}

/// SQL for a part; null or empty where it is absent.
fn part_sql(part: &Part, mentions: MentionRule) -> String {
    match part {
        Part::Words(words) => format!("'{}'", words.replace('\'', "''")),
        Part::Field(field) => field_sql(*field, mentions),
        Part::Optional(parts) => {
            let present: Vec<String> = parts
                .iter()
                .filter_map(|part| if let Part::Field(field) = part { Some(*field) } else { None })
                .map(|field| format!("coalesce({}, '') <> ''", field_sql(field, mentions)))
                .collect();
            format!("CASE WHEN {} THEN {} END", present.join(" AND "), joined_sql(parts, mentions))
        }
    }
}

fn field_sql(field: Field, mentions: MentionRule) -> String {
    let column = field.column();
    match field {
        Field::AuthorName | Field::ReplyToAuthorName => match mentions {
            MentionRule::Keep => column.to_owned(),
            MentionRule::User => format!("CASE WHEN {column} <> '' THEN 'user' END"),
            MentionRule::Drop => "NULL".to_owned(),
        },
        Field::CreatedAt => format!("substr(arrow_cast({column}, 'Utf8'), 1, 19) || 'Z'"),
        Field::Date => format!("substr(arrow_cast({column}, 'Utf8'), 1, 10)"),
        Field::Text | Field::QuotedText | Field::Lang | Field::Source => column.to_owned(),
    }
}
