//! `tweets_per_day(author_tweets, created_at, author_created_at)`: how much the account had written a day.

use std::sync::Arc;

use arrow::array::{AsArray, Float64Array};
use arrow::datatypes::{DataType, Int64Type, TimestampMillisecondType};
use datafusion::common::{Result, utils::take_function_args};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::DAY;
use crate::args::{Kind, coerce};

/// The function: an account younger than a day counts as a day old, so that its first tweets are no flood; null
/// where the tweet is older than its account, for one of the times is then wrong.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TweetsPerDay {
    signature: Signature,
}

impl TweetsPerDay {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for TweetsPerDay {
    fn name(&self) -> &'static str {
        "tweets_per_day"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &[Kind::Id, Kind::Time, Kind::Time], 3, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [tweets, written, opened] = take_function_args(self.name(), &args.args)?;
        let tweets = tweets.to_array(args.number_rows)?;
        let (written, opened) = (written.to_array(args.number_rows)?, opened.to_array(args.number_rows)?);
        let written = written.as_primitive::<TimestampMillisecondType>();
        let opened = opened.as_primitive::<TimestampMillisecondType>();
        let rates = tweets.as_primitive::<Int64Type>().iter().zip(written.iter().zip(opened));
        let rates = rates.map(|(tweets, (written, opened))| rate(tweets?, written?.saturating_sub(opened?)));
        Ok(ColumnarValue::Array(Arc::new(rates.collect::<Float64Array>())))
    }
}

/// `tweets` a day over `age` milliseconds.
fn rate(tweets: i64, age: i64) -> Option<f64> {
    (age >= 0).then(|| tweets as f64 * DAY as f64 / age.max(DAY) as f64)
}
