//! Forgiving field types over `serde_json`: a field of the wrong type costs that field, not the line.
//!
//! Objects are read key by key into reused structs instead of being derived: a repeated key is not an
//! error (the last one wins), strings with escapes go to one [`Arena`] instead of an allocation each,
//! and nothing is parsed twice. A line that `serde_json` refuses gets one more chance after
//! `repair`, so lone surrogates, control characters and invalid UTF-8 cost a character.

pub mod arena;
pub(crate) mod depth;
pub(crate) mod id;
pub(crate) mod repair;
pub(crate) mod value;

pub use arena::{Arena, Str, Strings};
