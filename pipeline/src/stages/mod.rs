//! What happens to rows, stage by stage, in the order of [`mod@crate::run`].
//!
//! Each file is one stage: its options and one function from plan to plan. No stage removes a row;
//! a stage that decides a record's fate writes it into the column `fate`, and later stages leave
//! decided records alone. So every record ends with exactly one fate, by the precedence
//!
//! ```text
//! rejected:<reason> > event > unsampled > deleted > withheld > retweet > duplicate_id > filtered:<name>
//! > duplicate_exact > duplicate_near > duplicate_semantic > capped > kept
//! ```
//!
//! and the records that went in are the records that come out: [`fates::conserved`] checks it on every run.

pub mod boundary;
pub mod buckets;
pub mod by_id;
pub mod canonical;
pub mod caps;
pub mod clusters;
pub mod decided;
pub mod decontaminate;
pub mod dedup;
pub mod documents;
pub mod embed;
pub mod fates;
pub mod filter;
mod lookup;
pub mod normalize;
pub mod redact;
pub mod render;
pub mod retweets;
pub mod sample;
pub mod side_files;
pub mod tokenize;
pub mod withdrawn;
pub mod written;

#[cfg(test)]
mod tests;
