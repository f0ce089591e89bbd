//! `canonical_text(text)`: what two tweets must share to count as the same text.

use std::sync::Arc;

use arrow::array::StringBuilder;
use arrow::datatypes::DataType;
use datafusion::common::{Result, utils::take_function_args};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::canonical_form::Canonicalizer;
use crate::args::{Kind, Texts, coerce};

/// The function; [`Canonicalizer`] holds the rule.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct CanonicalText {
    signature: Signature,
}

impl CanonicalText {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for CanonicalText {
    fn name(&self) -> &'static str {
        "canonical_text"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &[Kind::Text], 1, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts] = take_function_args(self.name(), &args.args)?;
        let texts = texts.to_array(args.number_rows)?;
        let texts = Texts::of(self.name(), &texts)?;
        let mut canonicalizer = Canonicalizer::new();
        let mut canonical = StringBuilder::with_capacity(texts.len(), texts.len() * 64);
        for text in texts.iter() {
            canonical.append_option(text.map(|text| canonicalizer.canonicalize(text)));
        }
        Ok(ColumnarValue::Array(Arc::new(canonical.finish())))
    }
}
