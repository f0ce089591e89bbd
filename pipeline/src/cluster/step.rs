//! A step of a run: tasks are placed, and counted by their records until all are done.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectMeta, ObjectStoreExt};

use super::failure::Failure;
use super::plan::{Outcome, Place};
use super::pool::Pool;
use super::table::TasksTable;
use crate::engine::Location;
use crate::error::{Error, ErrorKind, Result};
use crate::sink::paths;
use crate::sink::upload::is_recent;

/// How often a task may fail for what may pass.
const TRIES: u32 = 4;
/// First pause between looking for records; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How many times as long a cluster that does nothing is waited for in all.
const PATIENCE: u32 = 3;
/// How long a scheduler that can't be reached is waited for.
const UNREACHABLE: Duration = Duration::from_mins(2);
/// Records read at the same time.
const READS: usize = 16;

/// A step while its tasks are being done.
pub(super) struct Step<'a, F> {
    pool: &'a Pool,
    output: &'a Location,
    place: Place,
    tasks: usize,
    done: BTreeMap<usize, Outcome>,
    /// How often tasks failed.
    failed: BTreeMap<usize, u32>,
    /// When a record was found last.
    progress: Instant,
    /// Since when the scheduler can't be reached.
    unreachable: Option<Instant>,
    stalled: Duration,
    seen: F,
}

impl<'a, F: Fn(usize)> Step<'a, F> {
    /// The `tasks` tasks of the plan at `place`; the engine is not believed to be at work when it has done none for as long as
    /// `stalled`. `seen` is told the numbers of tasks as their records are found.
    pub(super) fn new(
        (pool, output): (&'a Pool, &'a Location),
        place: Place,
        tasks: usize,
        stalled: Duration,
        seen: F,
    ) -> Self {
        Self {
            pool,
            output,
            place,
            tasks,
            done: BTreeMap::new(),
            failed: BTreeMap::new(),
            progress: Instant::now(),
            unreachable: None,
            stalled,
            seen,
        }
    }

    /// Has all of them done; gives what they left behind, in order.
    pub(super) async fn finish(mut self) -> Result<Vec<Outcome>> {
        self.forget_old().await?;
        self.look().await?;
        if !self.done.is_empty() {
            let (done, all, step) = (self.done.len(), self.tasks, &self.place.folder);
            tracing::info!("{done} of {all} tasks of {step} were done by an earlier process");
        }
        let mut pause = FIRST_PAUSE;
        loop {
            let missing: Vec<usize> = (0..self.tasks).filter(|task| !self.done.contains_key(task)).collect();
            if missing.is_empty() {
                return Ok(self.done.into_values().collect());
            }
            let before = self.done.len();
            let placed = self.place(missing).await;
            self.look().await?;
            match placed {
                Ok(failures) => {
                    self.unreachable = None;
                    self.count(failures)?;
                }
                Err(error) => {
                    tracing::warn!("tasks are placed again: {error}");
                    if let Err(error) = self.pool.reach().await {
                        let since = *self.unreachable.get_or_insert_with(Instant::now);
                        if since.elapsed() > UNREACHABLE {
                            return Err(self.given_up(error));
                        }
                    } else {
                        self.unreachable = None;
                    }
                    if self.progress.elapsed() > self.stalled * PATIENCE {
                        return Err(self.given_up(error));
                    }
                }
            }
            pause = if self.done.len() > before { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
            tokio::time::sleep(pause).await;
        }
    }

    /// Places tasks, and returns when they are done or the engine has lost them.
    async fn place(&mut self, tasks: Vec<usize>) -> Result<Vec<(usize, Failure)>> {
        let wanted: BTreeSet<usize> = tasks.iter().copied().collect();
        let context = self.pool.session().await?;
        let table = TasksTable { place: self.place.clone(), tasks };
        let mut job = pin!(context.read_table(Arc::new(table))?.collect());
        let (placed, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            tokio::select! {
                rows = &mut job => return failures(&rows?),
                () = tokio::time::sleep(pause) => {}
            }
            let before = self.done.len();
            self.look().await?;
            if wanted.iter().all(|task| self.done.contains_key(task)) {
                return Ok(Vec::new());
            }
            pause = if self.done.len() > before { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
            if self.progress.max(placed).elapsed() > self.stalled {
                let minutes = self.stalled.as_secs() / 60;
                return Err(Error::new(
                    ErrorKind::Resource,
                    format!("no task was done in {minutes} minutes"),
                ));
            }
        }
    }

    /// Removes records whose files may be removed before there is a commit: their tasks are done again.
    async fn forget_old(&self) -> Result<()> {
        for record in self.records().await?.iter().filter(|record| !is_recent(record)) {
            self.output.store.delete(&record.location).await?;
        }
        Ok(())
    }

    async fn records(&self) -> Result<Vec<ObjectMeta>> {
        let Location { store, path, .. } = self.output;
        Ok(store.list(Some(&paths::object(path, &self.place.records())?)).try_collect().await?)
    }

    /// Finds new records.
    async fn look(&mut self) -> Result<()> {
        let objects = self.records().await?;
        let store = &self.output.store;
        let tasks = objects.into_iter().filter_map(|object| {
            let task = Place::task_of(&object.location).filter(|task| *task < self.tasks)?;
            (!self.done.contains_key(&task)).then_some((task, object.location))
        });
        let new: Vec<(usize, Outcome)> = stream::iter(tasks)
            .map(|(task, location)| async move {
                let json = store.get(&location).await?.bytes().await?;
                let outcome = serde_json::from_slice(&json).map_err(|error| {
                    Error::new(ErrorKind::Store, format!("the record {location} is damaged"))
                        .with_source(error)
                        .with_hint("remove it: its task is then done again")
                })?;
                Ok::<_, Error>((task, outcome))
            })
            .buffered(READS)
            .try_collect()
            .await?;
        for (task, outcome) in new {
            (self.seen)(task);
            self.progress = Instant::now();
            self.done.insert(task, outcome);
        }
        Ok(())
    }

    fn count(&mut self, failures: Vec<(usize, Failure)>) -> Result<()> {
        for (task, failure) in failures {
            // What can't be trusted isn't made good by another attempt at the task.
            if self.done.contains_key(&task) && !failure.is_refusal() {
                continue;
            }
            let failed = self.failed.entry(task).or_default();
            *failed += 1;
            if !failure.is_passing() || *failed >= TRIES {
                return Err(failure.into_error(task));
            }
            tracing::warn!("{}", failure.into_error(task));
        }
        Ok(())
    }

    fn given_up(&self, error: Error) -> Error {
        let (done, all, scheduler) = (self.done.len(), self.tasks, self.pool);
        Error::new(
            ErrorKind::Store,
            format!("the cluster of {scheduler} did {done} of {all} tasks and no more"),
        )
        .with_source(error)
        .with_hint("run it again when scheduler and executors are up: what is done is not done again")
    }
}

fn failures(rows: &[RecordBatch]) -> Result<Vec<(usize, Failure)>> {
    let mut failed = Vec::new();
    for batch in rows {
        let [tasks, failures] = batch.columns() else {
            return Err(Error::new(ErrorKind::Defect, "tasks of other columns"));
        };
        let (tasks, failures) = (tasks.as_primitive::<Int64Type>(), failures.as_string::<i32>());
        for row in (0..batch.num_rows()).filter(|row| failures.is_valid(*row)) {
            failed.push((tasks.value(row) as usize, Failure::from_json(failures.value(row))));
        }
    }
    Ok(failed)
}
