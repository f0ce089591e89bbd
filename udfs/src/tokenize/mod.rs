//! Text to token ids.
//!
//! ```text
//!   tokenizer.json ──► hugging_face ──┐
//!                                     ├──► Tokenizer ──► Tokenizers (by name) ──► tokenize(), token_count(), detokenize()
//!   ranks ──► rank_file + pattern ────┘
//! ```
//!
//! Byte-level BPE and `WordPiece` are the kernels' work. What a `tokenizer.json` asks for beyond it, of a text or at all, is done by
//! the engine of the `tokenizers` library. Where a session has a GPU, a batch of texts goes there first: the ids are the same whoever
//! makes them.

mod alphabet;
mod byte_level;
mod device;
mod error;
mod hugging_face;
mod kernel;
mod pattern;
mod rank_file;
mod rows;
// One file = one SQL function, same name; the folder is named after the family.
mod detokenize;
mod token_count;
#[expect(clippy::module_inception, reason = "the function is called as its family")]
mod tokenize;
mod tokenizer;
mod tokenizers;
mod word_piece;

/// Rows that one task takes: about a millisecond of work.
const ROWS_PER_TASK: usize = 512;

pub(crate) use self::alphabet::byte_letter;
pub(crate) use self::detokenize::Detokenize;
pub use self::error::TokenizerError;
pub use self::rows::Ids;
pub(crate) use self::token_count::TokenCount;
pub(crate) use self::tokenize::Tokenize;
pub use self::tokenizer::{Encoder, Tokenizer};
pub use self::tokenizers::Tokenizers;
