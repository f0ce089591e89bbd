//! What can be wrong with a vocabulary.

use std::fmt;

/// Why there is no tokenizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Two tokens are the same text.
    Twice {
        /// The id of the one.
        first: u32,
        /// The id of the other.
        second: u32,
    },
    /// An id is more than there is room for.
    Id {
        /// The id.
        id: u32,
        /// The largest that there can be.
        most: u32,
    },
    /// The tokens have more bytes than there is room for.
    TooLong {
        /// Their bytes.
        bytes: usize,
        /// Most that there can be.
        most: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice { first, second } => {
                write!(out, "the tokens {first} and {second} are the same text")
            }
            Self::Id { id, most } => write!(out, "the id {id} is more than {most}"),
            Self::TooLong { bytes, most } => {
                write!(out, "the tokens have {bytes} bytes, more than the {most} that there is room for")
            }
        }
    }
}

impl std::error::Error for Error {}
