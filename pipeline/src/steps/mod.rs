//! Steps of a run that need not be done again when it is run again.
//!
//! ```text
//!  engine.scratch/tweetmill-steps-<run>/
//!  ├── run.json                  what the steps are made from: others are of no use
//!  ├── read-0/   read-0.json     files, and their record: written last, so a step without one is not done
//!  ├── decided-<parent>/   decided-<parent>.json
//!  └── written-<parent>/   written-<parent>.json
//! ```
//!
//! A record names each file with its digest, and is believed only where the files still have them: a power loss may keep
//! names and lose bytes.

mod files;
mod run_key;

use std::io::ErrorKind::NotFound;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::engine::KeptScratch;
use crate::error::{Error, ErrorKind, Result};
use crate::kill_point::{self, KillPoint};

pub use files::StepFile;
pub use run_key::RunKey;

/// What a step leaves behind.
pub trait Outcome: Sized {
    /// What is written down of it.
    type Record: Serialize + DeserializeOwned;

    /// What to write down.
    fn record(&self) -> Self::Record;

    /// The files it consists of.
    fn files(&self) -> Vec<StepFile>;

    /// The same again; None where the step had better be done again.
    fn restore(record: Self::Record) -> Result<Option<Self>>;
}

#[derive(Serialize, Deserialize)]
struct Written<R> {
    files: Vec<StepFile>,
    outcome: R,
}

/// The steps of one run.
#[derive(Debug)]
pub struct Steps {
    folder: PathBuf,
    /// None where they are not kept: another process is at the same run, or the file system knows no locks.
    kept: Option<KeptScratch>,
}

impl Steps {
    /// The steps of the run that `key` tells, kept below `parent`; where that is not possible, in `fallback`, a folder that
    /// ends with the process.
    pub fn open(parent: &Path, key: &RunKey, fallback: &Path) -> Result<Self> {
        let Some(kept) = KeptScratch::claim(parent, &key.place())? else {
            tracing::warn!("another process is at the same run: this one starts from nothing");
            let folder = fallback.join("steps");
            std::fs::create_dir_all(&folder)?;
            return Ok(Self { folder, kept: None });
        };
        let (folder, identity) = (kept.path().to_owned(), kept.path().join("run.json"));
        if std::fs::read_to_string(&identity).ok().as_deref() != Some(key.as_str()) {
            kept.clear()?;
            std::fs::write(&identity, key.as_str())?;
        }
        Ok(Self { folder, kept: Some(kept) })
    }

    /// Removes the steps of a run that need not be run again, whatever they were made from.
    pub fn discard(parent: &Path, key: &RunKey) -> Result<()> {
        if KeptScratch::is_there(parent, &key.place())
            && let Some(kept) = KeptScratch::claim(parent, &key.place())?
        {
            kept.remove();
        }
        Ok(())
    }

    /// What step `name` left behind, or leaves behind now: see [`make`](Self::make).
    pub async fn step<T: Outcome>(
        &self,
        name: &str,
        make: impl AsyncFnOnce(PathBuf) -> Result<T>,
    ) -> Result<T> {
        match self.finished(name).await? {
            Some(outcome) => Ok(outcome),
            None => self.make(name, make).await,
        }
    }

    /// What step `name` leaves behind: `make` gets an empty folder for its files.
    pub async fn make<T: Outcome>(
        &self,
        name: &str,
        make: impl AsyncFnOnce(PathBuf) -> Result<T>,
    ) -> Result<T> {
        let folder = self.folder.join(name);
        absent(std::fs::remove_dir_all(&folder))?;
        std::fs::create_dir_all(&folder)?;
        let outcome = make(folder).await?;
        kill_point::at(KillPoint::StepMade);
        self.finish(name, &outcome)?;
        kill_point::at(KillPoint::StepFinished);
        Ok(outcome)
    }

    /// Removes what the step `name` left behind.
    pub fn forget(&self, name: &str) -> Result<()> {
        absent(std::fs::remove_file(self.record(name)))?;
        Ok(absent(std::fs::remove_dir_all(self.folder.join(name)))?)
    }

    /// Removes everything: the run is done.
    pub fn done(mut self) {
        if let Some(kept) = self.kept.take() {
            kept.remove();
        }
    }

    /// What step `name` left behind; None where it is not done.
    pub async fn finished<T: Outcome>(&self, name: &str) -> Result<Option<T>> {
        let Ok(json) = std::fs::read(self.record(name)) else { return Ok(None) };
        let Ok(Written { files, outcome }) = serde_json::from_slice::<Written<T::Record>>(&json) else {
            return Ok(None);
        };
        if !files::are_whole(files).await? {
            tracing::warn!("the step {name} is done again: its files are no longer what they were");
            return Ok(None);
        }
        let outcome = T::restore(outcome)?;
        if outcome.is_some() {
            tracing::info!("the step {name} was done by an earlier process");
        }
        Ok(outcome)
    }

    fn finish<T: Outcome>(&self, name: &str, outcome: &T) -> Result<()> {
        let written = Written { files: outcome.files(), outcome: outcome.record() };
        let json = serde_json::to_vec(&written).map_err(|error| {
            Error::new(ErrorKind::Defect, format!("the step {name} cannot be written down"))
                .with_source(error)
        })?;
        let mut record = tempfile::NamedTempFile::new_in(&self.folder)?;
        std::io::Write::write_all(&mut record, &json)?;
        record.persist(self.record(name)).map_err(|refused| refused.error)?;
        Ok(())
    }

    fn record(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    fn has_finished_one(&self) -> bool {
        let records = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        records.map(|entry| entry.file_name()).any(|name| name.to_str().is_some_and(is_record))
    }
}

impl Drop for Steps {
    /// Nothing is kept of a run that finished no step.
    fn drop(&mut self) {
        if !self.has_finished_one()
            && let Some(kept) = self.kept.take()
        {
            kept.remove();
        }
    }
}

fn is_record(name: &str) -> bool {
    name.strip_suffix(".json").is_some_and(|name| name != "run")
}

fn absent(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == NotFound => Ok(()),
        done => done,
    }
}
