//! Words in a row, cut before the first of them is looked up.

use super::cache::{Cache, KEPT_BYTES, Key};
use super::text::Text;
use super::words::Words;

/// Most words of a batch.
const WORDS: usize = 32;

/// Words of one text, one after the other, and what is known of them.
#[derive(Clone, Copy)]
pub(super) struct Batch<'t> {
    text: Text<'t>,
    /// Where the first begins.
    start: usize,
    /// Of each its first bytes, and where it ends.
    keys: [Key; WORDS],
    ends: [usize; WORDS],
    count: usize,
    /// The hashes of those that the cache doesn't have.
    new: [u64; WORDS],
    new_count: usize,
    /// Whether the text ends with it.
    is_last: bool,
}

impl<'t> Batch<'t> {
    /// Of no text.
    pub(super) fn none() -> Self {
        Self {
            text: Text::new(""),
            start: 0,
            keys: [Key::default(); WORDS],
            ends: [0; WORDS],
            count: 0,
            new: [0; WORDS],
            new_count: 0,
            is_last: false,
        }
    }

    /// Whether it is of no text. Of an empty one it has no words, but is the last.
    #[inline]
    pub(super) fn is_none(&self) -> bool {
        self.count == 0 && !self.is_last
    }

    /// Becomes the words of `text` from `start` on, as `end_of` cuts them. Has their places in the cache fetched.
    #[inline]
    pub(super) fn cut(
        &mut self,
        text: Text<'t>,
        start: usize,
        cache: &Cache,
        end_of: impl Fn(Text<'t>, usize) -> usize,
    ) {
        (self.text, self.start) = (text, start);
        (self.count, self.new_count) = (0, 0);
        let mut at = start;
        for (key, end) in self.keys.iter_mut().zip(&mut self.ends) {
            if text.ends(at) {
                break;
            }
            *end = end_of(text, at);
            debug_assert!(*end > at, "a word has a byte at least");
            *key = Key::new(text.chunk(at), (*end - at).min(KEPT_BYTES));
            cache.prefetch(*key);
            at = *end;
            self.count += 1;
        }
        self.is_last = text.ends(at);
    }

    /// Finds the words that the cache doesn't have, and has their places in the table of words fetched.
    #[inline]
    pub(super) fn find_new(&mut self, cache: &Cache, words: &Words) {
        let mut count = 0;
        for key in &self.keys[..self.count] {
            self.new[count % WORDS] = key.hash();
            count += usize::from(!cache.has(*key));
        }
        self.new_count = count.min(WORDS);
        for hash in &self.new[..self.new_count] {
            words.prefetch_place(*hash);
        }
    }

    /// Has what stands in those places fetched, too.
    #[inline]
    pub(super) fn fetch_new(&self, words: &Words) {
        for hash in &self.new[..self.new_count] {
            words.prefetch_entry(*hash);
        }
    }

    /// The text.
    #[inline]
    pub(super) fn text(&self) -> Text<'t> {
        self.text
    }

    /// Where the text goes on after it, if it does.
    #[inline]
    pub(super) fn next(&self) -> Option<(Text<'t>, usize)> {
        (!self.is_none() && !self.is_last).then(|| (self.text, self.end()))
    }

    /// Whether its text is done with it.
    #[inline]
    pub(super) fn is_last(&self) -> bool {
        self.is_last
    }

    /// Its bytes.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.end() - self.start
    }

    /// The key of each word, and where it stands in the text.
    #[inline]
    pub(super) fn words(&self) -> impl Iterator<Item = (Key, std::ops::Range<usize>)> {
        let mut start = self.start;
        self.keys.iter().zip(&self.ends).take(self.count).map(move |(key, end)| {
            let word = start..*end;
            start = *end;
            (*key, word)
        })
    }

    #[inline]
    fn end(&self) -> usize {
        self.ends[..self.count].last().copied().unwrap_or(self.start)
    }
}
