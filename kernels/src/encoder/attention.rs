//! Attention: each token of a text becomes a mixture of all of them, head by head.

#![expect(clippy::inline_always, reason = "a body is compiled for its instructions only where it is inlined")]

use super::elementary::exp;
use super::lanes::{Lanes, Task};
use super::line::{Line, WIDTH, lines, reserve};
use super::matrix::{Product, Start};

/// The heads of a layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    pub(super) count: usize,
    /// Lines of a head, the last one with zeros at its end.
    pub(super) lines: usize,
    /// What scores are multiplied by: 1 / √(numbers of a head).
    pub(super) scale: f32,
}

/// Memory for one head of one text.
#[derive(Debug, Default)]
pub(super) struct Room {
    keys: Vec<Line>,
    values: Vec<Line>,
    scores: Vec<Line>,
    zeros: Vec<Line>,
}

/// softmax(Q·Kᵀ·scale)·V of one text.
///
/// A score is one sum over the numbers of a head; the exponentials of a row are taken of scores less the largest and add up
/// line by line; the sum over tokens goes from the first to the last, and is divided at its end.
pub(super) struct Attend<'a> {
    pub(super) heads: Heads,
    /// One row a token: the queries of all heads, their keys, their values.
    pub(super) rows: &'a [Line],
    pub(super) stride: usize,
    /// One row a token: the mixtures of all heads.
    pub(super) out: &'a mut [Line],
    pub(super) out_stride: usize,
    pub(super) room: &'a mut Room,
}

impl Task for Attend<'_> {
    #[inline(always)]
    fn run<V: Lanes>(self) {
        let Self { heads, rows, stride, out, out_stride, room } = self;
        let tokens = rows.len() / stride;
        let panels = lines(tokens);
        let depth = heads.lines * WIDTH;
        reserve(&mut room.keys, panels * depth);
        reserve(&mut room.values, heads.lines * tokens);
        reserve(&mut room.scores, tokens.min(V::ROWS) * panels);
        reserve(&mut room.zeros, panels.max(heads.lines));
        let keys = &mut room.keys[..panels * depth];
        let values = &mut room.values[..heads.lines * tokens];
        for head in 0..heads.count {
            let query = head * heads.lines;
            let key = query + heads.count * heads.lines;
            let value = key + heads.count * heads.lines;
            transpose(rows.chunks_exact(stride).map(|row| &row[key..key + heads.lines]), keys, depth);
            for (at, row) in rows.chunks_exact(stride).enumerate() {
                for panel in 0..heads.lines {
                    values[panel * tokens + at] = row[value + panel];
                }
            }
            for first in (0..tokens).step_by(V::ROWS) {
                let some = V::ROWS.min(tokens - first);
                let scores = &mut room.scores[..some * panels];
                Product {
                    left: &rows[first * stride + query..],
                    left_stride: stride,
                    rows: some,
                    right: keys,
                    depth,
                    start: Start::From(&room.zeros),
                    gelu: false,
                    out: scores,
                    out_stride: panels,
                }
                .run::<V>();
                let mut shares = [0.0; 16];
                for (row, share) in scores.chunks_exact_mut(panels).zip(&mut shares) {
                    *share = 1.0 / exponentials::<V>(row, tokens, heads.scale);
                }
                let out = &mut out[first * out_stride + query..];
                Product {
                    left: scores,
                    left_stride: panels,
                    rows: some,
                    right: values,
                    depth: tokens,
                    start: Start::From(&room.zeros),
                    gelu: false,
                    out,
                    out_stride,
                }
                .run::<V>();
                for (row, share) in out.chunks_mut(out_stride).zip(&shares[..some]) {
                    for line in &mut row[..heads.lines] {
                        V::load(line).mul(V::splat(*share)).store(line);
                    }
                }
            }
        }
    }
}

/// Lays `rows` out as the columns of panels of `depth` rows. Columns that the last panel has beyond them hold whatever they held:
/// nobody looks at the scores they give.
#[inline(always)]
fn transpose<'a>(rows: impl Iterator<Item = &'a [Line]>, panels: &mut [Line], depth: usize) {
    for (column, row) in rows.enumerate() {
        let panel = &mut panels[column / WIDTH * depth..][..depth];
        for (sixteen, line) in panel.chunks_exact_mut(WIDTH).zip(row) {
            for (to, from) in sixteen.iter_mut().zip(line.0) {
                to.0[column % WIDTH] = from;
            }
        }
    }
}

/// Replaces the first `count` scores of `row` by e^(scale · (score − largest)), the others by zero, and gives their sum.
#[inline(always)]
fn exponentials<V: Lanes>(row: &mut [Line], count: usize, scale: f32) -> f32 {
    let mut largest = V::splat(f32::NEG_INFINITY);
    for (at, line) in row.iter().enumerate() {
        largest = V::load(line).first(count - at * WIDTH, largest).max(largest);
    }
    let largest = V::splat(largest.greatest());
    let mut sum = V::splat(0.0);
    for (at, line) in row.iter_mut().enumerate() {
        let power = exp(V::load(line).sub(largest).mul(V::splat(scale)));
        let power = power.first(count - at * WIDTH, V::splat(0.0));
        sum = sum.add(power);
        power.store(line);
    }
    sum.sum()
}
