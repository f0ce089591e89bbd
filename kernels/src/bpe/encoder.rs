//! Text to ids.

use std::sync::{Mutex, PoisonError};

use super::cache::{Cache, KEPT_BYTES, Key};
use super::error::Error;
use super::merge::Merging;
use super::pattern::Pattern;
use super::split::{cl100k, gpt2, o200k};
use super::text::Text;
use super::vocabulary::{Token, Vocabulary};

/// Byte-level BPE: a pattern that cuts words and a vocabulary that they are spelt with.
pub struct Bpe {
    pattern: Pattern,
    vocabulary: Vocabulary,
    /// What encoders that are done have learnt, for those to come.
    states: Mutex<Vec<State>>,
}

/// What an encoder learns.
#[derive(Debug, Default)]
struct State {
    cache: Cache,
    merging: Merging,
}

impl Bpe {
    /// With ranks, as tiktoken has them: `tokens` are in the order of their ranks, and a word that is a token is that token.
    pub fn of_ranks(pattern: Pattern, tokens: &[Token]) -> Result<Self, Error> {
        Ok(Self::new(pattern, Vocabulary::of_ranks(tokens)?))
    }

    /// With merges, as a `tokenizer.json` has them: each of two of the `tokens`, by place, in their order. `words_first` is its `ignore_merges`.
    pub fn of_merges(
        pattern: Pattern,
        tokens: &[Token],
        merges: &[(usize, usize)],
        words_first: bool,
    ) -> Result<Self, Error> {
        Ok(Self::new(pattern, Vocabulary::of_merges(tokens, merges, words_first)?))
    }

    fn new(pattern: Pattern, vocabulary: Vocabulary) -> Self {
        Self { pattern, vocabulary, states: Mutex::default() }
    }

    /// An encoder for one thread. What it learns goes on to later ones.
    pub fn encoder(&self) -> Encoder<'_> {
        let known = self.states.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let state = known.unwrap_or_else(|| State { cache: Cache::new(), merging: Merging::default() });
        Encoder { bpe: self, state }
    }
}

impl std::fmt::Debug for Bpe {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Bpe").field("pattern", &self.pattern).finish_non_exhaustive()
    }
}

/// Encodes text after text.
#[derive(Debug)]
pub struct Encoder<'a> {
    bpe: &'a Bpe,
    state: State,
}

impl Encoder<'_> {
    /// Appends the ids of `text` to `ids`: at most one a byte.
    pub fn encode(&mut self, text: &str, ids: &mut Vec<u32>) {
        match self.bpe.pattern {
            Pattern::Gpt2 => self.encode_words(text, ids, gpt2::end),
            Pattern::Cl100k { digits } => {
                self.encode_words(text, ids, |text, at| cl100k::end(text, at, digits));
            }
            Pattern::O200k { digits, contractions } => {
                self.encode_words(text, ids, |text, at| o200k::end(text, at, digits, contractions));
            }
        }
    }

    #[inline]
    fn encode_words(
        &mut self,
        text: &str,
        ids: &mut Vec<u32>,
        end_of: impl Fn(Text<'_>, usize) -> usize,
    ) {
        let text = Text::new(text);
        let mut out = Output::new(ids, text.bytes().len());
        let mut at = 0;
        while !text.ends(at) {
            let end = end_of(text, at);
            debug_assert!(end > at, "a word has a byte at least");
            if end - at <= KEPT_BYTES {
                let key = Key::new(text.chunk(at), end - at);
                match self.state.cache.get(key) {
                    Some((known, count)) => out.push_known(known, count),
                    None => self.new_word(key, &text.bytes()[at..end], &mut out),
                }
            } else {
                self.long_word(&text.bytes()[at..end], &mut out);
            }
            at = end;
        }
        out.finish();
    }

    /// A short word that isn't in the cache.
    #[inline(never)]
    fn new_word(&mut self, key: Key, word: &[u8], out: &mut Output<'_>) {
        let from = out.len;
        match self.bpe.vocabulary.word(word) {
            Some(symbol) => out.push(self.bpe.vocabulary.id(symbol)),
            None => self.merge(word, out),
        }
        self.state.cache.put(key, out.since(from));
    }

    /// A word that is too long for the cache: its parts may not be.
    #[inline(never)]
    fn long_word(&mut self, word: &[u8], out: &mut Output<'_>) {
        let bpe = self.bpe;
        if let Some(symbol) = bpe.vocabulary.word(word) {
            out.push(bpe.vocabulary.id(symbol));
        } else if word.is_ascii() {
            self.merge(word, out);
        } else {
            bpe.vocabulary.seams.cut(word, |part| self.part(part, out));
        }
    }

    /// A part of a word between two seams.
    #[inline]
    fn part(&mut self, part: &[u8], out: &mut Output<'_>) {
        if part.len() > KEPT_BYTES {
            self.merge(part, out);
            return;
        }
        let mut chunk = [0; 16];
        chunk[..part.len()].copy_from_slice(part);
        let mut key = Key::new(u128::from_le_bytes(chunk), part.len());
        if self.bpe.vocabulary.has_whole() {
            key = key.part();
        }
        if let Some((known, count)) = self.state.cache.get(key) {
            out.push_known(known, count);
            return;
        }
        let from = out.len;
        match self.bpe.vocabulary.part(part) {
            Some(symbol) => out.push(self.bpe.vocabulary.id(symbol)),
            None => self.merge(part, out),
        }
        self.state.cache.put(key, out.since(from));
    }

    fn merge(&mut self, word: &[u8], out: &mut Output<'_>) {
        let vocabulary = &self.bpe.vocabulary;
        self.state.merging.merge(&vocabulary.pairs, word, |symbol| out.push(vocabulary.id(symbol)));
    }
}

impl Drop for Encoder<'_> {
    fn drop(&mut self) {
        let state = std::mem::take(&mut self.state);
        self.bpe.states.lock().unwrap_or_else(PoisonError::into_inner).push(state);
    }
}

/// Ids that are being appended: room for all is made before the first.
struct Output<'a> {
    ids: &'a mut Vec<u32>,
    len: usize,
}

impl<'a> Output<'a> {
    fn new(ids: &'a mut Vec<u32>, bytes: usize) -> Self {
        let len = ids.len();
        ids.resize(len + bytes + 4, 0);
        Self { ids, len }
    }

    #[inline]
    fn push(&mut self, id: u32) {
        self.ids[self.len] = id;
        self.len += 1;
    }

    /// Appends the first `count` of four.
    #[inline]
    fn push_known(&mut self, known: [u32; 4], count: usize) {
        self.ids[self.len..self.len + 4].copy_from_slice(&known);
        self.len += count;
    }

    fn since(&self, from: usize) -> &[u32] {
        &self.ids[from..self.len]
    }

    fn finish(self) {
        self.ids.truncate(self.len);
    }
}
