//! The whole story of one tweet: every record of it, what became of each, and who stands for it.

use std::collections::BTreeMap;
use std::fmt;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Int32Type, Int64Type};
use datafusion::prelude::{SessionContext, col, lit};
use serde::Serialize;

use super::{DataSet, ShuffleKey};
use crate::error::Result;
use crate::sink::manifest::RunRecord;
use crate::sink::shard::ShardId;

/// Tweets named of those that another stands for.
const NAMED: usize = 10;

/// What is known about one tweet id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Story {
    /// The tweet asked about.
    pub tweet_id: i64,
    /// Its records, by commit and fate; empty where the data set never saw the id.
    pub occurrences: Vec<Occurrence>,
    /// The document made of it, if it was kept.
    pub document: Option<Document>,
    /// Documents that stand for it, by tweet id.
    pub survivors: BTreeMap<i64, Document>,
    /// Other tweets it stands for: the least ids, and how many there are.
    pub stands_for: StandsFor,
}

/// One record of the tweet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Occurrence {
    /// Number of the commit.
    pub commit: u64,
    /// Label of the commit.
    pub label: String,
    /// What became of it.
    pub fate: String,
    /// For a duplicate: the tweet that stands for it.
    pub survivor: Option<i64>,
    /// For a duplicate: how alike the two are, 0 to 1.
    pub similarity: Option<f32>,
    /// For what contains an item of an evaluation set: its number there. The similarity is then the share that is contained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<i64>,
    /// `line`, `retweet` or `quote`: how it was found.
    pub origin: String,
    /// The tweet that carried it, where it was found inside another.
    pub carrier_id: Option<i64>,
    /// Files and offsets it stood at, where the record of the run is still there. Records equal in all of
    /// the above share the list.
    pub places: Vec<String>,
}

/// A document in a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Its text, as trained on.
    pub text: String,
    /// Its split.
    pub split: String,
    /// Path of the shard within the data set.
    pub file: String,
}

/// The tweets that were dropped in favour of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StandsFor {
    /// How many records.
    pub records: u64,
    /// The least ids among them, at most ten.
    pub tweet_ids: Vec<i64>,
}

/// Reads the story of `tweet_id`; reads only the shards that can hold it or its survivors.
pub async fn why(
    data_set: &DataSet,
    engine: &SessionContext,
    shuffle_key: ShuffleKey,
    tweet_id: i64,
) -> Result<Story> {
    let mut occurrences = read_fates(data_set, engine, tweet_id).await?;
    add_places(data_set, engine, tweet_id, &mut occurrences).await?;
    let mut wanted: Vec<i64> = occurrences.iter().filter_map(|occurrence| occurrence.survivor).collect();
    wanted.push(tweet_id);
    let mut documents = read_documents(data_set, engine, shuffle_key, &wanted).await?;
    let document = documents.remove(&tweet_id);
    let stands_for = read_stands_for(data_set, engine, tweet_id).await?;
    Ok(Story { tweet_id, occurrences, document, survivors: documents, stands_for })
}

async fn read_fates(data_set: &DataSet, engine: &SessionContext, tweet_id: i64) -> Result<Vec<Occurrence>> {
    let fates = engine.read_table(std::sync::Arc::new(data_set.fates(engine)?))?;
    let mut occurrences = Vec::new();
    for batch in fates.filter(col("tweet_id").eq(lit(tweet_id)))?.collect().await? {
        let rows = Rows(&batch);
        let (fates, origins) = (rows.texts("fate")?, rows.texts("origin")?);
        for (row, (fate, origin)) in fates.into_iter().zip(origins).enumerate() {
            let commit = rows.integer("commit_number", row).unwrap_or_default() as u64;
            let known = data_set.commits().iter().find(|known| known.number == commit);
            occurrences.push(Occurrence {
                commit,
                label: known.map(|known| known.label.clone()).unwrap_or_default(),
                fate,
                survivor: rows.integer("survivor", row),
                similarity: rows.share("similarity", row),
                item: rows.integer("item", row),
                origin,
                carrier_id: rows.integer("carrier_id", row),
                places: Vec::new(),
            });
        }
    }
    let order =
        |record: &Occurrence| (record.commit, record.fate.clone(), record.origin.clone(), record.carrier_id);
    occurrences.sort_by_key(order);
    Ok(occurrences)
}

/// Says where records stood, for commits whose run is still known.
async fn add_places(
    data_set: &DataSet,
    engine: &SessionContext,
    tweet_id: i64,
    occurrences: &mut [Occurrence],
) -> Result<()> {
    let mut runs: BTreeMap<u64, RunRecord> = BTreeMap::new();
    for commit in data_set.commits() {
        if occurrences.iter().any(|occurrence| occurrence.commit == commit.number)
            && let Some(run) = data_set.run_of(commit).await?
        {
            runs.insert(commit.number, run);
        }
    }
    let files = runs.iter().flat_map(|(number, run)| run.provenance.iter().map(|file| (*number, file)));
    let provenance = engine.read_table(std::sync::Arc::new(data_set.provenance(engine, files)?))?;
    let of_tweet = provenance.filter(col("tweet_id").eq(lit(tweet_id)))?;
    let in_order = of_tweet
        .sort(["commit_number", "unit", "member", "offset"].map(|key| col(key).sort(true, true)).to_vec())?;
    for batch in in_order.collect().await? {
        let rows = Rows(&batch);
        let (fates, origins) = (rows.texts("fate")?, rows.texts("origin")?);
        for (row, (fate, origin)) in fates.into_iter().zip(origins).enumerate() {
            let commit = rows.integer("commit_number", row).unwrap_or_default() as u64;
            let (unit, member) = (rows.ordinal("unit", row), rows.ordinal("member", row));
            let offset = rows.integer("offset", row).unwrap_or_default();
            let place = runs.get(&commit).and_then(|run| run.place(unit, member));
            let place = place.unwrap_or_else(|| format!("unit {unit}, member {member}"));
            let carrier = rows.integer("carrier_id", row);
            let same = |known: &&mut Occurrence| {
                (known.commit, &known.fate, &known.origin, known.carrier_id)
                    == (commit, &fate, &origin, carrier)
            };
            for occurrence in occurrences.iter_mut().filter(same) {
                occurrence.places.push(format!("{place} at byte {offset}"));
            }
        }
    }
    Ok(())
}

/// The documents among `tweet_ids`; reads only the shards that can hold one.
pub(super) async fn read_documents(
    data_set: &DataSet,
    engine: &SessionContext,
    shuffle_key: ShuffleKey,
    tweet_ids: &[i64],
) -> Result<BTreeMap<i64, Document>> {
    let keys: Vec<u64> = tweet_ids.iter().map(|id| shuffle_key(data_set.pinned().seed, *id)).collect();
    let table = data_set
        .documents(engine, |file| keys.iter().any(|key| ShardId::index_of(*key, file.of) == file.shard))?;
    let documents = engine.read_table(std::sync::Arc::new(table))?;
    let ids = tweet_ids.iter().map(|id| lit(*id)).collect();
    let documents = documents.filter(col("tweet_id").in_list(ids, false))?;
    let mut found = BTreeMap::new();
    for batch in documents.select_columns(&["tweet_id", "text", "split", "file"])?.collect().await? {
        let rows = Rows(&batch);
        let (texts, splits, files) = (rows.texts("text")?, rows.texts("split")?, rows.texts("file")?);
        for (row, ((text, split), file)) in texts.into_iter().zip(splits).zip(files).enumerate() {
            if let Some(id) = rows.integer("tweet_id", row) {
                found.insert(id, Document { text, split, file });
            }
        }
    }
    Ok(found)
}

async fn read_stands_for(data_set: &DataSet, engine: &SessionContext, tweet_id: i64) -> Result<StandsFor> {
    let fates = engine.read_table(std::sync::Arc::new(data_set.fates(engine)?))?;
    let others =
        fates.filter(col("survivor").eq(lit(tweet_id)).and(col("tweet_id").not_eq(lit(tweet_id))))?;
    let records = others.clone().count().await? as u64;
    let least = others.select_columns(&["tweet_id"])?.sort(vec![col("tweet_id").sort(true, true)])?;
    let mut tweet_ids = Vec::new();
    for batch in least.limit(0, Some(NAMED))?.collect().await? {
        tweet_ids.extend_from_slice(batch.column(0).as_primitive::<Int64Type>().values());
    }
    Ok(StandsFor { records, tweet_ids })
}

/// Columns of a batch by name.
pub(super) struct Rows<'a>(pub(super) &'a RecordBatch);

impl Rows<'_> {
    pub(super) fn integer(&self, name: &str, row: usize) -> Option<i64> {
        let column = self.0.column_by_name(name)?.as_primitive_opt::<Int64Type>()?;
        column.is_valid(row).then(|| column.value(row))
    }

    pub(super) fn ordinal(&self, name: &str, row: usize) -> i32 {
        let column = self.0.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int32Type>());
        column.map_or(0, |column| column.value(row))
    }

    pub(super) fn bytes(&self, name: &str, row: usize) -> Option<&[u8]> {
        let column = self.0.column_by_name(name)?.as_binary_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row))
    }

    pub(super) fn share(&self, name: &str, row: usize) -> Option<f32> {
        let column = self.0.column_by_name(name)?.as_primitive_opt::<Float32Type>()?;
        column.is_valid(row).then(|| column.value(row))
    }

    /// A column of strings, whichever of its string types the engine chose.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>> {
        let Some(column) = self.0.column_by_name(name) else { return Ok(Vec::new()) };
        let column = arrow::compute::cast(column, &DataType::Utf8)?;
        Ok(column.as_string::<i32>().iter().map(|text| text.unwrap_or_default().to_owned()).collect())
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tweet {}", self.tweet_id)?;
        if self.occurrences.is_empty() {
            return write!(f, ": no record of it in this data set");
        }
        for record in &self.occurrences {
            write!(f, "\n  commit {} ({}): {}", record.commit, record.label, record.fate)?;
            if let Some(item) = record.item {
                let share = record.similarity.unwrap_or_default() * 100.0;
                write!(f, "\n    contains {share:.0} % of item {item} of that set")?;
            }
            if let Some(carrier) = record.carrier_id {
                write!(f, ", found inside {carrier} ({})", record.origin)?;
            }
            if let Some(survivor) = record.survivor.filter(|survivor| *survivor != self.tweet_id) {
                write!(f, "\n    {survivor} stands for it")?;
                if let Some(similarity) = record.similarity {
                    write!(f, " (similarity {similarity:.3})")?;
                }
                if let Some(document) = self.survivors.get(&survivor) {
                    write!(f, "\n      {:?}\n      in {}", document.text, document.file)?;
                }
            }
            for place in &record.places {
                write!(f, "\n    from {place}")?;
            }
        }
        if let Some(document) = &self.document {
            write!(f, "\n  document in {} ({})\n    {:?}", document.file, document.split, document.text)?;
        }
        let StandsFor { records, tweet_ids } = &self.stands_for;
        if *records > 0 {
            let ids: Vec<String> = tweet_ids.iter().map(i64::to_string).collect();
            let more = if *records > tweet_ids.len() as u64 { ", …" } else { "" };
            write!(f, "\n  stands for {records} others: {}{more}", ids.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::sink::fixtures::{Fate, Nightly, shuffle_key};
    use object_store::memory::InMemory;
    use std::sync::Arc;

    async fn story(tweet_id: i64) -> Story {
        let nightly = Nightly::new(Arc::new(InMemory::new()));
        let copies = [
            Fate::new(Some(50), "duplicate_exact", Some(1)).at(70),
            Fate::new(Some(1), "duplicate_id", Some(1)).carried_by(90).at(80),
            Fate::new(None, "event", None),
        ];
        nightly.commit(&[1, 2, 3], &copies).await;
        nightly.commit(&[60], &[Fate::new(Some(61), "duplicate_exact", Some(1))]).await;
        let data_set = DataSet::open(nightly.place()).await.unwrap();
        why(&data_set, &SessionContext::new(), shuffle_key, tweet_id).await.unwrap()
    }

    #[tokio::test]
    async fn a_kept_tweet_tells_its_document_and_whom_it_stands_for() {
        let story = story(1).await;
        assert_eq!(story.occurrences.len(), 2);
        assert_eq!(story.document.as_ref().unwrap().text, "text of tweet 1");
        assert_eq!(story.stands_for, StandsFor { records: 2, tweet_ids: vec![50, 61] });
        let text = story.to_string();
        assert!(text.contains("found inside 90 (retweet)"), "{text}");
        assert!(text.contains("from file:///raw/one.json at byte 80"), "{text}");
        assert!(text.contains("stands for 2 others: 50, 61"), "{text}");
    }

    #[tokio::test]
    async fn a_dropped_tweet_tells_who_stands_for_it() {
        let story = story(61).await;
        assert_eq!(story.document, None);
        assert_eq!(story.survivors.get(&1).unwrap().text, "text of tweet 1");
        let text = story.to_string();
        assert!(text.contains("commit 2 (night-2): duplicate_exact"), "{text}");
        assert!(text.contains("1 stands for it (similarity 1.000)"), "{text}");
    }

    #[tokio::test]
    async fn an_unknown_tweet_is_unknown() {
        assert!(story(999).await.to_string().contains("no record of it"));
    }
}
