//! What can be wrong with a vocabulary.

use std::fmt;

/// Why there is no encoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A byte has no token of its own, so not every text could be encoded.
    NoByte {
        /// The byte.
        byte: u8,
    },
    /// Two tokens are the same bytes.
    Twice {
        /// The id of the first.
        first: u32,
        /// The id of the other.
        second: u32,
    },
    /// A token has no bytes.
    Empty {
        /// Its id.
        id: u32,
    },
    /// A merge is of, or makes, what is no token.
    NoToken {
        /// Place of the merge among those given.
        merge: usize,
    },
    /// A token is made by a merge that comes after one of which it is a part.
    Unordered {
        /// Place of the merge among those given.
        merge: usize,
    },
    /// There are more tokens than the encoder has room to number.
    TooMany {
        /// Tokens given.
        tokens: usize,
        /// Most that there can be.
        most: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoByte { byte } => write!(out, "no token is the byte {byte:#04x} alone"),
            Self::Twice { first, second } => {
                write!(out, "the tokens {first} and {second} are the same bytes")
            }
            Self::Empty { id } => write!(out, "the token {id} has no bytes"),
            Self::NoToken { merge } => write!(out, "merge {merge} is of what is no token, or makes none"),
            Self::Unordered { merge } => write!(out, "merge {merge} makes what an earlier merge is of"),
            Self::TooMany { tokens, most } => {
                write!(out, "{tokens} tokens are more than the {most} that can be numbered")
            }
        }
    }
}

impl std::error::Error for Error {}
