//! From the file's keys to the run's types: what needs more than one value, or the machine, to be told.

use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use arrow::datatypes::{Field, Schema};

use crate::engine::expression::check_condition;
use crate::label::{LABEL_MAX_BYTES, is_label};
use crate::schema::{self, Column};

use super::raw::{RawDocument, RawFilter, RawInput, RawOutput, RawRun, RawSplit, VERSION};
use super::refusal::{Refusal, allowed_hint};
use super::yaml::{Node, Value};
use super::{
    ByteSize, Caps, Document, DocumentTemplate, Engine, Filter, Gates, Given, Input, Limits, Output,
    RunConfig, Split, StoreUrl, Tokenize, Tokenizer, decode, set, template,
};

/// Memory of a run that doesn't say.
const MEMORY: ByteSize = ByteSize::mib(4096);

/// Least memory a thread: each sort of each partition sets 10 MiB aside before it can spill, a plan has
/// several, and a quarter of all is not the sorts'.
const MIB_A_THREAD: u64 = 64;

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
        Ok(RunConfig {
            name: self.label("name", raw.name)?,
            run: self.label("run", run)?,
            input: self.input(raw.input)?,
            output: self.output(&raw.output)?,
            filter: self.filters(raw.filter)?,
            dedup: raw.dedup,
            caps: Caps { per_author: raw.caps.per_author.and_then(|most| NonZeroU64::new(most.0)) },
            redact: raw.redact,
            document: self.document(&raw.document)?,
            tokenize: Tokenize {
                tokenizer: Tokenizer::parse(&raw.tokenize.tokenizer)
                    .map_err(|message| self.refusal("tokenize.tokenizer", &message))?,
            },
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

    fn engine(&self, raw: super::raw::RawEngine) -> Result<Engine, Refusal> {
        let threads = match raw.threads.and_then(|threads| NonZeroUsize::new(threads.0 as usize)) {
            Some(threads) => threads,
            None => std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        };
        let scratch = match raw.scratch {
            Some(scratch) => PathBuf::from(scratch),
            None => PathBuf::from((self.given.environment)("TMPDIR").unwrap_or_else(|| "/tmp".to_owned())),
        };
        let least = ByteSize::mib(MIB_A_THREAD * threads.get() as u64);
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
        Ok(Engine { threads, memory, range_size: raw.range_size.0, scratch })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const SMALLEST: &str = "version: 1\nname: n\nrun: r\ninput: [{url: a.tar}]\noutput: {url: out}\n";

    fn environment(_: &str) -> Option<String> {
        None
    }

    fn parsed(text: &str, set: &[&str]) -> crate::error::Result<RunConfig> {
        let set: Vec<String> = set.iter().map(|&argument| argument.to_owned()).collect();
        RunConfig::parse("nightly.yaml", text, &Given { date: None, set: &set, environment: &environment })
    }

    fn refused(text: &str) -> String {
        parsed(text, &[]).unwrap_err().to_string()
    }

    #[test]
    fn the_smallest_file_gets_its_defaults() {
        let config = parsed(SMALLEST, &["engine.threads=2"]).unwrap();
        assert_eq!(
            config.to_yaml(),
            "\
version: 1
name: n
run: r
input:
  - url: a.tar
    shape: auto
output:
  url: out
  columns: []
  shard_size: 256MiB
  shards_multiple_of: 1
dedup:
  exact: true
  history: true
redact:
  mentions: keep
  urls: keep
  emails: keep
  phones: keep
document:
  template: \"{text}\"
  bos: false
  eos: true
tokenize:
  tokenizer: cl100k_base
split:
  by: author
  validation: 0.5%
  test: 0.5%
  seed: 7
limits:
  member_size: 64GiB
  line_size: 16MiB
engine:
  threads: 2
  memory: 4GiB
  range_size: 64MiB
  scratch: /tmp
gates:
  max_reject_rate: 1%
"
        );
    }

    #[test]
    fn unknown_keys_are_refused_with_their_place() {
        for (extra, message) in [
            (
                "outputs: x",
                "nightly.yaml:6:1: unknown key `outputs`\nhint: did you mean `output`? allowed: version, name, run, \
                 input, output, filter, dedup, caps, redact, document, tokenize, split, limits, engine, gates",
            ),
            (
                "split:\n  validate: 1%",
                "nightly.yaml:7:3: unknown key `split.validate`\n\
                 hint: did you mean `validation`? allowed: by, validation, test, seed",
            ),
            (
                "gpu: {mode: auto}",
                "nightly.yaml:6:1: unknown key `gpu`\nhint: allowed: version, name, run, \
                 input, output, filter, dedup, caps, redact, document, tokenize, split, limits, engine, gates",
            ),
        ] {
            assert_eq!(refused(&format!("{SMALLEST}{extra}\n")), message);
        }
    }

    #[test]
    fn wrong_types_are_refused_with_what_was_expected() {
        for (extra, message) in [
            (
                "dedup: {exact: yes}",
                "6:16: dedup.exact: expected true or false, found `yes`\nhint: write `true`",
            ),
            ("dedup: {exact: [true]}", "6:16: dedup.exact: expected true or false, found a list"),
            ("dedup: true", "6:8: dedup: expected a mapping with the keys exact, history, found `true`"),
            (
                "gates:\n",
                "6:6: gates: expected a mapping with the keys max_reject_rate, max_damaged_members, found nothing",
            ),
            (
                "engine: {threads: many}",
                "6:19: engine.threads: expected a whole number, found `many`\nhint: allowed: 1 to 1024",
            ),
            ("engine: {scratch: {}}", "6:19: engine.scratch: expected a string, found a mapping"),
            (
                "split: {by: thread}",
                "6:13: split.by: `thread` is not one of the values allowed\nhint: allowed: author",
            ),
            (
                "tokenize: cl100k_base",
                "6:11: tokenize: expected a mapping with the keys tokenizer, found `cl100k_base`",
            ),
        ] {
            assert_eq!(refused(&format!("{SMALLEST}{extra}\n")), format!("nightly.yaml:{message}"));
        }
    }

    #[test]
    fn values_out_of_range_are_refused_with_the_range() {
        for (extra, message) in [
            ("engine: {threads: 0}", "6:19: engine.threads: 0 is out of range\nhint: allowed: 1 to 1024"),
            ("engine: {threads: -4}", "6:19: engine.threads: -4 is out of range\nhint: allowed: 1 to 1024"),
            (
                "engine: {memory: 1MiB}",
                "6:18: engine.memory: 1MiB is out of range\nhint: allowed: 256MiB to 16TiB",
            ),
            (
                "engine: {memory: 1GiB, threads: 17}",
                "6:18: engine.memory: 1GiB are too little for 17 threads\n\
                 hint: give at least 1088MiB, or lower engine.threads",
            ),
            (
                "engine: {memory: lots}",
                "6:18: engine.memory: `lots` is not a size\nhint: write a number and a unit: 256MiB, 1GB, 512kB",
            ),
            (
                "split: {seed: 18446744073709551616}",
                "6:15: split.seed: 18446744073709551616 is out of range\nhint: allowed: 0 to 18446744073709551615",
            ),
            (
                "limits: {line_size: 1kB}",
                "6:21: limits.line_size: 1kB is out of range\nhint: allowed: 64KiB to 256MiB",
            ),
            (
                "gates: {max_damaged_members: -1}",
                "6:30: gates.max_damaged_members: -1 is out of range\nhint: allowed: 0 to 1000000000",
            ),
            ("split: {test: 101%}", "6:15: split.test: 101% is out of range\nhint: allowed: 0% to 100%"),
            (
                "split: {test: 60%, validation: 40%}",
                "6:8: split: validation 40% and test 60% leave nothing to train on\nhint: together below 100%",
            ),
        ] {
            assert_eq!(refused(&format!("{SMALLEST}{extra}\n")), format!("nightly.yaml:{message}"));
        }
    }

    #[test]
    fn filters_are_conditions_on_one_tweet_with_names_of_their_own() {
        let filter = |filters: &str| format!("{SMALLEST}filter: [{filters}]\n");
        let taken = filter(
            "{name: language, keep: \"lang IN ('en', 'es')\"}, {name: short, keep: weighted_length(text) >= 10}",
        );
        assert_eq!(parsed(&taken, &[]).unwrap().filter.len(), 2);
        for (filters, message) in [
            (
                "{name: a, keep: random() < 0.5}",
                "6:26: filter[0].keep: `random() < 0.5` calls random, which answers",
            ),
            (
                "{name: a, keep: likes}",
                "6:26: filter[0].keep: `likes` gives Int64, not true or false\nhint: compare",
            ),
            ("{name: a, keep: followers > 1}", "6:26: filter[0].keep: `followers > 1` is no SQL expression"),
            ("{name: a b, keep: likes > 1}", "6:17: filter[0].name: `a b` cannot be part of a file name"),
            (
                "{name: a, keep: likes > 1}, {name: a, keep: likes > 2}",
                "6:45: filter[1].name: `a` is here twice",
            ),
        ] {
            let refused = refused(&filter(filters));
            assert!(refused.starts_with(&format!("nightly.yaml:{message}")), "{refused}");
        }
    }

    #[test]
    fn a_template_is_refused_by_what_is_wrong_with_it() {
        assert_eq!(
            refused(&format!("{SMALLEST}document: {{template: \"{{txt}}\"}}\n")),
            "nightly.yaml:6:22: document.template: `{txt}` is nothing that a template can name\n\
             hint: did you mean `text`? allowed: text, quoted_text, author_name, reply_to_author_name, created_at, \
             date, lang, source"
        );
        let template = "[{reply_to_author_name} ]{text}";
        let config = parsed(SMALLEST, &[&format!("document.template='{template}'")]).unwrap();
        assert_eq!(config.document.template.to_string(), template);
    }

    #[test]
    fn names_that_are_not_known_are_refused_with_those_that_are() {
        assert_eq!(
            refused(&format!("{SMALLEST}tokenize: {{tokenizer: cl100k}}\n")),
            "nightly.yaml:6:23: tokenize.tokenizer: unknown tokenizer `cl100k`\n\
             hint: did you mean `cl100k_base`? built in: cl100k_base, o200k_base; \
             or give the URL of a tokenizer.json or .tiktoken file"
        );
        let message = refused(&SMALLEST.replace("{url: out}", "{url: out, columns: [lang, replyto]}"));
        assert!(
            message.starts_with(
                "nightly.yaml:5:36: output.columns[1]: unknown column `replyto`\n\
                 hint: did you mean `reply_to`? allowed: tweet_id, author_id, "
            ),
            "{message}"
        );
        assert_eq!(
            refused(&SMALLEST.replace("a.tar", "a.tar, shape: status_v1")),
            "nightly.yaml:4:29: input[0].shape: `status_v1` is not one of the values allowed\n\
             hint: did you mean `status-v1`? allowed: auto, status-v1"
        );
    }

    #[test]
    fn a_file_of_another_version_is_refused_before_its_keys() {
        assert_eq!(
            refused("version: 2\nrecipe: x\n"),
            "nightly.yaml:1:10: version: `2` is not one this build reads\nhint: allowed: 1"
        );
        assert_eq!(
            refused("name: n\n"),
            "nightly.yaml:1:1: missing key `version`\nhint: add `version: 1` at the top level"
        );
        assert_eq!(
            refused("just text"),
            "nightly.yaml:1:1: expected a mapping of keys, found `just text`\n\
             hint: a run file starts with `version: 1`"
        );
    }

    #[test]
    fn a_file_without_inputs_or_label_is_refused() {
        assert_eq!(
            refused("version: 1\nname: n\nrun: r\ninput: []\noutput: {url: out}\n"),
            "nightly.yaml:4:8: input: there is nothing to read\nhint: add `- url: …` under `input`"
        );
        assert_eq!(
            refused("version: 1\nname: n\nrun: r\ninput: [{shape: auto}]\noutput: {url: out}\n"),
            "nightly.yaml:4:9: missing key `input[0].url`\nhint: add `url: …` under `input[0]`"
        );
        assert_eq!(
            refused(&SMALLEST.replace("run: r\n", "")),
            "nightly.yaml:1:1: run: `{{ ds }}` needs a date, and none was given\n\
             hint: give one: --date 2026-11-22, or --from 2026-11-01 --to 2026-11-30"
        );
        assert_eq!(
            refused(&SMALLEST.replace("run: r", "run: a/b")),
            "nightly.yaml:3:6: run: `a/b` cannot be part of a file name\n\
             hint: allowed: 1 to 64 letters, digits, `.`, `_`, `-`, not starting with `.`"
        );
    }

    #[test]
    fn values_on_the_command_line_are_refused_by_their_argument() {
        let refused = |argument: &str| parsed(SMALLEST, &[argument]).unwrap_err().to_string();
        assert_eq!(
            refused("engine.treads=4"),
            "--set engine.treads=4: unknown key `engine.treads`\n\
             hint: did you mean `threads`? allowed: threads, memory, range_size, scratch"
        );
        assert_eq!(
            refused("output.shard_size=1"),
            "--set output.shard_size=1: output.shard_size: 1 is out of range\nhint: allowed: 4KiB to 64GiB"
        );
    }

    #[test]
    fn values_on_the_command_line_win() {
        let set =
            ["engine.threads=3", "output.columns=[likes, lang, reply_to]", "tokenize.tokenizer=o200k_base"];
        let config = parsed(SMALLEST, &set).unwrap();
        assert_eq!(config.engine.threads.get(), 3);
        assert_eq!(config.output.columns, ["reply_to", "likes"]);
        assert_eq!(config.tokenize, Tokenize { tokenizer: Tokenizer::O200kBase });
    }

    #[test]
    fn a_missing_variable_is_refused_by_its_key_and_line() {
        assert_eq!(
            refused(&SMALLEST.replace("{url: out}", "{url: \"s3://${BUCKET}/x\"}")),
            "nightly.yaml:5:15: output.url: the environment variable `BUCKET` is not set\n\
             hint: export BUCKET=…, or give a default: `${BUCKET:-default}`"
        );
    }

    #[test]
    fn what_is_shown_reads_back_as_itself() {
        let set = [
            "name='1'",
            "tokenize.tokenizer=s3://m/tokenizer.json",
            "input.0.url=a: #b",
            "output.url=out $${x}",
            "limits.line_size=1MiB",
            "gates.max_damaged_members=3",
            "caps.per_author=5",
            "redact={mentions: user, urls: host, emails: tag, phones: drop}",
            "document.template='[@{author_name}: ]{text}\\n'",
        ];
        let config = parsed(SMALLEST, &set).unwrap();
        assert_eq!(parsed(&config.to_yaml(), &[]).unwrap(), config);
    }
}
