//! Functions that tell copies and near-copies.

pub mod contamination;
mod content_hash;
mod edit_similarity;
mod jaccard;
mod minhash_bands;
mod minhash_signature;
pub mod near;

pub(crate) use self::content_hash::ContentHash;
pub use self::content_hash::ContentHasher;
pub(crate) use self::edit_similarity::edit_similarity;
pub(crate) use self::jaccard::jaccard;
pub(crate) use self::minhash_bands::MinhashBands;
pub(crate) use self::minhash_signature::MinhashSignature;
