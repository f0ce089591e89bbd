//! Functions from text to text.

mod canonical_form;
mod canonical_text;

pub use self::canonical_form::{CANONICAL_VERSION, Canonicalizer, UNICODE_VERSION};
pub(crate) use self::canonical_text::CanonicalText;
