//! What the functions of a session find by name.

use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use crate::embed::Models;
use crate::tokenize::Tokenizers;

/// Tokenizers and models, shared by all functions that were made with it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// For `tokenize`, `token_count` and `detokenize`.
    pub tokenizers: Arc<Tokenizers>,
    /// For `embed`.
    pub models: Arc<Models>,
}

/// What a function finds by name. Two are equal where they are one and the same: so are two functions then.
#[derive(Debug)]
pub(crate) struct Same<T>(Arc<T>);

impl<T> Same<T> {
    pub(crate) fn of(shared: &Arc<T>) -> Self {
        Self(Arc::clone(shared))
    }
}

impl<T> Deref for Same<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> PartialEq for Same<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Eq for Same<T> {}

impl<T> Hash for Same<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}
