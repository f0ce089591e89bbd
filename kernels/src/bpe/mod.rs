//! Byte-level BPE: the ids of a text, exactly as the reference gives them.
//!
//! ```text
//!  "I'm 🤗 here"                       the text
//!  I ⎸ 'm ⎸ ␣🤗 ⎸ ␣here               its words, by a pattern
//!  40 ⎸ 2846 ⎸ 11410 97 245 ⎸ 1618    their ids: from the cache, the table of words, or by merging
//! ```
//!
//! Contract: [`Encoder::encode`] appends what the expression behind the [`Pattern`], run by an engine of regular expressions over the text,
//! and the merges of the vocabulary, done one at a time, give. There are no special tokens: a text that spells one has
//! the ids of its characters. Every text can be encoded, for every byte is a token.
//!
//! The `naive` body, which does just that, is the truth. [`Bpe::on_gpu`] gives the same ids of many texts at once, with the tables of the
//! processor, put where a GPU has them.

mod batch;
mod cache;
mod classes;
mod cuda;
mod encoder;
mod error;
mod gpu;
mod merge;
mod pairs;
mod pattern;
mod prefetch;
mod seams;
mod split;
#[cfg(test)]
mod tests;
mod text;
mod vocabulary;
mod words;

pub use self::encoder::{Bpe, Encoder};
pub use self::error::Error;
pub use self::pattern::Pattern;
pub use self::vocabulary::Token;
