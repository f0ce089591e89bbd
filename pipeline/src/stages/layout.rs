//! Which bucket of a boundary a record lies in.
//!
//! ```text
//!  bucket   0        1        2       3         4           5     6 .. 6 + 2^bits
//!           reports  rejects  events  retweets  validation  test  train, by range of the shuffle key
//! ```
//!
//! A shard is a range of the shuffle key of one split, so writing it reads only the buckets that
//! overlap the range. The layout never shows in what is written: any number of bits gives the same shards.

use crate::schema::{RecordKind, Split};

/// Closing reports of members and units.
pub const REPORTS: i32 = 0;
/// Lines that could not be read.
pub const REJECTS: i32 = 1;
/// Stream messages that are no tweets.
pub const EVENTS: i32 = 2;
/// Retweets; their originals are records of their own.
pub const RETWEETS: i32 = 3;

const VALIDATION: i32 = 4;
const TEST: i32 = 5;
const TRAIN: i32 = 6;

/// Stored bytes of input behind one bucket, about: it makes a bucket of some tens of MB.
const INPUT_BYTES_A_BUCKET: u64 = 32 << 20;
const MAX_BITS: u32 = 8;

/// How many buckets the train split has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    bits: u32,
}

impl Layout {
    /// A layout for inputs of `stored_bytes`.
    pub fn for_input(stored_bytes: u64) -> Self {
        let buckets = stored_bytes.div_ceil(INPUT_BYTES_A_BUCKET).max(2).next_power_of_two();
        Self { bits: buckets.trailing_zeros().min(MAX_BITS) }
    }

    /// SQL for the bucket of a record with the columns `kind`, `split` and `shuffle`.
    pub fn bucket_sql(self) -> String {
        let shift = 64 - self.bits;
        format!(
            "CASE WHEN kind >= {member} THEN {REPORTS} \
                  WHEN kind = {reject} THEN {REJECTS} \
                  WHEN kind = {event} THEN {EVENTS} \
                  WHEN kind = {retweet} THEN {RETWEETS} \
                  WHEN split = 'validation' THEN {VALIDATION} \
                  WHEN split = 'test' THEN {TEST} \
                  ELSE {TRAIN} + CAST(shuffle >> CAST({shift} AS BIGINT UNSIGNED) AS INT) END",
            member = RecordKind::Member as u8,
            reject = RecordKind::Reject as u8,
            event = RecordKind::Event as u8,
            retweet = RecordKind::Retweet as u8,
        )
    }

    /// Whether `bucket` may hold documents of `split` with shuffle keys `first..=last`.
    pub fn overlaps(self, bucket: i32, split: Split, first: u64, last: u64) -> bool {
        match split {
            Split::Validation => bucket == VALIDATION,
            Split::Test => bucket == TEST,
            Split::Train => {
                let shift = 64 - self.bits;
                let range = TRAIN + (first >> shift) as i32..=TRAIN + (last >> shift) as i32;
                range.contains(&bucket)
            }
        }
    }
}

/// Whether a bucket holds records that can become documents.
pub fn holds_tweets(bucket: i32) -> bool {
    bucket >= VALIDATION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_train_range_reads_only_the_buckets_it_overlaps() {
        let layout = Layout::for_input(4 * INPUT_BYTES_A_BUCKET);
        let quarter = u64::MAX / 4;
        let hit: Vec<i32> =
            (0..20).filter(|bucket| layout.overlaps(*bucket, Split::Train, 0, quarter)).collect();
        assert_eq!(hit, [TRAIN]);
        let all: Vec<i32> =
            (0..20).filter(|bucket| layout.overlaps(*bucket, Split::Train, 0, u64::MAX)).collect();
        assert_eq!(all, [TRAIN, TRAIN + 1, TRAIN + 2, TRAIN + 3]);
    }

    #[test]
    fn every_input_size_has_a_layout() {
        for bytes in [0, 1, INPUT_BYTES_A_BUCKET, u64::MAX] {
            let bits = Layout::for_input(bytes).bits;
            assert!((1..=MAX_BITS).contains(&bits), "{bytes} bytes gave {bits} bits");
        }
    }
}
