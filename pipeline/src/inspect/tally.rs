//! Counting while records stream by.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type, TimestampMillisecondType, UInt8Type};
use futures::TryStreamExt;

use super::contents::{BAD_LINES, BadLine, EXAMPLES, Example};
use crate::engine::{Engine, Joins};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::schema::{Origin, RecordKind};
use crate::source::container::RangeReport;
use crate::source::file_source::Archives;
use crate::source::limits::ReadLimits;
use crate::source::member_report::{MemberReport, Report};
use crate::source::unit::Unit;

/// Columns that are counted.
const COLUMNS: [&str; 11] =
    ["kind", "reason", "origin", "tweet_id", "created_at", "lang", "text", "raw", "unit", "member", "offset"];

/// What was counted of a unit, or of several in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// Closing reports of its members, in order.
    pub(super) members: Vec<MemberReport>,
    /// Where it was read from and to.
    pub(super) range: Option<RangeReport>,
    /// Lines that are tweets.
    pub(super) tweets: u64,
    /// Lines that are retweets.
    pub(super) retweets: u64,
    /// Originals found inside retweets, and inside quotes.
    pub(super) harvested: [u64; 2],
    /// Lines that are stream messages, by kind.
    pub(super) events: BTreeMap<String, u64>,
    /// Lines that could not be read, by reason.
    pub(super) rejects: BTreeMap<String, u64>,
    /// Tweets by language tag; those without have the empty one.
    pub(super) languages: BTreeMap<String, u64>,
    /// When the earliest and the latest line was written, in UTC milliseconds.
    pub(super) span: Option<(i64, i64)>,
    /// The first lines that could not be read, each with the ordinal of its member until that is known by
    /// name.
    pub(super) bad_lines: Vec<(i32, BadLine)>,
    /// The first tweets.
    pub(super) examples: Vec<(i32, Example)>,
}

/// Reads `units` into `tallies`, by their ordinals.
pub(super) async fn read(
    engine: &Engine,
    units: Vec<Unit>,
    progress: &Arc<Progress>,
    tallies: &mut BTreeMap<i32, Tally>,
) -> Result<()> {
    let session = engine.session(engine.threads(), Joins::Merge)?;
    let archives = Archives::new(units, ReadLimits::default(), Arc::clone(progress));
    let records = session.read_table(Arc::new(archives))?.select_columns(&COLUMNS)?;
    let mut batches = records.execute_stream().await?;
    while let Some(batch) = batches.try_next().await? {
        count(&batch, tallies)?;
    }
    for tally in tallies.values_mut() {
        tally.name_members();
    }
    Ok(())
}

fn count(batch: &RecordBatch, tallies: &mut BTreeMap<i32, Tally>) -> Result<()> {
    let units = column(batch, "unit")?.as_primitive::<Int32Type>();
    let rows = Rows::of(batch)?;
    for row in 0..batch.num_rows() {
        tallies.entry(units.value(row)).or_default().take(&rows, row);
    }
    for report in Report::from_rows(batch)? {
        match report {
            Report::Unit { unit, range } => tallies.entry(unit).or_default().range = Some(range),
            Report::Member { unit, report, .. } => tallies.entry(unit).or_default().members.push(report),
        }
    }
    Ok(())
}

/// The columns of a batch.
struct Rows<'a> {
    kinds: &'a arrow::array::UInt8Array,
    reasons: &'a arrow::array::StringArray,
    origins: &'a arrow::array::UInt8Array,
    ids: &'a arrow::array::Int64Array,
    times: &'a arrow::array::TimestampMillisecondArray,
    languages: &'a arrow::array::StringArray,
    texts: &'a arrow::array::StringArray,
    raw: &'a arrow::array::BinaryArray,
    members: &'a arrow::array::Int32Array,
    offsets: &'a arrow::array::Int64Array,
}

impl<'a> Rows<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self> {
        Ok(Self {
            kinds: column(batch, "kind")?.as_primitive::<UInt8Type>(),
            reasons: column(batch, "reason")?.as_string(),
            origins: column(batch, "origin")?.as_primitive::<UInt8Type>(),
            ids: column(batch, "tweet_id")?.as_primitive::<Int64Type>(),
            times: column(batch, "created_at")?.as_primitive::<TimestampMillisecondType>(),
            languages: column(batch, "lang")?.as_string(),
            texts: column(batch, "text")?.as_string(),
            raw: column(batch, "raw")?.as_binary(),
            members: column(batch, "member")?.as_primitive::<Int32Type>(),
            offsets: column(batch, "offset")?.as_primitive::<Int64Type>(),
        })
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    let missing = || Error::new(ErrorKind::Defect, format!("records without a column {name}"));
    batch.column_by_name(name).ok_or_else(missing)
}

fn one_more(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

impl Tally {
    fn take(&mut self, rows: &Rows<'_>, row: usize) {
        let reason = || if rows.reasons.is_valid(row) { rows.reasons.value(row) } else { "unknown" };
        let kind = rows.kinds.value(row);
        if kind == RecordKind::Tweet as u8 {
            self.tweet(rows, row);
        } else if kind == RecordKind::Retweet as u8 {
            self.retweets += 1;
            self.reach(rows, row);
        } else if kind == RecordKind::Event as u8 {
            one_more(&mut self.events, reason());
        } else if kind == RecordKind::Reject as u8 {
            one_more(&mut self.rejects, reason());
            if self.bad_lines.len() < BAD_LINES {
                let start = if rows.raw.is_valid(row) { rows.raw.value(row) } else { &[] };
                let bad = BadLine::new(reason(), rows.offsets.value(row), start);
                self.bad_lines.push((rows.members.value(row), bad));
            }
        }
    }

    fn tweet(&mut self, rows: &Rows<'_>, row: usize) {
        let lang = if rows.languages.is_valid(row) { rows.languages.value(row) } else { "" };
        one_more(&mut self.languages, lang);
        let origin = rows.origins.value(row);
        if origin != Origin::Line as u8 {
            self.harvested[usize::from(origin == Origin::Quoted as u8)] += 1;
            return;
        }
        self.tweets += 1;
        self.reach(rows, row);
        if self.examples.len() < EXAMPLES && rows.texts.is_valid(row) {
            let example = Example {
                tweet_id: rows.ids.value(row),
                created_at: rows
                    .times
                    .is_valid(row)
                    .then(|| rows.times.value(row))
                    .and_then(super::contents::time),
                lang: (!lang.is_empty()).then(|| lang.to_owned()),
                text: rows.texts.value(row).to_owned(),
                member: String::new(),
                offset: rows.offsets.value(row),
            };
            self.examples.push((rows.members.value(row), example));
        }
    }

    /// Lines tell when an archive was made; the originals inside them may be years older.
    fn reach(&mut self, rows: &Rows<'_>, row: usize) {
        if rows.times.is_valid(row) {
            let at = rows.times.value(row);
            let (first, last) = self.span.unwrap_or((at, at));
            self.span = Some((first.min(at), last.max(at)));
        }
    }

    fn name_members(&mut self) {
        let label = |member: i32| {
            let report = usize::try_from(member).ok().and_then(|member| self.members.get(member));
            report.map(|report| report.label.clone()).unwrap_or_default()
        };
        for (member, bad) in &mut self.bad_lines {
            bad.member = label(*member);
        }
        for (member, example) in &mut self.examples {
            example.member = label(*member);
        }
    }

    /// Adds what was counted of the unit or object that follows.
    pub(super) fn add(&mut self, next: Self) {
        let Self { members, range: _, tweets, retweets, harvested, events, rejects, languages, .. } = next;
        self.members.extend(members);
        self.tweets += tweets;
        self.retweets += retweets;
        self.harvested[0] += harvested[0];
        self.harvested[1] += harvested[1];
        for (mine, theirs) in
            [(&mut self.events, events), (&mut self.rejects, rejects), (&mut self.languages, languages)]
        {
            for (name, count) in theirs {
                *mine.entry(name).or_default() += count;
            }
        }
        self.span = match (self.span, next.span) {
            (Some((first, last)), Some((other_first, other_last))) => {
                Some((first.min(other_first), last.max(other_last)))
            }
            (one, other) => one.or(other),
        };
        self.bad_lines.extend(next.bad_lines);
        self.bad_lines.truncate(BAD_LINES);
        self.examples.extend(next.examples);
        self.examples.truncate(EXAMPLES);
    }
}
