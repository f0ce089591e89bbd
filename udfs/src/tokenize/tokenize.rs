//! `tokenize(text, tokenizer [, bos [, eos]])`: token ids, as training reads them.

use std::sync::Arc;

use arrow::array::{Int32Array, ListArray, NullBufferBuilder};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::ROWS_PER_TASK;
use super::error::TokenizerError;
use super::rows::for_each_row;
use super::tokenizer::Tokenizer;
use super::tokenizers::Tokenizers;
use crate::args::{Kind, Texts, coerce, literal_boolean, literal_text, planned_text};
use crate::known::Same;
use crate::stretches::{by_stretches, external};

const KINDS: [Kind; 4] = [Kind::Text, Kind::Text, Kind::Boolean, Kind::Boolean];

/// The function; [`Tokenizer`] says which ids.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tokenize {
    signature: Signature,
    tokenizers: Same<Tokenizers>,
}

impl Tokenize {
    pub(crate) fn new(tokenizers: &Arc<Tokenizers>) -> Self {
        let signature = Signature::user_defined(Volatility::Immutable);
        Self { signature, tokenizers: Same::of(tokenizers) }
    }
}

impl ScalarUDFImpl for Tokenize {
    fn name(&self) -> &'static str {
        "tokenize"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &KINDS, 2, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(item()))
    }

    /// Refuses an unknown tokenizer when the query is planned rather than at its first row.
    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let name = planned_text(self.name(), "tokenizer", &args, 1)?;
        self.tokenizers.get(name).map_err(external)?;
        let nullable = args.arg_fields.first().is_none_or(|text| text.is_nullable());
        Ok(Arc::new(Field::new(self.name(), DataType::List(item()), nullable)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (Some(texts), Some(tokenizer)) = (args.args.first(), args.args.get(1)) else {
            return exec_err!("{} takes 2 to 4 arguments", self.name());
        };
        let tokenizer = literal_text(self.name(), "tokenizer", tokenizer)?;
        let tokenizer = self.tokenizers.get(tokenizer).map_err(external)?;
        let marks = Marks {
            bos: mark(&tokenizer, "bos", args.args.get(2), tokenizer.bos())?,
            eos: mark(&tokenizer, "eos", args.args.get(3), tokenizer.eos())?,
        };
        let texts = texts.to_array(args.number_rows)?;
        let texts = Texts::of(self.name(), &texts)?;
        let by_gpu = tokenizer.by_gpu(&texts);
        let stretches = by_stretches(
            texts.len(),
            ROWS_PER_TASK,
            || tokenizer.encoder(),
            |encoder, rows| {
                let mut stretch = Stretch::default();
                for_each_row(encoder, &texts, by_gpu.as_ref(), rows, |ids| stretch.push(ids, marks))
                    .map_err(external)?;
                Ok(stretch)
            },
        )?;
        Ok(ColumnarValue::Array(Arc::new(joined(texts.len(), &stretches)?)))
    }
}

/// Readers of other languages expect the inner field of a list to be called `item`.
fn item() -> FieldRef {
    Arc::new(Field::new("item", DataType::Int32, true))
}

/// Ids put around every text.
#[derive(Debug, Clone, Copy)]
struct Marks {
    bos: Option<i32>,
    eos: Option<i32>,
}

/// The id to add, where the argument asks for it.
fn mark(
    tokenizer: &Tokenizer,
    role: &'static str,
    asked: Option<&ColumnarValue>,
    id: Option<i32>,
) -> Result<Option<i32>> {
    let Some(asked) = asked else { return Ok(None) };
    if !literal_boolean("tokenize", role, asked)? {
        return Ok(None);
    }
    id.map(Some).ok_or_else(|| {
        external(TokenizerError::NoSuchToken {
            name: tokenizer.name().to_owned(),
            role,
            hint: format!(
                "ask for no {role}, or use a tokenizer.json whose post_processor or role_to_token names one"
            ),
        })
    })
}

/// The lists of some rows in a row.
#[derive(Debug, Default)]
struct Stretch {
    ids: Vec<i32>,
    /// Number of ids of each row; `None` where the text is null.
    lengths: Vec<Option<usize>>,
}

impl Stretch {
    fn push(&mut self, ids: Option<&[u32]>, marks: Marks) {
        let Some(ids) = ids else {
            self.lengths.push(None);
            return;
        };
        let before = self.ids.len();
        self.ids.extend(marks.bos);
        self.ids.extend(ids.iter().map(|id| *id as i32));
        self.ids.extend(marks.eos);
        self.lengths.push(Some(self.ids.len() - before));
    }
}

/// One array of the stretches in order.
fn joined(rows: usize, stretches: &[Stretch]) -> Result<ListArray> {
    let total: usize = stretches.iter().map(|stretch| stretch.ids.len()).sum();
    if i32::try_from(total).is_err() {
        return exec_err!(
            "{total} tokens in one batch are more than a list column holds\n  hint: use smaller batches"
        );
    }
    let mut ids = Vec::with_capacity(total);
    let mut offsets = Vec::with_capacity(rows + 1);
    let mut nulls = NullBufferBuilder::new(rows);
    let mut end = 0;
    offsets.push(0);
    for stretch in stretches {
        ids.extend_from_slice(&stretch.ids);
        for length in &stretch.lengths {
            end += length.unwrap_or(0) as i32;
            offsets.push(end);
            nulls.append(length.is_some());
        }
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let ids = Int32Array::from(ids);
    debug_assert_eq!(ids.len(), total);
    Ok(ListArray::try_new(item(), offsets, Arc::new(ids), nulls.finish())?)
}
