//! Evaluation sets that no document may contain an item of.

use serde::{Deserialize, Serialize};

/// One set, as a commit was made with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationFigures {
    /// What the run file calls it.
    pub name: String,
    /// Blake3 of the texts of its items in order, each behind its length in 8 bytes, in hex.
    pub digest: String,
    /// Items.
    pub items: u64,
    /// Of those, items that are looked for inside texts.
    pub within: u64,
    /// Of those, items that are compared with whole texts alone; all others are too short to be looked for.
    pub whole: u64,
    /// Records with the fate of the set.
    pub contaminated: u64,
}
