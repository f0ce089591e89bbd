//! The word that is being read.

use super::text::CHUNK;

/// The characters of a word so far.
#[derive(Debug)]
pub(super) struct Word {
    /// Those of the word, then others: a chunk of them at least.
    bytes: Vec<u8>,
    count: usize,
    /// From where on marks can be put in order.
    bar: usize,
    /// Bytes above which the word is too long, whatever its characters are: the rest isn't kept.
    most: usize,
}

impl Word {
    /// Of at most `most` bytes: a longer one lacks some.
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: vec![0; 2 * CHUNK], count: 0, bar: 0, most }
    }

    pub(super) fn clear(&mut self) {
        self.count = 0;
        self.bar = 0;
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.count]
    }

    /// The first bytes of the word, the first lowest, with others after it.
    #[inline]
    pub(super) fn chunk(&self) -> u128 {
        self.bytes.first_chunk::<CHUNK>().map_or(0, |chunk| u128::from_le_bytes(*chunk))
    }

    /// Appends the first `count` bytes of `chunk`, its lowest.
    #[inline]
    pub(super) fn push(&mut self, chunk: u128, count: usize) {
        if self.bytes.len() < self.count + CHUNK {
            self.bytes.resize(2 * self.bytes.len(), 0);
        }
        if self.count > self.most {
            return;
        }
        self.bytes[self.count..self.count + CHUNK].copy_from_slice(&chunk.to_le_bytes());
        self.count += count;
    }

    pub(super) fn push_character(&mut self, character: char) {
        let mut bytes = [0; CHUNK];
        let count = character.encode_utf8(&mut bytes).len();
        self.push(u128::from_le_bytes(bytes), count);
    }

    /// Keeps marks to come from going before those that are here.
    #[inline]
    pub(super) fn bar(&mut self) {
        self.bar = self.count;
    }

    /// Appends `mark`, before the marks at the end whose class is higher.
    #[cold]
    pub(super) fn push_mark(&mut self, mark: char, class: u8, class_of: impl Fn(char) -> u8) {
        if self.count > self.most {
            return;
        }
        let mut at = self.count;
        let characters = std::str::from_utf8(&self.bytes[self.bar..self.count]).unwrap_or_default();
        for before in characters.chars().rev() {
            if class_of(before) <= class {
                break;
            }
            at -= before.len_utf8();
        }
        let mut bytes = [0; 4];
        let bytes = mark.encode_utf8(&mut bytes).as_bytes();
        self.push(0, bytes.len());
        self.bytes.copy_within(at..self.count - bytes.len(), at + bytes.len());
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }
}
