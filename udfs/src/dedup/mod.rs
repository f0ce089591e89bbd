//! Functions that tell copies and near-copies.

mod content_hash;
pub mod near;

pub(crate) use self::content_hash::ContentHash;
pub use self::content_hash::ContentHasher;
