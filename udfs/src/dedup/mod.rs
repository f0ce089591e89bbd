//! Functions that tell copies.

mod content_hash;

pub(crate) use self::content_hash::ContentHash;
pub use self::content_hash::ContentHasher;
