//! What the tasks of a step are to do, as the driver leaves it in the data set's store.

use std::num::NonZeroU64;

use object_store::path::Path;
use serde::{Deserialize, Serialize};

use crate::build::build_id;
use crate::config::{Given, Part, RunConfig};
use crate::error::{Error, ErrorKind, Result};
use crate::sink::bucket::BucketFile;
use crate::sink::manifest::Pinned;
use crate::sink::{ShardFile, ShardId};
use crate::source::unit_plan::UnitPlan;
use crate::stages::buckets::BucketLayout;

/// A step of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// The build that made it, the only one that may carry it out.
    build: Option<String>,
    /// The run file, resolved.
    config: String,
    /// What `--limit` or `--sample` asked for.
    part: Option<PartPlan>,
    pub(super) layout: BucketLayout,
    pub(super) work: Work,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PartPlan {
    Lines(NonZeroU64),
    Sample(String),
}

/// What its tasks do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum Work {
    /// Task *i* reads the units *i*.
    Read {
        /// Of each task.
        units: Vec<Vec<UnitPlan>>,
        /// Name and digest of each evaluation set.
        evaluation: Vec<(String, String)>,
    },
    /// Task *i* writes shard *i*.
    Write {
        /// Where shards go, within the data set.
        folder: String,
        /// What the shards depend on, the tokenizer's digest among it.
        pinned: Box<Pinned>,
        /// Files of the records.
        canonical: Vec<Vec<BucketFile>>,
        /// Units whose records don't count.
        discarded: Vec<i32>,
        /// Files of the decisions.
        decided: Vec<BucketFile>,
        /// Of each task.
        shards: Vec<ShardId>,
    },
}

/// What a task leaves behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum Outcome {
    /// Files of records, their paths those of objects.
    Read(Vec<BucketFile>),
    /// The shard, where it has a document.
    Written(Option<ShardFile>),
}

impl Plan {
    pub(super) fn new(config: &RunConfig, layout: BucketLayout, work: Work) -> Self {
        let part = config.part.map(|part| match part {
            Part::Lines(lines) => PartPlan::Lines(lines),
            Part::Sample(share) => PartPlan::Sample(share.to_string()),
        });
        Self { build: build_id(), config: config.to_yaml(), part, layout, work }
    }

    /// How many tasks it has.
    pub(super) fn tasks(&self) -> usize {
        match &self.work {
            Work::Read { units, .. } => units.len(),
            Work::Write { shards, .. } => shards.len(),
        }
    }

    /// The run file, resolved.
    pub(super) fn config(&self) -> Result<RunConfig> {
        let given = Given { date: None, set: &[], environment: &|_| None };
        let mut config = RunConfig::parse("the plan", &self.config, &given)?;
        config.part = match &self.part {
            None => None,
            Some(PartPlan::Lines(lines)) => Some(Part::Lines(*lines)),
            Some(PartPlan::Sample(share)) => Some(Part::Sample(
                share.parse().map_err(|error: String| Error::new(ErrorKind::Defect, error))?,
            )),
        };
        Ok(config)
    }

    /// Errs where another build made it.
    pub(super) fn check_build(&self) -> Result<()> {
        let own = build_id();
        if own.is_some() && own == self.build {
            return Ok(());
        }
        let name = |build: &Option<String>| build.clone().unwrap_or_else(|| "unknown".to_owned());
        let message =
            format!("the executor is of build {}, the run of build {}", name(&own), name(&self.build));
        Err(Error::new(ErrorKind::Usage, message)
            .with_hint("start scheduler, executors and runs from one and the same program file"))
    }
}

/// Where a step keeps its plan, the records of its tasks and their files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    /// URL of the data set.
    pub(super) output: String,
    /// Folder within the data set.
    pub(super) folder: String,
    /// Digest of the plan: another plan is another step.
    pub(super) plan: String,
}

impl Place {
    pub(super) fn plan(&self) -> String {
        format!("{}/plan-{}.json", self.folder, self.plan)
    }

    /// Where the records are, and nothing else.
    pub(super) fn records(&self) -> String {
        format!("{}/done", self.folder)
    }

    pub(super) fn record(&self, task: usize) -> String {
        format!("{}/task-{task:05}.json", self.records())
    }

    /// The task of a record at `path`, which is within the folder.
    pub(super) fn task_of(path: &Path) -> Option<usize> {
        path.filename()?.strip_prefix("task-")?.strip_suffix(".json")?.parse().ok()
    }
}
