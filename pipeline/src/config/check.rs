//! From the file's keys to the run's types: what needs more than one value, or the machine, to be told.

use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use arrow::datatypes::{Field, Schema};
use tweetmill_udfs::embed::VectorForm;

use crate::engine::expression::check_condition;
use crate::label::{LABEL_MAX_BYTES, is_label};
use crate::schema::{self, Column, DOCUMENT_COLUMNS};

use super::cluster::{Address, Cluster, TlsFiles};
use super::raw::{Dedup, EmbedForm, EngineKind, NearPreset, RawDecontaminate, RawEmbed, VectorDevice};
use super::raw::{RawDocument, RawFilter, RawInput, RawOutput, RawRun, RawSplit, VERSION};
use super::refusal::{Refusal, allowed_hint};
use super::yaml::{Node, Value};
use super::{
    ByteSize, Caps, Decontaminate, Document, DocumentTemplate, Embed, Engine, EvaluationSet, Filter, Gates,
    Given, Input, Limits, Output, RunConfig, Split, StoreUrl, Tokenize, Tokenizer, decode, set, template,
};

/// Memory of a run that doesn't say.
const MEMORY: ByteSize = ByteSize::mib(4096);

/// Least memory for so many threads: each sort of each partition sets 10 MiB aside before it can spill, a plan has
/// several, and a quarter of all is not the sorts'.
pub(crate) fn least_memory(threads: NonZeroUsize) -> ByteSize {
    const MIB_A_THREAD: u64 = 64;
    ByteSize::mib(MIB_A_THREAD * threads.get() as u64)
}

/// Reads, fills in and checks the text of a run file.
pub(super) fn read(text: &str, given: &Given<'_>) -> Result<RunConfig, Refusal> {
    let mut root = Node::parse(text)?;
    for argument in given.set {
        set::apply(&mut root, argument)?;
    }
    template::fill_in(&mut root, given)?;
    version(&root)?;
    let raw: RawRun = decode::decode(&root)?;
    Checker { root: &root, given }.run_config(raw)
}

/// The version comes first: what another version's keys mean is not ours to say.
fn version(root: &Node) -> Result<(), Refusal> {
    let Value::Map(entries) = &root.value else {
        return Err(Refusal::new(root.place.clone(), format!("expected a mapping of keys, found {root}"))
            .hint("a run file starts with `version: 1`"));
    };
    let Some(entry) = entries.iter().find(|entry| entry.key == "version") else {
        return Err(Refusal::new(root.place.clone(), "missing key `version`")
            .hint(format!("add `version: {VERSION}` at the top level")));
    };
    match &entry.value.value {
        Value::Scalar { text, .. } if *text == VERSION.to_string() => Ok(()),
        _ => Err(Refusal::new(
            entry.value.place.clone(),
            format!("version: {} is not one this build reads", entry.value),
        )
        .hint(format!("allowed: {VERSION}"))),
    }
}

struct Checker<'a> {
    root: &'a Node,
    given: &'a Given<'a>,
}

impl Checker<'_> {
    fn run_config(&self, raw: RawRun) -> Result<RunConfig, Refusal> {
        let run = template::fill_in_text(&raw.run, "run", &self.root.nearest("run").place, self.given)?;
        let in_cluster = raw.engine.kind == EngineKind::Cluster;
        if in_cluster && raw.embed.as_ref().is_some_and(|embed| embed.device == VectorDevice::Gpu) {
            let message = "vectors of a GPU are made by one machine\nhint: leave engine.kind out, or have the processor make them";
            return Err(self.refusal("embed.device", message));
        }
        Ok(RunConfig {
            name: self.label("name", raw.name)?,
            run: self.label("run", run)?,
            input: self.input(raw.input)?,
            output: self.output(&raw.output)?,
            filter: self.filters(raw.filter)?,
            decontaminate: raw.decontaminate.map(|raw| self.decontaminate(raw)).transpose()?,
            dedup: self.dedup(raw.dedup, raw.embed.is_some())?,
            caps: Caps { per_author: raw.caps.per_author.and_then(|most| NonZeroU64::new(most.0)) },
            redact: raw.redact,
            document: self.document(&raw.document)?,
            tokenize: Tokenize {
                tokenizer: Tokenizer::parse(&raw.tokenize.tokenizer)
                    .map_err(|message| self.refusal("tokenize.tokenizer", &message))?,
            },
            embed: raw.embed.map(|embed| self.embed(embed)).transpose()?,
            split: self.split(&raw.split)?,
            limits: Limits { member_size: raw.limits.member_size.0, line_size: raw.limits.line_size.0 },
            engine: self.engine(raw.engine)?,
            gates: Gates {
                max_reject_rate: raw.gates.max_reject_rate,
                max_damaged_members: raw.gates.max_damaged_members.map(|members| members.0),
            },
            part: None,
        })
    }

    fn dedup(&self, dedup: Dedup, has_vectors: bool) -> Result<Dedup, Refusal> {
        if let Some(semantic) = dedup.semantic {
            if !has_vectors {
                let message = "documents have no vectors to compare\nhint: name a model: embed: {model: …}";
                return Err(self.refusal("dedup.semantic", message));
            }
            if semantic.similarity.numerator() == 0 {
                let message = "every document is so near to the first\nhint: allowed: above 0%, to 100%";
                return Err(self.refusal("dedup.semantic.similarity", message));
            }
        }
        let Some(near) = dedup.near else { return Ok(dedup) };
        if !dedup.exact {
            let message =
                "near-duplicates are looked for among texts that differ\nhint: set dedup.exact to true";
            return Err(self.refusal("dedup.near", message));
        }
        if near.copies.is_some() && near.preset != NearPreset::Spam {
            let message = "counts for the preset `spam` only\nhint: leave it out, or write `preset: spam`";
            return Err(self.refusal("dedup.near.copies", message));
        }
        Ok(dedup)
    }

    /// A refusal of the value at `path`; a second line `hint: …` of the message becomes the hint.
    fn refusal(&self, path: &str, message: &str) -> Refusal {
        let place = self.root.nearest(path).place.clone();
        match message.split_once("\nhint: ") {
            Some((message, hint)) => Refusal::new(place, format!("{path}: {message}")).hint(hint),
            None => Refusal::new(place, format!("{path}: {message}")),
        }
    }

    fn label(&self, path: &str, text: String) -> Result<String, Refusal> {
        if !is_label(&text) {
            return Err(self.refusal(
                path,
                &format!(
                    "`{text}` cannot be part of a file name\n\
                     hint: allowed: 1 to {LABEL_MAX_BYTES} letters, digits, `.`, `_`, `-`, not starting with `.`"
                ),
            ));
        }
        Ok(text)
    }

    fn store_url(&self, path: &str, text: &str) -> Result<StoreUrl, Refusal> {
        StoreUrl::parse(text).map_err(|message| self.refusal(path, &message))
    }

    fn input(&self, raw: Vec<RawInput>) -> Result<Vec<Input>, Refusal> {
        if raw.is_empty() {
            return Err(self.refusal("input", "there is nothing to read\nhint: add `- url: …` under `input`"));
        }
        let mut inputs = Vec::with_capacity(raw.len());
        for (index, input) in raw.into_iter().enumerate() {
            let url = self.store_url(&format!("input[{index}].url"), &input.url)?;
            inputs.push(Input { url, shape: input.shape });
        }
        Ok(inputs)
    }

    fn output(&self, raw: &RawOutput) -> Result<Output, Refusal> {
        let url = self.store_url("output.url", &raw.url)?;
        if raw.url.contains(['*', '?']) {
            return Err(
                self.refusal("output.url", &format!("`{url}` is a glob\nhint: a data set is one folder"))
            );
        }
        let multiple = NonZeroU32::new(raw.shards_multiple_of.0 as u32).unwrap_or(NonZeroU32::MIN);
        Ok(Output {
            url,
            columns: self.columns(&raw.columns)?,
            shard_size: raw.shard_size.0,
            shards_multiple_of: multiple,
        })
    }

    /// Naming a fixed column is allowed and changes nothing; the order is the schema's, so that two
    /// files that mean the same give the same bytes.
    fn columns(&self, asked: &[String]) -> Result<Vec<&'static str>, Refusal> {
        let known: Vec<&'static str> = schema::canonical().iter().map(|column| column.name).collect();
        let mut wanted = BTreeSet::new();
        for (index, name) in asked.iter().enumerate() {
            let path = format!("output.columns[{index}]");
            if !known.contains(&name.as_str()) {
                let hint = allowed_hint(name, &known);
                return Err(self.refusal(&path, &format!("unknown column `{name}`\nhint: {hint}")));
            }
            if !wanted.insert(name.as_str()) {
                return Err(self.refusal(&path, &format!("`{name}` is here twice\nhint: keep one of them")));
            }
        }
        let fixed = |name: &str| schema::DOCUMENT_COLUMNS.iter().any(|(fixed, _)| *fixed == name);
        Ok(known.into_iter().filter(|name| wanted.contains(name) && !fixed(name)).collect())
    }

    fn filters(&self, raw: Vec<RawFilter>) -> Result<Vec<Filter>, Refusal> {
        let field = |column: Column| Field::new(column.name, column.data_type, column.nullable);
        let columns = Schema::new(schema::canonical().into_iter().map(field).collect::<Vec<_>>());
        let mut filters: Vec<Filter> = Vec::with_capacity(raw.len());
        for (index, RawFilter { name, keep }) in raw.into_iter().enumerate() {
            let name = self.label(&format!("filter[{index}].name"), name)?;
            if filters.iter().any(|earlier| earlier.name == name) {
                let message = format!("`{name}` is here twice\nhint: give each filter a name of its own");
                return Err(self.refusal(&format!("filter[{index}].name"), &message));
            }
            check_condition(&keep, &columns)
                .map_err(|message| self.refusal(&format!("filter[{index}].keep"), &message))?;
            filters.push(Filter { name, keep });
        }
        Ok(filters)
    }

    fn decontaminate(&self, raw: RawDecontaminate) -> Result<Decontaminate, Refusal> {
        if raw.sets.is_empty() {
            let message = "there is no evaluation set\nhint: add `- {name: …, url: …}` under `sets`";
            return Err(self.refusal("decontaminate.sets", message));
        }
        if raw.share.numerator() == 0 {
            let message = "every tweet contains so little of an item\nhint: allowed: above 0%, to 100%";
            return Err(self.refusal("decontaminate.share", message));
        }
        let mut sets = Vec::with_capacity(raw.sets.len());
        for (index, set) in raw.sets.into_iter().enumerate() {
            let name = self.label(&format!("decontaminate.sets[{index}].name"), set.name)?;
            let url = self.store_url(&format!("decontaminate.sets[{index}].url"), &set.url)?;
            sets.push(EvaluationSet { name, url, format: set.format, field: set.field });
        }
        Ok(Decontaminate { sets, share: raw.share, min_shingles: raw.min_shingles.0 as u32 })
    }

    fn document(&self, raw: &RawDocument) -> Result<Document, Refusal> {
        let template = DocumentTemplate::parse(&raw.template)
            .map_err(|message| self.refusal("document.template", &message))?;
        Ok(Document { template, bos: raw.bos, eos: raw.eos })
    }

    fn split(&self, raw: &RawSplit) -> Result<Split, Refusal> {
        if !raw.validation.sum_is_below_one(raw.test) {
            return Err(self.refusal(
                "split",
                &format!(
                    "validation {} and test {} leave nothing to train on\nhint: together below 100%",
                    raw.validation, raw.test
                ),
            ));
        }
        Ok(Split { by: raw.by, validation: raw.validation, test: raw.test, seed: raw.seed.0 })
    }

    fn embed(&self, raw: RawEmbed) -> Result<Embed, Refusal> {
        let model = StoreUrl::parse(&raw.model).map_err(|message| self.refusal("embed.model", &message))?;
        let begins = raw.column.starts_with(|first: char| first.is_ascii_lowercase());
        let goes_on = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !begins || !raw.column.chars().all(goes_on) || raw.column.len() > 63 {
            let message = format!(
                "`{}` is no name of a column\nhint: allowed: 1 to 63 of a to z, 0 to 9 and `_`, starting with a letter",
                raw.column
            );
            return Err(self.refusal("embed.column", &message));
        }
        let taken = DOCUMENT_COLUMNS.iter().map(|(name, _)| *name);
        let canonical = schema::canonical();
        if taken.chain(canonical.iter().map(|column| column.name)).any(|name| name == raw.column) {
            let message = format!("`{}` is a column of every tweet\nhint: choose another name", raw.column);
            return Err(self.refusal("embed.column", &message));
        }
        let form = match raw.form {
            EmbedForm::Float32 => VectorForm::Float32,
            EmbedForm::Float16 => VectorForm::Float16,
            EmbedForm::Int8 => VectorForm::Int8,
            EmbedForm::Binary => VectorForm::Binary,
        };
        Ok(Embed { model, column: raw.column, form, device: raw.device })
    }

    fn engine(&self, raw: super::raw::RawEngine) -> Result<Engine, Refusal> {
        let threads = match raw.threads.and_then(|threads| NonZeroUsize::new(threads.0 as usize)) {
            Some(threads) => threads,
            None => std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        };
        let scratch = match raw.scratch {
            Some(scratch) => PathBuf::from(scratch),
            None => PathBuf::from((self.given.environment)("TMPDIR").unwrap_or_else(|| "/tmp".to_owned())),
        };
        let least = least_memory(threads);
        let memory = match raw.memory {
            Some(memory) if memory.0 < least => {
                let message = format!(
                    "{} are too little for {threads} threads\n\
                     hint: give at least {least}, or lower engine.threads",
                    memory.0
                );
                return Err(self.refusal("engine.memory", &message));
            }
            Some(memory) => memory.0,
            None => MEMORY.max(least),
        };
        let places = [("engine.scheduler", raw.scheduler), ("engine.device_scheduler", raw.device_scheduler)];
        let cluster = self.cluster(raw.kind, places, raw.tls)?;
        Ok(Engine { cluster, threads, memory, gpu: raw.gpu, range_size: raw.range_size.0, scratch })
    }

    /// Where the cluster is: told for that kind, and for no other.
    fn cluster(
        &self,
        kind: EngineKind,
        places: [(&str, Option<String>); 2],
        tls: Option<TlsFiles>,
    ) -> Result<Option<Cluster>, Refusal> {
        if kind == EngineKind::Local {
            let [scheduler, devices] = places.map(|(key, place)| place.map(|_| key));
            return match scheduler.or(devices).or(tls.map(|_| "engine.tls")) {
                None => Ok(None),
                Some(key) => {
                    let message = "is for a cluster alone\nhint: add kind: cluster, or leave it out";
                    Err(self.refusal(key, message))
                }
            };
        }
        let [scheduler, device_scheduler] = places.map(|(key, place)| {
            let address = |text: String| {
                Address::parse(&text).ok_or_else(|| {
                    let message =
                        format!("`{text}` is no address\nhint: write HOST:PORT, such as 10.0.0.5:50050");
                    self.refusal(key, &message)
                })
            };
            place.map(address).transpose()
        });
        let scheduler = scheduler?.ok_or_else(|| {
            let message = "a cluster has a scheduler\nhint: add engine.scheduler: HOST:PORT";
            self.refusal("engine.kind", message)
        })?;
        Ok(Some(Cluster { scheduler, device_scheduler: device_scheduler?, tls }))
    }
}

#[cfg(test)]
mod tests;
