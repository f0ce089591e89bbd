//! What the functions of a session find by name.

use std::sync::Arc;

use crate::embed::Models;
use crate::tokenize::Tokenizers;

/// Tokenizers and models, shared by all functions that were made with it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// For `tokenize` and `token_count`.
    pub tokenizers: Arc<Tokenizers>,
    /// For `embed`.
    pub models: Arc<Models>,
}
