//! What the archives themselves say: that the records in them are those that have fates, and that each text which was dropped
//! is as near to its survivor as its fate says.
//!
//! ```text
//!  archives, read again ─► records with canonical texts ─┐ by place
//!  provenance of the runs ───────────────────────────────┴─► told as often as found?
//!                                                        └─► texts of duplicates and of survivors ─► compared
//! ```

mod lines;
mod texts;

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch};
use datafusion::common::JoinType;
use datafusion::dataframe::DataFrame;
use datafusion::prelude::{SessionContext, col, lit};

use super::Verification;
use crate::config;
use crate::dataset::{DataSet, archives};
use crate::engine::{Engine, Storage};
use crate::error::Result;
use crate::fate::{CONTAMINATED, DUPLICATE_SEMANTIC, FILTERED};
use crate::pins;
use crate::progress::Progress;
use crate::schema::{Origin, RecordKind};
use crate::sink::manifest::{Pinned, RunRecord};
use crate::source::container::End;
use crate::source::file_source::Archives;
use crate::source::limits::ReadLimits;
use crate::source::tweet::RECORD_VERSION;
use crate::source::unit::Unit;
use crate::stages::boundary::Boundary;
use crate::stages::redact;

/// Reads the archives of all commits again and adds to `report` what they contradict. An archive that is gone, or is not what
/// was read, is told as not checked.
///
/// `session` has the table `fates`; what it spills, and the records with their texts, lie in the scratch space of `engine`.
pub(super) async fn check(
    report: &mut Verification,
    data_set: &DataSet,
    (engine, session): (&Engine, &SessionContext),
    progress: &Arc<Progress>,
) -> Result<()> {
    let pinned = data_set.pinned();
    if pinned.record_version != RECORD_VERSION {
        report.unchecked.push("the archives: this program makes records by other rules".to_owned());
        return Ok(());
    }
    let again = Again::find(report, data_set, engine).await?;
    if again.units.is_empty() {
        return Ok(());
    }
    progress.begin("reading the archives again", Some(again.units.iter().map(Unit::bytes).sum()));
    let found = again.read(pinned, (engine, session), progress).await?;
    report.records_again = Some(found.rows(|_| true));
    progress.begin("comparing", None);
    let (found, told) = (found.read(session, |_| true)?, again.told(data_set, session)?);
    lines::have_fates(report, &again, found.clone(), told.clone()).await?;
    let has = |kind: &str| {
        let mut fates = data_set.commits().iter().flat_map(|commit| commit.records.fates.keys());
        fates.any(|fate| fate.starts_with(kind))
    };
    for (fate, what) in [
        (
            format!("{FILTERED}{CONTAMINATED}"),
            "what contains an item of an evaluation set: the sets are not kept",
        ),
        (DUPLICATE_SEMANTIC.to_owned(), "the vectors of semantic duplicates: they are not made again"),
    ] {
        if has(&fate) {
            report.unchecked.push(what.to_owned());
        }
    }
    if pins::compares_as_this_program(pinned) {
        return texts::are_near(report, data_set, &again, (engine, session), found, told).await;
    }
    report.unchecked.push("the texts of duplicates: this program compares by other rules".to_owned());
    Ok(())
}

/// The run of a commit.
struct Run {
    commit: u64,
    record: RunRecord,
    /// Whether it was content with a part of its inputs: more may be found anywhere.
    in_part: bool,
}

/// The archives, found again.
#[derive(Default)]
struct Again {
    /// The units of all runs, under ordinals of their own.
    units: Vec<Unit>,
    /// Of each: the index of its run, and its ordinal there.
    of: Vec<(usize, i32)>,
    /// The runs of the commits whose records are not lost.
    runs: Vec<Run>,
    /// Whether all archives of all commits are there.
    complete: bool,
}

impl Again {
    async fn find(report: &mut Verification, data_set: &DataSet, engine: &Engine) -> Result<Self> {
        let storage = Storage::new();
        let mut again = Self { complete: true, ..Self::default() };
        for commit in data_set.commits() {
            // That its record is lost was told before.
            let Some(record) = data_set.run_of(commit).await? else {
                again.complete = false;
                continue;
            };
            let run = Run { commit: commit.number, record, in_part: commit.part.is_some() };
            again.add(report, run, &storage).await;
        }
        engine.register_stores(&storage);
        Ok(again)
    }

    async fn add(&mut self, report: &mut Verification, run: Run, storage: &Storage) {
        let mut told: Option<&str> = None;
        for read in &run.record.units {
            let ordinal = self.units.len() as i32;
            match archives::unit(&run.record, read.unit, storage).await {
                Ok(unit) => {
                    self.units.push(Unit { ordinal, ..unit });
                    self.of.push((self.runs.len(), read.unit));
                }
                Err(error) => {
                    self.complete = false;
                    // Once for all ranges of an archive.
                    if told != Some(&read.url) {
                        let what = error.to_string();
                        let first = what.lines().next().unwrap_or_default();
                        report.unchecked.push(format!("an archive of commit {}: {first}", run.commit));
                    }
                    told = Some(&read.url);
                }
            }
        }
        self.runs.push(run);
    }

    /// The run of the unit `again`, and the unit's ordinal there.
    fn run(&self, again: i32) -> Option<(&Run, i32)> {
        let (run, unit) = self.of.get(usize::try_from(again).ok()?)?;
        Some((self.runs.get(*run)?, *unit))
    }

    /// Whether more may be found in a member than its run read: it was content with a part, or met damage.
    fn may_hold_more(&self, again: i32, member: i32) -> bool {
        self.run(again).is_some_and(|(run, unit)| {
            let unit = run.record.units.iter().find(|known| known.unit == unit);
            let member = unit.and_then(|unit| unit.members.iter().find(|known| known.member == member));
            run.in_part || member.is_some_and(|member| member.state != End::Complete.name())
        })
    }

    /// Where a member is, for people.
    fn place(&self, again: i32, member: i32) -> String {
        let place = self.run(again).and_then(|(run, unit)| run.record.place(unit, member));
        place.unwrap_or_else(|| "an archive".to_owned())
    }

    /// The records of the archives, their place and what tells them apart, tweets with what their texts are compared by.
    async fn read(
        &self,
        pinned: &Pinned,
        (engine, session): (&Engine, &SessionContext),
        progress: &Arc<Progress>,
    ) -> Result<Boundary> {
        // What a run's own limits refused may be found; what they let pass must be.
        let limits = ReadLimits::from(config::Limits::MOST);
        let archives = Archives::new(self.units.clone(), limits, Arc::clone(progress));
        let records = session.read_table(Arc::new(archives.without_retweet_texts()))?;
        let records = records.filter(col("kind").lt_eq(lit(RecordKind::Reject as u8)))?;
        let tweet = format!("CASE WHEN kind = {}", RecordKind::Tweet as u8);
        let redact = pins::redact(pinned)?;
        let origin = format!("{} AS origin", Origin::name_sql());
        let texts = [
            format!("{tweet} THEN content_hash(text) END AS content_hash"),
            format!("{tweet} THEN {} END AS canonical", redact::compared_sql(redact)),
        ];
        let records = records.select_exprs(&[
            "unit AS again",
            "member",
            "\"offset\" AS byte_offset",
            "tweet_id",
            &origin,
            "coalesce(carrier_id, 0) AS carrier_id",
            &texts[0],
            &texts[1],
            "0 AS bucket",
        ])?;
        Boundary::write(records, &engine.scratch().join("found"), engine.writer_bytes()).await
    }

    /// What the runs tell of the records in these archives.
    fn told(&self, data_set: &DataSet, session: &SessionContext) -> Result<DataFrame> {
        let files =
            self.runs.iter().flat_map(|run| run.record.provenance.iter().map(|file| (run.commit, file)));
        let provenance = session.read_table(Arc::new(data_set.provenance(session, files)?))?;
        let (mut commits, mut units) = (Vec::new(), Vec::new());
        for (run, unit) in &self.of {
            commits.extend(self.runs.get(*run).map(|run| run.commit as i64));
            units.push(*unit);
        }
        let columns: [(&str, ArrayRef); 3] = [
            ("of_commit", Arc::new(Int64Array::from(commits))),
            ("of_unit", Arc::new(Int32Array::from(units))),
            ("again", Arc::new(Int32Array::from_iter_values(0..self.units.len() as i32))),
        ];
        let again = session.read_batch(RecordBatch::try_from_iter(columns)?)?;
        let (ours, theirs) = (["commit_number", "unit"], ["of_commit", "of_unit"]);
        let told = provenance.join(again, JoinType::Inner, &ours, &theirs, None)?;
        Ok(told.select_exprs(&[
            "commit_number",
            "again",
            "member",
            "\"offset\" AS byte_offset",
            "tweet_id",
            "origin",
            "coalesce(carrier_id, 0) AS carrier_id",
            "fate",
        ])?)
    }
}
