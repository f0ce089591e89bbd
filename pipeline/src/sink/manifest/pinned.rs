//! Settings that no commit may change, because documents already committed depend on them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::json::json_value;
use crate::error::Result;

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
    /// Which texts are near-duplicates; None where only exact ones go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<NearRule>,
    /// Which documents are semantic duplicates; None where meaning is not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantic: Option<SemanticRule>,
    /// What was taken out of texts; None where they are as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redaction: Option<RedactionRule>,
    /// What the text of a document is put together from; None where it is the tweet's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// How text became vectors; None where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<EmbeddingRule>,
}

/// How text became vectors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingRule {
    /// Column that they are in.
    pub column: String,
    /// Name of the folder that the model was read from.
    pub model: String,
    /// Digest of its files.
    pub digest: String,
    /// Numbers of a vector.
    pub dimensions: u32,
    /// What they are written as: `float32`, `float16`, `int8` or `binary`.
    pub form: String,
    /// The GPU that made them; None where the processor did, whose vectors are the same on every machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
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

/// How near two texts must be for the later one to be dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NearRule {
    /// Name of the preset.
    pub preset: String,
    /// Least indel similarity of the canonical texts, in per cent.
    pub similarity: u32,
    /// All of the rule and its parameters, as the program prints them.
    pub rule: String,
}

/// How near two vectors must be for the later document to be dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SemanticRule {
    /// Version of the way clusters are found.
    pub version: u32,
    /// Least cosine, in per cent, as a run file writes it.
    pub similarity: String,
    /// Clusters; None: as many as the documents of a commit ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<u64>,
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

/// What was taken out of texts, as the run file names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedactionRule {
    /// Version of the rules for what counts as a mention, a link, an e-mail address, a phone number.
    pub version: u32,
    /// What becomes of mentions.
    pub mentions: String,
    /// What becomes of links.
    pub urls: String,
    /// What becomes of e-mail addresses.
    pub emails: String,
    /// What becomes of phone numbers.
    pub phones: String,
}

impl Pinned {
    /// Names of the settings that differ from `other`, such as `seed` or `tokenizer.name`.
    pub fn differences(&self, other: &Self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        compare("", &json_value(self)?, &json_value(other)?, &mut names);
        Ok(names)
    }
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
    use super::super::Commit;

    const V1: &[u8] = include_bytes!("../../../../tests/golden/commit.v1.json");

    #[test]
    fn changed_settings_are_named() {
        let pinned = Commit::from_json(V1).unwrap().pinned;
        let mut other = pinned.clone();
        assert!(pinned.differences(&other).unwrap().is_empty());
        other.seed += 1;
        other.tokenizer.eos = !other.tokenizer.eos;
        other.template = Some("{date} {text}".to_owned());
        assert_eq!(pinned.differences(&other).unwrap(), ["seed", "template", "tokenizer.eos"]);
    }
}
