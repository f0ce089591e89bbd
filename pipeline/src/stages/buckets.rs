//! Which bucket of a boundary a record lies in.
//!
//! ```text
//!  bucket   0        1        2       3         4 ..         ..            ..
//!           reports  rejects  events  retweets  validation,  test,         train,
//!                                               each by range of the shuffle key
//! ```
//!
//! A shard is a range of the shuffle key of one split, so writing it reads only the buckets that
//! overlap the range. The layout never shows in what is written: any number of buckets gives the same shards.

use serde::{Deserialize, Serialize};

use crate::config;
use crate::engine::Engine;
use crate::schema::{RecordKind, Split};

/// Closing reports of members and units.
pub const REPORTS: i32 = 0;
/// Lines that could not be read.
pub const REJECTS: i32 = 1;
/// Stream messages that are no tweets.
pub const EVENTS: i32 = 2;
/// Retweets; their originals are records of their own.
pub const RETWEETS: i32 = 3;

/// First bucket of documents.
const DOCUMENTS: i32 = 4;

/// Stored bytes of input behind one bucket, about: it makes a bucket of some tens of MB.
const INPUT_BYTES_A_BUCKET: u64 = 32 << 20;

/// Encoded rows that the writer of a bucket should be able to collect before its row group ends. Less, and
/// files are more footer than rows, and encoders, some tens of KB for each column, take more memory than what they hold.
const BYTES_A_WRITER: u64 = 1 << 20;

/// Buckets of the train split that all partitions together may have open: each is a file and its encoders.
const OPEN_WRITERS: u64 = 4096;

/// Inputs past 32 GiB get larger buckets, not more: every shard also opens the files it reads.
const MAX_BITS: u32 = 10;

/// How many buckets each split has: a power of two, given by its exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketLayout {
    train: u32,
    validation: u32,
    test: u32,
}

impl BucketLayout {
    /// A layout for inputs of `stored_bytes`: as many buckets as they deserve and `engine` can hold open.
    ///
    /// Every partition that writes has a writer for each bucket it meets.
    pub fn new(stored_bytes: u64, split: &config::Split, engine: &Engine) -> Self {
        let partitions = engine.threads().get() as u64;
        let writers = (engine.writer_bytes() as u64 / BYTES_A_WRITER).min(engine.writer_files());
        Self::of(stored_bytes, split, writers.min(OPEN_WRITERS) / partitions)
    }

    /// At most `writers` buckets for the train split, but at least 2.
    fn of(stored_bytes: u64, split: &config::Split, writers: u64) -> Self {
        let wanted = bits_for(stored_bytes.div_ceil(INPUT_BYTES_A_BUCKET).max(2));
        let train = wanted.min(writers.max(2).ilog2()).min(MAX_BITS);
        // The other splits get the same rows a bucket.
        let share = |of: config::Fraction| {
            let buckets = (u128::from(of.numerator()) << train).div_ceil(u128::from(of.denominator()));
            bits_for(buckets as u64)
        };
        Self { train, validation: share(split.validation), test: share(split.test) }
    }

    /// SQL for the bucket of a record with the columns `kind`, `split` and `shuffle`.
    pub fn bucket_sql(self) -> String {
        format!(
            "CASE WHEN kind >= {member} THEN {REPORTS} \
                  WHEN kind = {reject} THEN {REJECTS} \
                  WHEN kind = {event} THEN {EVENTS} \
                  WHEN kind = {retweet} THEN {RETWEETS} \
                  WHEN split = 'validation' THEN {validation} \
                  WHEN split = 'test' THEN {test} \
                  ELSE {train} END",
            member = RecordKind::Member as u8,
            reject = RecordKind::Reject as u8,
            event = RecordKind::Event as u8,
            retweet = RecordKind::Retweet as u8,
            validation = self.place_sql(Split::Validation),
            test = self.place_sql(Split::Test),
            train = self.place_sql(Split::Train),
        )
    }

    /// Whether `bucket` may hold documents of `split` with shuffle keys `first..=last`.
    pub fn overlaps(self, bucket: i32, split: Split, first: u64, last: u64) -> bool {
        (self.place(split, first)..=self.place(split, last)).contains(&bucket)
    }

    fn place(self, split: Split, key: u64) -> i32 {
        let (base, bits) = self.buckets(split);
        // Of no bits there is one bucket, and a shift by all 64 is none that Rust would make.
        base + key.checked_shr(64 - bits).unwrap_or(0) as i32
    }

    fn place_sql(self, split: Split) -> String {
        match self.buckets(split) {
            (base, 0) => base.to_string(),
            (base, bits) => {
                format!("{base} + CAST(shuffle >> CAST({} AS BIGINT UNSIGNED) AS INT)", 64 - bits)
            }
        }
    }

    /// First bucket of a split, and the exponent of how many it has.
    fn buckets(self, split: Split) -> (i32, u32) {
        let test = DOCUMENTS + (1 << self.validation);
        match split {
            Split::Validation => (DOCUMENTS, self.validation),
            Split::Test => (test, self.test),
            Split::Train => (test + (1 << self.test), self.train),
        }
    }
}

/// The exponent of the least power of two that is at least `buckets`.
fn bits_for(buckets: u64) -> u32 {
    buckets.max(1).next_power_of_two().trailing_zeros()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use datafusion::prelude::SessionContext;

    const SPLITS: [Split; 3] = [Split::Train, Split::Validation, Split::Test];

    fn split(validation: &str, test: &str) -> config::Split {
        let (validation, test) = (validation.parse().unwrap(), test.parse().unwrap());
        config::Split { by: config::SplitBy::Author, validation, test, seed: 7 }
    }

    /// `(train, validation, test)` buckets.
    fn buckets(layout: BucketLayout) -> (u32, u32, u32) {
        (1 << layout.train, 1 << layout.validation, 1 << layout.test)
    }

    #[test]
    fn inputs_get_the_buckets_they_deserve_and_the_machine_can_hold() {
        const MIB: u64 = 1 << 20;
        const TIB: u64 = 1 << 40;
        for (bytes, validation, test, writers, expected) in [
            (0, "0.5%", "0.5%", 4096, (2, 1, 1)),
            (1, "0.5%", "0.5%", 4096, (2, 1, 1)),
            (128 * MIB, "0.5%", "0.5%", 4096, (4, 1, 1)),
            (129 * MIB, "0%", "25%", 4096, (8, 1, 2)),
            (TIB, "0.5%", "20%", 4096, (1024, 8, 256)),
            (TIB, "0.5%", "20%", 100, (64, 1, 16)),
            (TIB, "50%", "49%", 0, (2, 1, 1)),
            (u64::MAX, "0.000000000000000001", "99%", u64::MAX, (1024, 1, 1024)),
        ] {
            let layout = BucketLayout::of(bytes, &split(validation, test), writers);
            assert_eq!(buckets(layout), expected, "{bytes} bytes, {validation}, {test}, {writers} writers");
        }
    }

    #[test]
    fn a_range_reads_only_the_buckets_it_overlaps() {
        let layout = BucketLayout { train: 2, validation: 1, test: 0 };
        let quarter = u64::MAX / 4;
        for (split, first, last, expected) in [
            (Split::Train, 0, u64::MAX, vec![7, 8, 9, 10]),
            (Split::Train, 0, quarter, vec![7]),
            (Split::Train, quarter, quarter + 1, vec![7, 8]),
            (Split::Train, u64::MAX, u64::MAX, vec![10]),
            (Split::Validation, 0, u64::MAX, vec![4, 5]),
            (Split::Validation, 0, quarter, vec![4]),
            (Split::Validation, 3 * quarter, u64::MAX, vec![5]),
            (Split::Test, 0, u64::MAX, vec![6]),
            (Split::Test, quarter, quarter, vec![6]),
        ] {
            let hit: Vec<i32> =
                (0..20).filter(|bucket| layout.overlaps(*bucket, split, first, last)).collect();
            assert_eq!(hit, expected, "{split:?} {first} to {last}");
        }
    }

    #[tokio::test]
    async fn rows_lie_where_shards_look_for_them() {
        let keys = [0, 1, u64::MAX / 2, u64::MAX / 2 + 1, 3 << 61, u64::MAX];
        let session = SessionContext::new();
        for layout in [
            BucketLayout { train: 1, validation: 0, test: 0 },
            BucketLayout { train: 3, validation: 2, test: 1 },
            BucketLayout { train: 10, validation: 10, test: 10 },
        ] {
            for split in SPLITS {
                for key in keys {
                    let sql = format!(
                        "SELECT CAST({} AS BIGINT) FROM (SELECT 0 AS kind, '{}' AS split, \
                         CAST('{key}' AS BIGINT UNSIGNED) AS shuffle)",
                        layout.bucket_sql(),
                        split.name()
                    );
                    let rows = session.sql(&sql).await.unwrap().collect().await.unwrap();
                    let bucket = rows[0].column(0).as_ref();
                    let bucket = arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(bucket);
                    let bucket = bucket.value(0) as i32;
                    for other in SPLITS {
                        let found = layout.overlaps(bucket, other, key, key);
                        assert_eq!(
                            found,
                            other == split,
                            "{layout:?} {split:?} {key} looked for in {other:?}"
                        );
                    }
                }
            }
        }
    }
}
