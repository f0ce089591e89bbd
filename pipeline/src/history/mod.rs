//! What past commits left behind: the ids and texts that later ones may not repeat, and what was withdrawn.
//!
//! Append-only: each commit adds Parquet files under `_tweetmill/history/<commit>/` and lists them.
//! Three kinds of rows:
//!
//! | kind | columns | meaning |
//! |---|---|---|
//! | heads | `tweet_id`, `content_hash`, `survivor`, `similarity` | a tweet decided on; `survivor` is null where it was kept itself, or only too many |
//! | tombstones | `tweet_id` | a tweet its author deleted |
//! | withheld | `tweet_id`, `author_id` | a tweet withheld, or an account all of whose tweets are; the other id is null |

pub mod near;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::prelude::{SessionContext, col, lit};

use crate::engine::Location;
use crate::engine::parquet_files::{self, ParquetFiles};
use crate::error::Result;
use crate::fate;
use crate::sink::manifest::Commit;

/// Schema of the heads.
pub fn heads_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("tweet_id", DataType::Int64, true),
        Field::new("content_hash", DataType::Binary, true),
        Field::new("survivor", DataType::Int64, true),
        Field::new("similarity", DataType::Float32, true),
    ]))
}

/// Schema of the tombstones.
pub fn tombstones_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("tweet_id", DataType::Int64, true)]))
}

/// Schema of what is withheld.
pub fn withheld_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("tweet_id", DataType::Int64, true),
        Field::new("author_id", DataType::Int64, true),
    ]))
}

/// The history a run reads: that of all commits it builds on.
#[derive(Debug, Clone)]
pub struct History {
    /// `tweet_id`, `content_hash`, `survivor`, `similarity` of every tweet decided on.
    pub heads: DataFrame,
    /// `tweet_id` of every tweet deleted.
    pub tombstones: DataFrame,
    /// `tweet_id` or `author_id` of whatever was withheld.
    pub withheld: DataFrame,
}

impl History {
    /// The history of `commits` in the data set at `root`.
    ///
    /// Without `texts` the heads have ids but no content hash: a text may come again, a tweet never may, and
    /// what was withdrawn stays so.
    pub fn open(session: &SessionContext, root: &Location, commits: &[Commit], texts: bool) -> Result<Self> {
        let files = |kind: &str| -> Vec<PartitionedFile> {
            let files = commits.iter().flat_map(|commit| &commit.history);
            files
                .filter(|file| file.path.rsplit('/').next().is_some_and(|name| name.starts_with(kind)))
                .map(|file| parquet_files::file(root.join(&file.path).path, file.bytes))
                .collect()
        };
        let read = |kind: &str, schema: SchemaRef| -> Result<DataFrame> {
            let table = ParquetFiles::new(root.store_url.clone(), schema, files(kind));
            Ok(session.read_table(Arc::new(table))?)
        };
        let heads = read("heads-", heads_schema())?;
        Ok(Self {
            heads: if texts { heads } else { without_texts(heads)? },
            tombstones: read("tombstones-", tombstones_schema())?,
            withheld: read("withheld-", withheld_schema())?,
        })
    }
}

fn without_texts(heads: DataFrame) -> Result<DataFrame> {
    let columns = ["tweet_id", "arrow_cast(NULL, 'Binary') AS content_hash", "survivor", "similarity"];
    Ok(heads.select_exprs(&columns)?)
}

/// What this commit adds to the heads, ordered by id.
pub fn new_heads(decisions: DataFrame) -> Result<DataFrame> {
    let decided =
        [fate::KEPT, fate::CAPPED, fate::DUPLICATE_EXACT, fate::DUPLICATE_NEAR, fate::DUPLICATE_SEMANTIC];
    // As what is capped: its text is taken, and copies of it point at it.
    let of_text = |column: &str| {
        format!("CASE WHEN fate <> '{}' THEN {column} END AS {column}", fate::DUPLICATE_SEMANTIC)
    };
    let (survivor, similarity) = (of_text("survivor"), of_text("similarity"));
    let columns = ["tweet_id", "arrow_cast(content_hash, 'Binary') AS content_hash", &survivor, &similarity];
    Ok(decisions
        .filter(col("fate").in_list(decided.map(lit).to_vec(), false))?
        .select_exprs(&columns)?
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

/// What this commit adds to the withheld, ordered by ids: the notices, and the tweets that had the fate.
pub fn new_withheld(decisions: DataFrame, events: DataFrame) -> Result<DataFrame> {
    const TWEET: [&str; 2] = ["tweet_id", "CAST(NULL AS BIGINT) AS author_id"];
    const ACCOUNT: [&str; 2] = ["CAST(NULL AS BIGINT) AS tweet_id", "author_id"];
    let records = decisions.filter(col("fate").eq(lit(fate::WITHHELD)))?.select_exprs(&TWEET)?;
    let tweets = events.clone().filter(col("reason").eq(lit("status_withheld")))?.select_exprs(&TWEET)?;
    let accounts = events.filter(col("reason").eq(lit("user_withheld")))?.select_exprs(&ACCOUNT)?;
    Ok(records
        .union(tweets)?
        .union(accounts)?
        .filter(col("tweet_id").is_not_null().or(col("author_id").is_not_null()))?
        .aggregate(vec![col("tweet_id"), col("author_id")], vec![count(lit(1)).alias("notices")])?
        .select_columns(&["tweet_id", "author_id"])?
        .sort_by(vec![col("tweet_id"), col("author_id")])?)
}
