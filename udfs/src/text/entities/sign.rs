//! Finding the signs that begin mentions and hashtags: `@` and `#`, and their full-width twins.

use memchr::memchr2;

use super::Span;

/// A sign in its two widths.
#[derive(Clone, Copy)]
pub(super) enum Sign {
    /// `@` or `＠`.
    At,
    /// `#` or `＃`.
    Hash,
}

/// The first byte of both full-width signs, and of much else (`！`, `、`'s half-width twin, …).
const FULL_WIDTH_LEAD: u8 = 0xef;

impl Sign {
    fn ascii(self) -> u8 {
        match self {
            Self::At => b'@',
            Self::Hash => b'#',
        }
    }

    fn full_width(self) -> &'static str {
        match self {
            Self::At => "＠",
            Self::Hash => "＃",
        }
    }

    /// Whether `character` is this sign, in either width.
    pub(super) fn is(self, character: char) -> bool {
        match self {
            Self::At => matches!(character, '@' | '＠'),
            Self::Hash => matches!(character, '#' | '＃'),
        }
    }

    /// The next such sign at or after byte `from`.
    pub(super) fn next(self, text: &str, mut from: usize) -> Option<Span> {
        let bytes = text.as_bytes();
        loop {
            let rest = bytes.get(from..)?;
            let start = from + memchr2(self.ascii(), FULL_WIDTH_LEAD, rest)?;
            let sign = bytes.get(start..)?;
            if sign.first() == Some(&self.ascii()) {
                return Some(Span { start, end: start + 1 });
            }
            if sign.starts_with(self.full_width().as_bytes()) {
                return Some(Span { start, end: start + self.full_width().len() });
            }
            from = start + 1;
        }
    }
}
