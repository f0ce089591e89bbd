//! `detect_language(text)`: which language a text is written in.

use datafusion::logical_expr::ScalarUDF;

use super::language::detect;
use crate::of_text::OfText;

/// The function; [`detect`] holds the rule.
pub(crate) fn detect_language() -> ScalarUDF {
    ScalarUDF::from(OfText::new("detect_language", detect))
}
