//! Text to ids.

use std::sync::{Mutex, PoisonError};

use super::cache::{Cache, KEPT_BYTES, Key};
use super::categories;
use super::description::Description;
use super::error::Error;
use super::output::Output;
use super::parts::Part;
use super::points::{Action, Points};
use super::text::{CHUNK, LOWERING, Text, ascii_alphanumeric, point};
use super::vocabulary::Vocabulary;
use super::word::Word;

/// `WordPiece`: what becomes of each character, and a vocabulary that words are spelt with.
pub struct WordPiece {
    vocabulary: Vocabulary,
    points: Points,
    /// What makes the letters of ASCII small, if they are to be.
    lowering: u128,
    /// What encoders that are done have learnt, for those to come.
    states: Mutex<Vec<State>>,
}

/// What an encoder learns, and where it reads words.
#[derive(Debug)]
struct State {
    cache: Cache,
    word: Word,
}

impl WordPiece {
    /// As it is described.
    pub fn new(description: &Description<'_>) -> Result<Self, Error> {
        let vocabulary = Vocabulary::new(description)?;
        let points = Points::new(description.normalizer, |character| vocabulary.id_of(character));
        let lowering = if description.normalizer.lowercase { LOWERING } else { 0 };
        Ok(Self { vocabulary, points, lowering, states: Mutex::default() })
    }

    /// An encoder for one thread. What it learns goes on to later ones.
    pub fn encoder(&self) -> Encoder<'_> {
        let known = self.states.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let new = || State { cache: Cache::new(), word: Word::new(self.vocabulary.most_bytes()) };
        Encoder { wordpiece: self, state: known.unwrap_or_else(new) }
    }
}

impl std::fmt::Debug for WordPiece {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("WordPiece").finish_non_exhaustive()
    }
}

/// Encodes text after text.
#[derive(Debug)]
pub struct Encoder<'a> {
    wordpiece: &'a WordPiece,
    state: State,
}

impl Encoder<'_> {
    /// Appends the ids of `text` to `ids`: at most one a byte.
    pub fn encode(&mut self, text: &str, ids: &mut Vec<u32>) {
        let mut out = Output::new(ids, text.len());
        let text = Text::new(text);
        let points = &self.wordpiece.points;
        let mut at = 0;
        while !text.ends(at) {
            let chunk = text.chunk(at);
            let letters = ascii_alphanumeric(chunk).trailing_ones() as usize;
            let end = at + letters;
            if letters < CHUNK {
                let after = (chunk >> (8 * letters)) as u8;
                let action = if text.ends(end) { Action::Gap } else { points.of_ascii(after) };
                if after.is_ascii()
                    && let Action::Gap | Action::Alone(_) = action
                {
                    if letters > 0 {
                        self.short_word(Key::new(chunk | self.wordpiece.lowering, letters), &mut out);
                    }
                    if let Action::Alone(id) = action {
                        out.push(id);
                    }
                    at = end + 1;
                    continue;
                }
            }
            at = self.words(text, at, &mut out);
        }
        out.finish();
    }

    /// A word of at most 15 bytes.
    #[inline]
    fn short_word(&mut self, key: Key, out: &mut Output<'_>) {
        match self.state.cache.get(key) {
            Some((known, count)) => out.push_known(known, count),
            None => self.new_word(key, out),
        }
    }

    /// A short word that isn't in the cache.
    #[inline(never)]
    fn new_word(&mut self, key: Key, out: &mut Output<'_>) {
        let from = out.count();
        let (bytes, count) = key.bytes();
        self.wordpiece.vocabulary.spell(&bytes[..count], out);
        self.state.cache.put(key, out.since(from));
    }

    /// Words from `at` on, up to one after which ASCII goes on. Tells where they end.
    #[inline(never)]
    fn words(&mut self, text: Text<'_>, mut at: usize, out: &mut Output<'_>) -> usize {
        let points = &self.wordpiece.points;
        self.state.word.clear();
        while !text.ends(at) {
            let chunk = text.chunk(at);
            let letters = ascii_alphanumeric(chunk).trailing_ones() as usize;
            if letters > 0 {
                self.state.word.push(chunk | self.wordpiece.lowering, letters);
                at += letters;
                continue;
            }
            let (action, bytes) = if (chunk as u8).is_ascii() {
                (points.of_ascii(chunk as u8), 1)
            } else {
                let (point, bytes) = point(chunk);
                (points.of(point), bytes)
            };
            at += bytes;
            match action {
                Action::Keep => self.state.word.push(chunk, bytes),
                Action::Short { bytes, count } => {
                    self.state.word.push(u128::from(u32::from_le_bytes(bytes)), usize::from(count));
                }
                Action::Long { from, count } => self.state.word.push(points.long(from), usize::from(count)),
                Action::Drop => {}
                Action::Bar => self.state.word.bar(),
                Action::Gap => self.end_word(out),
                Action::Alone(id) => {
                    self.end_word(out);
                    out.push(id);
                }
                Action::Several(place) => self.parts(points.several(place), out),
            }
            if self.state.word.bytes().is_empty() && text.byte(at).is_ascii() {
                return at;
            }
        }
        self.end_word(out);
        at
    }

    #[cold]
    fn parts(&mut self, parts: &[Part], out: &mut Output<'_>) {
        for part in parts {
            match *part {
                Part::Letter(letter) => self.state.word.push_character(letter),
                Part::Mark(mark, class) => self.state.word.push_mark(mark, class, categories::class),
                Part::Bar => self.state.word.bar(),
                Part::Gap => self.end_word(out),
                Part::Alone(alone) => {
                    self.end_word(out);
                    out.push(self.wordpiece.vocabulary.id_of(alone));
                }
            }
        }
    }

    /// The word so far, if there is one, is whole.
    #[inline]
    fn end_word(&mut self, out: &mut Output<'_>) {
        let word = &self.state.word;
        match word.bytes().len() {
            0 => {}
            bytes @ ..=KEPT_BYTES => self.short_word(Key::new(word.chunk(), bytes), out),
            _ => self.wordpiece.vocabulary.spell(word.bytes(), out),
        }
        self.state.word.clear();
    }
}

impl Drop for Encoder<'_> {
    fn drop(&mut self) {
        let word = Word::new(self.wordpiece.vocabulary.most_bytes());
        let state = std::mem::replace(&mut self.state, State { cache: Cache::default(), word });
        self.wordpiece.states.lock().unwrap_or_else(PoisonError::into_inner).push(state);
    }
}
