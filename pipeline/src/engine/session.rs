//! The one place a `SessionContext` is built: functions, stores, memory, scratch space.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use object_store::ObjectStore;
use std::num::NonZeroUsize;
use tweetmill_udfs::Known;

use crate::engine::leaders::LeadersPlanner;
use crate::engine::open_files;
use crate::engine::pool::SharedPool;
use crate::engine::storage::Storage;
use crate::error::Result;

/// Rows a batch holds between operators.
pub const BATCH_ROWS: usize = 8192;

/// Most bytes on their way to a store: enough for a fast link, few enough for each to arrive in time on a
/// slow one.
const MAX_UPLOAD_BYTES: usize = 64 << 20;

/// Memory that one spilled run takes while it is merged: two batches read ahead, and as much again to take rows from.
const RUN_BYTES: usize = 8 << 20;

/// What every plan of one run shares: memory, scratch space, stores, functions.
#[derive(Debug, Clone)]
pub struct Engine {
    runtime: Arc<RuntimeEnv>,
    known: Known,
    threads: NonZeroUsize,
    scratch: PathBuf,
    writer_bytes: usize,
    writer_files: u64,
}

/// How the joins of a plan are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joins {
    /// Sort both sides and merge: spills, for joins over all records.
    Merge,
    /// Hash the left side as written: for joins whose left side is bounded by construction.
    HashLeft,
}

impl Engine {
    /// An engine of `threads` partitions whose operators share `memory_bytes` and spill into `scratch`.
    ///
    /// `memory_bytes` is the process budget; a quarter is kept back for what operators don't
    /// account for: decoding, tokenizers, Parquet writers.
    pub fn new(threads: NonZeroUsize, memory_bytes: u64, scratch: &Path) -> Result<Self> {
        let budget = usize::try_from(memory_bytes).unwrap_or(usize::MAX);
        let spill = scratch.join("spill");
        std::fs::create_dir_all(&spill)?;
        let top = NonZeroUsize::MIN.saturating_add(2);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(TrackConsumersPool::new(SharedPool::new(budget / 4 * 3), top)))
            .with_disk_manager_builder(
                DiskManagerBuilder::default()
                    .with_mode(DiskManagerMode::Directories(vec![spill]))
                    .with_max_temp_directory_size(u64::MAX)
                    .with_max_spill_merge_fan_in(merged_at_once(budget, threads)),
            )
            .build_arc()?;
        Ok(Self {
            runtime,
            known: Known::default(),
            threads,
            scratch: scratch.to_owned(),
            writer_bytes: budget / 8,
            // The other half: inputs, sockets, spilled runs, shards.
            writer_files: open_files::limit() / 2,
        })
    }

    /// A share of the engine's memory for what is no operator of a plan; none of it yet.
    pub fn reservation(&self, name: &str) -> MemoryReservation {
        MemoryConsumer::new(name).register(&self.runtime.memory_pool)
    }

    /// Tokenizers and models that functions may name.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Partitions a plan runs in by default.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads
    }

    /// Folder of this run for everything that is not the data set.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Bytes that scratch writers of one plan may hold in memory together.
    pub fn writer_bytes(&self) -> usize {
        self.writer_bytes
    }

    /// Files that scratch writers of one plan may hold open together.
    pub fn writer_files(&self) -> u64 {
        self.writer_files
    }

    /// Bytes of files on their way to a store that may be in memory together. They are what the scratch
    /// writers leave: nothing is sent before those are done.
    pub fn upload_bytes(&self) -> usize {
        self.writer_bytes.min(MAX_UPLOAD_BYTES)
    }

    /// Makes the stores opened by `storage` known to plans.
    pub fn register_stores(&self, storage: &Storage) {
        for (url, store) in storage.opened() {
            self.runtime.register_object_store(&url, store);
        }
    }

    /// The store that plans know by `url`.
    pub fn store(&self, url: &ObjectStoreUrl) -> Result<Arc<dyn ObjectStore>> {
        Ok(self.runtime.object_store(url)?)
    }

    /// A context with every function registered, `partitions` wide.
    pub fn session(&self, partitions: NonZeroUsize, joins: Joins) -> Result<SessionContext> {
        let mut config = SessionConfig::new()
            .with_target_partitions(partitions.get())
            .with_batch_size(BATCH_ROWS)
            .with_information_schema(false)
            .with_repartition_file_scans(true)
            .with_collect_statistics(false);
        let options = config.options_mut();
        // Plain strings from end to end: the written shards must not hold views.
        options.execution.parquet.schema_force_view_types = false;
        options.sql_parser.map_string_types_to_utf8view = false;
        options.execution.parquet.pushdown_filters = true;
        options.optimizer.prefer_hash_join = joins == Joins::HashLeft;
        options.optimizer.join_reordering = false;
        if joins == Joins::Merge {
            options.optimizer.hash_join_single_partition_threshold = 0;
            options.optimizer.hash_join_single_partition_threshold_rows = 0;
        }
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::clone(&self.runtime))
            .with_default_features()
            .with_query_planner(Arc::new(LeadersPlanner))
            .build();
        let mut context = SessionContext::new_with_state(state);
        tweetmill_udfs::register_all(&mut context, &self.known)?;
        Ok(context)
    }
}

/// Most spilled runs that one sort merges at once; more are merged in several passes.
///
/// A merge takes memory for each of its runs before it begins and gives none back until it ends, while the sorts
/// beside it in the plan still need theirs: so all that a partition merges at one time, which is up to four
/// sorts, keeps to half of its share, where that is enough for two runs each.
fn merged_at_once(budget: usize, threads: NonZeroUsize) -> usize {
    (budget / 2 / threads / 4 / RUN_BYTES).clamp(2, 128)
}
