//! `minhash_signature(text)`: a sketch of the shingles of a text.

use std::sync::Arc;

use arrow::array::{ListBuilder, UInt32Builder};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, utils::take_function_args};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use tweetmill_kernels::near::{BandScheme, Bands};

use crate::args::{Kind, Texts, coerce};
use crate::text::Canonicalizer;

/// Code points of a shingle of an alphabet.
pub(super) const ALPHABETIC: u8 = 5;
/// Code points of a shingle of a script in which few say much.
pub(super) const DENSE: u8 = 2;
/// Minima of a signature.
const LANES: u16 = 128;

/// The function: the minima of 128 permutations over the shingles of the canonical text. None for a text without letters.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct MinhashSignature {
    signature: Signature,
}

impl MinhashSignature {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

/// Readers of other languages expect the inner field of a list to be called `item`.
fn item() -> FieldRef {
    Arc::new(Field::new("item", DataType::UInt32, true))
}

impl ScalarUDFImpl for MinhashSignature {
    fn name(&self) -> &'static str {
        "minhash_signature"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &[Kind::Text], 1, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(item()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts] = take_function_args(self.name(), &args.args)?;
        let texts = texts.to_array(args.number_rows)?;
        let texts = Texts::of(self.name(), &texts)?;
        let scheme = BandScheme { alphabetic: ALPHABETIC, dense: DENSE, bands: LANES, rows: 1 };
        let mut bands = Bands::new(scheme, 0);
        let (mut canonicalizer, mut points) = (Canonicalizer::new(), Vec::new());
        let mut lists = ListBuilder::new(UInt32Builder::new()).with_field(item());
        for text in texts.iter() {
            if let Some(text) = text {
                points.clear();
                points.extend(canonicalizer.canonicalize(text).chars().map(u32::from));
                lists.values().append_slice(bands.signature(&points));
            }
            lists.append(text.is_some());
        }
        Ok(ColumnarValue::Array(Arc::new(lists.finish())))
    }
}
