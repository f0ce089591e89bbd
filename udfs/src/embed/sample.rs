//! Models small enough to make: to try things with, and for tests. Their numbers are drawn by a seed; their vectors mean nothing.

use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Map, Value, json};

use super::files::ModelFiles;
use crate::tokenize::byte_letter;

/// Numbers of a vector.
const HIDDEN: usize = 16;
/// Numbers inside a feed-forward.
const INNER: usize = 24;
const LAYERS: usize = 2;
/// The bytes, and the two marks.
const VOCABULARY: usize = 258;

/// The files of a model whose tokens are bytes.
#[derive(Debug, Clone)]
pub struct SampleModel {
    /// `config.json`.
    pub config: Vec<u8>,
    /// `tokenizer.json`.
    pub tokenizer: Vec<u8>,
    /// `model.safetensors`.
    pub weights: Vec<u8>,
}

impl SampleModel {
    /// An encoder of two layers, for texts of at most `positions` tokens.
    pub fn encoder(positions: usize) -> Self {
        let config = json!({
            "model_type": "bert", "vocab_size": VOCABULARY, "max_position_embeddings": positions, "type_vocab_size": 2,
            "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": 2, "intermediate_size": INNER,
            "layer_norm_eps": 1e-12, "hidden_act": "gelu",
        });
        let mut shapes = vec![
            ("embeddings.word_embeddings.weight".to_owned(), vec![VOCABULARY, HIDDEN]),
            ("embeddings.position_embeddings.weight".to_owned(), vec![positions, HIDDEN]),
            ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, HIDDEN]),
        ];
        let mut linear = |name: String, to: usize, from: usize| {
            shapes.push((format!("{name}.weight"), vec![to, from]));
            shapes.push((format!("{name}.bias"), vec![to]));
        };
        for layer in (0..LAYERS).map(|layer| format!("encoder.layer.{layer}")) {
            for name in ["query", "key", "value"] {
                linear(format!("{layer}.attention.self.{name}"), HIDDEN, HIDDEN);
            }
            linear(format!("{layer}.attention.output.dense"), HIDDEN, HIDDEN);
            linear(format!("{layer}.intermediate.dense"), INNER, HIDDEN);
            linear(format!("{layer}.output.dense"), HIDDEN, INNER);
        }
        let norms = (0..LAYERS).flat_map(|layer| {
            ["attention.output", "output"].map(|part| format!("encoder.layer.{layer}.{part}.LayerNorm"))
        });
        for norm in std::iter::once("embeddings.LayerNorm".to_owned()).chain(norms) {
            shapes.push((format!("{norm}.weight"), vec![HIDDEN]));
            shapes.push((format!("{norm}.bias"), vec![HIDDEN]));
        }
        Self::of(&config, &shapes)
    }

    /// A static model: a table, and nothing else.
    pub fn table() -> Self {
        let config = json!({"model_type": "model2vec", "normalize": true});
        Self::of(&config, &[("embeddings".to_owned(), vec![VOCABULARY, HIDDEN])])
    }

    fn of(config: &Value, shapes: &[(String, Vec<usize>)]) -> Self {
        let tensors: Vec<(&String, &Vec<usize>, Vec<u8>)> =
            shapes.iter().map(|(name, shape)| (name, shape, numbers(name, shape))).collect();
        let views = tensors.iter().filter_map(|(name, shape, bytes)| {
            Some((*name, TensorView::new(Dtype::F32, (*shape).clone(), bytes).ok()?))
        });
        Self {
            config: config.to_string().into_bytes(),
            tokenizer: tokenizer().to_string().into_bytes(),
            // Errs where a shape doesn't fit its numbers, which are made for it.
            weights: safetensors::serialize(views, None).unwrap_or_default(),
        }
    }

    /// What a folder would hold.
    pub fn files(&self) -> ModelFiles<'_> {
        let Self { config, tokenizer, weights } = self;
        ModelFiles { config, tokenizer, weights, modules: None, pooling: None, sentence: None, prompts: None }
    }
}

/// Numbers from −½ to ½ for a tensor, little-endian.
fn numbers(name: &str, shape: &[usize]) -> Vec<u8> {
    let count: usize = shape.iter().product();
    let number = |at: usize| {
        let drawn = tweetmill_kernels::hash::keyed64_bytes("sample model", at as u64, name.as_bytes());
        (drawn >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..count).flat_map(|at| number(at).to_le_bytes()).collect()
}

/// A byte is its own token.
fn tokenizer() -> Value {
    let vocabulary: Map<String, Value> =
        (0..=255_u8).map(|byte| (byte_letter(byte).to_string(), byte.into())).collect();
    let special = |id: u32, content: &str| {
        json!({
            "id": id, "content": content, "special": true,
            "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
        })
    };
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(256, "[CLS]"), special(257, "[SEP]")],
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
        "post_processor": null, "decoder": null,
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
    })
}
