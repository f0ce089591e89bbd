//! Parts of what a costly function answers.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use datafusion::common::exec_datafusion_err;
use datafusion::common::utils::take_function_args;
use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::{ColumnarValue, Expr, Volatility, create_udf};
use datafusion::prelude::col;

use crate::error::{Error, ErrorKind, Result};

/// The field `name` of `column` in `frame`, a struct. A null struct has null fields.
///
/// As `get_field` it would be: the engine moves that into the step which makes the struct, once for each field that is asked for, and the function
/// is called as often for each row. Seen where the struct is the answer of a `CASE`.
pub fn part(frame: &DataFrame, column: &str, name: &str) -> Result<Expr> {
    let whole = frame.schema().field_with_unqualified_name(column)?.data_type().clone();
    let DataType::Struct(fields) = &whole else {
        return Err(Error::new(ErrorKind::Defect, format!("the column {column} has no parts")));
    };
    let field = fields.find(name).map(|(place, field)| (place, field.data_type().clone()));
    let (place, of_field) = field
        .ok_or_else(|| Error::new(ErrorKind::Defect, format!("the column {column} has no part {name}")))?;
    let take = move |arguments: &[ColumnarValue]| {
        let [whole] = take_function_args("part", arguments)?;
        let whole = whole.to_array(1)?;
        let whole = whole.as_struct_opt().ok_or_else(|| exec_datafusion_err!("part() takes a struct"))?;
        let part = whole.column(place);
        let nulls = arrow::buffer::NullBuffer::union(whole.nulls(), part.nulls());
        let part = part.to_data().into_builder().nulls(nulls).build()?;
        Ok(ColumnarValue::Array(arrow::array::make_array(part)))
    };
    let function =
        create_udf(&format!("part_{name}"), vec![whole], of_field, Volatility::Immutable, Arc::new(take));
    Ok(function.call(vec![col(column)]))
}
