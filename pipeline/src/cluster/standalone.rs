//! Scheduler and executor in one process.

use super::executor::{self, ExecutorOptions};
use super::scheduler::{self, SchedulerOptions};
use crate::error::Result;

/// Serves until the process is told to stop, which the executor hears.
pub async fn serve(scheduler: SchedulerOptions, executor: ExecutorOptions) -> Result<()> {
    tokio::select! {
        served = scheduler::serve(scheduler) => served,
        served = executor::serve(executor) => served,
    }
}
