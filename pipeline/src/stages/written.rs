//! Everything a commit consists of, waiting in scratch space to be sent.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::sink::spool::SpoolFile;
use crate::sink::{ShardFile, ShardId};
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

    fn files(&self) -> Vec<StepFile<'_>> {
        let shards = self.shards.iter().map(|shard| StepFile::new(&shard.path, shard.bytes, &shard.digest));
        shards.chain(self.sides.files().map(SpoolFile::of_step)).collect()
    }

    fn restore(record: Self) -> Result<Option<Self>> {
        Ok(Some(record))
    }
}

/// Writes the shards `ids` and all else into the folder `spool`.
pub async fn write(
    workspace: &Workspace,
    canonical: &Arc<Canonical>,
    decided: &Decided,
    ids: Vec<ShardId>,
    sharding: &Arc<Sharding>,
    spool: &Path,
) -> Result<Written> {
    let (engine, session) = (&workspace.engine, workspace.session()?);
    let Decided { records, near } = decided;
    let (shards, sides, largest) = tokio::try_join!(
        documents::write(engine, canonical, records, ids, sharding, spool),
        side_files::write(engine, canonical, records, near.clone(), spool),
        clusters::largest(&session, canonical, records, sharding.redact)
    )?;
    Ok(Written { shards, sides, largest })
}
