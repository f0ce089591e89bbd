//! `WordPiece`: the ids of a text, exactly as the reference gives them.
//!
//! ```text
//!  "Ünlovable 東京!"                  the text
//!  unlovable ⎸ 東 ⎸ 京 ⎸ !            its words: cleaned, accents taken away, in small letters
//!  4895 12423 3468 ⎸ 1879 ⎸ …         their ids: the longest tokens, from the start of each
//! ```

mod categories;
mod description;
mod encoder;
mod error;
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
