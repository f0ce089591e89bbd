//! Texts of records that were dropped: read again where the archives still hold them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::UInt8Type;
use futures::TryStreamExt;

use super::chosen::{Found, Place};
use super::{Sampled, is_line};
use crate::dataset::archives;
use crate::dataset::why::Rows;
use crate::engine::{Engine, Joins, Storage};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Progress;
use crate::schema::{Origin, RecordKind};
use crate::sink::manifest::RunRecord;
use crate::source::file_source::Archives;
use crate::source::limits::ReadLimits;
use crate::source::unit::Unit;

/// Columns that tell a record and its text.
const COLUMNS: [&str; 7] = ["kind", "origin", "tweet_id", "text", "unit", "member", "offset"];

/// Adds the texts of the tweets among `records`, each of which is the one `found` at its index, and says of
/// the others why they have none.
///
/// A work unit is read as its run read it, up to the last record that is looked for. An archive that is
/// gone, or is not what was read, costs the texts in it.
pub(super) async fn add_texts(
    engine: &Engine,
    runs: &BTreeMap<u64, RunRecord>,
    found: &[Found],
    records: &mut [Sampled],
    progress: &Arc<Progress>,
) -> Result<()> {
    let storage = Storage::new();
    for (number, run) in runs {
        let mut places: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        for (at, found) in found.iter().enumerate() {
            if let (true, false, Some(place)) = (found.commit == *number, is_line(&found.fate), found.place) {
                places.entry(place).or_default().push(at);
            }
        }
        let mut units: BTreeMap<i32, Unit> = BTreeMap::new();
        for (place, wanted) in &places {
            if units.contains_key(&place.unit) {
                continue;
            }
            match archives::unit(run, place.unit, &storage).await {
                Ok(unit) => drop(units.insert(place.unit, unit)),
                Err(error) => wanted.iter().for_each(|at| miss(records, *at, &error.to_string())),
            }
        }
        if !units.is_empty() {
            engine.register_stores(&storage);
            let units: Vec<Unit> = units.into_values().collect();
            progress.begin("reading the archives again", Some(units.iter().map(Unit::bytes).sum()));
            read(engine, units, &places, records, progress).await?;
        }
    }
    for record in records.iter_mut().filter(|record| record.text.is_none() && record.missing.is_none()) {
        record.missing = Some("it is no longer where it stood: the archive is another".to_owned());
    }
    Ok(())
}

fn miss(records: &mut [Sampled], at: usize, why: &str) {
    if let Some(record) = records.get_mut(at) {
        record.missing = why.lines().next().map(str::to_owned);
    }
}

async fn read(
    engine: &Engine,
    units: Vec<Unit>,
    places: &BTreeMap<Place, Vec<usize>>,
    records: &mut [Sampled],
    progress: &Arc<Progress>,
) -> Result<()> {
    let session = engine.session(engine.threads(), Joins::Merge)?;
    let archives = Archives::new(units, ReadLimits::default(), Arc::clone(progress));
    let mut batches =
        session.read_table(Arc::new(archives))?.select_columns(&COLUMNS)?.execute_stream().await?;
    let mut left: usize = places.values().map(Vec::len).sum();
    while left > 0 {
        let Some(batch) = batches.try_next().await? else { break };
        left -= take(&batch, places, records)?;
    }
    Ok(())
}

/// Takes the texts of a batch that are looked for; how many they were.
fn take(batch: &RecordBatch, places: &BTreeMap<Place, Vec<usize>>, records: &mut [Sampled]) -> Result<usize> {
    let rows = Rows(batch);
    let number = |name: &str| {
        let missing = || Error::new(ErrorKind::Defect, format!("records without a column {name}"));
        Ok::<_, Error>(batch.column_by_name(name).ok_or_else(missing)?.as_primitive::<UInt8Type>())
    };
    let (kinds, origins) = (number("kind")?, number("origin")?);
    let Some(texts) = batch.column_by_name("text").and_then(|texts| texts.as_string_opt::<i32>()) else {
        return Ok(0);
    };
    let mut taken = 0;
    for row in 0..batch.num_rows() {
        if kinds.value(row) > RecordKind::Retweet as u8 {
            continue;
        }
        let place = Place {
            unit: rows.ordinal("unit", row),
            member: rows.ordinal("member", row),
            offset: rows.integer("offset", row).unwrap_or_default(),
        };
        let origin = [Origin::Line, Origin::Retweeted, Origin::Quoted]
            .into_iter()
            .find(|origin| *origin as u8 == origins.value(row));
        for at in places.get(&place).into_iter().flatten() {
            let Some(record) = records.get_mut(*at) else { continue };
            let same = record.tweet_id == rows.integer("tweet_id", row)
                && record.origin.as_deref() == origin.map(Origin::name);
            if same && record.text.is_none() && texts.is_valid(row) {
                record.text = Some(texts.value(row).to_owned());
                taken += 1;
            }
        }
    }
    Ok(taken)
}
