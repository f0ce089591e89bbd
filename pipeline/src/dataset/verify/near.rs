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
    if let Some(first) = wrong.first_lacking {
        let reason = format!("{} tweets were dropped, the first of them {first}, for a text", wrong.lacking);
        report.fail("near", "the history", reason + ", but it lacks one of the two");
    }
    wrong.tell(report, "near", "the history");
    Ok(())
}

/// What is wrong with pairs of texts: the first of them, and how many more.
#[derive(Default)]
pub(super) struct Wrong {
    named: Vec<String>,
    others: u64,
    /// The first tweet without its text, or without that of its survivor.
    pub(super) first_lacking: Option<i64>,
    /// How many such there are.
    pub(super) lacking: u64,
}

impl Wrong {
    fn push(&mut self, what: String) {
        if self.named.len() < NAMED { self.named.push(what) } else { self.others += 1 }
    }

    /// Tells of the pairs that are not as near as was said.
    pub(super) fn tell(self, report: &mut Verification, check: &'static str, place: &str) {
        for what in self.named {
            report.fail(check, place, what);
        }
        if self.others > 0 {
            report.fail(check, place, format!("and {} more", self.others));
        }
    }
}

/// Compares `pairs` (`tweet_id`, `similarity` as was said, and the two texts); they must be at least `least` per cent alike.
pub(super) async fn offenders(mut pairs: SendableRecordBatchStream, least: u32) -> Result<Wrong> {
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
                wrong.first_lacking.get_or_insert(id);
                wrong.lacking += 1;
                continue;
            };
            match comparison.similarity(own, other, least) {
                None => {
                    wrong.push(format!("tweet {id} is less than {least} per cent like its survivor"));
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
