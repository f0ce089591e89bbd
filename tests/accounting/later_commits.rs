//! What is withdrawn stays withdrawn: notices of one night meet tweets of another.

use std::fs::File;
use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use crate::support::{DataSet, RunFile, tweetmill};

type Fate = (i64, &'static str, Option<i64>);

/// Ids as large as real ones: below it would be read as a time before the platform.
const BASE: i64 = 1_345_000_000_000_000_000;

fn status(id: i64, author: i64, text: &str) -> Value {
    json!({
        "created_at": "Fri Jan 01 10:00:00 +0000 2021",
        "id": BASE + id, "id_str": (BASE + id).to_string(), "text": text, "lang": "en",
        "user": {"id": author, "id_str": author.to_string(), "screen_name": format!("account{author}")},
    })
}

fn with(mut status: Value, field: &str, value: Value) -> Value {
    status[field] = value;
    status
}

/// A notice about a tweet of `author`.
fn notice(kind: &str, id: i64, author: i64) -> Value {
    match kind {
        "delete" => json!({"delete": {"status": {"id": BASE + id, "user_id": author}}}),
        kind => json!({kind: {"id": BASE + id, "user_id": author, "withheld_in_countries": ["XX"]}}),
    }
}

/// Commits a night of `lines` to the data set in `folder`.
fn night(folder: &Path, name: &str, lines: &[Value], settings: &[&str]) -> RunFile {
    let archive = folder.join(format!("{name}.json"));
    let mut text = String::new();
    for line in lines {
        text.push_str(&line.to_string());
        text.push_str("\r\n");
    }
    std::fs::write(&archive, text).unwrap();
    let run = RunFile::new(folder, [archive.to_str().unwrap()]);
    let label = format!("run={name}");
    run.run(&[&[label.as_str()], settings].concat()).succeeded();
    run
}

/// Fates of the newest commit but for events, ids counted from [`BASE`], in order.
fn newest_fates(data_set: &DataSet, before: usize) -> Vec<(i64, String, Option<i64>)> {
    let mut fates: Vec<_> = data_set
        .fates()
        .into_iter()
        .skip(before)
        .filter(|(_, fate, _)| fate != "event")
        .map(|(id, fate, survivor)| (id.unwrap() - BASE, fate, survivor.map(|id| id - BASE)))
        .collect();
    fates.sort();
    fates
}

#[track_caller]
fn assert_fates(data_set: &DataSet, before: usize, expected: &[Fate]) {
    let found = newest_fates(data_set, before);
    let found: Vec<Fate> = found.iter().map(|(id, fate, of)| (*id, known(fate), *of)).collect();
    assert_eq!(found, expected);
}

/// One of the few fates by its name.
fn known(fate: &str) -> &'static str {
    ["kept", "deleted", "withheld", "retweet", "duplicate_id", "duplicate_exact"]
        .into_iter()
        .find(|name| *name == fate)
        .unwrap_or("another")
}

fn ids(data_set: &DataSet) -> Vec<i64> {
    let mut ids: Vec<i64> = data_set.documents().iter().map(|document| document.tweet_id - BASE).collect();
    ids.sort_unstable();
    ids
}

// A notice in tonight's archive may name a tweet of last night's: what was committed stays until it is
// erased, but nothing of it comes in again, and its text is free for others.
#[test]
fn a_deletion_in_a_later_commit_bars_copies_and_frees_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let first = [
        status(10, 1, "the first to say so"),
        status(11, 2, "The first to say so!"),
        status(12, 3, "something else"),
    ];
    let run = night(folder.path(), "one", &first, &[]);
    let data_set = DataSet::at(&run.output);
    assert_fates(&data_set, 0, &[(10, "kept", None), (11, "duplicate_exact", Some(10)), (12, "kept", None)]);

    let second = [
        status(10, 1, "the first to say so"),
        with(status(20, 4, "RT @account1: the first to say so"), "retweeted_status", first[0].clone()),
        status(22, 6, "the FIRST to say so"),
        status(21, 5, "the first to say so"),
        status(23, 7, "something else"),
        notice("delete", 10, 1),
    ];
    let before = data_set.fates().len();
    night(folder.path(), "two", &second, &[]);
    // The original inside the retweet is a record of its own, hence two of tweet 10.
    assert_fates(
        &data_set,
        before,
        &[
            (10, "deleted", None),
            (10, "deleted", None),
            (20, "deleted", None),
            (21, "kept", None),
            (22, "duplicate_exact", Some(21)),
            (23, "duplicate_exact", Some(12)),
        ],
    );
    assert_eq!(ids(&data_set), [10, 12, 21], "what was committed stays");

    // The tombstone is remembered, and the text has a new owner.
    let third = [
        status(10, 1, "the first to say so"),
        status(11, 2, "The first to say so!"),
        status(30, 8, "the first to say so"),
    ];
    let before = data_set.fates().len();
    night(folder.path(), "three", &third, &[]);
    assert_fates(
        &data_set,
        before,
        &[(10, "deleted", None), (11, "duplicate_id", Some(11)), (30, "duplicate_exact", Some(21))],
    );
    tweetmill(["verify", &run.output]).succeeded();
}

#[test]
fn what_was_withheld_once_is_withheld_in_later_commits() {
    let folder = tempfile::tempdir().unwrap();
    let first = [
        with(status(10, 1, "marked"), "withheld_in_countries", json!(["DE"])),
        status(10, 1, "marked"),
        notice("status_withheld", 11, 2),
        json!({"user_withheld": {"id": 3, "withheld_in_countries": ["XX"]}}),
        status(19, 9, "a good one"),
    ];
    let run = night(folder.path(), "one", &first, &[]);
    let data_set = DataSet::at(&run.output);
    assert_fates(&data_set, 0, &[(10, "withheld", None), (10, "withheld", None), (19, "kept", None)]);

    let second = [
        status(10, 1, "marked"),
        status(11, 2, "noticed"),
        status(12, 3, "by a withheld account"),
        status(13, 4, "marked"),
    ];
    let before = data_set.fates().len();
    night(folder.path(), "two", &second, &[]);
    assert_fates(
        &data_set,
        before,
        &[(10, "withheld", None), (11, "withheld", None), (12, "withheld", None), (13, "kept", None)],
    );
    tweetmill(["verify", &run.output]).succeeded();
}

// Without history, tombstones used to be forgotten and ids to be committed twice.
#[test]
fn without_history_texts_come_again_but_neither_ids_nor_deleted_tweets() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["dedup.history=false"];
    let first = [status(10, 1, "said twice"), status(12, 2, "gone"), notice("delete", 12, 2)];
    let run = night(folder.path(), "one", &first, &settings);
    let data_set = DataSet::at(&run.output);
    let before = data_set.fates().len();
    let second = [status(10, 1, "said twice"), status(11, 3, "said twice"), status(12, 2, "gone")];
    night(folder.path(), "two", &second, &settings);
    assert_fates(
        &data_set,
        before,
        &[(10, "duplicate_id", Some(10)), (11, "kept", None), (12, "deleted", None)],
    );
    assert_eq!(ids(&data_set), [10, 11]);
    tweetmill(["verify", &run.output]).succeeded();
}

// The text of a deleted tweet used to live on in the quoted_text of the tweets that quote it.
#[test]
fn a_quoted_text_is_published_only_while_the_quoted_tweet_stands() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["output.columns=[quoted_text]"];
    let quote = |id: i64, of: &Value| {
        let quote = with(status(id, 9, &format!("look at this, {id}")), "quoted_status", of.clone());
        with(quote, "quoted_status_id", of["id"].clone())
    };
    let (gone, marked, good) = (status(10, 1, "gone"), status(11, 2, "marked"), status(12, 3, "good"));
    let account = status(13, 4, "account");
    let first = [
        quote(20, &gone),
        quote(21, &marked),
        quote(22, &good),
        quote(23, &account),
        notice("delete", 10, 1),
        with(marked.clone(), "withheld_in_countries", json!(["DE"])),
        json!({"user_withheld": {"id": 4, "withheld_in_countries": ["XX"]}}),
    ];
    night(folder.path(), "one", &first, &settings);
    let second = [quote(30, &gone), quote(31, &marked), quote(32, &good), quote(33, &account)];
    let run = night(folder.path(), "two", &second, &settings);

    let mut quoted = Vec::new();
    for shard in DataSet::at(&run.output).shards() {
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(File::open(shard).unwrap()).unwrap().build().unwrap();
        for batch in reader.map(Result::unwrap) {
            let ids = batch.column_by_name("tweet_id").unwrap().as_primitive::<Int64Type>().clone();
            let texts = batch.column_by_name("quoted_text").unwrap().as_string::<i32>();
            let rows = ids.iter().zip(texts);
            quoted.extend(rows.map(|(id, text)| (id.unwrap() - BASE, text.map(str::to_owned))));
        }
    }
    quoted.sort();
    let good = Some("good".to_owned());
    let expected = [
        (12, None),
        (20, None),
        (21, None),
        (22, good.clone()),
        (23, None),
        (30, None),
        (31, None),
        (32, good),
        (33, None),
    ];
    assert_eq!(quoted, expected);
    tweetmill(["verify", &run.output]).succeeded();
}
