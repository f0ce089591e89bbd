//! Texts per CPU-second of the encoder and of candle's, on one thread: `compare.py` runs it beside onnxruntime.
//!
//! `encoder-bench ours|candle MODEL IDS VECTORS` reads the ids of texts (for each its number of them and them, as u32) and writes
//! their vectors, in the order of the texts, as f32. Prints `who, order, batch, texts per CPU-second`, separated by tabs.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Result, Tensor as Array};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config as BertConfig};
use tweetmill_kernels::encoder::{Config, Encoder, InstructionSet, Pooling, Scratch, Tensor};

const HIDDEN: usize = 384;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [who, model, ids, vectors] = arguments.as_slice() else { panic!("ours|candle MODEL IDS VECTORS") };
    let texts = read(&std::fs::read(ids).unwrap());
    let arrival: Vec<usize> = (0..texts.len()).collect();
    let mut sorted = arrival.clone();
    sorted.sort_by_key(|text| texts[*text].len());
    let orders = [("sorted", sorted), ("unsorted", arrival)];
    let found = match who.as_str() {
        "ours" => ours(Path::new(model), &texts, &orders),
        _ => candle(Path::new(model), &texts, &orders).unwrap(),
    };
    std::fs::write(vectors, found.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>()).unwrap();
}

fn read(mut bytes: &[u8]) -> Vec<Vec<u32>> {
    let mut next = || {
        let (word, rest) = bytes.split_first_chunk()?;
        bytes = rest;
        Some(u32::from_le_bytes(*word))
    };
    let mut texts = Vec::new();
    while let Some(tokens) = next() {
        texts.push((0..tokens).map(|_| next().unwrap()).collect());
    }
    texts
}

fn ours(model: &Path, texts: &[Vec<u32>], orders: &[(&str, Vec<usize>)]) -> Vec<f32> {
    let arrays = candle_core::safetensors::load(model.join("model.safetensors"), &Device::Cpu).unwrap();
    let tensors: HashMap<String, (Vec<usize>, Vec<f32>)> = arrays
        .into_iter()
        .filter(|(_, array)| array.dtype() == DType::F32)
        .map(|(name, array)| (name, (array.dims().to_vec(), array.flatten_all().unwrap().to_vec1().unwrap())))
        .collect();
    let config = Config {
        vocabulary: 30_522,
        positions: 512,
        first_position: 0,
        types: 2,
        hidden: HIDDEN,
        layers: 6,
        heads: 12,
        intermediate: 1536,
        norm_epsilon: 1e-12,
        pooling: Pooling::Mean,
        normalized: true,
    };
    let weights = |name: &str| tensors.get(name).map(|(shape, values)| Tensor { shape, values });
    let encoder = Encoder::new(&config, weights).unwrap();
    let mut found = vec![0.0; texts.len() * HIDDEN];
    let sets = InstructionSet::available().into_iter().filter(|set| *set != InstructionSet::Portable);
    for set in sets
        .chain((encoder.instruction_set() == InstructionSet::Portable).then_some(InstructionSet::Portable))
    {
        let encoder = encoder.clone().with(set).unwrap();
        let mut scratch = Scratch::default();
        for (name, order) in orders {
            let some: Vec<&[u32]> = order.iter().map(|text| texts[*text].as_slice()).collect();
            let mut vectors = vec![0.0; found.len()];
            encoder.embed(&some[..10], &mut scratch, &mut vectors[..10 * HIDDEN]).unwrap();
            let started = cpu_seconds();
            encoder.embed(&some, &mut scratch, &mut vectors).unwrap();
            report(&format!("tweetmill, {}", set.name()), name, "all", texts.len(), cpu_seconds() - started);
            for (vector, text) in vectors.chunks_exact(HIDDEN).zip(order) {
                found[text * HIDDEN..][..HIDDEN].copy_from_slice(vector);
            }
        }
    }
    found
}

fn candle(model: &Path, texts: &[Vec<u32>], orders: &[(&str, Vec<usize>)]) -> Result<Vec<f32>> {
    let config: BertConfig =
        serde_json::from_slice(&std::fs::read(model.join("config.json")).unwrap()).unwrap();
    let arrays = candle_core::safetensors::load(model.join("model.safetensors"), &Device::Cpu)?;
    let bert = BertModel::load(VarBuilder::from_tensors(arrays, DType::F32, &Device::Cpu), &config)?;
    let mut found = vec![0.0; texts.len() * HIDDEN];
    for (name, order) in orders {
        for batch in [1, 8, 32] {
            let started = cpu_seconds();
            for some in order.chunks(batch) {
                let vectors = candle_batch(&bert, texts, some)?;
                for (vector, text) in vectors.chunks_exact(HIDDEN).zip(some) {
                    found[text * HIDDEN..][..HIDDEN].copy_from_slice(vector);
                }
            }
            report("candle", name, &batch.to_string(), texts.len(), cpu_seconds() - started);
        }
    }
    Ok(found)
}

/// The vectors of some texts, padded to the longest.
fn candle_batch(bert: &BertModel, texts: &[Vec<u32>], some: &[usize]) -> Result<Vec<f32>> {
    let longest = some.iter().map(|text| texts[*text].len()).max().unwrap();
    let padded = |of: &dyn Fn(&Vec<u32>, usize) -> u32| -> Result<Array> {
        let values = some.iter().flat_map(|text| (0..longest).map(|at| of(&texts[*text], at)));
        Array::from_vec(values.collect(), (some.len(), longest), &Device::Cpu)
    };
    let ids = padded(&|text, at| text.get(at).copied().unwrap_or(0))?;
    let mask = padded(&|text, at| u32::from(at < text.len()))?;
    let rows = bert.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
    let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
    let mean = rows.broadcast_mul(&mask)?.sum(1)?.broadcast_div(&mask.sum(1)?)?;
    let lengths = mean.sqr()?.sum_keepdim(1)?.sqrt()?;
    mean.broadcast_div(&lengths)?.flatten_all()?.to_vec1()
}

fn report(who: &str, order: &str, batch: &str, texts: usize, seconds: f64) {
    println!("{who}\t{order}\t{batch}\t{:.1}", texts as f64 / seconds);
}

/// User and system time of this process.
fn cpu_seconds() -> f64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: `usage` is room for what the call writes, and it fails for no process that asks about itself.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
