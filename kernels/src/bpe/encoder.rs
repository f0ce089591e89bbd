//! Text to ids.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::batch::Batch;
use super::cache::{Cache, Ids, KEPT_BYTES, Key};
use super::error::Error;
use super::merge::Merging;
use super::pattern::Pattern;
use super::split::{cl100k, gpt2, o200k};
use super::text::Text;
use super::vocabulary::{Token, Vocabulary};

/// Batches of words that are under way: while one is cut, what is asked of those before it comes from memory.
const STAGES: usize = 4;

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
        self.encode_all([text], ids, |_| ());
    }

    /// Appends the ids of each of `texts` to `ids`, and tells `end_at` how many there are then: sooner than one text after the other, as
    /// words of the next come from memory while those of the last are done.
    pub fn encode_all<'t>(
        &mut self,
        texts: impl IntoIterator<Item = &'t str>,
        ids: &mut Vec<u32>,
        end_at: impl FnMut(usize),
    ) {
        let texts = texts.into_iter().fuse();
        match self.bpe.pattern {
            Pattern::Gpt2 => self.encode_words(texts, ids, end_at, gpt2::end),
            Pattern::Cl100k { digits } => {
                self.encode_words(texts, ids, end_at, |text, at| cl100k::end(text, at, digits));
            }
            Pattern::O200k { digits, contractions } => {
                self.encode_words(texts, ids, end_at, |text, at| o200k::end(text, at, digits, contractions));
            }
        }
    }

    #[inline]
    fn encode_words<'t>(
        &mut self,
        mut texts: impl Iterator<Item = &'t str>,
        ids: &mut Vec<u32>,
        mut end_at: impl FnMut(usize),
        end_of: impl Fn(Text<'t>, usize) -> usize,
    ) {
        let words = &self.bpe.vocabulary.words;
        let mut out = Output::new(ids);
        let mut batches = [Batch::none(); STAGES];
        let mut rest = None;
        for step in 0_usize.. {
            let [cut, sought, fetched, ready] = [0, 3, 2, 1].map(|stage| (step + stage) % STAGES);
            if let Some((text, start)) = rest.or_else(|| Some((Text::new(texts.next()?), 0))) {
                batches[cut].cut(text, start, &self.state.cache, &end_of);
                rest = batches[cut].next();
            } else {
                batches[cut] = Batch::none();
            }
            batches[sought].find_new(&self.state.cache, words);
            batches[fetched].fetch_new(words);
            self.finish(&batches[ready], &mut out);
            if batches[ready].is_last() {
                end_at(out.len);
            }
            if batches.iter().all(Batch::is_none) {
                break;
            }
        }
        out.finish();
    }

    /// Appends the ids of a batch.
    #[inline]
    fn finish(&mut self, batch: &Batch<'_>, out: &mut Output<'_>) {
        let text = batch.text();
        out.make_room(batch.len());
        for (key, word) in batch.words() {
            if word.len() > KEPT_BYTES {
                self.long_word(text, word, out);
            } else if let Some(known) = self.state.cache.get(key) {
                out.push_known(known);
            } else {
                self.new_word(key, text, word, out);
            }
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

/// Ids that are being appended: room for those of a batch is made before the first.
struct Output<'a> {
    ids: &'a mut Vec<u32>,
    len: usize,
}

impl<'a> Output<'a> {
    fn new(ids: &'a mut Vec<u32>) -> Self {
        let len = ids.len();
        Self { ids, len }
    }

    /// For the ids of `bytes` bytes more.
    #[inline]
    fn make_room(&mut self, bytes: usize) {
        let needed = self.len + bytes + 8;
        if self.ids.len() < needed {
            self.ids.resize(needed, 0);
        }
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
