//! An encoder in double precision, as the papers describe it, and models for it: what the real one is tested by.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use super::{Config, Encoder, Pooling, Tensor};

/// SplitMix64, as numbers from −1 to 1.
pub(super) struct Seeded(pub(super) u64);

impl Seeded {
    pub(super) fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    pub(super) fn number(&mut self) -> f32 {
        (self.word() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

pub(super) type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A model of seeded weights, of about the sizes that trained ones have.
pub(super) struct Model {
    pub(super) config: Config,
    pub(super) tensors: Tensors,
}

impl Model {
    pub(super) fn new(config: Config, seed: u64) -> Self {
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

    pub(super) fn encoder(&self) -> Encoder {
        Encoder::new(&self.config, |name| tensor(&self.tensors, name)).unwrap()
    }

    fn values(&self, name: &str) -> Vec<f64> {
        self.tensors[name].1.iter().map(|value| f64::from(*value)).collect()
    }

    /// A text of seeded tokens.
    pub(super) fn text(&self, tokens: usize, seed: u64) -> Vec<u32> {
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
    pub(super) fn truth(&self, text: &[u32]) -> Vec<f64> {
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

pub(super) fn tensor<'a>(tensors: &'a Tensors, name: &str) -> Option<Tensor<'a>> {
    tensors.get(name).map(|(shape, values)| Tensor { shape, values })
}

pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// Φ(x), by the series ½ + φ(x)·Σ x²ⁿ⁺¹ / (1·3·5…(2n + 1)) (Abramowitz and Stegun, 26.2.11).
pub(super) fn normal(x: f64) -> f64 {
    let (mut term, mut sum) = (x, 0.0);
    for n in 1..400 {
        sum += term;
        term *= x * x / f64::from(2 * n + 1);
    }
    0.5 + sum * (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}
