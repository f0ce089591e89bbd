//! The commit log: the next numbered object, put only if it is absent.
//!
//! ```text
//!  put-if-absent commits/N.json ─► ok ───────────────────────────────► done
//!                               └► any other answer ─► read it back ─► our id: done
//!                                                                   ├► another id: lost the race
//!                                                                   └► nothing there: try again
//! ```
//!
//! A store that took our object and lost the answer, one that refused it because another was first, and
//! one that never saw it may all answer alike (S3 turns a retried success into "precondition failed"), so
//! no answer but "ok" is believed. Only put-if-absent of a *new* key works on every store, hence one
//! object a commit instead of one that is replaced.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutMode, PutOptions};

use super::manifest::{Commit, RunRecord};
use super::paths;
use crate::engine::Location;
use crate::error::{Error, ErrorKind, Result};

/// Puts of one commit before giving up: with the pauses below, about six seconds.
const ATTEMPTS: u32 = 6;
/// First pause between two puts; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Commit objects read at the same time.
const READS: usize = 16;
/// What to do where a commit that later ones were built on is damaged.
const RESTORE: &str = "put it back from a copy of the data set: the commits after it were built on it";

/// What became of an attempt to commit.
#[derive(Debug, Clone, PartialEq)]
pub enum Attempt {
    /// The commit is there, and it is ours.
    Done,
    /// Another run took the number; its commit is given. Where its content equals ours, nothing is left
    /// to do; else the work starts again on top of it.
    Lost(Box<Commit>),
}

/// The commits of one data set.
#[derive(Debug, Clone)]
pub struct CommitLog {
    place: Location,
    first_pause: Duration,
}

impl CommitLog {
    /// The log of the data set at `place`; there may be none yet.
    pub fn new(place: Location) -> Self {
        Self { place, first_pause: FIRST_PAUSE }
    }

    /// Waits this long before the second attempt, twice as long before each later one.
    #[must_use]
    pub fn with_first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self
    }

    /// Numbers of all commits, ascending.
    pub async fn numbers(&self) -> Result<Vec<u64>> {
        let folder = paths::object(&self.place.path, paths::COMMITS)?;
        let mut numbers = Vec::new();
        let mut objects = self.place.store.list(Some(&folder));
        while let Some(object) = objects.try_next().await? {
            let Some(number) = object.location.filename().and_then(paths::commit_number) else {
                let url = self.place.url_of(&object.location);
                let message = format!("{url} is no commit, yet lies among them");
                return Err(Error::new(ErrorKind::Store, message).with_hint("move it out of the data set"));
            };
            numbers.push(number);
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// All commits in order; checks that numbers have no gaps and each commit names the one before it.
    pub async fn all(&self) -> Result<Vec<Commit>> {
        let numbers = self.numbers().await?;
        for (number, expected) in numbers.iter().zip(1..) {
            if *number != expected {
                let url = self.place.url_of(&self.location(expected)?);
                let message =
                    format!("commit {expected} is missing, though there is a commit {number}: no {url}");
                return Err(Error::new(ErrorKind::Store, message).with_hint(RESTORE));
            }
        }
        let newest = numbers.last().copied();
        let commits: Vec<Commit> = futures::stream::iter(numbers)
            .map(|number| self.listed(number, newest == Some(number)))
            .buffered(READS)
            .try_collect()
            .await?;
        let mut before = None;
        for commit in &commits {
            if commit.parent != before {
                let url = self.place.url_of(&self.location(commit.number)?);
                let message =
                    format!("commit {} was not built on the commit before it: {url}", commit.number);
                return Err(Error::new(ErrorKind::Store, message).with_hint(
                    "an older commit was changed after it was made, or copied from another data set",
                ));
            }
            before = Some(commit.as_parent()?);
        }
        Ok(commits)
    }

    /// Puts `commit` as its number, if no other run was faster.
    ///
    /// Calling it again with the same commit, after any error or crash, is safe. Errs when the store could
    /// neither take it nor show that it is absent, and when the commit contradicts itself.
    pub async fn try_commit(&self, commit: &Commit) -> Result<Attempt> {
        if let Some(wrong) = commit.contradictions().first() {
            return Err(Error::new(
                ErrorKind::Defect,
                format!("commit {} does not add up: {wrong}", commit.number),
            ));
        }
        let location = self.location(commit.number)?;
        let json = Bytes::from(commit.to_json()?);
        let mut answer = None;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(self.first_pause * 2_u32.pow(attempt - 1)).await;
            }
            let options = PutOptions::from(PutMode::Create);
            match self.place.store.put_opts(&location, json.clone().into(), options).await {
                Ok(_) => return Ok(Attempt::Done),
                Err(error) if refused_for_good(&error) => return Err(error.into()),
                Err(error) => answer = Some(error),
            }
            match self.fetch(commit.number).await {
                Ok(Some(json)) => {
                    let found = self.parse(&json, commit.number, true)?;
                    let ours = found.id == commit.id;
                    return Ok(if ours { Attempt::Done } else { Attempt::Lost(Box::new(found)) });
                }
                Ok(None) => {}
                Err(error) => answer = Some(error),
            }
        }
        let url = self.place.url_of(&location);
        let message = format!("the store neither took {url} nor showed that it is absent");
        let error = Error::new(ErrorKind::Store, message)
            .with_hint("run it again: a commit that did arrive is found");
        Err(match answer {
            Some(answer) => error.with_source(answer),
            None => error,
        })
    }

    /// Writes what is not deterministic about a run; a second call replaces the first.
    pub async fn put_run(&self, run: &RunRecord) -> Result<()> {
        self.place.store.put(&self.run_location(&run.id)?, run.to_json()?.into()).await?;
        Ok(())
    }

    /// The record of the run that made `commit`; None where it is lost, or cannot be read: nothing that
    /// counts depends on it.
    pub async fn run_of(&self, commit: &Commit) -> Result<Option<RunRecord>> {
        let location = self.run_location(&commit.id)?;
        let json = match self.place.store.get(&location).await {
            Ok(object) => object.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match RunRecord::from_json(&json) {
            Ok(run) => Ok(Some(run)),
            Err(error) => {
                let url = self.place.url_of(&location);
                tracing::warn!("{url} is taken for lost, which costs the places of records: {error}");
                Ok(None)
            }
        }
    }

    async fn listed(&self, number: u64, newest: bool) -> Result<Commit> {
        let Some(json) = self.fetch(number).await? else {
            let url = self.place.url_of(&self.location(number)?);
            return Err(Error::new(ErrorKind::Store, format!("{url} was listed, but is not there"))
                .with_hint("run it again; if that does not help, look for what removes objects there"));
        };
        self.parse(&json, number, newest)
    }

    /// What the object of commit `number` holds; `newest` where no later one was built on it.
    fn parse(&self, json: &[u8], number: u64, newest: bool) -> Result<Commit> {
        let url = self.place.url_of(&self.location(number)?);
        let commit = Commit::from_json(json).map_err(|error| match error.hint() {
            // Another version: not damaged at all.
            Some(_) => error.with_context(&url),
            None if newest => error.with_context(&url).with_hint(
                "a power loss can leave this of a run that was not done: \
                 move it out of the data set, and run that night again",
            ),
            None => error.with_context(&url).with_hint(RESTORE),
        })?;
        if commit.number != number {
            let message = format!("{url} holds commit {}", commit.number);
            return Err(Error::new(ErrorKind::Store, message)
                .with_hint("commits are never renamed: put it back from a copy of the data set"));
        }
        Ok(commit)
    }

    async fn fetch(&self, number: u64) -> Result<Option<Bytes>, object_store::Error> {
        let location = self
            .location(number)
            .map_err(|error| object_store::Error::Generic { store: "data set", source: Box::new(error) })?;
        match self.place.store.get(&location).await {
            Ok(object) => object.bytes().await.map(Some),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn location(&self, number: u64) -> Result<Path> {
        paths::object(&self.place.path, &format!("{}/{}", paths::COMMITS, paths::commit_name(number)))
    }

    fn run_location(&self, id: &str) -> Result<Path> {
        paths::object(&self.place.path, &format!("{}/{id}.json", paths::RUNS))
    }
}

/// Answers that mean the store did not, and will not, take the object.
fn refused_for_good(error: &object_store::Error) -> bool {
    use object_store::Error;
    matches!(
        error,
        Error::PermissionDenied { .. }
            | Error::Unauthenticated { .. }
            | Error::NotSupported { .. }
            | Error::NotImplemented { .. }
            | Error::InvalidPath { .. }
            | Error::UnknownConfigurationKey { .. }
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::sink::fixtures::place;
    use crate::sink::flaky_store::{FlakyStore, PutFault};
    use object_store::ObjectStore;
    use object_store::local::LocalFileSystem;
    use object_store::memory::InMemory;
    use std::sync::Arc;

    fn commit(number: u64, id: &str, parent: Option<&Commit>) -> Commit {
        let json = include_bytes!("../../../tests/golden/commit.v1.json");
        let parent = parent.map(|parent| parent.as_parent().unwrap());
        Commit { number, id: id.into(), parent, ..Commit::from_json(json).unwrap() }
    }

    fn log(store: Arc<dyn ObjectStore>) -> CommitLog {
        CommitLog::new(place(store)).with_first_pause(Duration::ZERO)
    }

    #[tokio::test]
    async fn of_two_runs_one_wins_and_the_other_learns_who() {
        let folder = tempfile::tempdir().unwrap();
        let local = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
        for store in [Arc::new(InMemory::new()) as Arc<dyn ObjectStore>, Arc::new(local)] {
            let log = log(store);
            let runs: Vec<_> = (0..8).map(|run| commit(1, &format!("run {run}"), None)).collect();
            let attempts = futures::future::join_all(runs.iter().map(|run| log.try_commit(run))).await;
            let winner = log.all().await.unwrap().pop().unwrap();
            for (run, attempt) in runs.iter().zip(attempts) {
                let expected =
                    if run.id == winner.id { Attempt::Done } else { Attempt::Lost(Box::new(winner.clone())) };
                assert_eq!(attempt.unwrap(), expected);
            }
        }
    }

    #[tokio::test]
    async fn committing_again_is_done_already() {
        let log = log(Arc::new(InMemory::new()));
        let first = commit(1, "a", None);
        assert_eq!(log.try_commit(&first).await.unwrap(), Attempt::Done);
        assert_eq!(log.try_commit(&first).await.unwrap(), Attempt::Done);
    }

    #[tokio::test]
    async fn a_put_that_landed_without_an_answer_is_ours() {
        let store = Arc::new(FlakyStore::new(vec![PutFault::AfterLanding]));
        let log = log(Arc::clone(&store) as _);
        assert_eq!(log.try_commit(&commit(1, "a", None)).await.unwrap(), Attempt::Done);
        assert_eq!(store.puts(), 1);
    }

    #[tokio::test]
    async fn a_put_that_never_landed_is_tried_again() {
        let faults = vec![PutFault::BeforeLanding, PutFault::BeforeLanding, PutFault::AfterLanding];
        let store = Arc::new(FlakyStore::new(faults));
        let log = log(Arc::clone(&store) as _);
        assert_eq!(log.try_commit(&commit(1, "a", None)).await.unwrap(), Attempt::Done);
        assert_eq!(store.puts(), 3);
        assert_eq!(log.all().await.unwrap().pop().unwrap().id, "a");
    }

    #[tokio::test]
    async fn a_lost_answer_does_not_hide_a_lost_race() {
        let store = Arc::new(FlakyStore::new(vec![]));
        let log = log(Arc::clone(&store) as _);
        let theirs = commit(1, "theirs", None);
        log.try_commit(&theirs).await.unwrap();
        store.next_puts(vec![PutFault::BeforeLanding]);
        let attempt = log.try_commit(&commit(1, "ours", None)).await.unwrap();
        assert_eq!(attempt, Attempt::Lost(Box::new(theirs)));
    }

    #[tokio::test]
    async fn a_store_that_is_down_gives_up_with_a_hint() {
        let store = Arc::new(FlakyStore::new(vec![PutFault::BeforeLanding; 20]));
        let error = log(Arc::clone(&store) as _).try_commit(&commit(1, "a", None)).await.unwrap_err();
        assert_eq!((error.kind(), store.puts()), (ErrorKind::Store, ATTEMPTS as usize));
        assert!(error.to_string().contains("the answer was lost"), "{error}");
        assert!(error.hint().is_some());
    }

    #[tokio::test]
    async fn missing_rights_are_told_at_once() {
        let store = Arc::new(FlakyStore::new(vec![PutFault::Denied]));
        let error = log(Arc::clone(&store) as _).try_commit(&commit(1, "a", None)).await.unwrap_err();
        assert_eq!((error.kind(), store.puts()), (ErrorKind::Store, 1));
    }

    #[tokio::test]
    async fn a_commit_that_does_not_add_up_never_reaches_the_store() {
        let store = Arc::new(FlakyStore::new(vec![]));
        let wrong = Commit { documents: 5, ..commit(1, "a", None) };
        let error = log(Arc::clone(&store) as _).try_commit(&wrong).await.unwrap_err();
        assert_eq!((error.kind(), store.puts()), (ErrorKind::Defect, 0));
    }

    #[tokio::test]
    async fn commits_form_a_chain() {
        let memory = Arc::new(InMemory::new());
        let log = log(Arc::clone(&memory) as _);
        assert_eq!(log.all().await.unwrap(), []);
        assert_eq!(log.all().await.unwrap(), []);
        let first = commit(1, "a", None);
        let second = commit(2, "b", Some(&first));
        let third = commit(3, "c", Some(&second));
        for commit in [&first, &second, &third] {
            assert_eq!(log.try_commit(commit).await.unwrap(), Attempt::Done);
        }
        assert_eq!(log.all().await.unwrap(), [first.clone(), second.clone(), third.clone()]);
        assert_eq!(log.all().await.unwrap().pop(), Some(third));

        let replaced = Commit { label: "other".into(), ..second.clone() };
        memory.put(&log.location(2).unwrap(), replaced.to_json().unwrap().into()).await.unwrap();
        let error = log.all().await.unwrap_err();
        assert!(error.to_string().contains("commit 3 was not built on"), "{error}");

        memory.delete(&log.location(2).unwrap()).await.unwrap();
        let error = log.all().await.unwrap_err();
        assert!(error.to_string().contains("commit 2 is missing"), "{error}");
        assert!(error.to_string().contains("no memory:///nightly/_tweetmill/commits/000"), "{error}");
        assert_eq!(error.hint(), Some(RESTORE));
    }

    // A power loss used to leave an empty object for which there were neither a name nor a remedy.
    #[tokio::test]
    async fn a_damaged_commit_is_named_with_what_to_do_about_it() {
        let memory = Arc::new(InMemory::new());
        let log = log(Arc::clone(&memory) as _);
        let first = commit(1, "a", None);
        let second = commit(2, "b", Some(&first));
        for commit in [&first, &second] {
            log.try_commit(commit).await.unwrap();
        }
        for (number, remedy) in [(2, "run that night again"), (1, RESTORE)] {
            let whole = [&first, &second][number as usize - 1].to_json().unwrap();
            let half = Bytes::copy_from_slice(&whole[..whole.len() / 2]);
            for torn in [Bytes::new(), half] {
                memory.put(&log.location(number).unwrap(), torn.into()).await.unwrap();
                let error = log.all().await.unwrap_err();
                let url =
                    format!("memory:///nightly/_tweetmill/commits/{number:020}.json: this is no commit");
                assert!(error.to_string().starts_with(&url), "{error}");
                assert!(error.hint().unwrap().contains(remedy), "{error}");
            }
            memory.put(&log.location(number).unwrap(), whole.into()).await.unwrap();
        }
        assert_eq!(log.all().await.unwrap().len(), 2);

        memory.put(&log.location(2).unwrap(), first.to_json().unwrap().into()).await.unwrap();
        let error = log.all().await.unwrap_err();
        assert!(error.to_string().contains("2.json holds commit 1\nhint: "), "{error}");
    }

    #[tokio::test]
    async fn another_version_is_not_called_damaged() {
        let memory = Arc::new(InMemory::new());
        let log = log(Arc::clone(&memory) as _);
        let json = String::from_utf8(commit(1, "a", None).to_json().unwrap()).unwrap();
        let newer = json.replace("\"format_version\": 1", "\"format_version\": 2");
        memory.put(&log.location(1).unwrap(), newer.into()).await.unwrap();
        let error = log.all().await.unwrap_err();
        assert_eq!(error.hint(), Some("use the tweetmill that wrote it, or a newer one"));
    }

    // It used to end every later run of that label, and `plan`, `why` and `verify` with it.
    #[tokio::test]
    async fn a_run_record_that_cannot_be_read_is_as_good_as_lost() {
        let memory = Arc::new(InMemory::new());
        let log = log(Arc::clone(&memory) as _);
        let commit = commit(1, "a", None);
        assert_eq!(log.run_of(&commit).await.unwrap(), None);
        for torn in ["", "{\"format_version\": 1, \"id\": \"a\"", "{\"format_version\": 9}"] {
            memory.put(&log.run_location("a").unwrap(), torn.into()).await.unwrap();
            assert_eq!(log.run_of(&commit).await.unwrap(), None, "{torn}");
        }
    }
}
