//! The resolved configuration, written as the run file it means.

use std::fmt::{self, Write};

use super::raw::{
    ContactRule, LinkRule, MentionRule, NearPreset, Redact, SetFormat, Shape, SplitBy, VERSION,
};
use super::{Cluster, Decontaminate, Embed, RunConfig, TlsFiles};

/// Every key with its value, defaults included; reading it back gives the same configuration.
pub(super) fn yaml(config: &RunConfig) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _infallible: fmt::Result = write_yaml(&mut text, config);
    text
}

fn write_yaml(text: &mut String, config: &RunConfig) -> fmt::Result {
    writeln!(text, "version: {VERSION}")?;
    writeln!(text, "name: {}", scalar(&config.name))?;
    writeln!(text, "run: {}", scalar(&config.run))?;
    writeln!(text, "input:")?;
    for input in &config.input {
        writeln!(text, "  - url: {}", scalar(input.url.as_str()))?;
        writeln!(text, "    shape: {}", input.shape.name())?;
    }
    let output = &config.output;
    writeln!(text, "output:")?;
    writeln!(text, "  url: {}", scalar(output.url.as_str()))?;
    writeln!(text, "  columns: [{}]", output.columns.join(", "))?;
    writeln!(text, "  shard_size: {}", output.shard_size)?;
    writeln!(text, "  shards_multiple_of: {}", output.shards_multiple_of)?;
    if !config.filter.is_empty() {
        writeln!(text, "filter:")?;
    }
    for filter in &config.filter {
        writeln!(text, "  - name: {}", scalar(&filter.name))?;
        writeln!(text, "    keep: {}", scalar(&filter.keep))?;
    }
    if let Some(Decontaminate { sets, share, min_shingles }) = &config.decontaminate {
        writeln!(text, "decontaminate:")?;
        writeln!(text, "  sets:")?;
        for set in sets {
            writeln!(text, "    - name: {}", scalar(&set.name))?;
            writeln!(text, "      url: {}", scalar(set.url.as_str()))?;
            writeln!(text, "      format: {}", set.format.name())?;
            writeln!(text, "      field: {}", scalar(&set.field))?;
        }
        writeln!(text, "  share: {share}")?;
        writeln!(text, "  min_shingles: {min_shingles}")?;
    }
    writeln!(text, "dedup:")?;
    writeln!(text, "  exact: {}", config.dedup.exact)?;
    writeln!(text, "  history: {}", config.dedup.history)?;
    if let Some(near) = config.dedup.near {
        writeln!(text, "  near:")?;
        writeln!(text, "    preset: {}", near.preset.name())?;
        writeln!(text, "    min_chars: {}", near.min_chars.0)?;
        if let Some(copies) = near.copies {
            writeln!(text, "    copies: {}", copies.0)?;
        }
    }
    if let Some(semantic) = config.dedup.semantic {
        writeln!(text, "  semantic:")?;
        writeln!(text, "    similarity: {}", semantic.similarity)?;
        if let Some(clusters) = semantic.clusters() {
            writeln!(text, "    clusters: {clusters}")?;
        }
    }
    if let Some(most) = config.caps.per_author {
        writeln!(text, "caps:")?;
        writeln!(text, "  per_author: {most}")?;
    }
    let redact = &config.redact;
    writeln!(text, "redact:")?;
    writeln!(text, "  mentions: {}", redact.mentions.name())?;
    writeln!(text, "  urls: {}", redact.urls.name())?;
    writeln!(text, "  emails: {}", redact.emails.name())?;
    writeln!(text, "  phones: {}", redact.phones.name())?;
    writeln!(text, "document:")?;
    writeln!(text, "  template: {}", scalar(&config.document.template.to_string()))?;
    writeln!(text, "  bos: {}", config.document.bos)?;
    writeln!(text, "  eos: {}", config.document.eos)?;
    writeln!(text, "tokenize:")?;
    writeln!(text, "  tokenizer: {}", scalar(&config.tokenize.tokenizer.to_string()))?;
    if let Some(Embed { model, column, form, device }) = &config.embed {
        writeln!(text, "embed:")?;
        writeln!(text, "  model: {}", scalar(model.as_str()))?;
        writeln!(text, "  column: {column}")?;
        writeln!(text, "  form: {}", form.name())?;
        writeln!(text, "  device: {}", device.name())?;
    }
    let split = &config.split;
    writeln!(text, "split:")?;
    writeln!(text, "  by: {}", split.by.name())?;
    writeln!(text, "  validation: {}", split.validation)?;
    writeln!(text, "  test: {}", split.test)?;
    writeln!(text, "  seed: {}", split.seed)?;
    writeln!(text, "limits:")?;
    writeln!(text, "  member_size: {}", config.limits.member_size)?;
    writeln!(text, "  line_size: {}", config.limits.line_size)?;
    let engine = &config.engine;
    writeln!(text, "engine:")?;
    if let Some(Cluster { scheduler, device_scheduler, tls }) = &engine.cluster {
        writeln!(text, "  kind: cluster")?;
        writeln!(text, "  scheduler: {}", scalar(&scheduler.to_string()))?;
        if let Some(scheduler) = device_scheduler {
            writeln!(text, "  device_scheduler: {}", scalar(&scheduler.to_string()))?;
        }
        if let Some(TlsFiles { ca, certificate, key }) = tls {
            writeln!(text, "  tls:")?;
            writeln!(text, "    ca: {}", scalar(ca))?;
            writeln!(text, "    certificate: {}", scalar(certificate))?;
            writeln!(text, "    key: {}", scalar(key))?;
        }
    }
    writeln!(text, "  threads: {}", engine.threads)?;
    writeln!(text, "  memory: {}", engine.memory)?;
    writeln!(text, "  gpu: {}", engine.gpu.name())?;
    writeln!(text, "  range_size: {}", engine.range_size)?;
    writeln!(text, "  scratch: {}", scalar(&engine.scratch.to_string_lossy()))?;
    writeln!(text, "gates:")?;
    writeln!(text, "  max_reject_rate: {}", config.gates.max_reject_rate)?;
    match config.gates.max_damaged_members {
        Some(members) => writeln!(text, "  max_damaged_members: {members}"),
        None => Ok(()),
    }
}

/// Plain where YAML reads it back as the same text, else in double quotes; templates are kept off.
fn scalar(text: &str) -> String {
    let escaped = text.replace("${", "$${");
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '+' | '=' | '$' | '}')
    };
    let starts_plain =
        escaped.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_'));
    if starts_plain && escaped.chars().all(plain) && !escaped.ends_with(':') && escaped != "null" {
        return escaped;
    }
    // A JSON string is a YAML string.
    serde_json::Value::String(escaped).to_string()
}

impl Shape {
    /// As a run file names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::StatusV1 => "status-v1",
        }
    }
}

impl SetFormat {
    /// As a run file names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Text => "text",
        }
    }
}

impl MentionRule {
    /// As a run file and the function `redact_text` name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::User => "user",
            Self::Drop => "drop",
        }
    }
}

impl LinkRule {
    /// As a run file and the function `redact_text` name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Host => "host",
            Self::Tag => "tag",
            Self::Drop => "drop",
        }
    }
}

impl ContactRule {
    /// As a run file and the function `redact_text` name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Tag => "tag",
            Self::Drop => "drop",
        }
    }
}

impl NearPreset {
    /// As a run file names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::Loose => "loose",
            Self::Spam => "spam",
        }
    }
}

impl Redact {
    /// Whether texts stay as they are.
    pub fn keeps_all(self) -> bool {
        self == Self::default()
    }
}

impl SplitBy {
    /// As a run file names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Author => "author",
        }
    }
}
