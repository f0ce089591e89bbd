//! `capital_ratio(text)`: how many of the letters that have a case are capitals.

use datafusion::logical_expr::ScalarUDF;

use super::share::share;
use crate::of_text::OfText;

/// The function. Scripts without case have neither capitals nor others.
pub(crate) fn capital_ratio() -> ScalarUDF {
    ScalarUDF::from(OfText::new("capital_ratio", |text| {
        let (mut capitals, mut cased) = (0, 0);
        for character in text.chars() {
            capitals += usize::from(character.is_uppercase());
            cased += usize::from(character.is_uppercase() || character.is_lowercase());
        }
        share(capitals, cased)
    }))
}
