//! Kept records → shards: how many, and the one plan that writes each.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::dataframe::DataFrame;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{col, lit};
use futures::{StreamExt, TryStreamExt, stream};

use crate::engine::{Boundary, Engine, Joins};
use crate::error::Result;
use crate::schema::Split;
use crate::sink::shard::documents_schema;
use crate::sink::shard_exec::read_shard_rows;
use crate::sink::{ShardFile, ShardId, ShardWriterExec};
use crate::stages::canonical::Canonical;
use crate::stages::fates::{Documents, KEPT};
use crate::stages::layout::Layout;
use crate::stages::tokenize::{self, Tokenize};

/// How documents are cut into shards.
#[derive(Debug, Clone)]
pub struct Sharding {
    /// Logical bytes a shard is aimed at.
    pub shard_bytes: u64,
    /// The number of shards of a split is a multiple of this.
    pub multiple_of: u32,
    /// Tokenizer, begin and end tokens.
    pub tokenize: Tokenize,
    /// Canonical columns beside the fixed ones.
    pub columns: Vec<String>,
    /// Buckets of the boundaries.
    pub layout: Layout,
}

/// The shards of a commit: the counting pass decides how many, so that the number depends on the
/// documents alone.
pub fn shards(documents: &BTreeMap<Split, Documents>, sharding: &Sharding) -> Vec<ShardId> {
    let mut shards = Vec::new();
    for (split, counted) in documents {
        let wanted = counted.logical_bytes.div_ceil(sharding.shard_bytes.max(1)).max(1);
        let multiple = u64::from(sharding.multiple_of.max(1));
        let count = u32::try_from(wanted.div_ceil(multiple) * multiple).unwrap_or(u32::MAX);
        shards.extend((0..count).map(|index| ShardId { split: split.name().to_owned(), index, count }));
    }
    shards
}

/// Writes every shard into the folder `spool`; those that hold no document leave no file.
///
/// As many shards are written at once as the engine has threads; a lone shard gets all of them.
pub async fn write(
    engine: &Engine,
    canonical: &Arc<Canonical>,
    decided: &Arc<Boundary>,
    ids: Vec<ShardId>,
    sharding: &Arc<Sharding>,
    spool: &Path,
) -> Result<Vec<ShardFile>> {
    std::fs::create_dir_all(spool)?;
    let at_once = engine.threads().get().min(ids.len()).max(1);
    let partitions = NonZeroUsize::new(engine.threads().get() / at_once).unwrap_or(NonZeroUsize::MIN);
    let written: Vec<Vec<ShardFile>> = stream::iter(ids)
        .map(|id| {
            let shard = Shard {
                engine: engine.clone(),
                canonical: Arc::clone(canonical),
                decided: Arc::clone(decided),
                sharding: Arc::clone(sharding),
                partitions,
                id,
            };
            let spool = spool.to_owned();
            async move { tokio::spawn(async move { shard.write(&spool).await }).await.map_err(joined)? }
        })
        .buffer_unordered(at_once)
        .try_collect()
        .await?;
    let mut files: Vec<ShardFile> = written.into_iter().flatten().collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn joined(error: tokio::task::JoinError) -> crate::error::Error {
    crate::error::Error::new(crate::error::ErrorKind::Defect, "a shard was not written to its end")
        .with_source(error)
}

/// One shard to write.
struct Shard {
    engine: Engine,
    canonical: Arc<Canonical>,
    decided: Arc<Boundary>,
    sharding: Arc<Sharding>,
    partitions: NonZeroUsize,
    id: ShardId,
}

impl Shard {
    /// One plan from the two boundaries to the file.
    ///
    /// ```text
    ///  decided:   fate = kept, keys of this shard ─┐ hashed: as large as the buckets, which are bounded
    ///                                              ├─► join by record ─► tokenize ─► sort ─► shard
    ///  canonical: the same buckets ────────────────┘
    /// ```
    async fn write(self, spool: &Path) -> Result<Vec<ShardFile>> {
        let Some((first, last)) = self.id.keys() else { return Ok(Vec::new()) };
        let split: Split = self.id.split.parse()?;
        let layout = self.sharding.layout;
        let wanted = |bucket: i32| layout.overlaps(bucket, split, first, last);
        let session = self.engine.session(self.partitions, Joins::HashLeft)?;
        let kept = self
            .decided
            .read(&session, wanted)
            .await?
            .filter(col("fate").eq(lit(KEPT)).and(col("shuffle").between(lit(first), lit(last))))?
            .select(vec![col("record").alias("kept_record"), col("quote_withdrawn")])?;
        let records = self.canonical.records(&session, wanted).await?;
        let tweets = kept.join(records, JoinType::Inner, &["kept_record"], &["record"], None)?;
        let documents = tokenize::apply(tweets, &self.sharding.tokenize, &self.sharding.columns)?
            .sort(vec![col("shuffle").sort(true, false), col("tweet_id").sort(true, false)])?;
        self.run(documents, spool).await
    }

    async fn run(self, documents: DataFrame, spool: &Path) -> Result<Vec<ShardFile>> {
        let schema = documents_schema(&self.sharding.columns)?;
        let context = Arc::new(documents.task_ctx());
        let plan = documents.create_physical_plan().await?;
        let writer: Arc<dyn ExecutionPlan> =
            Arc::new(ShardWriterExec::new(plan, spool.to_owned(), self.id, schema));
        read_shard_rows(&datafusion::physical_plan::collect(writer, context).await?)
    }
}
