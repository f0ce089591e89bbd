//! Questions in SQL about raw archives and data sets.
//!
//! ```text
//!  URLs ─► open ─┬─ archives ──► tables tweets, retweets, events, rejects, members
//!                └─ a data set ► tables documents, fates
//!  SQL ─► statement ─► plan ─► a stream of batches ─► rows: table, csv, jsonl, parquet
//! ```

mod archives;
pub mod rows;
pub mod statement;

use std::sync::Arc;

use datafusion::config::ConfigNonZeroUsize;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;

use crate::config::Shape;
use crate::dataset::DataSet;
use crate::engine::store_error::explain_cause;
use crate::engine::{Engine, Joins, Location, Storage};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::sink::paths;
use crate::source::listing;
use crate::source::unit;

/// Rows a batch holds between operators, which wait until one is full: few enough for the first rows of
/// an answer to be out soon.
const BATCH_ROWS: usize = 1024;

/// A session with the tables that `from` gives: any number of archives, folders and globs, at most one
/// data set, or both. Reading archives adds to `progress`.
///
/// An object is read by one task from beginning to end. Ranges of a large archive are known to meet only
/// after all of them were read, when rows of a range that was wrong would be out already.
pub async fn open(engine: &Engine, from: &[String], progress: &Arc<Progress>) -> Result<SessionContext> {
    let storage = Storage::new();
    let mut data_sets = Vec::new();
    let mut places = Vec::new();
    for url in from {
        let location = storage.locate(url)?;
        if is_data_set(&location).await {
            data_sets.push(location);
        } else {
            places.push((url.as_str(), Shape::Auto));
        }
    }
    if let [one, other, ..] = data_sets.as_slice() {
        return Err(Error::new(ErrorKind::Usage, format!("{one} and {other} are two data sets"))
            .with_hint("ask one of them at a time: both would be the table `documents`"));
    }
    let session = engine.session(engine.threads(), Joins::Merge)?;
    let batch_rows = ConfigNonZeroUsize::try_new(BATCH_ROWS)?;
    session.state_ref().write().config_mut().options_mut().execution.batch_size = batch_rows;
    if !places.is_empty() {
        let objects = listing::list(&storage, places).await?;
        let stored_bytes = objects.iter().map(|object| object.meta.size).sum();
        progress.begin("reading", Some(stored_bytes));
        engine.register_stores(&storage);
        archives::register(&session, unit::whole(objects), progress)?;
    }
    for location in data_sets {
        let name = location.to_string();
        let data_set = DataSet::open(location).await.map_err(|error| explain_cause(error, &name))?;
        data_set.register(&session)?;
    }
    Ok(session)
}

/// Whether commits stand below `location`. A place that cannot be listed is none; reading it as an
/// archive says why.
async fn is_data_set(location: &Location) -> bool {
    let Ok(commits) = paths::object(&location.path, paths::COMMITS) else { return false };
    matches!(location.store.list(Some(&commits)).try_next().await, Ok(Some(_)))
}
