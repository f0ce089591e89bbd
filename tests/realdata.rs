//! Real captures, counted beforehand by other means: what goes in is accounted for.

use std::path::Path;

use crate::support::{DataSet, RunFile, real_data, tweetmill};

/// Folders of the archives this program reads by now.
const FOLDERS: [&str; 3] = ["ia/", "ndjson/", "hive/"];

/// One row of the README's table: a file, and what it is known to hold.
#[derive(Debug, PartialEq)]
struct Counted {
    file: String,
    tweets: u64,
    deletes: u64,
    unreadable: u64,
}

/// The rows of the table `| file | bytes | content | …` whose file lies in one of [`FOLDERS`].
fn counted(readme: &str) -> Vec<Counted> {
    let mut rows = Vec::new();
    for line in readme.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (Some(file), Some(content)) = (cells.get(1), cells.get(3)) else { continue };
        if !FOLDERS.iter().any(|folder| file.starts_with(folder)) {
            continue;
        }
        let mut row = Counted { file: (*file).to_owned(), tweets: 0, deletes: 0, unreadable: 0 };
        for part in content.split(',') {
            let (number, what) = part.trim().split_once(' ').unwrap();
            let number = number.parse().unwrap();
            match what {
                "tweets" => row.tweets = number,
                "deletes" => row.deletes = number,
                "unreadable" => row.unreadable = number,
                other => panic!("the README counts {other}, which this test does not know"),
            }
        }
        rows.push(row);
    }
    rows
}

/// What a run over `inputs` says it read, as the README counts it.
fn read_by_a_run(folder: &Path, file: &str, input: &Path) -> Counted {
    let run = RunFile::new(folder, [input.to_str().unwrap()]);
    let summary = run.run(&[]).succeeded().json();
    let fates = summary["records"]["fates"].as_object().unwrap();
    let sum = |wanted: &dyn Fn(&str) -> bool| -> u64 {
        fates.iter().filter(|(fate, _)| wanted(fate)).map(|(_, count)| count.as_u64().unwrap()).sum()
    };
    assert_eq!(
        sum(&|_| true),
        summary["records"]["in"].as_u64().unwrap(),
        "{file}: in is the sum of the fates"
    );
    tweetmill(["verify", &run.output]).succeeded();
    let unreadable = sum(&|fate| fate.starts_with("rejected:"));
    // None of these files holds another event or a blank line.
    let deletes = sum(&|fate| fate == "event");
    let lines = summary["records"]["lines"].as_u64().unwrap();
    Counted { file: file.to_owned(), tweets: lines - deletes - unreadable, deletes, unreadable }
}

#[test]
fn every_archive_gives_the_tweets_and_deletes_it_is_known_to_hold() {
    let Some(data) = real_data() else { return };
    let rows = counted(&std::fs::read_to_string(data.join("README.md")).unwrap());
    assert!(rows.len() >= 10, "the README should count ten files or more, found {}", rows.len());
    for row in rows {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_by_a_run(folder.path(), &row.file, &data.join(&row.file)), row);
    }
}

#[test]
fn all_archives_together_account_for_every_line() {
    let Some(data) = real_data() else { return };
    let rows = counted(&std::fs::read_to_string(data.join("README.md")).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let inputs = FOLDERS.map(|name| data.join(name.trim_end_matches('/')).to_str().unwrap().to_owned());
    let run = RunFile::new(folder.path(), inputs);
    let summary = run.run(&[]).succeeded().json();
    let lines: u64 = rows.iter().map(|row| row.tweets + row.deletes + row.unreadable).sum();
    let events: u64 = rows.iter().map(|row| row.deletes).sum();
    assert_eq!(summary["records"]["lines"], lines);
    assert_eq!(summary["records"]["fates"]["event"], events);
    tweetmill(["verify", &run.output]).succeeded();
    assert!(!DataSet::at(&run.output).shards().is_empty());
}

#[test]
fn the_table_of_counts_is_read_as_written() {
    let readme = "| ia/a.tar | 5 | 584 deletes, 4604 tweets | x |\n| csv/b.csv | 5 | 7 tweets | y |\n";
    let row = Counted { file: "ia/a.tar".to_owned(), tweets: 4604, deletes: 584, unreadable: 0 };
    assert_eq!(counted(readme), [row]);
}
