//! Sixteen numbers that lie together: what all bodies load, store and add up by.

/// Numbers in a [`Line`].
pub(super) const WIDTH: usize = 16;

/// Sixteen numbers in one cache line, so that no load of any body crosses two.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [f32; WIDTH]);

impl Line {
    pub(super) const ZERO: Self = Self([0.0; WIDTH]);

    /// `values`, at most sixteen, and zeros after them.
    pub(super) fn of(values: &[f32]) -> Self {
        let mut line = Self::ZERO;
        for (to, from) in line.0.iter_mut().zip(values) {
            *to = *from;
        }
        line
    }
}

/// Lines that `values` numbers take.
pub(super) fn lines(values: usize) -> usize {
    values.div_ceil(WIDTH)
}

/// Lines from the start of a row to that of the next, for rows of `lines` lines.
///
/// Rows that are a multiple of 1 KiB apart share few sets of a cache, and a tile of them evicts itself: they get a line
/// between them.
pub(super) fn stride(lines: usize) -> usize {
    if lines.is_multiple_of(16) { lines + 1 } else { lines }
}

/// Appends `values` to `to` as whole lines, the last one with zeros at its end.
pub(super) fn append(values: &[f32], to: &mut Vec<Line>) {
    to.extend(values.chunks(WIDTH).map(Line::of));
}

/// Makes `room` hold at least `lines` lines; what they hold is whatever they held.
pub(super) fn reserve(room: &mut Vec<Line>, lines: usize) {
    if room.len() < lines {
        room.resize(lines, Line::ZERO);
    }
}
