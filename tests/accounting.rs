//! Every record has one fate, and the fates are those that the truth beside the archive calls for.

mod later_commits;
mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Archive, DataSet, Document, RunFile, tweetmill};

/// Fates by count, as a run's summary or a commit tells them.
fn fates(records: &serde_json::Value) -> BTreeMap<String, u64> {
    let fates = records["fates"].as_object().unwrap();
    fates.iter().map(|(fate, count)| (fate.clone(), count.as_u64().unwrap())).collect()
}

#[test]
fn every_record_meets_the_fate_the_truth_calls_for() {
    let archive = Archive::tar(5_000, 10, 21);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let summary = run.run(&[]).succeeded().json();

    let truth = archive.counts();
    let records = &summary["records"];
    let count = |name: &str| truth[name].as_u64().unwrap();
    assert_eq!(records["lines"].as_u64().unwrap(), count("lines"));
    assert_eq!(
        records["harvested"].as_u64().unwrap(),
        count("harvested_retweets") + count("harvested_quotes")
    );
    assert_eq!(fates(records), oracle::fates(&archive.true_records()));
}

#[test]
fn summary_commit_fates_files_and_shards_tell_the_same_numbers() {
    let archive = Archive::tar(3_000, 6, 22);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let summary = run.run(&[]).succeeded().json();

    let data_set = DataSet::at(&run.output);
    let commits = data_set.commits();
    assert_eq!(commits.len(), 1);
    let said = fates(&summary["records"]);
    assert_eq!(summary["records"]["in"].as_u64().unwrap(), said.values().sum::<u64>());
    assert_eq!(fates(&commits[0]["records"]), said);

    let mut stored: BTreeMap<String, u64> = BTreeMap::new();
    for (_, fate, _) in data_set.fates() {
        *stored.entry(fate).or_default() += 1;
    }
    assert_eq!(stored, said);

    let documents = data_set.documents();
    let tokens: u64 = documents.iter().map(|document| document.n_tokens as u64).sum();
    assert_eq!(documents.len() as u64, said["kept"]);
    assert_eq!(summary["documents"].as_u64().unwrap(), said["kept"]);
    assert_eq!(summary["tokens"].as_u64().unwrap(), tokens);
    assert_eq!(summary["shards"].as_u64().unwrap(), data_set.shards().len() as u64);
}

#[test]
fn every_duplicate_names_a_survivor_that_was_kept() {
    let archive = Archive::tar(3_000, 6, 23);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.run(&[]).succeeded();
    let fates = DataSet::at(&run.output).fates();
    let kept: BTreeSet<i64> =
        fates.iter().filter(|(_, fate, _)| fate == "kept").filter_map(|(id, ..)| *id).collect();
    let mut copies = 0;
    for (id, fate, survivor) in &fates {
        if fate == "duplicate_exact" {
            copies += 1;
            assert!(kept.contains(&survivor.unwrap()), "{id:?} names {survivor:?}, which was not kept");
        } else if fate == "duplicate_id" {
            assert_eq!(survivor, id, "a copy of an id names that id");
        }
    }
    assert!(copies > 10, "the archive plants copies, found {copies}");
}

#[test]
fn no_author_is_in_two_splits_and_no_text_is_kept_twice() {
    let archive = Archive::tar(3_000, 6, 24);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.run(&["split.validation=20%", "split.test=20%"]).succeeded();
    let documents = DataSet::at(&run.output).documents();
    let mut splits: BTreeMap<i64, BTreeSet<&str>> = BTreeMap::new();
    for Document { author_id, split, .. } in &documents {
        splits.entry(author_id.unwrap()).or_default().insert(split);
    }
    let torn: Vec<_> = splits.iter().filter(|(_, splits)| splits.len() > 1).collect();
    assert!(torn.is_empty(), "authors in two splits: {torn:?}");
    let used: BTreeSet<&str> = splits.values().flatten().copied().collect();
    assert_eq!(used, BTreeSet::from(["test", "train", "validation"]));

    let texts: BTreeSet<&str> = documents.iter().map(|document| document.text.as_str()).collect();
    assert_eq!(texts.len(), documents.len());
    let ids: BTreeSet<i64> = documents.iter().map(|document| document.tweet_id).collect();
    assert_eq!(ids.len(), documents.len());
}

#[test]
fn every_document_ends_with_the_end_of_text_token_and_counts_its_tokens() {
    const END_OF_TEXT: i32 = 100_257; // of cl100k_base
    let archive = Archive::tar(2_000, 4, 25);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.run(&[]).succeeded();
    for document in DataSet::at(&run.output).documents() {
        assert_eq!(document.input_ids.len() as i32, document.n_tokens, "{}", document.tweet_id);
        assert_eq!(document.input_ids.last(), Some(&END_OF_TEXT), "{}", document.tweet_id);
        assert!(document.n_tokens > 1 && !document.text.is_empty(), "{}", document.tweet_id);
    }
}

#[test]
fn why_tells_the_fate_of_any_record() {
    let archive = Archive::tar(2_000, 4, 26);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.run(&[]).succeeded();
    let fates = DataSet::at(&run.output).fates();
    for wanted in ["kept", "duplicate_exact", "deleted", "retweet"] {
        let found = fates.iter().find(|(_, fate, _)| fate == wanted);
        let (id, _, survivor) = found.unwrap_or_else(|| panic!("no record is {wanted}"));
        let story = tweetmill(["why", &run.output, &id.unwrap().to_string()]).succeeded().stdout;
        assert!(story.contains(wanted), "{story}");
        if let Some(survivor) = survivor {
            assert!(story.contains(&survivor.to_string()), "{story}");
        }
    }
}

#[test]
fn a_second_commit_knows_what_the_first_one_kept() {
    let archive = Archive::tar(3_000, 6, 27);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.run(&[]).succeeded();
    let first = DataSet::at(&run.output).documents().len();

    let more = Archive::tar(3_000, 6, 28);
    let second = RunFile::new(folder.path(), [archive.url(), more.url()]);
    let summary = second.run(&["run=second"]).succeeded().json();
    assert_eq!(summary["commit"], 2);
    let documents = DataSet::at(&second.output).documents();
    assert!(documents.len() > first, "the second archive brings documents of its own");
    let ids: BTreeSet<i64> = documents.iter().map(|document| document.tweet_id).collect();
    assert_eq!(ids.len(), documents.len(), "no id is committed twice");
    tweetmill(["verify", &second.output]).succeeded();
}

#[test]
fn filters_drop_by_name_what_they_say_and_nothing_else() {
    let archive = Archive::tar(3_000, 6, 25);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.push(
        "filter:\n  - {name: long, keep: weighted_length(text) >= 40}\n  \
         - {name: latin, keep: \"detect_language(text) IN ('en', 'es', 'pt', 'de', 'fr')\"}\n",
    );
    let filtered = run.run(&[]).succeeded().json();
    let counts = fates(&filtered["records"]);
    assert!(counts["filtered:long"] > 50 && counts["filtered:latin"] > 50, "{counts:?}");
    assert_eq!(filtered["records"]["in"].as_u64().unwrap(), counts.values().sum::<u64>());

    // Every tweet that came so far without filters meets one of these fates with them.
    let other = tempfile::tempdir().unwrap();
    let plain = RunFile::new(other.path(), [archive.url()]);
    plain.run(&[]).succeeded();
    let judged = |run: &RunFile| -> BTreeSet<Option<i64>> {
        let judged = |fate: &str| matches!(fate, "kept" | "duplicate_exact") || fate.starts_with("filtered:");
        DataSet::at(&run.output)
            .fates()
            .into_iter()
            .filter(|(_, fate, _)| judged(fate))
            .map(|(id, ..)| id)
            .collect()
    };
    assert_eq!(judged(&run), judged(&plain));
    tweetmill(["verify", run.output.as_str()]).succeeded();
}
