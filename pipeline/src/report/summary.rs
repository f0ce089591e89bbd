//! The numbers of one run, as `--json` prints them and the run's record keeps them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::fate;
use crate::sink::manifest::{Commit, EvaluationFigures, NearFigures, SemanticFigures};
use crate::sink::redacted::Redacted;
use crate::source::member_counts::MemberCounts;
use crate::stages::clusters::Cluster;

/// What one run did. Serialized, it is the object that `tweetmill run --json` ends with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary {
    /// Label of the run.
    pub run: String,
    /// Number of its commit.
    pub commit: u64,
    /// True when that commit was there already and nothing was done.
    pub noop: bool,
    /// Records read, and what became of each.
    pub records: Records,
    /// Members of the archives, by how reading them ended.
    pub members: MemberCounts,
    /// Documents committed.
    pub documents: u64,
    /// Tokens committed.
    pub tokens: u64,
    /// Evaluation sets, and how many records contain an item of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evaluation: Vec<EvaluationFigures>,
    /// What looking for near-duplicates took; None where only exact ones go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near: Option<NearFigures>,
    /// What looking for semantic duplicates took; None where meaning is not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semantic: Option<SemanticFigures>,
    /// The largest groups of records that were dropped for their texts, in this run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<Cluster>,
    /// What was redacted in their texts; None where the run file keeps everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redacted: Option<Redacted>,
    /// Shards committed.
    pub shards: u64,
    /// Bytes read from the archives, as stored.
    pub bytes_in: u64,
    /// Bytes of the committed shards.
    pub bytes_out: u64,
    /// Wall-clock time.
    pub seconds: f64,
    /// Where plans ran: `local`.
    pub engine: String,
    /// What computed: `cpu`.
    pub devices: Vec<String>,
}

impl RunSummary {
    /// The numbers of a run that made `commit`, or, where `noop`, found it there already.
    pub fn of_commit(
        commit: &Commit,
        noop: bool,
        members: MemberCounts,
        bytes_in: u64,
        elapsed: Duration,
    ) -> Self {
        Self {
            run: commit.label.clone(),
            commit: commit.number,
            noop,
            records: Records {
                read: commit.records.total,
                lines: commit.records.lines,
                harvested: commit.records.harvested,
                fates: commit.records.fates.iter().map(|(fate, &records)| (fate, records)).collect(),
            },
            members,
            documents: commit.documents,
            tokens: commit.tokens,
            evaluation: commit.evaluation.clone(),
            near: commit.near,
            semantic: commit.semantic,
            clusters: Vec::new(),
            redacted: commit.redacted,
            shards: commit.files.len() as u64,
            bytes_in,
            bytes_out: commit.files.iter().map(|file| file.bytes).sum(),
            seconds: elapsed.as_millis() as f64 / 1e3,
            engine: "local".to_owned(),
            devices: vec!["cpu".to_owned()],
        }
    }
}

/// Records read, and what became of each: `in` is the sum of `fates`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Records {
    /// All records: lines and harvested originals.
    #[serde(rename = "in")]
    pub read: u64,
    /// Lines that framing yielded.
    pub lines: u64,
    /// Originals found inside retweets and quotes.
    pub harvested: u64,
    /// Number of records by fate.
    pub fates: FateCounts,
}

/// Number of records by fate; iterated and serialized in the order of precedence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FateCounts(BTreeMap<(usize, String), u64>);

impl FateCounts {
    /// Adds records of one fate.
    pub fn add(&mut self, fate: &str, records: u64) {
        *self.0.entry((fate::rank(fate), fate.to_owned())).or_default() += records;
    }

    /// Fates with their counts, in the order of precedence, named ones by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|((_, fate), &records)| (fate.as_str(), records))
    }
}

impl<S: AsRef<str>> FromIterator<(S, u64)> for FateCounts {
    fn from_iter<I: IntoIterator<Item = (S, u64)>>(fates: I) -> Self {
        let mut counts = Self::default();
        for (fate, records) in fates {
            counts.add(fate.as_ref(), records);
        }
        counts
    }
}

impl Serialize for FateCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (fate, records) in self.iter() {
            map.serialize_entry(fate, &records)?;
        }
        map.end()
    }
}

#[cfg(test)]
pub(super) fn sample() -> RunSummary {
    let fates: FateCounts = [
        ("kept", 812_345),
        ("duplicate_exact", 61_004),
        ("event", 121_113),
        ("rejected:invalid_json", 12),
        ("rejected:bad_id", 3),
        ("retweet", 402_118),
        ("deleted", 6_871),
        ("duplicate_id", 98_765),
    ]
    .into_iter()
    .collect();
    RunSummary {
        run: "2026-11-22".into(),
        commit: 3,
        noop: false,
        records: Records { read: 1_502_231, lines: 1_100_014, harvested: 402_217, fates },
        members: std::iter::repeat_n("complete", 1438).chain(["truncated"; 2]).collect(),
        documents: 812_345,
        tokens: 25_123_456,
        evaluation: Vec::new(),
        near: None,
        semantic: None,
        clusters: Vec::new(),
        redacted: None,
        shards: 10,
        bytes_in: 512_345_678,
        bytes_out: 98_765_432,
        seconds: 83.25,
        engine: "local".into(),
        devices: vec!["cpu".into()],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_object_scripts_read() {
        assert_eq!(
            serde_json::to_string(&sample()).unwrap(),
            concat!(
                r#"{"run":"2026-11-22","commit":3,"noop":false,"records":{"in":1502231,"lines":1100014,"#,
                r#""harvested":402217,"fates":{"rejected:bad_id":3,"rejected:invalid_json":12,"event":121113,"#,
                r#""deleted":6871,"retweet":402118,"duplicate_id":98765,"duplicate_exact":61004,"kept":812345}},"#,
                r#""members":{"complete":1438,"truncated":2,"corrupt":0,"bomb":0,"too_large":0,"#,
                r#""unsupported":0},"documents":812345,"tokens":25123456,"shards":10,"bytes_in":512345678,"bytes_out":98765432,"#,
                r#""seconds":83.25,"engine":"local","devices":["cpu"]}"#
            )
        );
    }

    #[test]
    fn what_was_redacted_follows_the_tokens() {
        let redacted = Some(Redacted { mentions: 1, urls: 2, emails: 3, phones: 4 });
        let json = serde_json::to_string(&RunSummary { redacted, ..sample() }).unwrap();
        let told =
            r#""tokens":25123456,"redacted":{"mentions":1,"urls":2,"emails":3,"phones":4},"shards":10"#;
        assert!(json.contains(told), "{json}");
    }

    #[test]
    fn counts_of_one_fate_add_up() {
        let mut fates = FateCounts::default();
        fates.add("kept", 2);
        fates.add("kept", 3);
        assert_eq!(fates.iter().collect::<Vec<_>>(), [("kept", 5)]);
    }
}
