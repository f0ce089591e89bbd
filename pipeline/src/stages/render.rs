//! Rendering: the text of a document, put together as the run file's template says.

use datafusion::dataframe::DataFrame;

use crate::config::{DocumentTemplate, MentionRule, TemplateField, TemplatePart};
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

fn joined_sql(parts: &[TemplatePart], mentions: MentionRule) -> String {
    let parts: Vec<String> = parts.iter().map(|part| part_sql(part, mentions)).collect();
    format!("concat({})", parts.join(", "))
}

/// SQL for a part; null or empty where it is absent.
fn part_sql(part: &TemplatePart, mentions: MentionRule) -> String {
    match part {
        TemplatePart::Words(words) => format!("'{}'", words.replace('\'', "''")),
        TemplatePart::Field(field) => field_sql(*field, mentions),
        TemplatePart::Optional(parts) => {
            let present: Vec<String> = parts
                .iter()
                .filter_map(|part| if let TemplatePart::Field(field) = part { Some(*field) } else { None })
                .map(|field| format!("coalesce({}, '') <> ''", field_sql(field, mentions)))
                .collect();
            format!("CASE WHEN {} THEN {} END", present.join(" AND "), joined_sql(parts, mentions))
        }
    }
}

fn field_sql(field: TemplateField, mentions: MentionRule) -> String {
    let column = field.column();
    match field {
        TemplateField::AuthorName | TemplateField::ReplyToAuthorName => match mentions {
            MentionRule::Keep => column.to_owned(),
            MentionRule::User => format!("CASE WHEN {column} <> '' THEN 'user' END"),
            MentionRule::Drop => "CAST(NULL AS VARCHAR)".to_owned(),
        },
        TemplateField::CreatedAt => format!("substr(arrow_cast({column}, 'Utf8'), 1, 19) || 'Z'"),
        TemplateField::Date => format!("substr(arrow_cast({column}, 'Utf8'), 1, 10)"),
        TemplateField::Text | TemplateField::QuotedText | TemplateField::Lang | TemplateField::Source => {
            column.to_owned()
        }
    }
}
