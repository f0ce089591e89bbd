//! Files of finished steps, by digest.

use std::fs::File;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// A file that a step wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Blake3 of its content, 64 lower-case hex digits.
    pub digest: String,
}

impl StepFile {
    /// The file at `path`.
    pub fn new(path: &Path, bytes: u64, digest: &str) -> Self {
        Self { path: path.to_owned(), bytes, digest: digest.to_owned() }
    }

    fn is_whole(&self) -> bool {
        let digest = || {
            let file = File::open(&self.path)?;
            if file.metadata()?.len() != self.bytes {
                return Ok(None);
            }
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(file)?;
            Ok::<_, std::io::Error>(Some(hasher.finalize().to_hex()))
        };
        digest().is_ok_and(|digest| digest.is_some_and(|digest| digest.as_str() == self.digest))
    }
}

/// Whether all files are there with the bytes they had; reads them on all threads.
pub(super) async fn are_whole(files: Vec<StepFile>) -> Result<bool> {
    let check = move || files.par_iter().all(StepFile::is_whole);
    tokio::task::spawn_blocking(check).await.map_err(|error| {
        Error::new(ErrorKind::Defect, "files of a finished step could not be checked").with_source(error)
    })
}
