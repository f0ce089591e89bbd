//! Words to ids.

use super::description::Description;
use super::error::Error;
use super::output::Output;
use super::trie::{MOST_ID, REST, START, Trie};

/// The tokens and how words are spelt with them.
pub(super) struct Vocabulary {
    pub(super) trie: Trie,
    pub(super) unknown: u32,
    /// Most characters of a word that isn't unknown.
    pub(super) most_characters: usize,
}

impl Vocabulary {
    pub(super) fn new(description: &Description<'_>) -> Result<Self, Error> {
        let ids = description.tokens.iter().map(|(_, id)| *id).chain([description.unknown]);
        if let Some(id) = ids.max().filter(|id| *id > MOST_ID) {
            return Err(Error::Id { id, most: MOST_ID });
        }
        let tokens = |cut: &str| -> Vec<(&[u8], u32)> {
            let tokens =
                description.tokens.iter().filter_map(|(token, id)| Some((token.strip_prefix(cut)?, *id)));
            tokens.filter(|(token, _)| !token.is_empty()).map(|(token, id)| (token.as_bytes(), id)).collect()
        };
        Ok(Self {
            trie: Trie::new(tokens(""), tokens(description.continuing_subword_prefix))?,
            unknown: description.unknown,
            most_characters: description.max_input_chars_per_word,
        })
    }

    /// Most bytes that a word can have and not be unknown.
    pub(super) fn most_bytes(&self) -> usize {
        self.most_characters.saturating_mul(4)
    }

    /// Appends the ids of `word`, which is UTF-8: of the longest token that it starts with, then of the longest that goes on from there, and
    /// so on; or the one of unknown words. At most one a character.
    #[inline]
    pub(super) fn spell(&self, word: &[u8], ids: &mut Output<'_>) {
        let from = ids.count();
        if word.len() > self.most_characters && characters(word) > self.most_characters {
            ids.push(self.unknown);
            return;
        }
        let mut rest = word;
        let mut root = START;
        while !rest.is_empty() {
            let Some((id, bytes)) = self.trie.longest(root, rest) else {
                ids.truncate(from);
                ids.push(self.unknown);
                return;
            };
            ids.push(id);
            rest = &rest[bytes..];
            root = REST;
        }
    }

    /// The id of a character that is a word.
    pub(super) fn id_of(&self, character: char) -> u32 {
        let mut bytes = [0; 4];
        let word = character.encode_utf8(&mut bytes).as_bytes();
        let token = self.trie.longest(START, word).filter(|_| self.most_characters > 0);
        token.map_or(self.unknown, |(id, _)| id)
    }
}

/// Characters of a word that is UTF-8.
fn characters(word: &[u8]) -> usize {
    word.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}
