//! `account_age_days(created_at, author_created_at)`: how old the account was when it wrote the tweet.

use std::sync::Arc;

use arrow::array::{AsArray, Int64Array};
use arrow::datatypes::{DataType, TimestampMillisecondType};
use datafusion::common::{Result, utils::take_function_args};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::DAY;
use crate::args::{Kind, coerce};

/// The function: whole days, rounded down, so below zero where the tweet is older than its account.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct AccountAgeDays {
    signature: Signature,
}

impl AccountAgeDays {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for AccountAgeDays {
    fn name(&self) -> &'static str {
        "account_age_days"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &[Kind::Time, Kind::Time], 2, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [written, opened] = take_function_args(self.name(), &args.args)?;
        let (written, opened) = (written.to_array(args.number_rows)?, opened.to_array(args.number_rows)?);
        let written = written.as_primitive::<TimestampMillisecondType>();
        let opened = opened.as_primitive::<TimestampMillisecondType>();
        let days = written
            .iter()
            .zip(opened)
            .map(|(written, opened)| Some(written?.saturating_sub(opened?).div_euclid(DAY)));
        Ok(ColumnarValue::Array(Arc::new(days.collect::<Int64Array>())))
    }
}
