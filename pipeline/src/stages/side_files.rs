//! What a commit writes beside documents: fates, provenance, rejects, history.

use std::path::Path;

use datafusion::dataframe::DataFrame;
use datafusion::prelude::col;
use serde::{Deserialize, Serialize};

use crate::engine::{Engine, Joins};
use crate::error::Result;
use crate::fate;
use crate::history;
use crate::schema::Origin;
use crate::sink::fates::{FATES_ORDER, FatesFiles, write_fates, write_rejects};
use crate::sink::history::write_history;
use crate::sink::manifest::{NearFigures, SemanticFigures};
use crate::sink::spool::SpoolFile;
use crate::stages::boundary::Boundary;
use crate::stages::buckets;
use crate::stages::canonical::Canonical;
use crate::stages::decontaminate::ITEM;
use crate::stages::dedup::near;

/// Files in the spool folder, each missing where it would have no rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideFiles {
    /// One fate a record, and where the record stood.
    pub fates: Option<FatesFiles>,
    /// Lines that could not be read, and events.
    pub rejects: Option<SpoolFile>,
    /// What later commits need to know.
    pub history: Vec<SpoolFile>,
    /// Figures of near-duplicates, where they were looked for.
    pub near: Option<NearFigures>,
    /// Figures of semantic duplicates, where they were looked for.
    pub semantic: Option<SemanticFigures>,
    /// Earlier commits whose keys are in this one's file.
    pub near_keys_absorbed: u64,
}

impl SideFiles {
    /// All of them.
    pub fn files(&self) -> impl Iterator<Item = &SpoolFile> {
        let fates = self.fates.iter().flat_map(|written| [&written.fates, &written.provenance]);
        fates.chain(&self.rejects).chain(&self.history)
    }
}

/// Writes all of them from the two boundaries.
pub async fn write(
    engine: &Engine,
    canonical: &Canonical,
    decided: &Boundary,
    (near, semantic): (Option<near::Made>, Option<SemanticFigures>),
    spool: &Path,
) -> Result<SideFiles> {
    std::fs::create_dir_all(spool)?;
    let session = engine.session(engine.threads(), Joins::Merge)?;
    let decisions = decided.read(&session, |_| true)?;
    let events = canonical.records(&session, |bucket| bucket == buckets::EVENTS)?;
    let others =
        canonical.records(&session, |bucket| [buckets::EVENTS, buckets::REJECTS].contains(&bucket))?;
    let fates = write_fates(fates(decisions.clone())?.execute_stream().await?, spool, 0).await?;
    let rejects = write_rejects(rejects(others)?.execute_stream().await?, spool, 0).await?;
    let (mut history, near, near_keys_absorbed) = match near {
        Some(near::Made { history, figures, absorbed }) => (history, Some(figures), absorbed),
        None => (Vec::new(), None, 0),
    };
    for (kind, schema, rows) in [
        ("heads", history::heads_schema(), history::new_heads(decisions.clone())?),
        ("tombstones", history::tombstones_schema(), history::new_tombstones(events.clone())?),
        ("withheld", history::withheld_schema(), history::new_withheld(decisions, events)?),
    ] {
        history.extend(write_history(rows.execute_stream().await?, spool, kind, schema).await?);
    }
    Ok(SideFiles { fates, rejects, history, near, semantic, near_keys_absorbed })
}

fn fates(decisions: DataFrame) -> Result<DataFrame> {
    let origin = decisions.parse_sql_expr(&Origin::name_sql())?;
    let order = FATES_ORDER.iter().map(|column| col(*column).sort(true, false)).collect();
    let item = decisions.schema().field_with_unqualified_name(ITEM).is_ok().then_some(ITEM);
    let columns: Vec<&str> = FATES_ORDER.into_iter().chain(item).collect();
    Ok(decisions.with_column("origin", origin)?.select_columns(&columns)?.sort(order)?)
}

fn rejects(others: DataFrame) -> Result<DataFrame> {
    let fate = others.parse_sql_expr(&fate::of_no_tweet_sql())?;
    let order = ["unit", "member", "offset"].map(|column| col(column).sort(true, false)).to_vec();
    Ok(others
        .with_column("fate", fate)?
        .select_columns(&["fate", "reason", "raw", "unit", "member", "offset"])?
        .sort(order)?)
}
