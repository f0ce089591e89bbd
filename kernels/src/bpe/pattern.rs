//! The ways of cutting words that are known.

/// How a text is cut into words, which merge each for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Of gpt2 and what follows it: r50k, p50k.
    Gpt2,
    /// Of cl100k, and of llama-3 and qwen-2.
    Cl100k {
        /// Digits that a number is cut after, 1 at least: 3, or 1 for qwen-2.
        digits: u32,
    },
    /// Of o200k, and of tekken.
    O200k {
        /// Digits that a number is cut after, 1 at least: 3, or 1 for tekken.
        digits: u32,
        /// Whether a word takes in the contraction that follows: tekken's doesn't.
        contractions: bool,
    },
}
