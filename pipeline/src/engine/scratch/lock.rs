//! The lock that says that a folder's process is alive.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The file that is locked. A folder without one is none of ours.
pub(super) const NAME: &str = "in-use.lock";

/// Locks a folder that nobody else knows yet. Locked under another name first: whoever sees the file sees it locked.
pub(super) fn of_new_folder(folder: &Path) -> io::Result<File> {
    let unlocked = folder.join("new.lock");
    let file = File::create_new(&unlocked)?;
    // Without locks on this file system nobody may think the folder abandoned, so it gets no such file.
    if file.lock().is_ok() {
        fs::rename(&unlocked, folder.join(NAME))?;
    }
    Ok(file)
}

/// Locks a folder whose name others know, which is made where it is missing; what it lies in must be there. None where another process has it, or where
/// this file system knows no locks.
pub(super) fn of_known_folder(folder: &Path) -> io::Result<Option<File>> {
    let path = folder.join(NAME);
    loop {
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let file = match OpenOptions::new().write(true).create(true).truncate(true).open(&path) {
            // Removed in between by whoever had it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            opened => opened?,
        };
        match file.try_lock() {
            Ok(()) if is_at(&file, &path)? => return Ok(Some(file)),
            // Locked, but no longer the file of that name.
            Ok(()) => {}
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return Ok(None),
        }
    }
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
