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

/// The code point beyond ASCII that starts a chunk, and its bytes.
#[inline]
pub(super) fn point(chunk: u128) -> (u32, usize) {
    let bytes = (chunk as u32).to_le_bytes().map(u32::from);
    let rest = |at: usize| bytes[at] & 0x3F;
    if bytes[0] < 0xE0 {
        ((bytes[0] & 0x1F) << 6 | rest(1), 2)
    } else if bytes[0] < 0xF0 {
        ((bytes[0] & 0x0F) << 12 | rest(1) << 6 | rest(2), 3)
    } else {
        ((bytes[0] & 0x07) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3), 4)
    }
}

/// Bit i is set where byte i of `chunk` is a letter or a digit of ASCII.
#[inline]
pub(super) fn ascii_alphanumeric(chunk: u128) -> u32 {
    bytes_between(chunk | LOWERING, b'a', b'z') | bytes_between(chunk, b'0', b'9')
}
