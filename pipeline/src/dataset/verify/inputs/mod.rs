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
use arrow::datatypes::{Field, Schema};
use datafusion::common::JoinType;
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionContext, col, lit};

use super::Verification;
use crate::dataset::{DataSet, archives};
use crate::engine::{Engine, Storage};
use crate::error::Result;
use crate::pins;
use crate::progress::Progress;
use crate::schema::{Origin, RecordKind};
use crate::sink::manifest::{Pinned, RunRecord, SideFile};
use crate::source::container::End;
use crate::source::file_source::Archives;
use crate::source::limits::ReadLimits;
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
    let again = Again::find(report, data_set, engine).await?;
    if again.units.is_empty() {
        return Ok(());
    }
    progress.begin("reading the archives again", Some(again.units.iter().map(Unit::bytes).sum()));
    let found = again.read(data_set.pinned(), (engine, session), progress).await?;
    report.records_again = Some(found.rows(|_| true));
    progress.begin("comparing", None);
    let (found, told) = (found.read(session, |_| true)?, again.told(data_set, session)?);
    lines::have_fates(report, &again, found.clone(), told.clone()).await?;
    texts::are_near(report, data_set, &again, (engine, session), found, told).await
}

/// The archives, found again.
#[derive(Default)]
struct Again {
    /// The units of all runs, under ordinals of their own.
    units: Vec<Unit>,
    /// Of each: number of the commit, and ordinal in its run.
    of: Vec<(i64, i32)>,
    /// Members that were not read to their end: more may be found in them.
    cut: Vec<(i32, i32)>,
    /// Provenance of the runs.
    provenance: Vec<(u64, SideFile)>,
    /// Whether all archives of all commits are there.
    complete: bool,
}

impl Again {
    async fn find(report: &mut Verification, data_set: &DataSet, engine: &Engine) -> Result<Self> {
        let storage = Storage::new();
        let mut again = Self { complete: true, ..Self::default() };
        for commit in data_set.commits() {
            // That its record is lost was told before.
            let Some(run) = data_set.run_of(commit).await? else {
                again.complete = false;
                continue;
            };
            again.add(report, commit.number, &run, commit.part.is_some(), &storage).await;
        }
        engine.register_stores(&storage);
        Ok(again)
    }

    async fn add(
        &mut self,
        report: &mut Verification,
        commit: u64,
        run: &RunRecord,
        in_part: bool,
        storage: &Storage,
    ) {
        self.provenance.extend(run.provenance.iter().map(|file| (commit, file.clone())));
        let mut told = None;
        for read in &run.units {
            let ordinal = self.units.len() as i32;
            match archives::unit(run, read.unit, storage).await {
                Ok(unit) => self.units.push(Unit { ordinal, ..unit }),
                Err(error) => {
                    self.complete = false;
                    let what = error.to_string();
                    // Once for all ranges of an archive.
                    if told.as_ref() != Some(&read.url) {
                        let first = what.lines().next().unwrap_or_default();
                        report.unchecked.push(format!("an archive of commit {commit}: {first}"));
                    }
                    told = Some(read.url.clone());
                    continue;
                }
            }
            self.of.push((commit as i64, read.unit));
            let cut = read.members.iter().filter(|member| in_part || member.state != End::Complete.name());
            self.cut.extend(cut.map(|member| (ordinal, member.member)));
        }
    }

    /// The records of the archives, their place and what tells them apart, tweets with what their texts are compared by.
    async fn read(
        &self,
        pinned: &Pinned,
        (engine, session): (&Engine, &SessionContext),
        progress: &Arc<Progress>,
    ) -> Result<Boundary> {
        let archives = Archives::new(self.units.clone(), ReadLimits::default(), Arc::clone(progress));
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
        let files = self.provenance.iter().map(|(commit, file)| (*commit, file));
        let provenance = session.read_table(Arc::new(data_set.provenance(session, files)?))?;
        let (commits, units): (Vec<i64>, Vec<i32>) = self.of.iter().copied().unzip();
        let again = table(
            session,
            [
                ("of_commit", Arc::new(Int64Array::from(commits))),
                ("of_unit", Arc::new(Int32Array::from(units))),
                ("again", Arc::new(Int32Array::from_iter_values(0..self.units.len() as i32))),
            ],
        )?;
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

    /// `file › member` of a place.
    fn name(&self, again: i32) -> String {
        let unit = usize::try_from(again).ok().and_then(|again| self.units.get(again));
        unit.map_or_else(|| "an archive".to_owned(), |unit| unit.object.url())
    }
}

fn table<const N: usize>(session: &SessionContext, columns: [(&str, ArrayRef); N]) -> Result<DataFrame> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, values)| Field::new(*name, values.data_type().clone(), false)).collect();
    let schema = Arc::new(Schema::new(fields));
    let values = columns.into_iter().map(|(_, values)| values).collect();
    let rows = RecordBatch::try_new(Arc::clone(&schema), values)?;
    Ok(session.read_table(Arc::new(MemTable::try_new(schema, vec![vec![rows]])?))?)
}
