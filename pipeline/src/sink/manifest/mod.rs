//! The commit: what training loaders and later runs read to know what the data set holds.
//!
//! The same inputs and settings give the same commit but for its `id`. Whatever else may differ between
//! two such runs (URLs, times, hosts, where lines stood) is in the [`RunRecord`] of that id.

mod evaluation;
mod json;
mod near;
mod pinned;
mod run_record;
mod semantic;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::evaluation::EvaluationFigures;
use self::json::{from_versioned_json, to_json};
pub use self::near::NearFigures;
pub use self::pinned::{
    CanonicalTextRule, EmbeddingRule, NearRule, Pinned, RedactionRule, SemanticRule, SplitRule, TokenizerRule,
};
pub use self::run_record::{InputRecord, MemberRecord, RunRecord, UnitRecord};
pub use self::semantic::SemanticFigures;
use super::redacted::Redacted;
use super::shard::ShardId;
use crate::error::Result;
use crate::fate::{CONTAMINATED, DUPLICATE_SEMANTIC, FILTERED, KEPT};

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
    /// The part of those inputs that a trial run was content with, such as `1% of tweets`; None: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What became of every record.
    pub records: Records,
    /// Documents in the shards.
    pub documents: u64,
    /// Tokens in the shards.
    pub tokens: u64,
    /// Evaluation sets that its documents contain no item of, in the order in which they were asked; empty where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evaluation: Vec<EvaluationFigures>,
    /// What looking for near-duplicates took; None where only exact ones go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<NearFigures>,
    /// Commits before this one whose keys its file of keys holds too, so that theirs are no longer read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub near_keys_absorbed: u64,
    /// What looking for semantic duplicates took; None where meaning is not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantic: Option<SemanticFigures>,
    /// What was redacted in the texts of the documents; None where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<Redacted>,
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
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
        let with_fate = |fate: &str| fates.get(fate).copied().unwrap_or(0);
        equal("documents", self.documents, "the fate kept", with_fate(KEPT));
        for set in &self.evaluation {
            let fate = format!("{FILTERED}{CONTAMINATED}{}", set.name);
            equal(
                &format!("contaminated by {}", set.name),
                set.contaminated,
                "the fate of those",
                with_fate(&fate),
            );
        }
        if let Some(semantic) = &self.semantic {
            let fate = with_fate(DUPLICATE_SEMANTIC);
            equal("semantic.dropped", semantic.dropped, "the fate duplicate_semantic", fate);
        }
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

impl DataFile {
    /// Which shard it is.
    pub fn id(&self) -> ShardId {
        ShardId { split: self.split.clone(), index: self.shard, count: self.of }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const V1: &[u8] = include_bytes!("../../../../tests/golden/commit.v1.json");
    const V1_EXPECTED: &[u8] = include_bytes!("../../../../tests/golden/commit.v1.expected.json");

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
        commit.semantic = Some(SemanticFigures { dropped: 1, ..SemanticFigures::default() });
        let set =
            EvaluationFigures { name: "quiz".to_owned(), contaminated: 2, ..EvaluationFigures::default() };
        commit.evaluation.push(set);
        let wrong = commit.contradictions().join("\n");
        assert!(wrong.contains("lines + harvested"), "{wrong}");
        assert!(wrong.contains("tokens is"), "{wrong}");
        assert!(wrong.contains("semantic.dropped is 1, but the fate duplicate_semantic is 0"), "{wrong}");
        assert!(wrong.contains("contaminated by quiz is 2, but the fate of those is 0"), "{wrong}");
    }
}
