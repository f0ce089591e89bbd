//! What looking for semantic duplicates took, and what came of it.

use serde::{Deserialize, Serialize};

/// Figures of one commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SemanticFigures {
    /// Documents that took part.
    pub texts: u64,
    /// Clusters they fell into.
    pub clusters: u64,
    /// Pairs that were compared.
    pub compared: u64,
    /// Documents that were dropped.
    pub dropped: u64,
}
