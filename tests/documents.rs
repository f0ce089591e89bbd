//! What a document is: its text as redacted and put together, no more of an author than asked for.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Archive, BASE, DataSet, RunFile, archive_of, status, tweetmill};

fn with(mut status: Value, more: &Value) -> Value {
    for (field, value) in more.as_object().unwrap() {
        status[field] = value.clone();
    }
    status
}

/// A run over `lines` into a data set in `folder`.
fn run_over(folder: &Path, lines: &[Value]) -> RunFile {
    RunFile::new(folder, [archive_of(folder, "archive.json", lines).to_str().unwrap()])
}

/// Texts of the documents by id, counted from [`BASE`].
fn texts(run: &RunFile) -> BTreeMap<i64, String> {
    let documents = DataSet::at(&run.output).documents();
    documents.into_iter().map(|document| (document.tweet_id - BASE, document.text)).collect()
}

#[test]
fn texts_are_redacted_as_the_run_file_says_and_counted() {
    let link =
        json!({"urls": [{"url": "https://t.co/abc", "expanded_url": "https://www.Example.org/page?x=1"}]});
    let lines = [
        with(status(1, "@jack see https://t.co/abc or https://t.co/xyz"), &json!({"entities": link})),
        status(2, "write to me@example.com or call +44 20 7946 0958 today"),
        status(3, "nothing to see"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let run = run_over(folder.path(), &lines);
    run.push("redact: {mentions: user, urls: host, emails: tag, phones: drop}\n");
    let summary = run.run(&[]).succeeded().json();
    let expected = json!({"mentions": 1, "urls": 2, "emails": 1, "phones": 1});
    assert_eq!(summary["redacted"], expected);
    assert_eq!(DataSet::at(&run.output).commits()[0]["redacted"], expected);
    let texts = texts(&run);
    assert_eq!(texts[&1], "@user see www.example.org or t.co");
    assert_eq!(texts[&2], "write to <email> or call today");
    assert_eq!(texts[&3], "nothing to see");
    tweetmill(["verify", run.output.as_str()]).succeeded();
}

/// Two tweets that differ in whom they name are two: they are compared and judged as written.
#[test]
fn filters_and_duplicates_see_texts_as_written() {
    let lines = [
        status(1, "call 020 7946 0958 now"),
        status(2, "call 020 7946 0959 now"),
        status(3, "call 020 7946 0958 NOW!"),
        status(4, "x"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let run = run_over(folder.path(), &lines);
    run.push("redact: {phones: tag}\nfilter:\n  - {name: long, keep: weighted_length(text) > 20}\n");
    let summary = run.run(&[]).succeeded().json();
    assert_eq!(summary["records"]["fates"], json!({"filtered:long": 1, "duplicate_exact": 1, "kept": 2}));
    assert_eq!(texts(&run), BTreeMap::from([1, 2].map(|id| (id, "call <phone> now".to_owned()))));
}

#[test]
fn a_template_puts_together_what_is_there() {
    let quoted = status(10, "the quoted one, by me@example.com");
    let lines = [
        with(
            status(1, "an answer"),
            &json!({
                "in_reply_to_screen_name": "jack",
                "quoted_status_id": BASE + 10, "quoted_status_id_str": (BASE + 10).to_string(),
                "quoted_status": quoted,
            }),
        ),
        with(status(2, "alone"), &json!({"lang": null, "source": ""})),
        with(
            status(3, "cites a deleted one"),
            &json!({"quoted_status_id": BASE + 11, "quoted_status": status(11, "gone")}),
        ),
        json!({"delete": {"status": {"id": BASE + 11, "user_id": 11}}}),
    ];
    let folder = tempfile::tempdir().unwrap();
    let run = run_over(folder.path(), &lines);
    run.push(
        "redact: {emails: tag}\ndocument:\n  \
         template: '\\[{date}\\][ {lang}][ via {source}][ to @{reply_to_author_name}] @{author_name}: {text}[\\n> {quoted_text}]'\n",
    );
    run.run(&[]).succeeded();
    let texts = texts(&run);
    assert_eq!(
        texts[&1],
        "[2021-01-01] en via Example to @jack @account1: an answer\n> the quoted one, by <email>"
    );
    assert_eq!(texts[&2], "[2021-01-01] @account2: alone");
    assert_eq!(texts[&3], "[2021-01-01] en via Example @account3: cites a deleted one");
    tweetmill(["verify", run.output.as_str()]).succeeded();
}

#[test]
fn handles_that_a_template_names_are_mentions() {
    let lines = [with(status(1, "an answer"), &json!({"in_reply_to_screen_name": "jack"}))];
    for (rule, expected) in
        [("user", "@user to @user at 2021-01-01T10:00:00Z: an answer"), ("drop", " an answer")]
    {
        let folder = tempfile::tempdir().unwrap();
        let run = run_over(folder.path(), &lines);
        run.push(&format!("redact: {{mentions: {rule}}}\n"));
        let template = "[@{author_name} to @{reply_to_author_name} at {created_at}:] {text}";
        run.run(&[&format!("document.template={template:?}")]).succeeded();
        assert_eq!(texts(&run)[&1], expected);
    }
}

#[test]
fn what_is_no_template_is_refused_with_what_could_be() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_over(folder.path(), &[status(1, "a")]);
    run.push("document: {template: '{author}: {text}'}\n");
    let refused = tweetmill(["validate", run.path().to_str().unwrap()]).ended_with(2).stderr;
    assert!(
        refused.contains("document.template: `{author}` is nothing that a template can name"),
        "{refused}"
    );
    assert!(refused.contains("did you mean `author_name`?"), "{refused}");
}

#[test]
fn redaction_and_template_are_settled_by_the_first_commit() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_over(folder.path(), &[status(1, "a text")]);
    run.run(&["redact.emails=drop"]).succeeded();
    for (setting, named) in [
        ("redact.emails=tag", "redaction.emails differ"),
        ("redact.emails=keep", "redaction differ"),
        ("document.template='{date} {text}'", "template differ"),
    ] {
        let refused = run.run(&["run=second", "redact.emails=drop", setting]).ended_with(2).stderr;
        assert!(refused.contains(named), "{setting}: {refused}");
    }
    let same = run.run(&["redact.emails=drop"]).succeeded().json();
    assert_eq!(same["noop"], true);
}

#[test]
fn an_author_has_no_more_documents_than_the_cap() {
    let archive = Archive::tar(4_000, 8, 31);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.push("caps: {per_author: 2}\n");
    let summary = run.run(&[]).succeeded().json();
    assert!(summary["records"]["fates"]["capped"].as_u64().unwrap() > 50, "{summary}");
    let other = tempfile::tempdir().unwrap();
    let plain = RunFile::new(other.path(), [archive.url()]);
    plain.run(&[]).succeeded();

    let by_author = |run: &RunFile| {
        let mut ids: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for document in DataSet::at(&run.output).documents() {
            ids.entry(document.author_id.unwrap()).or_default().push(document.tweet_id);
        }
        for ids in ids.values_mut() {
            ids.sort_unstable();
        }
        ids
    };
    let mut expected = by_author(&plain);
    for ids in expected.values_mut() {
        ids.truncate(2);
    }
    assert_eq!(by_author(&run), expected);
    tweetmill(["verify", run.output.as_str()]).succeeded();
    let fates = DataSet::at(&run.output).fates();
    let (id, ..) = fates.iter().find(|(_, fate, _)| fate == "capped").unwrap();
    let story = tweetmill(["why", &run.output, &id.unwrap().to_string()]).succeeded().stdout;
    assert!(story.contains("capped"), "{story}");
}

/// `configs/careful.yaml` on an invented night, with nothing changed but where things are.
#[test]
fn the_run_file_with_all_of_it_gives_the_same_bytes_for_any_threads() {
    let archive = Archive::tar(4_000, 8, 32);
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/careful.yaml");
    let run = |threads: u32| {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let settings = [
            format!("input=[{{url: {}}}]", archive.url()),
            format!("output.url={}", place("dataset")),
            format!("engine={{threads: {threads}, memory: 1GiB, scratch: {}}}", place("scratch")),
            "output.shard_size=64KiB".to_owned(),
            "caps.per_author=3".to_owned(),
            "gates.max_reject_rate=5%".to_owned(),
        ];
        let mut call = vec!["run", config, "--json", "--date", "2021-01-05"];
        call.extend(settings.iter().flat_map(|setting| ["--set", setting]));
        let summary = tweetmill(call).succeeded().json();
        tweetmill(["verify", &place("dataset")]).succeeded();
        (summary, DataSet::at(place("dataset")).identity())
    };
    let (summary, one) = run(1);
    let (_, three) = run(3);
    one.assert_same(&three, "1 and 3 threads");
    let fates = summary["records"]["fates"].as_object().unwrap();
    for fate in ["filtered:language", "filtered:short", "capped", "kept"] {
        assert!(fates.contains_key(fate), "{fates:?}");
    }
    assert!(summary["redacted"]["mentions"].as_u64().unwrap() > 10, "{summary}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn the_text_alone_is_no_template(texts in proptest::collection::vec("\\PC{1,60}", 1..30)) {
        let lines: Vec<Value> = (1..).zip(&texts).map(|(id, text)| status(id, text)).collect();
        let run = |settings: &[&str]| {
            let folder = tempfile::tempdir().unwrap();
            let run = run_over(folder.path(), &lines);
            run.run(settings).succeeded();
            DataSet::at(&run.output).identity()
        };
        run(&[]).assert_same(&run(&["document.template='{text}'"]), "the text alone");
    }
}
