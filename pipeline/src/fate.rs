//! What became of a record: the names published in fates, and which one goes before which.

use crate::schema::RecordKind;

/// A line that could not be read; the reason follows.
pub const REJECTED: &str = "rejected:";
/// A stream message that is no tweet.
pub const EVENT: &str = "event";
/// Outside the sample that a trial run reads.
pub const UNSAMPLED: &str = "unsampled";
/// Deleted by its author, or a retweet of what was.
pub const DELETED: &str = "deleted";
/// Withheld by the platform, anywhere.
pub const WITHHELD: &str = "withheld";
/// A retweet; its original is a record of its own.
pub const RETWEET: &str = "retweet";
/// Another record of the same id was kept in the running.
pub const DUPLICATE_ID: &str = "duplicate_id";
/// Failed a filter of the run file; its name follows.
pub const FILTERED: &str = "filtered:";
/// Behind [`FILTERED`]: contains an item of an evaluation set, whose name follows. No filter has such a name.
pub const CONTAMINATED: &str = "contaminated:";
/// An earlier tweet has the same canonical text.
pub const DUPLICATE_EXACT: &str = "duplicate_exact";
/// An earlier tweet has nearly the same canonical text.
pub const DUPLICATE_NEAR: &str = "duplicate_near";
/// An earlier document has a vector that points nearly the same way.
pub const DUPLICATE_SEMANTIC: &str = "duplicate_semantic";
/// One too many of its author.
pub const CAPPED: &str = "capped";
/// Became a document.
pub const KEPT: &str = "kept";

/// All fates in the order in which they are decided; behind those that end in `:` stands a name.
pub const PRECEDENCE: [&str; 13] = [
    REJECTED,
    EVENT,
    UNSAMPLED,
    DELETED,
    WITHHELD,
    RETWEET,
    DUPLICATE_ID,
    FILTERED,
    DUPLICATE_EXACT,
    DUPLICATE_NEAR,
    DUPLICATE_SEMANTIC,
    CAPPED,
    KEPT,
];

/// Place of `fate` in [`PRECEDENCE`]; unknown ones come last.
pub fn rank(fate: &str) -> usize {
    PRECEDENCE
        .iter()
        .position(|&known| if known.ends_with(':') { fate.starts_with(known) } else { fate == known })
        .unwrap_or(PRECEDENCE.len())
}

/// SQL for the fate of a record that is no tweet, with the columns `kind` and `reason`.
pub fn of_no_tweet_sql() -> String {
    let reject = RecordKind::Reject as u8;
    format!("CASE WHEN kind = {reject} THEN '{REJECTED}' || reason ELSE '{EVENT}' END")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_fates_rank_by_what_stands_before_their_name() {
        assert_eq!(rank("rejected:too_deep"), 0);
        assert!(rank("filtered:kept") < rank(DUPLICATE_EXACT) && rank(DUPLICATE_EXACT) < rank(KEPT));
        assert_eq!(rank("keptt"), PRECEDENCE.len());
    }
}
