//! A data set opened for reading, with an engine to ask it questions.

use std::num::NonZeroUsize;

use datafusion::prelude::SessionContext;

use crate::dataset::DataSet;
use crate::engine::store_error::explain_cause;
use crate::engine::{Engine, Joins, Scratch, Storage};
use crate::error::Result;

use super::resources::ResourceArgs;

/// What the verbs that read a data set back work with.
pub(super) struct Opened {
    /// The data set.
    pub(super) data_set: DataSet,
    /// Where plans over its files run.
    pub(super) session: SessionContext,
    /// What the session is of.
    pub(super) engine: Engine,
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
pub(super) async fn open(url: &str, resources: ResourceArgs) -> Result<Opened> {
    let storage = Storage::new();
    let data_set = data_set_in(&storage, url).await?;
    let (engine, scratch) = resources.engine()?;
    engine.register_stores(&storage);
    let threads = resources.threads();
    let session = engine.session(threads, Joins::Merge)?;
    Ok(Opened { data_set, session, engine, threads, scratch })
}

async fn data_set_in(storage: &Storage, url: &str) -> Result<DataSet> {
    let location = storage.locate(url)?;
    let name = location.to_string();
    DataSet::open(location).await.map_err(|error| explain_cause(error, &name))
}
