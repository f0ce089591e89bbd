//! What looking for near-duplicates took, and what came of it.

use serde::{Deserialize, Serialize};

/// Figures of one commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NearFigures {
    /// Texts that took part: the first of each canonical text, but for empty ones.
    pub texts: u64,
    /// Keys they have, by which candidates are found.
    pub keys: u64,
    /// Keys that more texts have than are candidates of later ones.
    pub saturated: u64,
    /// Pairs of a text and an earlier one, of this commit or before, that share a key.
    pub candidates: u64,
    /// Of those, pairs that were compared; length and letters ruled out the others, or there were too many.
    pub compared: u64,
    /// Of those, pairs that are near.
    pub near: u64,
    /// Texts that were dropped.
    pub dropped: u64,
}
