//! Semantic duplicates: what is dropped is near to something kept, the same whoever works.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tweetmill_udfs::embed::{Model, ModelFiles, SampleModel};

use crate::support::{Archive, BASE, DataSet, RunFile, archive_of, status, tweetmill};

/// A folder with the files of `model`.
fn folder_of(folder: &Path, model: &SampleModel) -> PathBuf {
    let place = folder.join("model");
    std::fs::create_dir_all(&place).unwrap();
    for (name, file) in ModelFiles::NAMES.into_iter().zip([&model.config, &model.tokenizer, &model.weights]) {
        std::fs::write(place.join(name), file).unwrap();
    }
    place
}

/// A run whose model is in `models`: its place counts.
fn run_over(folder: &Path, models: &Path, input: &str, rule: &str) -> RunFile {
    let model = folder_of(models, &SampleModel::table());
    let run = RunFile::new(folder, [input]);
    run.push(&format!("embed: {{model: {}, form: float32}}\n", model.display()));
    run.push(&format!("dedup: {{near: {{preset: near}}, semantic: {rule}}}\n"));
    run
}

fn rows(query: &str, from: &str) -> Vec<Value> {
    let answer = tweetmill(["sql", query, "--from", from, "--format", "jsonl"]).succeeded();
    answer.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// In one cluster the rule has one answer, which is easily found by trying all pairs.
#[test]
fn the_earliest_kept_document_near_enough_is_the_survivor() {
    let archive = Archive::tar(1_500, 2, 201);
    let folder = tempfile::tempdir().unwrap();
    let run = run_over(folder.path(), folder.path(), &archive.url(), "{similarity: 95%, clusters: 1}");
    let summary = run.run(&[]).succeeded().json();
    let told = "SELECT tweet_id, fate, survivor, similarity FROM fates WHERE fate IN ('kept', 'duplicate_semantic') ORDER BY 1";
    let told = rows(told, &run.output);
    let texts: BTreeMap<i64, String> = rows("SELECT DISTINCT tweet_id, text FROM tweets", &archive.url())
        .into_iter()
        .map(|row| (row["tweet_id"].as_i64().unwrap(), row["text"].as_str().unwrap().to_owned()))
        .collect();
    let model = SampleModel::table();
    let model = Model::parse("model", &model.files()).unwrap();
    let mut embedder = model.embedder();
    let mut kept: Vec<(i64, Vec<f64>)> = Vec::new();
    let mut dropped = 0;
    for row in &told {
        let id = row["tweet_id"].as_i64().unwrap();
        let mut vector = Vec::new();
        embedder.embed(&[texts[&id].as_str()], &mut vector).unwrap();
        let vector: Vec<f64> = vector.into_iter().map(f64::from).collect();
        let cosine = |other: &[f64]| -> f64 {
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let length = (dot(&vector, &vector) * dot(other, other)).sqrt();
            if length > 0.0 { dot(&vector, other) / length } else { 0.0 }
        };
        if row["fate"] == "kept" {
            assert!(kept.iter().all(|(_, other)| cosine(other) < 0.95 + 1e-5), "{row}");
            kept.push((id, vector));
            continue;
        }
        dropped += 1;
        let survivor = row["survivor"].as_i64().unwrap();
        let (_, other) = kept.iter().find(|(kept, _)| *kept == survivor).expect("it is kept, and earlier");
        let (found, similarity) = (cosine(other), row["similarity"].as_f64().unwrap());
        assert!((found - similarity).abs() < 1e-5 && found >= 0.95 - 1e-5, "{row}: {found}");
        let earlier = kept.iter().take_while(|(kept, _)| *kept != survivor);
        assert!(earlier.into_iter().all(|(_, other)| cosine(other) < 0.95 + 1e-5), "{row}");
    }
    assert!(dropped > 50 && kept.len() > 50, "{dropped} of {}", told.len());
    let commit = &DataSet::at(&run.output).commits()[0];
    assert_eq!(commit["semantic"], summary["semantic"]);
    assert_eq!(commit["semantic"]["dropped"], dropped);
    assert_eq!(commit["semantic"]["texts"], told.len());
    tweetmill(["verify", &run.output, "--inputs"]).succeeded();
}

#[test]
fn survivors_do_not_depend_on_threads_or_ranges() {
    let archive = Archive::tar(4_000, 8, 202);
    let models = tempfile::tempdir().unwrap();
    let [one, others @ ..] = [
        ["engine.threads=1", "engine.range_size=1GiB"],
        ["engine.threads=3", "engine.range_size=16KiB"],
        ["engine.threads=8", "engine.memory=1GiB"],
    ]
    .map(|settings| {
        let folder = tempfile::tempdir().unwrap();
        let run = run_over(folder.path(), models.path(), &archive.url(), "{similarity: 95%, clusters: 12}");
        let summary = run.run(&settings).succeeded().json();
        assert!(summary["records"]["fates"]["duplicate_semantic"].as_u64().unwrap() > 50, "{summary}");
        assert_eq!(summary["semantic"]["clusters"], 12);
        tweetmill(["verify", &run.output]).succeeded();
        DataSet::at(&run.output).identity()
    });
    for other in &others {
        one.assert_same(other, "another division of work");
    }
}

#[cfg(feature = "cluster")]
#[test]
fn a_cluster_drops_what_one_process_drops() {
    let archive = Archive::tar(2_000, 4, 203);
    let models = tempfile::tempdir().unwrap();
    let cluster = crate::support::Cluster::of(2);
    let [alone, spread] = [None, Some(&cluster)].map(|cluster| {
        let folder = tempfile::tempdir().unwrap();
        let run = run_over(folder.path(), models.path(), &archive.url(), "{similarity: 95%}");
        run.push("redact: {mentions: user, urls: drop}\ncaps: {per_author: 3}\n");
        let settings = cluster.map_or_else(Vec::new, crate::support::Cluster::settings);
        let mut all: Vec<&str> = settings.iter().map(String::as_str).collect();
        all.push("engine.range_size=64KiB");
        let summary = run.run(&all).succeeded().json();
        let fates = &summary["records"]["fates"];
        assert!(
            fates["duplicate_semantic"].as_u64() > Some(20) && fates["capped"].as_u64() > Some(0),
            "{summary}"
        );
        tweetmill(["verify", &run.output, "--inputs"]).succeeded();
        DataSet::at(&run.output).identity()
    });
    alone.assert_same(&spread, "a cluster of two");
}

/// What is dropped stays what its copies point at, in this run and in later ones.
#[test]
fn copies_of_what_is_dropped_point_at_it() {
    let folder = tempfile::tempdir().unwrap();
    let words = "the train is late again today and nobody knows why";
    let turned = "nobody knows why the train is late and again today";
    let first = [status(1, words), status(2, turned), status(3, &format!("{turned}!!"))];
    let input = archive_of(folder.path(), "first.json", &first);
    let run = run_over(folder.path(), folder.path(), input.to_str().unwrap(), "{similarity: 99%}");
    run.run(&[]).succeeded();
    let second = archive_of(folder.path(), "second.json", &[status(4, &turned.to_uppercase())]);
    run.run(&["run=second", &format!("input=[{{url: {}}}]", second.display())]).succeeded();
    let fates: BTreeMap<i64, (String, Option<i64>)> = DataSet::at(&run.output)
        .fates()
        .into_iter()
        .map(|(id, fate, survivor)| (id.unwrap() - BASE, (fate, survivor.map(|survivor| survivor - BASE))))
        .collect();
    assert_eq!(fates[&1], ("kept".to_owned(), None));
    assert_eq!(fates[&2], ("duplicate_semantic".to_owned(), Some(1)), "the same tokens in another order");
    assert_eq!(fates[&3], ("duplicate_exact".to_owned(), Some(2)));
    assert_eq!(fates[&4], ("duplicate_exact".to_owned(), Some(2)));
    tweetmill(["verify", &run.output, "--inputs"]).succeeded();
    // The rule is the data set's.
    run.run(&["run=third", "dedup.semantic.similarity=98%"])
        .ended_with(2)
        .complained_of(&["semantic.similarity differ"]);
}

#[test]
fn without_vectors_there_is_nothing_to_compare() {
    let folder = tempfile::tempdir().unwrap();
    let input = archive_of(folder.path(), "a.json", &[status(1, "a")]);
    let run = RunFile::new(folder.path(), [input.to_str().unwrap()]);
    run.push("dedup: {semantic: {similarity: 95%}}\n");
    run.run(&[])
        .ended_with(2)
        .complained_of(&["dedup.semantic: documents have no vectors", "hint: name a model"]);
}
