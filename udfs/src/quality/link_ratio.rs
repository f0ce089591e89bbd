//! `link_ratio(text)`: how much of a text is links.

use datafusion::logical_expr::ScalarUDF;

use super::share::share_of_entities;
use crate::of_text::OfText;
use crate::text::entities::Entity;

/// The function.
pub(crate) fn link_ratio() -> ScalarUDF {
    ScalarUDF::from(OfText::new("link_ratio", |text| {
        share_of_entities(text, |entity| matches!(entity, Entity::Url(_)))
    }))
}
