//! Kept records → shards: how many, and the one plan that writes each.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::JoinType;
use datafusion::common::runtime::SpawnedTask;
use datafusion::dataframe::DataFrame;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{col, lit};
use futures::{StreamExt, TryStreamExt, stream};

use crate::config::{ByteSize, DocumentTemplate, Embed, Redact, RunConfig};
use crate::engine::{Engine, Joins};
use crate::error::{Error, ErrorKind, Result};
use crate::fate::KEPT;
use crate::schema::Split;
use crate::sink::manifest::Pinned;
use crate::sink::shard::documents_schema;
use crate::sink::shard_exec::read_shard_rows;
use crate::sink::{ShardFile, ShardId, ShardWriterExec};
use crate::stages::boundary::Boundary;
use crate::stages::buckets::BucketLayout;
use crate::stages::canonical::Canonical;
use crate::stages::fates::Documents;
use crate::stages::tokenize::{self, Tokenize};
use crate::stages::{embed, redact, render, withdrawn};

/// Most shards of one split: a commit names them all, and loaders list them.
const MAX_SHARDS: u64 = 100_000;

/// How documents are made and where they come from.
#[derive(Debug, Clone)]
pub struct Sharding {
    /// What becomes of what texts say of people.
    pub redact: Redact,
    /// What the text of a document is put together from.
    pub template: DocumentTemplate,
    /// Whether quoted texts are published, as a column or in the text.
    pub quotes: bool,
    /// Tokenizer, begin and end tokens.
    pub tokenize: Tokenize,
    /// Vectors, where there are to be any.
    pub embed: Option<Embed>,
    /// Canonical columns beside the fixed ones.
    pub columns: Vec<&'static str>,
    /// What a shard holds.
    pub schema: SchemaRef,
    /// Buckets of the boundaries.
    pub layout: BucketLayout,
}

impl Sharding {
    /// As the run file and what is pinned of it say.
    pub fn new(config: &RunConfig, pinned: &Pinned, layout: BucketLayout) -> Result<Self> {
        let tokenizer = config.tokenize.tokenizer.to_string();
        Ok(Self {
            redact: config.redact,
            template: config.document.template.clone(),
            quotes: withdrawn::concerns_quotes(config),
            tokenize: Tokenize { tokenizer, bos: config.document.bos, eos: config.document.eos },
            embed: config.embed.clone(),
            columns: config.output.columns.clone(),
            schema: documents_schema(&config.output.columns, pinned.embedding.as_ref())?,
            layout,
        })
    }
}

/// The shards of a commit: the counting pass decides how many, so that the number depends on the
/// documents alone: as many as `shard_bytes` of logical bytes each make, rounded up to a multiple of
/// `multiple_of`. Refuses more than 100,000 of a split.
pub fn shards(
    documents: &BTreeMap<Split, Documents>,
    shard_bytes: u64,
    multiple_of: u32,
) -> Result<Vec<ShardId>> {
    let mut shards = Vec::new();
    for (split, counted) in documents {
        let wanted = counted.logical_bytes.div_ceil(shard_bytes.max(1)).max(1);
        let multiple = u64::from(multiple_of.max(1));
        let count = match u32::try_from(wanted.next_multiple_of(multiple)) {
            Ok(count) if u64::from(count) <= MAX_SHARDS => count,
            _ => return Err(too_many(*split, wanted, counted.logical_bytes)),
        };
        shards.extend((0..count).map(|index| ShardId { split: split.name().to_owned(), index, count }));
    }
    Ok(shards)
}

fn too_many(split: Split, wanted: u64, logical_bytes: u64) -> Error {
    let least = ByteSize::bytes(logical_bytes.div_ceil(MAX_SHARDS));
    Error::new(
        ErrorKind::Usage,
        format!("the split {} would have {wanted} shards, more than the {MAX_SHARDS} allowed; nothing was committed", split.name()),
    )
    .with_hint(format!("raise output.shard_size, to {least} at the least, or lower output.shards_multiple_of"))
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
            let shard = Shard::new(engine, canonical, decided, (id, partitions), sharding);
            let spool = spool.to_owned();
            // Stops with this future: a task of its own would go on writing into a folder being removed.
            async move {
                let task = SpawnedTask::spawn(async move { shard.write(&spool).await });
                task.join_unwind().await.map_err(joined)?
            }
        })
        .buffer_unordered(at_once)
        .try_collect()
        .await?;
    let mut files: Vec<ShardFile> = written.into_iter().flatten().collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Writes `one` shard into the folder `spool`, in so many partitions; none where it holds no document.
pub async fn write_one(
    engine: &Engine,
    canonical: &Arc<Canonical>,
    decided: &Arc<Boundary>,
    one: (ShardId, NonZeroUsize),
    sharding: &Arc<Sharding>,
    spool: &Path,
) -> Result<Option<ShardFile>> {
    let shard = Shard::new(engine, canonical, decided, one, sharding);
    Ok(shard.write(spool).await?.pop())
}

fn joined(error: tokio::task::JoinError) -> Error {
    Error::new(ErrorKind::Defect, "a shard was not written to its end").with_source(error)
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
    fn new(
        engine: &Engine,
        canonical: &Arc<Canonical>,
        decided: &Arc<Boundary>,
        (id, partitions): (ShardId, NonZeroUsize),
        sharding: &Arc<Sharding>,
    ) -> Self {
        Self {
            engine: engine.clone(),
            canonical: Arc::clone(canonical),
            decided: Arc::clone(decided),
            sharding: Arc::clone(sharding),
            partitions,
            id,
        }
    }

    /// One plan from the two boundaries to the file.
    ///
    /// ```text
    ///  decided:   fate = kept, keys of this shard ─┐ hashed: as large as the buckets, which are bounded
    ///                                              ├─► join by record ─► redact ─► render ─► tokenize, embed ─► sort ─► shard
    ///  canonical: the same buckets ────────────────┘
    /// ```
    async fn write(self, spool: &Path) -> Result<Vec<ShardFile>> {
        let Some((first, last)) = self.id.keys() else { return Ok(Vec::new()) };
        let split: Split = self.id.split.parse()?;
        let Sharding { redact, template, quotes, tokenize, embed, columns, layout, .. } =
            self.sharding.as_ref();
        let wanted = |bucket: i32| layout.overlaps(bucket, split, first, last);
        let session = self.engine.session(self.partitions, Joins::HashLeft)?;
        let kept = self
            .decided
            .read(&session, wanted)?
            .filter(col("fate").eq(lit(KEPT)).and(col("shuffle").between(lit(first), lit(last))))?
            .select(vec![col("record").alias("kept_record"), col("quote_withdrawn")])?;
        let records = self.canonical.records(&session, wanted)?;
        let tweets = kept.join(records, JoinType::Inner, &["kept_record"], &["record"], None)?;
        let tweets = if *quotes { withdrawn::hide_quotes(tweets)? } else { tweets };
        let tweets = redact::apply(tweets, *redact, *quotes)?;
        let tweets = render::apply(tweets, template, redact.mentions)?;
        let documents = embed::apply(tokenize::apply(tweets, tokenize, columns)?, embed.as_ref())?
            .sort(vec![col("shuffle").sort(true, false), col("tweet_id").sort(true, false)])?;
        self.run(documents, spool).await
    }

    async fn run(self, documents: DataFrame, spool: &Path) -> Result<Vec<ShardFile>> {
        let schema = Arc::clone(&self.sharding.schema);
        let context = Arc::new(documents.task_ctx());
        let plan = documents.create_physical_plan().await?;
        let writer: Arc<dyn ExecutionPlan> =
            Arc::new(ShardWriterExec::new(plan, spool.to_owned(), self.id, schema));
        read_shard_rows(&datafusion::physical_plan::collect(writer, context).await?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn sharded(logical_bytes: u64, shard_bytes: u64, multiple_of: u32) -> Result<Vec<ShardId>> {
        let counted = Documents { logical_bytes, ..Documents::default() };
        shards(&BTreeMap::from([(Split::Train, counted)]), shard_bytes, multiple_of)
    }

    #[test]
    fn the_number_of_shards_is_rounded_up() {
        assert_eq!(sharded(0, 100, 1).unwrap().len(), 1);
        assert_eq!(sharded(401, 100, 1).unwrap().len(), 5);
        assert_eq!(sharded(401, 100, 4).unwrap().len(), 8);
        assert_eq!(sharded(100_000 * 4096, 4096, 1).unwrap().len(), 100_000);
    }

    #[test]
    fn more_shards_than_anyone_can_list_are_refused() {
        let error = sharded(u64::MAX, 4096, 65536).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let error = sharded(100_001 * 4096, 4096, 1).unwrap_err().to_string();
        assert!(error.contains("the split train would have 100001 shards"), "{error}");
        assert!(error.contains("hint: raise output.shard_size, to "), "{error}");
    }
}
