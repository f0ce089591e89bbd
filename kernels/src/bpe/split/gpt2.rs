//! `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

use super::super::classes::{LETTER, NUMBER, WHITE};
use super::super::text::Text;
use super::{SIGN, spaces_until};

/// The end of the word that starts at `at`, which is not the end of the text.
#[inline]
pub(in super::super) fn end(text: Text<'_>, at: usize) -> usize {
    let first = text.byte(at);
    if first == b'\''
        && let Some(end) = contraction(text, at)
    {
        return end;
    }
    let from = at + usize::from(first == b' ');
    let (class, bytes) = text.class(from);
    if class & LETTER != 0 {
        text.letters(from)
    } else if class & NUMBER != 0 {
        text.run(from + bytes, NUMBER)
    } else if class & SIGN != 0 {
        text.run(from + bytes, SIGN)
    } else {
        spaces_until(text, at, text.run(at, WHITE))
    }
}

/// The end of `'s|'t|'re|'ve|'m|'ll|'d` at the apostrophe `at`, where that matches.
#[inline]
fn contraction(text: Text<'_>, at: usize) -> Option<usize> {
    match [text.byte(at + 1), text.byte(at + 2)] {
        [b's' | b't' | b'm' | b'd', _] => Some(at + 2),
        [b'r' | b'v', b'e'] | [b'l', b'l'] => Some(at + 3),
        _ => None,
    }
}
