//! Functions of two texts: how alike they are.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::Float64Array;
use arrow::datatypes::DataType;
use datafusion::common::{Result, utils::take_function_args};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::args::{Kind, Texts, coerce};

/// What compares two texts, and keeps its memory between rows.
pub(crate) trait Compare: Default + Debug + Send + Sync + 'static {
    /// Name of the function.
    const NAME: &'static str;

    /// How alike `left` and `right` are.
    fn compare(&mut self, left: &str, right: &str) -> f64;
}

/// A function from two texts to a number; null where either is.
#[derive(Debug)]
pub(crate) struct OfTwoTexts<C> {
    signature: Signature,
    compare: std::marker::PhantomData<C>,
}

impl<C: Compare> OfTwoTexts<C> {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), compare: std::marker::PhantomData }
    }
}

// A type stands for one function.
impl<C> PartialEq for OfTwoTexts<C> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<C> Eq for OfTwoTexts<C> {}

impl<C: Compare> Hash for OfTwoTexts<C> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        C::NAME.hash(state);
    }
}

impl<C: Compare> ScalarUDFImpl for OfTwoTexts<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &[Kind::Text, Kind::Text], 2, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [left, right] = take_function_args(self.name(), &args.args)?;
        let (left, right) = (left.to_array(args.number_rows)?, right.to_array(args.number_rows)?);
        let (left, right) = (Texts::of(self.name(), &left)?, Texts::of(self.name(), &right)?);
        let mut compare = C::default();
        let rows = left.iter().zip(right.iter());
        let column = rows.map(|(left, right)| Some(compare.compare(left?, right?)));
        Ok(ColumnarValue::Array(Arc::new(column.collect::<Float64Array>())))
    }
}
