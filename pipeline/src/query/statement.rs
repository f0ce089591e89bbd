//! SQL text → a plan that only reads, or the mistake in it.

use datafusion::common::SchemaError;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::parser::ParserError;

use crate::config::{allowed_hint, did_you_mean};
use crate::error::{Error, ErrorKind, Result};

/// How the engine begins its messages: what kind of error it is, ours say otherwise.
const KINDS: [&str; 4] =
    ["Error during planning: ", "This feature is not implemented: ", "Execution error: ", "Arrow error: "];

/// Plans `sql` over the tables of `session`. Refuses whatever is not one query, `EXPLAIN` or `DESCRIBE`, and
/// explains mistakes with the nearest name that exists.
pub async fn plan(session: &SessionContext, sql: &str) -> Result<DataFrame> {
    let state = session.state();
    let dialect = state.config_options().sql_parser.dialect;
    let statement = state.sql_to_statement(sql, &dialect).map_err(|error| mistake(session, &error))?;
    if !asks(&statement) {
        return Err(no_query(&statement.to_string()));
    }
    let plan = state.statement_to_plan(statement).await.map_err(|error| mistake(session, &error))?;
    if writes(&plan)? {
        return Err(no_query(sql.trim_start()));
    }
    Ok(DataFrame::new(state, plan))
}

/// An error of a query that ran: what the query did wrong, unless it is known to be something else.
pub fn failed(error: DataFusionError) -> Error {
    let text = first_line(&error.find_root().strip_backtrace());
    let error = Error::from(error);
    match error.kind() {
        ErrorKind::Defect => Error::new(ErrorKind::Usage, format!("the query failed: {text}"))
            .with_hint("if a value is to blame, find its row with a WHERE clause, or use try_cast"),
        _ => error,
    }
}

fn asks(statement: &Statement) -> bool {
    match statement {
        Statement::Statement(sql) => {
            matches!(**sql, ast::Statement::Query(_) | ast::Statement::ExplainTable { .. })
        }
        Statement::Explain(explained) => asks(&explained.statement),
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => false,
    }
}

/// A query can hold more than its first word says: `SELECT … INTO` makes a table.
fn writes(plan: &LogicalPlan) -> Result<bool> {
    let mut writes = false;
    plan.apply_with_subqueries(|node| {
        writes |= matches!(
            node,
            LogicalPlan::Ddl(_) | LogicalPlan::Dml(_) | LogicalPlan::Copy(_) | LogicalPlan::Statement(_)
        );
        Ok(if writes { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(writes)
}

fn no_query(statement: &str) -> Error {
    let mut words = statement.split_whitespace().map(str::to_uppercase).take(2);
    let first = words.next().unwrap_or_default();
    let name = match (first.as_str(), words.next()) {
        ("CREATE" | "DROP" | "EXPLAIN", Some(second)) => format!("{first} {second}"),
        _ => first,
    };
    Error::new(ErrorKind::Usage, format!("{name} is no query: nothing is written or changed here"))
        .with_hint("ask with SELECT, EXPLAIN or DESCRIBE; to keep rows, send them to a file: --format parquet > rows.parquet")
}

fn mistake(session: &SessionContext, error: &DataFusionError) -> Error {
    let usage = |message: String| Error::new(ErrorKind::Usage, message);
    match error.find_root() {
        DataFusionError::SchemaError(error, _) => match error.as_ref() {
            SchemaError::FieldNotFound { field, valid_fields } => {
                let valid: Vec<&str> = valid_fields.iter().map(datafusion::prelude::Column::name).collect();
                return usage(format!("there is no column `{}`", field.flat_name()))
                    .with_hint(allowed_hint(field.name(), &valid));
            }
            other => return usage(first_line(&other.to_string())),
        },
        DataFusionError::SQL(error, _) => {
            let (ParserError::ParserError(text) | ParserError::TokenizerError(text)) = error.as_ref() else {
                return usage("the query is nested too deep".to_owned());
            };
            return usage(format!("this is no SQL: {}", first_line(text)))
                .with_hint("see the query as it arrived: quotes and `*` may have been taken by the shell");
        }
        DataFusionError::Plan(text) => {
            if let Some(name) = quoted_after(text, "Invalid function ") {
                return unknown_function(session, name);
            }
            if let Some(name) = quoted_after(text, "table ").filter(|_| text.ends_with("not found")) {
                let name = name.rsplit('.').next().unwrap_or(name);
                let tables = tables(session);
                let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
                return usage(format!("there is no table `{name}`")).with_hint(allowed_hint(name, &tables));
            }
        }
        _ => {}
    }
    usage(format!("the query cannot be planned: {}", first_line(&error.strip_backtrace())))
}

fn unknown_function(session: &SessionContext, name: &str) -> Error {
    let state = session.state();
    let mut known: Vec<String> = state.scalar_functions().keys().cloned().collect();
    known.extend(state.aggregate_functions().keys().cloned());
    known.extend(state.window_functions().keys().cloned());
    known.sort();
    let near = did_you_mean(name, known.iter().map(String::as_str));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`? tweetmill's own are in docs/reference/functions.md"),
        None => "tweetmill's own functions are in docs/reference/functions.md".to_owned(),
    };
    Error::new(ErrorKind::Usage, format!("there is no function `{name}`")).with_hint(hint)
}

fn tables(session: &SessionContext) -> Vec<String> {
    let mut tables = Vec::new();
    for catalog in session.catalog_names().iter().filter_map(|name| session.catalog(name)) {
        for schema in catalog.schema_names().iter().filter_map(|name| catalog.schema(name)) {
            tables.extend(schema.table_names());
        }
    }
    tables.sort();
    tables
}

/// The name in single quotes that follows `words`.
fn quoted_after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(words)?;
    rest.strip_prefix('\'')?.split('\'').next()
}

/// The first line of a message, as ours begin: lower case, no full stop.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim_end_matches('.');
    let line = KINDS.iter().fold(line, |line, kind| line.strip_prefix(kind).unwrap_or(line));
    let mut characters = line.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => "it says nothing".to_owned(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    async fn refused(sql: &str) -> String {
        let session = SessionContext::new();
        session.sql("CREATE VIEW tweets AS SELECT 1 AS tweet_id, 'a' AS text").await.unwrap();
        let error = plan(&session, sql).await.unwrap_err();
        assert_eq!(error.exit_code(), 2, "{error}");
        error.to_string()
    }

    #[tokio::test]
    async fn mistakes_name_the_nearest_that_exists() {
        for (sql, said) in [
            (
                "SELECT txt FROM tweets",
                "there is no column `txt`\nhint: did you mean `text`? allowed: tweet_id, text",
            ),
            (
                "SELECT 1 FROM tweet",
                "there is no table `tweet`\nhint: did you mean `tweets`? allowed: tweets",
            ),
            (
                "SELECT lenght(text) FROM tweets",
                "there is no function `lenght`\nhint: did you mean `length`?",
            ),
            ("SELECT text FORM tweets", "this is no SQL: "),
            ("SELECT 1; SELECT 2", "the query cannot be planned: "),
            ("", "the query cannot be planned: "),
        ] {
            let text = refused(sql).await;
            assert!(text.starts_with(said), "{sql}: {text}");
        }
    }

    #[tokio::test]
    async fn what_is_no_query_is_refused() {
        for (sql, name) in [
            ("CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '/tmp/x'", "CREATE EXTERNAL"),
            ("COPY (SELECT 1) TO '/tmp/x.parquet'", "COPY"),
            ("INSERT INTO tweets VALUES (1, 'b')", "INSERT"),
            ("CREATE TABLE t AS SELECT 1", "CREATE TABLE"),
            ("DROP VIEW tweets", "DROP VIEW"),
            ("SET datafusion.execution.batch_size = 1", "SET"),
            ("EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x.parquet'", "EXPLAIN"),
        ] {
            let text = refused(sql).await;
            assert!(text.starts_with(name) && text.contains("is no query"), "{sql}: {text}");
        }
    }

    #[tokio::test]
    async fn queries_and_explanations_are_planned() {
        let session = SessionContext::new();
        for sql in [
            "SELECT 1",
            "WITH a AS (SELECT 1 AS b) SELECT b FROM a",
            "EXPLAIN ANALYZE SELECT 1",
            "VALUES (1)",
        ] {
            plan(&session, sql).await.unwrap().collect().await.unwrap();
        }
        let error = plan(&session, "SELECT 1 / 0").await;
        let error = match error {
            Ok(frame) => failed(frame.collect().await.unwrap_err()),
            Err(error) => error,
        };
        assert_eq!(error.exit_code(), 2, "{error}");
    }
}
