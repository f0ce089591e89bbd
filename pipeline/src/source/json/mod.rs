//! JSON as archives hold it: read in one pass, forgivingly.
//!
//! A `Reader` walks the tokens of a line, which `tweetmill_kernels::json` found, and hands each field to whoever
//! wants it: a field of the wrong type costs that field, not the line; of a repeated key the last counts; what
//! nobody wants is passed over, but must be JSON all the same. Strings stay as they stand in the line until
//! somebody asks for their text. A line that is refused gets one more chance after `repair`, so that control
//! characters and invalid UTF-8 cost a character.

pub(crate) mod id;
mod number;
pub(crate) mod reader;
pub(crate) mod repair;
pub(crate) mod scalar;
pub(crate) mod string;

pub(crate) use reader::{Broken, Reader};
pub(crate) use scalar::Scalar;
pub(crate) use string::Str;
