//! Rows made of rows: sums, normalisation and pooling.

#![expect(clippy::inline_always, reason = "a body is compiled for its instructions only where it is inlined")]

use super::lanes::{Lanes, Task};
use super::line::{Line, WIDTH, lines};

/// Layer normalisation: γ·(x − mean) / √(variance + ε) + β, over the first `values` numbers of a row.
#[derive(Debug, Clone)]
pub(super) struct Norm {
    pub(super) gamma: Vec<Line>,
    pub(super) beta: Vec<Line>,
    pub(super) epsilon: f32,
    pub(super) values: usize,
}

impl Norm {
    /// Normalises `row`, whose numbers beyond `values` are zero, and stay that.
    ///
    /// Sums go line by line, sixteen beside each other, which [`Lanes::sum`] adds up; the variance is that of the differences
    /// from the mean, as they are.
    #[inline(always)]
    fn apply<V: Lanes>(&self, row: &mut [Line]) {
        let count = self.values as f32;
        let zero = V::splat(0.0);
        let mut sum = zero;
        for line in &*row {
            sum = sum.add(V::load(line));
        }
        let mean = V::splat(sum.sum() / count);
        let mut squares = zero;
        for (at, line) in row.iter().enumerate() {
            let difference = V::load(line).sub(mean).first(self.values - at * WIDTH, zero);
            squares = difference.fma(difference, squares);
        }
        let by = V::splat(1.0 / (squares.sum() / count + self.epsilon).sqrt());
        for ((line, gamma), beta) in row.iter_mut().zip(&self.gamma).zip(&self.beta) {
            // Beyond the values, γ and β are zero.
            let value = V::load(line).sub(mean).mul(by);
            value.fma(V::load(gamma), V::load(beta)).store(line);
        }
    }
}

/// Adds `more` to `rows` and normalises them.
pub(super) struct AddNorm<'a> {
    /// Rows, `stride` lines apart.
    pub(super) rows: &'a mut [Line],
    pub(super) more: &'a [Line],
    pub(super) stride: usize,
    pub(super) norm: &'a Norm,
}

impl Task for AddNorm<'_> {
    #[inline(always)]
    fn run<V: Lanes>(self) {
        let wide = lines(self.norm.values);
        for (row, more) in self.rows.chunks_exact_mut(self.stride).zip(self.more.chunks_exact(self.stride)) {
            let (row, _) = row.split_at_mut(wide);
            for (to, more) in row.iter_mut().zip(more) {
                V::load(to).add(V::load(more)).store(to);
            }
            self.norm.apply::<V>(row);
        }
    }
}

/// One vector of some rows: their mean, or the only one; of length 1 where `normalized`.
pub(super) struct Pool<'a> {
    /// At least one row, `stride` lines apart.
    pub(super) rows: &'a [Line],
    pub(super) stride: usize,
    pub(super) normalized: bool,
    /// The vector, and zeros up to a whole line.
    pub(super) out: &'a mut [Line],
}

impl Task for Pool<'_> {
    #[inline(always)]
    fn run<V: Lanes>(self) {
        let count = V::splat((self.rows.len() / self.stride) as f32);
        let mut squares = V::splat(0.0);
        for (at, out) in self.out.iter_mut().enumerate() {
            let mut sum = V::splat(0.0);
            for row in self.rows.chunks_exact(self.stride) {
                sum = sum.add(V::load(&row[at]));
            }
            let mean = sum.div(count);
            squares = mean.fma(mean, squares);
            mean.store(out);
        }
        if self.normalized {
            // As PyTorch has it: a vector of zeros stays one.
            let length = V::splat(squares.sum().sqrt().max(1e-12));
            for out in self.out {
                V::load(out).div(length).store(out);
            }
        }
    }
}
