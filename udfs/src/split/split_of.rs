//! `split_of(author_id, author_name, tweet_id, seed, validation_threshold, test_threshold)`: the split a
//! document belongs to, the same for everything one author wrote.

use std::sync::Arc;

use arrow::array::{AsArray, StringBuilder};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, plan_err, utils::take_function_args};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use tweetmill_kernels::hash::{split_key, split_key_handle, split_key_tweet};

use crate::args::{Kind, Texts, coerce, literal_unsigned};

const KINDS: [Kind; 6] = [Kind::Id, Kind::Text, Kind::Id, Kind::Unsigned, Kind::Unsigned, Kind::Unsigned];

/// Which keys belong to which split.
///
/// ```text
///   0 ──────── validation_threshold ──────── test_threshold ──────── 2^64
///     validation                    test                    train
/// ```
///
/// For shares v and t of the authors, the thresholds are v·2^64 and (v + t)·2^64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Splits {
    seed: u64,
    validation_threshold: u64,
    test_threshold: u64,
}

impl Splits {
    /// Refuses a `test_threshold` below `validation_threshold`: thresholds add up, they aren't shares.
    pub fn new(seed: u64, validation_threshold: u64, test_threshold: u64) -> Result<Self> {
        if test_threshold < validation_threshold {
            return plan_err!(
                "the test threshold {test_threshold} is below the validation threshold {validation_threshold}\n  \
                 hint: the test threshold is where the test split ends: both shares together, times 2^64"
            );
        }
        Ok(Self { seed, validation_threshold, test_threshold })
    }

    /// The key that decides: of the author's id, else of the lower-cased handle (an empty one counts as
    /// none), else of the tweet's own id; `None` without all three.
    pub fn key(
        &self,
        author_id: Option<i64>,
        author_name: Option<&str>,
        tweet_id: Option<i64>,
    ) -> Option<u64> {
        match (author_id, author_name) {
            (Some(id), _) => Some(split_key(self.seed, id)),
            (None, Some(handle)) if !handle.is_empty() => Some(split_key_handle(self.seed, handle)),
            _ => tweet_id.map(|id| split_key_tweet(self.seed, id)),
        }
    }

    /// The split of a key: `train`, `validation` or `test`.
    pub fn of_key(&self, key: u64) -> &'static str {
        if key < self.validation_threshold {
            "validation"
        } else if key < self.test_threshold {
            "test"
        } else {
            "train"
        }
    }
}

/// The function; [`Splits`] holds the rule.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct SplitOf {
    signature: Signature,
}

impl SplitOf {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for SplitOf {
    fn name(&self) -> &'static str {
        "split_of"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &KINDS, KINDS.len(), given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [author_ids, author_names, tweet_ids, seed, validation, test] =
            take_function_args(self.name(), &args.args)?;
        let splits = Splits::new(
            literal_unsigned(self.name(), "seed", seed)?,
            literal_unsigned(self.name(), "validation_threshold", validation)?,
            literal_unsigned(self.name(), "test_threshold", test)?,
        )?;
        let author_ids = author_ids.to_array(args.number_rows)?;
        let author_ids = author_ids.as_primitive::<Int64Type>();
        let author_names = author_names.to_array(args.number_rows)?;
        let author_names = Texts::of(self.name(), &author_names)?;
        let tweet_ids = tweet_ids.to_array(args.number_rows)?;
        let tweet_ids = tweet_ids.as_primitive::<Int64Type>();

        let mut names = StringBuilder::with_capacity(author_ids.len(), author_ids.len() * "train".len());
        for ((author_id, author_name), tweet_id) in author_ids.iter().zip(author_names.iter()).zip(tweet_ids)
        {
            let key = splits.key(author_id, author_name, tweet_id);
            names.append_option(key.map(|key| splits.of_key(key)));
        }
        Ok(ColumnarValue::Array(Arc::new(names.finish())))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_best_known_name_of_the_author_decides() {
        let splits = Splits::new(7, 0, 0).unwrap();
        let by_id = splits.key(Some(12), None, None);
        assert_eq!(by_id, Some(split_key(7, 12)));
        assert_eq!(splits.key(Some(12), Some("jack"), Some(20)), by_id);
        assert_eq!(splits.key(None, Some("Jack"), Some(20)), splits.key(None, Some("jack"), Some(21)));
        assert_eq!(splits.key(None, Some(""), Some(20)), Some(split_key_tweet(7, 20)));
        assert_eq!(splits.key(None, None, None), None);
    }

    #[test]
    fn thresholds_cut_the_keys_in_order() {
        let splits = Splits::new(7, 10, 30).unwrap();
        let of = [0, 9, 10, 29, 30, u64::MAX].map(|key| splits.of_key(key));
        assert_eq!(of, ["validation", "validation", "test", "test", "train", "train"]);
    }

    #[test]
    fn shares_given_as_thresholds_are_refused() {
        let error = Splits::new(7, 30, 10).unwrap_err().strip_backtrace();
        assert!(error.contains("hint: the test threshold is where the test split ends"), "{error}");
    }

    /// 200,000 authors, half a per cent each: 1,000 expected, with a standard deviation of 32.
    #[test]
    fn shares_are_about_those_asked_for() {
        let share = u64::MAX / 200;
        let splits = Splits::new(7, share, 2 * share).unwrap();
        let mut counts = std::collections::BTreeMap::new();
        for author in 0..200_000 {
            let split = splits.of_key(splits.key(Some(author), None, None).unwrap());
            *counts.entry(split).or_insert(0) += 1;
        }
        assert!((850..1150).contains(&counts["validation"]), "{counts:?}");
        assert!((850..1150).contains(&counts["test"]), "{counts:?}");
    }
}
