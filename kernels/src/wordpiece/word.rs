//! The word that is being read.

use crate::chunk::CHUNK;

/// The characters of a word so far.
#[derive(Debug, Default)]
pub(super) struct Word {
    /// Those of the word, then others.
    bytes: Vec<u8>,
    count: usize,
    /// From where on marks can be put in order.
    bar: usize,
    /// Bytes that no word has more of but one that is too long, whatever its characters are: its last ones aren't kept.
    most: usize,
}

impl Word {
    /// Makes it empty, for words that are too long if they have more than `most` bytes.
    pub(super) fn begin(&mut self, most: usize) {
        self.most = most;
        self.clear();
    }

    pub(super) fn clear(&mut self) {
        self.count = 0;
        self.bar = 0;
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What is kept of the word: UTF-8.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.count]
    }

    /// Appends the first `count` bytes of `chunk`, its lowest.
    #[inline]
    pub(super) fn push(&mut self, chunk: u128, count: usize) {
        if self.count > self.most {
            return;
        }
        if self.bytes.len() < self.count + CHUNK {
            self.bytes.resize(2 * (self.count + CHUNK), 0);
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
