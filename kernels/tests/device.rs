//! What becomes of work where there is a GPU, none, or one that fails. The driver's library is looked for once in a process, so each case is a
//! process of its own: this very program, which is told what to do by its environment.
//!
//! With the feature `sim` there is a driver whose device is simulated, and which fails when it is asked to.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a process is told what to do by its environment")]
#![expect(clippy::print_stdout, reason = "and says what it found")]

#[cfg(feature = "sim")]
mod minilm;

use std::path::Path;
use std::process::Command;

use tweetmill_kernels::device::{DRIVER_FUNCTIONS, Gpu};

const CASE: &str = "TWEETMILL_DEVICE_CASE";

/// What the process of a case prints, with the driver's library from `folder`.
fn printed(case: &str, folder: &Path, fault: &str) -> String {
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", "case", "--nocapture"]).env(CASE, case).env("LD_LIBRARY_PATH", folder);
    let output = process.env("TWEETMILL_SIM_FAULT", fault).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{case} {fault}: {out}{err}");
    assert!(!err.contains("sim:") && !err.contains("panicked"), "{case} {fault}: {err}");
    out
}

/// Nothing by itself: what the process of a case does.
#[test]
fn case() {
    match std::env::var(CASE).as_deref() {
        Ok("find") => match Gpu::find() {
            Ok(gpu) => println!("found {} of {} bytes", gpu.name(), gpu.memory_bytes()),
            Err(error) => println!("{error}"),
        },
        #[cfg(feature = "sim")]
        Ok("work") => simulated::work(),
        #[cfg(feature = "sim")]
        Ok("much") => simulated::much(),
        #[cfg(feature = "sim")]
        Ok("threads") => simulated::threads(),
        #[cfg(feature = "sim")]
        Ok("vectors") => simulated::vectors(),
        #[cfg(feature = "sim")]
        Ok("minilm") => simulated::minilm(),
        _ => {}
    }
}

/// A library that has these functions, each of which gives `result`.
fn library(folder: &Path, functions: &[&str], result: i32) {
    let define = |function: &&str| {
        format!("#[unsafe(no_mangle)] pub extern \"C\" fn {function}() -> i32 {{ {result} }}")
    };
    let source = functions.iter().map(define).collect::<Vec<_>>().join("\n");
    let path = folder.join("stub.rs");
    std::fs::write(&path, format!("#![allow(non_snake_case)]\n{source}")).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut compile = Command::new(rustc);
    compile.args(["--edition=2024", "--crate-type=cdylib", "-o"]).arg(folder.join("libcuda.so")).arg(&path);
    assert!(compile.status().unwrap().success());
}

#[test]
fn a_machine_without_a_driver_is_told_from_one_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let found = printed("find", folder.path(), "");
    if found.contains("found ") {
        eprintln!("skipped: this machine has a GPU");
        return;
    }
    assert!(found.contains("no GPU: no libcuda could be opened\n"), "{found}");
}

#[test]
fn a_stub_is_no_driver() {
    let folder = tempfile::tempdir().unwrap();
    library(folder.path(), &DRIVER_FUNCTIONS, 34);
    let found = printed("find", folder.path(), "");
    assert!(
        found
            .contains("no GPU: the libcuda found is a stub, which programs are linked with, and no driver\n"),
        "{found}"
    );
}

#[test]
fn a_library_that_lacks_a_function_is_not_called() {
    let folder = tempfile::tempdir().unwrap();
    library(folder.path(), &["cuInit"], 0);
    let found = printed("find", folder.path(), "");
    assert!(found.contains("no GPU: the libcuda found has no cuCtxSetCurrent\n"), "{found}");
}

#[test]
fn a_driver_without_a_device_is_none() {
    let folder = tempfile::tempdir().unwrap();
    library(folder.path(), &DRIVER_FUNCTIONS, 100);
    let found = printed("find", folder.path(), "");
    assert!(found.contains("no GPU: the driver sees no device\n"), "{found}");
}

#[cfg(feature = "sim")]
mod simulated {
    use std::collections::BTreeMap;
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use tweetmill_kernels::Texts;
    use tweetmill_kernels::bpe::{Bpe, Pattern};
    use tweetmill_kernels::device::{Gpu, GpuEncoder};
    use tweetmill_kernels::encoder::{self, Config, Encoder, GpuVectors, Pooling, Tensor, cosine};
    use tweetmill_kernels::hash::{content_hash, gpu_content_hashes};
    use tweetmill_kernels::near::{BandScheme, Bands, GpuBands};
    use tweetmill_kernels::wordpiece::{Description, Normalizer, Scratch, WordPiece};

    use super::printed;

    fn with_fault(case: &str, fault: &str) -> String {
        printed(case, Path::new(env!("TWEETMILL_SIM_DRIVER")), fault)
    }

    fn texts(count: usize) -> Texts {
        let mut texts = Texts::new();
        let pieces = [
            "good morning",
            " all",
            " of you",
            "!",
            " 漢字",
            "\n",
            " it'S 2026",
            " 🤗",
            "aaaaaaaaaaaaaaaaaaaaaaa",
        ];
        for number in 0..count {
            let text: String =
                (0..number % 7).map(|at| pieces[(number * 5 + at * at) % pieces.len()]).collect();
            assert!(texts.push(&text));
        }
        texts
    }

    /// Bytes, and some words of what the texts are made of.
    fn bpe() -> Arc<Bpe> {
        let bytes = (0..=u8::MAX).map(|byte| vec![byte]);
        let words = ["go", "od", " m", "aa", "good", "aaaa", " of", " you", " all", "al", "or", "ing"];
        let tokens = bytes.chain(words.map(|word| word.as_bytes().to_vec()));
        let tokens: Vec<(u32, Vec<u8>)> = (1000..).zip(tokens).collect();
        Arc::new(Bpe::of_ranks(Pattern::Cl100k { digits: 3 }, &tokens).unwrap())
    }

    fn wordpiece() -> Arc<WordPiece> {
        let tokens =
            ["?", "good", "##s", "of", "you", "all", "!", "it", "'", "s", "2026", "aaa", "##a", "##aaa"];
        let normalizer =
            Normalizer { clean_text: true, handle_chinese_chars: true, strip_accents: None, lowercase: true };
        let description = Description {
            tokens: tokens.into_iter().zip(0..).collect(),
            unknown: 0,
            continuing_subword_prefix: "##",
            max_input_chars_per_word: 100,
            normalizer,
        };
        Arc::new(WordPiece::new(&description).unwrap())
    }

    type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

    /// A model with one layer of seeded weights, that `change` changes.
    fn encoder(inside: usize, change: impl FnOnce(&mut Tensors)) -> Arc<Encoder> {
        let config = Config {
            vocabulary: 100,
            positions: 70,
            first_position: 0,
            types: 1,
            hidden: 32,
            layers: 1,
            heads: 2,
            intermediate: inside,
            norm_epsilon: 1e-12,
            pooling: Pooling::Mean,
            normalized: true,
        };
        let mut word = 1_u32;
        let mut tensors = Tensors::new();
        let mut add = |name: &str, shape: &[usize], around: f32| {
            let by = if shape.len() == 2 { 2.0 / (shape[1] as f32).sqrt() } else { 0.3 };
            let mut number = || {
                word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                around + by * ((word >> 8) as f32 / (1 << 23) as f32 - 1.0)
            };
            let values: Vec<f32> = (0..shape.iter().product()).map(|_| number()).collect();
            tensors.insert(name.to_owned(), (shape.to_vec(), values));
        };
        for (name, rows) in [("word", 100), ("position", 70), ("token_type", 1)] {
            add(&format!("embeddings.{name}_embeddings.weight"), &[rows, 32], 0.0);
        }
        for (name, outputs, inputs, around) in [
            ("attention.self.query", 32, 32, 0.0),
            ("attention.self.key", 32, 32, 0.0),
            ("attention.self.value", 32, 32, 0.0),
            ("attention.output.dense", 32, 32, 0.0),
            ("intermediate.dense", inside, 32, 0.0),
            ("output.dense", 32, inside, 0.0),
        ] {
            add(&format!("encoder.layer.0.{name}.weight"), &[outputs, inputs], 0.0);
            add(&format!("encoder.layer.0.{name}.bias"), &[outputs], around);
        }
        for name in ["embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"]
            .map(|at| format!("{at}.LayerNorm"))
        {
            add(&format!("{name}.weight"), &[32], 1.0);
            add(&format!("{name}.bias"), &[32], 0.0);
        }
        change(&mut tensors);
        let tensor = |name: &str| tensors.get(name).map(|(shape, values)| Tensor { shape, values });
        Arc::new(Encoder::new(&config, tensor).unwrap())
    }

    /// Texts of `from` tokens and more.
    fn tokens(count: usize, from: usize) -> Vec<Vec<u32>> {
        (0..count)
            .map(|text| (0..from + text % 7).map(|at| ((text * 31 + at * at * 7) % 100) as u32).collect())
            .collect()
    }

    /// Asserts that vectors are within the tolerance, prints how far off they are, and counts those that are left: all, where the device fails.
    fn left_of_vectors(encoder: &Encoder, vectors: &GpuVectors<&Gpu>, texts: &[Vec<u32>]) -> usize {
        let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let hidden = encoder.dimensions();
        let (mut found, mut truth) = (vec![f32::NAN; texts.len() * hidden], vec![0.0; texts.len() * hidden]);
        let (mut left, mut worst, mut least) = (Vec::new(), 0.0_f32, 1.0_f64);
        let made = vectors.embed(&texts, &mut found, &mut left);
        if let Err(encoder::Error::Device { why }) = &made {
            println!("no vectors: {why}");
            return texts.len();
        }
        made.unwrap();
        encoder.embed(&texts, &mut encoder::Scratch::default(), &mut truth).unwrap();
        for (at, (found, truth)) in found.chunks_exact(hidden).zip(truth.chunks_exact(hidden)).enumerate() {
            if left.contains(&at) {
                assert!(found.iter().all(|number| number.is_nan()), "text {at} is left and written");
                continue;
            }
            let differences = found.iter().zip(truth).map(|(found, truth)| (found - truth).abs());
            worst = differences.max_by(f32::total_cmp).unwrap().max(worst);
            least = cosine(found, truth).min(least);
        }
        println!("{} vectors within {worst:e}, cosine from {least}", texts.len() - left.len());
        assert!(worst <= 2e-3 && least >= 0.9995);
        left.len()
    }

    /// Asserts that all that a GPU does is right, and prints how much of it the processor did.
    pub(super) fn work() {
        let gpu = Gpu::find().unwrap();
        let given = texts(1500);

        let mut digests = Vec::new();
        let left = gpu_content_hashes(&gpu, given.clone(), &mut digests);
        assert!(digests.into_iter().eq(given.iter().map(|text| content_hash(text.as_bytes()))));
        println!("digests: {left} by the processor");

        let mut bands = Bands::new(BandScheme { alphabetic: 4, dense: 2, bands: 20, rows: 4 }, 7);
        let (mut keys, mut truth) = (Vec::new(), Vec::new());
        let left = GpuBands::new(&gpu, &bands).keys(given.clone(), &mut keys);
        for text in given.iter() {
            bands.keys(&text.chars().map(u32::from).collect::<Vec<_>>(), &mut truth);
        }
        assert_eq!(keys, truth);
        println!("keys: {left} by the processor");

        let bpe = bpe();
        let left = bpe.on_gpu(&gpu).map_or(given.len(), |encoder| left_by(&encoder, &bpe, &given));
        println!("ids: {left} by the processor");

        let wordpiece = wordpiece();
        let mut scratch = Scratch::default();
        let truth = |text: &str, ids: &mut Vec<u32>| wordpiece.encode(text, &mut scratch, ids);
        let left = wordpiece.on_gpu(&gpu).map_or(given.len(), |encoder| left_of(&encoder, truth, &given));
        println!("pieces: {left} by the processor");

        let (encoder, tokens) = (encoder(48, |_| ()), tokens(300, 1));
        let left =
            encoder.on_gpu(&gpu).map_or(tokens.len(), |vectors| left_of_vectors(&encoder, &vectors, &tokens));
        println!("vectors: {left} by the processor");
        println!("broken: {:?}", gpu.broken());
    }

    fn left_by(encoder: &GpuEncoder<&Gpu>, bpe: &Bpe, texts: &Texts) -> usize {
        let mut truth = bpe.encoder();
        left_of(encoder, |text, ids| truth.encode(text, ids), texts)
    }

    /// Asserts that ids are those that `truth` appends, and counts the texts that are left to it.
    fn left_of(
        encoder: &GpuEncoder<&Gpu>,
        mut truth: impl FnMut(&str, &mut Vec<u32>),
        texts: &Texts,
    ) -> usize {
        let (mut ids, mut places, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        encoder.encode(texts.clone(), &mut ids, &mut places);
        assert_eq!(places.len(), texts.len());
        for (text, place) in texts.iter().zip(&places) {
            expected.clear();
            truth(text, &mut expected);
            assert!(place.clone().is_none_or(|place| ids[place] == expected), "{text}");
        }
        places.iter().filter(|place| place.is_none()).count()
    }

    /// More than fits at once.
    pub(super) fn much() {
        let gpu = Gpu::find().unwrap();
        let mut given = Texts::new();
        for number in 0..60_000 {
            assert!(given.push(&format!("{number}").repeat(30)));
        }
        let mut digests = Vec::new();
        let left = gpu_content_hashes(&gpu, given.clone(), &mut digests);
        assert!(digests.into_iter().eq(given.iter().map(|text| content_hash(text.as_bytes()))));
        println!("digests: {left} by the processor");
    }

    /// More threads than slots.
    pub(super) fn threads() {
        let gpu = Gpu::find().unwrap();
        let bpe = bpe();
        let encoder = bpe.on_gpu(&gpu).unwrap();
        let left: usize = std::thread::scope(|scope| {
            let work = |number: usize| {
                let (bpe, encoder) = (&bpe, &encoder);
                scope.spawn(move || {
                    (0..3)
                        .map(|round| left_by(encoder, bpe, &texts(50 * (number + 1) + round)))
                        .sum::<usize>()
                })
            };
            let all: Vec<_> = (0..8).map(work).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        println!("ids: {left} by the processor");
    }

    /// More than fits at once; by threads that have to wait for each other; and what halves have no room for.
    pub(super) fn vectors() {
        let gpu = Gpu::find().unwrap();
        let encoder_of_many = encoder(1536, |_| ());
        let vectors = encoder_of_many.on_gpu(&gpu).unwrap();
        let many = tokens(120, 60);
        println!("vectors: {} by the processor", left_of_vectors(&encoder_of_many, &vectors, &many));

        let some = encoder(48, |_| ());
        let vectors = some.on_gpu(&gpu).unwrap();
        let left: usize = std::thread::scope(|scope| {
            let (some, vectors) = (&some, &vectors);
            let work =
                |number: usize| scope.spawn(move || left_of_vectors(some, vectors, &tokens(30, 1 + number)));
            let all: Vec<_> = (0..5).map(work).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        println!("of threads: {left} by the processor");

        // A number inside the feed-forward is beyond halves where the first number of a row is about as large as it can be: at place 60.
        let large = encoder(48, |tensors| {
            let mut set = |name: &str, at: usize, value: f32| tensors.get_mut(name).unwrap().1[at] = value;
            set("embeddings.position_embeddings.weight", 60 * 32, 1000.0);
            for name in ["embeddings", "encoder.layer.0.attention.output"] {
                set(&format!("{name}.LayerNorm.weight"), 0, 1.0);
                set(&format!("{name}.LayerNorm.bias"), 0, 0.0);
            }
            set("encoder.layer.0.intermediate.dense.weight", 0, 60_000.0);
            set("encoder.layer.0.intermediate.dense.bias", 0, -130_000.0);
        });
        let vectors = large.on_gpu(&gpu).unwrap();
        let texts = tokens(40, 57);
        let beyond = texts.iter().filter(|text| text.len() > 60).count();
        let left = left_of_vectors(&large, &vectors, &texts);
        println!("beyond halves: {beyond} of {}, {left} by the processor", texts.len());

        let unsuited = encoder(48, |tensors| {
            tensors.get_mut("encoder.layer.0.intermediate.dense.bias").unwrap().1.fill(70_000.0);
        });
        println!("{}", unsuited.on_gpu(&gpu).unwrap_err());
        println!("broken: {:?}", gpu.broken());
    }

    /// Where the real model is, if its folder is known.
    fn minilm_folder() -> Option<PathBuf> {
        let folder = std::env::var_os("TWEETMILL_MINILM").map(PathBuf::from);
        // As it is where the variable was set.
        folder.map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(folder))
    }

    /// A few texts through the real model.
    pub(super) fn minilm() {
        let folder = minilm_folder().unwrap();
        let vocabulary = std::fs::read_to_string(folder.join("vocab.txt")).unwrap();
        let description = Description {
            tokens: vocabulary.lines().zip(0..).collect(),
            unknown: 100,
            continuing_subword_prefix: "##",
            max_input_chars_per_word: 100,
            normalizer: Normalizer {
                clean_text: true,
                handle_chinese_chars: true,
                strip_accents: None,
                lowercase: true,
            },
        };
        let (wordpiece, mut scratch) = (WordPiece::new(&description).unwrap(), Scratch::default());
        let texts = [
            "",
            "good morning all",
            "RT @someone: the train is late again, and nobody says why https://example.com/a1b2c3 #commuting",
            "今日は😂 naïve café 12:30",
        ];
        let tokens = texts.map(|text| {
            let mut ids = vec![101];
            wordpiece.encode(text, &mut scratch, &mut ids);
            ids.push(102);
            ids
        });
        let gpu = Gpu::find().unwrap();
        let encoder = Arc::new(super::minilm::encoder(&folder));
        let vectors = encoder.on_gpu(&gpu).unwrap();
        println!("vectors: {} by the processor", left_of_vectors(&encoder, &vectors, &tokens));
        println!("broken: {:?}", gpu.broken());
    }

    #[test]
    fn a_device_does_all_that_it_is_given() {
        let found = with_fault("find", "");
        assert!(found.contains("found simulated device of 268435456 bytes\n"), "{found}");
        let work = with_fault("work", "");
        for what in [
            "digests: 0 ",
            "keys: 0 ",
            "ids: 0 ",
            "pieces: 0 ",
            "vectors: 0 ",
            "broken: None",
            "the context is given back\n",
        ] {
            assert!(work.contains(what), "{work}");
        }
        assert!(with_fault("threads", "").contains("ids: 0 "));
    }

    #[test]
    fn a_device_that_kernels_are_not_for_is_none() {
        for (fault, why) in [
            ("init:999", "no GPU: the driver doesn't start: CUDA_ERROR_UNKNOWN\n"),
            ("version:12040", "no GPU: the driver knows CUDA 12.4, and kernels are of CUDA 13.0\n"),
            ("capability:75", "no GPU: simulated device has compute capability 7.5, and kernels need 8.0\n"),
            ("memory:1000000", "no GPU: the device gives no memory: CUDA_ERROR_OUT_OF_MEMORY\n"),
        ] {
            let found = with_fault("find", fault);
            assert!(found.contains(why), "{found}");
        }
    }

    /// 256 MiB are eight times a slot's, and an eighth of that is pinned: 4 MiB, of which these texts are some four.
    #[test]
    fn what_does_not_fit_is_done_in_halves() {
        assert!(with_fault("much", "").contains("digests: 0 by the processor"));
    }

    /// Three slots of 16 MiB have room, and a few tables, but not those of the vocabulary.
    #[test]
    fn tables_without_room_leave_their_work_to_the_processor() {
        let work = with_fault("work", &format!("memory:{}", (48 << 20) + 60_000));
        for what in
            ["digests: 0 ", "keys: 0 ", "ids: 1500 ", "pieces: 1500 ", "vectors: 300 ", "broken: None"]
        {
            assert!(work.contains(what), "{work}");
        }
    }

    /// The third launch is the first of those of ids: what came before stays, and all after it is the processor's.
    #[test]
    fn a_device_that_breaks_gets_no_more_work() {
        let work = with_fault("work", "launch:3");
        for what in [
            "digests: 0 ",
            "keys: 0 ",
            "ids: 1500 ",
            "pieces: 1500 ",
            "vectors: 300 ",
            "CUDA_ERROR_ILLEGAL_ADDRESS",
        ] {
            assert!(work.contains(what), "{work}");
        }
        let work = with_fault("work", "launch:1");
        for what in
            ["digests: 1500 ", "keys: 1500 ", "ids: 1500 ", "pieces: 1500 ", "CUDA_ERROR_ILLEGAL_ADDRESS"]
        {
            assert!(work.contains(what), "{work}");
        }
    }

    /// 128 MiB leave a slot 16, and a token of the first model takes 3,456 bytes: 7,557 of them don't fit, and half of them do.
    #[test]
    fn vectors_that_do_not_fit_are_made_in_halves() {
        let found = with_fault("vectors", &format!("memory:{}", 128 << 20));
        for what in [
            "vectors: 0 ",
            "of threads: 0 ",
            "beyond halves: 16 of 40, 16 by the processor",
            "no GPU: half precision doesn't suit the model\n",
            "broken: None",
        ] {
            assert!(found.contains(what), "{found}");
        }
    }

    #[test]
    fn vectors_of_the_real_model_are_within_the_tolerance() {
        if minilm_folder().is_none() {
            let required = std::env::var_os("TWEETMILL_REQUIRE").map(OsString::into_string);
            let is_required =
                required.is_some_and(|names| names.unwrap().split(',').any(|name| name == "minilm"));
            assert!(!is_required, "TWEETMILL_MINILM is not set, and TWEETMILL_REQUIRE names minilm");
            println!("skipped: TWEETMILL_MINILM is not set");
            return;
        }
        let found = with_fault("minilm", "");
        print!("{found}");
        for what in ["vectors: 0 ", "broken: None"] {
            assert!(found.contains(what), "{found}");
        }
    }

    #[test]
    fn what_is_found_wrong_is_not_used() {
        let work = with_fault("work", "wrong:1");
        for what in [
            "digests: 1500 ",
            "keys: 1500 ",
            "ids: 1500 ",
            "pieces: 1500 ",
            "its digests were not those of the processor",
        ] {
            assert!(work.contains(what), "{work}");
        }
        // The digests, the keys, then of the ids where they start, which are left, and the ids.
        for (fault, why) in [
            ("wrong:2", "its keys were not those of the processor"),
            ("wrong:3", "it says of ids that they stand where they can't"),
            ("wrong:5", "its ids were not those of the processor"),
        ] {
            let work = with_fault("work", fault);
            for what in ["digests: 0 ", "ids: 1500 ", "pieces: 1500 ", why] {
                assert!(work.contains(what), "{fault}: {work}");
            }
        }
        // The pieces, the vectors that a model is tried by, and then those of texts.
        for (fault, why) in
            [("wrong:9", "broken: None"), ("wrong:10", "its vectors were not those of the processor")]
        {
            let work = with_fault("work", fault);
            for what in ["ids: 0 ", "pieces: 0 ", "vectors: 300 ", why] {
                assert!(work.contains(what), "{fault}: {work}");
            }
        }
    }
}
