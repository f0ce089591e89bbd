//! A data set opened for reading, with an engine to ask it questions.

use std::num::NonZeroUsize;

use datafusion::prelude::SessionContext;

use crate::config::ByteSize;
use crate::dataset::DataSet;
use crate::engine::store_error::explain_cause;
use crate::engine::{Engine, Joins, Scratch, Storage};
use crate::error::{Error, ErrorKind, Result};

use super::runtime;

/// Memory of the engine: reading back needs less than a run, and there is no run file to say.
const MEMORY: ByteSize = ByteSize::mib(2048);

/// What the verbs that read a data set back work with.
pub(super) struct Opened {
    /// The data set.
    pub(super) data_set: DataSet,
    /// Where plans over its files run.
    pub(super) session: SessionContext,
    /// Threads to use.
    pub(super) threads: NonZeroUsize,
    /// Removed with everything in it in the end.
    pub(super) scratch: Scratch,
}

/// The data set at `url`, a URL or a path: what its commits say, without an engine.
pub(super) async fn data_set(url: &str) -> Result<DataSet> {
    data_set_in(&Storage::new(), url).await
}

/// Opens the data set at `url`, a URL or a path, to ask it questions.
pub(super) async fn open(url: &str) -> Result<Opened> {
    let storage = Storage::new();
    let data_set = data_set_in(&storage, url).await?;
    let scratch = Scratch::create(&std::env::temp_dir()).map_err(|error| {
        Error::new(ErrorKind::Resource, "the folder for temporary files cannot be written")
            .with_source(error)
            .with_hint("point TMPDIR at a folder this user may write to")
    })?;
    let threads = runtime::all_threads();
    let engine = Engine::new(threads, MEMORY.as_u64(), scratch.path())?;
    engine.register_stores(&storage);
    let session = engine.session(threads, Joins::Merge)?;
    Ok(Opened { data_set, session, threads, scratch })
}

async fn data_set_in(storage: &Storage, url: &str) -> Result<DataSet> {
    let location = storage.locate(url)?;
    let name = location.to_string();
    DataSet::open(location).await.map_err(|error| explain_cause(error, &name))
}
