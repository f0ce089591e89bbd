//! What the process of a case does where the device is simulated: it prints what was done by whom.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tweetmill_kernels::Texts;
use tweetmill_kernels::bpe::{Bpe, Pattern};
use tweetmill_kernels::device::{Gpu, GpuEncoder};
use tweetmill_kernels::encoder::{self, Config, Encoder, GpuVectors, Pooling, Tensor, cosine};
use tweetmill_kernels::hash::{content_hash, gpu_content_hashes};
use tweetmill_kernels::near::{BandScheme, Bands, GpuBands};
use tweetmill_kernels::wordpiece::{Description, Normalizer, Scratch, WordPiece};

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
        let text: String = (0..number % 7).map(|at| pieces[(number * 5 + at * at) % pieces.len()]).collect();
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
    let tokens = ["?", "good", "##s", "of", "you", "all", "!", "it", "'", "s", "2026", "aaa", "##a", "##aaa"];
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
fn left_of(encoder: &GpuEncoder<&Gpu>, mut truth: impl FnMut(&str, &mut Vec<u32>), texts: &Texts) -> usize {
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
                (0..3).map(|round| left_by(encoder, bpe, &texts(50 * (number + 1) + round))).sum::<usize>()
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
pub(super) fn minilm_folder() -> Option<PathBuf> {
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
