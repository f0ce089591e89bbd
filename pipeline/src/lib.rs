//! tweetmill: raw tweet archives in, training-ready Parquet shards out.
//!
//! Modules are listed in the order data flows through them; start reading at [`mod@run`].

pub mod error;
pub mod schema;
pub mod source;

pub use error::{Error, ErrorKind, Result};
