//! Everything a commit consists of, waiting in scratch space to be sent.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::gpu;
use crate::hands::Order;
use crate::sink::ShardFile;
use crate::sink::spool::SpoolFile;
use crate::stages::canonical::Canonical;
use crate::stages::clusters::{self, Cluster};
use crate::stages::decided::Decided;
use crate::stages::documents::{self, Sharding};
use crate::stages::side_files::{self, SideFiles};
use crate::steps::{Outcome, StepFile};
use crate::workspace::Workspace;

/// The files of a commit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// The shards.
    pub shards: Vec<ShardFile>,
    /// Whether these are in the data set already: whoever wrote them sent them.
    pub sent: bool,
    /// Fates, rejects, history.
    pub sides: SideFiles,
    /// The largest groups of copies, for the report.
    pub largest: Vec<Cluster>,
}

impl Outcome for Written {
    type Record = Self;

    fn record(&self) -> Self {
        self.clone()
    }

    fn files(&self) -> Vec<StepFile> {
        let own = if self.sent { &[] } else { self.shards.as_slice() };
        let shards = own.iter().map(|shard| StepFile::new(&shard.path, shard.bytes, &shard.digest));
        shards.chain(self.sides.files().map(SpoolFile::of_step)).collect()
    }

    fn restore(record: Self) -> Result<Option<Self>> {
        Ok(Some(record))
    }
}

/// Name of the step that writes from `state`.
pub(crate) fn step(state: &str) -> String {
    format!("written-{state}")
}

/// Writes what `order` asks for into the folder `spool`.
pub(crate) async fn write(workspace: &Workspace, order: Order<'_>, spool: &Path) -> Result<Written> {
    let Order { canonical, decided, ids, sharding, gpu, .. } = order;
    let (shards, (sides, largest)) = tokio::try_join!(
        documents::write(&workspace.engine, canonical, &decided.records, ids, sharding, spool),
        beside_shards(workspace, canonical, decided, sharding, spool)
    )?;
    gpu::check(gpu)?;
    Ok(Written { shards, sent: false, sides, largest })
}

/// Writes all but the shards into the folder `spool`.
pub(crate) async fn beside_shards(
    workspace: &Workspace,
    canonical: &Canonical,
    decided: &Decided,
    sharding: &Sharding,
    spool: &Path,
) -> Result<(SideFiles, Vec<Cluster>)> {
    let (engine, session) = (&workspace.engine, workspace.session()?);
    let Decided { records, near, semantic } = decided;
    tokio::try_join!(
        side_files::write(engine, canonical, records, (near.clone(), *semantic), spool),
        clusters::largest(&session, canonical, records, sharding.redact)
    )
}
