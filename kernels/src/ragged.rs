//! Values of different lengths laid end to end, borrowed: `values` plus `len + 1` offsets.
//!
//! ```text
//!   values  h e l l o w o r l d      offsets  0 5 5 10
//!           └─ row 0 ─┘└─ row 2 ─┘            row 1 is empty
//! ```
//!
//! This is the layout of Arrow's string and binary arrays, so a column is handed to a kernel
//! without a copy and without this crate knowing Arrow.

use std::fmt;

/// An integer that offsets are written in: `i32`, or `i64` for values over 2 GiB.
pub trait Offset: Copy {
    /// This offset as an index, or `None` when it is negative or too large for this machine.
    fn index(self) -> Option<usize>;
}

impl Offset for i32 {
    fn index(self) -> Option<usize> {
        usize::try_from(self).ok()
    }
}

impl Offset for i64 {
    fn index(self) -> Option<usize> {
        usize::try_from(self).ok()
    }
}

/// Offsets that don't describe rows of the values beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RaggedError {
    /// No offsets at all; even zero rows have one.
    NoOffsets,
    /// The offset at this position is negative, smaller than the one before it, or past the values.
    BadOffset {
        /// Position in the offsets.
        at: usize,
    },
}

impl fmt::Display for RaggedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOffsets => write!(f, "ragged values need at least one offset"),
            Self::BadOffset { at } => {
                write!(f, "offset {at} is negative, smaller than the one before it, or past the values")
            }
        }
    }
}

impl std::error::Error for RaggedError {}

/// Rows of bytes, checked once, so that reading a row can't fail.
#[derive(Debug, Clone, Copy)]
pub struct Ragged<'a, O> {
    values: &'a [u8],
    offsets: &'a [O],
}

impl<'a, O: Offset> Ragged<'a, O> {
    /// Rows `offsets[i]..offsets[i + 1]` of `values`. The first offset need not be 0: a sliced
    /// column keeps its offsets.
    pub fn new(values: &'a [u8], offsets: &'a [O]) -> Result<Self, RaggedError> {
        if offsets.is_empty() {
            return Err(RaggedError::NoOffsets);
        }
        let mut before = 0;
        for (at, offset) in offsets.iter().enumerate() {
            match offset.index() {
                Some(index) if index >= before && index <= values.len() => before = index,
                _ => return Err(RaggedError::BadOffset { at }),
            }
        }
        Ok(Self { values, offsets })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// True when there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of row `row`, or `None` past the last.
    pub fn get(&self, row: usize) -> Option<&'a [u8]> {
        let start = self.offsets.get(row)?.index()?;
        let end = self.offsets.get(row + 1)?.index()?;
        self.values.get(start..end)
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        let (values, offsets) = (self.values, self.offsets);
        offsets.windows(2).map(move |pair| match *pair {
            [start, end] => row(values, start, end),
            _ => &[],
        })
    }
}

/// `values[start..end]`; `Ragged::new` has checked that it exists.
fn row<O: Offset>(values: &[u8], start: O, end: O) -> &[u8] {
    start.index().zip(end.index()).and_then(|(start, end)| values.get(start..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn rows_are_read_in_both_offset_widths() {
        let narrow = Ragged::new(b"helloworld", &[0_i32, 5, 5, 10]).unwrap();
        let wide = Ragged::new(b"helloworld", &[0_i64, 5, 5, 10]).unwrap();
        let expected: [&[u8]; 3] = [b"hello", b"", b"world"];
        assert_eq!(narrow.iter().collect::<Vec<_>>(), expected);
        assert_eq!(wide.iter().collect::<Vec<_>>(), expected);
        assert_eq!((narrow.len(), narrow.get(2), narrow.get(3)), (3, Some(&b"world"[..]), None));
    }

    #[test]
    fn a_slice_of_a_column_keeps_its_offsets() {
        let slice = Ragged::new(b"helloworld", &[5_i32, 10]).unwrap();
        assert_eq!(slice.iter().collect::<Vec<_>>(), [b"world"]);
    }

    #[test]
    fn no_rows_is_one_offset() {
        let none = Ragged::new(b"", &[0_i32]).unwrap();
        assert!(none.is_empty());
        assert_eq!(none.iter().count(), 0);
        assert_eq!(Ragged::<i32>::new(b"", &[]).unwrap_err(), RaggedError::NoOffsets);
    }

    #[test]
    fn offsets_that_lie_are_refused_with_their_position() {
        for (offsets, at) in [([0, 7, 5], 2), ([-1, 3, 5], 0), ([0, 3, 11], 2)] {
            let error = Ragged::new(b"helloworld", &offsets).unwrap_err();
            assert_eq!(error, RaggedError::BadOffset { at });
        }
    }
}
