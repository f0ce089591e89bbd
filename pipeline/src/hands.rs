//! Who does the work of a run: its own process, or the executors of a cluster.

use std::path::PathBuf;
use std::sync::Arc;

use tweetmill_kernels::device::Gpu;

#[cfg(feature = "cluster")]
use crate::cluster::Cluster;
use crate::config::{self, RunConfig};
use crate::engine::Location;
use crate::error::Result;
use crate::evaluation::Evaluation;
use crate::progress::Progress;
use crate::sink::ShardId;
use crate::sink::manifest::Pinned;
use crate::source::limits::ReadLimits;
use crate::source::unit::Unit;
use crate::stages::buckets::BucketLayout;
use crate::stages::canonical::{self, Canonical, OwnReader};
use crate::stages::decided::Decided;
use crate::stages::documents::Sharding;
use crate::stages::normalize::Normalize;
use crate::stages::written::{self, Written};
use crate::steps::{RunKey, Steps};
use crate::workspace::Workspace;

/// Who reads archives and writes shards.
pub(crate) enum Hands {
    /// The process of the run.
    Own,
    /// Executors, by their scheduler.
    #[cfg(feature = "cluster")]
    Cluster(Box<Cluster>),
}

/// What shards are to be written, and from what.
pub(crate) struct Order<'a> {
    pub(crate) canonical: &'a Arc<Canonical>,
    pub(crate) decided: &'a Decided,
    pub(crate) ids: Vec<ShardId>,
    pub(crate) sharding: &'a Arc<Sharding>,
    /// Folder of the commit to be, within the data set.
    #[cfg_attr(not(feature = "cluster"), expect(dead_code, reason = "for executors"))]
    pub(crate) folder: String,
    /// Name of what they are made from.
    pub(crate) state: &'a str,
    /// What they depend on beside records and decisions.
    #[cfg_attr(not(feature = "cluster"), expect(dead_code, reason = "for executors"))]
    pub(crate) pinned: &'a Pinned,
    /// What helps this process to write them.
    pub(crate) gpu: Option<&'a Arc<Gpu>>,
}

impl Hands {
    /// As the run file says. Nothing is contacted.
    pub(crate) fn of(config: &RunConfig, output: &Location, key: &RunKey) -> Result<Self> {
        match &config.engine.cluster {
            None => Ok(Self::Own),
            Some(cluster) => Self::cluster(config, cluster, output, key),
        }
    }

    #[cfg(feature = "cluster")]
    fn cluster(
        config: &RunConfig,
        cluster: &config::Cluster,
        output: &Location,
        key: &RunKey,
    ) -> Result<Self> {
        Ok(Self::Cluster(Box::new(Cluster::new(config, cluster, output, key)?)))
    }

    #[cfg(not(feature = "cluster"))]
    fn cluster(_: &RunConfig, _: &config::Cluster, _: &Location, _: &RunKey) -> Result<Self> {
        use crate::error::{Error, ErrorKind};
        Err(Error::new(ErrorKind::Usage, "engine.kind: this build of tweetmill knows no cluster")
            .with_hint("build it with --features cluster, or let the run do its work itself: kind: local"))
    }

    /// Reads all of `units`.
    pub(crate) async fn read(
        &self,
        workspace: &Workspace,
        (config, evaluation): (&RunConfig, &Evaluation),
        (units, layout): (Vec<Unit>, BucketLayout),
        steps: &Steps,
        progress: &Arc<Progress>,
    ) -> Result<Canonical> {
        let engine = &workspace.engine;
        match self {
            Self::Own => {
                let (limits, normalize) =
                    (ReadLimits::from(config.limits), Normalize::new(config, evaluation, layout));
                let own = OwnReader { engine, limits: &limits, progress, normalize: &normalize, steps };
                canonical::read(engine, &own, units).await
            }
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => {
                let reader = cluster.reader(engine, (config, evaluation), layout, progress);
                canonical::read(engine, &reader, units).await
            }
        }
    }

    /// Writes what `order` asks for, and all that stands beside shards.
    pub(crate) async fn write(
        &self,
        workspace: &Workspace,
        #[cfg_attr(not(feature = "cluster"), expect(unused_variables, reason = "for executors"))]
        config: &RunConfig,
        order: Order<'_>,
        steps: &Steps,
    ) -> Result<Written> {
        let step = written::step(order.state);
        match self {
            Self::Own => {
                let write = async |spool: PathBuf| written::write(workspace, order, &spool).await;
                Box::pin(steps.step(&step, write)).await
            }
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => {
                let Order { canonical, decided, ids, sharding, folder, state, pinned, gpu: _ } = order;
                let spool = workspace.scratch().join(step);
                let beside = written::beside_shards(workspace, canonical, decided, sharding, &spool);
                let from = (canonical.as_ref(), decided.records.as_ref());
                let to = (folder, ids);
                let shards =
                    cluster.write(config, sharding.layout, from, to, (state, pinned), &workspace.engine);
                let (shards, (sides, largest)) = tokio::try_join!(shards, beside)?;
                Ok(Written { shards, sent: true, sides, largest })
            }
        }
    }

    /// Name of the engine in the run's record.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Own => "local",
            #[cfg(feature = "cluster")]
            Self::Cluster(_) => "cluster",
        }
    }

    /// The run is done: nothing needs to be kept for it.
    #[cfg_attr(not(feature = "cluster"), expect(clippy::unused_async, reason = "of a cluster"))]
    pub(crate) async fn done(&self) {
        match self {
            Self::Own => {}
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => cluster.done().await,
        }
    }
}
