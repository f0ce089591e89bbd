//! Vectors by a simulated device against those of the processor, and its kernels against double precision.

#![expect(clippy::unwrap_used, reason = "tests")]

use half::f16;
use proptest::prelude::*;

use super::super::gpu::is_near;
use super::super::line::{Line, WIDTH};
use super::super::naive::{Model, Seeded, dot, normal, tensor};
use super::super::norm::Norm;
use super::super::{Config, Encoder, Pooling, Scratch};
use super::*;
use crate::machine::Store;
use crate::machine::simulated::{Memory, Simulated};

/// With places for longer texts.
fn tiny() -> Config {
    Config { positions: 70, ..super::super::tests::tiny() }
}

/// Shapes that are and aren't multiples of what blocks, warps and lanes do.
fn shapes() -> [Config; 7] {
    [
        tiny(),
        Config { pooling: Pooling::First, normalized: false, ..tiny() },
        Config { hidden: 39, heads: 3, intermediate: 17, first_position: 2, types: 1, ..tiny() },
        Config { hidden: 64, heads: 1, intermediate: 401, layers: 1, norm_epsilon: 1e-5, ..tiny() },
        Config { hidden: 200, heads: 4, intermediate: 33, layers: 1, ..tiny() },
        Config { hidden: 256, heads: 2, intermediate: 160, layers: 1, ..tiny() },
        Config { hidden: 96, heads: 3, intermediate: 192, layers: 4, ..tiny() },
    ]
}

fn texts(model: &Model, lengths: &[usize]) -> Vec<Vec<u32>> {
    (1..).zip(lengths).map(|(seed, tokens)| model.text(*tokens, seed)).collect()
}

fn slices(texts: &[Vec<u32>]) -> Vec<&[u32]> {
    texts.iter().map(Vec::as_slice).collect()
}

fn truth(encoder: &Encoder, texts: &[&[u32]]) -> Vec<f32> {
    let mut vectors = vec![0.0; texts.len() * encoder.dimensions()];
    encoder.embed(texts, &mut Scratch::default(), &mut vectors).unwrap();
    vectors
}

fn embedded(mut machine: Simulated, encoder: &Encoder, texts: &[&[u32]]) -> Result<Vec<f32>, Failure> {
    let there = EncoderThere::new(&mut machine, encoder)?.unwrap();
    there.start(&mut machine, &Tokens::new(texts).unwrap())?.finish(&mut machine)
}

fn bits(vectors: &[f32]) -> Vec<u32> {
    vectors.iter().map(|value| value.to_bits()).collect()
}

/// Asserts that each of the vectors is within the tolerance.
fn assert_near(encoder: &Encoder, texts: &[&[u32]], vectors: &[f32]) {
    let truth = truth(encoder, texts);
    let hidden = encoder.dimensions();
    assert_eq!(vectors.len(), truth.len());
    for ((text, vector), truth) in
        texts.iter().zip(vectors.chunks_exact(hidden)).zip(truth.chunks_exact(hidden))
    {
        assert!(is_near(vector, truth), "{} tokens, {:?}", text.len(), encoder.config());
    }
}

#[test]
fn vectors_are_within_the_tolerance_of_the_processors() {
    for (seed, config) in (0..).zip(shapes()) {
        let model = Model::new(config, seed);
        let encoder = model.encoder();
        let texts = texts(&model, &[1, 2, 16, 17, 31, 33, 64, 65]);
        let texts = slices(&texts);
        for machine in [Simulated::new(seed), Simulated::interleaved(seed)] {
            assert_near(&encoder, &texts, &embedded(machine, &encoder, &texts).unwrap());
        }
    }
}

#[test]
fn texts_of_hundreds_of_tokens_are_embedded_whole() {
    let model = Model::new(Config { positions: 512, ..tiny() }, 1);
    let encoder = model.encoder();
    let texts = texts(&model, &[512, 1, 257, 511]);
    let texts = slices(&texts);
    for machine in [Simulated::new(1), Simulated::interleaved(2)] {
        assert_near(&encoder, &texts, &embedded(machine, &encoder, &texts).unwrap());
    }
}

/// Nor on the order of threads.
#[test]
fn a_vector_is_the_same_in_groups_of_other_texts() {
    let model =
        Model::new(Config { positions: 512, hidden: 16, heads: 1, intermediate: 16, layers: 1, ..tiny() }, 1);
    let encoder = model.encoder();
    let lengths: Vec<usize> = (0..24).map(|text| 300 + text * 97 % 200).chain([1, 2, 3]).collect();
    let starts: Vec<u32> = std::iter::once(0)
        .chain(lengths.iter().scan(0, |end, length| {
            *end += *length as u32;
            Some(*end)
        }))
        .collect();
    let groups = Group::all(&starts);
    assert!(groups.len() == 2 && groups.iter().all(|group| group.tokens <= GROUP));
    let texts = texts(&model, &lengths);
    let texts = slices(&texts);
    let vectors = embedded(Simulated::new(1), &encoder, &texts).unwrap();
    for at in [0, 19, 20, 25, 26] {
        let alone = embedded(Simulated::new(2), &encoder, &texts[at..=at]).unwrap();
        assert_eq!(bits(&alone), bits(&vectors[at * 16..(at + 1) * 16]), "text {at}");
    }
}

#[test]
fn groups_have_all_texts_once_and_no_more_tokens_than_they_may() {
    let lengths = [8000, 192, 1, 9000, 1, 8191, 1, 1, 17];
    let mut starts = vec![0];
    for length in lengths {
        starts.push(starts.last().unwrap() + length);
    }
    let groups = Group::all(&starts);
    let found: Vec<_> = groups.iter().map(|group| (group.first, group.texts, group.tokens)).collect();
    assert_eq!(found, [(0, 2, 8192), (2, 1, 1), (3, 1, 9000), (4, 2, 8192), (6, 3, 19)]);
    assert_eq!(groups[4].parts, [6, 0, 7, 0, 8, 0, 8, 16]);
    assert_eq!(Group::all(&[0]), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_vector_depends_on_its_text_only(
        lengths in prop::collection::vec(1_usize..70, 1..8),
        cut in 0_usize..8,
        pooling in prop::sample::select(vec![Pooling::Mean, Pooling::First]),
        seed: u64,
    ) {
        let model = Model::new(Config { pooling, layers: 1, ..tiny() }, 5);
        let encoder = model.encoder();
        let texts = texts(&model, &lengths);
        let texts = slices(&texts);
        let of = |machine, texts: &[&[u32]]| bits(&embedded(machine, &encoder, texts).unwrap());
        let alone: Vec<u32> = texts.iter().flat_map(|text| of(Simulated::new(seed), &[*text])).collect();
        prop_assert!(of(Simulated::interleaved(seed), &texts) == alone);

        let (left, right) = texts.split_at(cut.min(texts.len()));
        let parts = [left, right].map(|texts| of(Simulated::new(seed ^ 1), texts));
        prop_assert!(parts.concat() == alone);

        let backwards: Vec<&[u32]> = texts.iter().rev().copied().collect();
        let turned = of(Simulated::new(seed ^ 2), &backwards);
        let turned: Vec<u32> = turned.chunks_exact(48).rev().flatten().copied().collect();
        prop_assert!(turned == alone);
    }
}

/// Numbers that halves have, of about the size of a model's.
fn some_halves(seeded: &mut Seeded, count: usize) -> Vec<f32> {
    (0..count).map(|_| f16::from_f32(2.0 * seeded.number()).to_f32()).collect()
}

fn keep_halves(machine: &mut Simulated, values: &[f32]) -> Memory {
    let halves: Vec<u16> = values.iter().map(|value| f16::from_f32(*value).to_bits()).collect();
    machine.keep(&halves).unwrap()
}

fn halves_of(machine: &mut Simulated, memory: &Memory, count: usize) -> Vec<f64> {
    let mut halves = vec![0_u16; count];
    machine.download(memory, &mut halves).unwrap();
    halves.into_iter().map(|half| f16::from_bits(half).to_f64()).collect()
}

fn lines_of(values: &[f32]) -> Vec<Line> {
    values.chunks(WIDTH).map(Line::of).collect()
}

fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

/// Asserts that each of what was found is its truth, rounded to a half, but for so much.
fn assert_halves(found: &[f64], truth: &[f64], error: f64) {
    assert_eq!(found.len(), truth.len());
    for (at, (found, truth)) in found.iter().zip(truth).enumerate() {
        let allowed = truth.abs() * 2.0_f64.powi(-11) + error;
        assert!((found - truth).abs() <= allowed, "{found}, not {truth}, at {at}");
    }
}

#[test]
fn a_product_is_that_of_double_precision_in_halves() {
    let mut seeded = Seeded(1);
    for (rows, depth, columns) in
        [(1, 64, 16), (3, 128, 80), (127, 64, 64), (128, 192, 16), (129, 64, 144), (300, 64, 64)]
    {
        let left = some_halves(&mut seeded, rows * depth);
        let right = some_halves(&mut seeded, columns * depth);
        let bias: Vec<f32> = (0..columns).map(|_| seeded.number()).collect();
        for mut machine in Simulated::several(1) {
            let weights = |output: usize| right[output * depth..(output + 1) * depth].to_vec();
            let linear = LinearThere::new(&mut machine, &lines_of(&bias), weights).unwrap().unwrap();
            assert_eq!(linear.depth as usize, depth);
            let there = keep_halves(&mut machine, &left);
            let wide = linear.columns as usize;
            for is_gelu in [false, true] {
                let out = machine.memory(rows * wide * 2).unwrap();
                linear.apply(&mut machine, &there, rows as u32, is_gelu, &out).unwrap();
                let found = halves_of(&mut machine, &out, rows * wide);
                let truth: Vec<f64> = (0..rows * wide)
                    .map(|at| {
                        let (row, column) = (at / wide, at % wide);
                        if column >= columns {
                            return 0.0;
                        }
                        let inputs = doubles(&left[row * depth..(row + 1) * depth]);
                        let sum = dot(&inputs, &doubles(&weights(column))) + f64::from(bias[column]);
                        if is_gelu { sum * normal(sum.clamp(-12.0, 12.0)) } else { sum }
                    })
                    .collect();
                assert_halves(&found, &truth, 1e-4);
            }
        }
    }
}

#[test]
fn attention_is_that_of_double_precision_in_halves() {
    for (hidden, heads) in [(48, 3), (39, 3), (128, 1), (130, 2)] {
        let model = Model::new(Config { hidden, heads, layers: 1, ..tiny() }, 1);
        let encoder = model.encoder();
        let lengths = [33, 1, 70, 32, 16];
        let texts = texts(&model, &lengths);
        let tokens = Tokens::new(&slices(&texts)).unwrap();
        let count: usize = lengths.iter().sum();
        for mut machine in Simulated::several(1) {
            let there = EncoderThere::new(&mut machine, &encoder).unwrap().unwrap();
            let layer = &there.layers[0];
            let (stride, mixed_stride) = (layer.project.columns as usize, layer.gather.depth as usize);
            let head = there.sizes.head as usize;
            let projected = some_halves(&mut Seeded(7), count * stride);
            let groups = Group::all(tokens.starts());
            let room = there.room(&mut machine, count as u32).unwrap();
            let room = Room { inner: keep_halves(&mut machine, &projected), ..room };
            let known = TokensThere {
                ids: machine.keep(tokens.ids()).unwrap(),
                starts: machine.keep(tokens.starts()).unwrap(),
            };
            let parts = machine.keep(&groups[0].parts).unwrap();
            layer.attend(&mut machine, there.sizes, &groups[0], &known, &parts, &room).unwrap();
            let found = halves_of(&mut machine, &room.mixed, count * mixed_stride);

            let part = |token: usize, which: usize, at: usize| {
                doubles(&projected[token * stride + (which * heads + at) * head..][..head])
            };
            let mut truth = vec![0.0; count * mixed_stride];
            let mut first = 0;
            for length in lengths {
                let all = first..first + length;
                for (query, at) in all.clone().flat_map(|query| (0..heads).map(move |at| (query, at))) {
                    let score = |key| {
                        (dot(&part(query, 0, at), &part(key, 1, at)) * f64::from(there.sizes.scale)).exp()
                    };
                    let sum: f64 = all.clone().map(score).sum();
                    for key in all.clone() {
                        for (to, value) in (0..).zip(part(key, 2, at)) {
                            truth[query * mixed_stride + at * head + to] += score(key) / sum * value;
                        }
                    }
                }
                first += length;
            }
            assert_halves(&found, &truth, 1e-5);
        }
    }
}

#[test]
fn rows_are_added_and_normalised_as_in_double_precision() {
    for (hidden, count) in [(5, 1), (39, 9), (64, 130), (401, 6)] {
        let mut seeded = Seeded(3);
        let wide = usize::next_multiple_of(hidden, 64);
        let zeroed = |values: Vec<f32>| -> Vec<f32> {
            values
                .iter()
                .enumerate()
                .map(|(at, value)| if at % wide < hidden { *value } else { 0.0 })
                .collect()
        };
        let rows = zeroed(some_halves(&mut seeded, count * wide));
        let more = zeroed(some_halves(&mut seeded, count * wide));
        let (gamma, beta) = (some_halves(&mut seeded, hidden), some_halves(&mut seeded, hidden));
        let norm = Norm { gamma: lines_of(&gamma), beta: lines_of(&beta), epsilon: 1e-5, values: hidden };
        let sizes = Sizes {
            hidden: hidden as u32,
            wide: wide as u32,
            heads: 1,
            head: 0,
            scale: 1.0,
            epsilon: 1e-5,
            is_first: false,
            is_normalized: false,
        };
        let truth: Vec<f64> = (0..count)
            .flat_map(|row| {
                let sums: Vec<f64> = (0..hidden)
                    .map(|at| f64::from(rows[row * wide + at]) + f64::from(more[row * wide + at]))
                    .collect();
                let mean = sums.iter().sum::<f64>() / hidden as f64;
                let variance = sums.iter().map(|sum| (sum - mean).powi(2)).sum::<f64>() / hidden as f64;
                let by = 1.0 / (variance + 1e-5).sqrt();
                let (gamma, beta) = (doubles(&gamma), doubles(&beta));
                let one = move |at: usize| {
                    if at < hidden { (sums[at] - mean) * by * gamma[at] + beta[at] } else { 0.0 }
                };
                (0..wide).map(one).collect::<Vec<f64>>()
            })
            .collect();
        for mut machine in Simulated::several(1) {
            let there = NormThere::new(&mut machine, &norm, wide).unwrap();
            let (rows, more) = (keep_halves(&mut machine, &rows), keep_halves(&mut machine, &more));
            there.add(&mut machine, sizes, &rows, &more, count as u32).unwrap();
            assert_halves(&halves_of(&mut machine, &rows, count * wide), &truth, 1e-5);
        }
    }
}

/// What a model gives where halves have no room for what is between.
#[test]
fn a_number_beyond_halves_leaves_no_vector() {
    let config = Config { layers: 2, ..tiny() };
    for name in ["attention.self.key", "attention.self.value", "intermediate.dense", "output.dense"] {
        let mut model = Model::new(config.clone(), 1);
        let bias = model.tensors.get_mut(&format!("encoder.layer.0.{name}.bias")).unwrap();
        bias.1[3] = 70_000.0;
        let encoder = Encoder::new(&model.config, |name| tensor(&model.tensors, name)).unwrap();
        let texts = texts(&model, &[1, 40]);
        let texts = slices(&texts);
        assert!(truth(&encoder, &texts).iter().all(|number| number.is_finite()));
        let vectors = embedded(Simulated::new(1), &encoder, &texts).unwrap();
        assert!(
            vectors.chunks_exact(48).all(|vector| vector.iter().any(|number| !number.is_finite())),
            "{name}"
        );
    }
}

#[test]
fn a_model_that_kernels_are_not_for_is_refused() {
    let refused =
        |model: &Model| EncoderThere::new(&mut Simulated::new(0), &model.encoder()).unwrap().is_none();
    let of = |config| Model::new(config, 1);
    assert!(!refused(&of(Config { hidden: 128, heads: 1, layers: 1, ..tiny() })));
    assert!(refused(&of(Config { hidden: 129, heads: 1, layers: 1, ..tiny() })));
    assert!(refused(&of(Config { hidden: 3088, heads: 193, layers: 1, intermediate: 1, ..tiny() })));
    let tensors = ["embeddings.word_embeddings.weight", "encoder.layer.1.intermediate.dense.weight"];
    for name in tensors {
        let mut model = of(tiny());
        model.tensors.get_mut(name).unwrap().1[11] = -65_519.0;
        assert!(!refused(&model), "{name}");
        model.tensors.get_mut(name).unwrap().1[11] = -65_521.0;
        assert!(refused(&model), "{name}");
    }
}

/// A key beyond the end of a text that counts.
#[test]
fn a_mask_one_off_is_found() {
    let model = Model::new(tiny(), 1);
    let encoder = model.encoder();
    let text = model.text(5, 1);
    let truth = truth(&encoder, &[&text]);
    for seed in 0..5 {
        assert!(is_near(&embedded(Simulated::new(seed), &encoder, &[&text]).unwrap(), &truth));
        let wrong = embedded(Simulated::new(seed).with_bug("mask_one_off"), &encoder, &[&text]).unwrap();
        assert!(!is_near(&wrong, &truth));
    }
}

/// A product that begins before all of its inputs are there, and attention that does.
#[test]
fn a_missing_barrier_is_found() {
    let model = Model::new(tiny(), 1);
    let encoder = model.encoder();
    let texts = texts(&model, &[20, 40]);
    let texts = slices(&texts);
    let right = bits(&embedded(Simulated::new(0), &encoder, &texts).unwrap());
    for seed in 0..10 {
        assert_eq!(bits(&embedded(Simulated::new(seed), &encoder, &texts).unwrap()), right);
        for bug in ["hasty_keys", "hasty_stage"] {
            let wrong = embedded(Simulated::new(seed).with_bug(bug), &encoder, &texts).unwrap();
            assert_ne!(bits(&wrong), right, "{bug}");
        }
    }
}
