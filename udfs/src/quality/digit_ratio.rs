//! `digit_ratio(text)`: how much of a text is digits, of any script.

use datafusion::logical_expr::ScalarUDF;

use super::share::{share, visible};
use crate::of_text::OfText;

/// The function.
pub(crate) fn digit_ratio() -> ScalarUDF {
    ScalarUDF::from(OfText::new("digit_ratio", |text| {
        share(text.chars().filter(|character| character.is_numeric()).count(), visible(text))
    }))
}
