//! Text to ids.

use super::categories::class;
use super::description::Description;
use super::error::Error;
use super::output::Output;
use super::parts::Part;
use super::points::{Action, Points};
use super::text::{Text, ascii_alphanumeric};
use super::vocabulary::Vocabulary;
use super::word::Word;
use crate::chunk::{CHUNK, LOWERING, point};

/// What becomes of each character, and a vocabulary that words are spelt with.
pub struct WordPiece {
    pub(super) points: Points,
    pub(super) vocabulary: Vocabulary,
    /// What makes the letters of ASCII small, if they are to be.
    lowering: u128,
}

/// Where words are read that aren't in the text as they are; one serves any number of texts, and tokenizers.
#[derive(Debug, Default)]
pub struct Scratch {
    word: Word,
}

impl WordPiece {
    /// As it is described.
    pub fn new(description: &Description<'_>) -> Result<Self, Error> {
        let vocabulary = Vocabulary::new(description)?;
        let points = Points::new(description.normalizer, |character| vocabulary.id_of(character));
        let lowering = if description.normalizer.lowercase { LOWERING } else { 0 };
        Ok(Self { points, vocabulary, lowering })
    }

    /// Appends the ids of `text` to `ids`: at most one a byte.
    pub fn encode(&self, text: &str, scratch: &mut Scratch, ids: &mut Vec<u32>) {
        let mut out = Output::new(ids, text.len());
        let text = Text::new(text);
        let word = &mut scratch.word;
        word.begin(self.vocabulary.most_bytes());
        let mut at = 0;
        while !text.ends(at) {
            at = self.plain_word(text, at, &mut out).unwrap_or_else(|| self.words(text, at, word, &mut out));
        }
        out.finish();
    }

    /// A word of fewer than 16 letters and digits of ASCII, or none, and what ends it, which is of ASCII, too. Tells where that ends, if
    /// there is all this at `at`: there is at almost every word of English.
    #[inline]
    fn plain_word(&self, text: Text<'_>, at: usize, out: &mut Output<'_>) -> Option<usize> {
        let chunk = text.chunk(at);
        let letters = ascii_alphanumeric(chunk).trailing_ones() as usize;
        let end = at + letters;
        let action = if letters == CHUNK {
            return None;
        } else if text.ends(end) {
            Action::Gap
        } else {
            self.points.of_ascii((chunk >> (8 * letters)) as u8)?
        };
        if !matches!(action, Action::Gap | Action::Alone(_)) {
            return None;
        }
        if letters > 0 {
            let bytes = (chunk | self.lowering).to_le_bytes();
            self.vocabulary.spell(&bytes[..letters], out);
        }
        if let Action::Alone(id) = action {
            out.push(id);
        }
        Some(end + 1)
    }

    /// Any words from `at` on, to where one has ended and ASCII goes on. Tells where that is.
    #[inline(never)]
    fn words(&self, text: Text<'_>, mut at: usize, word: &mut Word, out: &mut Output<'_>) -> usize {
        while !text.ends(at) {
            let chunk = text.chunk(at);
            let letters = ascii_alphanumeric(chunk).trailing_ones() as usize;
            if letters > 0 {
                word.push(chunk | self.lowering, letters);
                at += letters;
                continue;
            }
            let (action, bytes) = if let Some(action) = self.points.of_ascii(chunk as u8) {
                (action, 1)
            } else {
                let (point, bytes) = point(chunk);
                (self.points.of(point), bytes)
            };
            at += bytes;
            match action {
                Action::Keep => word.push(chunk, bytes),
                Action::Drop => {}
                Action::Short { bytes, count } => {
                    word.push(u128::from(u32::from_le_bytes(bytes)), usize::from(count));
                }
                Action::Long { from, count } => word.push(self.points.long(from), usize::from(count)),
                Action::Gap => self.end(word, out),
                Action::Alone(id) => {
                    self.end(word, out);
                    out.push(id);
                }
                Action::Bar => word.bar(),
                Action::Several(place) => self.parts(self.points.several(place), word, out),
            }
            if word.is_empty() && text.byte(at).is_ascii() {
                return at;
            }
        }
        self.end(word, out);
        at
    }

    #[cold]
    fn parts(&self, parts: &[Part], word: &mut Word, out: &mut Output<'_>) {
        for part in parts {
            match *part {
                Part::Gap => self.end(word, out),
                Part::Alone(alone) => {
                    self.end(word, out);
                    out.push(self.vocabulary.id_of(alone));
                }
                Part::Letter(letter) => word.push_character(letter),
                Part::Mark(mark, class_of_mark) => word.push_mark(mark, class_of_mark, class),
                Part::Bar => word.bar(),
            }
        }
    }

    /// The word so far, if there is one, has ended.
    #[inline]
    fn end(&self, word: &mut Word, out: &mut Output<'_>) {
        if !word.is_empty() {
            self.vocabulary.spell(word.bytes(), out);
        }
        word.clear();
    }
}

impl std::fmt::Debug for WordPiece {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("WordPiece").finish_non_exhaustive()
    }
}
