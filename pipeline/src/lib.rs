//! tweetmill: raw tweet archives in, training-ready Parquet shards out.
//!
//! Modules are listed in the order data flows through them; start reading at [`mod@run`].

pub mod cli;
pub mod config;
pub mod error;
pub mod report;
pub mod schema;

pub use error::{Error, ErrorKind, Result};
