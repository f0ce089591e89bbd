//! The side of the run: leaves plans, has tasks placed, and counts what was done until all of it is.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use ballista::prelude::SessionContextExt;
use ballista_core::config::BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK;
use ballista_core::extension::SessionConfigExt;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectMeta, ObjectStoreExt};

use super::codec::{ScanCodec, TableCodec};
use super::failure::Failure;
use super::plan::{Outcome, Place, Plan, Work};
use super::table::TasksTable;
use crate::config::RunConfig;
use crate::engine::{Engine, Location};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::sink::bucket::BucketFile;
use crate::sink::digesting::short;
use crate::sink::manifest::Pinned;
use crate::sink::upload::{Upload, Uploader, is_recent};
use crate::sink::{ShardFile, ShardId, paths};
use crate::source::unit::Unit;
use crate::source::unit_plan::UnitPlan;
use crate::stages::boundary::Boundary;
use crate::stages::buckets::BucketLayout;
use crate::stages::canonical::{self, Canonical, Reader};
use crate::steps::{Outcome as _, RunKey};

/// Tasks for each thread of the cluster: the last to be done leave few threads idle.
const TASKS_A_THREAD: usize = 4;
/// Most tasks that read, each of which makes a set of files.
const MOST_TASKS: u64 = 4096;
/// Stored bytes that a task reads at the most, where there may be as many tasks.
const MOST_BYTES: u64 = 1 << 30;
/// How often a task may fail for what may pass.
const TRIES: u32 = 4;
/// First pause between looking for records; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// After so long without a record the engine is not believed to be at work: tasks are placed again. Longer where a task reads much.
const STALLED: Duration = Duration::from_mins(10);
/// Stored bytes a second that a task reads at the least.
const SLOWEST: u64 = 1 << 20;
/// How many times as long a cluster that does nothing is waited for in all.
const PATIENCE: u32 = 3;
/// How long a scheduler that can't be reached is waited for.
const UNREACHABLE: Duration = Duration::from_mins(2);
/// Records read at the same time.
const READS: usize = 16;

/// What every role's session is configured as.
pub(super) fn session_config() -> SessionConfig {
    SessionConfig::new_with_ballista()
        .with_ballista_adaptive_query_planner(false)
        .set_usize(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, 1)
        .with_ballista_logical_extension_codec(Arc::new(TableCodec::default()))
        .with_ballista_physical_extension_codec(Arc::new(ScanCodec::default()))
}

/// The one way a session of driver and scheduler is built.
pub(super) fn session_state(config: SessionConfig) -> SessionState {
    SessionStateBuilder::new().with_config(config).with_default_features().build()
}

/// A run's connection to a cluster.
pub struct Cluster {
    scheduler: String,
    output: Location,
    url: String,
    folder: String,
    threads: usize,
}

impl Cluster {
    /// The cluster of `scheduler`, a host and port, for the run that `key` tells. Nothing is contacted.
    pub fn new(config: &RunConfig, scheduler: &str, output: &Location, key: &RunKey) -> Self {
        Self {
            scheduler: scheduler.to_owned(),
            output: output.clone(),
            url: output.to_string(),
            folder: format!("{}/{}", paths::STEPS, key.digest()),
            threads: config.engine.threads.get(),
        }
    }

    /// Reads with the executors. `progress` is told what was read.
    pub fn reader<'a>(
        &'a self,
        engine: &'a Engine,
        config: &'a RunConfig,
        layout: BucketLayout,
        progress: &'a Arc<Progress>,
    ) -> ClusterReader<'a> {
        ClusterReader { cluster: self, engine, config, layout, progress }
    }

    /// Has the executors write `shards` into the folder `to` of the data set, from records and decisions of `state`; gives those
    /// that hold a document.
    pub async fn write(
        &self,
        config: &RunConfig,
        layout: BucketLayout,
        (canonical, decided): (&Canonical, &Boundary),
        (to, shards): (String, Vec<ShardId>),
        (state, pinned): (&str, &Pinned),
        engine: &Engine,
    ) -> Result<Vec<ShardFile>> {
        if shards.is_empty() {
            return Ok(Vec::new());
        }
        let work = Work::Write {
            folder: to,
            pinned: Box::new(pinned.clone()),
            canonical: canonical.boundaries().iter().map(crate::steps::Outcome::record).collect(),
            discarded: canonical.discarded().collect(),
            decided: self.shared(decided, state, engine).await?,
            shards,
        };
        let plan = Plan::new(config, layout, work);
        let done = self.carry_out(&plan, &format!("write-{state}"), STALLED, |_| ()).await?;
        let mut shards = Vec::new();
        for outcome in done {
            match outcome {
                Outcome::Written(shard) => shards.extend(shard),
                Outcome::Read(_) => return Err(Error::new(ErrorKind::Defect, "a task of another step")),
            }
        }
        shards.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(shards)
    }

    /// The files of `decided`, which lie on this machine, where executors can read them.
    async fn shared(&self, decided: &Boundary, state: &str, engine: &Engine) -> Result<Vec<BucketFile>> {
        let (mut uploads, mut files) = (Vec::new(), Vec::new());
        for file in decided.record() {
            let name = file.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let to = paths::object(&self.output.path, &format!("{}/decided-{state}/{name}", self.folder))?;
            files.push(BucketFile { path: to.as_ref().into(), ..file.clone() });
            uploads.push(Upload { from: file.path, to, bytes: file.bytes });
        }
        let uploader = Uploader::new(Arc::clone(&self.output.store), engine.upload_bytes());
        let uploader = if self.output.on_disk().is_some() { uploader.sending_all() } else { uploader };
        uploader.send_all(&uploads).await?;
        Ok(files)
    }

    /// Removes what the machines handed each other: the run is done.
    pub async fn done(&self) {
        if let Err(error) = self.clear().await {
            tracing::warn!("intermediate files stay in {}/{}: {error}", self.url, self.folder);
        }
    }

    async fn clear(&self) -> Result<()> {
        let folder = paths::object(&self.output.path, &self.folder)?;
        let store = &self.output.store;
        let objects = store.list(Some(&folder)).map_ok(|object| object.location).boxed();
        store.delete_stream(objects).try_for_each(|_| async { Ok(()) }).await?;
        if let Some(root) = self.output.on_disk() {
            // Nothing but empty folders.
            drop(std::fs::remove_dir_all(root.join(&self.folder)));
            drop(std::fs::remove_dir(root.join(paths::STEPS)));
        }
        Ok(())
    }

    /// Has all tasks of `plan` done as the step `name`; `seen` is told the numbers of tasks as their records are found.
    /// The engine is not believed to be at work when it has done no task for as long as `stalled`.
    async fn carry_out(
        &self,
        plan: &Plan,
        name: &str,
        stalled: Duration,
        seen: impl Fn(usize),
    ) -> Result<Vec<Outcome>> {
        let json = serde_json::to_vec(plan)
            .map_err(|error| Error::new(ErrorKind::Defect, "a plan has no JSON").with_source(error))?;
        let digest = short(&blake3::hash(&json).to_hex()).to_owned();
        let folder = format!("{}/{name}", self.folder);
        let place = Place { output: self.url.clone(), folder, plan: digest };
        let object = paths::object(&self.output.path, &place.plan())?;
        self.output.store.put(&object, json.into()).await?;
        let mut step = Step {
            cluster: self,
            place,
            tasks: plan.tasks(),
            done: BTreeMap::new(),
            failed: BTreeMap::new(),
            progress: Instant::now(),
            unreachable: None,
            stalled,
            seen,
        };
        step.forget_old().await?;
        step.look().await?;
        if !step.done.is_empty() {
            tracing::info!(
                "{} of {} tasks of {name} were done by an earlier process",
                step.done.len(),
                step.tasks
            );
        }
        step.finish().await
    }
}

/// A step while its tasks are being done.
struct Step<'a, F> {
    cluster: &'a Cluster,
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

impl<F: Fn(usize)> Step<'_, F> {
    async fn finish(mut self) -> Result<Vec<Outcome>> {
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
                    let since = self.unreachable.unwrap_or_else(Instant::now);
                    self.unreachable = is_unreachable(&error).then_some(since);
                    let unreachable = self.unreachable.is_some_and(|since| since.elapsed() > UNREACHABLE);
                    if unreachable || self.progress.elapsed() > self.stalled * PATIENCE {
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
        let url = format!("df://{}", self.cluster.scheduler);
        let context = SessionContext::remote_with_state(&url, session_state(session_config())).await?;
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
            self.cluster.output.store.delete(&record.location).await?;
        }
        Ok(())
    }

    async fn records(&self) -> Result<Vec<ObjectMeta>> {
        let Location { store, path, .. } = &self.cluster.output;
        Ok(store.list(Some(&paths::object(path, &self.place.records())?)).try_collect().await?)
    }

    /// Finds new records.
    async fn look(&mut self) -> Result<()> {
        let objects = self.records().await?;
        let store = &self.cluster.output.store;
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
            if self.done.contains_key(&task) {
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
        let (done, all, scheduler) = (self.done.len(), self.tasks, &self.cluster.scheduler);
        Error::new(
            ErrorKind::Store,
            format!("the cluster of {scheduler} did {done} of {all} tasks and no more"),
        )
        .with_source(error)
        .with_hint("run it again when scheduler and executors are up: what is done is not done again")
    }
}

fn is_unreachable(error: &Error) -> bool {
    error.to_string().contains("connect")
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

/// Reads with the executors.
pub struct ClusterReader<'a> {
    cluster: &'a Cluster,
    engine: &'a Engine,
    config: &'a RunConfig,
    layout: BucketLayout,
    progress: &'a Arc<Progress>,
}

impl Reader for ClusterReader<'_> {
    /// All at once: what is lost is a task, not a step.
    fn in_steps(&self, units: Vec<Unit>) -> Vec<Vec<Unit>> {
        vec![units]
    }

    async fn read(&self, name: &str, units: Vec<Unit>) -> Result<Boundary> {
        let Self { cluster, engine, config, layout, progress } = self;
        let all = units.iter().map(Unit::bytes).sum::<u64>();
        let tasks = (all / MOST_BYTES).max((cluster.threads * TASKS_A_THREAD) as u64).min(MOST_TASKS);
        let tasks = canonical::in_steps(units, all.div_ceil(tasks));
        let bytes: Vec<u64> = tasks.iter().map(|units| units.iter().map(Unit::bytes).sum()).collect();
        let units = tasks.iter().map(|units| units.iter().map(UnitPlan::of).collect()).collect();
        let plan = Plan::new(config, *layout, Work::Read { units });
        let seen = |task: usize| progress.add_bytes(bytes.get(task).copied().unwrap_or(0));
        let mut files = Vec::new();
        let longest = bytes.iter().max().copied().unwrap_or(0) / SLOWEST;
        let stalled = STALLED + Duration::from_secs(longest);
        for outcome in cluster.carry_out(&plan, name, stalled, seen).await? {
            match outcome {
                Outcome::Read(read) => files.extend(read),
                Outcome::Written(_) => return Err(Error::new(ErrorKind::Defect, "a task of another step")),
            }
        }
        let read = Boundary::stored(engine, &cluster.output.store_url, files).await?;
        read.ok_or_else(|| Error::new(ErrorKind::Defect, "reading left not even reports"))
    }
}
