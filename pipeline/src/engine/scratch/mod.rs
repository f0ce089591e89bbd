//! Folders of processes for spilled and intermediate files.
//!
//! ```text
//!  engine.scratch/
//!  ├── tweetmill-Ab3dE9/          in-use.lock is locked: another run works here
//!  ├── tweetmill-x0Yz12/          in-use.lock is not: its process was killed, the next run removes it
//!  ├── tweetmill-steps-07d1…/     the same of steps that are kept: removed by the run that needs them, or days later
//!  └── tweetmill-archive/         no in-use.lock: somebody else's, never touched
//! ```
//!
//! The operating system drops a lock with its process, so a killed run needs no process id to be told
//! by, and a reused one cannot mislead.

mod kept;
mod lock;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use kept::KeptScratch;

/// How the folders' names begin.
const PREFIX: &str = "tweetmill-";

/// How long tasks that were told to stop may go on writing.
const GRACE: Duration = Duration::from_secs(5);

/// A folder that is removed with everything in it when dropped.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    _in_use: File,
}

impl Scratch {
    /// A new folder below `parent`, which is made where it is missing. Removes the folders that killed
    /// processes left there.
    pub fn create(parent: &Path) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        // Absolute and without `..`, so that it can be the path of an object.
        let parent = parent.canonicalize()?;
        sweep(&parent)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let in_use = lock::of_new_folder(folder.path())?;
        Ok(Self { path: folder.keep(), _in_use: in_use })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Removes `folder` with all in it; one that can't be removed costs disk space, not the run.
///
/// Threads that are still in the middle of a batch may write a last file while the folder is being
/// removed, and make that fail: tried again until they have noticed that nobody waits for them.
fn remove(folder: &Path) {
    let began = Instant::now();
    while let Err(error) = remove_lock_last(folder) {
        if !folder.exists() {
            return;
        }
        if began.elapsed() > GRACE {
            tracing::warn!(folder = %folder.display(), %error, "a scratch folder could not be removed");
            return;
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "aborted tasks can't be waited for, they are no longer ours"
        )]
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Removes `folder` with all in it, the lock at last: without it, what a removal that was cut short left would be nobody's.
fn remove_lock_last(folder: &Path) -> io::Result<()> {
    remove_all_but_lock(folder)?;
    match fs::remove_file(folder.join(lock::NAME)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::remove_dir(folder),
    }
}

fn remove_all_but_lock(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == lock::NAME {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Removes the folders below `parent` whose processes are gone, but for steps that are still kept. One that can't be removed
/// costs disk space, not the run.
fn sweep(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let name = entry.file_name();
        if !name.to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let folder = entry.path();
        let Ok(lock) = File::open(folder.join(lock::NAME)) else {
            kept::remove_last_of(&name, &folder);
            continue;
        };
        match lock.try_lock() {
            Ok(()) if kept::is_kept(&name, &lock) => {}
            Ok(()) => match remove_lock_last(&folder) {
                Ok(()) => tracing::info!(folder = %folder.display(), "removed what a killed run left behind"),
                Err(error) => {
                    tracing::warn!(folder = %folder.display(), %error, "a killed run's folder could not be removed");
                }
            },
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn names(parent: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(parent)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_removed_with_everything_in_it() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::create(&parent.path().join("made/when/missing")).unwrap();
        fs::create_dir_all(scratch.path().join("a/b")).unwrap();
        fs::write(scratch.path().join("a/b/c"), b"x").unwrap();
        let path = scratch.path().to_owned();
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn only_folders_of_killed_runs_are_swept() {
        let parent = tempfile::tempdir().unwrap();
        let alive = Scratch::create(parent.path()).unwrap();
        let killed = parent.path().join("tweetmill-killed");
        fs::create_dir_all(killed.join("spill")).unwrap();
        fs::write(killed.join(lock::NAME), b"").unwrap();
        fs::create_dir(parent.path().join("tweetmill-archive")).unwrap();
        fs::create_dir(parent.path().join("other")).unwrap();
        let next = Scratch::create(parent.path()).unwrap();
        assert!(!killed.exists());
        assert!(alive.path().join(lock::NAME).exists());
        drop((alive, next));
        assert_eq!(names(parent.path()), ["other", "tweetmill-archive"]);
    }

    // A run was killed while it removed its folder, the lock first: no later run took what was left for its own.
    #[test]
    fn a_lock_goes_last() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::create(parent.path()).unwrap();
        for index in 0..100 {
            fs::write(scratch.path().join(index.to_string()), b"x").unwrap();
        }
        remove_all_but_lock(scratch.path()).unwrap();
        let left: Vec<_> = names(scratch.path());
        assert_eq!(left, [lock::NAME]);
    }

    // A writer that had not noticed yet made the removal fail with "directory not empty", and a folder stay.
    #[test]
    fn a_writer_that_goes_on_for_a_moment_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::create(parent.path()).unwrap();
        let folder = scratch.path().join("spool");
        fs::create_dir(&folder).unwrap();
        let writer = std::thread::spawn(move || {
            (0..20_000).take_while(|index| fs::write(folder.join(index.to_string()), b"x").is_ok()).count()
        });
        drop(scratch);
        writer.join().unwrap();
        assert_eq!(names(parent.path()), Vec::<String>::new());
    }
}
