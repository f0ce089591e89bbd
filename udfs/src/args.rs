//! Reading the arguments of a function: what types it takes, its columns and its literals.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, StringArray, StringViewArray};
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, exec_err, plan_datafusion_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs};

/// What an argument is, whatever width it comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text in any of Arrow's three layouts, read as it lies.
    Text,
    /// An id: any integer, as int64.
    Id,
    /// A seed or a threshold: any integer that isn't negative, as uint64.
    Unsigned,
    /// A switch.
    Boolean,
    /// A list of text, its values in any layout.
    TextList,
    /// A list of ids: any integers, as int64.
    IdList,
    /// A point in time of any precision, or a date, as milliseconds.
    Time,
}

impl Kind {
    /// The type an argument of type `given` is read as; `None` when it is something else.
    fn of(self, given: &DataType) -> Option<DataType> {
        let integer = given.is_integer() || given.is_null();
        match (self, given) {
            (Self::Text, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => Some(given.clone()),
            (Self::Text, DataType::Null) => Some(DataType::Utf8),
            (Self::Text, DataType::Dictionary(_, values)) => self.of(values),
            (Self::Id, _) if integer => Some(DataType::Int64),
            (Self::Unsigned, _) if integer => Some(DataType::UInt64),
            (Self::Boolean, DataType::Boolean | DataType::Null) => Some(DataType::Boolean),
            (Self::TextList, DataType::List(item)) => {
                let item = item.as_ref().clone().with_data_type(Self::Text.of(item.data_type())?);
                Some(DataType::List(Arc::new(item)))
            }
            (Self::TextList, DataType::Null) => Some(DataType::new_list(DataType::Utf8, true)),
            (
                Self::IdList,
                DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _),
            ) => {
                let item = item.as_ref().clone().with_data_type(Self::Id.of(item.data_type())?);
                Some(DataType::List(Arc::new(item)))
            }
            (Self::IdList, DataType::Null) => Some(DataType::new_list(DataType::Int64, true)),
            (Self::Time, DataType::Timestamp(_, zone)) => {
                Some(DataType::Timestamp(TimeUnit::Millisecond, zone.clone()))
            }
            (Self::Time, DataType::Date32 | DataType::Date64 | DataType::Null) => {
                Some(DataType::Timestamp(TimeUnit::Millisecond, None))
            }
            _ => None,
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Id => "an integer",
            Self::Unsigned => "an integer of at least 0",
            Self::Boolean => "true or false",
            Self::TextList => "a list of text",
            Self::IdList => "a list of integers",
            Self::Time => "a time",
        }
    }
}

/// The types that the arguments of `function` are read as. The arguments after the first `required`
/// may be left out.
pub(crate) fn coerce(
    function: &str,
    kinds: &[Kind],
    required: usize,
    given: &[DataType],
) -> Result<Vec<DataType>> {
    if given.len() < required || given.len() > kinds.len() {
        let wanted = if required == kinds.len() {
            required.to_string()
        } else {
            format!("{required} to {}", kinds.len())
        };
        return plan_err!("{function} takes {wanted} arguments, not {}", given.len());
    }
    let mut types = Vec::with_capacity(given.len());
    for (at, (kind, given)) in kinds.iter().zip(given).enumerate() {
        match kind.of(given) {
            Some(data_type) => types.push(data_type),
            None => {
                return plan_err!("argument {} of {function} must be {}, not {given}", at + 1, kind.about());
            }
        }
    }
    Ok(types)
}

/// A column of text in any of Arrow's layouts.
pub(crate) enum Texts<'a> {
    Narrow(&'a StringArray),
    Wide(&'a LargeStringArray),
    View(&'a StringViewArray),
}

impl<'a> Texts<'a> {
    /// The column as text; `function` is named where it isn't.
    pub(crate) fn of(function: &str, column: &'a ArrayRef) -> Result<Self> {
        match column.data_type() {
            DataType::Utf8 => Ok(Self::Narrow(column.as_string())),
            DataType::LargeUtf8 => Ok(Self::Wide(column.as_string())),
            DataType::Utf8View => Ok(Self::View(column.as_string_view())),
            other => exec_err!("{function} reads text, not {other}"),
        }
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Narrow(column) => column.len(),
            Self::Wide(column) => column.len(),
            Self::View(column) => column.len(),
        }
    }

    /// The text of a row below [`Self::len`]; `None` where it is null.
    pub(crate) fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::Narrow(column) => column.is_valid(row).then(|| column.value(row)),
            Self::Wide(column) => column.is_valid(row).then(|| column.value(row)),
            Self::View(column) => column.is_valid(row).then(|| column.value(row)),
        }
    }

    /// The rows in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<&'a str>> {
        (0..self.len()).map(|row| self.get(row))
    }
}

/// An argument that must be written out in the query: it is the same for every row, so it is read once.
pub(crate) fn literal<'a>(function: &str, name: &str, value: &'a ColumnarValue) -> Result<&'a ScalarValue> {
    match value {
        ColumnarValue::Scalar(scalar) if !scalar.is_null() => Ok(scalar),
        ColumnarValue::Scalar(_) => exec_err!("`{name}` of {function} must not be null"),
        ColumnarValue::Array(_) => exec_err!("`{name}` of {function} must be a literal, not a column"),
    }
}

/// A literal text.
pub(crate) fn literal_text<'a>(function: &str, name: &str, value: &'a ColumnarValue) -> Result<&'a str> {
    let text = literal(function, name, value)?.try_as_str().flatten();
    text.ok_or_else(|| exec_datafusion_err!("`{name}` of {function} must be text"))
}

/// The literal text that argument `at` is, known when the query is planned.
pub(crate) fn planned_text<'a>(
    function: &str,
    name: &str,
    args: &ReturnFieldArgs<'a>,
    at: usize,
) -> Result<&'a str> {
    let text = args.scalar_arguments.get(at).copied().flatten().and_then(ScalarValue::try_as_str).flatten();
    text.ok_or_else(|| plan_datafusion_err!("`{name}` of {function} must be a literal text"))
}

/// A literal unsigned integer.
pub(crate) fn literal_unsigned(function: &str, name: &str, value: &ColumnarValue) -> Result<u64> {
    match literal(function, name, value)? {
        ScalarValue::UInt64(Some(value)) => Ok(*value),
        other => exec_err!("`{name}` of {function} must be an integer of at least 0, not {other}"),
    }
}

/// A literal switch.
pub(crate) fn literal_boolean(function: &str, name: &str, value: &ColumnarValue) -> Result<bool> {
    match literal(function, name, value)? {
        ScalarValue::Boolean(Some(value)) => Ok(*value),
        other => exec_err!("`{name}` of {function} must be true or false, not {other}"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn integers_widen_and_text_stays_as_it_lies() {
        let kinds = [Kind::Text, Kind::Id, Kind::Unsigned, Kind::Boolean];
        let given = [DataType::Utf8View, DataType::Int32, DataType::Int64];
        let types = coerce("f", &kinds, 2, &given).unwrap();
        assert_eq!(types, [DataType::Utf8View, DataType::Int64, DataType::UInt64]);
        let null = coerce("f", &kinds, 4, &[const { DataType::Null }; 4]).unwrap();
        assert_eq!(null, [DataType::Utf8, DataType::Int64, DataType::UInt64, DataType::Boolean]);
        let times = [DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())), DataType::Date32];
        let types = coerce("f", &[Kind::Time, Kind::Time], 2, &times).unwrap();
        let milliseconds =
            |zone: Option<&str>| DataType::Timestamp(TimeUnit::Millisecond, zone.map(Into::into));
        assert_eq!(types, [milliseconds(Some("UTC")), milliseconds(None)]);
    }

    #[test]
    fn a_wrong_argument_is_named() {
        let kinds = [Kind::Text, Kind::Unsigned];
        let error = coerce("f", &kinds, 1, &[DataType::Float64]).unwrap_err().strip_backtrace();
        assert_eq!(error, "Error during planning: argument 1 of f must be text, not Float64");
        let error = coerce("f", &kinds, 1, &[]).unwrap_err().strip_backtrace();
        assert_eq!(error, "Error during planning: f takes 1 to 2 arguments, not 0");
        let column = ColumnarValue::Array(Arc::new(StringArray::from(vec!["a"])));
        let error = literal_text("f", "tokenizer", &column).unwrap_err().strip_backtrace();
        assert_eq!(error, "Execution error: `tokenizer` of f must be a literal, not a column");
    }
}
