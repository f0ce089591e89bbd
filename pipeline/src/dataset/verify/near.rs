//! Near-duplicates: that each text that was dropped is as near to its survivor as its fate says.

use arrow::array::AsArray;
use arrow::datatypes::{Float32Type, Int64Type};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use tweetmill_kernels::near::{Pattern, limit};

use super::Verification;
use crate::dataset::DataSet;
use crate::error::{Error, ErrorKind, Result};

/// Offenders named.
const NAMED: usize = 5;

/// Compares every text that was dropped with that of its survivor; nothing to do where no text was.
pub(super) async fn check(
    report: &mut Verification,
    data_set: &DataSet,
    engine: &SessionContext,
) -> Result<()> {
    let Some(rule) = &data_set.pinned().near else { return Ok(()) };
    engine.deregister_table("near_texts")?;
    engine.register_table("near_texts", std::sync::Arc::new(data_set.near_texts(engine)?))?;
    let dropped = engine
        .sql(
            "SELECT fates.tweet_id, fates.similarity, own.canonical AS own, other.canonical AS other FROM fates \
             LEFT JOIN near_texts AS own ON own.tweet_id = fates.tweet_id \
             LEFT JOIN near_texts AS other ON other.tweet_id = fates.survivor \
             WHERE fates.fate = 'duplicate_near' ORDER BY fates.tweet_id",
        )
        .await?;
    let wrong = offenders(dropped.execute_stream().await?, rule.similarity).await?;
    for what in wrong.named {
        report.fail("near", "the history", what);
    }
    if wrong.others > 0 {
        report.fail("near", "the history", format!("and {} more", wrong.others));
    }
    Ok(())
}

/// What is wrong with pairs of texts: the first of them, and how many more.
#[derive(Default)]
struct Wrong {
    named: Vec<String>,
    others: u64,
}

impl Wrong {
    fn push(&mut self, what: String) {
        if self.named.len() < NAMED { self.named.push(what) } else { self.others += 1 }
    }
}

async fn offenders(mut pairs: SendableRecordBatchStream, similarity: u32) -> Result<Wrong> {
    let mut wrong = Wrong::default();
    let mut comparison = Comparison::default();
    while let Some(batch) = pairs.next().await {
        let batch = batch?;
        let [ids, similarities, own, others] = batch.columns() else {
            return Err(Error::new(ErrorKind::Defect, "pairs of texts of other columns"));
        };
        let (ids, similarities) =
            (ids.as_primitive::<Int64Type>(), similarities.as_primitive::<Float32Type>());
        let texts = own.as_string::<i32>().iter().zip(others.as_string::<i32>());
        for (row, (own, other)) in texts.enumerate() {
            let id = ids.value(row);
            let (Some(own), Some(other)) = (own, other) else {
                wrong
                    .push(format!("tweet {id} was dropped for a text, but the history lacks one of the two"));
                continue;
            };
            match comparison.similarity(own, other, similarity) {
                None => {
                    wrong.push(format!("tweet {id} is less than {similarity} per cent like its survivor"));
                }
                #[expect(clippy::float_cmp, reason = "the same division of the same integers")]
                Some(found) if found != similarities.value(row) => {
                    let told = similarities.value(row);
                    wrong.push(format!("tweet {id} is {found} like its survivor, but its fate says {told}"));
                }
                Some(_) => {}
            }
        }
    }
    Ok(wrong)
}

#[derive(Default)]
struct Comparison {
    pattern: Pattern,
    one: Vec<u32>,
    other: Vec<u32>,
}

impl Comparison {
    /// The indel similarity of two texts, 0 to 1; none where it is less than `least` per cent.
    fn similarity(&mut self, one: &str, other: &str, least: u32) -> Option<f32> {
        for (points, text) in [(&mut self.one, one), (&mut self.other, other)] {
            points.clear();
            points.extend(text.chars().map(u32::from));
        }
        self.pattern.set(&self.one);
        let distance = self.pattern.distance(&self.other, limit(least, self.one.len(), self.other.len()))?;
        let together = self.one.len() + self.other.len();
        Some(((together - distance) as f64 / together.max(1) as f64) as f32)
    }
}
