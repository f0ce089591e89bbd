//! The function of a column of texts: which item each contains.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Builder, Int64Builder, NullBufferBuilder, StringBuilder, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::utils::take_function_args;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};

use super::contaminants::Contaminants;
use crate::args::Texts;

/// A function from a text to the item of `contaminants` that it contains: a struct of the name of its set, `set`, its number,
/// `item`, and the share that is contained, `share`; null where there is none. `sets` are the names.
pub fn contamination(contaminants: &Arc<Contaminants>, sets: Vec<String>) -> ScalarUDF {
    let fields = fields();
    let (among, returned) = (Arc::clone(contaminants), DataType::Struct(fields.clone()));
    let find = move |arguments: &[ColumnarValue]| {
        let [texts] = take_function_args("contamination", arguments)?;
        let rows = if let ColumnarValue::Array(texts) = texts { texts.len() } else { 1 };
        let texts = texts.to_array(rows)?;
        let texts = Texts::of("contamination", &texts)?;
        let mut searcher = among.searcher();
        let (mut names, mut items, mut shares) =
            (StringBuilder::new(), Int64Builder::with_capacity(rows), Float32Builder::with_capacity(rows));
        let mut nulls = NullBufferBuilder::new(rows);
        for text in texts.iter() {
            let found = text.and_then(|text| searcher.find(text));
            names.append_option(found.and_then(|found| sets.get(found.item.set as usize)));
            items.append_option(found.map(|found| found.item.number));
            shares.append_option(found.map(|found| found.share));
            nulls.append(found.is_some());
        }
        let columns: Vec<ArrayRef> =
            vec![Arc::new(names.finish()), Arc::new(items.finish()), Arc::new(shares.finish())];
        let column = StructArray::try_new(fields.clone(), columns, nulls.finish())?;
        Ok(ColumnarValue::Array(Arc::new(column)))
    };
    create_udf("contamination", vec![DataType::Utf8], returned, Volatility::Immutable, Arc::new(find))
}

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("set", DataType::Utf8, true),
        Field::new("item", DataType::Int64, true),
        Field::new("share", DataType::Float32, true),
    ])
}
