//! `tweetmill sql`: questions about archives and data sets, answered in the formats other tools read.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::support::{Archive, DataSet, Outcome, RunFile, files_below, tweetmill};

fn ask(query: &str, from: &[&str], format: &str) -> Outcome {
    let mut arguments = vec!["sql", query, "--format", format];
    for url in from {
        arguments.extend(["--from", url]);
    }
    tweetmill(arguments)
}

/// The rows of an answer in JSON lines.
fn rows(query: &str, from: &[&str]) -> Vec<Value> {
    let answer = ask(query, from, "jsonl").succeeded();
    answer.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The one number of an answer.
fn number(query: &str, from: &[&str]) -> u64 {
    let rows = rows(query, from);
    assert_eq!(rows.len(), 1, "{query}: {rows:?}");
    rows[0].as_object().unwrap().values().next().unwrap().as_u64().unwrap()
}

#[test]
fn tables_over_archives_hold_every_record_once() {
    let archive = Archive::tar(3_000, 4, 71);
    let (url, truth) = (archive.url(), archive.counts());
    let from = [url.as_str()];
    let truth = |name: &str| truth[name].as_u64().unwrap();
    let harvested = "SELECT count(*) FROM tweets WHERE origin <> 'line'";
    assert_eq!(number(harvested, &from), truth("harvested_retweets") + truth("harvested_quotes"));
    let lines = "SELECT (SELECT count(*) FROM tweets WHERE origin = 'line') + (SELECT count(*) FROM retweets) \
                 + (SELECT count(*) FROM events) + (SELECT count(*) FROM rejects)";
    assert_eq!(number(lines, &from), truth("lines"));
    assert_eq!(number("SELECT count(*) FROM members WHERE state = 'complete'", &from), 4);
    // A retweet's text is its original's: one row of `tweets` for each.
    let met =
        "SELECT count(DISTINCT retweet_of) FROM retweets WHERE retweet_of IN (SELECT tweet_id FROM tweets)";
    assert_eq!(number(met, &from), number("SELECT count(DISTINCT retweet_of) FROM retweets", &from));
    let nowhere = format!(
        "SELECT count(*) FROM tweets WHERE (file IS DISTINCT FROM 'file://{url}') OR byte_offset < 0"
    );
    assert_eq!(number(&nowhere, &from), 0);
    let named =
        "SELECT label FROM members JOIN (SELECT DISTINCT file, member FROM tweets) USING (file, member)";
    assert_eq!(rows(named, &from).len(), 4);
    assert!(number("SELECT count(*) FROM tweets WHERE weighted_length(text) > 20", &from) > 100);
}

#[test]
fn tables_over_a_data_set_join_with_those_over_its_archives() {
    let archive = Archive::tar(2_000, 2, 72);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    let summary = run.run(&[]).succeeded().json();
    let before = files_below(folder.path());
    let documents = number("SELECT count(*) FROM documents", &[&run.output]);
    assert_eq!(documents, summary["documents"].as_u64().unwrap());
    let kept = "SELECT count(*) FROM fates WHERE fate = 'kept' AND commit_number = 1";
    assert_eq!(number(kept, &[&run.output]), documents);
    let both = "SELECT count(DISTINCT t.tweet_id) FROM tweets t JOIN documents d ON t.tweet_id = d.tweet_id";
    assert_eq!(number(both, &[&archive.url(), &run.output]), documents);
    ask("SELECT 1", &[&run.output, &run.output], "csv").ended_with(2).complained_of(&["two data sets"]);
    assert!(files_below(folder.path()) == before, "asking should write nothing");
}

#[test]
fn every_format_says_the_same() {
    let archive = Archive::tar(1_000, 2, 73);
    let url = archive.url();
    let query = "SELECT tweet_id, lang, text, hashtags, created_at, sensitive FROM tweets \
                 WHERE cardinality(hashtags) > 1 ORDER BY tweet_id, origin, byte_offset LIMIT 20";
    let json = rows(query, &[&url]);
    assert_eq!(json.len(), 20);
    assert!(json.iter().all(|row| row.as_object().unwrap().len() == 6), "null is said, too");

    let csv = ask(query, &[&url], "csv").succeeded().stdout;
    assert!(csv.starts_with("tweet_id,lang,text,hashtags,created_at,sensitive\n"), "{csv}");
    for row in &json {
        assert!(csv.contains(&row["tweet_id"].to_string()), "{row}");
        assert!(csv.contains(&row["hashtags"].to_string().replace('"', "\"\"")), "lists are JSON: {row}");
    }

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.parquet");
    let status = Command::new(env!("CARGO_BIN_EXE_tweetmill"))
        .args(["sql", query, "--from", &url, "--format", "parquet"])
        .stdout(std::fs::File::create(&file).unwrap())
        .status();
    assert!(status.unwrap().success());
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&file).unwrap()).unwrap();
    assert_eq!(reader.schema().fields().len(), 6);
    assert_eq!(reader.build().unwrap().map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 20);

    let table = ask(query, &[&url], "table").succeeded().stdout;
    assert_eq!(table.lines().count(), 21, "{table}");
    assert!(table.trim_start().starts_with("tweet_id"), "{table}");
    let none = "SELECT tweet_id, hashtags FROM tweets WHERE false";
    assert_eq!(ask(none, &[&url], "csv").succeeded().stdout, "tweet_id,hashtags\n");
    assert_eq!(ask(none, &[&url], "jsonl").succeeded().stdout, "");
    assert_eq!(ask(none, &[&url], "table").succeeded().stdout.split_whitespace().count(), 2);
}

#[test]
fn queries_are_explained() {
    let archive = Archive::tar(1_000, 2, 74);
    let url = archive.url();
    let plan = ask("EXPLAIN SELECT lang, count(*) FROM tweets GROUP BY lang", &[&url], "table").succeeded();
    assert!(
        plan.stdout.contains("physical_plan") && plan.stdout.contains("AggregateExec"),
        "{}",
        plan.stdout
    );
    let analyzed = ask("EXPLAIN ANALYZE SELECT count(*) FROM tweets", &[&url], "table").succeeded();
    assert!(analyzed.stdout.contains("output_rows="), "{}", analyzed.stdout);
    let described = rows("DESCRIBE tweets", &[&url]);
    assert!(described.iter().any(|column| column["column_name"] == "carrier_id"), "{described:?}");
}

#[test]
fn nothing_but_queries_is_done() {
    let archive = Archive::tar(1_000, 2, 75);
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    for query in [
        format!("COPY (SELECT 1) TO '{}'", target.display()),
        format!("EXPLAIN ANALYZE COPY (SELECT 1) TO '{}'", target.display()),
        format!("CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '{}'", target.display()),
        "CREATE TABLE t AS SELECT 1".to_owned(),
        "INSERT INTO tweets VALUES (1)".to_owned(),
        "DELETE FROM tweets".to_owned(),
        "SET datafusion.execution.batch_size = 1".to_owned(),
    ] {
        let refused =
            ask(&query, &[&archive.url()], "csv").ended_with(2).complained_of(&["is no query", "hint: "]);
        assert_eq!(refused.stdout, "");
        assert!(!target.exists(), "{query}");
    }
}

#[test]
fn mistakes_are_told_with_the_nearest_that_exists() {
    let archive = Archive::tar(1_000, 2, 76);
    for (query, words) in [
        ("SELECT txt FROM tweets", ["no column `txt`", "did you mean `text`?"]),
        ("SELECT text FROM tweet", ["no table `tweet`", "did you mean `tweets`?"]),
        (
            "SELECT detect_langage(text) FROM tweets",
            ["no function `detect_langage`", "did you mean `detect_language`?"],
        ),
        ("SELECT text FORM tweets", ["this is no SQL", "hint: "]),
        ("SELECT 1 / (likes - likes) FROM tweets", ["the query failed", "ivide by zero"]),
    ] {
        let refused = ask(query, &[&archive.url()], "csv").ended_with(2).complained_of(&words);
        assert!(
            !refused.stderr.contains("DataFusion") && !refused.stderr.contains("backtrace"),
            "{}",
            refused.stderr
        );
    }
    ask("SELECT 1", &["/no/such/place.tar"], "csv").ended_with(1).complained_of(&["/no/such/place.tar"]);
    tweetmill(["sql", "SELECT 1", "--from", &archive.url(), "--threads", "8", "--memory", "100MiB"])
        .ended_with(2)
        .complained_of(&["--memory 100MiB is too little for 8 threads"]);
}

#[test]
fn rows_come_before_the_end_and_a_reader_may_leave() {
    let archive = Archive::tar(12_000, 4, 77);
    let query = "SELECT tweet_id, text FROM tweets";
    let mut program = Command::new(env!("CARGO_BIN_EXE_tweetmill"))
        .args(["sql", query, "--from", &archive.url(), "--format", "jsonl", "--quiet"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ended = program.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    assert!(serde_json::from_str::<Value>(&line).unwrap()["tweet_id"].is_i64(), "{line}");
}

#[test]
fn documents_read_back_as_they_were_written() {
    let archive = Archive::tar(1_000, 2, 78);
    let folder = tempfile::tempdir().unwrap();
    let run = RunFile::new(folder.path(), [archive.url()]);
    run.run(&[]).succeeded();
    let told = rows("SELECT tweet_id, text, n_tokens, split FROM documents", &[&run.output]);
    let mut told: Vec<_> = told
        .iter()
        .map(|row| (row["tweet_id"].as_i64().unwrap(), row["text"].as_str().unwrap().to_owned()))
        .collect();
    let documents = DataSet::at(&run.output).documents();
    let mut written: Vec<_> =
        documents.into_iter().map(|document| (document.tweet_id, document.text)).collect();
    told.sort();
    written.sort();
    assert_eq!(told, written);
}
