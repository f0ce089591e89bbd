//! The encoder against a naive one in double precision, and against itself.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What single precision may be off, in a vector of a small model.
const TOLERANCE: f64 = 1e-5;

/// SplitMix64, as numbers from −1 to 1.
struct Seeded(u64);

impl Seeded {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    fn number(&mut self) -> f32 {
        (self.word() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A model of seeded weights, of about the sizes that trained ones have.
struct Model {
    config: Config,
    tensors: Tensors,
}

impl Model {
    fn new(config: Config, seed: u64) -> Self {
        let (hidden, intermediate) = (config.hidden, config.intermediate);
        let mut seeded = Seeded(seed);
        let mut tensors = Tensors::new();
        let mut add = |name: String, shape: &[usize], around: f32, by: f32| {
            let values = (0..shape.iter().product()).map(|_| around + by * seeded.number()).collect();
            tensors.insert(name, (shape.to_vec(), values));
        };
        for (name, rows) in
            [("word", config.vocabulary), ("position", config.positions), ("token_type", config.types)]
        {
            add(format!("embeddings.{name}_embeddings.weight"), &[rows, hidden], 0.0, 1.0);
        }
        let mut norms = vec!["embeddings.LayerNorm".to_owned()];
        for layer in 0..config.layers {
            let prefix = format!("encoder.layer.{layer}");
            for (name, outputs, inputs) in [
                ("attention.self.query", hidden, hidden),
                ("attention.self.key", hidden, hidden),
                ("attention.self.value", hidden, hidden),
                ("attention.output.dense", hidden, hidden),
                ("intermediate.dense", intermediate, hidden),
                ("output.dense", hidden, intermediate),
            ] {
                let by = 2.0 / (inputs as f32).sqrt();
                add(format!("{prefix}.{name}.weight"), &[outputs, inputs], 0.0, by);
                add(format!("{prefix}.{name}.bias"), &[outputs], 0.0, 0.3);
            }
            norms.push(format!("{prefix}.attention.output.LayerNorm"));
            norms.push(format!("{prefix}.output.LayerNorm"));
        }
        for name in norms {
            add(format!("{name}.weight"), &[hidden], 1.0, 0.3);
            add(format!("{name}.bias"), &[hidden], 0.0, 0.3);
        }
        Self { config, tensors }
    }

    fn encoder(&self) -> Encoder {
        Encoder::new(&self.config, |name| tensor(&self.tensors, name)).unwrap()
    }

    fn values(&self, name: &str) -> Vec<f64> {
        self.tensors[name].1.iter().map(|value| f64::from(*value)).collect()
    }

    /// A text of seeded tokens.
    fn text(&self, tokens: usize, seed: u64) -> Vec<u32> {
        let mut seeded = Seeded(seed);
        (0..tokens).map(|_| (seeded.word() % self.config.vocabulary as u64) as u32).collect()
    }

    fn linear(&self, name: &str, rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let (weight, bias) = (self.values(&format!("{name}.weight")), self.values(&format!("{name}.bias")));
        let apply = |row: &Vec<f64>| {
            let outputs = weight.chunks_exact(row.len()).zip(&bias);
            outputs.map(|(weights, bias)| dot(weights, row) + bias).collect()
        };
        rows.iter().map(apply).collect()
    }

    fn add_norm(&self, name: &str, rows: &mut [Vec<f64>], more: &[Vec<f64>]) {
        let (gamma, beta) = (self.values(&format!("{name}.weight")), self.values(&format!("{name}.bias")));
        for (row, more) in rows.iter_mut().zip(more) {
            let sum: Vec<f64> = row.iter().zip(more).map(|(left, right)| left + right).collect();
            let count = sum.len() as f64;
            let mean = sum.iter().sum::<f64>() / count;
            let variance = sum.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
            let by = 1.0 / (variance + f64::from(self.config.norm_epsilon)).sqrt();
            *row = (0..row.len()).map(|at| (sum[at] - mean) * by * gamma[at] + beta[at]).collect();
        }
    }

    /// The vector of `text`, as the papers have it.
    fn truth(&self, text: &[u32]) -> Vec<f64> {
        let Config { hidden, heads, first_position, .. } = self.config;
        let row = |name: &str, at: usize| {
            self.values(&format!("embeddings.{name}_embeddings.weight"))[at * hidden..][..hidden].to_vec()
        };
        let mut rows: Vec<Vec<f64>> = text.iter().map(|token| row("word", *token as usize)).collect();
        let places: Vec<Vec<f64>> = (0..text.len())
            .map(|at| {
                row("position", first_position + at)
                    .iter()
                    .zip(row("token_type", 0))
                    .map(|(a, b)| a + b)
                    .collect()
            })
            .collect();
        self.add_norm("embeddings.LayerNorm", &mut rows, &places);
        let size = hidden / heads;
        for layer in 0..self.config.layers {
            let name = |part: &str| format!("encoder.layer.{layer}.{part}");
            let [queries, keys, values] = ["query", "key", "value"]
                .map(|part| self.linear(&name(&format!("attention.self.{part}")), &rows));
            let mut mixed = vec![vec![0.0; hidden]; rows.len()];
            for head in 0..heads {
                let part = head * size..(head + 1) * size;
                for (query, mixed) in queries.iter().zip(&mut mixed) {
                    let scores = keys.iter().map(|key| {
                        (dot(&query[part.clone()], &key[part.clone()]) / (size as f64).sqrt()).exp()
                    });
                    let scores: Vec<f64> = scores.collect();
                    let sum: f64 = scores.iter().sum();
                    for (score, value) in scores.iter().zip(&values) {
                        for at in part.clone() {
                            mixed[at] += score / sum * value[at];
                        }
                    }
                }
            }
            let more = self.linear(&name("attention.output.dense"), &mixed);
            self.add_norm(&name("attention.output.LayerNorm"), &mut rows, &more);
            let mut inner = self.linear(&name("intermediate.dense"), &rows);
            for value in inner.iter_mut().flatten() {
                *value *= normal(*value);
            }
            let more = self.linear(&name("output.dense"), &inner);
            self.add_norm(&name("output.LayerNorm"), &mut rows, &more);
        }
        let pooled = match self.config.pooling {
            Pooling::Mean => rows.len(),
            Pooling::First => 1,
        };
        let mut vector: Vec<f64> = (0..hidden)
            .map(|at| rows[..pooled].iter().map(|row| row[at]).sum::<f64>() / pooled as f64)
            .collect();
        if self.config.normalized {
            let length = dot(&vector, &vector).sqrt();
            for value in &mut vector {
                *value /= length;
            }
        }
        vector
    }
}

fn tensor<'a>(tensors: &'a Tensors, name: &str) -> Option<Tensor<'a>> {
    tensors.get(name).map(|(shape, values)| Tensor { shape, values })
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// Φ(x), by the series ½ + φ(x)·Σ x²ⁿ⁺¹ / (1·3·5…(2n + 1)) (Abramowitz and Stegun, 26.2.11).
fn normal(x: f64) -> f64 {
    let (mut term, mut sum) = (x, 0.0);
    for n in 1..400 {
        sum += term;
        term *= x * x / f64::from(2 * n + 1);
    }
    0.5 + sum * (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

fn tiny() -> Config {
    Config {
        vocabulary: 50,
        positions: 40,
        first_position: 0,
        types: 2,
        hidden: 48,
        layers: 2,
        heads: 3,
        intermediate: 80,
        norm_epsilon: 1e-12,
        pooling: Pooling::Mean,
        normalized: true,
    }
}

/// Shapes that leave no line, panel, part or head even.
fn odd_shapes() -> Vec<Config> {
    vec![
        tiny(),
        Config { pooling: Pooling::First, normalized: false, ..tiny() },
        Config { hidden: 39, heads: 3, intermediate: 17, first_position: 2, types: 1, ..tiny() },
        Config { hidden: 5, heads: 1, intermediate: 1, layers: 1, norm_epsilon: 1e-5, ..tiny() },
        Config { hidden: 64, heads: 2, intermediate: 401, layers: 1, ..tiny() },
        Config { hidden: 400, heads: 8, intermediate: 33, layers: 1, ..tiny() },
        Config { hidden: 256, heads: 4, intermediate: 800, layers: 1, ..tiny() },
    ]
}

fn embed(encoder: &Encoder, texts: &[&[u32]]) -> Vec<f32> {
    let mut vectors = vec![f32::NAN; texts.len() * encoder.config().hidden];
    encoder.embed(texts, &mut Scratch::default(), &mut vectors).unwrap();
    vectors
}

fn bits(vectors: &[f32]) -> Vec<u32> {
    vectors.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn vectors_are_those_of_a_naive_encoder_in_double_precision() {
    for (seed, config) in odd_shapes().into_iter().enumerate() {
        let model = Model::new(config, seed as u64);
        let encoder = model.encoder();
        let texts: Vec<Vec<u32>> =
            [1, 2, 3, 12, 13, 16, 17, 31, 38].map(|tokens| model.text(tokens, tokens as u64)).into();
        let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let vectors = embed(&encoder, &texts);
        for (text, vector) in texts.iter().zip(vectors.chunks_exact(model.config.hidden)) {
            for (value, truth) in vector.iter().zip(model.truth(text)) {
                let error = (f64::from(*value) - truth).abs();
                assert!(error <= TOLERANCE, "{error:e} with {} tokens, {:?}", text.len(), model.config);
            }
        }
    }
}

#[test]
fn every_set_of_instructions_has_the_same_bits() {
    for (seed, config) in odd_shapes().into_iter().enumerate() {
        let model = Model::new(config, seed as u64);
        let texts: Vec<Vec<u32>> = (1..38).map(|tokens| model.text(tokens, 7)).collect();
        let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let truth = bits(&embed(&model.encoder().with(InstructionSet::Portable).unwrap(), &texts));
        for set in InstructionSet::available() {
            let encoder = model.encoder().with(set).unwrap();
            assert_eq!(encoder.instruction_set(), set);
            assert!(bits(&embed(&encoder, &texts)) == truth, "{} differs for {:?}", set.name(), model.config);
        }
    }
}

#[test]
fn bits_are_those_that_were_published() {
    let model = Model::new(Config { layers: 1, ..tiny() }, 1);
    let vectors = embed(&model.encoder(), &[&model.text(20, 1)]);
    let digest = crate::hash::content_hash(
        &bits(&vectors).iter().flat_map(|bits| bits.to_le_bytes()).collect::<Vec<_>>(),
    );
    assert_eq!(format!("{digest:032x}"), "85b41b6fd53c67dd1af0d8960aa8248f");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_vector_depends_on_its_text_only(
        lengths in prop::collection::vec(1_usize..38, 1..30),
        seed in any::<u64>(),
        cut in 0_usize..30,
        threads in 1_usize..4,
    ) {
        let model = Model::new(Config { layers: 1, ..tiny() }, 5);
        let encoder = model.encoder();
        let texts: Vec<Vec<u32>> =
            lengths.iter().enumerate().map(|(at, tokens)| model.text(*tokens, seed.wrapping_add(at as u64))).collect();
        let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let hidden = model.config.hidden;
        let alone: Vec<u32> = texts.iter().flat_map(|text| bits(&embed(&encoder, &[text]))).collect();
        prop_assert!(bits(&embed(&encoder, &texts)) == alone);

        let (left, right) = texts.split_at(cut.min(texts.len()));
        prop_assert!(bits(&[embed(&encoder, left), embed(&encoder, right)].concat()) == alone);

        let backwards: Vec<&[u32]> = texts.iter().rev().copied().collect();
        let turned = embed(&encoder, &backwards);
        let turned: Vec<u32> = turned.chunks_exact(hidden).rev().flat_map(bits).collect();
        prop_assert!(turned == alone);

        let mut vectors = vec![0.0; alone.len()];
        let share = texts.len().div_ceil(threads);
        std::thread::scope(|scope| {
            for (texts, vectors) in texts.chunks(share).zip(vectors.chunks_mut(share * hidden)) {
                let encoder = &encoder;
                scope.spawn(move || encoder.embed(texts, &mut Scratch::default(), vectors).unwrap());
            }
        });
        prop_assert!(bits(&vectors) == alone);
    }
}

#[test]
fn used_memory_leaves_no_trace() {
    let model = Model::new(tiny(), 3);
    let encoder = model.encoder();
    let (long, short) = (model.text(38, 1), model.text(2, 2));
    let mut scratch = Scratch::default();
    let mut vector = vec![0.0; model.config.hidden];
    for text in [&long, &short, &long, &short] {
        encoder.embed(&[text], &mut scratch, &mut vector).unwrap();
        assert_eq!(bits(&vector), bits(&embed(&encoder, &[text])));
    }
}

#[test]
fn a_missing_tensor_is_named() {
    let mut model = Model::new(tiny(), 1);
    model.tensors.remove("encoder.layer.1.output.LayerNorm.bias");
    let error = Encoder::new(&model.config, |name| tensor(&model.tensors, name)).unwrap_err();
    assert_eq!(error.to_string(), "the model has no tensor encoder.layer.1.output.LayerNorm.bias");
}

#[test]
fn every_tensor_is_needed_in_its_shape_and_whole() {
    let model = Model::new(tiny(), 1);
    for name in model.tensors.keys() {
        let (shape, values) = &model.tensors[name];
        let other: Vec<usize> = shape.iter().map(|size| size + 1).collect();
        let with = |changed: Option<Tensor<'_>>| {
            let weights = |asked: &str| if asked == name { changed } else { tensor(&model.tensors, asked) };
            Encoder::new(&model.config, weights).unwrap_err()
        };
        assert_eq!(with(None), Error::Missing { name: name.clone() });
        let misshapen =
            Error::Misshapen { name: name.clone(), expected: shape.clone(), found: other.clone() };
        assert_eq!(with(Some(Tensor { shape: &other, values })), misshapen);
        let incomplete =
            Error::Incomplete { name: name.clone(), shape: shape.clone(), values: values.len() - 1 };
        assert_eq!(with(Some(Tensor { shape, values: &values[1..] })), incomplete);
    }
}

#[test]
fn sizes_that_no_model_has_are_refused() {
    let none = |_: &str| None;
    let error = |config: Config| Encoder::new(&config, none).unwrap_err().to_string();
    assert_eq!(error(Config { layers: 0, ..tiny() }), "the model has no layers: at least 1 is needed");
    assert_eq!(error(Config { heads: 5, ..tiny() }), "48 numbers a token can't be shared by 5 heads");
    assert!(error(Config { first_position: 40, ..tiny() }).contains("positions after the first"));
}

#[test]
fn texts_that_a_model_can_not_take_are_refused() {
    let model = Model::new(tiny(), 1);
    let encoder = model.encoder();
    let refused = |text: &[u32]| {
        let mut vectors = vec![0.0; 2 * model.config.hidden];
        encoder.embed(&[&[1, 2], text], &mut Scratch::default(), &mut vectors).unwrap_err()
    };
    assert_eq!(refused(&[]), Error::NoTokens { text: 1 });
    assert_eq!(refused(&[0; 41]), Error::TooLong { text: 1, tokens: 41, longest: 40 });
    assert_eq!(refused(&[49, 50]), Error::UnknownToken { text: 1, at: 1, token: 50, vocabulary: 50 });
    assert_eq!(embed(&encoder, &[&[0; 40]]).len(), model.config.hidden);
}

#[test]
fn scores_far_below_zero_still_share_out() {
    let mut model = Model::new(Config { layers: 1, ..tiny() }, 1);
    for (part, by) in [("query", 60.0), ("key", -60.0)] {
        let bias = model.tensors.get_mut(&format!("encoder.layer.0.attention.self.{part}.bias")).unwrap();
        bias.1.fill(by);
    }
    let text = model.text(5, 1);
    let vector = embed(&model.encoder(), &[&text]);
    assert!(vector.iter().all(|value| value.is_finite()));
}

#[test]
fn a_table_gives_the_mean_of_its_rows() {
    let values: Vec<f32> = (0_u8..12).map(f32::from).collect();
    let table =
        |shape: &[usize], normalized| TokenTable::new("table", Tensor { shape, values: &values }, normalized);
    let mut vectors = [0.0; 9];
    table(&[4, 3], false).unwrap().embed(&[&[0, 3], &[], &[2]], &mut vectors).unwrap();
    assert_eq!(bits(&vectors), bits(&[4.5, 5.5, 6.5, 0.0, 0.0, 0.0, 6.0, 7.0, 8.0]));
    let mut vector = [0.0; 3];
    table(&[4, 3], true).unwrap().embed(&[&[3, 3]], &mut vector).unwrap();
    assert!((cosine(&vector, &[9.0, 10.0, 11.0]) - 1.0).abs() < 1e-7);
    assert!((dot(&vector.map(f64::from), &vector.map(f64::from)) - 1.0).abs() < 1e-6);

    let unknown = Error::UnknownToken { text: 0, at: 1, token: 4, vocabulary: 4 };
    assert_eq!(table(&[4, 3], false).unwrap().embed(&[&[1, 4]], &mut vector), Err(unknown));
    assert!(matches!(table(&[12], false), Err(Error::Misshapen { .. })));
    assert!(matches!(table(&[5, 3], false), Err(Error::Incomplete { values: 12, .. })));
}

#[test]
fn a_table_has_the_same_bits_with_every_set_of_instructions() {
    let mut seeded = Seeded(3);
    let values: Vec<f32> = (0..50 * 37).map(|_| seeded.number()).collect();
    let table = TokenTable::new("table", Tensor { shape: &[50, 37], values: &values }, true).unwrap();
    let with = |set: InstructionSet| {
        let mut vectors = vec![0.0; 2 * table.dimensions()];
        table.clone().with(set).unwrap().embed(&[&[3, 1, 4, 1, 5], &[49]], &mut vectors).unwrap();
        bits(&vectors)
    };
    for set in InstructionSet::available() {
        assert_eq!(with(set), with(InstructionSet::Portable), "{}", set.name());
    }
}

mod elementary_functions {
    use super::super::elementary::{exp, gelu};
    use super::super::lanes::{Lanes, Task};
    use super::super::line::Line;
    use super::*;

    struct Each<'a> {
        lines: &'a mut [Line],
        gelu: bool,
    }

    impl Task for Each<'_> {
        #[inline(always)]
        #[expect(clippy::inline_always, reason = "as tasks are")]
        fn run<V: Lanes>(self) {
            for line in self.lines {
                let x = V::load(line);
                if self.gelu { gelu(x) } else { exp(x) }.store(line);
            }
        }
    }

    /// Pairs of x and what a function gives, for `count` numbers from `low` to `high`.
    fn sampled(low: f32, high: f32, count: usize, gelu: bool) -> Vec<(f64, f64)> {
        let step = (high - low) / count as f32;
        let xs: Vec<f32> = (0..count).map(|at| low + at as f32 * step).collect();
        let mut lines: Vec<Line> = xs.chunks(16).map(Line::of).collect();
        InstructionSet::best().run(Each { lines: &mut lines, gelu });
        let values = lines.iter().flat_map(|line| line.0);
        xs.iter().zip(values).map(|(x, value)| (f64::from(*x), f64::from(value))).collect()
    }

    #[test]
    fn the_exponential_is_within_two_last_places() {
        for (x, value) in sampled(-87.0, 0.0, 400_000, false) {
            let error = value / x.exp() - 1.0;
            assert!(error.abs() <= 2.0_f64.powi(-23), "{error:e} at {x}");
        }
        assert_eq!(sampled(-200.0, -100.0, 16, false)[0].1.to_bits(), f64::from((-87.0_f32).exp()).to_bits());
    }

    #[test]
    fn the_share_of_gelu_is_within_a_ten_millionth() {
        for (x, value) in sampled(-8.0, 8.0, 400_000, true) {
            // x·Φ(x) is rounded once more than Φ(x).
            let allowed = 1e-7 * x.abs() + value.abs() * 2.0_f64.powi(-24);
            let error = (value - x * normal(x)).abs();
            assert!(error <= allowed, "{error:e} at {x}");
        }
        let far = sampled(-1000.0, 1000.0, 16, true);
        assert_eq!(far[0].1.abs().to_bits(), 0.0_f64.to_bits());
        assert_eq!(far[15].1.to_bits(), far[15].0.to_bits());
    }
}
