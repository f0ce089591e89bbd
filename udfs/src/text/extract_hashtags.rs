//! `extract_hashtags(text)`: the hashtags of a text, without `#`.

use datafusion::logical_expr::ScalarUDF;

use super::entities::{Entity, entities};
use crate::of_text::PartsOfText;

/// The function; [`entities()`] holds the rules.
pub(crate) fn extract_hashtags() -> ScalarUDF {
    ScalarUDF::from(PartsOfText::new("extract_hashtags", |text, found| {
        for entity in entities(text) {
            if let Entity::Hashtag(hashtag) = entity {
                found.append_value(hashtag.tag.of(text));
            }
        }
    }))
}
