//! Raw archives as SQL tables: views over one scan, so that a query reads the columns it names.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Int32Type};
use datafusion::common::ScalarValue;
use datafusion::dataframe::DataFrame;
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarUDF, Volatility, create_udf};
use datafusion::prelude::{SessionContext, col, lit};

use crate::error::Result;
use crate::progress::Progress;
use crate::schema::{self, Origin, RecordKind};
use crate::source::file_source::Archives;
use crate::source::limits::ReadLimits;
use crate::source::unit::Unit;

/// Makes the archives of `units` five tables of `session`:
///
/// | table | a row is | columns beside where it stood |
/// |---|---|---|
/// | `tweets` | a tweet: a line, or an original found inside a retweet or quote | the canonical ones, `origin`, `carrier_id` |
/// | `retweets` | a retweet, without the text, which is a cut copy of its original's | ids, author, time, `retweet_of` |
/// | `events` | a stream message that is no tweet | `kind`, ids, time, `line` |
/// | `rejects` | a line that could not be read | `reason`, `line` |
/// | `members` | a file found in the archives | `label`, `state` |
///
/// Retweets are no rows of `tweets`, for their originals are: texts, languages and hashtags would count
/// once for each time they were passed on. Nothing else is dropped, copies of an id least of all.
///
/// Where a row stood: `file` (URL), `member` (ordinal within it), and `byte_offset` (of the line in the
/// decompressed member; `offset` is a word of SQL).
pub(super) fn register(session: &SessionContext, units: Vec<Unit>, progress: &Arc<Progress>) -> Result<()> {
    let file = file_of(&units).call(vec![col("unit")]).alias("file");
    let archives = Archives::new(units, ReadLimits::default(), Arc::clone(progress));
    let records = session.read_table(Arc::new(archives))?;
    let place = || [file.clone(), col("member"), col("offset").alias("byte_offset")];
    let line = || text_of().call(vec![col("raw")]).alias("line");

    let mut tweets: Vec<Expr> = schema::canonical().iter().map(|column| col(column.name)).collect();
    tweets.extend([records.parse_sql_expr(&Origin::name_sql())?.alias("origin"), col("carrier_id")]);
    let people = ["tweet_id", "author_id", "author_name", "created_at", "lang", "retweet_of"];
    let events = vec![col("reason").alias("kind"), col("tweet_id"), col("author_id"), col("created_at")];
    let members = vec![file.clone(), col("member"), col("text").alias("label"), col("reason").alias("state")];
    for (name, kind, columns) in [
        ("tweets", RecordKind::Tweet, chained(tweets, place())),
        ("retweets", RecordKind::Retweet, chained(people.map(col).to_vec(), place())),
        ("events", RecordKind::Event, chained(chained(events, [line()]), place())),
        ("rejects", RecordKind::Reject, chained(vec![col("reason"), line()], place())),
        ("members", RecordKind::Member, members),
    ] {
        session.register_table(name, of_kind(&records, kind)?.select(columns)?.into_view())?;
    }
    Ok(())
}

fn of_kind(records: &DataFrame, kind: RecordKind) -> Result<DataFrame> {
    Ok(records.clone().filter(col("kind").eq(lit(kind as u8)))?)
}

fn chained<const N: usize>(mut columns: Vec<Expr>, more: [Expr; N]) -> Vec<Expr> {
    columns.extend(more);
    columns
}

/// From the ordinal of a unit to the URL of its object.
fn file_of(units: &[Unit]) -> ScalarUDF {
    let urls: Vec<String> = units.iter().map(|unit| unit.object.url()).collect();
    let of_units = move |units: &ArrayRef| -> EngineResult<ArrayRef> {
        let units = units.as_primitive_opt::<Int32Type>().ok_or_else(|| unfit(units))?;
        let url = |unit: Option<i32>| urls.get(usize::try_from(unit?).ok()?);
        let files: StringArray = units.iter().map(url).collect();
        Ok(Arc::new(files))
    };
    by_rows("file_of", DataType::Int32, of_units)
}

/// From the bytes of a line to text: what is not UTF-8 is replaced.
fn text_of() -> ScalarUDF {
    let of_bytes = |lines: &ArrayRef| -> EngineResult<ArrayRef> {
        let lines = lines.as_binary_opt::<i32>().ok_or_else(|| unfit(lines))?;
        let texts: StringArray = lines.iter().map(|line| line.map(String::from_utf8_lossy)).collect();
        Ok(Arc::new(texts))
    };
    by_rows("text_of", DataType::Binary, of_bytes)
}

fn unfit(values: &ArrayRef) -> DataFusionError {
    DataFusionError::Internal(format!("records of another schema: {}", values.data_type()))
}

/// A function of one column that gives text. It stands in the views alone: queries cannot name it.
fn by_rows(
    name: &str,
    takes: DataType,
    of: impl Fn(&ArrayRef) -> EngineResult<ArrayRef> + Send + Sync + 'static,
) -> ScalarUDF {
    let apply = move |arguments: &[ColumnarValue]| match arguments {
        [ColumnarValue::Array(values)] => Ok(ColumnarValue::Array(of(values)?)),
        [ColumnarValue::Scalar(value)] => {
            let one = of(&value.to_array()?)?;
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&one, 0)?))
        }
        _ => Err(DataFusionError::Internal("a function of one column got others".to_owned())),
    };
    create_udf(name, vec![takes], DataType::Utf8, Volatility::Immutable, Arc::new(apply))
}
