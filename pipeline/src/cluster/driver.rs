//! The side of the run: what is asked of a cluster.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;

use super::handed::hand_over;
use super::plan::{Outcome, Place, Plan, Work};
use super::pool::Pool;
use super::reader::ClusterReader;
use super::step::Step;
use super::tls::Tls;
use crate::config::{self, Address, RunConfig};
use crate::engine::{Engine, Location};
use crate::error::{Error, ErrorKind, Result};
use crate::evaluation::Evaluation;
use crate::progress::Progress;
use crate::sink::digesting::short;
use crate::sink::manifest::Pinned;
use crate::sink::{ShardFile, ShardId, paths};
use crate::stages::boundary::Boundary;
use crate::stages::buckets::BucketLayout;
use crate::stages::canonical::Canonical;
use crate::steps::{Outcome as _, RunKey};

/// After so long without a record the engine is not believed to be at work: tasks are placed again. Longer where a task reads much.
pub(super) const STALLED: Duration = Duration::from_mins(10);

/// A run's connection to a cluster.
pub struct Cluster {
    /// Executors for all steps.
    pool: Pool,
    /// Executors with a device each.
    devices: Option<Pool>,
    pub(super) output: Location,
    folder: String,
    pub(super) threads: usize,
}

impl Cluster {
    /// The cluster that the run file tells, for the run that `key` tells. Nothing is contacted.
    pub fn new(
        config: &RunConfig,
        cluster: &config::Cluster,
        output: &Location,
        key: &RunKey,
    ) -> Result<Self> {
        let tls = cluster.tls.as_ref().map(Tls::read).transpose()?;
        let pool = |scheduler: &Address| Pool::new(scheduler.clone(), tls.clone());
        Ok(Self {
            pool: pool(&cluster.scheduler),
            devices: cluster.device_scheduler.as_ref().map(pool),
            output: output.clone(),
            folder: format!("{}/{}", paths::STEPS, key.digest()),
            threads: config.engine.threads.get(),
        })
    }

    /// Reads with the executors. `progress` is told what was read.
    pub fn reader<'a>(
        &'a self,
        engine: &'a Engine,
        (config, evaluation): (&'a RunConfig, &'a Evaluation),
        layout: BucketLayout,
        progress: &'a Arc<Progress>,
    ) -> ClusterReader<'a> {
        ClusterReader { cluster: self, engine, config, evaluation, layout, progress }
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
            canonical: canonical.boundaries().iter().map(Boundary::record).collect(),
            discarded: canonical.discarded().collect(),
            decided: hand_over(
                decided,
                &self.output,
                &format!("{}/decided-{state}", self.folder),
                engine.upload_bytes(),
            )
            .await?,
            shards,
        };
        let plan = Plan::new(config, layout, work);
        let step = format!("write-{state}");
        let done = self.carry_out(&plan, &step, STALLED, |_| ()).await;
        if done.as_ref().is_err_and(|error| error.kind() == ErrorKind::Gate) {
            // What an executor that can't be trusted wrote before must not count when the run is started again.
            self.removed(&format!("{}/{step}", self.folder)).await;
        }
        let mut shards = Vec::new();
        for outcome in done? {
            match outcome {
                Outcome::Written(shard) => shards.extend(shard),
                Outcome::Read(_) => return Err(Error::new(ErrorKind::Defect, "a task of another step")),
            }
        }
        shards.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(shards)
    }

    /// Removes what the machines handed each other: the run is done.
    pub async fn done(&self) {
        self.removed(&self.folder).await;
    }

    async fn removed(&self, folder: &str) {
        if let Err(error) = self.clear(folder).await {
            tracing::warn!("intermediate files stay in {}/{folder}: {error}", self.output);
        }
    }

    /// Removes `folder`, and what holds nothing but it.
    async fn clear(&self, folder: &str) -> Result<()> {
        let objects = paths::object(&self.output.path, folder)?;
        let store = &self.output.store;
        let objects = store.list(Some(&objects)).map_ok(|object| object.location).boxed();
        store.delete_stream(objects).try_for_each(|_| async { Ok(()) }).await?;
        if let Some(root) = self.output.on_disk() {
            // Nothing but empty folders.
            drop(std::fs::remove_dir_all(root.join(folder)));
            drop(std::fs::remove_dir(root.join(paths::STEPS)));
        }
        Ok(())
    }

    /// Has all tasks of `plan` done as the step `name`; `seen` is told the numbers of tasks as their records are found.
    /// The engine is not believed to be at work when it has done no task for as long as `stalled`.
    pub(super) async fn carry_out(
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
        let place = Place { output: self.output.to_string(), folder, plan: digest };
        let object = paths::object(&self.output.path, &place.plan())?;
        self.output.store.put(&object, json.into()).await?;
        let pool = match &plan.work {
            Work::Read { .. } => &self.pool,
            Work::Write { .. } => self.devices.as_ref().unwrap_or(&self.pool),
        };
        let step = Step::new((pool, &self.output), place, plan.tasks(), stalled, seen);
        step.finish().await
    }
}
