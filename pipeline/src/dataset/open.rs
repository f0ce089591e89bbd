//! A data set as its commits tell it.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path;

use crate::engine::Location;
use crate::error::{Error, ErrorKind, Result};
use crate::sink::CommitLog;
use crate::sink::manifest::{Commit, DataFile, Pinned, RunRecord};

/// A data set with at least one commit; a later commit is not seen.
#[derive(Debug, Clone)]
pub struct DataSet {
    place: Location,
    commits: Vec<Commit>,
    newest: Commit,
}

impl DataSet {
    /// Reads all commits of the data set at `place`.
    ///
    /// Errs where there is none, where one is missing, or where one does not follow from the one before.
    pub async fn open(place: Location) -> Result<Self> {
        let commits = CommitLog::new(place.clone()).all().await?;
        let Some(newest) = commits.last().cloned() else {
            return Err(Error::new(ErrorKind::Store, format!("there is no data set at {place}"))
                .with_hint("a data set starts with its first commit: check the URL, or run one"));
        };
        Ok(Self { place, commits, newest })
    }

    /// Where its objects are.
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.place.store
    }

    /// Its place in the store.
    pub fn root(&self) -> &Path {
        &self.place.path
    }

    /// Its commits in order, at least one.
    pub fn commits(&self) -> &[Commit] {
        &self.commits
    }

    /// Settings all its commits share.
    pub fn pinned(&self) -> &Pinned {
        &self.newest.pinned
    }

    /// The committed shards with the commit of each, in order; of one split, or of all.
    pub fn files<'a>(&'a self, split: Option<&'a str>) -> impl Iterator<Item = (&'a Commit, &'a DataFile)> {
        let wanted = move |file: &DataFile| split.is_none_or(|split| file.split == split);
        self.commits.iter().flat_map(move |commit| {
            commit.files.iter().filter(move |file| wanted(file)).map(move |file| (commit, file))
        })
    }

    /// The record of the run that made `commit`; None where it is lost, or cannot be read.
    pub async fn run_of(&self, commit: &Commit) -> Result<Option<RunRecord>> {
        CommitLog::new(self.place.clone()).run_of(commit).await
    }
}
