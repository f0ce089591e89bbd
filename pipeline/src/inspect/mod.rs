//! What is in an archive: members, shapes, counts, damage, a few rows. Everything is read, nothing kept.
//!
//! ```text
//!  URLs ─► units ─► scan ─► tally, one a unit ─► ranges that met? ─► contents, one an object ─► text, JSON
//! ```

mod contents;
mod page;
mod tally;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::config::{ByteSize, Shape};
use crate::engine::{Engine, Storage};
use crate::error::Result;
use crate::progress::Progress;
use crate::source::chain;
use crate::source::container::RangeReport;
use crate::source::listing;
use crate::source::unit;

pub use contents::{BadLine, Contents, Damaged, Example, Harvested, Language, Members};

use tally::Tally;

/// An archive larger than this is read in ranges of about this size, as by a run that doesn't say.
const RANGE: ByteSize = ByteSize::mib(64);

/// The contents of a few places.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// Every object, ordered by URL.
    pub objects: Vec<ObjectReport>,
    /// All of them together.
    pub total: Contents,
}

/// The contents of one object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObjectReport {
    /// Where it is.
    pub url: String,
    /// Its size.
    pub bytes: u64,
    /// What is in it.
    #[serde(flatten)]
    pub contents: Contents,
}

/// Reads every object that `urls` name: archives, folders, globs. Adds to `progress`.
pub async fn inspect(engine: &Engine, urls: &[String], progress: &Arc<Progress>) -> Result<Inspection> {
    let storage = Storage::new();
    let objects = listing::list(&storage, urls.iter().map(|url| (url.as_str(), Shape::Auto))).await?;
    engine.register_stores(&storage);
    progress.begin("reading", Some(objects.iter().map(|object| object.meta.size).sum()));

    let mut units = unit::plan(objects, RANGE.as_u64(), engine.threads()).await?;
    let mut next_ordinal = units.len() as i32;
    let mut tallies: BTreeMap<i32, Tally> = BTreeMap::new();
    let mut reading = units.clone();
    while !reading.is_empty() {
        tally::read(engine, std::mem::take(&mut reading), progress, &mut tallies).await?;
        let ranges: BTreeMap<i32, RangeReport> =
            tallies.iter().filter_map(|(unit, tally)| Some((*unit, tally.range?))).collect();
        let repair = chain::check(&units, &ranges, next_ordinal)?;
        next_ordinal += repair.again.len() as i32;
        for discarded in &repair.discard {
            tallies.remove(discarded);
        }
        reading.extend(repair.again.iter().cloned());
        chain::replace(&mut units, repair);
    }

    let mut reports: Vec<ObjectReport> = Vec::new();
    let mut total = Tally::default();
    let mut of_object = Tally::default();
    for (at, unit) in units.iter().enumerate() {
        of_object.add(tallies.remove(&unit.ordinal).unwrap_or_default());
        let url = unit.object.url();
        if units.get(at + 1).is_none_or(|next| next.object.url() != url) {
            let tally = std::mem::take(&mut of_object);
            reports.push(ObjectReport { url, bytes: unit.object.meta.size, contents: Contents::of(&tally) });
            total.add(tally);
        }
    }
    Ok(Inspection { objects: reports, total: Contents::of(&total) })
}
