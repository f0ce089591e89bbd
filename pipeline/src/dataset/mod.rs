//! Reading back what was committed: its files, its tables, its proofs, and the story of one tweet.
//!
//! ```text
//!  _tweetmill/commits/*.json ─► DataSet::open ─┬─► file_lines          what loaders are given
//!                                              ├─► register            SQL tables `documents` and `fates`
//!                                              ├─► verify              every promise checked again
//!                                              ├─► gc                  what was never committed, removed
//!                                              ├─► why                 one record's whole story
//!                                              └─► sample              random records to read
//! ```

mod archives;
mod files;
pub mod gc;
mod open;
pub mod sample;
mod tables;
pub mod verify;
pub mod why;

pub use open::DataSet;

/// Place of a document in the shuffle, from the data set's seed and its tweet id.
pub type ShuffleKey = fn(seed: u64, tweet_id: i64) -> u64;
