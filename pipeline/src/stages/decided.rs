//! Boundary 2: every record with its fate.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::sink::bucket::BucketFile;
use crate::sink::manifest::SemanticFigures;
use crate::sink::spool::SpoolFile;
use crate::stages::boundary::Boundary;
use crate::stages::dedup::near;
use crate::steps::{Outcome, StepFile};

/// What was decided.
#[derive(Debug)]
pub struct Decided {
    /// Every record, with its fate.
    pub records: Arc<Boundary>,
    /// What near-duplicates leave behind, where they were looked for.
    pub near: Option<near::Made>,
    /// Figures of semantic duplicates, where they were looked for.
    pub semantic: Option<SemanticFigures>,
}

/// [`Decided`], written down.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecidedRecord {
    records: Vec<BucketFile>,
    near: Option<near::Made>,
    semantic: Option<SemanticFigures>,
}

impl Outcome for Decided {
    type Record = DecidedRecord;

    fn record(&self) -> DecidedRecord {
        DecidedRecord { records: self.records.record(), near: self.near.clone(), semantic: self.semantic }
    }

    fn files(&self) -> Vec<StepFile> {
        let history = self.near.iter().flat_map(|near| &near.history);
        self.records.files().into_iter().chain(history.map(SpoolFile::of_step)).collect()
    }

    fn restore(DecidedRecord { records, near, semantic }: DecidedRecord) -> Result<Option<Self>> {
        let records = Boundary::restore(records)?;
        Ok(records.map(|records| Self { records: Arc::new(records), near, semantic }))
    }
}
