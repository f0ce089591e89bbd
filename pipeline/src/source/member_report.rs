//! The closing reports of members and work units, as rows among their records.
//!
//! Reports travel with the records because they are then delivered exactly as often: a task that is
//! retried replaces both.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, UInt8Type};
use serde::{Deserialize, Serialize};

use super::container::RangeReport;
use super::records::{Columns, Record, RecordBuilder};
use super::tweet::Tweet;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{Origin, RecordKind};

/// What became of one member, known once it was read to its end.
///
/// In a row: `label` is in `text`, `end_state` in `reason`, all of it as JSON in `raw`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberReport {
    /// Name of the member within its unit, for people only.
    pub label: String,
    /// What was opened to get at it, outermost first: `tar, bzip2`; empty for a plain file.
    pub layers: String,
    /// How reading ended: `complete`, `truncated`, `corrupt` and so on.
    pub end_state: String,
    /// What was found where it did not end well, for people; empty for `complete`.
    pub detail: String,
    /// Bytes as stored in the archive.
    pub stored_bytes: u64,
    /// blake3 of those bytes, in hex: the identity of this input.
    pub stored_digest: String,
    /// Bytes after decompression.
    pub bytes: u64,
    /// Lines framed.
    pub lines: u64,
    /// Originals found inside retweets and quotes.
    pub harvested: u64,
}

/// A batch of one row of kind `Member` that closes `member` of `unit`.
pub fn member_row(unit: i32, member: i32, report: &MemberReport, columns: &Columns) -> Result<RecordBatch> {
    report_row((RecordKind::Member, unit, member), &report.label, &report.end_state, report, columns)
}

/// A batch of one row of kind `Unit` that closes `unit`, with where its range was read from and to.
pub fn unit_row(unit: i32, range: &RangeReport, columns: &Columns) -> Result<RecordBatch> {
    report_row((RecordKind::Unit, unit, -1), "", "range", &(range.first, range.stop), columns)
}

fn report_row(
    (kind, unit, member): (RecordKind, i32, i32),
    label: &str,
    reason: &str,
    report: &impl Serialize,
    columns: &Columns,
) -> Result<RecordBatch> {
    let json = serde_json::to_vec(report)
        .map_err(|error| Error::new(ErrorKind::Defect, "a report has no JSON").with_source(error))?;
    let mut builder = RecordBuilder::new(unit, member, 1, columns);
    builder.append(&Record {
        tweet: Tweet { text: Some(label), ..Tweet::default() },
        kind,
        reason: Some(reason),
        raw: Some(&json),
        retweet_of: None,
        origin: Origin::Line,
        carrier_id: None,
        digest: None,
        offset: 0,
    })?;
    builder.finish()
}

/// A closing report with what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A work unit was read.
    Unit {
        /// Its ordinal.
        unit: i32,
        /// From where to where.
        range: RangeReport,
    },
    /// A member was read.
    Member {
        /// Ordinal of its unit.
        unit: i32,
        /// Its ordinal within the unit.
        member: i32,
        /// What became of it.
        report: MemberReport,
    },
}

impl Report {
    /// The reports among rows with the columns `kind`, `unit`, `member` and `raw`; other records are passed over.
    pub fn from_rows(batch: &RecordBatch) -> Result<Vec<Self>> {
        let column = |name: &str| {
            let missing = || Error::new(ErrorKind::Defect, format!("records without a column {name:?}"));
            batch.column_by_name(name).ok_or_else(missing)
        };
        let kinds = column("kind")?.as_primitive::<UInt8Type>();
        let units = column("unit")?.as_primitive::<Int32Type>();
        let members = column("member")?.as_primitive::<Int32Type>();
        let raw = column("raw")?.as_binary::<i32>();
        let mut reports = Vec::new();
        for row in 0..batch.num_rows() {
            let (unit, json) = (units.value(row), raw.value(row));
            if kinds.value(row) == RecordKind::Member as u8 {
                let report = read(json)?;
                reports.push(Self::Member { unit, member: members.value(row), report });
            } else if kinds.value(row) == RecordKind::Unit as u8 {
                let (first, stop) = read(json)?;
                reports.push(Self::Unit { unit, range: RangeReport { first, stop } });
            }
        }
        Ok(reports)
    }
}

fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T> {
    serde_json::from_slice(json)
        .map_err(|error| Error::new(ErrorKind::Defect, "a report can't be read").with_source(error))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_report_survives_the_row() {
        let report = MemberReport {
            label: "01/02/03/04.json.bz2".into(),
            layers: "tar, bzip2".into(),
            end_state: "truncated".into(),
            detail: "the bzip2 stream stops early".into(),
            stored_bytes: 5,
            stored_digest: "ab".repeat(32),
            bytes: 40,
            lines: 2,
            harvested: 1,
        };
        let batch = member_row(1, 2, &report, &Columns::all()).unwrap();
        assert_eq!(Report::from_rows(&batch).unwrap(), [Report::Member { unit: 1, member: 2, report }]);
        let range = RangeReport { first: Some(512), stop: 2048 };
        let batch = unit_row(3, &range, &Columns::all()).unwrap();
        assert_eq!(Report::from_rows(&batch).unwrap(), [Report::Unit { unit: 3, range }]);
    }
}
