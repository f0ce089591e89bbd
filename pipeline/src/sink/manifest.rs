//! The commit: what training loaders and later runs read to know what the data set holds.
//!
//! The same inputs and settings give the same commit but for its `id`. Whatever else may differ between
//! two such runs (URLs, times, hosts, where lines stood) is in the [`RunRecord`] of that id.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::shard::ShardId;
use crate::error::{Error, ErrorKind, Result};
use crate::fate::KEPT;
use crate::schema::FORMAT_VERSION;
use crate::source::member_counts::MemberCounts;

/// One commit: the object `_tweetmill/commits/N.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// Version of this format.
    pub format_version: u32,
    /// Ordinal of the commit, from 1, without gaps.
    pub number: u64,
    /// Tells this attempt to commit from any other; also names its record under `runs/`.
    pub id: String,
    /// The commit it was built on; None for the first.
    pub parent: Option<Parent>,
    /// What the run file called it, such as a date.
    pub label: String,
    /// Digest of the settings that can change a row.
    pub config_digest: String,
    /// Settings no later commit of this data set may change.
    pub pinned: Pinned,
    /// What it was made from.
    pub inputs: Inputs,
    /// What became of every record.
    pub records: Records,
    /// Documents in the shards.
    pub documents: u64,
    /// Tokens in the shards.
    pub tokens: u64,
    /// The shards, ordered by split, then shard.
    pub files: Vec<DataFile>,
    /// Files with one fate a record.
    pub fates: Vec<SideFile>,
    /// Files later commits compare their documents with.
    pub history: Vec<SideFile>,
}

/// The commit another one was built on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// Its number.
    pub number: u64,
    /// Its [`Commit::content_digest`].
    pub digest: String,
}

/// Settings that documents already committed depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// Version of the rules that turn an archive's record into a tweet.
    pub record_version: u32,
    /// What two texts must share to be duplicates.
    pub canonical_text: CanonicalTextRule,
    /// Columns beside the seven every shard has, in order.
    pub columns: Vec<String>,
    /// Seed of the shuffle and the split.
    pub seed: u64,
    /// How documents are divided into splits.
    pub split: SplitRule,
    /// How text became tokens.
    pub tokenizer: TokenizerRule,
}

/// What two texts must share to be duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CanonicalTextRule {
    /// Version of the rule.
    pub version: u32,
    /// Version of the Unicode data it is computed with.
    pub unicode: String,
}

/// How documents are divided into splits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitRule {
    /// `author` or `thread`: what never stands in two splits.
    pub by: String,
    /// Share of the keys in each split but `train`, 0 to 1.
    pub fractions: BTreeMap<String, f64>,
}

/// How text became tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenizerRule {
    /// Name of a built-in tokenizer, or of the file it was read from, without its folder.
    pub name: String,
    /// Digest of its definition: equal for equal definitions, whatever file they came from.
    pub digest: String,
    /// Whether a document starts with the token for the beginning of a sequence.
    pub bos: bool,
    /// Whether a document ends with the token for the end of a sequence.
    pub eos: bool,
}

/// What a commit was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// Digest of the sorted set of digests of the members' stored bytes.
    pub digest: String,
    /// Members in that set.
    pub members: u64,
}

/// The accounting: `in` = `lines` + `harvested` = the sum of `fates`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// All records.
    #[serde(rename = "in")]
    pub total: u64,
    /// Lines framed in the inputs.
    pub lines: u64,
    /// Originals found inside retweets and quotes.
    pub harvested: u64,
    /// Records by what became of them.
    pub fates: BTreeMap<String, u64>,
}

/// One shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Path within the data set.
    pub path: String,
    /// `train`, `validation` or `test`.
    pub split: String,
    /// Ordinal within the split of this commit, from 0.
    pub shard: u32,
    /// Shards the split of this commit was cut into; empty ones have no file.
    pub of: u32,
    /// Documents, at least 1.
    pub rows: u64,
    /// Tokens.
    pub tokens: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Blake3 of the file, in hex.
    pub digest: String,
}

/// A file that holds no documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideFile {
    /// Path within the data set.
    pub path: String,
    /// Rows, at least 1.
    pub rows: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Blake3 of the file, in hex.
    pub digest: String,
}

impl Commit {
    /// Reads a commit; refuses a format version this build does not know.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        from_versioned_json(json, "commit")
    }

    /// The bytes of the commit object: fields in a fixed order, pretty, with a line feed at the end.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        to_json(self)
    }

    /// Blake3 of the commit without its id, in hex: equal for equal inputs and settings.
    pub fn content_digest(&self) -> Result<String> {
        let anonymous = Self { id: String::new(), ..self.clone() };
        Ok(blake3::hash(&anonymous.to_json()?).to_hex().to_string())
    }

    /// How a commit built on this one names it.
    pub fn as_parent(&self) -> Result<Parent> {
        Ok(Parent { number: self.number, digest: self.content_digest()? })
    }

    /// What is wrong with the numbers of this commit, judged by itself; empty when all add up.
    pub fn contradictions(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut equal = |one: &str, left: u64, other: &str, right: u64| {
            if left != right {
                wrong.push(format!("{one} is {left}, but {other} is {right}"));
            }
        };
        let Records { total, lines, harvested, fates } = &self.records;
        equal("records.in", *total, "lines + harvested", lines + harvested);
        equal("records.in", *total, "the sum of the fates", fates.values().sum());
        equal("documents", self.documents, "the fate kept", fates.get(KEPT).copied().unwrap_or(0));
        equal(
            "documents",
            self.documents,
            "the rows of the shards",
            self.files.iter().map(|file| file.rows).sum(),
        );
        equal(
            "tokens",
            self.tokens,
            "the tokens of the shards",
            self.files.iter().map(|file| file.tokens).sum(),
        );
        equal(
            "records.in",
            *total,
            "the rows of the fates files",
            self.fates.iter().map(|file| file.rows).sum(),
        );
        let before = self.parent.as_ref().map_or(0, |parent| parent.number);
        equal("number", self.number, "the parent's number + 1", before + 1);
        wrong
    }
}

impl Pinned {
    /// Names of the settings that differ from `other`, such as `seed` or `tokenizer.name`.
    pub fn differences(&self, other: &Self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        compare("", &json_value(self)?, &json_value(other)?, &mut names);
        Ok(names)
    }
}

impl DataFile {
    /// Which shard it is.
    pub fn id(&self) -> ShardId {
        ShardId { split: self.split.clone(), index: self.shard, count: self.of }
    }
}

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

fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(value).map_err(not_json)?;
    json.push(b'\n');
    Ok(json)
}

fn json_value<T: Serialize>(value: &T) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(not_json)
}

fn not_json(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Defect, "a manifest could not be written as JSON").with_source(error)
}

/// The version is read first: a newer format may have any other fields.
fn from_versioned_json<T: DeserializeOwned>(json: &[u8], what: &str) -> Result<T> {
    #[derive(Deserialize)]
    struct Version {
        format_version: u32,
    }
    let unreadable = |error: serde_json::Error| {
        Error::new(ErrorKind::Store, format!("this is no {what} of a data set")).with_source(error)
    };
    let Version { format_version } = serde_json::from_slice(json).map_err(unreadable)?;
    if format_version != FORMAT_VERSION {
        let message =
            format!("the {what} has format version {format_version}, this build knows {FORMAT_VERSION}");
        return Err(Error::new(ErrorKind::Store, message)
            .with_hint("use the tweetmill that wrote it, or a newer one"));
    }
    serde_json::from_slice(json).map_err(unreadable)
}

fn compare(name: &str, one: &serde_json::Value, other: &serde_json::Value, names: &mut Vec<String>) {
    if let (Some(one), Some(other)) = (one.as_object(), other.as_object()) {
        let mut keys: Vec<&String> = one.keys().chain(other.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let inner = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            let absent = serde_json::Value::Null;
            compare(&inner, one.get(key).unwrap_or(&absent), other.get(key).unwrap_or(&absent), names);
        }
    } else if one != other {
        names.push(name.to_owned());
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const V1: &[u8] = include_bytes!("../../../tests/golden/commit.v1.json");
    const V1_EXPECTED: &[u8] = include_bytes!("../../../tests/golden/commit.v1.expected.json");

    #[test]
    fn version_1_is_read_for_ever() {
        let commit = Commit::from_json(V1).unwrap();
        assert_eq!(commit.contradictions(), Vec::<String>::new());
        let json = commit.to_json().unwrap();
        assert_eq!(String::from_utf8(json).unwrap(), String::from_utf8(V1_EXPECTED.to_vec()).unwrap());
    }

    #[test]
    fn other_versions_are_refused() {
        let newer =
            String::from_utf8(V1.to_vec()).unwrap().replace("\"format_version\": 1", "\"format_version\": 2");
        let refused = Commit::from_json(newer.as_bytes()).unwrap_err();
        assert!(refused.to_string().contains("format version 2, this build knows 1"), "{refused}");
        assert!(refused.hint().is_some());
        assert!(Commit::from_json(b"{}").is_err());
        assert!(Commit::from_json(b"{\"format_version\": 1}").is_err());
    }

    #[test]
    fn the_content_digest_leaves_out_the_id() {
        let commit = Commit::from_json(V1).unwrap();
        let other_id = Commit { id: "another".into(), ..commit.clone() };
        assert_eq!(other_id.content_digest().unwrap(), commit.content_digest().unwrap());
        let other_tokens = Commit { tokens: 1, ..commit.clone() };
        assert_ne!(other_tokens.content_digest().unwrap(), commit.content_digest().unwrap());
    }

    #[test]
    fn contradictions_are_named() {
        let mut commit = Commit::from_json(V1).unwrap();
        commit.records.harvested += 1;
        commit.tokens += 1;
        let wrong = commit.contradictions().join("\n");
        assert!(wrong.contains("lines + harvested"), "{wrong}");
        assert!(wrong.contains("tokens is"), "{wrong}");
    }

    #[test]
    fn changed_settings_are_named() {
        let pinned = Commit::from_json(V1).unwrap().pinned;
        let mut other = pinned.clone();
        assert!(pinned.differences(&other).unwrap().is_empty());
        other.seed += 1;
        other.tokenizer.eos = !other.tokenizer.eos;
        assert_eq!(pinned.differences(&other).unwrap(), ["seed", "tokenizer.eos"]);
    }
}
