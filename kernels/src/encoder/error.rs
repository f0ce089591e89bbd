//! What can be wrong with a model or a text.

use std::fmt;

/// Why there is no encoder, or no vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A size of the model is zero.
    Zero {
        /// Which one.
        size: &'static str,
    },
    /// The numbers of a token can't be shared out evenly.
    Heads {
        /// Numbers of a token.
        hidden: usize,
        /// Heads that share them.
        heads: usize,
    },
    /// The model lacks a tensor.
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor has another shape than the model's.
    Misshapen {
        /// Its name.
        name: String,
        /// The shape that the model wants.
        expected: Vec<usize>,
        /// The shape that it has.
        found: Vec<usize>,
    },
    /// A tensor has more or fewer values than its shape says.
    Incomplete {
        /// Its name.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Values that it has.
        values: usize,
    },
    /// A text has a token that the model doesn't know.
    UnknownToken {
        /// Place of the text among those given.
        text: usize,
        /// Place of the token in the text.
        at: usize,
        /// The token.
        token: u32,
        /// Tokens that the model knows: ids are below.
        vocabulary: usize,
    },
    /// A text has more tokens than the model has positions: it is for the caller to cut it.
    TooLong {
        /// Place of the text among those given.
        text: usize,
        /// Its tokens.
        tokens: usize,
        /// Most that a text can have.
        longest: usize,
    },
    /// A text has no token. The empty text has its special ones.
    NoTokens {
        /// Place of the text among those given.
        text: usize,
    },
    /// A device that was to make vectors made none.
    Device {
        /// Why.
        why: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero { size } => write!(out, "the model has no {size}: at least 1 is needed"),
            Self::Heads { hidden, heads } => {
                write!(out, "{hidden} numbers a token can't be shared by {heads} heads")
            }
            Self::Missing { name } => write!(out, "the model has no tensor {name}"),
            Self::Misshapen { name, expected, found } => {
                write!(out, "the tensor {name} has the shape {found:?}, not {expected:?}")
            }
            Self::Incomplete { name, shape, values } => {
                write!(out, "the tensor {name} of shape {shape:?} has {values} values")
            }
            Self::UnknownToken { text, at, token, vocabulary } => {
                write!(
                    out,
                    "token {at} of text {text} is {token}, and the model knows those below {vocabulary}"
                )
            }
            Self::TooLong { text, tokens, longest } => {
                write!(out, "text {text} has {tokens} tokens, and the model takes {longest}")
            }
            Self::NoTokens { text } => write!(out, "text {text} has no token, not even a special one"),
            Self::Device { why } => write!(out, "the GPU made no vectors: {why}"),
        }
    }
}

impl std::error::Error for Error {}
