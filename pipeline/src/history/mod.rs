//! What past commits left behind: the ids and texts that later ones may not repeat, and tombstones.
//!
//! Append-only: each commit adds Parquet files under `_tweetmill/history/<commit>/` and lists them.
//! Two kinds of rows:
//!
//! | kind | columns | meaning |
//! |---|---|---|
//! | heads | `tweet_id`, `content_hash`, `survivor` | a tweet decided on; `survivor` is null where it was kept itself |
//! | tombstones | `tweet_id` | a tweet its author deleted |

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::prelude::{SessionContext, col, lit};

use crate::engine::Location;
use crate::engine::parquet_files::{self, ParquetFiles};
use crate::error::Result;
use crate::sink::manifest::Commit;

/// Schema of the heads.
pub fn heads_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("tweet_id", DataType::Int64, true),
        Field::new("content_hash", DataType::Binary, true),
        Field::new("survivor", DataType::Int64, true),
    ]))
}

/// Schema of the tombstones.
pub fn tombstones_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("tweet_id", DataType::Int64, true)]))
}

/// The history a run reads: that of all commits it builds on.
#[derive(Clone)]
pub struct History {
    session: SessionContext,
    store: ObjectStoreUrl,
    heads: Vec<PartitionedFile>,
    tombstones: Vec<PartitionedFile>,
}

impl History {
    /// The history of `commits` in the data set at `root`; empty where it is not `wanted`.
    pub fn open(session: &SessionContext, root: &Location, commits: &[Commit], wanted: bool) -> Self {
        let files = |kind: &str| {
            let files = commits.iter().filter(|_| wanted).flat_map(|commit| &commit.history);
            files
                .filter(|file| file.path.rsplit('/').next().is_some_and(|name| name.starts_with(kind)))
                .map(|file| parquet_files::file(root.join(&file.path).path, file.bytes))
                .collect()
        };
        Self {
            session: session.clone(),
            store: root.store_url.clone(),
            heads: files("heads-"),
            tombstones: files("tombstones-"),
        }
    }

    /// `tweet_id`, `content_hash`, `survivor` of every tweet decided on.
    #[expect(clippy::unused_async, reason = "a read of the store, though nothing is fetched yet")]
    pub async fn heads(&self) -> Result<DataFrame> {
        self.read(&self.heads, heads_schema())
    }

    /// `tweet_id` of every tweet deleted.
    #[expect(clippy::unused_async, reason = "a read of the store, though nothing is fetched yet")]
    pub async fn tombstones(&self) -> Result<DataFrame> {
        self.read(&self.tombstones, tombstones_schema())
    }

    fn read(&self, files: &[PartitionedFile], schema: SchemaRef) -> Result<DataFrame> {
        let table = ParquetFiles::new(self.store.clone(), schema, files.to_vec());
        Ok(self.session.read_table(Arc::new(table))?)
    }
}

/// What this commit adds to the heads, ordered by id.
pub fn new_heads(decisions: DataFrame) -> Result<DataFrame> {
    let decided = col("fate").eq(lit("kept")).or(col("fate").eq(lit("duplicate_exact")));
    Ok(decisions
        .filter(decided)?
        .select_exprs(&["tweet_id", "arrow_cast(content_hash, 'Binary') AS content_hash", "survivor"])?
        .sort_by(vec![col("tweet_id")])?)
}

/// What this commit adds to the tombstones, ordered by id.
pub fn new_tombstones(events: DataFrame) -> Result<DataFrame> {
    Ok(events
        .filter(col("reason").eq(lit("delete")).and(col("tweet_id").is_not_null()))?
        .aggregate(vec![col("tweet_id")], vec![count(lit(1)).alias("notices")])?
        .select_columns(&["tweet_id"])?
        .sort_by(vec![col("tweet_id")])?)
}
