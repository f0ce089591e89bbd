//! Random records to read: documents, or what a rule dropped.
//!
//! ```text
//!  fate ─┬─ kept ──► tweet ids of the shards ─► the n least keys ─► their documents
//!        └─ other ─► provenance of the runs ──► the n least keys ─┬─ lines: the rejects files
//!                                                                 ├─ tweets: the archives, read again
//!                                                                 └─ survivors: their documents
//! ```
//!
//! A key is a hash of the seed and of what names the record, so that a seed always gives the same records
//! in the same order, and more of them begin with fewer of them.

mod archives;
mod chosen;
mod page;

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::dataframe::DataFrame;
use datafusion::prelude::{SessionContext, col, lit};
use serde::Serialize;

use super::why::{Rows, read_documents};
use super::{DataSet, ShuffleKey};
use crate::config::allowed_hint;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::fate::{EVENT, KEPT, REJECTED};
use crate::progress::Progress;
use crate::schema::Split;
use crate::sink::manifest::RunRecord;

use chosen::{Chosen, Found, Place};

/// Which records are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// A fate, or the word before its colon for all fates that begin with it: `filtered`, `rejected`.
    pub fate: String,
    /// For documents: of this split alone.
    pub split: Option<Split>,
    /// At most so many.
    pub number: usize,
    /// Another seed gives other records.
    pub seed: u64,
}

/// A record to read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sampled {
    /// Its tweet id; None for lines that carry none.
    pub tweet_id: Option<i64>,
    /// Number of the commit.
    pub commit: u64,
    /// What became of it.
    pub fate: String,
    /// For a document: its split.
    pub split: Option<String>,
    /// `line`, `retweet` or `quote`: how it was found; None for documents.
    pub origin: Option<String>,
    /// The tweet that carried it, where it was found inside another.
    pub carrier_id: Option<i64>,
    /// Its text, or for events and rejects the start of the line.
    pub text: Option<String>,
    /// Why there is no text.
    pub missing: Option<String>,
    /// File, member and offset of its line; None where the record of the run is lost.
    pub place: Option<String>,
    /// The tweet that stands for it.
    pub survivor: Option<i64>,
    /// How alike the two are, 0 to 1.
    pub similarity: Option<f32>,
    /// For what contains an item of an evaluation set: its number there. The similarity is then the share that is contained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<i64>,
    /// The survivor's text, where it is a document.
    pub survivor_text: Option<String>,
}

/// Picks the records that `wanted` asks for. Archives are read again where texts are only there, which adds
/// to `progress`; a text that cannot be had is said to be missing, with the reason.
pub async fn sample(
    data_set: &DataSet,
    (engine, session): (&Engine, &SessionContext),
    shuffle_key: ShuffleKey,
    wanted: &Wanted,
    progress: &Arc<Progress>,
) -> Result<Vec<Sampled>> {
    check(data_set, wanted)?;
    if wanted.fate == KEPT {
        return documents(data_set, session, shuffle_key, wanted).await;
    }
    let mut runs = BTreeMap::new();
    for commit in data_set.commits() {
        if let Some(run) = data_set.run_of(commit).await? {
            runs.insert(commit.number, run);
        }
    }
    let found = choose(data_set, session, shuffle_key, wanted, &runs).await?;
    let mut records: Vec<Sampled> = found.iter().map(|found| record(found, &runs)).collect();
    add_survivors(data_set, session, shuffle_key, &mut records).await?;
    add_lines(data_set, session, &runs, &found, &mut records).await?;
    archives::add_texts(engine, &runs, &found, &mut records, progress).await?;
    Ok(records)
}

/// Refuses a fate that no record has, and a split of what is in none.
fn check(data_set: &DataSet, wanted: &Wanted) -> Result<()> {
    let mut known: Vec<&str> = data_set
        .commits()
        .iter()
        .flat_map(|commit| commit.records.fates.keys().map(String::as_str))
        .collect();
    known.sort_unstable();
    known.dedup();
    if !known.iter().any(|fate| is_of(fate, &wanted.fate)) {
        return Err(Error::new(ErrorKind::Usage, format!("no record has the fate `{}`", wanted.fate))
            .with_hint(allowed_hint(&wanted.fate, &known)));
    }
    if wanted.split.is_some() && wanted.fate != KEPT {
        let message = format!("a record with the fate `{}` is in no split", wanted.fate);
        return Err(Error::new(ErrorKind::Usage, message).with_hint("leave out --split, or --fate"));
    }
    Ok(())
}

/// Whether `fate` is the one asked for, or one of those whose first word is.
fn is_of(fate: &str, asked: &str) -> bool {
    fate.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

async fn documents(
    data_set: &DataSet,
    session: &SessionContext,
    shuffle_key: ShuffleKey,
    wanted: &Wanted,
) -> Result<Vec<Sampled>> {
    let split = wanted.split.map(Split::name);
    let table = data_set.documents(session, |file| split.is_none_or(|split| file.split == split))?;
    let ids = session.read_table(Arc::new(table))?.select_columns(&["commit_number", "tweet_id"])?;
    let found = Chosen::new(wanted.number, wanted.seed, shuffle_key).of(ids, |_| true).await?;
    let ids: Vec<i64> = found.iter().filter_map(|found| found.tweet_id).collect();
    let mut documents = read_documents(data_set, session, shuffle_key, &ids).await?;
    let mut records: Vec<Sampled> = found.iter().map(|found| record(found, &BTreeMap::new())).collect();
    for sampled in &mut records {
        KEPT.clone_into(&mut sampled.fate);
        if let Some(document) = sampled.tweet_id.and_then(|id| documents.remove(&id)) {
            sampled.text = Some(document.text);
            sampled.split = Some(document.split);
            sampled.place = Some(document.file);
        }
    }
    Ok(records)
}

/// From the provenance of the commits whose runs are known, and from the fates of the others.
async fn choose(
    data_set: &DataSet,
    session: &SessionContext,
    shuffle_key: ShuffleKey,
    wanted: &Wanted,
    runs: &BTreeMap<u64, RunRecord>,
) -> Result<Vec<Found>> {
    let files = runs.iter().flat_map(|(number, run)| run.provenance.iter().map(|file| (*number, file)));
    let placed = session.read_table(Arc::new(data_set.provenance(session, files)?))?;
    let columns = ["commit_number", "tweet_id", "fate", "origin", "carrier_id"];
    let of_fate = |fate: &str| is_of(fate, &wanted.fate);
    let mut chosen = Chosen::new(wanted.number, wanted.seed, shuffle_key);
    let place = ["unit", "member", "offset"];
    chosen = chosen.and(placed.select_columns(&[&columns[..], &place[..]].concat())?, of_fate).await?;
    let lost: Vec<_> =
        data_set.commits().iter().filter(|commit| !runs.contains_key(&commit.number)).collect();
    if !lost.is_empty() {
        let numbers = lost.iter().map(|commit| lit(commit.number as i64)).collect();
        let fates = session.read_table(Arc::new(data_set.fates(session)?))?;
        let fates = fates.filter(col("commit_number").in_list(numbers, false))?;
        chosen = chosen.and(fates.select_columns(&columns)?, of_fate).await?;
    }
    Ok(chosen.into_found())
}

fn record(found: &Found, runs: &BTreeMap<u64, RunRecord>) -> Sampled {
    let place = found.place.and_then(|Place { unit, member, offset }| {
        let place = runs.get(&found.commit)?.place(unit, member)?;
        Some(format!("{place} at byte {offset}"))
    });
    Sampled {
        tweet_id: found.tweet_id,
        commit: found.commit,
        fate: found.fate.clone(),
        split: None,
        origin: found.origin.clone(),
        carrier_id: found.carrier_id,
        text: None,
        missing: place
            .is_none()
            .then(|| "the record of its run is lost, and with it where it stood".to_owned()),
        place,
        survivor: None,
        similarity: None,
        item: None,
        survivor_text: None,
    }
}

/// Says who stands for each record or which item it contains, and what that says where it is a document.
async fn add_survivors(
    data_set: &DataSet,
    session: &SessionContext,
    shuffle_key: ShuffleKey,
    records: &mut [Sampled],
) -> Result<()> {
    let ids = records.iter().filter_map(|record| record.tweet_id).map(lit).collect();
    let fates = session.read_table(Arc::new(data_set.fates(session)?))?;
    let fates: DataFrame = fates.filter(col("tweet_id").in_list(ids, false))?;
    let told = col("survivor").is_not_null().or(col("item").is_not_null());
    for batch in fates.filter(told)?.collect().await? {
        let rows = Rows(&batch);
        let (names, origins) = (rows.texts("fate")?, rows.texts("origin")?);
        for (row, (fate, origin)) in names.into_iter().zip(origins).enumerate() {
            let told = (
                rows.integer("commit_number", row).map(|number| number as u64),
                rows.integer("tweet_id", row),
                fate,
                Some(origin),
                rows.integer("carrier_id", row),
            );
            for record in records.iter_mut() {
                let Sampled { commit, tweet_id, fate, origin, carrier_id, .. } = &*record;
                if told == (Some(*commit), *tweet_id, fate.clone(), origin.clone(), *carrier_id) {
                    record.survivor = rows.integer("survivor", row);
                    record.similarity = rows.share("similarity", row);
                    record.item = rows.integer("item", row);
                }
            }
        }
    }
    let survivors: Vec<i64> = records.iter().filter_map(|record| record.survivor).collect();
    let documents = read_documents(data_set, session, shuffle_key, &survivors).await?;
    for record in records {
        let document = record.survivor.and_then(|survivor| documents.get(&survivor));
        record.survivor_text = document.map(|document| document.text.clone());
    }
    Ok(())
}

/// Whether the data set keeps the line itself.
fn is_line(fate: &str) -> bool {
    fate == EVENT || fate.starts_with(REJECTED)
}

/// Adds the lines of events and rejects, which are kept aside.
async fn add_lines(
    data_set: &DataSet,
    session: &SessionContext,
    runs: &BTreeMap<u64, RunRecord>,
    found: &[Found],
    records: &mut [Sampled],
) -> Result<()> {
    let wanted = |record: &Sampled| is_line(&record.fate);
    if !records.iter().any(wanted) {
        return Ok(());
    }
    let offsets = found.iter().filter_map(|found| found.place).map(|place| lit(place.offset)).collect();
    let files = runs.iter().flat_map(|(number, run)| run.rejects.iter().map(|file| (*number, file)));
    let lines = session.read_table(Arc::new(data_set.rejects(session, files)?))?;
    for batch in lines.filter(col("offset").in_list(offsets, false))?.collect().await? {
        let rows = Rows(&batch);
        for row in 0..batch.num_rows() {
            let commit = rows.integer("commit_number", row).map(|number| number as u64);
            let place = Place {
                unit: rows.ordinal("unit", row),
                member: rows.ordinal("member", row),
                offset: rows.integer("offset", row).unwrap_or_default(),
            };
            let same = |found: &Found| Some(found.commit) == commit && found.place == Some(place);
            for (record, _) in records.iter_mut().zip(found).filter(|(_, found)| same(found)) {
                record.text = rows.bytes("raw", row).map(|raw| String::from_utf8_lossy(raw).into_owned());
            }
        }
    }
    Ok(())
}
