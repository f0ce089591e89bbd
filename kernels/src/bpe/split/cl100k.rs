//! `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
//! with other bounds than 3, too.

use super::super::classes::{LETTER, NEWLINE, NUMBER};
use super::super::text::Text;
use super::{contraction, line_ends, lines_or_spaces, signs};

/// The end of the word that starts at `at`, which is not the end of the text. Numbers are cut after `digits`.
#[inline]
pub(in super::super) fn end(text: Text<'_>, at: usize, digits: u32) -> usize {
    match text.plain_word(at) {
        Some(end) => end,
        None => other_end(text, at, digits),
    }
}

/// The end of a word that isn't plain.
#[inline]
fn other_end(text: Text<'_>, at: usize, digits: u32) -> usize {
    if let Some(end) = contraction(text, at) {
        return end;
    }
    let (class, bytes) = text.class(at);
    if class & LETTER != 0 {
        return text.letters(at);
    }
    if class & NUMBER != 0 {
        return text.short_run(at, NUMBER, digits);
    }
    if class & NEWLINE == 0 {
        let end = text.letters(at + bytes);
        if end > at + bytes {
            return end;
        }
    }
    match signs(text, at) {
        Some(end) => line_ends(text, end),
        None => lines_or_spaces(text, at),
    }
}
