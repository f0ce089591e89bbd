//! Vectors of texts, from their tokens.
//!
//! ```text
//!   token ids ─ rows ─┬─► attention ─► feed-forward ─┬─► mean or first ─► length 1 ─► f32, f16, int8, bits
//!                     └───────── × layers ◄──────────┘
//!   token ids ─ rows of a table ─────────────────────────► mean ────────► length 1
//! ```
//!
//! Contract: the vector of a text depends on the model and the tokens of the text, and on nothing else: not on the texts beside
//! it, their order, the threads, or the instructions of the processor. It has the same bits everywhere. Vectors go into published
//! data, so they may never change.
//!
//! That holds because every number is made by a fixed sequence of operations, each exact or rounded once:
//!
//! - A product of matrices is, for each number, one sum that starts from the bias and goes through the inputs in order, by fused
//!   multiply-add. Tiles, panels and parts only say which sums are made together.
//! - The sums of a normalisation, a softmax or a length go by lines of sixteen: lane by lane from the first line to the last, then
//!   lanes eight apart, four, two and one. What a line lacks is zero.
//! - The mean over tokens, and the mixture of values that attention makes, go from the first token to the last.
//! - The exponential and the GELU are polynomials, evaluated from the highest coefficient.
//!
//! It holds as long as nothing in the process changes how the processor rounds, or makes it take the smallest numbers for zero.
//!
//! All is written once, in the operations of `lanes`, whose plain form is the truth; `avx2` and `avx512` are those operations in
//! intrinsics. Texts are packed one after the other, with no padding. Every number of a vector of length 1
//! is within 1e-5 of what double precision gives; with the weights of all-MiniLM-L6-v2, those of 5,000 real texts are within 1e-6 of
//! what `PyTorch` gives in single precision (`tests/encoder_reference.rs`). `benches/encoder/compare.py` measures it beside others.
//!
//! A body for another device, in half precision, need not have these bits. It must hold, for every text, a cosine of at least 0.9995
//! with the vector here and a difference of at most 2e-3 in every number of a vector of length 1, and its vectors must depend on their
//! texts only, too. `cuda` is such a body: weights and rows are halves, sums are in single precision and go in an order that the text alone decides, and
//! where halves have no room for a number there is no vector.
//!
//! - [`Encoder`]: a model of the BERT family
//! - [`GpuVectors`]: the same one on a GPU
//! - [`TokenTable`]: a static model
//! - [`to_f16`], [`to_int8`], [`to_binary`]: what vectors are kept as
//! - [`cosine`]: how alike two are

mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod bert;
mod config;
mod cuda;
mod elementary;
mod error;
mod gpu;
mod instruction_set;
mod lanes;
mod layer;
mod line;
mod matrix;
#[cfg(test)]
mod naive;
mod norm;
mod output;
mod table;
#[cfg(test)]
mod tests;
mod tokens;
mod weights;

pub use self::bert::{Encoder, Scratch};
pub use self::config::{Config, Pooling};
pub use self::error::Error;
pub use self::gpu::GpuVectors;
pub use self::instruction_set::InstructionSet;
pub use self::output::{cosine, to_binary, to_f16, to_int8};
pub use self::table::TokenTable;
pub use self::weights::Tensor;
