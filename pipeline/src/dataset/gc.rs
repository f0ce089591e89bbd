//! What runs left in a data set that never committed: found, and removed.

use std::collections::BTreeSet;
use std::path::Path as FsPath;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};

use crate::engine::Location;
use crate::error::{Error, ErrorKind, Result};
use crate::sink::{Commit, CommitLog, paths};

/// What to remove.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Only what was last written so long ago: a run that is going on has files that no commit names yet.
    pub older_than: Duration,
    /// The time from which that is counted.
    pub now: SystemTime,
    /// Only tell.
    pub dry_run: bool,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// URLs of what was removed, or would be.
    pub removed: Vec<String>,
    /// Its size.
    pub bytes: u64,
    /// Objects that no commit names, but which are not old enough.
    pub too_young: u64,
}

/// Finds the objects of the data set at `place` that no commit needs, and removes those that are old enough.
///
/// Nothing but what a run writes is touched, told by where it lies and what it is called; commits and the card are never.
/// Where the record of a commit's run is lost, its rejects and provenance can't be told from others: all of that commit's number
/// stay.
pub async fn collect(place: &Location, options: Options) -> Result<Collected> {
    // First: what is committed while this goes on is then known.
    let objects: Vec<_> = place.store.list(Some(&place.path)).try_collect().await?;
    let log = CommitLog::new(place.clone());
    let commits = log.all().await?;
    if commits.is_empty() {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("there is no commit in {place}: nothing tells what is needed"),
        )
        .with_hint("run a night first; where nothing of it is needed, remove the folder itself"));
    }
    let needed = Needed::by(&log, &commits).await?;
    let deadline = DateTime::<Utc>::from(options.now.checked_sub(options.older_than).unwrap_or(options.now));
    let (mut collected, mut orphans) = (Collected::default(), Vec::new());
    for object in objects {
        let Some(relative) = below(&place.path, &object.location) else { continue };
        if !paths::is_of_a_run(&relative) || needed.has(&relative) {
            continue;
        }
        if object.last_modified > deadline {
            collected.too_young += 1;
        } else {
            orphans.push((relative, object));
        }
    }
    // What was committed since may be sent again since, too, under its old name.
    let later = log.all().await?;
    let needed = Needed::by(&log, later.get(commits.len()..).unwrap_or_default()).await?;
    for (relative, object) in orphans {
        if needed.has(&relative) || !options.dry_run && !remove(place, &object).await? {
            continue;
        }
        collected.removed.push(place.url_of(&object.location));
        collected.bytes += object.size;
    }
    if let Some(root) = place.on_disk() {
        on_disk(&root, options, &mut collected)?;
    }
    Ok(collected)
}

/// Removes `object`, unless it was written again since it was listed; whether it did.
async fn remove(place: &Location, object: &ObjectMeta) -> Result<bool> {
    match place.store.head(&object.location).await {
        Ok(now) if now.last_modified == object.last_modified => {}
        Ok(_) | Err(object_store::Error::NotFound { .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    match place.store.delete(&object.location).await {
        Ok(()) => Ok(true),
        Err(object_store::Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What the commits need.
struct Needed {
    objects: BTreeSet<String>,
    /// Folders whose objects can't be told apart.
    folders: Vec<String>,
}

impl Needed {
    async fn by(log: &CommitLog, commits: &[Commit]) -> Result<Self> {
        let (mut objects, mut folders) = (BTreeSet::new(), Vec::new());
        for commit in commits {
            objects.extend(commit.files.iter().map(|file| file.path.clone()));
            objects.extend(commit.fates.iter().chain(&commit.history).map(|file| file.path.clone()));
            objects.insert(format!("{}/{}.json", paths::RUNS, commit.id));
            match log.run_of(commit).await? {
                Some(run) => {
                    objects.extend(run.provenance.into_iter().chain(run.rejects).map(|file| file.path));
                }
                None => folders.extend(
                    [paths::Side::Fates, paths::Side::Rejects]
                        .map(|side| format!("{}/", side.folder(commit.number))),
                ),
            }
        }
        Ok(Self { objects, folders })
    }

    fn has(&self, relative: &str) -> bool {
        self.objects.contains(relative) || self.folders.iter().any(|folder| relative.starts_with(folder))
    }
}

/// `path` within the data set at `root`.
fn below(root: &Path, path: &Path) -> Option<String> {
    let parts: Vec<_> = path.prefix_match(root)?.map(|part| part.as_ref().to_owned()).collect();
    Some(parts.join("/"))
}

/// Removes what a store of this machine's disk never lists: files that a killed process was in the middle of, and
/// folders that are empty.
fn on_disk(root: &FsPath, options: Options, collected: &mut Collected) -> Result<()> {
    for folder in [root.join("data"), root.join(paths::OWN)] {
        if folder.is_dir() {
            sweep(&folder, options, collected)?;
        }
    }
    if !root.is_dir() {
        return Ok(());
    }
    // Beside the card there may be what is anybody's.
    for entry in std::fs::read_dir(root)? {
        let path = entry?.path();
        if staged(&path) == Some(paths::CARD) {
            collect_staged(&path, &path.metadata()?, options, collected)?;
        }
    }
    Ok(())
}

fn sweep(folder: &FsPath, options: Options, collected: &mut Collected) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, about) = (entry.path(), entry.metadata()?);
        if about.is_dir() {
            sweep(&path, options, collected)?;
            if !options.dry_run && is_old(&about, options) && std::fs::read_dir(&path)?.next().is_none() {
                std::fs::remove_dir(&path)?;
            }
        } else if staged(&path).is_some() {
            collect_staged(&path, &about, options, collected)?;
        }
    }
    Ok(())
}

fn collect_staged(
    path: &FsPath,
    about: &std::fs::Metadata,
    options: Options,
    collected: &mut Collected,
) -> Result<()> {
    if !is_old(about, options) {
        collected.too_young += 1;
        return Ok(());
    }
    collected.removed.push(format!("file://{}", path.display()));
    collected.bytes += about.len();
    if !options.dry_run {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

fn is_old(about: &std::fs::Metadata, options: Options) -> bool {
    let written = about.modified().unwrap_or(options.now);
    options.now.duration_since(written).is_ok_and(|age| age >= options.older_than)
}

/// The name of what `path` is to become: stores of files call what is not there yet `shard.parquet#1`.
fn staged(path: &FsPath) -> Option<&str> {
    let (name, number) = path.file_name()?.to_str()?.rsplit_once('#')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !name.is_empty()).then_some(name)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::sink::fixtures::Nightly;
    use object_store::memory::InMemory;
    use std::sync::Arc;

    fn later(days: u64) -> Options {
        let day = Duration::from_hours(24);
        #[expect(clippy::disallowed_methods, reason = "tests")]
        let now = SystemTime::now() + day * days as u32;
        Options { older_than: day, now, dry_run: false }
    }

    async fn names(place: &Location) -> Vec<String> {
        let objects: Vec<_> = place.store.list(Some(&place.path)).try_collect().await.unwrap();
        let mut names: Vec<_> =
            objects.iter().filter_map(|object| below(&place.path, &object.location)).collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_killed_process_was_writing_is_removed_from_a_disk() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("data")).unwrap();
        let (left, of_others) =
            (["README.md#1", "data/a.parquet#12"], ["README.md", "README.txt#1", "notes.md#1", "data/a#b"]);
        for name in left.iter().chain(&of_others) {
            std::fs::write(root.path().join(name), "x").unwrap();
        }
        let mut collected = Collected::default();
        on_disk(root.path(), later(0), &mut collected).unwrap();
        assert_eq!((collected.removed.len(), collected.too_young), (0, 2));
        on_disk(root.path(), later(2), &mut collected).unwrap();
        assert_eq!(collected.removed.len(), 2);
        assert!(left.iter().all(|name| !root.path().join(name).exists()));
        assert!(of_others.iter().all(|name| root.path().join(name).exists()));
    }

    #[tokio::test]
    async fn what_no_commit_names_is_removed_once_it_is_old_and_nothing_else() {
        let nightly = Nightly::new(Arc::new(InMemory::new()));
        nightly.commit(&[1, 2, 3, 7], &[]).await;
        let place = nightly.place();
        let before = names(&place).await;
        let left = [
            "data/00000002-second/train-00000-of-00001-0123456789abcdef.parquet",
            "_tweetmill/fates/00000002/fates-00000-0123456789abcdef.parquet",
            "_tweetmill/runs/second-00.json",
        ];
        let of_others =
            ["data/notes.txt", "data/00000002-second/notes.txt", "_tweetmill/other/x", "own.parquet"];
        for name in left.iter().chain(&of_others) {
            place.store.put(&paths::object(&place.path, name).unwrap(), "x".into()).await.unwrap();
        }
        let young = collect(&place, later(0)).await.unwrap();
        assert_eq!((young.removed.len(), young.too_young), (0, 3));
        let told = collect(&place, Options { dry_run: true, ..later(2) }).await.unwrap();
        assert_eq!((told.removed.len(), told.bytes), (3, 3));
        let gone = collect(&place, later(2)).await.unwrap();
        assert_eq!(gone, told);
        let mut after = before;
        after.extend(of_others.map(str::to_owned));
        after.sort();
        assert_eq!(names(&place).await, after);
        assert_eq!(collect(&place, later(2)).await.unwrap(), Collected::default());
    }
}
