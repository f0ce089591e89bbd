//! Settings that documents depend on: told at the first commit, the same in every later one.

use tweetmill_udfs::text::redaction::REDACTION_VERSION;
use tweetmill_udfs::text::{CANONICAL_VERSION, UNICODE_VERSION};

use crate::config::{Part, Redact, RunConfig};
use crate::error::{Error, ErrorKind, Result};
use crate::making::Making;
use crate::sink::manifest::{
    CanonicalTextRule, Commit, EmbeddingRule, NearRule, Pinned, RedactionRule, SemanticRule, SplitRule,
    TokenizerRule,
};
use crate::source::tweet::RECORD_VERSION;
use crate::stages::dedup::semantic::SEMANTIC_VERSION;

/// The settings that documents already committed depend on.
pub fn pinned(config: &RunConfig, making: &Making) -> Result<Pinned> {
    let Making { tokenizer, model, gpu } = making;
    let name = config.tokenize.tokenizer.to_string();
    let lacks = |key: &str, token: &str| {
        Error::new(ErrorKind::Usage, format!("document.{key}: the tokenizer {name} has no {token} token"))
            .with_hint(format!("set document.{key} to false, or choose another tokenizer"))
    };
    if config.document.bos && tokenizer.bos().is_none() {
        return Err(lacks("bos", "begin-of-text"));
    }
    if config.document.eos && tokenizer.eos().is_none() {
        return Err(lacks("eos", "end-of-text"));
    }
    let share =
        |fraction: crate::config::Fraction| fraction.numerator() as f64 / fraction.denominator() as f64;
    let fractions = [("validation", config.split.validation), ("test", config.split.test)];
    let (redact, template) = (&config.redact, &config.document.template);
    Ok(Pinned {
        record_version: RECORD_VERSION,
        canonical_text: CanonicalTextRule { version: CANONICAL_VERSION, unicode: UNICODE_VERSION.to_owned() },
        columns: config.output.columns.iter().map(|column| (*column).to_owned()).collect(),
        seed: config.split.seed,
        split: SplitRule {
            by: config.split.by.name().to_owned(),
            fractions: fractions.into_iter().map(|(split, of)| (split.to_owned(), share(of))).collect(),
        },
        tokenizer: TokenizerRule {
            name: last_part(&name),
            digest: format!("{:032x}", tokenizer.digest()),
            bos: config.document.bos,
            eos: config.document.eos,
        },
        near: config.dedup.near.map(|near| {
            let rule = near.rule();
            NearRule { preset: rule.name.to_owned(), similarity: rule.similarity, rule: rule.to_string() }
        }),
        semantic: config.dedup.semantic.map(|rule| SemanticRule {
            version: SEMANTIC_VERSION,
            similarity: rule.similarity.to_string(),
            clusters: rule.clusters().map(|clusters| clusters as u64),
        }),
        redaction: (!redact.keeps_all()).then(|| RedactionRule {
            version: REDACTION_VERSION,
            mentions: redact.mentions.name().to_owned(),
            urls: redact.urls.name().to_owned(),
            emails: redact.emails.name().to_owned(),
            phones: redact.phones.name().to_owned(),
        }),
        template: (!template.is_text_alone()).then(|| template.to_string()),
        embedding: config.embed.as_ref().zip(model.as_ref()).map(|(embed, model)| EmbeddingRule {
            column: embed.column.clone(),
            model: last_part(embed.model.as_str()),
            digest: format!("{:032x}", model.digest()),
            dimensions: model.dimensions() as u32,
            form: embed.form.name().to_owned(),
            device: gpu.as_ref().map(|gpu| gpu.name().to_owned()),
        }),
    })
}

/// A place without the folders before it: where a file lies is nobody's business.
fn last_part(place: &str) -> String {
    let place = place.trim_end_matches('/');
    place.rsplit('/').next().unwrap_or(place).to_owned()
}

/// Whether this program compares texts by the rules that a data set was begun with.
pub fn compares_as_this_program(pinned: &Pinned) -> bool {
    let CanonicalTextRule { version, unicode } = &pinned.canonical_text;
    let redaction = pinned.redaction.as_ref().is_none_or(|rule| rule.version == REDACTION_VERSION);
    *version == CANONICAL_VERSION && unicode == UNICODE_VERSION && redaction
}

/// What is redacted by the settings of a data set.
pub fn redact(pinned: &Pinned) -> Result<Redact> {
    let Some(RedactionRule { mentions, urls, emails, phones, .. }) = &pinned.redaction else {
        return Ok(Redact::default());
    };
    let named = serde_json::json!({"mentions": mentions, "urls": urls, "emails": emails, "phones": phones});
    serde_json::from_value(named).map_err(|error| {
        Error::new(ErrorKind::Store, "the data set redacts in a way this program does not know")
            .with_source(error)
    })
}

/// Refuses settings other than those the data set was begun with, and to mix runs of a part of their inputs with
/// others: what a trial run left out would be missing for good, for ids and texts are taken once.
pub fn check(commits: &[Commit], pinned: &Pinned, part: Option<Part>) -> Result<()> {
    let Some(newest) = commits.last() else { return Ok(()) };
    let part = part.map(|part| part.to_string());
    if newest.part != part {
        let of = |part: &Option<String>| part.clone().unwrap_or_else(|| "all".to_owned());
        let (theirs, ours) = (of(&newest.part), of(&part));
        return Err(Error::new(
            ErrorKind::Usage,
            format!("the runs of the data set are of {theirs} of their inputs, this one is of {ours}"),
        )
        .with_hint("try a run file out in a data set of its own: --set output.url=trial"));
    }
    let changed = newest.pinned.differences(pinned)?;
    if changed.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Usage,
        format!("the data set was begun with other settings: {} differ", changed.join(", ")),
    )
    .with_hint("documents already committed depend on them: set them back, or start a new data set at another output.url"))
}
