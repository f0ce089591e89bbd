//! Functions that read what a text says: its canonical form, its entities, its length, what it tells of people.

mod canonical_form;
mod canonical_text;
pub mod entities;
mod extract_cashtags;
mod extract_emails;
mod extract_hashtags;
mod extract_mentions;
mod extract_phones;
mod extract_urls;
mod redact_text;
pub mod redaction;
mod weighted_length;

pub use self::canonical_form::{CANONICAL_VERSION, Canonicalizer, UNICODE_VERSION};
pub(crate) use self::canonical_text::CanonicalText;
pub(crate) use self::extract_cashtags::extract_cashtags;
pub(crate) use self::extract_emails::extract_emails;
pub(crate) use self::extract_hashtags::extract_hashtags;
pub(crate) use self::extract_mentions::extract_mentions;
pub(crate) use self::extract_phones::extract_phones;
pub(crate) use self::extract_urls::extract_urls;
pub(crate) use self::redact_text::RedactText;
pub(crate) use self::weighted_length::weighted_length;
