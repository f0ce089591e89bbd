//! Functions of one text: what most functions of this crate are.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, ListBuilder, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, utils::take_function_args};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::args::{Kind, Texts, coerce};

/// What a function may answer for a text.
pub(crate) trait Answer: Debug + Send + Sync + Sized + 'static {
    /// Its column's type.
    fn data_type() -> DataType;

    /// A column of it.
    fn column(answers: impl Iterator<Item = Option<Self>>) -> ArrayRef;
}

impl Answer for i32 {
    fn data_type() -> DataType {
        DataType::Int32
    }

    fn column(answers: impl Iterator<Item = Option<Self>>) -> ArrayRef {
        Arc::new(answers.collect::<Int32Array>())
    }
}

impl Answer for f64 {
    fn data_type() -> DataType {
        DataType::Float64
    }

    fn column(answers: impl Iterator<Item = Option<Self>>) -> ArrayRef {
        Arc::new(answers.collect::<Float64Array>())
    }
}

impl Answer for &'static str {
    fn data_type() -> DataType {
        DataType::Utf8
    }

    fn column(answers: impl Iterator<Item = Option<Self>>) -> ArrayRef {
        Arc::new(answers.collect::<StringArray>())
    }
}

/// A function from a text to one value; null for a null text.
#[derive(Debug)]
pub(crate) struct OfText<T> {
    name: &'static str,
    signature: Signature,
    of: fn(&str) -> T,
}

impl<T> OfText<T> {
    pub(crate) fn new(name: &'static str, of: fn(&str) -> T) -> Self {
        Self { name, signature: Signature::user_defined(Volatility::Immutable), of }
    }
}

// A name stands for one function.
impl<T> PartialEq for OfText<T> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl<T> Eq for OfText<T> {}

impl<T> Hash for OfText<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl<T: Answer> ScalarUDFImpl for OfText<T> {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name, &[Kind::Text], 1, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(T::data_type())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts] = take_function_args(self.name, &args.args)?;
        let texts = texts.to_array(args.number_rows)?;
        let texts = Texts::of(self.name, &texts)?;
        Ok(ColumnarValue::Array(T::column(texts.iter().map(|text| text.map(self.of)))))
    }
}

/// A function from a text to parts of it, in order; null for a null text.
#[derive(Debug)]
pub(crate) struct PartsOfText {
    name: &'static str,
    signature: Signature,
    find: fn(&str, &mut StringBuilder),
}

impl PartsOfText {
    /// `find` appends the parts of a text.
    pub(crate) fn new(name: &'static str, find: fn(&str, &mut StringBuilder)) -> Self {
        Self { name, signature: Signature::user_defined(Volatility::Immutable), find }
    }
}

impl PartialEq for PartsOfText {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for PartsOfText {}

impl Hash for PartsOfText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for PartsOfText {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name, &[Kind::Text], 1, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(part()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts] = take_function_args(self.name, &args.args)?;
        let texts = texts.to_array(args.number_rows)?;
        let texts = Texts::of(self.name, &texts)?;
        let mut parts = ListBuilder::new(StringBuilder::new()).with_field(part());
        for text in texts.iter() {
            if let Some(text) = text {
                (self.find)(text, parts.values());
            }
            parts.append(text.is_some());
        }
        Ok(ColumnarValue::Array(Arc::new(parts.finish())))
    }
}

/// Readers of other languages expect the inner field of a list to be called `item`.
fn part() -> FieldRef {
    Arc::new(Field::new("item", DataType::Utf8, true))
}
