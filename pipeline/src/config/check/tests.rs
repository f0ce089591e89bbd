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
  gpu: off
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
             input, output, filter, decontaminate, dedup, caps, redact, document, tokenize, embed, split, limits, engine, gates",
        ),
        (
            "split:\n  validate: 1%",
            "nightly.yaml:7:3: unknown key `split.validate`\n\
             hint: did you mean `validation`? allowed: by, validation, test, seed",
        ),
        (
            "gpu: {mode: auto}",
            "nightly.yaml:6:1: unknown key `gpu`\nhint: allowed: version, name, run, \
             input, output, filter, decontaminate, dedup, caps, redact, document, tokenize, embed, split, limits, engine, gates",
        ),
    ] {
        assert_eq!(refused(&format!("{SMALLEST}{extra}\n")), message);
    }
}

#[test]
fn wrong_types_are_refused_with_what_was_expected() {
    for (extra, message) in [
        ("dedup: {exact: yes}", "6:16: dedup.exact: expected true or false, found `yes`\nhint: write `true`"),
        ("dedup: {exact: [true]}", "6:16: dedup.exact: expected true or false, found a list"),
        (
            "dedup: true",
            "6:8: dedup: expected a mapping with the keys exact, history, near, semantic, found `true`",
        ),
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
        ("{name: a, keep: likes > 1}, {name: a, keep: likes > 2}", "6:45: filter[1].name: `a` is here twice"),
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
fn a_cluster_is_told_whole_or_not_at_all() {
    for (extra, message) in [
        (
            "engine: {kind: cluster}",
            "6:16: engine.kind: a cluster has a scheduler\nhint: add engine.scheduler: HOST:PORT",
        ),
        (
            "engine: {scheduler: 'a:1'}",
            "6:21: engine.scheduler: is for a cluster alone\nhint: add kind: cluster, or leave it out",
        ),
        (
            "engine: {device_scheduler: 'a:1'}",
            "6:28: engine.device_scheduler: is for a cluster alone\nhint: add kind: cluster, or leave it out",
        ),
        (
            "engine: {kind: cluster, scheduler: a}",
            "6:36: engine.scheduler: `a` is no address\nhint: write HOST:PORT, such as 10.0.0.5:50050",
        ),
        (
            "engine: {kind: cluster, scheduler: 'a:1', device_scheduler: ':1'}",
            "6:61: engine.device_scheduler: `:1` is no address\nhint: write HOST:PORT, such as 10.0.0.5:50050",
        ),
        (
            "engine: {kind: cluster, scheduler: 'a:1', tls: {ca: a}}",
            "6:48: missing key `engine.tls.certificate`\nhint: add `certificate: …` under `engine.tls`",
        ),
    ] {
        assert_eq!(refused(&format!("{SMALLEST}{extra}\n")), format!("nightly.yaml:{message}"));
    }
    let tls = "{ca: a.pem, certificate: b.pem, key: b.key}";
    let given = format!("engine: {{kind: cluster, scheduler: 'a:1', device_scheduler: 'b:2', tls: {tls}}}");
    let config = parsed(&format!("{SMALLEST}{given}\n"), &[]).unwrap();
    let cluster = config.engine.cluster.clone().unwrap();
    assert_eq!(cluster.device_scheduler.unwrap().to_string(), "b:2");
    assert_eq!(parsed(&config.to_yaml(), &[]).unwrap(), config);
}

#[test]
fn values_on_the_command_line_are_refused_by_their_argument() {
    let refused = |argument: &str| parsed(SMALLEST, &[argument]).unwrap_err().to_string();
    assert_eq!(
        refused("engine.treads=4"),
        "--set engine.treads=4: unknown key `engine.treads`\n\
         hint: did you mean `threads`? allowed: kind, scheduler, device_scheduler, \
         tls, threads, memory, gpu, range_size, scratch"
    );
    assert_eq!(
        refused("output.shard_size=1"),
        "--set output.shard_size=1: output.shard_size: 1 is out of range\nhint: allowed: 4KiB to 64GiB"
    );
}

#[test]
fn values_on_the_command_line_win() {
    let set = ["engine.threads=3", "output.columns=[likes, lang, reply_to]", "tokenize.tokenizer=o200k_base"];
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

#[test]
fn evaluation_sets_are_read_with_their_defaults() {
    let text = format!("{SMALLEST}decontaminate: {{sets: [{{name: quiz, url: s3://sets/quiz.csv.gz}}]}}\n");
    let config = parsed(&text, &[]).unwrap();
    let decontaminate = config.decontaminate.as_ref().unwrap();
    assert_eq!(decontaminate.share.to_string(), "65%");
    assert_eq!(decontaminate.min_shingles, 18);
    assert_eq!(decontaminate.sets[0].field, "text");
    assert_eq!(decontaminate.sets[0].format, super::super::SetFormat::Auto);
    assert_eq!(parsed(&config.to_yaml(), &[]).unwrap(), config);
}

#[test]
fn evaluation_sets_that_would_find_nothing_or_everything_are_refused() {
    for (extra, message) in [
        (
            "decontaminate: {sets: []}",
            "6:23: decontaminate.sets: there is no evaluation set\nhint: add `- {name: …, url: …}` under `sets`",
        ),
        (
            "decontaminate: {sets: [{name: a b, url: x}]}",
            "6:31: decontaminate.sets[0].name: `a b` cannot be part of a file name\n\
             hint: allowed: 1 to 64 letters, digits, `.`, `_`, `-`, not starting with `.`",
        ),
        (
            "decontaminate: {share: 0%, sets: [{name: a, url: x}]}",
            "6:24: decontaminate.share: every tweet contains so little of an item\nhint: allowed: above 0%, to 100%",
        ),
        (
            "decontaminate: {sets: [{name: a, url: x, format: json}]}",
            "6:50: decontaminate.sets[0].format: `json` is not one of the values allowed\n\
             hint: did you mean `jsonl`? allowed: auto, jsonl, csv, tsv, text",
        ),
    ] {
        assert_eq!(refused(&format!("{SMALLEST}{extra}\n")), format!("nightly.yaml:{message}"));
    }
}
