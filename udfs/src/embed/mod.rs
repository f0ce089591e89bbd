//! Text to vectors.
//!
//! ```text
//!   config.json, tokenizer.json, model.safetensors … ──► ModelFiles ──► Model ──► Models (by name) ──► embed(), cosine()
//! ```

mod cosine;
mod description;
// One file = one SQL function, same name; the folder is named after the family.
#[expect(clippy::module_inception, reason = "the function is called as its family")]
mod embed;
mod error;
mod files;
mod form;
mod model;
mod models;
mod sample;
mod tensors;

pub(crate) use self::cosine::Cosine;
pub(crate) use self::embed::Embed;
pub use self::error::ModelError;
pub use self::files::ModelFiles;
pub use self::form::VectorForm;
pub use self::model::{Embedder, Model};
pub use self::models::Models;
pub use self::sample::SampleModel;
