//! `weighted_length(text)`: how long a tweet is to the platform.

use datafusion::logical_expr::ScalarUDF;

use super::entities;
use crate::of_text::OfText;

/// The function; [`entities::weighted_length()`] holds the rule.
pub(crate) fn weighted_length() -> ScalarUDF {
    ScalarUDF::from(OfText::new("weighted_length", |text| {
        i32::try_from(entities::weighted_length(text)).unwrap_or(i32::MAX)
    }))
}
