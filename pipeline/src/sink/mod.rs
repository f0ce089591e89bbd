//! Where rows go: files that name their own content, and the commit that makes them count.
//!
//! ```text
//!  sorted documents ─► ShardWriter ─┐
//!  decisions ────────► FatesWriter ─┴─► spool folder ─► upload ─► data/…  _tweetmill/fates/…   (nothing counts yet)
//!                                                         │
//!                                     CommitLog::try_commit ─► _tweetmill/commits/N.json       (now it counts)
//!                                                         │
//!                                                       card ─► README.md
//! ```
//!
//! The bytes of every file depend on its rows and their order alone: see [`spool`].

pub mod bucket;
pub mod bucket_exec;
pub mod card;
pub mod card_file;
pub mod commit;
pub(crate) mod digesting;
pub mod fates;
pub mod history;
pub mod manifest;
mod off_thread;
pub mod paths;
pub mod redacted;
pub mod shard;
pub mod shard_exec;
pub mod spool;
pub mod upload;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
pub(crate) mod flaky_store;

pub use bucket_exec::BucketWriterExec;
pub use commit::{Attempt, CommitLog};
pub use fates::{FatesFiles, FatesWriter};
pub use manifest::{Commit, RunRecord};
pub use shard::{ShardFile, ShardId, ShardWriter};
pub use shard_exec::ShardWriterExec;
