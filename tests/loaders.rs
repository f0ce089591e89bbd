//! The committed files as training teams read them: same rows, same tokens, the types they expect.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Archive, DataSet, RunFile, python, tweetmill};

/// A data set of several shards and splits, made once a test.
fn made(folder: &Path, seed: u32) -> String {
    let archive = Archive::tar(3_000, 6, seed);
    let run = RunFile::new(folder, [archive.url()]);
    run.run(&["split.validation=10%"]).succeeded();
    run.output
}

/// What `tests/loaders/<script>` says about what it read, as JSON.
pub(crate) fn load(python: &Path, script: &str, arguments: &[&str]) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/loaders").join(script);
    let cache = tempfile::tempdir().unwrap();
    let ended = Command::new(python)
        .arg(path)
        .args(arguments)
        .envs([("HF_HUB_OFFLINE", "1"), ("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")])
        .env("HF_HOME", cache.path())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{script}: {error}");
    serde_json::from_slice(&ended.stdout).unwrap_or_else(|why| panic!("{script}: {why}: {error}"))
}

/// Reads the files of each split with `script`, and compares with the commit.
fn agrees(script: &str, seed: u32, types: [&str; 9]) {
    let Some(python) = python("loaders") else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = made(folder.path(), seed);
    let names = [
        "tweet_id",
        "author_id",
        "created_at",
        "lang",
        "text",
        "input_ids",
        "n_tokens",
        "reply_to",
        "hashtags",
    ];
    let columns: serde_json::Map<String, Value> =
        names.iter().zip(types).map(|(name, kind)| ((*name).to_owned(), kind.into())).collect();
    for (split, [rows, tokens]) in committed(&output) {
        let files = tweetmill(["files", &output, "--split", &split]).succeeded().stdout;
        let files: Vec<&str> = files.lines().collect();
        let read = load(&python, script, &files);
        assert_eq!(read["rows"], rows, "{split}");
        assert_eq!(read["tokens"], tokens, "{split}: the sum of n_tokens");
        assert_eq!(read["ids"], tokens, "{split}: the lengths of input_ids");
        assert_eq!(read["columns"].as_object().unwrap(), &columns, "{split}");
    }
}

/// Rows and tokens of each split, as the commit tells them.
fn committed(output: &str) -> BTreeMap<String, [u64; 2]> {
    let mut splits: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for commit in DataSet::at(output).commits() {
        for file in commit["files"].as_array().unwrap() {
            let [rows, tokens] = splits.entry(file["split"].as_str().unwrap().to_owned()).or_default();
            *rows += file["rows"].as_u64().unwrap();
            *tokens += file["tokens"].as_u64().unwrap();
        }
    }
    assert_eq!(splits.len(), 3, "{splits:?}");
    splits
}

#[test]
fn pyarrow_reads_the_committed_files() {
    let time = "timestamp[ms, tz=UTC]";
    let types = ["int64", "int64", time, "string", "string", "list<int32>", "int32", "int64", "list<string>"];
    agrees("with_pyarrow.py", 61, types);
}

#[test]
fn polars_reads_the_committed_files() {
    let time = "Datetime(time_unit='ms', time_zone='UTC')";
    let types = ["Int64", "Int64", time, "String", "String", "List(Int32)", "Int32", "Int64", "List(String)"];
    agrees("with_polars.py", 62, types);
}

#[test]
fn duckdb_reads_the_committed_files() {
    let time = "TIMESTAMP WITH TIME ZONE";
    let types =
        ["BIGINT", "BIGINT", time, "VARCHAR", "VARCHAR", "INTEGER[]", "INTEGER", "BIGINT", "VARCHAR[]"];
    agrees("with_duckdb.py", 63, types);
}

#[test]
fn hugging_face_datasets_reads_the_committed_files() {
    let time = "timestamp[ms, tz=UTC]";
    let types = ["int64", "int64", time, "string", "string", "list<int32>", "int32", "int64", "list<string>"];
    agrees("with_datasets.py", 64, types);
}

#[test]
fn hugging_face_datasets_finds_the_splits_by_the_card() {
    let Some(python) = python("loaders") else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = made(folder.path(), 65);
    let read = load(&python, "with_card.py", &[&output]);
    let rows: BTreeMap<String, u64> =
        committed(&output).into_iter().map(|(split, [rows, _])| (split, rows)).collect();
    assert_eq!(read["rows"], serde_json::to_value(rows).unwrap());
}
