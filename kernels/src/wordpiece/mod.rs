//! `WordPiece`: the ids of a text, exactly as the reference gives them.
//!
//! ```text
//!  "Ünlovable 東京!"                  the text
//!  unlovable ⎸ 東 ⎸ 京 ⎸ !            its words: cleaned, accents taken away, in small letters
//!  4895 12423 3468 ⎸ 1879 ⎸ …         their ids: the longest tokens, from the start of each
//! ```

mod cache;
mod categories;
mod description;
mod encoder;
mod error;
mod output;
mod parts;
mod points;
mod text;
mod trie;
mod vocabulary;
mod word;

pub use self::description::{Description, Normalizer};
pub use self::encoder::{Encoder, WordPiece};
pub use self::error::Error;
