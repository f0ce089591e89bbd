//! What an executor does tasks with.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::{ObjectStoreExt, PutMode, PutOptions};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::failure::Failure;
use super::plan::{Place, Plan};
use super::task::Prepared;
use crate::config::{Decontaminate, RunConfig};
use crate::engine::{Engine, Location, Scratch, Storage};
use crate::error::{Error, ErrorKind, Result};
use crate::evaluation::Evaluation;
use crate::sink::paths;

/// Stores, engine and scratch space that all tasks of an executor share.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) storage: Storage,
    pub(super) engine: Engine,
    /// Removed with everything in it when the executor ends.
    scratch: Scratch,
    /// Threads with stacks as large as plans need.
    threads: Handle,
    /// The step that the last task was of.
    last: Mutex<Option<(Place, Arc<Prepared>)>>,
    /// The evaluation sets of the last step that had some: a run has many steps.
    sets: Mutex<Option<(Decontaminate, Evaluation)>>,
}

impl Worker {
    /// A worker of `threads` tasks at once, in the runtime this is called in.
    pub(super) fn new(threads: NonZeroUsize, memory_bytes: u64, scratch: Scratch) -> Result<Self> {
        let engine = Engine::new(threads, memory_bytes, scratch.path())?;
        let (storage, threads) = (Storage::new(), Handle::current());
        Ok(Self { storage, engine, scratch, threads, last: Mutex::new(None), sets: Mutex::new(None) })
    }

    /// Does a task, unless there is a record of it.
    pub(super) async fn finish(self: &Arc<Self>, place: &Place, task: usize) -> Result<(), Failure> {
        let (worker, place) = (Arc::clone(self), place.clone());
        let threads = self.threads.clone();
        // A thread of its own: the engine's threads have too small a stack for a plan to be made on.
        let work = move || threads.block_on(worker.attempt(&place, task));
        let done = self.threads.spawn_blocking(work).await.map_err(|error| {
            Error::new(ErrorKind::Defect, format!("task {task} stopped early")).with_source(error)
        });
        done.and_then(|done| done).map_err(|error| {
            tracing::warn!("task {task}: {error}");
            Failure::from(error)
        })
    }

    async fn attempt(&self, place: &Place, task: usize) -> Result<()> {
        let output = self.storage.locate_output(&place.output)?;
        let record = paths::object(&output.path, &place.record(task))?;
        match output.store.head(&record).await {
            Ok(_) => return Ok(()),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let prepared = self.prepared(place, &output).await?;
        let folder = self.folder(task)?;
        let made = prepared.run(self, place, task, &folder).await;
        if let Err(error) = std::fs::remove_dir_all(&folder) {
            tracing::warn!(folder = %folder.display(), %error, "files of a task could not be removed");
        }
        let json = serde_json::to_vec(&made?).map_err(|error| {
            Error::new(ErrorKind::Defect, format!("task {task} has no record")).with_source(error)
        })?;
        let create = PutOptions::from(PutMode::Create);
        match output.store.put_opts(&record, json.into(), create).await {
            // Another attempt was faster: it counts, and this one's files are nobody's.
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The plan of a step with all that its tasks share, read once.
    async fn prepared(&self, place: &Place, output: &Location) -> Result<Arc<Prepared>> {
        let mut last = self.last.lock().await;
        if let Some((of, prepared)) = last.as_ref()
            && of == place
        {
            return Ok(Arc::clone(prepared));
        }
        tracing::info!("tasks of {}", place.folder);
        *last = None;
        let json = output.store.get(&paths::object(&output.path, &place.plan())?).await?.bytes().await?;
        let plan: Plan = serde_json::from_slice(&json).map_err(|error| {
            Error::new(ErrorKind::Usage, "the plan of the step is not understood")
                .with_source(error)
                .with_hint("start scheduler, executors and runs from one and the same program file")
        })?;
        plan.check_build()?;
        let prepared = Arc::new(Prepared::new(self, plan, output.clone()).await?);
        *last = Some((place.clone(), Arc::clone(&prepared)));
        Ok(prepared)
    }

    /// The evaluation sets that `config` names, read unless they are those of the last step that had some: `of_run` tells name and digest of
    /// each, where the run was started.
    pub(super) async fn evaluation(
        &self,
        config: &RunConfig,
        of_run: &[(String, String)],
    ) -> Result<Evaluation> {
        let Some(wanted) = &config.decontaminate else { return Ok(Evaluation::default()) };
        let mut last = self.sets.lock().await;
        if let Some((of, evaluation)) = last.as_ref()
            && of == wanted
            && evaluation.identity() == of_run
        {
            return Ok(evaluation.clone());
        }
        // Gone before others are read: both may be too many.
        *last = None;
        let evaluation = Evaluation::load(&self.storage, &self.engine, Some(wanted)).await?;
        if evaluation.identity() != of_run {
            return Err(Error::new(
                ErrorKind::Usage,
                "evaluation sets are others here than where the run was started",
            )
            .with_hint("give all machines the same files"));
        }
        *last = Some((wanted.clone(), evaluation.clone()));
        Ok(evaluation)
    }

    /// Gives back what evaluation sets take: all is read.
    pub(super) async fn forget_sets(&self) {
        *self.sets.lock().await = None;
    }

    /// A folder that no other attempt uses.
    fn folder(&self, task: usize) -> Result<PathBuf> {
        let prefix = format!("task-{task:05}-");
        Ok(tempfile::Builder::new().prefix(&prefix).tempdir_in(self.scratch.path())?.keep())
    }
}
