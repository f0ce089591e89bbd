//! `extract_urls(text)`: the links of a text, as written.

use datafusion::logical_expr::ScalarUDF;

use super::entities::{Entity, entities};
use crate::of_text::PartsOfText;

/// The function; [`entities()`] holds the rules.
pub(crate) fn extract_urls() -> ScalarUDF {
    ScalarUDF::from(PartsOfText::new("extract_urls", |text, found| {
        for entity in entities(text) {
            if let Entity::Url(url) = entity {
                found.append_value(url.span.of(text));
            }
        }
    }))
}
