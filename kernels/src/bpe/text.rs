//! Characters and stretches of them, as the patterns walk over a text.

use super::classes::{Class, Classes, LETTER, OTHER, SPACE};
use crate::chunk::{CHUNK, LOWERING, bytes_between, chunk, point};

/// A text that is being cut into words.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    bytes: &'a [u8],
    classes: &'static Classes,
}

impl<'a> Text<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), classes: Classes::get() }
    }

    #[inline]
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The byte at `at`; past the end it is zero.
    #[inline]
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or_default()
    }

    /// Whether `at` is the end.
    #[inline]
    pub(super) fn ends(&self, at: usize) -> bool {
        at >= self.bytes.len()
    }

    /// The bytes from `at`, the first lowest; past the end they are zero.
    #[inline]
    pub(super) fn chunk(&self, at: usize) -> u128 {
        chunk(self.bytes, at)
    }

    /// The class of the character at `at`, and its bytes; past the end no class, and none.
    #[inline]
    pub(super) fn class(&self, at: usize) -> (Class, usize) {
        match self.bytes.get(at) {
            Some(byte) if byte.is_ascii() => (self.classes.of_ascii(*byte), 1),
            Some(_) => {
                let (point, bytes) = point(self.chunk(at));
                (self.classes.of(point), bytes)
            }
            None => (0, 0),
        }
    }

    /// The end of the letters of ASCII at `at`, with a character of it before them that is no letter, number, line end or apostrophe, if
    /// there are some, all in one chunk, and ASCII goes on after them: the word that most words are.
    #[inline]
    pub(super) fn plain_word(&self, at: usize) -> Option<usize> {
        let chunk = self.chunk(at);
        let letters = ascii_letters(chunk);
        let first = chunk as u8;
        let may_lead =
            self.classes.of_ascii(first) & (OTHER | SPACE) != 0 && first.is_ascii() && first != b'\'';
        let run = (letters | u32::from(may_lead)).trailing_ones();
        let is_plain =
            run > u32::from(may_lead) && self.byte(at + run as usize).is_ascii() && run < CHUNK as u32;
        is_plain.then_some(at + run as usize)
    }

    /// The end of the run of characters in `mask` that starts at `at`.
    #[inline]
    pub(super) fn run(&self, mut at: usize, mask: Class) -> usize {
        loop {
            let (class, bytes) = self.class(at);
            if class & mask == 0 {
                return at;
            }
            at += bytes;
        }
    }

    /// As [`run`](Self::run), of at most `most` characters.
    #[inline]
    pub(super) fn short_run(&self, mut at: usize, mask: Class, most: u32) -> usize {
        for _ in 0..most {
            let (class, bytes) = self.class(at);
            if class & mask == 0 {
                break;
            }
            at += bytes;
        }
        at
    }

    /// [`run`](Self::run) of letters: those of ASCII many at a time.
    #[inline]
    pub(super) fn letters(&self, mut at: usize) -> usize {
        loop {
            let letters = ascii_letters(self.chunk(at)).trailing_ones() as usize;
            at += letters;
            if letters == CHUNK {
                continue;
            }
            if self.byte(at).is_ascii() {
                return at;
            }
            let (class, bytes) = self.class(at);
            if class & LETTER == 0 {
                return at;
            }
            at = self.wide_letters(at + bytes);
        }
    }

    /// The end of the run of letters beyond ASCII that starts at `at`.
    #[inline]
    fn wide_letters(&self, mut at: usize) -> usize {
        while !self.byte(at).is_ascii() {
            let (class, bytes) = self.class(at);
            if class & LETTER == 0 {
                break;
            }
            at += bytes;
        }
        at
    }
}

/// Bit i is set where byte i of `chunk` is a letter of ASCII.
#[inline]
fn ascii_letters(chunk: u128) -> u32 {
    bytes_between(chunk | LOWERING, b'a', b'z')
}
