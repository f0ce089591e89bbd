//! The tasks themselves: the code of a run on one machine, on a part of it.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use tweetmill_kernels::device::Gpu;

use super::handed::hand_over;
use super::plan::{Outcome, Place, Plan, Work};
use super::worker::Worker;
use crate::config::RunConfig;
use crate::engine::Location;
use crate::error::{Error, ErrorKind, Result};
use crate::gpu;
use crate::making::Making;
use crate::pins;
use crate::progress::Progress;
use crate::sink::ShardId;
use crate::sink::paths;
use crate::sink::upload::{Upload, Uploader};
use crate::source::limits::ReadLimits;
use crate::source::unit_plan::UnitPlan;
use crate::stages::boundary::Boundary;
use crate::stages::canonical::{self, Canonical};
use crate::stages::documents::{self, Sharding};
use crate::stages::normalize::Normalize;

/// What the tasks of a step share.
#[derive(Debug)]
pub(super) struct Prepared {
    output: Location,
    config: RunConfig,
    work: Shared,
}

#[derive(Debug)]
enum Shared {
    Read {
        units: Vec<Vec<UnitPlan>>,
        normalize: Box<Normalize>,
    },
    Write {
        gpu: Option<Arc<Gpu>>,
        folder: String,
        canonical: Arc<Canonical>,
        decided: Arc<Boundary>,
        sharding: Arc<Sharding>,
        shards: Vec<ShardId>,
    },
}

impl Prepared {
    pub(super) async fn new(worker: &Worker, plan: Plan, output: Location) -> Result<Self> {
        let (config, layout) = (plan.config()?, plan.layout);
        for input in &config.input {
            worker.storage.locate(input.url.as_str())?;
        }
        worker.engine.register_stores(&worker.storage);
        let work = match plan.work {
            Work::Read { units, evaluation: of_run } => {
                let evaluation = worker.evaluation(&config, &of_run).await?;
                Shared::Read { units, normalize: Box::new(Normalize::new(&config, &evaluation, layout)) }
            }
            Work::Write { folder, pinned, canonical, discarded, decided, shards } => {
                worker.forget_sets().await;
                let mut boundaries = Vec::new();
                for files in canonical {
                    boundaries.extend(Boundary::stored(&worker.engine, &output.store_url, files).await?);
                }
                let decided = Boundary::stored(&worker.engine, &output.store_url, decided).await?;
                let decided = decided.ok_or_else(|| {
                    Error::new(ErrorKind::Defect, "shards are to be written where nothing was decided")
                })?;
                let making = Making::load(&worker.storage, &worker.engine, &config).await?;
                if pins::pinned(&config, &making)? != *pinned {
                    let message = "tokenizer or model are others here than where the run was started";
                    return Err(Error::new(ErrorKind::Usage, message).with_hint(
                        "give all machines the same files; executors that read it before must be started again",
                    ));
                }
                let gpu = gpu::use_as_told(&making.tokenizer, config.engine.gpu).await?;
                Shared::Write {
                    gpu,
                    folder,
                    canonical: Arc::new(Canonical::of(boundaries, discarded)),
                    decided: Arc::new(decided),
                    sharding: Arc::new(Sharding::new(&config, &pinned, layout)?),
                    shards,
                }
            }
        };
        Ok(Self { output, config, work })
    }

    /// Does task `task` with `folder` for its files.
    pub(super) async fn run(
        &self,
        worker: &Worker,
        place: &Place,
        task: usize,
        folder: &Path,
    ) -> Result<Outcome> {
        let unknown = || Error::new(ErrorKind::Defect, format!("the step has no task {task}"));
        match &self.work {
            Shared::Read { units, normalize } => {
                let units = units.get(task).ok_or_else(unknown)?;
                self.read(worker, place, units, normalize, folder).await
            }
            Shared::Write { gpu, folder: to, canonical, decided, sharding, shards } => {
                let id = shards.get(task).ok_or_else(unknown)?.clone();
                let one = (id, NonZeroUsize::MIN);
                let shard =
                    documents::write_one(&worker.engine, canonical, decided, one, sharding, folder).await?;
                if let Some(shard) = &shard {
                    let to = paths::object(&self.output.path, &format!("{to}/{}", shard.name))?;
                    let upload = Upload { from: shard.path.clone(), to, bytes: shard.bytes };
                    Uploader::at(&self.output, upload_room(worker)).send(&upload).await?;
                }
                // As late as can be: tasks beside this one may have caught it.
                gpu::check(gpu.as_ref())?;
                Ok(Outcome::Written(shard))
            }
        }
    }

    async fn read(
        &self,
        worker: &Worker,
        place: &Place,
        units: &[UnitPlan],
        normalize: &Normalize,
        folder: &Path,
    ) -> Result<Outcome> {
        let units = units.iter().map(|unit| unit.open(&worker.storage)).collect::<Result<Vec<_>>>()?;
        let (limits, progress) = (ReadLimits::from(self.config.limits), Arc::new(Progress::new()));
        let share = worker.engine.writer_bytes() / worker.engine.threads();
        let one = (NonZeroUsize::MIN, share);
        let read =
            canonical::read_once(&worker.engine, one, units, &limits, &progress, normalize, folder).await?;
        let room = upload_room(worker);
        Ok(Outcome::Read(hand_over(&read, &self.output, &place.folder, room).await?))
    }
}

/// What one of the tasks at work may hold of files on their way.
fn upload_room(worker: &Worker) -> usize {
    worker.engine.upload_bytes() / worker.engine.threads()
}
