//! What a tokenizer is made from.

/// A tokenizer, as a `tokenizer.json` describes it.
#[derive(Debug, Clone)]
pub struct Description<'a> {
    /// Every token and its id, in any order. A token with the prefix goes on a word, any other starts one.
    pub tokens: Vec<(&'a str, u32)>,
    /// The id of a word that the tokens can't spell.
    pub unknown: u32,
    /// What tells the tokens that go on a word: `##` as a rule.
    pub continuing_subword_prefix: &'a str,
    /// Most characters of a word: a longer one is unknown.
    pub max_input_chars_per_word: usize,
    /// What is done to a text first.
    pub normalizer: Normalizer,
}

/// What is done to a text before it is cut, in this order; the names are the reference's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Normalizer {
    /// Controls, formats, private characters and U+FFFD go; `\t`, `\n` and `\r` stay.
    pub clean_text: bool,
    /// Chinese characters are words of their own.
    pub handle_chinese_chars: bool,
    /// Characters are taken apart and their accents go. None is as `lowercase` says.
    pub strip_accents: Option<bool>,
    /// Letters become small ones, each for itself.
    pub lowercase: bool,
}

impl Normalizer {
    /// Whether accents go.
    pub(super) fn strips_accents(self) -> bool {
        self.strip_accents.unwrap_or(self.lowercase)
    }
}
