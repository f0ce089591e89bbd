//! A model in a machine's memory: weights in half precision, biases and norms in single.

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::super::bert::Encoder;
use super::super::config::Pooling;
use super::super::layer::{DEPTH, Layer};
use super::super::line::{Line, WIDTH, lines};
use super::super::matrix::Matrix;
use super::super::norm::Norm;
use crate::machine::{Failure, Store, WARP};

/// Rows have zeros up to a multiple of this: columns that a block multiplies, and twice the inputs that it takes at a time.
pub(super) const TILE_COLUMNS: usize = 64;

/// Most numbers of a head: four for each lane of a warp.
const WIDEST_HEAD: usize = 4 * WARP as usize;

/// Most numbers of a token: so that one in single precision for each of four warps is in the memory that any block can share, 48 KiB.
const WIDEST_ROW: usize = 3072;

/// [`Encoder`] in a machine's memory.
#[derive(Debug)]
pub(in super::super) struct EncoderThere<Memory> {
    pub(super) sizes: Sizes,
    /// A row for each token, and for each place in a text.
    pub(super) words: Memory,
    pub(super) places: Memory,
    pub(super) norm: NormThere<Memory>,
    pub(super) layers: Vec<LayerThere<Memory>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Numbers of a token, and with the zeros after them.
    pub(super) hidden: u32,
    pub(super) wide: u32,
    pub(super) heads: u32,
    /// Numbers of a head, and the zeros that the processor has after them.
    pub(super) head: u32,
    /// 1 / √(numbers of a head).
    pub(super) scale: f32,
    pub(super) epsilon: f32,
    /// Whether a text's vector is its first row, and whether it is divided by its length.
    pub(super) is_first: bool,
    pub(super) is_normalized: bool,
}

#[derive(Debug)]
pub(super) struct LayerThere<Memory> {
    pub(super) project: LinearThere<Memory>,
    pub(super) gather: LinearThere<Memory>,
    pub(super) after_attention: NormThere<Memory>,
    pub(super) up: LinearThere<Memory>,
    pub(super) down: LinearThere<Memory>,
    pub(super) after_feed: NormThere<Memory>,
}

/// A row of inputs for each output, and a bias.
#[derive(Debug)]
pub(super) struct LinearThere<Memory> {
    pub(super) weights: Memory,
    pub(super) bias: Memory,
    /// Inputs and outputs, with zeros.
    pub(super) depth: u32,
    pub(super) columns: u32,
}

#[derive(Debug)]
pub(super) struct NormThere<Memory> {
    pub(super) gamma: Memory,
    pub(super) beta: Memory,
}

impl<Memory> EncoderThere<Memory> {
    /// None where the model isn't for a device: heads or rows are too wide for the kernels, or halves have no room for a weight.
    pub(in super::super) fn new<S: Store<Memory = Memory>>(
        store: &mut S,
        encoder: &Encoder,
    ) -> Result<Option<Self>, Failure> {
        let Some(sizes) = Sizes::new(encoder) else { return Ok(None) };
        let (row, wide) = (lines(sizes.hidden as usize), sizes.wide as usize);
        let Some(words) = table(store, &encoder.words, row, wide)? else { return Ok(None) };
        let Some(places) = table(store, &encoder.places, row, wide)? else { return Ok(None) };
        let norm = NormThere::new(store, &encoder.norm, wide)?;
        let mut layers = Vec::new();
        for layer in &encoder.layers {
            let Some(layer) = LayerThere::new(store, layer, wide)? else { return Ok(None) };
            layers.push(layer);
        }
        Ok(Some(Self { sizes, words, places, norm, layers }))
    }
}

impl Sizes {
    fn new(encoder: &Encoder) -> Option<Self> {
        let config = encoder.config();
        let heads = encoder.layers.first()?.heads;
        let head = heads.lines * WIDTH;
        if head > WIDEST_HEAD || config.hidden > WIDEST_ROW {
            return None;
        }
        Some(Self {
            hidden: config.hidden as u32,
            wide: config.hidden.next_multiple_of(TILE_COLUMNS) as u32,
            heads: heads.count as u32,
            head: head as u32,
            scale: heads.scale,
            epsilon: config.norm_epsilon,
            is_first: config.pooling == Pooling::First,
            is_normalized: config.normalized,
        })
    }
}

impl<Memory> LayerThere<Memory> {
    fn new<S: Store<Memory = Memory>>(
        store: &mut S,
        layer: &Layer,
        wide: usize,
    ) -> Result<Option<Self>, Failure> {
        let of = |matrices: &[Matrix], at| matrices.iter().flat_map(|part| column(part, at)).collect();
        let (project, gather) = (&layer.project, &layer.gather);
        let Some(project) = LinearThere::new(store, &project.bias, |at| of(&project.parts, at))? else {
            return Ok(None);
        };
        let Some(gather) = LinearThere::new(store, &gather.bias, |at| of(&gather.parts, at))? else {
            return Ok(None);
        };
        // Parts of the feed-forward have so many inner numbers, but for the last.
        let up_bias: Vec<Line> = layer.feed.iter().flat_map(|(up, _)| &up.bias).copied().collect();
        let up = LinearThere::new(store, &up_bias, |at| of(&layer.feed[at / DEPTH].0.parts, at % DEPTH))?;
        let down = LinearThere::new(store, &layer.feed_bias, |at| {
            layer.feed.iter().flat_map(|(_, down)| column(down, at)).collect()
        })?;
        let (Some(up), Some(down)) = (up, down) else { return Ok(None) };
        let after_attention = NormThere::new(store, &layer.after_attention, wide)?;
        let after_feed = NormThere::new(store, &layer.after_feed, wide)?;
        Ok(Some(Self { project, gather, after_attention, up, down, after_feed }))
    }
}

impl<Memory> LinearThere<Memory> {
    /// `weights` gives those of an output.
    pub(super) fn new<S: Store<Memory = Memory>>(
        store: &mut S,
        bias: &[Line],
        weights: impl Fn(usize) -> Vec<f32>,
    ) -> Result<Option<Self>, Failure> {
        let (mut rows, outputs) = (Vec::new(), bias.len() * WIDTH);
        let mut depth = 0;
        for output in 0..outputs {
            let row = weights(output);
            depth = row.len().next_multiple_of(TILE_COLUMNS);
            let Some(row) = halves(row, depth) else { return Ok(None) };
            rows.extend(row);
        }
        let columns = outputs.next_multiple_of(TILE_COLUMNS);
        rows.resize(columns * depth, 0);
        Ok(Some(Self {
            weights: store.keep(&rows)?,
            bias: store.keep(&numbers(bias, columns))?,
            depth: depth as u32,
            columns: columns as u32,
        }))
    }
}

impl<Memory> NormThere<Memory> {
    pub(super) fn new<S: Store<Memory = Memory>>(
        store: &mut S,
        norm: &Norm,
        wide: usize,
    ) -> Result<Self, Failure> {
        Ok(Self {
            gamma: store.keep(&numbers(&norm.gamma, wide))?,
            beta: store.keep(&numbers(&norm.beta, wide))?,
        })
    }
}

/// The numbers of `lines`, and zeros up to `wide` of them.
fn numbers(lines: &[Line], wide: usize) -> Vec<f32> {
    let mut row: Vec<f32> = lines.iter().flat_map(|line| line.0).collect();
    row.resize(wide, 0.0);
    row
}

/// `row` as halves, and zeros up to `wide` of them; None where one would be infinite.
fn halves(mut row: Vec<f32>, wide: usize) -> Option<Vec<u16>> {
    row.resize(wide, 0.0);
    let mut halves = vec![f16::ZERO; wide];
    halves.convert_from_f32_slice(&row);
    halves.iter().all(|half| half.is_finite()).then(|| halves.into_iter().map(f16::to_bits).collect())
}

/// Rows of so many lines.
fn table<S: Store>(
    store: &mut S,
    table: &[Line],
    lines: usize,
    wide: usize,
) -> Result<Option<S::Memory>, Failure> {
    let mut all = Vec::with_capacity(table.len() / lines * wide);
    for row in table.chunks_exact(lines) {
        let Some(row) = halves(numbers(row, wide), wide) else { return Ok(None) };
        all.extend(row);
    }
    store.keep(&all).map(Some)
}

/// A column of `matrix`, from the first row to the last.
fn column(matrix: &Matrix, at: usize) -> impl Iterator<Item = f32> {
    let panel = matrix.lines.get(at / WIDTH * matrix.depth..).unwrap_or_default();
    panel.iter().take(matrix.depth).map(move |line| line.0[at % WIDTH])
}
