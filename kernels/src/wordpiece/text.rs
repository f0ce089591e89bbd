//! Bytes and code points of a text, as they are read.

use crate::chunk::{LOWERING, bytes_between, chunk};

/// A text that is being read.
#[derive(Clone, Copy)]
pub(super) struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text.as_bytes())
    }

    /// The byte at `at`; past the end it is zero.
    #[inline]
    pub(super) fn byte(self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or_default()
    }

    /// Whether `at` is the end.
    #[inline]
    pub(super) fn ends(self, at: usize) -> bool {
        at >= self.0.len()
    }

    /// The bytes from `at`, the first lowest; past the end they are zero.
    #[inline]
    pub(super) fn chunk(self, at: usize) -> u128 {
        chunk(self.0, at)
    }
}

/// Bit i is set where byte i of `chunk` is a letter or a digit of ASCII.
#[inline]
pub(super) fn ascii_alphanumeric(chunk: u128) -> u32 {
    bytes_between(chunk | LOWERING, b'a', b'z') | bytes_between(chunk, b'0', b'9')
}
