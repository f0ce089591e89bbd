//! SQL expressions that people write in run files: checked before anything is read.

use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::{Expr, ExprSchemable, Volatility};
use datafusion::prelude::SessionContext;
use tweetmill_udfs::Known;

/// Refuses `sql` unless it is a condition on one row of `columns` that gives the same answer whenever and
/// wherever it is asked. The message may have a second line, a hint.
pub fn check_condition(sql: &str, columns: &Schema) -> Result<(), String> {
    let expression = planned(sql, columns).map_err(|error| {
        let message = error.strip_backtrace();
        format!(
            "`{sql}` is no SQL expression over a tweet's columns: {}",
            message.lines().next().unwrap_or_default()
        )
    })?;
    let mut fault = None;
    let walked = expression.expr.apply(|part| {
        fault = fault_of(part);
        Ok(if fault.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    if let (Err(_), _) | (_, Some(_)) = (walked, &fault) {
        let fault = fault.unwrap_or_default();
        return Err(format!(
            "`{sql}` {fault}\nhint: a filter sees one tweet, and must say the same of it in every run"
        ));
    }
    if expression.data_type != DataType::Boolean {
        return Err(format!(
            "`{sql}` gives {}, not true or false\nhint: compare it with something",
            expression.data_type
        ));
    }
    Ok(())
}

struct Planned {
    expr: Expr,
    data_type: DataType,
}

fn planned(sql: &str, columns: &Schema) -> EngineResult<Planned> {
    let mut session = SessionContext::new();
    tweetmill_udfs::register_all(&mut session, &Known::default())?;
    let columns = DFSchema::try_from(columns.clone())?;
    let expr = session.parse_sql_expr(sql, &columns)?;
    let data_type = expr.get_type(&columns)?;
    Ok(Planned { expr, data_type })
}

/// Why a part of an expression cannot be asked of a row alone.
fn fault_of(part: &Expr) -> Option<String> {
    match part {
        Expr::ScalarFunction(call) => {
            let name = call.func.name();
            match call.func.signature().volatility {
                Volatility::Immutable => None,
                Volatility::Stable => Some(format!("calls {name}, whose answer depends on the run")),
                Volatility::Volatile => Some(format!("calls {name}, which answers differently every time")),
            }
        }
        Expr::AggregateFunction(_) | Expr::WindowFunction(_) => Some("looks at other rows".to_owned()),
        Expr::Exists(_) | Expr::InSubquery(_) | Expr::ScalarSubquery(_) => {
            Some("asks another query".to_owned())
        }
        Expr::Placeholder(_) => Some("has a placeholder".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use datafusion::arrow::datatypes::Field;

    use super::*;

    fn check(sql: &str) -> Result<(), String> {
        let columns = Schema::new(vec![
            Field::new("text", DataType::Utf8, true),
            Field::new("lang", DataType::Utf8, true),
            Field::new("likes", DataType::Int64, true),
        ]);
        check_condition(sql, &columns)
    }

    #[test]
    fn conditions_on_a_row_are_taken() {
        for sql in [
            "lang IN ('en', 'es')",
            "weighted_length(text) >= 10 AND likes > 0",
            "coalesce(lang, detect_language(text)) = 'en'",
            "array_length(extract_urls(text)) IS NULL OR link_ratio(text) < 0.5",
        ] {
            assert_eq!(check(sql), Ok(()), "{sql}");
        }
    }

    #[test]
    fn all_else_is_refused_with_the_reason() {
        for (sql, reason) in [
            ("random() < 0.1", "calls random, which answers differently every time"),
            ("now() > '2020-01-01'", "calls now, whose answer depends on the run"),
            ("likes > avg(likes)", "looks at other rows"),
            ("row_number() OVER () < 10", "looks at other rows"),
            ("likes + 1", "gives Int64, not true or false"),
            ("follower > 1", "is no SQL expression over a tweet's columns"),
            ("lang IN (", "is no SQL expression over a tweet's columns"),
            ("weighted_length(likes) > 1", "is no SQL expression over a tweet's columns"),
        ] {
            let refused = check(sql).unwrap_err();
            assert!(refused.contains(reason) && refused.starts_with(&format!("`{sql}`")), "{sql}: {refused}");
        }
    }
}
