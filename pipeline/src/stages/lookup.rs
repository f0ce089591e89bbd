//! Values by id, as a function that a plan can call: where they are in memory anyway, a join would only sort all records.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, UInt64Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};

/// A function from an id to the value that stands in `values` where the id stands in `ids`, which ascend; null for any other.
pub(crate) fn by_id(name: &str, ids: Arc<[i64]>, values: ArrayRef) -> ScalarUDF {
    let returned = values.data_type().clone();
    let look_up = move |arguments: &[ColumnarValue]| {
        let [argument] = arguments else {
            return Err(DataFusionError::Internal("a value is looked up by one id".to_owned()));
        };
        let rows = if let ColumnarValue::Array(wanted) = argument { wanted.len() } else { 1 };
        let wanted = argument.to_array(rows)?;
        let place = |id: Option<i64>| ids.binary_search(&id?).ok().map(|place| place as u64);
        let places: UInt64Array = wanted.as_primitive::<Int64Type>().iter().map(place).collect();
        Ok(ColumnarValue::Array(take(&values, &places, None)?))
    };
    create_udf(name, vec![DataType::Int64], returned, Volatility::Immutable, Arc::new(look_up))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use arrow::array::StringArray;
    use datafusion::prelude::{SessionContext, col};

    use super::*;

    #[tokio::test]
    async fn what_is_not_known_is_null() {
        let values = StringArray::from(vec!["three", "five"]);
        let function = by_id("word", [3, 5].into(), Arc::new(values));
        let ids = SessionContext::new()
            .sql("SELECT * FROM (VALUES (5), (4), (NULL), (3)) AS t (id)")
            .await
            .unwrap();
        let found = ids.select(vec![function.call(vec![col("id")])]).unwrap().collect().await.unwrap();
        let found: Vec<Option<&str>> = found[0].column(0).as_string::<i32>().iter().collect();
        assert_eq!(found, [Some("five"), None, None, Some("three")]);
    }
}
