//! `detokenize(ids, tokenizer)`: the text that ids stand for.

use std::sync::Arc;

use arrow::array::{Array, AsArray, StringBuilder};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{Result, exec_err, utils::take_function_args};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::error::TokenizerError;
use super::tokenizers::Tokenizers;
use crate::args::{Kind, coerce, literal_text, planned_text};
use crate::known::Same;
use crate::stretches::external;

/// The function: what `tokenize` gives, back as text.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Detokenize {
    signature: Signature,
    tokenizers: Same<Tokenizers>,
}

impl Detokenize {
    pub(crate) fn new(tokenizers: &Arc<Tokenizers>) -> Self {
        let signature = Signature::user_defined(Volatility::Immutable);
        Self { signature, tokenizers: Same::of(tokenizers) }
    }
}

impl ScalarUDFImpl for Detokenize {
    fn name(&self) -> &'static str {
        "detokenize"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &[Kind::IdList, Kind::Text], 2, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    /// Refuses an unknown tokenizer when the query is planned rather than at its first row.
    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let name = planned_text(self.name(), "tokenizer", &args, 1)?;
        self.tokenizers.get(name).map_err(external)?;
        let nullable = args.arg_fields.first().is_none_or(|ids| ids.is_nullable());
        Ok(Arc::new(Field::new(self.name(), DataType::Utf8, nullable)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [lists, tokenizer] = take_function_args(self.name(), &args.args)?;
        let tokenizer = literal_text(self.name(), "tokenizer", tokenizer)?;
        let tokenizer = self.tokenizers.get(tokenizer).map_err(external)?;
        let lists = lists.to_array(args.number_rows)?;
        let lists = lists.as_list::<i32>();
        let values = lists.values().as_primitive::<Int64Type>();
        let mut texts = StringBuilder::with_capacity(lists.len(), values.len() * 4);
        let mut ids = Vec::new();
        for (row, [start, end]) in lists.offsets().array_windows().enumerate() {
            if lists.is_null(row) {
                texts.append_null();
                continue;
            }
            ids.clear();
            for at in *start as usize..*end as usize {
                if values.is_null(at) {
                    return exec_err!("a list of ids of {} has a null in it", self.name());
                }
                let id = values.value(at);
                ids.push(u32::try_from(id).map_err(|_| {
                    external(TokenizerError::NoSuchId {
                        name: tokenizer.name().to_owned(),
                        id,
                        vocab_size: tokenizer.vocab_size(),
                    })
                })?);
            }
            texts.append_value(tokenizer.decode(&ids).map_err(external)?);
        }
        Ok(ColumnarValue::Array(Arc::new(texts.finish())))
    }
}
