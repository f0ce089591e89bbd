//! The SQL functions as a query meets them: every `tests/sql/<function>.slt` is run, and every function has one.
//!
//! The files are in the sqllogictest format. Null prints as `NULL`, the empty text as
//! `(empty)`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::{DataFusionError, Result};
use datafusion::prelude::SessionContext;
use sqllogictest::{
    AsyncDB, DBOutput, DefaultColumnType, Runner, default_normalizer, default_validator,
    strict_column_validator,
};
use tweetmill_udfs::Known;
use tweetmill_udfs::embed::SampleModel;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/sql")
}

/// The stems of `tests/sql/*.slt`, sorted.
fn suites() -> BTreeSet<String> {
    std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "slt"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_function_has_its_suite() {
    let functions = tweetmill_udfs::FUNCTIONS
        .iter()
        .map(|function| function.signature.split('(').next().unwrap().to_owned())
        .collect::<BTreeSet<_>>();
    assert_eq!(suites(), functions);
}

#[tokio::test]
async fn suites_print_what_they_say() {
    let known = Known::default();
    known.models.load("tiny", &SampleModel::encoder(64).files()).unwrap();
    let mut failed = Vec::new();
    for suite in suites() {
        let mut runner = Runner::new(|| {
            let mut session = SessionContext::new();
            let registered = tweetmill_udfs::register_all(&mut session, &known);
            async { registered.map(|()| Session(session)) }
        });
        runner.with_column_validator(strict_column_validator);
        runner.with_normalizer(default_normalizer);
        let file = folder().join(format!("{suite}.slt"));
        if std::env::var_os("TWEETMILL_BLESS").is_some() {
            let (values, types) = (default_validator, strict_column_validator);
            runner.update_test_file(&file, " ", values, default_normalizer, types).await.unwrap();
        }
        if let Err(error) = runner.run_file_async(&file).await {
            failed.push(format!("{}", error.display(false)));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// `DataFusion` with tweetmill's functions, as sqllogictest drives it.
struct Session(SessionContext);

#[async_trait::async_trait]
impl AsyncDB for Session {
    type Error = DataFusionError;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>> {
        let frame = self.0.sql(sql).await?;
        let types = frame.schema().fields().iter().map(|field| column_type(field.data_type())).collect();
        let rows = frame.collect().await?.iter().map(printed).collect::<Result<Vec<_>>>()?.concat();
        Ok(DBOutput::Rows { types, rows })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &'static str {
        "tweetmill"
    }
}

/// `I` for whole numbers, `R` for others, `T` for text, `?` for all else.
fn column_type(data_type: &DataType) -> DefaultColumnType {
    match data_type {
        data_type if data_type.is_integer() => DefaultColumnType::Integer,
        data_type if data_type.is_floating() => DefaultColumnType::FloatingPoint,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DefaultColumnType::Text,
        _ => DefaultColumnType::Any,
    }
}

/// The rows of `batch`, a text a value.
fn printed(batch: &RecordBatch) -> Result<Vec<Vec<String>>> {
    let options = FormatOptions::new().with_null("NULL");
    let columns = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column, &options))
        .collect::<Result<Vec<_>, _>>()?;
    let value = |column: &ArrayFormatter<'_>, row| match column.value(row).to_string() {
        value if value.is_empty() => "(empty)".to_owned(),
        value => value,
    };
    Ok((0..batch.num_rows()).map(|row| columns.iter().map(|column| value(column, row)).collect()).collect())
}
