//! tweetmill: raw tweet archives in, training-ready Parquet shards out.
//!
//! Start reading at [`mod@run`]: the main path, top to bottom. The other modules stand here in the
//! order in which data flows through them.

pub mod run;

mod gates;
mod hands;
pub mod kill_point;
pub mod steps;

pub mod config;
pub mod evaluation;
pub mod making;
pub mod workspace;

pub mod source;

pub mod fate;
pub mod schema;
pub mod stages;

pub mod history;
pub mod sink;

pub mod pins;
pub mod publish;
pub mod rerun;
pub mod run_log;

#[cfg(feature = "cluster")]
pub mod cluster;
pub mod devices;
pub mod engine;
pub mod gpu;

pub mod dataset;
pub mod estimate;
pub mod inspect;
pub mod plan;
pub mod query;
pub mod synth;

pub mod cli;
pub mod report;

mod build;
mod label;
pub mod progress;
mod quantity;
mod terminal;

pub mod error;

pub use error::{Error, ErrorKind, Result};
