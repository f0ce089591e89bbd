//! One layer: attention and a feed-forward, each added to what it was made from and normalised.

use super::attention::{Attend, Heads, Room};
use super::config::Config;
use super::error::Error;
use super::instruction_set::InstructionSet;
use super::line::{Line, WIDTH, append, lines, reserve, stride};
use super::matrix::{Matrix, Product, Start};
use super::norm::{AddNorm, Norm};
use super::weights::{Tensor, Weights};

/// Rows of a matrix that are multiplied in one go: the rows of a tile and two panels stay in the nearest caches.
pub(super) const DEPTH: usize = 384;

/// A matrix and a bias: `out` = bias + rows · matrix.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    /// The matrix, [`DEPTH`] rows at a time.
    pub(super) parts: Vec<Matrix>,
    pub(super) bias: Vec<Line>,
}

/// A place for rows, some lines apart.
#[derive(Debug, Default)]
struct Rows {
    lines: Vec<Line>,
    stride: usize,
}

/// Memory for one group of texts.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    projected: Rows,
    mixed: Rows,
    inner: Rows,
    more: Rows,
    room: Room,
}

#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) heads: Heads,
    /// To the queries, keys and values of all heads.
    pub(super) project: Linear,
    /// From the mixtures of all heads.
    pub(super) gather: Linear,
    pub(super) after_attention: Norm,
    /// The feed-forward, some of its inner numbers at a time: to them, and from them.
    pub(super) feed: Vec<(Linear, Matrix)>,
    pub(super) feed_bias: Vec<Line>,
    pub(super) after_feed: Norm,
}

impl Layer {
    /// The layer whose tensors have names that start with `prefix`.
    pub(super) fn new<'a>(
        config: &Config,
        weights: &Weights<impl Fn(&str) -> Option<Tensor<'a>>>,
        prefix: &str,
    ) -> Result<Self, Error> {
        let (hidden, intermediate) = (config.hidden, config.intermediate);
        let size = hidden / config.heads;
        let heads = Heads { count: config.heads, lines: lines(size), scale: 1.0 / (size as f32).sqrt() };
        // Each head starts a line of its own: from a number's place there to its place in the model.
        let wide = heads.lines * WIDTH;
        let place = |at: usize| (at % wide < size).then_some(at / wide * size + at % wide);
        let all = heads.count * wide;

        let (mut projections, mut biases) = (Vec::new(), Vec::new());
        for name in ["query", "key", "value"] {
            projections
                .push(weights.get(&format!("{prefix}attention.self.{name}.weight"), &[hidden, hidden])?);
            biases.push(weights.get(&format!("{prefix}attention.self.{name}.bias"), &[hidden])?);
        }
        let project = Linear::new(
            hidden,
            3 * all,
            |row, column| place(column % all).map_or(0.0, |at| projections[column / all][at * hidden + row]),
            |column| place(column % all).map_or(0.0, |at| biases[column / all][at]),
        );
        let dense = weights.get(&format!("{prefix}attention.output.dense.weight"), &[hidden, hidden])?;
        let bias = weights.get(&format!("{prefix}attention.output.dense.bias"), &[hidden])?;
        let gather = Linear::new(
            all,
            hidden,
            |row, column| place(row).map_or(0.0, |at| dense[column * hidden + at]),
            |column| bias[column],
        );
        let up = weights.get(&format!("{prefix}intermediate.dense.weight"), &[intermediate, hidden])?;
        let up_bias = weights.get(&format!("{prefix}intermediate.dense.bias"), &[intermediate])?;
        let down = weights.get(&format!("{prefix}output.dense.weight"), &[hidden, intermediate])?;
        let feed = (0..intermediate)
            .step_by(DEPTH)
            .map(|first| {
                let some = DEPTH.min(intermediate - first);
                let up = Linear::new(
                    hidden,
                    some,
                    |row, column| up[(first + column) * hidden + row],
                    |column| up_bias[first + column],
                );
                (up, Matrix::new(some, hidden, |row, column| down[column * intermediate + first + row]))
            })
            .collect();
        let norm = |name: &str| Norm::new(config, weights, &format!("{prefix}{name}."));
        Ok(Self {
            heads,
            project,
            gather,
            after_attention: norm("attention.output.LayerNorm")?,
            feed,
            feed_bias: weights.row(&format!("{prefix}output.dense.bias"), hidden)?,
            after_feed: norm("output.LayerNorm")?,
        })
    }

    /// Makes the rows of the next layer of `rows`, `row_stride` lines apart: all tokens of texts of `lengths`, one after the
    /// other. With `first_only`, only the first row of each text is made, and they lie one after the other: no other is
    /// looked at later.
    pub(super) fn apply(
        &self,
        set: InstructionSet,
        rows: &mut [Line],
        row_stride: usize,
        lengths: &[usize],
        first_only: bool,
        buffers: &mut Buffers,
    ) {
        let Buffers { projected, mixed, inner, more, room } = buffers;
        let mut tokens = rows.len() / row_stride;
        self.project.apply(set, rows, row_stride, tokens, false, projected);
        mixed.shape(tokens, self.heads.count * self.heads.lines);
        let mut first = 0;
        for length in lengths {
            let last = first + length;
            set.run(Attend {
                heads: self.heads,
                rows: &projected.lines[first * projected.stride..last * projected.stride],
                stride: projected.stride,
                out: &mut mixed.lines[first * mixed.stride..last * mixed.stride],
                out_stride: mixed.stride,
                room,
            });
            first = last;
        }
        if first_only {
            let mut first = 0;
            for (text, length) in lengths.iter().enumerate() {
                rows.copy_within(first * row_stride..(first + 1) * row_stride, text * row_stride);
                mixed
                    .lines
                    .copy_within(first * mixed.stride..(first + 1) * mixed.stride, text * mixed.stride);
                first += length;
            }
            tokens = lengths.len();
        }
        let rows = &mut rows[..tokens * row_stride];
        self.gather.apply(set, &mixed.lines, mixed.stride, tokens, false, more);
        set.run(AddNorm { rows, more: &more.lines, stride: row_stride, norm: &self.after_attention });

        for (part, (up, down)) in self.feed.iter().enumerate() {
            up.apply(set, rows, row_stride, tokens, true, inner);
            set.run(Product {
                left: &inner.lines,
                left_stride: inner.stride,
                rows: tokens,
                right: &down.lines,
                depth: down.depth,
                start: if part == 0 { Start::From(&self.feed_bias) } else { Start::Out },
                gelu: false,
                out: &mut more.lines,
                out_stride: more.stride,
            });
        }
        set.run(AddNorm { rows, more: &more.lines, stride: row_stride, norm: &self.after_feed });
    }
}

impl Linear {
    fn new(
        depth: usize,
        columns: usize,
        weight: impl Fn(usize, usize) -> f32,
        bias: impl Fn(usize) -> f32,
    ) -> Self {
        let part = |first: usize| {
            Matrix::new(DEPTH.min(depth - first), columns, |row, column| weight(first + row, column))
        };
        let mut row = Vec::new();
        append(&(0..columns).map(bias).collect::<Vec<_>>(), &mut row);
        Self { parts: (0..depth).step_by(DEPTH).map(part).collect(), bias: row }
    }

    fn apply(
        &self,
        set: InstructionSet,
        left: &[Line],
        left_stride: usize,
        rows: usize,
        gelu: bool,
        out: &mut Rows,
    ) {
        out.shape(rows, self.bias.len());
        for (part, matrix) in self.parts.iter().enumerate() {
            set.run(Product {
                left: &left[part * DEPTH / WIDTH..],
                left_stride,
                rows,
                right: &matrix.lines,
                depth: matrix.depth,
                start: if part == 0 { Start::From(&self.bias) } else { Start::Out },
                gelu: gelu && part + 1 == self.parts.len(),
                out: &mut out.lines,
                out_stride: out.stride,
            });
        }
    }
}

impl Norm {
    pub(super) fn new<'a>(
        config: &Config,
        weights: &Weights<impl Fn(&str) -> Option<Tensor<'a>>>,
        prefix: &str,
    ) -> Result<Self, Error> {
        Ok(Self {
            gamma: weights.row(&format!("{prefix}weight"), config.hidden)?,
            beta: weights.row(&format!("{prefix}bias"), config.hidden)?,
            epsilon: config.norm_epsilon,
            values: config.hidden,
        })
    }
}

impl Rows {
    /// Makes room for `rows` rows of `wide` lines.
    fn shape(&mut self, rows: usize, wide: usize) {
        self.stride = stride(wide);
        reserve(&mut self.lines, rows * self.stride);
    }
}
