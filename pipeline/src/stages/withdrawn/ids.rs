//! The ids that are known to be withdrawn.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, BooleanBufferBuilder};
use arrow::datatypes::Int64Type;
use datafusion::common::JoinType;
use datafusion::dataframe::DataFrame;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::functions_aggregate::expr_fn::{bool_or, count};
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::{col, lit};
use futures::StreamExt;

use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::history::History;
use crate::stages::lookup;

/// Bytes in memory for an id and its two marks: while there come more of them, vectors may be twice as long as what they hold, and are
/// copied in the end; then an id and two bits, a byte at the most.
const BYTES_AN_ID: usize = 3 * size_of::<i64>() + 1;
const BYTES_AN_ID_HELD: usize = size_of::<i64>() + 1;

/// Every id known to be withdrawn, and whether its tweet was deleted, is withheld, or both.
#[derive(Debug, Clone)]
pub enum Withdrawn {
    /// Rows `id`, `deleted`, `withheld`, each id once, however many.
    Rows(DataFrame),
    /// Held in memory: functions of an id, null for one that isn't withdrawn.
    Held {
        /// Whether the tweet was deleted.
        deleted: ScalarUDF,
        /// Whether the tweet is withheld.
        withheld: ScalarUDF,
        /// What they take.
        memory: Arc<MemoryReservation>,
    },
}

impl Withdrawn {
    /// What the notices among `events` and in `history`, and the records' own marks, say.
    pub fn of(records: &DataFrame, events: &DataFrame, history: &History) -> Result<Self> {
        Ok(Self::Rows(rows(records, events, history)?))
    }

    /// The same in memory, if that is no more than a writer may take: to join with rows, all records are sorted, twice.
    pub async fn held(self, engine: &Engine) -> Result<Self> {
        let Self::Rows(rows) = &self else { return Ok(self) };
        let memory = engine.reservation("withdrawn ids");
        let (mut ids, mut deleted, mut withheld) =
            (Vec::new(), BooleanBufferBuilder::new(0), BooleanBufferBuilder::new(0));
        let ascending = rows.clone().sort(vec![col("id").sort(true, false)])?;
        let mut batches = ascending.execute_stream().await?;
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            let bytes = batch.num_rows() * BYTES_AN_ID;
            if memory.size() + bytes > engine.writer_bytes() || memory.try_grow(bytes).is_err() {
                return Ok(self);
            }
            let [id, is_deleted, is_withheld] = batch.columns() else {
                return Err(Error::new(ErrorKind::Defect, "withdrawn ids of other columns"));
            };
            ids.extend_from_slice(id.as_primitive::<Int64Type>().values());
            deleted.append_buffer(is_deleted.as_boolean().values());
            withheld.append_buffer(is_withheld.as_boolean().values());
        }
        let ids: Arc<[i64]> = ids.into();
        memory.shrink(memory.size().saturating_sub(ids.len() * BYTES_AN_ID_HELD));
        let marks = |mut marks: BooleanBufferBuilder| Arc::new(BooleanArray::new(marks.finish(), None));
        Ok(Self::Held {
            deleted: lookup::by_id("withdrawn_deleted", Arc::clone(&ids), marks(deleted)),
            withheld: lookup::by_id("withdrawn_withheld", ids, marks(withheld)),
            memory: Arc::new(memory),
        })
    }
}

/// Every id known to be withdrawn, once: `id`, `deleted`, `withheld`.
fn rows(records: &DataFrame, events: &DataFrame, history: &History) -> Result<DataFrame> {
    let deleted = noticed(events, "delete", "tweet_id")?.union(ids(&history.tombstones, "tweet_id")?)?;
    let withheld = noticed(events, "status_withheld", "tweet_id")?
        .union(ids(&history.withheld, "tweet_id")?)?
        .union(ids(&records.clone().filter(col("withheld"))?, "tweet_id")?)?
        .union(of_withheld_accounts(records, events, history)?)?;
    let flag = |ids: DataFrame, deleted: bool| {
        ids.select(vec![col("id"), lit(deleted).alias("deleted"), lit(!deleted).alias("withheld")])
    };
    Ok(flag(deleted, true)?.union(flag(withheld, false)?)?.aggregate(
        vec![col("id")],
        vec![bool_or(col("deleted")).alias("deleted"), bool_or(col("withheld")).alias("withheld")],
    )?)
}

/// Ids of the records whose author is withheld as a whole.
fn of_withheld_accounts(records: &DataFrame, events: &DataFrame, history: &History) -> Result<DataFrame> {
    let accounts = noticed(events, "user_withheld", "author_id")?
        .union(ids(&history.withheld, "author_id")?)?
        .aggregate(vec![col("id").alias("account")], vec![count(lit(1)).alias("notices")])?
        .select_columns(&["account"])?;
    let written = records
        .clone()
        .filter(col("author_id").is_not_null())?
        .select(vec![col("tweet_id").alias("written"), col("author_id").alias("author")])?
        .join(accounts, JoinType::Inner, &["author"], &["account"], None)?;
    ids(&written, "written")
}

/// Ids that the events of one kind name.
fn noticed(events: &DataFrame, reason: &str, column: &str) -> Result<DataFrame> {
    ids(&events.clone().filter(col("reason").eq(lit(reason)))?, column)
}

/// The ids in a column, nulls left out, as `id`.
fn ids(frame: &DataFrame, column: &str) -> Result<DataFrame> {
    Ok(frame.clone().filter(col(column).is_not_null())?.select(vec![col(column).alias("id")])?)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::engine::Joins;

    #[tokio::test]
    async fn what_does_not_fit_is_left_to_a_join() {
        let scratch = tempfile::tempdir().unwrap();
        let engine = Engine::new(NonZeroUsize::MIN, 8 << 20, scratch.path()).unwrap();
        let session = engine.session(NonZeroUsize::MIN, Joins::Merge).unwrap();
        let fitting = engine.writer_bytes() / BYTES_AN_ID;
        for (most, held) in [(fitting, true), (fitting + 1, false)] {
            let ids = format!("SELECT value AS id, true AS deleted, false AS withheld FROM range({most})");
            let rows = Withdrawn::Rows(session.sql(&ids).await.unwrap());
            let withdrawn = rows.held(&engine).await.unwrap();
            assert_eq!(matches!(withdrawn, Withdrawn::Held { .. }), held, "{most} ids");
        }
    }
}
