//! `verify --inputs`: what the archives say of a data set that was made from them.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Archive, DataSet, RunFile, archive_of, real_data, status, tweetmill};

fn verify(run: &RunFile) -> crate::support::Program {
    crate::support::Program::new(["verify", run.output.as_str(), "--inputs"])
}

#[test]
fn archives_that_are_still_there_confirm_what_was_made_of_them() {
    let archives = [Archive::tar(1_500, 4, 5), Archive::tar(1_500, 4, 6)];
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archives[0].url()]);
    run.push("dedup: {near: {preset: loose}}\nredact: {emails: drop, phones: tag}\n");
    let mut records = 0;
    for (archive, label) in archives.iter().zip(["first", "second"]) {
        let inputs = format!("input=[{{url: {}}}]", archive.url());
        let summary =
            run.run(&[&format!("run={label}"), &inputs, "engine.range_size=4KiB"]).succeeded().json();
        records += summary["records"]["in"].as_u64().unwrap();
    }
    let fates = DataSet::at(&run.output).fates();
    for fate in ["duplicate_exact", "duplicate_near"] {
        assert!(fates.iter().any(|(_, given, _)| given == fate), "{fate}");
    }
    let report = verify(&run).run().succeeded();
    assert!(report.stdout.starts_with("ok: "), "{}", report.stdout);
    let again: String =
        report.stdout.rsplit(", ").next().unwrap().chars().filter(char::is_ascii_digit).collect();
    assert_eq!(again, records.to_string(), "{}", report.stdout);
}

#[test]
fn real_captures_confirm_what_was_made_of_them() {
    let Some(data) = real_data() else { return };
    let folder = tempfile::tempdir().unwrap();
    let inputs = ["ia", "ndjson", "hive"].map(|name| data.join(name).to_str().unwrap().to_owned());
    let run = RunFile::new(folder.path(), inputs);
    run.push("dedup: {near: {preset: near}}\n");
    run.run(&[]).succeeded();
    let report = verify(&run).run().succeeded();
    assert!(report.stdout.contains("ok: 1 commit, "), "{}", report.stdout);
    assert!(!report.stdout.contains("an archive"), "{}", report.stdout);
}

const LIGHTHOUSE: &str = "somebody told a long story about a lighthouse keeper";

/// A data set made of three tweets, two of them nearly the same, and its archive.
fn three_tweets(folder: &std::path::Path) -> (RunFile, PathBuf) {
    let lines: Vec<Value> = vec![
        status(1, LIGHTHOUSE),
        status(2, &format!("{LIGHTHOUSE}s")),
        status(3, &format!("RT @someone: {LIGHTHOUSE}!")),
    ];
    let archive = archive_of(folder, "archive.json", &lines);
    let run = RunFile::new(folder, [archive.to_str().unwrap()]);
    run.push("dedup: {near: {preset: near}}\n");
    let summary = run.run(&[]).succeeded().json();
    assert_eq!(summary["records"]["fates"]["kept"], 1);
    (run, archive)
}

/// Replaces `old` by `new`, which is as long, in the archive.
fn change(archive: &std::path::Path, old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let text = std::fs::read_to_string(archive).unwrap();
    assert!(text.contains(old));
    std::fs::write(archive, text.replacen(old, new, 1)).unwrap();
}

#[test]
fn a_text_that_was_another_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let (run, archive) = three_tweets(folder.path());
    verify(&run).run().succeeded();
    // The first tweet stands for both others.
    change(&archive, "a lighthouse keeper", "a fishermans sister");
    let report = verify(&run).run().ended_with(1);
    assert_eq!(report.stdout.matches("FAILED inputs: the archives").count(), 2, "{}", report.stdout);
}

#[test]
fn lines_may_be_as_long_as_the_run_let_them_be() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [status(1, &"long ".repeat(4 << 20)), status(2, &"less ".repeat(40_000)), status(3, "short")];
    let archive = archive_of(folder.path(), "archive.json", &lines);
    for (limit, unreadable) in [("64MiB", 0), ("64KiB", 2)] {
        let place = folder.path().join(limit);
        std::fs::create_dir(&place).unwrap();
        let run = RunFile::new(&place, [archive.to_str().unwrap()]);
        let settings = [&*format!("limits.line_size={limit}"), "gates.max_reject_rate=100%"];
        let summary = run.run(&settings).succeeded().json();
        let rejected = &summary["records"]["fates"]["rejected:too_long"];
        assert_eq!(rejected.as_u64().unwrap_or(0), unreadable, "{summary}");
        verify(&run).run().succeeded();
    }
}

#[test]
fn a_line_that_is_gone_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let (run, archive) = three_tweets(folder.path());
    let text = std::fs::read_to_string(&archive).unwrap();
    let third = text.lines().nth(2).unwrap();
    change(&archive, third, &" ".repeat(third.len()));
    let report = verify(&run).run().ended_with(1);
    assert!(report.stdout.contains("FAILED inputs: "), "{}", report.stdout);
    assert!(!report.stdout.contains("not checked"), "{}", report.stdout);
}

#[test]
fn an_archive_that_is_gone_is_told_as_not_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (run, archive) = three_tweets(folder.path());
    std::fs::remove_file(&archive).unwrap();
    let report = verify(&run).run().succeeded();
    assert!(
        report.stdout.contains("not checked: an archive of commit 1: the archive is gone"),
        "{}",
        report.stdout
    );
    tweetmill(["verify", run.output.as_str()]).succeeded();
}
