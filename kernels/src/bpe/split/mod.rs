//! Where the words of a text end, by the patterns that vocabularies are made with.
//!
//! Each file here is one regular expression, written as what its alternatives do in their order. They share what
//! follows an apostrophe and what is done with white space.

pub(super) mod cl100k;
pub(super) mod gpt2;
pub(super) mod o200k;

use super::classes::{MARK, NEWLINE, OTHER, WHITE};
use super::text::Text;

/// `[^\s\p{L}\p{N}]`.
const SIGN: u8 = OTHER | MARK;

/// The end of `(?i:'s|'t|'re|'ve|'m|'ll|'d)` at `at`, where that matches: by folding, `ſ` is an s.
#[inline]
fn contraction(text: Text<'_>, at: usize) -> Option<usize> {
    if text.byte(at) != b'\'' {
        return None;
    }
    let after = [text.byte(at + 1) | 0x20, text.byte(at + 2) | 0x20];
    match after {
        [b's' | b't' | b'm' | b'd', _] => Some(at + 2),
        [b'r' | b'v', b'e'] | [b'l', b'l'] => Some(at + 3),
        _ if text.byte(at + 1) == 0xC5 && text.byte(at + 2) == 0xBF => Some(at + 3),
        _ => None,
    }
}

/// The end of ` ?[^\s\p{L}\p{N}]+` at `at`, where that matches.
#[inline]
fn signs(text: Text<'_>, at: usize) -> Option<usize> {
    let from = at + usize::from(text.byte(at) == b' ');
    let end = text.run(from, SIGN);
    (end > from).then_some(end)
}

/// The end of `\s*[\r\n]+|\s+(?!\S)|\s+` at `at`, where there is white space.
#[inline]
fn lines_or_spaces(text: Text<'_>, at: usize) -> usize {
    let end = text.run(at, WHITE);
    let white = text.bytes().get(at..end).unwrap_or_default();
    match white.iter().rposition(|byte| matches!(byte, b'\r' | b'\n')) {
        Some(last) => at + last + 1,
        None => spaces_until(text, at, end),
    }
}

/// The end of `\s+(?!\S)|\s+` at `at`, where there is white space up to `end`: unless the text ends there, the
/// last of several is given back.
#[inline]
fn spaces_until(text: Text<'_>, at: usize, end: usize) -> usize {
    if text.ends(end) {
        return end;
    }
    let white = text.bytes().get(at..end).unwrap_or_default();
    match white.iter().rposition(|byte| byte & 0xC0 != 0x80) {
        Some(last) if last > 0 => at + last,
        _ => end,
    }
}

/// The end of `[\r\n]*` at `at`.
#[inline]
fn line_ends(text: Text<'_>, at: usize) -> usize {
    text.run(at, NEWLINE)
}
