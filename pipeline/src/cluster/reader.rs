//! Archives read by executors.

use std::sync::Arc;
use std::time::Duration;

use super::driver::{Cluster, STALLED};
use super::plan::{Outcome, Plan, Work};
use crate::config::RunConfig;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluation::Evaluation;
use crate::progress::Progress;
use crate::source::unit::Unit;
use crate::source::unit_plan::UnitPlan;
use crate::stages::boundary::Boundary;
use crate::stages::buckets::BucketLayout;
use crate::stages::canonical::{self, Reader};

/// Tasks for each thread of the cluster: the last to be done leave few threads idle.
const TASKS_A_THREAD: usize = 4;
/// Most tasks that read, each of which makes a set of files.
const MOST_TASKS: u64 = 4096;
/// Stored bytes that a task reads at the most, where there may be as many tasks.
const MOST_BYTES: u64 = 1 << 30;
/// Stored bytes a second that a task reads at the least.
const SLOWEST: u64 = 1 << 20;

/// Reads with the executors.
pub struct ClusterReader<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) engine: &'a Engine,
    pub(super) config: &'a RunConfig,
    pub(super) evaluation: &'a Evaluation,
    pub(super) layout: BucketLayout,
    pub(super) progress: &'a Arc<Progress>,
}

impl Reader for ClusterReader<'_> {
    /// All at once: what is lost is a task, not a step.
    fn in_steps(&self, units: Vec<Unit>) -> Vec<Vec<Unit>> {
        vec![units]
    }

    async fn read(&self, name: &str, units: Vec<Unit>) -> Result<Boundary> {
        let Self { cluster, engine, config, evaluation, layout, progress } = self;
        let all = units.iter().map(Unit::bytes).sum::<u64>();
        let tasks = (all / MOST_BYTES).max((cluster.threads * TASKS_A_THREAD) as u64).min(MOST_TASKS);
        let tasks = canonical::in_steps(units, all.div_ceil(tasks));
        let bytes: Vec<u64> = tasks.iter().map(|units| units.iter().map(Unit::bytes).sum()).collect();
        let units = tasks.iter().map(|units| units.iter().map(UnitPlan::of).collect()).collect();
        let plan = Plan::new(config, *layout, Work::Read { units, evaluation: evaluation.identity() });
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
