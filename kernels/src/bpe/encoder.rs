//! Text to ids.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::cache::{Cache, Ids, KEPT_BYTES, Key};
use super::error::Error;
use super::merge::Merging;
use super::pattern::Pattern;
use super::split::{cl100k, gpt2, o200k};
use super::text::Text;
use super::vocabulary::{Token, Vocabulary};

/// Words that are cut before the first of them is looked up.
const AHEAD: usize = 32;

/// Byte-level BPE: a pattern that cuts words and a vocabulary that they are spelt with.
pub struct Bpe {
    pub(super) pattern: Pattern,
    pub(super) vocabulary: Vocabulary,
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

    /// The bytes of the token of `id`, where there is one that texts can have.
    pub fn bytes(&self, id: u32) -> Option<&[u8]> {
        self.vocabulary.bytes(id)
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
    fn encode_words(&mut self, text: &str, ids: &mut Vec<u32>, end_of: impl Fn(Text<'_>, usize) -> usize) {
        let text = Text::new(text);
        let mut out = Output::new(ids, text.bytes().len());
        let mut cuts = [(Key::default(), 0); AHEAD];
        let (mut start, mut at) = (0, 0);
        while !text.ends(at) {
            // The words are cut some way ahead, so that their places in the cache are on their way when they are asked for.
            let mut ahead = 0;
            for cut in &mut cuts {
                if text.ends(at) {
                    break;
                }
                let end = end_of(text, at);
                debug_assert!(end > at, "a word has a byte at least");
                let key = Key::new(text.chunk(at), (end - at).min(KEPT_BYTES));
                self.state.cache.prefetch(key);
                *cut = (key, end);
                at = end;
                ahead += 1;
            }
            self.prefetch_new(&cuts[..ahead]);
            for (key, end) in cuts.iter().take(ahead) {
                if end - start > KEPT_BYTES {
                    self.long_word(text, start..*end, &mut out);
                } else if let Some(known) = self.state.cache.get(*key) {
                    out.push_known(known);
                } else {
                    self.new_word(*key, text, start..*end, &mut out);
                }
                start = *end;
            }
        }
        out.finish();
    }

    /// Has the table of words on its way, too, for those that the cache doesn't have.
    #[inline]
    fn prefetch_new(&self, cuts: &[(Key, usize)]) {
        let words = &self.bpe.vocabulary.words;
        let mut new = [0_u64; AHEAD];
        let mut count = 0;
        for (key, _) in cuts {
            new[count % AHEAD] = key.hash();
            count += usize::from(!self.state.cache.has(*key));
        }
        let new = &new[..count.min(AHEAD)];
        for hash in new {
            words.prefetch_place(*hash);
        }
        for hash in new {
            words.prefetch_entry(*hash);
        }
    }

    /// A short word that isn't in the cache.
    #[inline(never)]
    fn new_word(&mut self, key: Key, text: Text<'_>, word: Range<usize>, out: &mut Output<'_>) {
        let from = out.len;
        match self.bpe.vocabulary.short_word(key, &text.bytes()[word.clone()]) {
            Some(symbol) => out.push(self.bpe.vocabulary.id(symbol)),
            None => self.spell(text, word, out),
        }
        self.state.cache.put(key, out.since(from));
    }

    /// A word that nothing is known of but, perhaps, its parts.
    #[inline(never)]
    fn long_word(&mut self, text: Text<'_>, word: Range<usize>, out: &mut Output<'_>) {
        let vocabulary = &self.bpe.vocabulary;
        let bytes = &text.bytes()[word.clone()];
        match vocabulary.word(bytes) {
            Some(symbol) => out.push(vocabulary.id(symbol)),
            None => self.spell(text, word, out),
        }
    }

    /// A word that is no token.
    #[inline]
    fn spell(&mut self, text: Text<'_>, word: Range<usize>, out: &mut Output<'_>) {
        let bytes = &text.bytes()[word.clone()];
        if bytes.is_ascii() {
            self.merge(bytes, out);
            return;
        }
        self.bpe.vocabulary.seams.cut(text, word.clone(), |part| {
            // Of a word without seams all is known that there is.
            if part.len() > KEPT_BYTES || part == word {
                self.merge(&text.bytes()[part], out);
            } else {
                self.part(text, part, out);
            }
        });
    }

    /// A short part of a word between two seams.
    #[inline]
    fn part(&mut self, text: Text<'_>, part: Range<usize>, out: &mut Output<'_>) {
        let key = Key::new(text.chunk(part.start), part.len());
        match self.state.cache.get(self.bpe.vocabulary.part_key(key)) {
            Some(known) => out.push_known(known),
            None => self.new_part(key, &text.bytes()[part], out),
        }
    }

    /// A part of a word that isn't in the cache.
    #[inline(never)]
    fn new_part(&mut self, key: Key, part: &[u8], out: &mut Output<'_>) {
        let vocabulary = &self.bpe.vocabulary;
        let from = out.len;
        match vocabulary.short_part(key, part) {
            Some(symbol) => out.push(vocabulary.id(symbol)),
            None => self.merge(part, out),
        }
        self.state.cache.put(vocabulary.part_key(key), out.since(from));
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
        ids.resize(len + bytes + 8, 0);
        Self { ids, len }
    }

    #[inline]
    fn push(&mut self, id: u32) {
        self.ids[self.len] = id;
        self.len += 1;
    }

    #[inline]
    fn push_known(&mut self, known: Ids<'_>) {
        if let Some(to) = self.ids[self.len..].first_chunk_mut() {
            self.len += known.write(to);
        }
    }

    fn since(&self, from: usize) -> &[u32] {
        &self.ids[from..self.len]
    }

    fn finish(self) {
        self.ids.truncate(self.len);
    }
}
