//! Token ids against the reference implementations, on real texts and on hostile ones.
//!
//! Needs `TWEETMILL_REALDATA` (a folder with `csv/` and `tokenizers/`) and `TWEETMILL_PYTHON` (a Python
//! that has `tokenizers` 0.23 and `tiktoken`); without them the tests say so and pass, unless
//! `TWEETMILL_REQUIRE` names `realdata` or `loaders`. `TWEETMILL_HOSTILE` is how many mixtures are tried, 200,000 unless it is
//! set; where there are more, so are all 1,112,064 characters.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![expect(clippy::print_stdout, reason = "a skipped test says why")]
#![expect(clippy::disallowed_methods, reason = "the test reads its own settings, and files it trusts")]

use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use rayon::prelude::*;
use tweetmill_kernels::bpe::Pattern;
use tweetmill_udfs::tokenize::Tokenizer;

mod hostile_texts;

#[test]
fn cl100k_ids_are_those_of_tiktoken() {
    let Some(data) = Data::find() else { return };
    let ranks = data.unpacked("tokenizers/cl100k_base.tiktoken.zst");
    data.check(&std::fs::read(&ranks).unwrap(), &["tiktoken", "cl100k_base", text_of(&ranks)]);
}

#[test]
fn o200k_ids_are_those_of_tiktoken() {
    let Some(data) = Data::find() else { return };
    let ranks = data.scratch.path().join("o200k_base.tiktoken");
    std::fs::write(&ranks, rank_file(tiktoken_rs::o200k_base_singleton())).unwrap();
    data.check(&std::fs::read(&ranks).unwrap(), &["tiktoken", "o200k_base", text_of(&ranks)]);
}

#[test]
fn gpt2_ids_are_those_of_tokenizers() {
    let Some(data) = Data::find() else { return };
    let vocab = data.unpacked("tokenizers/gpt2/vocab.json.zst");
    let merges = data.unpacked("tokenizers/gpt2/merges.txt.zst");
    data.check(gpt2(&vocab, &merges).as_bytes(), &["gpt2", text_of(&vocab), text_of(&merges)]);
}

#[test]
fn bert_ids_are_those_of_tokenizers() {
    let Some(data) = Data::find() else { return };
    let json = data.unpacked("tokenizers/bert-base-uncased.tokenizer.json.zst");
    data.check(&std::fs::read(&json).unwrap(), &["json", text_of(&json)]);
}

#[test]
fn olmo_ids_are_those_of_tokenizers() {
    let Some(data) = Data::find() else { return };
    let json = data.unpacked("tokenizers/olmo.tokenizer.json.zst");
    data.check(&std::fs::read(&json).unwrap(), &["json", text_of(&json)]);
}

/// By a vocabulary in which every cut shows: any byte merges with an `a` before it and with a `b` after it.
#[test]
fn every_character_is_cut_as_tokenizers_cuts_it() {
    let Some(data) = Data::find() else { return };
    let letters: Vec<String> = byte_letters();
    let pairs: Vec<[&str; 2]> = letters
        .iter()
        .map(|byte| ["a", byte])
        .chain(letters.iter().filter(|byte| *byte != "a").map(|byte| [byte.as_str(), "b"]))
        .collect();
    let tokens = letters.iter().cloned().chain(pairs.iter().map(|pair| pair.concat()));
    let vocab: serde_json::Map<_, _> = tokens.zip((0..).map(|id: u32| id.into())).collect();
    let texts: Vec<String> = ('\0'..=char::MAX)
        .map(|c| format!("a{c}b A{c}B{c}b a1{c}b\n{c}b'{c}b {c}'sb{c}\n{c}{c} {c}/b"))
        .collect();
    for (at, pattern) in Pattern::KNOWN.into_iter().enumerate() {
        let regex = pattern.regex();
        let name = format!("pattern-{at}");
        let json = serde_json::json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": false},
                {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
            ]},
            "post_processor": null, "decoder": null,
            "model": {
                "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
                "vocab": vocab, "merges": pairs,
            },
        });
        let path = data.scratch.path().join(format!("{name}.json"));
        std::fs::write(&path, json.to_string()).unwrap();
        let tokenizer = Tokenizer::parse(&name, json.to_string().as_bytes()).unwrap();
        data.compare(&tokenizer, "characters'", &texts, &["json", text_of(&path)]);
    }
}

/// The character of each byte in byte-level vocabularies.
fn byte_letters() -> Vec<String> {
    let is_visible = |byte: &u8| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let mut others = '\u{100}'..='\u{143}';
    (0..=u8::MAX)
        .map(|byte| if is_visible(&byte) { char::from(byte) } else { others.next().unwrap() })
        .map(String::from)
        .collect()
}

fn text_of(path: &Path) -> &str {
    path.to_str().expect("a temporary path should be UTF-8")
}

/// GPT-2 comes as a vocabulary and a list of merges: the `tokenizer.json` they make.
fn gpt2(vocab: &Path, merges: &Path) -> String {
    let vocab: serde_json::Value = serde_json::from_slice(&std::fs::read(vocab).unwrap()).unwrap();
    let merges = std::fs::read_to_string(merges).unwrap();
    let merges: Vec<&str> =
        merges.lines().filter(|line| !line.starts_with("#version") && !line.is_empty()).collect();
    let added = serde_json::json!([{
        "id": 50256, "content": "<|endoftext|>", "special": true,
        "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
    }]);
    serde_json::json!({
        "version": "1.0",
        "added_tokens": added,
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
        "post_processor": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false},
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true},
        "model": {"type": "BPE", "vocab": vocab, "merges": merges},
    })
    .to_string()
}

/// Published ranks as the file they are published in, which the reference knows by its digest.
fn rank_file(ranks: &tiktoken_rs::CoreBPE) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut file = Vec::new();
    for rank in 0..199_998 {
        for bytes in ranks.decode_bytes(&[rank]).unwrap().chunks(3) {
            let bits =
                bytes.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - bytes.len()));
            let digits = [18, 12, 6, 0].map(|shift| DIGITS[(bits >> shift & 63) as usize]);
            file.extend_from_slice(&digits[..=bytes.len()]);
            file.extend_from_slice(&b"=="[..3 - bytes.len()]);
        }
        writeln!(file, " {rank}").unwrap();
    }
    file
}

/// Mixtures in one round.
const ROUND: usize = 1_000_000;

/// How many mixtures there are to be.
fn mixtures() -> usize {
    std::env::var("TWEETMILL_HOSTILE")
        .map_or(200_000, |count| count.parse().expect("TWEETMILL_HOSTILE should be a number"))
}

/// The real texts and a Python that has the reference tokenizers.
struct Data {
    root: PathBuf,
    python: PathBuf,
    scratch: tempfile::TempDir,
}

impl Data {
    fn find() -> Option<Self> {
        let required = std::env::var("TWEETMILL_REQUIRE").unwrap_or_default();
        let variable = |name: &str, what: &str| match std::env::var_os(name) {
            Some(value) => Some(PathBuf::from(value)),
            None if required.split(',').any(|required| required == what) => {
                panic!("{name} is not set, and TWEETMILL_REQUIRE names {what}")
            }
            None => {
                println!("skipped: {name} is not set");
                None
            }
        };
        let root = variable("TWEETMILL_REALDATA", "realdata")?;
        let python = variable("TWEETMILL_PYTHON", "loaders")?;
        // A relative path is relative to the workspace, as it is where the variable was set.
        let root = if root.is_absolute() {
            root
        } else {
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(root)
        };
        Some(Self { root, python, scratch: tempfile::tempdir().unwrap() })
    }

    /// A file of the data, decompressed into the scratch folder.
    fn unpacked(&self, path: &str) -> PathBuf {
        let from = self.root.join(path);
        let to = self.scratch.path().join(from.file_stem().unwrap());
        std::fs::write(&to, decompressed(&from)).unwrap();
        to
    }

    fn texts(&self) -> Vec<String> {
        let mut texts = csv_column(&decompressed(&self.root.join("csv/tweets_texts.csv.zst")), "text");
        texts
            .extend(csv_column(&decompressed(&self.root.join("csv/davidson_labeled_data.csv.zst")), "tweet"));
        texts
    }

    /// Compares every id of every text; `reference` is what `tokenizer_reference.py` is asked for.
    fn check(&self, definition: &[u8], reference: &[&str]) {
        let tokenizer = Tokenizer::parse("reference", definition).unwrap();
        self.compare(&tokenizer, "real", &self.texts(), reference);
        let mixtures = mixtures();
        let characters = hostile_texts::of_characters(mixtures > 200_000);
        self.compare(&tokenizer, "characters'", &characters, reference);
        for start in (0..mixtures).step_by(ROUND) {
            let texts = hostile_texts::mixtures(start as u64, ROUND.min(mixtures - start));
            self.compare(&tokenizer, "mixed", &texts, reference);
        }
    }

    fn compare(&self, tokenizer: &Tokenizer, kind: &str, texts: &[String], reference: &[&str]) {
        let started = Instant::now();
        let ours: Vec<Vec<i32>> = texts
            .par_chunks(1024)
            .map(|texts| {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let mut encoder = tokenizer.encoder();
                let ids = encoder.encode_all(&texts).unwrap();
                ids.iter().map(|ids| ids.iter().map(|id| *id as i32).collect()).collect::<Vec<_>>()
            })
            .flatten_iter()
            .collect();
        let seconds = started.elapsed().as_secs_f64();
        let bytes: usize = texts.iter().map(String::len).sum();

        let mut wrong = Vec::new();
        self.reference_ids(texts, reference, |row, expected| {
            if ours[row] != expected {
                wrong.push((row, expected));
            }
        });
        let tokens: usize = ours.iter().map(Vec::len).sum();
        println!(
            "{reference:?}: {} {kind} texts, {bytes} bytes, {tokens} tokens, {seconds:.2} s, {} with other ids",
            texts.len(),
            wrong.len(),
        );
        for (row, expected) in wrong.iter().take(20) {
            println!("  {:?}\n    ours      {:?}\n    reference {expected:?}", texts[*row], ours[*row]);
        }
        assert!(wrong.is_empty(), "{} texts of {} have other ids", wrong.len(), texts.len());
    }

    fn reference_ids(&self, texts: &[String], reference: &[&str], mut each: impl FnMut(usize, Vec<i32>)) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/loaders/tokenizer_reference.py");
        let mut child = Command::new(&self.python)
            .arg(script)
            .args(reference)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("TWEETMILL_PYTHON should start");
        let mut input = BufWriter::new(child.stdin.take().unwrap());
        let mut output = BufReader::new(child.stdout.take().unwrap());
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for text in texts {
                    serde_json::to_writer(&mut input, text).unwrap();
                    input.write_all(b"\n").unwrap();
                }
            });
            for row in 0..texts.len() {
                let count = next_u32(&mut output);
                each(row, (0..count).map(|_| next_u32(&mut output) as i32).collect());
            }
        });
        assert!(child.wait().unwrap().success());
    }
}

fn next_u32(input: &mut impl Read) -> u32 {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes).expect("the reference should answer for every text");
    u32::from_le_bytes(bytes)
}

fn decompressed(path: &Path) -> Vec<u8> {
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    zstd::stream::decode_all(file).unwrap()
}

/// One column of an RFC 4180 file with a header.
fn csv_column(csv: &[u8], name: &str) -> Vec<String> {
    let mut rows = csv_rows(std::str::from_utf8(csv).unwrap());
    let at = rows.next().unwrap().iter().position(|field| field == name).unwrap();
    rows.map(|mut row| row.swap_remove(at)).collect()
}

fn csv_rows(csv: &str) -> impl Iterator<Item = Vec<String>> {
    let mut characters = csv.chars().peekable();
    std::iter::from_fn(move || {
        characters.peek()?;
        let (mut row, mut field, mut quoted) = (Vec::new(), String::new(), false);
        while let Some(character) = characters.next() {
            match character {
                '"' if quoted && characters.peek() == Some(&'"') => {
                    characters.next();
                    field.push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut field)),
                '\r' if !quoted => {}
                '\n' if !quoted => break,
                _ => field.push(character),
            }
        }
        row.push(field);
        Some(row)
    })
}
