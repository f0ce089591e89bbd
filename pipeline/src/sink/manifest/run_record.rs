//! What is not deterministic about a run, beside its commit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SideFile;
use super::json::{from_versioned_json, to_json};
use crate::error::Result;
use crate::source::member_counts::MemberCounts;

/// What is not deterministic about the run that made a commit: the object `_tweetmill/runs/<id>.json`.
///
/// Nothing needs it to load the data; `why` uses it to name files and members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// Version of this format.
    pub format_version: u32,
    /// The commit's id.
    pub id: String,
    /// Number of the commit it made, or tried to make.
    pub commit: u64,
    /// Label of that commit.
    pub label: String,
    /// Version and build of the program.
    pub program: String,
    /// Name of the machine that drove the run.
    pub host: String,
    /// `local` or `cluster`.
    pub engine: String,
    /// When it started, RFC 3339, UTC.
    pub started: String,
    /// When it ended; None while it runs, or where it was killed.
    pub ended: Option<String>,
    /// Wall-clock seconds of each step.
    pub seconds: BTreeMap<String, f64>,
    /// The objects it read, by URL.
    pub inputs: Vec<InputRecord>,
    /// Work units by ordinal.
    pub units: Vec<UnitRecord>,
    /// Where each record stood; row by row alike with the commit's fates.
    pub provenance: Vec<SideFile>,
    /// Lines that could not be read, and events.
    pub rejects: Vec<SideFile>,
}

/// An object that was read, as the store listed it: the same list again means nothing is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputRecord {
    /// Where it is.
    pub url: String,
    /// Stored size.
    pub bytes: u64,
    /// What changes when its content does: entity tag, else time of change.
    pub version: String,
}

/// An object, or a byte range of one, that was read as one unit of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitRecord {
    /// Ordinal, as in the provenance files.
    pub unit: i32,
    /// The object.
    pub url: String,
    /// First byte and byte after the last, where it is part of an object.
    pub range: Option<(u64, u64)>,
    /// Its members by ordinal; one without a label for an object that is no archive.
    pub members: Vec<MemberRecord>,
}

/// A member of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberRecord {
    /// Ordinal within the unit, as in the provenance files.
    pub member: i32,
    /// Its name inside the archive, for people only.
    pub label: String,
    /// How reading it ended: `complete`, `truncated`, `corrupt` and so on.
    pub state: String,
    /// What was found where it is not `complete`, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Lines framed.
    pub lines: u64,
}

impl RunRecord {
    /// Reads a run's record; refuses a format version this build does not know.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        from_versioned_json(json, "run record")
    }

    /// Pretty, with a line feed at the end.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        to_json(self)
    }

    /// The members it read, by how that ended.
    pub fn members(&self) -> MemberCounts {
        self.units.iter().flat_map(|unit| &unit.members).map(|member| &member.state).collect()
    }

    /// `…/20200101.tar › 05/30.json.bz2`, as far as known.
    pub fn place(&self, unit: i32, member: i32) -> Option<String> {
        let unit = self.units.iter().find(|known| known.unit == unit)?;
        match unit.members.iter().find(|known| known.member == member) {
            Some(member) if !member.label.is_empty() => Some(format!("{} › {}", unit.url, member.label)),
            _ => Some(unit.url.clone()),
        }
    }
}
