//! `minhash_bands(text, preset)`: keys of which near-duplicates share one.

use std::sync::Arc;

use arrow::array::{ListBuilder, UInt64Builder};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, exec_datafusion_err, utils::take_function_args};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::near::{Keys, Preset};
use crate::args::{Kind, Texts, coerce, literal_text};
use crate::text::Canonicalizer;

/// The function; [`Keys`] makes them.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct MinhashBands {
    signature: Signature,
}

impl MinhashBands {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

/// Readers of other languages expect the inner field of a list to be called `item`.
fn item() -> FieldRef {
    Arc::new(Field::new("item", DataType::UInt64, true))
}

impl ScalarUDFImpl for MinhashBands {
    fn name(&self) -> &'static str {
        "minhash_bands"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &[Kind::Text, Kind::Text], 2, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(item()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts, preset] = take_function_args(self.name(), &args.args)?;
        let name = literal_text(self.name(), "preset", preset)?;
        let preset = Preset::named(name).ok_or_else(|| {
            exec_datafusion_err!(
                "no preset is called `{name}`\n  hint: there are {}",
                Preset::NAMES.join(", ")
            )
        })?;
        let texts = texts.to_array(args.number_rows)?;
        let texts = Texts::of(self.name(), &texts)?;
        let (mut canonicalizer, mut maker) = (Canonicalizer::new(), Keys::new(&preset));
        let mut keys = Vec::new();
        let mut lists = ListBuilder::new(UInt64Builder::new()).with_field(item());
        for text in texts.iter() {
            if let Some(text) = text {
                keys.clear();
                maker.of_text(canonicalizer.canonicalize(text), &mut keys);
                lists.values().append_slice(&keys);
            }
            lists.append(text.is_some());
        }
        Ok(ColumnarValue::Array(Arc::new(lists.finish())))
    }
}
