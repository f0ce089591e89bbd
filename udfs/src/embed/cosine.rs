//! `cosine(a, b)`: how alike two vectors are.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Field, Float32Type};
use datafusion::common::{Result, exec_err, plan_err, utils::take_function_args};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cosine {
    signature: Signature,
}

impl Cosine {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Cosine {
    fn name(&self) -> &'static str {
        "cosine"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Lists of numbers of any width, as lists of float32.
    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let [_, _] = take_function_args(self.name(), given)?;
        let of_floats = |item: &Field| {
            let floats = item.data_type().is_numeric() || item.data_type().is_null();
            floats.then(|| Arc::new(item.clone().with_data_type(DataType::Float32)))
        };
        let wanted = given.iter().enumerate().map(|(at, given)| {
            let list = match given {
                DataType::FixedSizeList(item, size) => {
                    of_floats(item).map(|item| DataType::FixedSizeList(item, *size))
                }
                DataType::List(item) => of_floats(item).map(DataType::List),
                DataType::Null => Some(DataType::new_list(DataType::Float32, true)),
                _ => None,
            };
            match list {
                Some(list) => Ok(list),
                None => {
                    plan_err!("argument {} of {} must be a list of numbers, not {given}", at + 1, self.name())
                }
            }
        });
        wanted.collect()
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [left, right] = take_function_args(self.name(), &args.args)?;
        let (left, right) = (left.to_array(args.number_rows)?, right.to_array(args.number_rows)?);
        let mut cosines = Vec::with_capacity(args.number_rows);
        for row in 0..args.number_rows {
            let (Some(left), Some(right)) = (vector(&left, row), vector(&right, row)) else {
                cosines.push(None);
                continue;
            };
            let (left, right) = (left.as_primitive::<Float32Type>(), right.as_primitive::<Float32Type>());
            if left.len() != right.len() {
                return exec_err!("cosine of vectors of {} and {} numbers", left.len(), right.len());
            }
            if left.null_count() + right.null_count() > 0 {
                return exec_err!("cosine of a vector with a number that is null");
            }
            cosines.push(Some(tweetmill_kernels::encoder::cosine(left.values(), right.values())));
        }
        Ok(ColumnarValue::Array(Arc::new(Float64Array::from(cosines))))
    }
}

/// The list of a row; None where it is null.
fn vector(column: &ArrayRef, row: usize) -> Option<ArrayRef> {
    match column.data_type() {
        _ if column.is_null(row) => None,
        DataType::List(_) => Some(column.as_list::<i32>().value(row)),
        _ => Some(column.as_fixed_size_list().value(row)),
    }
}
