//! The dates a run is for: none, one, or every day of a span.

use chrono::NaiveDate;
use clap::Args;

use crate::error::{Error, ErrorKind, Result};

/// `--date`, for verbs that look at one run.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct DateArg {
    /// Date that `{{ ds }}` and `{{ ds_nodash }}` stand for, such as 2026-11-22
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(super) date: Option<NaiveDate>,
}

/// `--date`, or `--from` with `--to`.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct DateArgs {
    /// Date that `{{ ds }}` and `{{ ds_nodash }}` stand for, such as 2026-11-22
    #[arg(long, value_name = "DATE", value_parser = date, conflicts_with_all = ["from", "to"])]
    date: Option<NaiveDate>,
    /// First date of a span: one run and one commit a day, in order
    #[arg(long, value_name = "DATE", value_parser = date, requires = "to")]
    from: Option<NaiveDate>,
    /// Last date of the span, included
    #[arg(long, value_name = "DATE", value_parser = date, requires = "from")]
    to: Option<NaiveDate>,
}

impl DateArgs {
    /// The date of each run, in order; None stands for a run without one.
    pub(super) fn dates(self) -> Result<Vec<Option<NaiveDate>>> {
        let (Some(from), Some(to)) = (self.from, self.to) else {
            return Ok(vec![self.date]);
        };
        if from > to {
            return Err(Error::new(ErrorKind::Usage, format!("--from {from} is after --to {to}"))
                .with_hint("both days are included; give the earlier one first"));
        }
        Ok(from.iter_days().take_while(|&day| day <= to).map(Some).collect())
    }
}

fn date(text: &str) -> std::result::Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| "expected a date such as 2026-11-22".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_span_holds_both_its_ends() {
        let args = DateArgs { date: None, from: date("2026-02-27").ok(), to: date("2026-03-01").ok() };
        let days: Vec<String> =
            args.dates().unwrap().into_iter().flatten().map(|day| day.to_string()).collect();
        assert_eq!(days, ["2026-02-27", "2026-02-28", "2026-03-01"]);
    }

    #[test]
    fn a_span_that_ends_before_it_begins_is_refused() {
        let args = DateArgs { date: None, from: date("2026-03-01").ok(), to: date("2026-02-27").ok() };
        assert_eq!(
            args.dates().unwrap_err().to_string(),
            "--from 2026-03-01 is after --to 2026-02-27\nhint: both days are included; give the earlier one first"
        );
    }

    #[test]
    fn no_date_is_one_run() {
        assert_eq!(DateArgs { date: None, from: None, to: None }.dates().unwrap(), [None]);
        assert!(date("2026-02-30").is_err());
    }
}
