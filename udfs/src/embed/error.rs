//! Why a model couldn't be had, or a text has no vector.

use crate::tokenize::TokenizerError;

/// What is wrong with a model; the second line says what to do, where that is known.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// Not loaded under this name.
    #[error("no model is called `{name}`\n  hint: {hint}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// What to do instead.
        hint: String,
    },
    /// A file of the model's folder is not what it should be.
    #[error("{file} of the model `{name}` can't be read: {why}")]
    Unreadable {
        /// Name it was to be loaded under.
        name: String,
        /// The file.
        file: &'static str,
        /// What was found instead.
        why: String,
    },
    /// A well-formed model that isn't followed here.
    #[error(
        "the model `{name}` can't be followed: {why}\n  hint: models of the BERT family (MiniLM, bge, e5 and their like) with mean or CLS \
         pooling are, and static ones (model2vec)"
    )]
    Unsupported {
        /// Name it was to be loaded under.
        name: String,
        /// The part that can't be followed.
        why: String,
    },
    /// Its tensors don't fit its shape, or a text doesn't fit it.
    #[error("the model `{name}`: {why}")]
    Arithmetic {
        /// Name of the model.
        name: String,
        /// What the kernel says.
        why: tweetmill_kernels::encoder::Error,
    },
    /// A GPU can't make its vectors.
    #[error("the model `{name}` is not for the GPU: {why}")]
    NotOnGpu {
        /// Name of the model.
        name: String,
        /// What stands against it.
        why: String,
    },
    /// Its tokenizer can't be used.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The name stands for another model already.
    #[error("`{name}` already names another model")]
    Taken {
        /// The name.
        name: String,
    },
}
