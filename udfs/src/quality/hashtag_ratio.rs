//! `hashtag_ratio(text)`: how much of a text is hashtags.

use datafusion::logical_expr::ScalarUDF;

use super::share::share_of_entities;
use crate::of_text::OfText;
use crate::text::entities::Entity;

/// The function.
pub(crate) fn hashtag_ratio() -> ScalarUDF {
    ScalarUDF::from(OfText::new("hashtag_ratio", |text| {
        share_of_entities(text, |entity| matches!(entity, Entity::Hashtag(_)))
    }))
}
