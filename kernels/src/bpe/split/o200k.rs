//! A word of letters is, where `U` is `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`, `L` is `[\p{Ll}\p{Lm}\p{Lo}\p{M}]` and `C` is
//! `(?i:'s|'t|'re|'ve|'m|'ll|'d)?`, one of
//!
//! ```text
//! [^\r\n\p{L}\p{N}]?U*L+C
//! [^\r\n\p{L}\p{N}]?U+L*C
//! ```
//!
//! and after them come `\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`. There are vocabularies with single digits
//! and without contractions.

use super::super::classes::{CASELESS, LETTER, LOWER, MARK, NEWLINE, NUMBER, UPPER};
use super::super::text::Text;
use super::{contraction, lines_or_spaces, signs};
use crate::chunk::{CHUNK, bytes_between};

/// What is in both `U` and `L`.
const BOTH: u8 = CASELESS | MARK;

/// The end of the word that starts at `at`, which is not the end of the text. Numbers are cut after `digits`.
#[inline]
pub(in super::super) fn end(text: Text<'_>, at: usize, digits: u32, contractions: bool) -> usize {
    let (class, bytes) = text.class(at);
    if class & NUMBER != 0 {
        return text.short_run(at, NUMBER, digits);
    }
    if class & NEWLINE == 0
        && let Some(end) = letters(text, at, class, bytes)
    {
        return if contractions { contraction(text, end).unwrap_or(end) } else { end };
    }
    match signs(text, at) {
        Some(mut end) => {
            while matches!(text.byte(end), b'\r' | b'\n' | b'/') {
                end += 1;
            }
            end
        }
        None => lines_or_spaces(text, at),
    }
}

/// The end of the letters of either alternative, before what they have in common.
///
/// The first is tried with a character before it and, where that is a mark, without: a mark is one of both, so one of them
/// matches. It is only the second that is left for a word of capitals.
#[inline]
fn letters(text: Text<'_>, at: usize, class: u8, bytes: usize) -> Option<usize> {
    let from = if class & LETTER == 0 { at + bytes } else { at };
    let (end, capitals) = ending_low(text, from);
    if end.is_some() {
        return end;
    }
    if class & MARK != 0 {
        return ending_low(text, at).0;
    }
    (capitals > from).then_some(capitals)
}

/// The end of `U*L+` at `at`, where that matches, and that of `U*`.
///
/// Where no small letter follows what `U*` takes, it gives back as much as `L+` needs, one character: up to the last that is in both.
#[inline]
fn ending_low(text: Text<'_>, at: usize) -> (Option<usize>, usize) {
    let mut capitals = at;
    let mut both = None;
    loop {
        capitals += ascii_run(text, capitals, b'A', b'Z');
        let (class, bytes) = text.class(capitals);
        if class & (UPPER | BOTH) == 0 {
            let end = if class & LOWER == 0 { both } else { Some(small(text, capitals)) };
            return (end, capitals);
        }
        capitals += bytes;
        if class & BOTH != 0 {
            both = Some(capitals);
        }
    }
}

/// The end of `L*` at `at`.
#[inline]
fn small(text: Text<'_>, mut at: usize) -> usize {
    loop {
        let letters = ascii_run(text, at, b'a', b'z');
        at += letters;
        if letters == CHUNK {
            continue;
        }
        let (class, bytes) = text.class(at);
        if class & (LOWER | BOTH) == 0 {
            return at;
        }
        at += bytes;
    }
}

/// How many bytes from `at` are in the range: at most a chunk of them is looked at.
#[inline]
fn ascii_run(text: Text<'_>, at: usize, first: u8, last: u8) -> usize {
    bytes_between(text.chunk(at), first, last).trailing_ones() as usize
}
