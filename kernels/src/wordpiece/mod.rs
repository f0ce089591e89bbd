//! `WordPiece`: the ids of a text, exactly as the reference gives them.
//!
//! ```text
//!  "Ünlovable 東京!"                      the text
//!  unlovable ⎸ 東 ⎸ 京 ⎸ !                its words: cleaned, without accents, in small letters
//!  un ##lov ##able ⎸ 東 ⎸ 京 ⎸ !          their tokens: the longest from the start, then the longest from there
//! ```
//!
//! Contract: [`WordPiece::encode`] appends the ids that `BertNormalizer`, `BertPreTokenizer` and `WordPiece` of `tokenizers` 0.23.2 give, one
//! after the other. There are no special tokens: a text that spells one has the ids of its characters, and nothing is put around it. Later
//! versions know more punctuation and take more characters apart, of scripts that came into Unicode after models of this kind were made.
//!
//! What a character becomes depends on nothing around it, but for marks that are put in order; so the first three steps are one look into a
//! table, made for the normalizer that is asked for. Most words are letters and digits of ASCII, and are spelt as they stand in the text.
//!
//! The `naive` body, which takes the steps one after the other, is the truth. [`WordPiece::on_gpu`]
//! gives the same ids of many texts at once, with the tables of the processor, put where a GPU has them.

mod categories;
mod cuda;
mod description;
mod encoder;
mod error;
mod gpu;
#[cfg(test)]
mod naive;
mod output;
mod parts;
mod points;
#[cfg(test)]
mod tests;
mod text;
mod trie;
mod vocabulary;
mod word;

pub use self::description::{Description, Normalizer};
pub use self::encoder::{Scratch, WordPiece};
pub use self::error::Error;
