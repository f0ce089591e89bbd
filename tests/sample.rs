//! `tweetmill sample`: records to read, kept ones and dropped ones.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Archive, DataSet, Outcome, RunFile, assert_golden, files_below, tweetmill};

fn call(data_set: &str, options: &[&str]) -> Outcome {
    tweetmill([&["sample", data_set][..], options].concat())
}

fn sampled(data_set: &str, options: &[&str]) -> Vec<Value> {
    let outcome = call(data_set, &[options, &["--json"]].concat()).succeeded();
    outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn documents_are_picked_alike_for_a_seed_and_otherwise_not() {
    let archive = Archive::tar(3_000, 4, 91);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.run(&["split.validation=20%"]).succeeded();
    let ids = |options: &[&str]| -> Vec<i64> {
        sampled(&run.output, options).iter().map(|record| record["tweet_id"].as_i64().unwrap()).collect()
    };
    let first = ids(&[]);
    assert_eq!(first.len(), 50);
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 50, "none twice");
    assert_eq!(ids(&["--threads", "1"]), first);
    assert_eq!(ids(&["-n", "10"]), first[..10], "fewer are the beginning of more");
    let other = ids(&["--seed", "1"]);
    assert!(other.iter().filter(|id| first.contains(id)).count() < 10, "another seed gives others");

    let documents = DataSet::at(&run.output).documents();
    for record in sampled(&run.output, &["--split", "validation"]) {
        let of_id =
            |document: &&crate::support::Document| Some(document.tweet_id) == record["tweet_id"].as_i64();
        let document = documents.iter().find(of_id).unwrap();
        assert_eq!((document.split.as_str(), &record["split"]), ("validation", &"validation".into()));
        assert_eq!(record["text"], document.text.as_str());
    }
}

#[test]
fn dropped_records_are_read_again_and_duplicates_show_who_stands_for_them() {
    let archive = Archive::tar(3_000, 6, 92);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.push("filter:\n  - {name: long, keep: weighted_length(text) >= 30}\n");
    run.run(&["engine.range_size=200KiB"]).succeeded();
    let documents = DataSet::at(&run.output).documents();
    let text_of = |id: &Value| {
        let found = documents.iter().find(|document| Some(document.tweet_id) == id.as_i64());
        found.map_or(Value::Null, |document| document.text.as_str().into())
    };
    for record in sampled(&run.output, &["--fate", "duplicate_exact", "-n", "20"]) {
        assert_eq!(record["fate"], "duplicate_exact");
        assert!(record["text"].is_string(), "{record}");
        assert_eq!(record["survivor_text"], text_of(&record["survivor"]), "{record}");
        assert!(record["survivor_text"].is_string() && record["similarity"] == 1.0, "{record}");
        assert!(record["place"].as_str().unwrap().contains(".json.bz2 at byte "), "{record}");
    }
    let filtered = sampled(&run.output, &["--fate", "filtered"]);
    assert_eq!(filtered.len(), 50);
    assert!(filtered.iter().all(|record| record["fate"] == "filtered:long" && record["text"].is_string()));
    for fate in ["retweet", "duplicate_id", "deleted"] {
        let records = sampled(&run.output, &["--fate", fate, "-n", "5"]);
        assert!(
            !records.is_empty() && records.iter().all(|record| record["text"].is_string()),
            "{records:?}"
        );
    }
    for record in sampled(&run.output, &["--fate", "event", "-n", "5"]) {
        assert!(record["text"].is_string(), "the line itself: {record}");
    }
    assert!(!sampled(&run.output, &["--fate", "rejected"]).is_empty());
}

#[test]
fn what_cannot_be_shown_says_why() {
    let archive = Archive::tar(2_000, 2, 93);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("day.tar");
    std::fs::copy(archive.path(), &copy).unwrap();
    let run = RunFile::new(folder.path(), [copy.to_str().unwrap()]);
    run.run(&[]).succeeded();
    std::fs::remove_file(&copy).unwrap();
    let gone = call(&run.output, &["--fate", "duplicate_exact", "-n", "3"]).succeeded();
    let gone = gone.complained_of(&["3 of 3 records have no text here"]);
    assert!(gone.stdout.contains("the archive is gone: "), "{}", gone.stdout);
    assert!(gone.stdout.contains("stands for it"), "the survivor is a document: {}", gone.stdout);

    std::fs::write(&copy, "another").unwrap();
    let changed = call(&run.output, &["--fate", "retweet", "-n", "3"]).succeeded();
    assert!(changed.stdout.contains("is not what was read"), "{}", changed.stdout);

    let runs = format!("{}/_tweetmill/runs", run.output);
    for name in files_below(runs.as_ref()).into_keys() {
        std::fs::remove_file(format!("{runs}/{name}")).unwrap();
    }
    let lost = sampled(&run.output, &["--fate", "duplicate_exact", "-n", "3"]);
    assert_eq!(lost.len(), 3);
    assert!(
        lost.iter().all(|record| record["survivor"].is_i64() && record["missing"].is_string()),
        "{lost:?}"
    );
}

#[test]
fn the_pages_of_records() {
    let archive = Archive::tar(400, 2, 94);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.run(&["gates.max_reject_rate=100%"]).succeeded();
    let mut pages = String::new();
    for fate in ["kept", "duplicate_exact", "retweet", "event"] {
        let page = call(&run.output, &["--fate", fate, "-n", "4"]).succeeded();
        for line in page.stdout.lines().filter(|line| !line.starts_with("  from ")) {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let place = archive.path();
        pages.push_str(&page.stdout.replace(place.parent().unwrap().to_str().unwrap(), ""));
        pages.push('\n');
    }
    assert_golden("sample.txt", &pages);
}

#[test]
fn fates_and_splits_that_are_not_there_are_refused() {
    let archive = Archive::tar(1_000, 2, 95);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.run(&[]).succeeded();
    call(&run.output, &["--fate", "duplicate_exat"])
        .ended_with(2)
        .complained_of(&["did you mean `duplicate_exact`?"]);
    call(&run.output, &["--fate", "event", "--split", "test"])
        .ended_with(2)
        .complained_of(&["is in no split"]);
    call("/no/such/set", &[]).ended_with(1).complained_of(&["there is no data set"]);
}
