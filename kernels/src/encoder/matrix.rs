//! Matrices laid out for products, and the product.

#![expect(
    unsafe_code,
    reason = "tiles are read and written where the bounds were checked once for all of them"
)]
#![expect(clippy::inline_always, reason = "a body is compiled for its instructions only where it is inlined")]

use super::elementary::gelu;
use super::lanes::{Lanes, Task};
use super::line::{Line, WIDTH, lines};

/// The right side of a product: panels of sixteen columns, one after the other, each row by row.
///
/// ```text
///   columns  0 … 15    16 … 31
///   row 0   [line 0]   [line depth]
///   row 1   [line 1]   [line depth + 1]
///     …
/// ```
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    pub(super) lines: Vec<Line>,
    /// Rows.
    pub(super) depth: usize,
}

impl Matrix {
    /// A matrix of `depth` rows and `columns` columns, with zeros up to a whole panel; `value` gives that of a row and
    /// a column.
    pub(super) fn new(depth: usize, columns: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let mut all = Vec::with_capacity(lines(columns) * depth);
        for first in (0..columns).step_by(WIDTH) {
            for row in 0..depth {
                let mut line = Line::ZERO;
                for (to, column) in line.0.iter_mut().zip(first..columns) {
                    *to = value(row, column);
                }
                all.push(line);
            }
        }
        Self { lines: all, depth }
    }
}

/// What the sums of a product start from.
#[derive(Clone, Copy)]
pub(super) enum Start<'a> {
    /// The same row for every row.
    From(&'a [Line]),
    /// What `out` holds: the product goes on where another stopped.
    Out,
}

/// `out` = start + `left` · `right`.
///
/// Each number of `out` is one sum, from the first row of `right` to the last, each product added by one
/// fused multiply-add: it doesn't depend on what is computed beside it.
pub(super) struct Product<'a> {
    /// `rows` rows of `right`'s depth, `left_stride` lines apart.
    pub(super) left: &'a [Line],
    pub(super) left_stride: usize,
    pub(super) rows: usize,
    /// Panels, as [`Matrix`] has them.
    pub(super) right: &'a [Line],
    pub(super) depth: usize,
    pub(super) start: Start<'a>,
    /// Whether `out` becomes the [`gelu`] of the sums.
    pub(super) gelu: bool,
    /// `rows` rows of as many lines as `right` has panels, `out_stride` lines apart.
    pub(super) out: &'a mut [Line],
    pub(super) out_stride: usize,
}

impl Task for Product<'_> {
    #[inline(always)]
    fn run<V: Lanes>(self) {
        let panels = self.right.len().checked_div(self.depth).unwrap_or(0);
        if self.rows == 0 || panels == 0 {
            return;
        }
        let before = self.rows - 1;
        assert!(
            before * self.left_stride + lines(self.depth) <= self.left.len(),
            "the left side is too short"
        );
        assert!(before * self.out_stride + panels <= self.out.len(), "there is too little room");
        let out = self.out.as_mut_ptr();
        let (start, start_stride) = match self.start {
            Start::From(row) => {
                assert!(panels <= row.len(), "the row to start from is too short");
                (row.as_ptr(), 0)
            }
            Start::Out => (out.cast_const(), self.out_stride),
        };
        let tiles = self.rows.div_ceil(V::ROWS);
        for panel in (0..panels).step_by(V::PANELS) {
            for tile in 0..tiles {
                // As even as can be: a tile of few rows loads the right side for little work.
                let (first, last) = (self.rows * tile / tiles, self.rows * (tile + 1) / tiles);
                // SAFETY: the first row is below `rows` and the panel below `panels`; so are, by the assertions, all that
                // the tile has, up to row `last` and at most two panels, within the slices. `start` is read as far as `out`
                // is written, or it is one row with a line for each panel.
                unsafe {
                    let tile = Tile {
                        left: self.left.as_ptr().add(first * self.left_stride).cast(),
                        left_stride: self.left_stride * WIDTH,
                        right: self.right.as_ptr().add(panel * self.depth),
                        depth: self.depth,
                        start: start.add(first * start_stride + panel),
                        start_stride,
                        out: out.add(first * self.out_stride + panel),
                        out_stride: self.out_stride,
                        gelu: self.gelu,
                    };
                    if V::PANELS == 2 && panel + 1 < panels {
                        tile.of_rows::<V, 2>(last - first);
                    } else {
                        tile.of_rows::<V, 1>(last - first);
                    }
                }
            }
        }
    }
}

/// Some rows of a product in one or two panels: as many as fit the registers.
#[derive(Clone, Copy)]
struct Tile {
    left: *const f32,
    /// Numbers, not lines.
    left_stride: usize,
    right: *const Line,
    depth: usize,
    start: *const Line,
    start_stride: usize,
    out: *mut Line,
    out_stride: usize,
    gelu: bool,
}

impl Tile {
    /// # Safety
    ///
    /// `rows` rows and `PANELS` panels are there, from where the pointers stand.
    #[inline(always)]
    unsafe fn of_rows<V: Lanes, const PANELS: usize>(self, rows: usize) {
        // SAFETY: as the caller promises.
        unsafe {
            match rows {
                1 => self.multiply::<V, 1, PANELS>(),
                2 => self.multiply::<V, 2, PANELS>(),
                3 => self.multiply::<V, 3, PANELS>(),
                4 => self.multiply::<V, 4, PANELS>(),
                5 => self.multiply::<V, 5, PANELS>(),
                6 => self.multiply::<V, 6, PANELS>(),
                7 if V::ROWS > 6 => self.multiply::<V, 7, PANELS>(),
                8 if V::ROWS > 6 => self.multiply::<V, 8, PANELS>(),
                9 if V::ROWS > 6 => self.multiply::<V, 9, PANELS>(),
                10 if V::ROWS > 6 => self.multiply::<V, 10, PANELS>(),
                11 if V::ROWS > 6 => self.multiply::<V, 11, PANELS>(),
                12 if V::ROWS > 6 => self.multiply::<V, 12, PANELS>(),
                _ => unreachable!("a tile has at most {} rows", V::ROWS),
            }
        }
    }

    /// # Safety
    ///
    /// `ROWS` rows and `PANELS` panels are there, from where the pointers stand.
    #[inline(always)]
    unsafe fn multiply<V: Lanes, const ROWS: usize, const PANELS: usize>(self) {
        // SAFETY: rows and panels below `ROWS` and `PANELS`, and numbers below `depth`, are there.
        unsafe {
            let mut sums = [[V::splat(0.0); PANELS]; ROWS];
            for (row, sums) in sums.iter_mut().enumerate() {
                for (panel, sum) in sums.iter_mut().enumerate() {
                    *sum = V::load(&*self.start.add(row * self.start_stride + panel));
                }
            }
            for at in 0..self.depth {
                let mut right = [V::splat(0.0); PANELS];
                for (panel, right) in right.iter_mut().enumerate() {
                    *right = V::load(&*self.right.add(panel * self.depth + at));
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let left = V::splat(*self.left.add(row * self.left_stride + at));
                    for (sum, right) in sums.iter_mut().zip(right) {
                        *sum = left.fma(right, *sum);
                    }
                }
            }
            for (row, sums) in sums.into_iter().enumerate() {
                for (panel, sum) in sums.into_iter().enumerate() {
                    sum.store(&mut *self.out.add(row * self.out_stride + panel));
                }
            }
            if self.gelu {
                for row in 0..ROWS {
                    for panel in 0..PANELS {
                        let line = &mut *self.out.add(row * self.out_stride + panel);
                        gelu(V::load(line)).store(line);
                    }
                }
            }
        }
    }
}
