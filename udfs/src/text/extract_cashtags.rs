//! `extract_cashtags(text)`: the cashtags of a text, without `$`.

use datafusion::logical_expr::ScalarUDF;

use super::entities::{Entity, entities};
use crate::of_text::PartsOfText;

/// The function; [`entities()`] holds the rules.
pub(crate) fn extract_cashtags() -> ScalarUDF {
    ScalarUDF::from(PartsOfText::new("extract_cashtags", |text, found| {
        for entity in entities(text) {
            if let Entity::Cashtag(cashtag) = entity {
                found.append_value(cashtag.symbol.of(text));
            }
        }
    }))
}
