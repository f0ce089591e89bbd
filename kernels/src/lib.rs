//! The arithmetic of tweetmill: slices in, numbers out.
//!
//! One folder is one kernel: `mod.rs` holds the contract, `cpu.rs` the plain body that is the truth, `cuda.rs` the launch on a device of
//! what stands in `cuda/`, and `gpu.rs` what becomes of it where there is a GPU.
//! Nothing here knows Arrow, tweets, files or configuration, and every result is fixed for ever:
//! what a kernel returns ends up in published data.
//!
//! - [`bpe`]: the ids of a text, by byte-level BPE
//! - [`bzip2`]: the decoder that most of a run over archives is spent in
//! - [`contain`]: how much of known texts stands in another
//! - [`device`]: the GPU, where there is one
//! - [`encoder`]: the vectors of texts, from their tokens
//! - [`hash`]: the keys that shuffle and split documents, and the digest of a text
//! - [`json`]: where the tokens of a JSON text stand
//! - [`near`]: keys that nearly equal texts share, and how far apart two texts are
//! - [`semantic`]: vectors that point the same way
//! - [`wordpiece`]: the ids of a text, by `WordPiece`

#![warn(missing_docs)]

pub mod bpe;
pub mod bzip2;
mod chunk;
pub mod contain;
pub mod device;
pub mod encoder;
pub mod hash;
pub mod json;
mod machine;
pub mod near;
pub mod semantic;
mod texts;
pub mod wordpiece;

pub use self::texts::Texts;
