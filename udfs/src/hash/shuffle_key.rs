//! `shuffle_key(tweet_id, seed)`: a document's place in the shuffle.

use std::sync::Arc;

use arrow::array::{Array, AsArray, UInt64Array};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, utils::take_function_args};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use tweetmill_kernels::hash::shuffle_keys;

use crate::args::{Kind, coerce, literal_unsigned};

/// The function; [`tweetmill_kernels::hash`] holds the rule.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ShuffleKey {
    signature: Signature,
}

impl ShuffleKey {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ShuffleKey {
    fn name(&self) -> &'static str {
        "shuffle_key"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &[Kind::Id, Kind::Unsigned], 2, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [tweet_ids, seed] = take_function_args(self.name(), &args.args)?;
        let seed = literal_unsigned(self.name(), "seed", seed)?;
        let tweet_ids = tweet_ids.to_array(args.number_rows)?;
        let tweet_ids = tweet_ids.as_primitive::<Int64Type>();
        let mut keys = Vec::with_capacity(tweet_ids.len());
        shuffle_keys(seed, tweet_ids.values(), &mut keys);
        // Under a null lies some id; its key is masked as the id was.
        Ok(ColumnarValue::Array(Arc::new(UInt64Array::new(keys.into(), tweet_ids.nulls().cloned()))))
    }
}
