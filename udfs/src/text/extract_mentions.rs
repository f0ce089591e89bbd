//! `extract_mentions(text)`: the handles a text mentions, without `@`.

use datafusion::logical_expr::ScalarUDF;

use super::entities::{Entity, entities};
use crate::of_text::PartsOfText;

/// The function; [`entities()`] holds the rules.
pub(crate) fn extract_mentions() -> ScalarUDF {
    ScalarUDF::from(PartsOfText::new("extract_mentions", |text, found| {
        for entity in entities(text) {
            if let Entity::Mention(mention) = entity {
                found.append_value(mention.handle.of(text));
            }
        }
    }))
}
