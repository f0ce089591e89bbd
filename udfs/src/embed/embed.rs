//! `embed(text, model [, form])`: the vector of a text.

use std::sync::Arc;

use arrow::array::NullBufferBuilder;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, exec_err, plan_datafusion_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::form::VectorForm;
use super::models::Models;
use crate::args::{Kind, Texts, coerce, literal_text, planned_text};
use crate::known::Same;
use crate::stretches::{by_stretches, external};

const KINDS: [Kind; 3] = [Kind::Text, Kind::Text, Kind::Text];

/// Rows that one task takes: a few of the groups that an encoder takes through its layers, some milliseconds a text.
const ROWS_PER_TASK: usize = 32;

/// The function; [`super::Model`] says which vectors.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Embed {
    signature: Signature,
    models: Same<Models>,
}

impl Embed {
    pub(crate) fn new(models: &Arc<Models>) -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), models: Same::of(models) }
    }
}

impl ScalarUDFImpl for Embed {
    fn name(&self) -> &'static str {
        "embed"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), &KINDS, 2, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        plan_err!("the type of {} depends on its model", self.name())
    }

    /// Refuses an unknown model or form when the query is planned rather than at its first row.
    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let model = self.models.get(planned_text(self.name(), "model", &args, 1)?).map_err(external)?;
        let form = match args.arg_fields.get(2) {
            None => VectorForm::Float32,
            Some(_) => form(planned_text(self.name(), "form", &args, 2)?)?,
        };
        let nullable = args.arg_fields.first().is_none_or(|text| text.is_nullable());
        Ok(Arc::new(Field::new(self.name(), form.data_type(model.dimensions()), nullable)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (Some(texts), Some(model)) = (args.args.first(), args.args.get(1)) else {
            return exec_err!("{} takes 2 or 3 arguments", self.name());
        };
        let model = self.models.get(literal_text(self.name(), "model", model)?).map_err(external)?;
        let form = match args.args.get(2) {
            None => VectorForm::Float32,
            Some(name) => form(literal_text(self.name(), "form", name)?)?,
        };
        let texts = texts.to_array(args.number_rows)?;
        let texts = Texts::of(self.name(), &texts)?;
        let dimensions = model.dimensions();
        let rows_per_task = if model.is_on_gpu() { texts.len().max(1) } else { ROWS_PER_TASK };
        let stretches = by_stretches(
            texts.len(),
            rows_per_task,
            || model.embedder(),
            |embedder, rows| {
                let present: Vec<&str> = rows.clone().filter_map(|row| texts.get(row)).collect();
                let mut vectors = Vec::with_capacity(rows.len() * dimensions);
                embedder.embed(&present, &mut vectors).map_err(external)?;
                Ok(vectors)
            },
        )?;
        // Null rows hold zeros, which nobody reads.
        let mut vectors = Vec::with_capacity(texts.len() * dimensions);
        let mut nulls = NullBufferBuilder::new(texts.len());
        let mut made = stretches.iter().flat_map(|stretch| stretch.chunks_exact(dimensions));
        for text in texts.iter() {
            match text.and_then(|_| made.next()) {
                Some(vector) => vectors.extend_from_slice(vector),
                None => vectors.resize(vectors.len() + dimensions, 0.0),
            }
            nulls.append(text.is_some());
        }
        Ok(ColumnarValue::Array(form.column(vectors, dimensions, nulls.finish())?))
    }
}

fn form(name: &str) -> Result<VectorForm> {
    VectorForm::of_name(name).ok_or_else(|| {
        let known = VectorForm::ALL.map(VectorForm::name).join(", ");
        plan_datafusion_err!("`form` of embed must be one of {known}, not `{name}`")
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, StringArray, StringViewArray};
    use arrow::datatypes::{Float16Type, Float32Type, Int8Type};
    use datafusion::common::ScalarValue;
    use datafusion::config::ConfigOptions;

    use super::super::SampleModel;
    use super::*;

    fn embed(texts: ArrayRef, form: Option<&str>) -> ArrayRef {
        let models = Arc::new(Models::default());
        models.load("tiny", &SampleModel::encoder(8).files()).unwrap();
        let function = Embed::new(&models);
        let model = ScalarValue::from("tiny");
        let form = form.map(ScalarValue::from);
        let mut arg_fields = vec![Arc::new(Field::new("text", texts.data_type().clone(), true))];
        arg_fields.extend(
            (0..=usize::from(form.is_some())).map(|_| Arc::new(Field::new("", DataType::Utf8, false))),
        );
        let mut scalars = vec![None, Some(&model)];
        scalars.extend(form.as_ref().map(Some));
        let planned = ReturnFieldArgs { arg_fields: &arg_fields, scalar_arguments: &scalars };
        let return_field = function.return_field_from_args(planned).unwrap();
        let number_rows = texts.len();
        let args = [Some(ColumnarValue::Array(texts)), Some(model.clone().into()), form.map(Into::into)];
        let args = ScalarFunctionArgs {
            args: args.into_iter().flatten().collect(),
            arg_fields,
            number_rows,
            return_field: Arc::clone(&return_field),
            config_options: Arc::new(ConfigOptions::default()),
        };
        let column = function.invoke_with_args(args).unwrap().into_array(number_rows).unwrap();
        assert_eq!(column.data_type(), return_field.data_type());
        column
    }

    const TEXTS: [Option<&str>; 4] = [Some("a b"), None, Some(""), Some("b")];

    #[test]
    fn every_layout_of_text_has_the_same_vectors() {
        let narrow = embed(Arc::new(StringArray::from(TEXTS.to_vec())), None);
        assert_eq!(&narrow, &embed(Arc::new(LargeStringArray::from(TEXTS.to_vec())), None));
        assert_eq!(&narrow, &embed(Arc::new(StringViewArray::from(TEXTS.to_vec())), None));
        assert_eq!((narrow.len(), narrow.null_count(), narrow.is_null(1)), (4, 1, true));
    }

    #[test]
    fn a_vector_does_not_depend_on_its_batch() {
        let many: Vec<String> = (0..100).map(|at| "a b ".repeat(at % 4)).collect();
        let batch = embed(Arc::new(StringArray::from(many.clone())), None);
        for (row, text) in many.iter().enumerate() {
            let alone = embed(Arc::new(StringArray::from(vec![text.as_str()])), None);
            assert_eq!(&batch.as_fixed_size_list().value(row), &alone.as_fixed_size_list().value(0), "{row}");
        }
    }

    #[test]
    fn forms_are_of_the_same_numbers() {
        let of = |form| embed(Arc::new(StringArray::from(vec!["a b"])), Some(form));
        let row = |column: &ArrayRef| column.as_fixed_size_list().value(0);
        let whole = row(&of("float32"));
        let whole = whole.as_primitive::<Float32Type>().values();
        let half = row(&of("float16"));
        let int8 = of("int8");
        let scale = int8.as_struct().column(0).as_primitive::<Float32Type>().value(0);
        let values = row(int8.as_struct().column(1));
        let binary = of("binary");
        let bits = binary.as_fixed_size_binary().value(0).to_vec();
        for (at, number) in whole.iter().enumerate() {
            let half = half.as_primitive::<Float16Type>().value(at).to_f32();
            assert!((half - number).abs() <= number.abs() / 1024.0);
            let value = f32::from(values.as_primitive::<Int8Type>().value(at)) * scale;
            assert!((value - number).abs() <= scale * 0.501);
            assert_eq!(bits[at / 8] >> (7 - at % 8) & 1 == 1, *number > 0.0);
        }
    }

    #[test]
    fn an_unknown_form_is_refused_when_planned() {
        let error = form("float8").unwrap_err().strip_backtrace();
        let expected = "Error during planning: `form` of embed must be one of float32, float16, int8, binary, not `float8`";
        assert_eq!(error, expected);
    }
}
