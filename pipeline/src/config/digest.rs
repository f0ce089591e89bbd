//! The digest of the settings that can change a row: what makes two runs the same run.

use std::num::NonZeroU64;

use serde::Serialize;

use super::{Decontaminate, Dedup, Embed, EvaluationSet, Filter, Redact, RunConfig, VectorDevice};
use crate::source::limits::ReadLimits;

/// The settings that count, in a form of their own: a new key of the run file changes no old digest
/// until it is added here, and renaming a Rust field changes none at all.
///
/// Serialized in this order as JSON without white space, then hashed with blake3.
#[derive(Serialize)]
struct Counted<'a> {
    version: u32,
    shapes: Vec<String>,
    columns: &'a [&'static str],
    shard_bytes: u64,
    shards_multiple_of: u32,
    dedup: Dedup,
    document: CountedDocument,
    tokenizer: String,
    split: CountedSplit,
    /// Left out where they are the defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<CountedLimits>,
    /// Name and condition of each; left out where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    filter: Vec<[&'a str; 2]>,
    /// Left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    decontaminate: Option<CountedSets<'a>>,
    /// Left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    per_author: Option<u64>,
    /// Left out where everything is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    redact: Option<Redact>,
    /// Left out where a document is its text alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    /// Model, column and form, and the device where it isn't the processor; left out where there are no vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    embed: Option<Vec<String>>,
    /// Left out where all of the inputs count.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<String>,
}

/// What the sets hold is told by the commit.
#[derive(Serialize)]
struct CountedSets<'a> {
    /// Names, in order: a set of several parts is one.
    sets: Vec<&'a str>,
    share: String,
    min_shingles: u32,
}

impl<'a> CountedSets<'a> {
    fn of(decontaminate: &'a Decontaminate) -> Self {
        let Decontaminate { sets, share, min_shingles } = decontaminate;
        let mut names: Vec<&str> = Vec::new();
        for EvaluationSet { name, .. } in sets {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        Self { sets: names, share: share.to_string(), min_shingles: *min_shingles }
    }
}

#[derive(Serialize)]
struct CountedDocument {
    bos: bool,
    eos: bool,
}

#[derive(Serialize)]
struct CountedSplit {
    by: &'static str,
    validation: String,
    test: String,
    seed: u64,
}

#[derive(PartialEq, Eq, Serialize)]
struct CountedLimits {
    member_bytes: u64,
    line_bytes: u64,
}

impl CountedLimits {
    fn of(limits: &ReadLimits) -> Self {
        Self { member_bytes: limits.archive.max_member_bytes, line_bytes: limits.line.line_bytes as u64 }
    }
}

/// See [`RunConfig::digest`] for what is in and what is out.
pub(super) fn digest(config: &RunConfig) -> String {
    blake3::hash(canonical(config).as_bytes()).to_hex().to_string()
}

#[expect(clippy::expect_used, reason = "any other text would be the digest of all settings alike")]
fn canonical(config: &RunConfig) -> String {
    let split = &config.split;
    let limits = CountedLimits::of(&config.limits.into());
    let template = &config.document.template;
    let counted = Counted {
        version: 1,
        shapes: shapes(config),
        columns: &config.output.columns,
        shard_bytes: config.output.shard_size.as_u64(),
        shards_multiple_of: config.output.shards_multiple_of.get(),
        dedup: config.dedup,
        document: CountedDocument { bos: config.document.bos, eos: config.document.eos },
        tokenizer: config.tokenize.tokenizer.to_string(),
        split: CountedSplit {
            by: split.by.name(),
            validation: split.validation.to_string(),
            test: split.test.to_string(),
            seed: split.seed,
        },
        limits: (limits != CountedLimits::of(&ReadLimits::default())).then_some(limits),
        filter: config.filter.iter().map(|Filter { name, keep }| [name.as_str(), keep]).collect(),
        decontaminate: config.decontaminate.as_ref().map(CountedSets::of),
        per_author: config.caps.per_author.map(NonZeroU64::get),
        redact: (!config.redact.keeps_all()).then_some(config.redact),
        template: (!template.is_text_alone()).then(|| template.to_string()),
        embed: config.embed.as_ref().map(|Embed { model, column, form, device }| {
            let mut counted = vec![model.to_string(), column.clone(), form.name().to_owned()];
            counted.extend((*device != VectorDevice::Processor).then(|| device.name().to_owned()));
            counted
        }),
        part: config.part.map(|part| part.to_string()),
    };
    serde_json::to_string(&counted).expect("plain structs of strings and numbers should serialize")
}

/// The shape of all inputs. Where they differ, the shape of each: shapes changing places change rows.
fn shapes(config: &RunConfig) -> Vec<String> {
    let mut shapes: Vec<_> = config.places().map(|(_, shape)| shape.name().to_owned()).collect();
    shapes.sort_unstable();
    shapes.dedup();
    if shapes.len() > 1 {
        shapes = config.places().map(|(url, shape)| format!("{} {url}", shape.name())).collect();
        shapes.sort_unstable();
    }
    shapes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::num::NonZeroU64;

    use super::super::{Given, Part, RunConfig};
    use super::*;

    const FILE: &str = "\
version: 1
name: nightly
run: first
input: [{url: a.tar}]
output: {url: out, columns: [likes, reply_to]}
tokenize: {tokenizer: cl100k_base}
";

    fn config(set: &[&str]) -> RunConfig {
        let set: Vec<String> = set.iter().map(|&argument| argument.to_owned()).collect();
        RunConfig::parse("nightly.yaml", FILE, &Given { date: None, set: &set, environment: &|_| None })
            .unwrap()
    }

    #[test]
    fn the_digest_is_of_these_bytes() {
        // Published in every commit: if this text changes, no rerun knows that its work is done.
        assert_eq!(
            canonical(&config(&[])),
            concat!(
                r#"{"version":1,"shapes":["auto"],"columns":["reply_to","likes"],"shard_bytes":268435456,"#,
                r#""shards_multiple_of":1,"dedup":{"exact":true,"history":true},"#,
                r#""document":{"bos":false,"eos":true},"tokenizer":"cl100k_base","#,
                r#""split":{"by":"author","validation":"0.5%","test":"0.5%","seed":7}}"#
            )
        );
        let embedded = canonical(&config(&["embed={model: s3://models/m, device: processor}"]));
        assert!(embedded.ends_with(r#","embed":["s3://models/m","embedding","float16"]}"#), "{embedded}");
    }

    #[test]
    fn where_and_how_fast_do_not_change_it() {
        let digest = config(&[]).digest();
        for set in [
            "name=other",
            "run=second",
            "input.0.url=s3://raw/b.tar",
            "input=[{url: a}, {url: b}]",
            "output.url=s3://train/x",
            "output.columns=[reply_to, lang, likes]",
            "engine.threads=3",
            "engine.memory=1GiB",
            "engine.gpu=auto",
            "engine.range_size=1MiB",
            "engine.scratch=/elsewhere",
            "gates.max_reject_rate=5%",
            "gates.max_damaged_members=0",
            "limits.member_size=65536MiB",
            "limits.line_size=16MiB",
            "split.test=0.005",
            "output.shard_size=262144KiB",
            "redact.urls=keep",
            "document.template='{text}'",
        ] {
            assert_eq!(config(&[set]).digest(), digest, "{set}");
        }
    }

    #[test]
    fn where_evaluation_sets_are_does_not_change_it() {
        let digest =
            |url: &str| config(&[&format!("decontaminate={{sets: [{{name: quiz, url: {url}}}]}}")]).digest();
        assert_eq!(digest("quiz.txt"), digest("s3://sets/quiz.jsonl"));
        let in_parts =
            "decontaminate={sets: [{name: quiz, url: a.csv}, {name: quiz, url: b, format: jsonl, field: q}]}";
        assert_eq!(digest("quiz.txt"), config(&[in_parts]).digest());
    }

    #[test]
    fn what_can_change_a_row_changes_it() {
        let mut seen = vec![config(&[]).digest()];
        for set in [
            "input.0.shape=status-v1",
            "input=[{url: a}, {url: b, shape: status-v1}]",
            "input=[{url: a, shape: status-v1}, {url: b}]",
            "limits.member_size=1GiB",
            "limits.line_size=1MiB",
            "filter=[{name: a, keep: likes > 1}]",
            "filter=[{name: b, keep: likes > 1}]",
            "filter=[{name: a, keep: likes > 2}]",
            "output.columns=[likes]",
            "output.shard_size=64MiB",
            "output.shards_multiple_of=8",
            "dedup.exact=false",
            "dedup.history=false",
            "dedup.near={}",
            "dedup.near={preset: loose}",
            "dedup.near={preset: spam}",
            "dedup.near={preset: spam, copies: 2}",
            "dedup.near={min_chars: 8}",
            "decontaminate={sets: [{name: quiz, url: a.txt}]}",
            "decontaminate={sets: [{name: other, url: a.txt}]}",
            "decontaminate={sets: [{name: quiz, url: a.txt}, {name: other, url: a.txt}]}",
            "decontaminate={sets: [{name: quiz, url: a.txt}], share: 70%}",
            "decontaminate={sets: [{name: quiz, url: a.txt}], min_shingles: 20}",
            "embed={model: s3://models/m}",
            "embed={model: s3://models/n}",
            "embed={model: s3://models/m, column: vector}",
            "embed={model: s3://models/m, form: int8}",
            "embed={model: s3://models/m, device: gpu}",
            "caps.per_author=100",
            "caps.per_author=10",
            "redact.mentions=user",
            "redact.mentions=drop",
            "redact.urls=host",
            "redact.emails=drop",
            "redact.phones=drop",
            "document.template='{text} '",
            "document.bos=true",
            "document.eos=false",
            "tokenize.tokenizer=o200k_base",
            "split.validation=1%",
            "split.test=1%",
            "split.seed=8",
        ] {
            let digest = config(&[set]).digest();
            assert!(!seen.contains(&digest), "{set}");
            seen.push(digest);
        }
        for semantic in ["{}", "{similarity: 90%}", "{clusters: 3}"] {
            let semantic = format!("dedup.semantic={semantic}");
            let digest = config(&["embed={model: s3://models/m}", &semantic]).digest();
            assert!(!seen.contains(&digest), "{semantic}");
            seen.push(digest);
        }
        for part in [Part::Lines(NonZeroU64::MIN), Part::Sample("1%".parse().unwrap())] {
            let digest = RunConfig { part: Some(part), ..config(&[]) }.digest();
            assert!(!seen.contains(&digest), "{part}");
            seen.push(digest);
        }
    }
}
