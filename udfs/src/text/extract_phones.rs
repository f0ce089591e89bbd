//! `extract_phones(text)`: the phone numbers of a text, as written.

use datafusion::logical_expr::ScalarUDF;

use super::redaction::phones;
use crate::of_text::PartsOfText;

/// The function; [`phones()`] holds the rules.
pub(crate) fn extract_phones() -> ScalarUDF {
    ScalarUDF::from(PartsOfText::new("extract_phones", |text, found| {
        for phone in phones(text) {
            found.append_value(phone.of(text));
        }
    }))
}
