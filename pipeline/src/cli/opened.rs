//! A data set opened by a verb that only reads.

use std::num::NonZeroUsize;

use datafusion::prelude::SessionContext;
use tempfile::TempDir;

use crate::dataset::DataSet;
use crate::dataset::verify::{self, Options, Verification};
use crate::engine::{Engine, Joins, Storage};
use crate::error::Result;

use super::runtime;

/// Memory that reading verbs give the engine: checks over many rows spill beyond it.
const MEMORY_BYTES: u64 = 2 << 30;

/// A data set, and a session to query it with.
pub(super) struct Opened {
    pub(super) data_set: DataSet,
    pub(super) session: SessionContext,
    /// Removed when the verb ends.
    pub(super) scratch: TempDir,
    pub(super) threads: NonZeroUsize,
}

impl Opened {
    /// Opens the data set at `url`, a URL or a path.
    pub(super) async fn at(url: &str) -> Result<Self> {
        let location = Storage::new().locate(url)?;
        let data_set = DataSet::open(location.store, location.path).await?;
        let scratch = tempfile::Builder::new().prefix("tweetmill-").tempdir()?;
        let threads = runtime::all_threads();
        let session = Engine::new(threads, MEMORY_BYTES, scratch.path())?.session(threads, Joins::Merge)?;
        Ok(Self { data_set, session, scratch, threads })
    }

    /// Checks every promise of the data set.
    pub(super) async fn verify(&self) -> Result<Verification> {
        let options = Options {
            shuffle_key: tweetmill_kernels::hash::shuffle_key,
            spool: self.scratch.path().to_owned(),
            readers: self.threads.get(),
        };
        verify::verify(&self.data_set, &self.session, &options).await
    }
}
