//! Vectors of a real model, from text to number, against `sentence-transformers`.
//!
//! `TWEETMILL_MINILM` names the folder of a model (all-MiniLM-L6-v2, say), `TWEETMILL_REALDATA` that of the real texts, and
//! `TWEETMILL_PYTHON` a Python with `sentence-transformers`; without them the test says so and is skipped, unless
//! `TWEETMILL_REQUIRE` names `minilm`.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "tests")]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tweetmill_udfs::embed::{Model, ModelFiles};

/// Largest difference in a number of a vector of length 1.
const TOLERANCE: f32 = 1e-5;

/// Every so manieth of the real texts.
const EVERY: usize = 1_500;

fn place(variable: &str) -> Option<PathBuf> {
    let value = std::env::var_os(variable).map(PathBuf::from);
    if value.is_none() {
        let required = std::env::var("TWEETMILL_REQUIRE").unwrap_or_default();
        assert!(!required.split(',').any(|name| name == "minilm"), "{variable} is not set");
        println!("skipped: {variable} is not set");
    }
    value
}

fn texts(data: &Path) -> Vec<String> {
    let file = std::fs::File::open(data.join("csv/tweets_texts.csv.zst")).unwrap();
    let csv = zstd::stream::decode_all(file).unwrap();
    let lines = String::from_utf8(csv).unwrap();
    let chosen = lines.lines().skip(1).step_by(EVERY).map(|line| line.trim_matches('"').to_owned());
    let hostile = ["", " ", "a", "日本語のツイート", "@user https://t.co/x 😀😀", "ñandú İstanbul ǅ"];
    chosen.chain(hostile.map(str::to_owned)).collect()
}

#[test]
fn vectors_are_those_of_sentence_transformers() {
    let places = ["TWEETMILL_MINILM", "TWEETMILL_REALDATA", "TWEETMILL_PYTHON"].map(place);
    let [Some(folder), Some(data), Some(python)] = places else { return };
    let read: Vec<Option<Vec<u8>>> =
        ModelFiles::NAMES.iter().map(|name| std::fs::read(folder.join(name)).ok()).collect();
    let read: [Option<&[u8]>; 7] = std::array::from_fn(|at| read[at].as_deref());
    let model = Model::parse("minilm", &ModelFiles::of(read).unwrap()).unwrap();
    let texts = texts(&data);

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/loaders/embedding_reference.py");
    let mut child = Command::new(python)
        .arg(script)
        .arg(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    for text in &texts {
        serde_json::to_writer(&mut input, text).unwrap();
        input.write_all(b"\n").unwrap();
    }
    drop(input);
    let mut reference = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut reference).unwrap();
    assert!(child.wait().unwrap().success());
    let (reference, _) = reference.as_chunks::<4>();

    let mut vectors = Vec::new();
    let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
    model.embedder().embed(&borrowed, &mut vectors).unwrap();
    assert_eq!(vectors.len(), reference.len());
    let mut largest = 0.0_f32;
    for (at, (ours, theirs)) in vectors.iter().zip(reference).enumerate() {
        let difference = (ours - f32::from_le_bytes(*theirs)).abs();
        assert!(difference <= TOLERANCE, "{difference} in {:?}", texts[at / model.dimensions()]);
        largest = largest.max(difference);
    }
    println!("{} texts, largest difference {largest:e}", texts.len());
}
