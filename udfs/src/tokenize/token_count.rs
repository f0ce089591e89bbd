//! `token_count(text, tokenizer)`: how many ids a text has, `bos` and `eos` not counted.

use std::sync::Arc;

use arrow::array::Int32Array;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, exec_datafusion_err, utils::take_function_args};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::ROWS_PER_TASK;
use super::rows::for_each_row;
use super::tokenizers::Tokenizers;
use crate::args::{Kind, Texts, coerce, literal_text, planned_text};
use crate::known::Same;
use crate::stretches::{by_stretches, external};

/// The function; as long as the list that `tokenize` gives.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenCount {
    signature: Signature,
    tokenizers: Same<Tokenizers>,
}

impl TokenCount {
    pub(crate) fn new(tokenizers: &Arc<Tokenizers>) -> Self {
        let signature = Signature::user_defined(Volatility::Immutable);
        Self { signature, tokenizers: Same::of(tokenizers) }
    }
}

impl ScalarUDFImpl for TokenCount {
    fn name(&self) -> &'static str {
        "token_count"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &[Kind::Text, Kind::Text], 2, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int32)
    }

    /// Refuses an unknown tokenizer when the query is planned rather than at its first row.
    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let name = planned_text(self.name(), "tokenizer", &args, 1)?;
        self.tokenizers.get(name).map_err(external)?;
        let nullable = args.arg_fields.first().is_none_or(|text| text.is_nullable());
        Ok(Arc::new(Field::new(self.name(), DataType::Int32, nullable)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts, tokenizer] = take_function_args(self.name(), &args.args)?;
        let tokenizer = literal_text(self.name(), "tokenizer", tokenizer)?;
        let tokenizer = self.tokenizers.get(tokenizer).map_err(external)?;
        let texts = texts.to_array(args.number_rows)?;
        let texts = Texts::of(self.name(), &texts)?;
        let by_gpu = tokenizer.by_gpu(&texts);
        let stretches = by_stretches(
            texts.len(),
            ROWS_PER_TASK,
            || tokenizer.encoder(),
            |encoder, rows| {
                let mut counts = Vec::with_capacity(rows.len());
                for_each_row(encoder, &texts, by_gpu.as_ref(), rows, |ids| {
                    counts.push(ids.map(|ids| i32::try_from(ids.len())).transpose());
                })
                .map_err(external)?;
                counts
                    .into_iter()
                    .collect::<Result<Vec<Option<i32>>, _>>()
                    .map_err(|_| exec_datafusion_err!("a text has more tokens than an int32 counts"))
            },
        )?;
        Ok(ColumnarValue::Array(Arc::new(stretches.into_iter().flatten().collect::<Int32Array>())))
    }
}
