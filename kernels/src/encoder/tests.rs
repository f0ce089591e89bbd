//! The encoder against a naive one in double precision, and against itself.

#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::naive::{Model, Seeded, dot, tensor};
use super::*;

/// What single precision may be off, in a vector of a small model.
const TOLERANCE: f64 = 1e-5;

pub(super) fn tiny() -> Config {
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
fn a_text_of_more_tokens_than_go_together_is_encoded_whole() {
    let model = Model::new(Config { positions: 600, ..tiny() }, 1);
    let texts = [model.text(3, 1), model.text(600, 2), model.text(257, 3)];
    let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
    let vectors = embed(&model.encoder(), &texts);
    for (text, vector) in texts.iter().zip(vectors.chunks_exact(model.config.hidden)) {
        assert_eq!(bits(vector), bits(&embed(&model.encoder(), &[text])));
        for (value, truth) in vector.iter().zip(model.truth(text)) {
            assert!((f64::from(*value) - truth).abs() <= TOLERANCE, "{} tokens", text.len());
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

/// Vectors are published: one other bit here, and what a history holds no longer goes with what is made today.
#[test]
fn bits_are_those_that_were_published() {
    let digest = |vectors: &[f32]| {
        let bytes: Vec<u8> = vectors.iter().flat_map(|value| value.to_le_bytes()).collect();
        format!("{:032x}", crate::hash::content_hash(&bytes))
    };
    let model = Model::new(Config { layers: 1, ..tiny() }, 1);
    let text = model.text(20, 1);
    assert_eq!(digest(&embed(&model.encoder(), &[&text])), "85b41b6fd53c67dd1af0d8960aa8248f");

    let (shape, values) = &model.tensors["embeddings.word_embeddings.weight"];
    let table = TokenTable::new("table", Tensor { shape, values }, true).unwrap();
    let mut vector = vec![0.0; table.dimensions()];
    table.embed(&[&text], &mut vector).unwrap();
    assert_eq!(digest(&vector), "340159913e6c36d66499e446729495bf");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_vector_depends_on_its_text_only(
        lengths in prop::collection::vec(1_usize..38, 1..30),
        seed in any::<u64>(),
        cut in 0_usize..30,
        threads in 1_usize..4,
        pooling in prop::sample::select(vec![Pooling::Mean, Pooling::First]),
    ) {
        let model = Model::new(Config { pooling, ..tiny() }, 5);
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
    let mut scratch = Scratch::default();
    let shapes = odd_shapes();
    for config in shapes.iter().chain(shapes.iter().rev()) {
        let model = Model::new(config.clone(), 3);
        let encoder = model.encoder();
        let mut vector = vec![0.0; encoder.dimensions()];
        for tokens in [38, 2, 17] {
            let text = model.text(tokens, 1);
            encoder.embed(&[&text], &mut scratch, &mut vector).unwrap();
            assert_eq!(bits(&vector), bits(&embed(&encoder, &[&text])), "{tokens} tokens, {config:?}");
        }
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

/// The lanes that a text leaves empty hold the scores of nothing, which must not count as the largest.
#[test]
fn scores_far_below_zero_still_tell_tokens_apart() {
    let mut model = Model::new(Config { layers: 1, ..tiny() }, 1);
    for (part, by) in [("query", 6.0), ("key", -6.0)] {
        let bias = model.tensors.get_mut(&format!("encoder.layer.0.attention.self.{part}.bias")).unwrap();
        bias.1.fill(by);
    }
    let text = model.text(5, 1);
    for (value, truth) in embed(&model.encoder(), &[&text]).iter().zip(model.truth(&text)) {
        assert!((f64::from(*value) - truth).abs() <= TOLERANCE);
    }
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
