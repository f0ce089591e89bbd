//! Vectors that point the same way: k-means to bring them together, and in each cluster the earliest survive.
//!
//! ```text
//!   vectors in order ─┬─ some of them ──► k-means ──► centroids
//!                     └────────────────────────────► nearest centroid ──► members of a cluster, in order
//!                                                                         └► survivors: compared with earlier kept ones
//! ```
//!
//! Contract: vectors are rows of one length, finite; they are made to have the length 1 ([`normalize`]), so that the dot
//! product of two is their cosine. Every sum is taken in one fixed order and no product is fused into a sum, so the results have
//! the same bits on every machine and with any number of threads; which vectors stand beside one changes nothing of what is
//! computed for it.

mod dot;
mod kmeans;
mod survivors;
#[cfg(test)]
mod tests;

pub use self::dot::{dot, normalize};
pub use self::kmeans::{Centroids, ROUNDS};
pub use self::survivors::{Dropped, Survivors};
