//! Every promise of a committed data set, checked again from its bytes.
//!
//! ```text
//!  each commit ─► do its numbers add up?                                    (Commit::contradictions)
//!  each file   ─► there? size? digest? ─► schema, rows, tokens, order       (file)
//!  all rows    ─► SQL over narrow columns: one id once, no key in two splits,
//!                 every record one fate, every duplicate a survivor         (accounting)
//!  archives   ─► if asked: the same lines, texts as near as was said         (inputs)
//! ```
//!
//! Memory is bounded: files are read one batch at a time, and what must be compared across files goes
//! through the engine, which spills.

mod accounting;
mod file;
mod history;
mod inputs;
mod near;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::prelude::SessionContext;
use futures::StreamExt;

use super::{DataSet, ShuffleKey};
use crate::engine::Engine;
use crate::error::Result;
use crate::history::near::{KEYS, TEXTS, is_of, least_key_rows};
use crate::progress::Progress;
use crate::quantity;
use crate::sink::manifest::{Commit, SideFile};

/// What verifying needs beside the data set.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where a document stands in the shuffle.
    pub shuffle_key: ShuffleKey,
    /// Folder for one copy at a time, per reader, of files in a remote store.
    pub spool: PathBuf,
    /// Files read at the same time, at least 1.
    pub readers: usize,
}

/// What was checked, and what failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Commits read.
    pub commits: u64,
    /// Files whose bytes were read.
    pub files: u64,
    /// Documents in the commits.
    pub documents: u64,
    /// Tokens in the commits.
    pub tokens: u64,
    /// Records of the archives, where these were read again.
    pub records_again: Option<u64>,
    /// Promises that don't hold; empty for a sound data set.
    pub failures: Vec<Failure>,
    /// Checks that could not be made, with why. A sound data set may have some.
    pub unchecked: Vec<String>,
}

/// A promise that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Name of the check, such as `digest` or `split leak`.
    pub check: &'static str,
    /// The file, or the commit, it was found in.
    pub place: String,
    /// What was found, and what was expected.
    pub reason: String,
}

impl Verification {
    /// Whether every check that could be made passed.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    fn fail(&mut self, check: &'static str, place: impl Into<String>, reason: impl Into<String>) {
        self.failures.push(Failure { check, place: place.into(), reason: reason.into() });
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Failure { check, place, reason } in &self.failures {
            writeln!(f, "FAILED {check}: {place}: {reason}")?;
        }
        for reason in &self.unchecked {
            writeln!(f, "not checked: {reason}")?;
        }
        let Self { commits, files, documents, tokens, failures, .. } = self;
        let verdict =
            if self.passed() { "ok".to_owned() } else { format!("{} checks failed", failures.len()) };
        let found = [(commits, "commit"), (files, "file"), (documents, "document"), (tokens, "token")];
        write!(f, "{verdict}: {}", found.map(|(number, thing)| quantity::of(*number, thing)).join(", "))?;
        if let Some(records) = self.records_again {
            write!(f, ", {} in the archives", quantity::of(records, "record"))?;
        }
        Ok(())
    }
}

/// Checks the whole data set; errs only where checking itself is impossible.
///
/// `engine` gets the tables `documents` and `fates`.
pub async fn verify(data_set: &DataSet, engine: &SessionContext, options: &Options) -> Result<Verification> {
    let mut report = Verification { commits: data_set.commits().len() as u64, ..Verification::default() };
    for (index, commit) in data_set.commits().iter().enumerate() {
        check_commit(&mut report, data_set, commit)?;
        check_absorbed(&mut report, commit, &data_set.commits()[..=index]);
    }
    let damaged = check_files(&mut report, data_set, options).await?;
    if damaged {
        report.unchecked.push("uniqueness, splits and fates: mend the files above first".to_owned());
    } else {
        accounting::check(&mut report, data_set, engine, options).await?;
        near::check(&mut report, data_set, engine).await?;
    }
    Ok(report)
}

/// Adds to `report`, of [`verify`], what the archives contradict that the commits were made from; they are read again.
///
/// `session`, of `engine`, is what [`verify`] got.
pub async fn against_inputs(
    report: &mut Verification,
    data_set: &DataSet,
    (engine, session): (&Engine, &SessionContext),
    progress: &Arc<Progress>,
) -> Result<()> {
    if report.passed() {
        return inputs::check(report, data_set, (engine, session), progress).await;
    }
    report.unchecked.push("the archives: mend the data set first".to_owned());
    Ok(())
}

fn check_commit(report: &mut Verification, data_set: &DataSet, commit: &Commit) -> Result<()> {
    let place = format!("commit {}", commit.number);
    report.documents += commit.documents;
    report.tokens += commit.tokens;
    for wrong in commit.contradictions() {
        report.fail("accounting", &place, wrong);
    }
    for setting in commit.pinned.differences(data_set.pinned())? {
        report.fail("pinned", &place, format!("`{setting}` differs from the newest commit"));
    }
    for file in &commit.files {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if name != file.id().file_name(&file.digest) {
            report.fail("name", &file.path, "the name does not tell split, shard and digest");
        }
    }
    Ok(())
}

/// A file of keys that stands in for others has all of theirs; `so_far` are the commits up to this one.
fn check_absorbed(report: &mut Verification, commit: &Commit, so_far: &[Commit]) {
    let place = format!("commit {}", commit.number);
    let held: u64 = commit.history.iter().filter(|file| is_of(file, KEYS)).map(|file| file.rows).sum();
    match least_key_rows(so_far) {
        Err(error) => report.fail("history", place, error.to_string()),
        Ok(least) if held < least => {
            report.fail(
                "history",
                place,
                format!("{held} keys, which stand in for {least} of earlier commits"),
            );
        }
        Ok(_) => {}
    }
}

/// Reads every file once; true where one can't be trusted, so that comparing rows makes no sense.
async fn check_files(report: &mut Verification, data_set: &DataSet, options: &Options) -> Result<bool> {
    let (mut checks, mut next_place) = (Vec::new(), 0);
    for commit in data_set.commits() {
        for shard in &commit.files {
            checks.push(file::Check::shard(shard, data_set.pinned())?);
        }
        let items = !commit.evaluation.is_empty();
        checks.extend(commit.fates.iter().map(|file| file::Check::fates(file, items)));
        checks.extend(commit.history.iter().map(|file| file::Check::history(file, next_place)));
        next_place +=
            commit.history.iter().filter(|file| is_of(file, TEXTS)).map(|file| file.rows).sum::<u64>();
        checks.extend(run_checks(report, data_set, commit).await?);
    }
    let mut results = futures::stream::iter(checks)
        .map(|check| check.run(data_set, options))
        .buffered(options.readers.max(1));
    let mut damaged = false;
    while let Some(result) = results.next().await {
        let findings = result?;
        report.files += 1;
        damaged |= findings.damaged;
        report.failures.extend(findings.failures);
    }
    Ok(damaged)
}

/// What the run of a commit left beside it. Its record is no part of the commit: losing it costs no more
/// than the place of each record.
async fn run_checks(
    report: &mut Verification,
    data_set: &DataSet,
    commit: &Commit,
) -> Result<Vec<file::Check>> {
    let Some(run) = data_set.run_of(commit).await? else {
        let lost = format!("provenance of commit {}: the record of its run is lost", commit.number);
        report.unchecked.push(lost);
        return Ok(Vec::new());
    };
    let rows = |files: &[SideFile]| files.iter().map(|file| file.rows).sum::<u64>();
    if rows(&run.provenance) != rows(&commit.fates) {
        let (known, records) = (rows(&run.provenance), rows(&commit.fates));
        let reason = format!("provenance of {known} records, fates of {records}");
        report.fail("provenance", format!("commit {}", commit.number), reason);
    }
    let provenance = run.provenance.iter().map(file::Check::provenance);
    Ok(provenance.chain(run.rejects.iter().map(file::Check::rejects)).collect())
}

#[cfg(test)]
mod tests;
