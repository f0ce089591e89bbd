//! The rows of a block's sorted rotations, run by run.
//!
//! A block stores the last column of its sorted rotations. Row `r` leads to the row of the rotation that
//! begins one byte earlier, and rows of a run of equal bytes lead to rows that stand side by side. So a run
//! needs one entry, not one a row:
//!
//! ```text
//!   last column   a a a a b b b b b a a …
//!   row           0 1 2 3 4 5 6 7 8 9 …
//!   begins a run  1 0 0 0 1 0 0 0 0 1 …       starts: 32 rows an entry, with the runs before them
//!   run           0       1         2         steps: where its first row leads, less that row
//! ```
//! JSON lines have nine rows a run: 0.7 MB where a table of rows takes 3.6 MB. That is the difference between
//! a first- or second-level cache and main memory for a walk that jumps about at random.

use super::{Fault, MOST_ROWS};

const STEPS: usize = 1 << 20;
const STARTS: usize = 1 << 15;
const _: () = assert!(MOST_ROWS < STEPS && MOST_ROWS / 32 < STARTS);

pub(super) struct Rows {
    /// By run: how far its rows are led, modulo 2^24, and in the low 8 bits its byte.
    steps: Box<[u32; STEPS]>,
    /// By 32 rows: which of them begin a run, the first in the lowest bit; above that the run that the row
    /// before them belongs to, modulo 2^32.
    starts: Box<[u64; STARTS]>,
    len: usize,
}

/// A row, shifted left by 8 to take a step without unpacking it.
#[derive(Clone, Copy)]
pub(super) struct Row(u32);

impl Row {
    #[inline(always)]
    pub(super) fn new(row: u32) -> Self {
        Self(row << 8)
    }

    #[inline(always)]
    pub(super) fn number(self) -> u32 {
        self.0 >> 8
    }

    /// Whether its number is a multiple of `rows`, a power of two.
    #[inline(always)]
    pub(super) fn is_multiple_of(self, rows: u32) -> bool {
        self.0 & (rows - 1) << 8 == 0
    }
}

impl Rows {
    pub(super) fn new() -> Self {
        Self { steps: zeros(), starts: zeros(), len: 0 }
    }

    /// How many rows there are, which is how many bytes the text has.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Begins a block of at most `most` rows.
    pub(super) fn fill(&mut self, most: usize) -> Filling<'_> {
        self.len = 0;
        self.starts[..=most / 32].fill(0);
        self.starts[0] = 1;
        Filling { rows: self, most, counts: [0; 256], run: usize::MAX, len: 0 }
    }

    /// The byte before the rotation of `row`, and the row of the rotation that begins with that byte.
    #[inline(always)]
    pub(super) fn step(&self, row: Row) -> (u8, Row) {
        let entry = self.starts[(row.0 >> 13) as usize & (STARTS - 1)];
        let up_to_row = (entry as u32) << (!row.number() & 31);
        let run = ((entry >> 32) as u32).wrapping_add(up_to_row.count_ones());
        let step = self.steps[run as usize & (STEPS - 1)];
        (step as u8, Row(row.0.wrapping_add(step & !0xff)))
    }
}

/// A block's last column as it is read.
pub(super) struct Filling<'a> {
    rows: &'a mut Rows,
    most: usize,
    counts: [u32; 256],
    run: usize,
    len: usize,
}

impl Filling<'_> {
    /// Adds `rows` rows of `byte`, which begin a new run if `new` is 1 and continue the last if it is 0.
    #[inline(always)]
    pub(super) fn add(&mut self, byte: u8, rows: u32, new: u32) -> Result<(), Fault> {
        if self.len + rows as usize > self.most {
            return Err(Fault::Corrupt("a block longer than its stream allows"));
        }
        let count = &mut self.counts[usize::from(byte)];
        // What is left to add is where the rows that lead to this byte begin. Continuing a run writes the same.
        let step = (count.wrapping_sub(self.len as u32) << 8) | u32::from(byte);
        *count += rows;
        self.run = self.run.wrapping_add(new as usize);
        self.rows.steps[self.run & (STEPS - 1)] = step;
        self.rows.starts[(self.len / 32) & (STARTS - 1)] |= u64::from(new) << (self.len % 32);
        self.len += rows as usize;
        Ok(())
    }

    /// Turns counts into steps: from here on the rows can be walked.
    #[inline(always)]
    pub(super) fn finish(self) {
        let mut first = 0;
        let firsts = self.counts.map(|count| {
            first += count;
            first - count
        });
        let steps = &mut self.rows.steps[..];
        // Where a block begins with digits of a run, its first run is number -1, which is the last entry.
        let (numbered, before) = steps.split_at_mut(STEPS - 1);
        for step in numbered[..self.run.wrapping_add(1)].iter_mut().chain(before) {
            *step = step.wrapping_add(firsts[(*step & 0xff) as usize] << 8);
        }
        let starts = &mut self.rows.starts[..self.len.div_ceil(32)];
        let runs: u32 = starts.iter().map(|&entry| (entry as u32).count_ones()).sum();
        let mut run = (self.run as u32).wrapping_sub(runs);
        for entry in starts {
            let begun = (*entry as u32).count_ones();
            *entry |= u64::from(run) << 32;
            run = run.wrapping_add(begun);
        }
        self.rows.len = self.len;
    }
}

/// Zeros on the heap, which the system provides as they are touched.
#[expect(clippy::unnecessary_box_returns, reason = "they are megabytes")]
fn zeros<T: Clone + Default, const N: usize>() -> Box<[T; N]> {
    let Ok(zeros) = vec![T::default(); N].into_boxed_slice().try_into() else {
        unreachable!("a slice of N values is an array of N values")
    };
    zeros
}
