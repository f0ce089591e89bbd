//! A scratch folder that outlives a process that was stopped before its work was done.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{lock, remove, remove_all_but_lock};

/// How the names of such folders begin.
const PREFIX: &str = "tweetmill-steps-";

/// How the names of those begin that are being removed: swept like any other where that did not end.
const GONE: &str = "tweetmill-gone-";

/// How often a folder that another process has is asked for: one that sweeps has it for a moment.
const TRIES: u32 = 10;

/// How long a folder is kept that nobody comes back for.
const KEPT_FOR: Duration = Duration::from_hours(3 * 24);

/// A folder that the next process finds again by its name, unless it was [removed](Self::remove).
#[derive(Debug)]
pub struct KeptScratch {
    path: PathBuf,
    _in_use: File,
}

impl KeptScratch {
    /// The folder `name` below `parent`, with whatever an earlier process left in it. None while another process has it,
    /// and where the file system knows no locks.
    pub fn claim(parent: &Path, name: &str) -> io::Result<Option<Self>> {
        fs::create_dir_all(parent)?;
        // Absolute and without `..`, so that it can be the path of an object.
        let path = parent.canonicalize()?.join(format!("{PREFIX}{name}"));
        for _ in 1..TRIES {
            if let Some(in_use) = lock::of_known_folder(&path)? {
                return Ok(Some(Self { path, _in_use: in_use }));
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "a lock of another process tells nobody when it is free"
            )]
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(lock::of_known_folder(&path)?.map(|in_use| Self { path, _in_use: in_use }))
    }

    /// Whether there is a folder `name` below `parent`.
    pub fn is_there(parent: &Path, name: &str) -> bool {
        parent.join(format!("{PREFIX}{name}")).is_dir()
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes all in it but the lock.
    pub fn clear(&self) -> io::Result<()> {
        remove_all_but_lock(&self.path)
    }

    /// Removes the folder with everything in it. First it is called otherwise: under its own name another process may make it
    /// again at once.
    pub fn remove(self) {
        let Some((parent, name)) = self.path.parent().zip(self.path.file_name()) else { return };
        let gone = parent.join(format!("{GONE}{}-{}", std::process::id(), name.display()));
        match fs::rename(&self.path, &gone) {
            Ok(()) => remove(&gone),
            Err(error) => {
                tracing::warn!(folder = %self.path.display(), %error, "a scratch folder could not be removed");
            }
        }
    }
}

/// Whether the folder of this name, whose `lock` nobody holds, may still be asked for.
pub(super) fn is_kept(name: &OsStr, lock: &File) -> bool {
    let claimed = || lock.metadata()?.modified();
    name.to_string_lossy().starts_with(PREFIX)
        && claimed().is_ok_and(|claimed| claimed.elapsed().is_ok_and(|age| age < KEPT_FOR))
}

/// Removes the folder of this name if it is the last of one that was being removed: an empty one.
pub(super) fn remove_last_of(name: &OsStr, folder: &Path) {
    if name.to_string_lossy().starts_with(GONE) && fs::remove_dir(folder).is_ok() {
        tracing::info!(folder = %folder.display(), "removed what a killed run left behind");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::engine::Scratch;

    #[test]
    fn what_one_process_leaves_the_next_finds() {
        let parent = tempfile::tempdir().unwrap();
        let first = KeptScratch::claim(parent.path(), "a").unwrap().unwrap();
        fs::write(first.path().join("step"), b"x").unwrap();
        assert!(KeptScratch::claim(parent.path(), "a").unwrap().is_none(), "it is in use");
        drop(first);
        drop(Scratch::create(parent.path()).unwrap());
        let second = KeptScratch::claim(parent.path(), "a").unwrap().unwrap();
        assert_eq!(fs::read(second.path().join("step")).unwrap(), b"x");
        second.clear().unwrap();
        assert!(!second.path().join("step").exists());
        second.remove();
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn nobody_waits_for_ever() {
        let parent = tempfile::tempdir().unwrap();
        drop(KeptScratch::claim(parent.path(), "a").unwrap().unwrap());
        let held = KeptScratch::claim(parent.path(), "b").unwrap().unwrap();
        for name in ["a", "b"] {
            let lock = parent.path().join(format!("{PREFIX}{name}")).join(lock::NAME);
            let lock = File::options().write(true).open(lock).unwrap();
            lock.set_modified(std::time::UNIX_EPOCH).unwrap();
        }
        drop(Scratch::create(parent.path()).unwrap());
        let left: Vec<_> = fs::read_dir(parent.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, [held.path()]);
    }

    #[test]
    fn a_removal_that_was_cut_short_is_finished() {
        let parent = tempfile::tempdir().unwrap();
        let of = |name: &str| parent.path().join(format!("{GONE}{name}"));
        for name in ["1-a", "2-b", "3-c"] {
            fs::create_dir_all(of(name).join("decided")).unwrap();
        }
        fs::write(of("1-a").join(lock::NAME), b"").unwrap();
        fs::remove_dir(of("2-b").join("decided")).unwrap();
        drop(Scratch::create(parent.path()).unwrap());
        assert!(!of("1-a").exists() && !of("2-b").exists());
        assert!(of("3-c").exists(), "it has files and no lock: somebody else's");
    }

    #[test]
    fn many_who_want_it_get_it_one_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let inside = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let Some(claimed) = KeptScratch::claim(parent.path(), "a").unwrap() else { continue };
                        assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                        assert!(claimed.path().join(lock::NAME).exists());
                        inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        claimed.remove();
                    }
                });
            }
        });
    }
}
