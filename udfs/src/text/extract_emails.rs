//! `extract_emails(text)`: the e-mail addresses of a text, as written.

use datafusion::logical_expr::ScalarUDF;

use super::redaction::emails;
use crate::of_text::PartsOfText;

/// The function; [`emails()`] holds the rules.
pub(crate) fn extract_emails() -> ScalarUDF {
    ScalarUDF::from(PartsOfText::new("extract_emails", |text, found| {
        for email in emails(text) {
            found.append_value(email.of(text));
        }
    }))
}
