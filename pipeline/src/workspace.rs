//! What one run works with: stores, engine, scratch space, the data set it adds to.

use std::path::Path;

use datafusion::prelude::SessionContext;

use crate::config::RunConfig;
use crate::engine::store_error::explain_cause;
use crate::engine::{Engine, Joins, Location, Scratch, Storage};
use crate::error::{Error, ErrorKind, Result};
use crate::sink::{Commit, CommitLog};

/// Everything a run opens before it reads the first record.
#[derive(Debug)]
pub struct Workspace {
    /// Stores by URL.
    pub storage: Storage,
    /// Plans run here.
    pub engine: Engine,
    /// Root of the data set.
    pub output: Location,
    /// Its commits.
    pub log: CommitLog,
    /// Removed with everything in it when the run ends, however it ends.
    scratch: Scratch,
}

impl Workspace {
    /// Opens the stores and makes a scratch folder. The data set's store is contacted by the first use of `log`.
    pub fn open(config: &RunConfig) -> Result<Self> {
        let storage = Storage::new();
        let output = storage.locate_output(config.output.url.as_str())?;
        for input in &config.input {
            storage.locate(input.url.as_str())?;
        }
        let scratch = scratch_folder(&config.engine.scratch)?;
        let engine = Engine::new(config.engine.threads, config.engine.memory.as_u64(), scratch.path())?;
        engine.register_stores(&storage);
        let log = CommitLog::new(output.clone());
        Ok(Self { storage, engine, output, log, scratch })
    }

    /// Folder of this run.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The data set's commits in order; none where it has not begun.
    pub async fn commits(&self) -> Result<Vec<Commit>> {
        self.log.all().await.map_err(|error| self.output_error(error))
    }

    /// An error of the data set's store, in words that name the remedy.
    pub fn output_error(&self, error: Error) -> Error {
        explain_cause(error, &self.output.to_string())
    }

    /// A session as wide as the engine, for plans over all records.
    pub fn session(&self) -> Result<SessionContext> {
        self.engine.session(self.engine.threads(), Joins::Merge)
    }
}

/// A scratch folder below `parent`, which a run file names.
pub fn scratch_folder(parent: &Path) -> Result<Scratch> {
    Scratch::create(parent).map_err(|error| {
        let full = error.kind() == std::io::ErrorKind::StorageFull;
        let kind = if full { ErrorKind::Resource } else { ErrorKind::Usage };
        Error::new(kind, format!("engine.scratch: {} cannot be used", parent.display()))
            .with_source(error)
            .with_hint("point engine.scratch at a folder with free space that this user may write to")
    })
}
