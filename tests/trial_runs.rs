//! `run --limit` and `run --sample`: a part of the inputs, the same part whatever reads it, told as a part.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{Archive, DataSet, Packing, Program, RunFile, files_below, pack, tweetmill};

/// A run with `part` such as `["--limit", "10"]`, and `settings`.
fn run(run: &RunFile, part: &[&str], settings: &[&str]) -> Value {
    let mut arguments = vec!["run", run.path().to_str().unwrap(), "--json"];
    arguments.extend(part);
    for setting in settings {
        arguments.extend(["--set", setting]);
    }
    Program::new(arguments).run().succeeded().json()
}

#[track_caller]
fn assert_accounted(run: &RunFile, summary: &Value) {
    let fates = summary["records"]["fates"].as_object().unwrap();
    let sum: u64 = fates.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(summary["records"]["in"].as_u64().unwrap(), sum, "{summary}");
    tweetmill(["verify", &run.output, "--inputs"]).succeeded();
}

#[test]
fn a_limit_reads_so_many_lines_whatever_the_threads_and_ranges() {
    let archive = Archive::tar(3_000, 6, 61);
    let folder = tempfile::tempdir().unwrap();
    let mut first = None;
    for (name, settings) in [
        ("one", &["engine.threads=1"][..]),
        ("two", &["engine.threads=2", "engine.range_size=100KiB"]),
        ("four", &["engine.threads=4", "engine.range_size=4096"]),
    ] {
        let place = folder.path().join(name);
        let file = RunFile::new(&place, [archive.url()]);
        let summary = run(&file, &["--limit", "1234"], settings);
        assert_eq!(summary["records"]["lines"], 1234, "{summary}");
        assert_accounted(&file, &summary);
        let identity = DataSet::at(&file.output).identity();
        first.get_or_insert_with(|| DataSet::at(&file.output).identity()).assert_same(&identity, name);
    }
}

#[test]
fn a_limit_ends_wherever_a_line_ends_and_past_the_last_reads_all() {
    let archive = Archive::tar(1_000, 5, 62);
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    pack(&archive.path(), Packing::Files, &files);
    let lines = archive.counts()["lines"].as_u64().unwrap();
    for limit in [1, 199, 200, 201, lines, lines + 1] {
        let place = folder.path().join(limit.to_string());
        let file = RunFile::new(&place, [files.to_str().unwrap()]);
        let summary = run(&file, &["--limit", &limit.to_string()], &["gates.max_reject_rate=100%"]);
        assert_eq!(summary["records"]["lines"], limit.min(lines));
        assert_accounted(&file, &summary);
    }
}

#[test]
fn a_sample_keeps_the_same_ids_whatever_the_packing() {
    let archive = Archive::tar(3_000, 6, 63);
    let folder = tempfile::tempdir().unwrap();
    let part = ["--sample", "20%"];
    let whole = RunFile::new(&folder.path().join("tar"), [archive.url()]);
    let summary = run(&whole, &part, &["engine.threads=1"]);
    assert_accounted(&whole, &summary);
    let fates = summary["records"]["fates"].as_object().unwrap();
    let read = summary["records"]["in"].as_u64().unwrap();
    let left_out = fates["unsampled"].as_u64().unwrap();
    assert!((read * 6 / 10..read * 9 / 10).contains(&left_out), "{summary}");

    let place = folder.path().join("files");
    let files = RunFile::new(&place, pack(&archive.path(), Packing::Files, &place.join("raw")));
    run(&files, &part, &["engine.threads=3"]);
    DataSet::at(&whole.output).identity().assert_same(&DataSet::at(&files.output).identity(), "files");

    let full = RunFile::new(&folder.path().join("full"), [archive.url()]);
    let all = run(&full, &[], &[])["records"].clone();
    assert_eq!(all["in"].as_u64().unwrap(), read, "every record has a fate in a sample, too");
    assert_eq!(all["fates"]["event"], fates["event"], "events always count");
    // What both decided about an id, they decided by the same records of it.
    let kept = |run: &RunFile| -> BTreeSet<i64> {
        DataSet::at(&run.output).documents().into_iter().map(|document| document.tweet_id).collect()
    };
    let mut by_id: BTreeMap<Option<i64>, BTreeSet<bool>> = BTreeMap::new();
    for (id, fate, _) in DataSet::at(&whole.output).fates() {
        if fate != "event" && !fate.starts_with("rejected") {
            by_id.entry(id).or_default().insert(fate == "unsampled");
        }
    }
    assert!(by_id.values().all(|sides| sides.len() == 1), "an id is in the sample or it is not");
    let (sample, all) = (kept(&whole), kept(&full));
    assert!(
        sample.len() > all.len() / 10 && sample.len() < all.len() / 3,
        "{} of {}",
        sample.len(),
        all.len()
    );
}

#[test]
fn a_part_is_never_taken_for_the_whole() {
    let archive = Archive::tar(1_000, 2, 64);
    let folder = tempfile::tempdir().unwrap();
    let file = RunFile::new(folder.path(), [archive.url()]);
    run(&file, &["--limit", "500"], &[]);
    assert_eq!(run(&file, &["--limit", "500"], &[])["noop"], true);
    let commits = DataSet::at(&file.output).commits();
    assert_eq!(commits[0]["part"], "first 500 lines");
    let card = String::from_utf8(files_below(file.output.as_ref())["README.md"].clone()).unwrap();
    assert!(card.contains("is of a trial run: first 500 lines of its inputs"), "{card}");
    let path = file.path().to_str().unwrap();
    for part in [&["--limit", "501"][..], &["--sample", "50%"], &[]] {
        let refused = tweetmill([&["run", path][..], part].concat()).ended_with(2);
        assert!(refused.stderr.contains("the runs of the data set are of first 500 lines of their inputs"));
    }
    assert_eq!(DataSet::at(&file.output).commits().len(), 1);
    tweetmill(["verify", &file.output]).succeeded();

    let whole = RunFile::new(&folder.path().join("whole"), [archive.url()]);
    run(&whole, &[], &[]);
    assert!(DataSet::at(&whole.output).commits()[0].get("part").is_none());
    let path = whole.path().to_str().unwrap();
    let refused = tweetmill(["run", path, "--limit", "500"]).ended_with(2);
    assert!(refused.stderr.contains("are of all of their inputs, this one is of first 500 lines"));
}

#[test]
fn parts_that_are_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = RunFile::new(folder.path(), ["nowhere.tar"]);
    let path = file.path().to_str().unwrap().to_owned();
    for part in [
        &["--limit", "0"][..],
        &["--limit", "many"],
        &["--sample", "0%"],
        &["--sample", "100%"],
        &["--sample", "2"],
        &["--limit", "5", "--sample", "1%"],
    ] {
        tweetmill([&["run", &path][..], part].concat()).ended_with(2);
    }
}
