//! The closing report of a member, as a row among its records.
//!
//! Reports travel with the records because they are then delivered exactly as often: a task that is
//! retried replaces both.

use arrow::array::{AsArray, RecordBatch};
use serde::{Deserialize, Serialize};

use super::canonical::Tweet;
use super::records::{Record, RecordBuilder};
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
    /// How reading ended: `complete`, `truncated`, `corrupt` and so on.
    pub end_state: String,
    /// Bytes as stored in the archive.
    pub stored_bytes: u64,
    /// blake3 of those bytes, in hex: the identity of this input.
    pub stored_digest: String,
    /// Bytes after decompression.
    pub bytes: u64,
    /// Lines framed.
    pub lines: u64,
}

/// A batch of one row of kind `Member` that closes `member` of `unit`.
pub fn member_row(unit: i32, member: i32, report: &MemberReport) -> Result<RecordBatch> {
    let json = serde_json::to_vec(report)
        .map_err(|error| Error::new(ErrorKind::Defect, "a member report has no JSON").with_source(error))?;
    let mut builder = RecordBuilder::new(unit, member, 1);
    builder.append(&Record {
        tweet: Tweet { text: Some(report.label.as_str().into()), ..Tweet::default() },
        kind: RecordKind::Member,
        reason: Some(&report.end_state),
        raw: Some(&json),
        retweet_of: None,
        origin: Origin::Line,
        carrier_id: None,
        digest: None,
        offset: report.bytes,
    })?;
    builder.finish()
}

impl MemberReport {
    /// The report in `row` of a batch with the columns `kind` and `raw`; `None` for any other record.
    pub fn from_row(batch: &RecordBatch, row: usize) -> Result<Option<Self>> {
        let column = |name: &str| {
            let missing = || Error::new(ErrorKind::Defect, format!("records without a column {name:?}"));
            batch.column_by_name(name).ok_or_else(missing)
        };
        let kinds = column("kind")?.as_primitive::<arrow::datatypes::UInt8Type>();
        if kinds.value(row) != RecordKind::Member as u8 {
            return Ok(None);
        }
        let raw = column("raw")?.as_binary::<i32>().value(row);
        let report = serde_json::from_slice(raw).map_err(|error| {
            Error::new(ErrorKind::Defect, "a member report can't be read").with_source(error)
        })?;
        Ok(Some(report))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_report_survives_the_row() {
        let report = MemberReport {
            label: "01/02/03/04.json.bz2".into(),
            end_state: "truncated".into(),
            stored_bytes: 5,
            stored_digest: "ab".repeat(32),
            bytes: 40,
            lines: 2,
        };
        let batch = member_row(1, 2, &report).unwrap();
        assert_eq!(MemberReport::from_row(&batch, 0).unwrap(), Some(report));
    }
}
